"""What the commands print as text: data in, lines out; nothing here decides anything."""
