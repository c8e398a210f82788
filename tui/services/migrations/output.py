"""What a foreign command left behind."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Output:
    """Exit code and both streams of a command that has ended."""

    exit_code: int
    stdout: bytes
    stderr: bytes
