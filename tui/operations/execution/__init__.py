"""How an operation is carried out: its process, its journal, what recovers it."""
