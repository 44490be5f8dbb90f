"""The task depth_order for taskonomy: a model to copy."""
