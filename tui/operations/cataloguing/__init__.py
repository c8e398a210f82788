"""The catalogue: what lies in the backup folders, what is known of it, what stays."""
