"""Import: rows of a text file into one table of the live database, all of them or none.

The file is read into a private database first, so that a bad row is named with its line before
anything stops (`tui.services.sqlite.staging_rows`); from then on it is what brings rows of a
backup back (`tui.operations.bringing.into_live`). Rows that only the live database has stay, and
so does every column that the file has not: secrets, which an export leaves out, are never
overwritten by nothing; in rows that are new they get the column's default.

A row that differs only in columns that the gateway changes by itself (`last_seen` and the like)
counts as the same, as for a backup's rows, and stays as it is. Triggers do not run. Foreign keys
are checked for the rows that come in and for what points at the table, before the commit.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import gettempdir
from typing import Any, ClassVar, Literal

from tui.core.errors import PrecheckError, UsageError, VerificationError
from tui.core.models import Deployment
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
from tui.operations.bringing import bring_back_recovery
from tui.operations.bringing.bring_back_plan import selection_of as counted
from tui.operations.bringing.import_plan import CHECK, Found, make_plan, needed_space
from tui.operations.bringing.import_source import source_of
from tui.operations.bringing.into_live import (
    Incoming,
    known_again,
    seen_after,
    start_step,
    undo_words,
    write_steps,
)
from tui.operations.cataloguing.catalogue import safety_dir
from tui.operations.finding.gateways import is_up
from tui.operations.reads.looking import LiveDatabase
from tui.services import files
from tui.services.rows_out.formats import reading
from tui.services.sqlite import copying
from tui.services.sqlite.choosing import Selection
from tui.services.sqlite.connections import look, translating
from tui.services.sqlite.import_rules import effect_of, selection_of
from tui.services.sqlite.staging_rows import stage
from tui.wording.clean import one_line
from tui.wording.quantities import count, plural

Mode = Literal["insert", "upsert"]

_OTHER_WORDS = {
    "Bringing rows back was cut short": "The import was cut short",
    "The rows are back;": "The rows are in;",
}
"""What the recovery of bringing rows back says, and what is said here."""


@dataclass(frozen=True, slots=True)
class ImportRows:
    """Put the rows of a file into a table of the live database."""

    name: ClassVar[str] = "import"

    deployment: Deployment
    path: str
    """Absolute: a CSV, TSV, JSON or NDJSON file, or the folder of an export."""
    table: str = ""
    """Where they go; empty where the file's name or the folder says it."""
    mode: Mode = "insert"
    """`insert` takes new rows only, `upsert` also replaces those with the same key."""
    kind: str = ""
    """The format; empty where the file's name says it."""
    masks: Sequence[str] = ()
    """The operator's own patterns for secret columns."""

    def __post_init__(self) -> None:
        """Parameters come back from a journal as lists."""
        object.__setattr__(self, "masks", tuple(map(str, self.masks)))
        if self.mode not in ("insert", "upsert"):
            raise UsageError(f"An import inserts or upserts; {one_line(self.mode)} is neither.")

    def plan(self) -> Plan:
        """Say how many rows are new, changed and the same, and what forbids it.

        Nothing but a scratch file is written, and that is gone afterwards.

        Raises:
            NotFoundError: There is no such file or table.
            RowError: A row cannot be taken; names its line.
            McpdbError: The file or the database cannot be read.
        """
        with self._staged() as (found, _path):
            return make_plan(self.name, self.deployment, found)

    def steps(self, progress: Progress) -> Steps:
        """Check, release, stop, prove, keep, write, commit, start, read back."""
        yield StepStarted("check", CHECK)
        files.make_private(self.deployment.state_dir)
        with self._staged(progress) as (found, staged):
            checked = self._check(found, staged)
            yield StepFinished("check", checked)
            incoming = Incoming(staged, self._selection(found.rows.table), checked)
            facts = yield from write_steps(self.deployment, incoming, progress, trigger=self.name)
        started = yield from start_step(self.deployment, facts, progress)
        yield StepStarted("readback", "read back", cancellable=False)
        result = read_back(self.deployment, facts)
        yield StepFinished("readback")
        return {**result, **started}

    def recover(self, records: Sequence[Record]) -> Recovery:
        """Decide from the journal alone; see `tui.operations.bringing.bring_back_recovery`."""
        found = bring_back_recovery.decide(self.deployment, records, read_back)
        sentence = found.sentence
        for theirs, ours in _OTHER_WORDS.items():
            sentence = sentence.replace(theirs, ours)
        return replace(found, sentence=sentence)

    def _selection(self, table: str) -> Selection:
        # The gateway may write its own columns up to its stop: they decide nothing, or no plan
        # would hold.
        return counted(self.deployment, selection_of(table))

    def _check(self, found: Found, staged: Path) -> dict[str, Any]:
        """Prove once more that the rows go in, and that the copy will have its place.

        Raises:
            VerificationError: They do not.
            PrecheckError: No space, no permission.
        """
        deployment = self.deployment
        for problem in found.effect.problems:
            raise VerificationError(f"{problem}. Nothing was changed.")
        files.make_private(safety_dir(deployment))
        for folder in (deployment.database.parent, safety_dir(deployment)):
            files.probe_writable(folder)
        seen = LiveDatabase(deployment).facts()
        needed = needed_space(seen, found)
        files.require_space(safety_dir(deployment), needed, "The safety copy and the rows")
        return {
            "effect": [dict(row) for row in found.effect.told],
            "plain": known_again(staged),
            "file": str(found.source.path),
        }

    @contextmanager
    def _staged(self, progress: Progress | None = None) -> Iterator[tuple[Found, Path]]:
        """Read the file into a scratch database; what a kill leaves of it is swept by its pid."""
        deployment = self.deployment
        refusal = LiveDatabase(deployment).refusal()
        if refusal:
            raise PrecheckError(refusal)
        state = deployment.state_dir
        writable = files.is_folder(state) and os.access(state, os.W_OK | os.X_OK)
        folder = state if writable else Path(gettempdir())
        staged = folder / f".import-{uuid.uuid4().hex[:8]}-{os.getpid()}.partial"

        def tick(done: int, total: int, unit: str = "bytes") -> None:
            if progress is not None:
                progress.tick(done, total, unit)

        source = source_of(Path(self.path), self.table, self.kind, tick)
        try:
            with (
                look(deployment.database, gateway_up=lambda: is_up(deployment)) as opened,
                translating(deployment.database),
                reading(source.path, source.kind) as reader,
            ):
                rows = stage(
                    opened.connection,
                    source.table,
                    reader,
                    source.path,
                    staged,
                    masks=self.masks,
                    tick=lambda done: tick(done, 0, "rows"),
                )
                (mode,) = opened.connection.execute("PRAGMA main.journal_mode").fetchone()
                if opened.how != "live" or mode == "wal":
                    # One look for all of it, where that holds up nobody's writes.
                    opened.connection.execute("BEGIN")
                effect = effect_of(
                    opened.connection,
                    staged,
                    rows,
                    source.path,
                    self._selection(rows.table),
                    may_replace=self.mode == "upsert",
                )
            size = staged.stat().st_size
            yield Found(self.path, source, self.mode, rows, effect, size), staged
        finally:
            copying.discard(staged)


def read_back(deployment: Deployment, facts: Mapping[str, Any]) -> Facts:
    """See that the live file is the same one and can be read, and say what went in.

    Raises:
        VerificationError: Another file stands there, or it cannot be read.
    """
    kept = seen_after(deployment, facts)
    (effect,) = facts["effect"] or [{"table": "", "added": 0, "replaced": 0}]
    added, replaced = int(effect["added"]), int(effect["replaced"])
    return {
        **kept,
        "effect": facts["effect"],
        "sentence": (
            f"Imported {one_line(Path(str(facts['file'])).name)} into "
            f"{one_line(str(effect['table']))}: {plural(added, 'row')} added, {count(replaced)} "
            f"replaced. {undo_words(facts, kept)}"
        ),
    }
