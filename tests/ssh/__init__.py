"""The screen over a real SSH connection: a line that is cut, and one that is slow."""
