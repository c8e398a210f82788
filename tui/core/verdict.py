"""The words of a state."""

from __future__ import annotations

from enum import StrEnum


class Verdict(StrEnum):
    """The words of a state; capitals are the word itself."""

    OK = "ok"
    WARN = "warn"
    FAIL = "FAIL"
    UNKNOWN = "unknown"
