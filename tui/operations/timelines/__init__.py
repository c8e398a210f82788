"""What is known of migrations: revisions, when they came, what is wrong, what was rehearsed."""
