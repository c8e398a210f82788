"""What the maintenance operations have in common: looking, rebuilding, putting in place, words."""
