"""The parts of a restore: checks of its plan, steps, downtime, and the way back."""

from __future__ import annotations

UNDO_DAYS = 30
"""For how many days the safety copy of a restore is kept at least."""
