"""The reading of logs: sources, terms, merging, folding, and the lines that are held."""
