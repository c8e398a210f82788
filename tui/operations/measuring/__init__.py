"""Parts of what is measured and tuned: the file's figures, their growth, and its settings."""
