"""The row grid's parts that need no terminal: rows held, wishes, places of columns, words."""
