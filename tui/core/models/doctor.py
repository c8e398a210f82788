"""What the doctor looked at, what it found, and how it is put right."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tui.core.errors import ExitCode
from tui.core.verdict import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedy:
    """A fix: an operation of ours where there is one, else lines to run by hand."""

    title: str
    """What it does, in a few words: `give the folder to 10001`."""
    text: str
    """What is changed and what is kept, in one or two sentences."""
    operation: str = ""
    """Name of the operation that does it; empty where it is done by hand."""
    params: Mapping[str, object] = field(default_factory=dict)
    """The operation's own fields, as `tui.operations.execution.registry.build` takes them."""
    by_hand: tuple[str, ...] = ()
    """Exact command lines: the same as a command, or what only a person can do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """One check of the doctor."""

    name: str
    """A word that names it on screen and in `doctor --fix`: `owner`, `sidecars`, `disk` …"""
    verdict: Verdict
    text: str
    """What is, in one line of at most some 60 columns."""
    explanation: tuple[str, ...] = ()
    """Paragraphs: what it means, what follows from it, how it was looked at."""
    remedy: Remedy | None = None
    """None where nothing is wrong, or nothing is known that helps."""
    details: tuple[str, ...] = ()
    """Evidence, line by line: of a log, of `/proc/locks` …"""
    exit_code: ExitCode = ExitCode.FAILED
    """What `doctor` exits with where this is the worst finding and a FAIL."""
