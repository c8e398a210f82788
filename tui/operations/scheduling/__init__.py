"""What a schedule runs and when, and what was told of its runs."""
