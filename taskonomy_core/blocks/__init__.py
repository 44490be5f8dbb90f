"""Parts that a task may be built from; public, optional."""
