"""One file a command, named after what the user types."""
