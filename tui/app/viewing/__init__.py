"""One value, drawn: JSON that folds, text of any length, bytes."""
