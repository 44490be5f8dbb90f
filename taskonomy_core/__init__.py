"""taskonomy: which visual tasks to label, which to transfer from."""

__version__ = "0.1.0"
