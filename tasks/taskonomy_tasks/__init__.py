"""The 26 tasks of the paper, each one module and one entry point."""
