"""Which role of the theme the parts of JSON and SQL are written in.

The themes have roles for states and none for grammar: these are the ones that are legible in all
of them, and nothing is said by them alone.
"""

from __future__ import annotations

NAME = "running"
"""Names of members; words of SQL."""
TEXT = "healthy"
NUMBER = "attention"
WORD = "attention"
"""true, false, null."""
REMARK = "muted"
"""Comments, and what we say of a value."""
