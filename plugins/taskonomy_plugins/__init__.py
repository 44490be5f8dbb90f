"""First-party plugins of every kind that is not a task."""
