"""What exists (discover), what it brings (load) and what this project uses (roster)."""
