"""One self-contained HTML file of a run: what `tk report` writes and `tk demo` ends with."""
