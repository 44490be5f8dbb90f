"""The command line, `tk`."""
