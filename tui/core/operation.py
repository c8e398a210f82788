"""What an operation is: its plan, its steps, and how it recovers from its own journal."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeAlias

from tui.core.errors import Cancelled, ExitCode
from tui.core.verdict import Verdict as Verdict

if TYPE_CHECKING:
    from tui.core.models import Deployment

Facts: TypeAlias = Mapping[str, Any]
"""Plain JSON values: what recovery or a reader of the journal needs to know."""

Record: TypeAlias = Mapping[str, Any]
"""One line of a journal; `kind` names it (see `tui.services.journal`)."""


class Tier(StrEnum):
    """How much an operation asks before it starts, in ascending order."""

    LIGHT = "light"
    """Only adds, or can be taken back: no question."""
    DISRUPTIVE = "disruptive"
    """Interrupts service: y/n."""
    REPLACING = "replacing"
    """Replaces data: the name of what changes is typed."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at while planning."""

    name: str
    verdict: Verdict
    text: str
    exit_code: ExitCode = ExitCode.PRECHECK
    """The exit code if the verdict is FAIL and the operation is asked for all the same."""


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """A step as the plan announces it."""

    step: str
    title: str
    gateway_up: bool = True
    seconds: float | None = None
    """About how long, in seconds; None when nothing is known."""
    cancellable: bool = True


@dataclass(frozen=True, slots=True)
class TableChange:
    """How many rows one table has now, and would have."""

    table: str
    now: int | None
    then: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What would happen, what forbids it, and what it was computed from."""

    operation: str
    title: str
    tier: Tier
    subject: str
    """What changes; the word that is typed for `Tier.REPLACING`."""
    basis: Facts
    """Everything the plan rests on; its hash is the fingerprint (I10)."""
    checks: Sequence[Check] = ()
    steps: Sequence[PlannedStep] = ()
    changes: Sequence[TableChange] = ()
    downtime: float | None = 0.0
    """About how long the gateway is down, in seconds."""
    command: str = ""
    """The same operation as a command line."""
    facts: Facts = field(default_factory=dict)
    """What a front end shows beside it; the keys are documented by each operation."""

    @property
    def forbidden(self) -> Check | None:
        """The first check that forbids the operation."""
        return next((check for check in self.checks if check.verdict is Verdict.FAIL), None)

    @property
    def fingerprint(self) -> str:
        """A hash of each part of `basis`: the same when computed again means that nothing moved."""
        hashes = {
            key: hashlib.sha256(
                json.dumps(value, sort_keys=True, default=str).encode()
            ).hexdigest()[:24]
            for key, value in self.basis.items()
        }
        return " ".join(f"{key}={hashes[key]}" for key in sorted(hashes)) or "nothing"

    def moved_since(self, fingerprint: str) -> tuple[str, ...]:
        """The parts of `basis` that are not as another plan's fingerprint says."""
        was, now = ({*text.split()} for text in (fingerprint, self.fingerprint))
        return tuple(sorted({part.partition("=")[0] for part in was ^ now}))

    def as_json(self) -> dict[str, Any]:
        """The plan as plain JSON values."""
        return {**asdict(self), "fingerprint": self.fingerprint}


@dataclass(frozen=True, slots=True)
class StepStarted:
    """A step is about to run; `facts` is what recovery needs if it is cut."""

    step: str
    title: str
    cancellable: bool = True
    facts: Facts = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StepFinished:
    """A step's effect is on disk."""

    step: str
    facts: Facts = field(default_factory=dict)


Step: TypeAlias = StepStarted | StepFinished
Steps: TypeAlias = Generator[Step, None, Facts]
"""Yields before and after each step and returns the result's facts.

Of these `sentence` is what both front ends say of the result; `ends_with` (an `ExitCode`) and
`outcome` (a word or two) are for work that came to its end and is not all good, e.g. `PARTLY`.
"""


class Progress:
    """Passes ticks out of a step, and the wish to stop into it."""

    def __init__(
        self,
        emit: Callable[[int, int, str], object],
        cancelled: Callable[[], bool],
        *,
        operation_id: str = "",
        lock: int = -1,
    ) -> None:
        self._emit = emit
        self._cancelled = cancelled
        self.operation_id = operation_id
        """The journal's name: partial files carry it."""
        self.lock = lock
        """Descriptor of the database's lock, for helpers that must not be overtaken."""

    def checkpoint(self) -> None:
        """Raise `Cancelled` if a stop was asked for."""
        if self._cancelled():
            raise Cancelled("Cancelled. Nothing was changed.")

    def tick(self, done: int, total: int, unit: str = "bytes") -> None:
        """Report progress from inside a step; also a checkpoint.

        Args:
            done: How much of the step is done, in `unit`.
            total: How much there is; 0 when that is not known.
            unit: `bytes`, `rows` or `seconds`.
        """
        self.checkpoint()
        self._emit(done, total, unit)

    def note(self, done: int, total: int, unit: str = "bytes") -> None:
        """Report progress where a stop is no longer possible."""
        self._emit(done, total, unit)


@dataclass(frozen=True, slots=True)
class RecoveryAction:
    """One idempotent thing that finishes or undoes a cut operation."""

    action: str
    title: str
    run: Callable[[Progress], Facts]


@dataclass(frozen=True, slots=True)
class Recovery:
    """What the journal says must still be done; decided by `Operation.recover` alone."""

    direction: str
    """`finish`, `undo` or `nothing`."""
    sentence: str
    """What is, in words: shown by `status` and in the dialog of a cut operation."""
    actions: Sequence[RecoveryAction] = ()
    exit_code: ExitCode = ExitCode.DONE
    """The operation's exit code once all actions have been carried out."""
    outcome: str = ""
    """The verdict in a word or two: `done`, `rolled back`, `cancelled` …"""
    facts: Facts = field(default_factory=dict)
    """More for the result, e.g. `by_hand`: the exact commands where nothing else helps."""


class Operation(Protocol):
    """A piece of work that every front end runs the same way."""

    name: ClassVar[str]
    """Names the operation in journal and command line, e.g. `restore`."""

    @property
    def deployment(self) -> Deployment:
        """Whose database it changes."""
        ...

    def plan(self) -> Plan:
        """Say what would happen and what forbids it; changes nothing."""
        ...

    def steps(self, progress: Progress) -> Steps:
        """Do the work, yielding before and after each step."""
        ...

    def recover(self, records: Sequence[Record]) -> Recovery:
        """Decide from the journal alone what is left to do.

        Called after a failure, a cancel, a signal, and by the next start; called again with
        the longer journal when a recovery action failed. Must be idempotent and never raise
        for a journal that was cut anywhere.
        """
        ...
