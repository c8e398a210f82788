"""Bring back: chosen tables or rows of a backup into the live database, and nothing else.

Rows that are missing are added, rows that differ get the backup's values, rows that only the live
database has stay. The gateway is stopped; a helper process proves that nobody else has the file
and holds it from then on; what stands in it is copied and the copy verified; then all rows are
written in one transaction on the live file itself, which keeps its inode, owner and mode. Until
the commit everything can be taken back; the order is the contract.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from tui.core.errors import VerificationError
from tui.core.models import Backup, Deployment
from tui.core.operation import (
    Facts,
    Plan,
    Progress,
    Record,
    Recovery,
    StepFinished,
    Steps,
    StepStarted,
)
from tui.operations.bringing.bring_back_plan import (
    CHECK,
    Request,
    effect_words,
    look_at,
    make_plan,
    needed_space,
    selection_of,
)
from tui.operations.bringing.bring_back_recovery import decide
from tui.operations.bringing.into_live import (
    Incoming,
    known_again,
    seen_after,
    start_step,
    undo_words,
    write_steps,
)
from tui.operations.cataloguing.catalogue import find_backup, safety_dir
from tui.operations.cataloguing.reading import require_finished
from tui.operations.restoring.situation import look_around
from tui.services import files
from tui.services.compression import unpacked
from tui.services.sqlite import inspection
from tui.services.sqlite.choosing import Selection
from tui.wording.clean import one_line
from tui.wording.quantities import plural


@dataclass(frozen=True, slots=True)
class BringBack:
    """Add and replace chosen rows of the live database by those of a backup."""

    name: ClassVar[str] = "bring-back"

    deployment: Deployment
    backup: str
    """Id, name or path of the backup, or `latest`."""
    tables: Sequence[str] = ()
    """Tables of which all rows come back."""
    rows: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    """Rows by table and primary key: a value, or a list of values where it has several columns;
    several in one text are parted by `|`."""
    related: bool = True
    """Also what points to these rows and is missing, and what they point to."""

    def __post_init__(self) -> None:
        """Parameters come back from a journal as lists."""
        keys = {
            str(table): [list(key) if isinstance(key, list | tuple) else [key] for key in named]
            for table, named in self.rows.items()
        }
        object.__setattr__(self, "tables", tuple(map(str, self.tables)))
        object.__setattr__(self, "rows", keys)

    def source(self) -> Backup:
        """The backup that is meant.

        Raises:
            NotFoundError: There is none.
        """
        return find_backup(self.deployment, self.backup)

    def request(self) -> Request:
        """What is brought back from where.

        Raises:
            NotFoundError: There is no such backup.
        """
        asked = Selection(tables=tuple(self.tables), rows=self.rows, related=self.related)
        chosen = selection_of(self.deployment, asked)
        return Request(self.deployment, self.source(), self.backup, chosen)

    def plan(self) -> Plan:
        """Say what would be added and replaced and what forbids it; changes nothing.

        Raises:
            NotFoundError: There is no such backup, table or row.
            UsageError: Nothing was asked for.
            McpdbError: One of the files cannot be read.
        """
        return make_plan(self.name, self.request())

    def steps(self, progress: Progress) -> Steps:
        """Check, release, stop, prove, keep, write, commit, start, read back."""
        deployment, request = self.deployment, self.request()
        yield StepStarted("check", CHECK)
        with unpacked(request.backup.path, progress.tick) as plain:
            checked = _check(request, plain, progress)
            yield StepFinished("check", checked)
            incoming = Incoming(plain, request.selection, checked)
            facts = yield from write_steps(deployment, incoming, progress, trigger=self.name)
        started = yield from start_step(deployment, facts, progress)
        yield StepStarted("readback", "read back", cancellable=False)
        result = read_back(deployment, facts)
        yield StepFinished("readback")
        return {**result, **started, "backup": request.backup.id}

    def recover(self, records: Sequence[Record]) -> Recovery:
        """Decide from the journal alone; see `tui.operations.bringing.bring_back_recovery`."""
        return decide(self.deployment, records, read_back)


# --- before the stop ----------------------------------------------------------------------


def _check(request: Request, plain: Path, progress: Progress) -> dict[str, Any]:
    """Prove that the backup is what was promised, and that the copy will have its place.

    Raises:
        VerificationError: It is not, or its rows do not go back in.
        PrecheckError: No space, no permission.
    """
    deployment, backup = request.deployment, request.backup
    require_finished(backup)
    if backup.manifest is None:
        inspection.inspect(plain, progress.tick, progress.checkpoint)
    elif (digest := files.sha256(plain, progress.tick)) != backup.manifest.sha256:
        raise VerificationError(
            f"FAIL sha256: expected {backup.manifest.sha256[:12]}, found {digest[:12]}. "
            f"Bring nothing back from {one_line(backup.path.name)}."
        )
    seen = look_at(request, plain)
    for objection in seen.objections:
        raise VerificationError(f"{objection.text}. Nothing was changed.")
    files.make_private(deployment.state_dir)
    files.make_private(safety_dir(deployment))
    for folder in (deployment.database.parent, safety_dir(deployment)):
        files.probe_writable(folder)
    around = look_around(deployment, backup, start=False, quick=True)
    needed = needed_space(around, seen)
    files.require_space(safety_dir(deployment), needed, "The safety copy and the rows")
    return {
        "effect": [dict(row) for row in seen.effect],
        "plain": known_again(plain),
    }


# --- afterwards ---------------------------------------------------------------------------


def read_back(deployment: Deployment, facts: Mapping[str, Any]) -> Facts:
    """See that the live file is the same one and can be read, and say what came back.

    Args:
        deployment: Whose.
        facts: What the journal recorded.

    Raises:
        VerificationError: Another file stands there, or it cannot be read.
    """
    kept = seen_after(deployment, facts)
    effect = facts["effect"]
    return {
        **kept,
        "effect": effect,
        "sentence": (
            f"Brought back {_where(effect)}: {effect_words(effect)}. {undo_words(facts, kept)}"
        ),
    }


def _where(effect: Sequence[Mapping[str, Any]]) -> str:
    """`into gateways, tools and 3 more tables`."""
    names = [one_line(str(r["table"])) for r in effect if r["added"] or r["replaced"]]
    more = f" and {plural(len(names) - 3, 'more table')}" if len(names) > 3 else ""
    return f"into {', '.join(names[:3])}{more}"
