"""What is done and what is left: jobs and their keys, the plan, the store, workers and runs."""
