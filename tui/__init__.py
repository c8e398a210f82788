"""The operations console for the SQLite database of an MCP Context Forge gateway."""
