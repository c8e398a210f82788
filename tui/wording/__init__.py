"""How values are said: foreign text made printable, sizes, ages and counts in words."""
