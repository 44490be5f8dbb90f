"""What is done and what is left: jobs, keys, claims, the store."""
