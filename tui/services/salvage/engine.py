"""Salvage: everything that can be read of a damaged database, put into a new one.

The order: the schema and the new tables; who uses which page; the indexes, as witnesses; the
tables by their trees; pages that no tree leads to; the rows held against the indexes; then
indexes, views and triggers anew. What the report calls complete is proved: its tree was read
without a gap and in order, and no index knows of a row that is missing.

SQLite's own `.recover` is not used even where a library has it: it does not tell what is lost.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tui.core.errors import DamagedError
from tui.services.salvage import evidence, loose
from tui.services.salvage.cells import Damaged
from tui.services.salvage.image import Image, facts_of
from tui.services.salvage.output import Output
from tui.services.salvage.records import Text
from tui.services.salvage.report import MAX_GAPS, Report, TableReport, gap_words
from tui.services.salvage.schema import Entry, Schema, is_entry, read_schema, text_of
from tui.services.salvage.tables import Table
from tui.services.salvage.trees import Gap, Walk
from tui.services.salvage.usage import Pages, count_users
from tui.services.sqlite.connections import translated
from tui.wording.clean import one_line

MAX_LOST = 10_000
"""Lost rows of a table that are written down one by one."""
_STEPS_PER_TICK = 64
Tick = Callable[[int, int], None]
Donor = Callable[[], Sequence[Entry]]


@dataclass(slots=True)
class _Job:
    """One table on its way."""

    table: Table
    report: TableReport
    wanting: loose.Wanting
    gap_found: bool = False
    exact_loss: int = 0
    certain: bool = True
    """Whether the walk alone tells what is lost."""


def salvage(
    image: Image,
    target: Path,
    work: Path,
    donor: Donor,
    tick: Tick,
) -> Report:
    """Put what can be read into a new file; not synced.

    Args:
        image: The open raw copy.
        target: The new file; a name that does not exist yet.
        work: Another such name, for what is needed meanwhile.
        donor: Gives the schema of the newest verified backup, where there is one; only asked
            where the file's own is damaged.
        tick: Told steps done and all; may raise to cancel.

    Raises:
        DamagedError: No table could be found at all.
        PrecheckError: No space.
    """
    run = _Run(image, donor, tick)
    with Output(target, work, image.header, image.page_size) as output:
        try:
            return run.into(output)
        except sqlite3.Error as error:
            raise translated(error, target) from error


class _Run:
    """One salvage."""

    def __init__(self, image: Image, donor: Donor, tick: Tick) -> None:
        self._image, self._donor, self._tick = image, donor, tick
        self._pages = Pages(image)
        self._steps = 0
        self._left_out: list[str] = []
        self._undefined: list[tuple[Entry, TableReport]] = []
        self._schema_whole = True
        self._rejected: list[int] = []

    def _checkpoint(self) -> None:
        self._steps += 1
        if self._steps % _STEPS_PER_TICK == 0:
            # Every page is looked at about four times.
            most = 4 * self._image.count
            self._tick(min(self._steps, most), most)

    def into(self, output: Output) -> Report:
        """Do it."""
        pages = self._pages
        pages.read_free_list()
        schema = read_schema(pages, self._donor, self._checkpoint)
        self._schema_whole = schema.whole
        jobs = self._define(output, schema)
        self._count(schema)
        self._witnesses(output, schema, jobs)
        for job in jobs:
            self._load(output, job)
        for entry, _report in self._undefined:
            self._load_undefined(output, entry)
        output.flush()
        self._loose(output, jobs)
        output.flush()
        if not jobs and not output.strays:
            raise DamagedError(
                f"{one_line(self._image.called)}: no table and no row could be found in it."
            )
        for job in jobs:
            self._judge(output, job)
        self._sequences(output, schema)
        self._rest(output, schema)
        output.finish()
        return Report(
            tables=[*(job.report for job in jobs), *(report for _, report in self._undefined)],
            image=dict(facts_of(self._image)),
            damaged=pages.damaged,
            damaged_count=pages.damaged_count,
            strays=output.strays,
            left_out=self._left_out,
            schema_whole=schema.whole,
        )

    # --- definitions ----------------------------------------------------------------------

    def _define(self, output: Output, schema: Schema) -> list[_Job]:
        jobs = []
        for entry in schema.of("table"):
            self._checkpoint()
            if entry.name.casefold().startswith("sqlite_"):
                continue
            problem = output.define(entry)
            report = TableReport(entry.name, definition=entry.origin, problem=problem)
            if problem:
                self._undefined.append((entry, report))
                continue
            table = output.table(entry)
            wanting = loose.Wanting(table, anywhere=not entry.root)
            jobs.append(_Job(table, report, wanting))
        return jobs

    def _count(self, schema: Schema) -> None:
        """Note the users of every page; of the schema's own tree first."""
        roots = [1, *(entry.root for entry in schema.entries if entry.root > 1)]
        count_users(self._pages, roots, self._checkpoint)

    # --- witnesses ------------------------------------------------------------------------

    def _witnesses(self, output: Output, schema: Schema, jobs: Sequence[_Job]) -> None:
        by_name = {job.table.name.casefold(): job for job in jobs}
        for number, entry in enumerate(schema.of("index")):
            job = by_name.get(entry.table.casefold())
            if job is None:
                continue
            if entry.sql:
                if problem := output.define(entry):
                    self._left_out.append(f"index {entry.name}: {problem}")
                    continue
                unique = "UNIQUE" in entry.sql[:40].upper()
            if not job.table.without_rowid:
                index = evidence.read_index(
                    output, self._pages, job.table, entry, number, self._checkpoint
                )
                if index is not None:
                    job.wanting.indexes.append(index)
            if entry.sql and not unique:
                output.drop_index(entry.name)

    # --- tables ---------------------------------------------------------------------------

    def _load(self, output: Output, job: _Job) -> None:
        table = job.table
        if not table.entry.root:
            self._gap(job, Gap(0, None, None, "the first page of its tree is not known"))
            return
        walk = Walk(
            self._pages,
            not table.without_rowid,
            self._checkpoint,
            ordered=table.ordered,
            key_fields=len(table.key),
        )
        for found in walk.of(table.entry.root):
            if isinstance(found, Gap):
                self._gap(job, found)
                continue
            misfit = table.misfit(found.values)
            if misfit or found.place:
                # Its page may be another table's, and its own rows are elsewhere then.
                job.certain = False
            if misfit and len(found.values) > len(table.columns):
                output.stray(found, table.name, misfit)
                job.gap_found = True
                continue
            output.add(table, found, misfit)
        self._rejected += walk.rejected
        if not table.ordered:
            job.certain = False

    def _load_undefined(self, output: Output, entry: Entry) -> None:
        """Rows of a table that cannot be made: they are kept as strays under its name."""
        page = self._pages.page(entry.root)
        if not entry.root or isinstance(page, Damaged):
            return
        for found in Walk(self._pages, page.is_table, self._checkpoint).of(entry.root):
            if not isinstance(found, Gap):
                output.stray(found, entry.name, "its table could not be made")

    def _gap(self, job: _Job, gap: Gap) -> None:
        report = job.report
        job.gap_found = True
        report.gap_count += 1
        if len(report.gaps) < MAX_GAPS:
            report.gaps.append(gap_words(gap, table=not job.table.without_rowid))
            job.wanting.gaps.append((gap.low, gap.high))
        else:
            job.wanting.anywhere = True
        if gap.cells:
            job.exact_loss += gap.cells
        else:
            job.certain = False

    # --- pages without a tree -------------------------------------------------------------

    def _loose(self, output: Output, jobs: Sequence[_Job]) -> None:
        by_table = {id(job.wanting): job for job in jobs}
        encoding = self._image.header.encoding
        gaps = any(job.gap_found for job in jobs) or not self._schema_whole
        if not gaps and not self._pages.free_is_known:
            # Every tree is whole: what else there is was deleted.
            return
        for found in loose.find(self._pages, self._rejected, self._checkpoint):
            if found.is_table and all(is_entry(each.values, encoding) for each in found.sample):
                continue
            fitting = [job.wanting for job in jobs if loose.fits(found, job.wanting)]
            for each in fitting:
                # It may be a part of this table, whose tree does not show that it is missing.
                by_table[id(each)].certain = False
            owner = loose.owner_of(found, fitting, output, encoding)
            if owner is None:
                if found.is_table:
                    self._stray(output, found)
                continue
            job = by_table[id(owner)]
            for item in loose.rows_of(self._pages, found, owner.table, self._checkpoint):
                if misfit := owner.table.misfit(item.values):
                    output.stray(item, owner.table.name, misfit)
                else:
                    output.add(owner.table, item)
                    job.report.loose += 1

    def _stray(self, output: Output, found: loose.Loose) -> None:
        for item in loose.rows_of(self._pages, found, None, self._checkpoint):
            if not is_entry(item.values, self._image.header.encoding):
                output.stray(item, "", item.place)

    # --- judging --------------------------------------------------------------------------

    def _judge(self, output: Output, job: _Job) -> None:
        table, report = job.table, job.report
        proofs = list[evidence.Proof]()
        for index in job.wanting.indexes:
            self._checkpoint()
            proof = evidence.compare(output, table, index)
            if proof is not None:
                proofs.append(proof)
                if proof.lost and len(proofs) == 1:
                    evidence.note_lost(output, table, index, MAX_LOST)
        report.read, report.doubtful = output.counted(table)
        if proofs:
            best = max(proofs, key=lambda each: each.lost)
            report.lost, report.proof = best.lost, best.index
        elif self._walk_proves(output, job):
            report.lost, report.proof = job.exact_loss, "walk"
        report.complete = report.lost == 0 and bool(report.proof)

    def _walk_proves(self, output: Output, job: _Job) -> bool:
        known = job.table.entry.origin == "file" and not job.report.loose
        return known and job.certain and job.table.name not in output.refused

    # --- the rest -------------------------------------------------------------------------

    def _sequences(self, output: Output, schema: Schema) -> None:
        entry = next((e for e in schema.of("table") if e.name == "sqlite_sequence"), None)
        if entry is None or not entry.root:
            return
        for found in Walk(self._pages, True, self._checkpoint).of(entry.root):
            if isinstance(found, Gap) or len(found.values) != 2:
                continue
            name, number = found.values
            if isinstance(name, Text) and isinstance(number, int):
                output.sequence(text_of(name, self._image.header.encoding), number)

    def _rest(self, output: Output, schema: Schema) -> None:
        for kind in ("index", "view", "trigger"):
            for entry in schema.of(kind):
                self._checkpoint()
                if not entry.sql or output.has(entry):
                    continue
                if any(line.startswith(f"{kind} {entry.name}:") for line in self._left_out):
                    continue
                if problem := output.define(entry):
                    self._left_out.append(f"{kind} {entry.name}: {problem}")
