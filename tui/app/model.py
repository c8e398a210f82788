"""Looks at the deployment again and again, off the event loop, and posts what it saw.

Each outside thing has a thread of its own, so that one that does not answer (a Docker engine, a
full disk) holds up nothing else. The threads are daemons rather than workers of the event loop:
leaving the screen never waits for them. They touch no widget; all they do is post `Saw`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from textual.message import Message

from tui.app.ahead import Ahead
from tui.app.doctor_reader import DoctorLook, wait_for
from tui.app.folders import signature
from tui.app.loops import Loop, Periods
from tui.app.seeing import Change, Ended, Posts, Replaced, Saw, Told
from tui.app.timeline_look import TimelineLook
from tui.app.troubles import NO_DATABASE
from tui.core.errors import McpdbError
from tui.core.models import (
    ActivityEntry,
    DatabaseFacts,
    Deployment,
    GatewayState,
    TableInfo,
)

if TYPE_CHECKING:
    from tui.operations.reads.looking import LiveDatabase


class Model:
    """Everything that is read of one deployment."""

    def __init__(
        self, deployment: Deployment, posts: Posts, periods: Periods | None = None
    ) -> None:
        self.deployment = deployment
        self._posts = posts
        self._periods = periods or Periods()
        self._live: LiveDatabase | None = None
        self._live_made = threading.Lock()
        self._released = False
        self._inode = 0
        self._stamp: tuple[int, ...] = ()
        self._stamp_at = 0.0
        self._running: ActivityEntry | None = None
        self._state_folder: tuple[object, ...] = ()
        self._states: dict[str, str] | None = None
        self._backup_folder: tuple[object, ...] | None = None
        self._gateway = GatewayState(running="unknown")
        self._migrations = TimelineLook(deployment, lambda change: self._saw(change, "timeline"))
        self._doctor = DoctorLook(deployment, self._saw, lambda: self._released or self._ended)
        self._recount = threading.Event()
        self._recount.set()
        self._ended = False
        self._ahead = Ahead()
        p = self._periods
        self._loops = {
            "pulse": Loop("operations and stamp", p.pulse, self._pulse),
            "database": Loop("database", p.folders * 5, self._look_at_database),
            "folders": Loop("backups and journals", p.folders, self._look_at_folders),
            "gateway": Loop("gateway", p.gateway, self._look_at_gateway),
            "counts": Loop("row counts", p.recount, self._count),
            "timeline": Loop("migrations", 3_600.0, self._look_at_migrations),
            "images": Loop("other images", 3_600.0, self._migrations.look_at_images),
            "doctor": Loop("doctor", p.doctor, self._look_at_doctor),
        }

    # --- the front end's side -------------------------------------------------------------

    def start(self) -> None:
        """Begin to look."""
        for loop in self._loops.values():
            loop.start()

    def end(self) -> None:
        """Stop looking; returns at once."""
        self._ended = True
        self._ahead.end()
        for loop in self._loops.values():
            loop.end()
        if self._live is not None:
            self._live.interrupt()

    def refresh(self) -> None:
        """Read everything again."""
        self._backup_folder, self._state_folder = None, ()
        self._migrations.forget()
        self._recount.set()
        for name in ("database", "folders", "gateway", "counts", "timeline", "doctor"):
            self._loops[name].poke()

    def examine(self, *, deep: bool = False) -> None:
        """Have the doctor look now.

        Args:
            deep: Whether every page is read; in a thread of its own, that may take minutes.
        """
        if deep:
            self._doctor.read_all(self._failed)
        else:
            self._loops["doctor"].poke()

    def want_image(self, image: str) -> None:
        """Show what another local image has beyond the gateway's own.

        Args:
            image: Its id; empty: of none.
        """
        self._migrations.want(image)
        self._loops["images"].poke()

    def live(self) -> LiveDatabase:
        """The live database as it is read here: what an operation asks to let go of."""
        return self._database()

    # --- posting --------------------------------------------------------------------------

    def _post(self, message: Message) -> None:
        if not self._ended:
            self._posts.post_message(message)

    def _saw(self, change: Change, part: str) -> None:
        """Post a change of `part`, whose last problem is over with it."""
        self._post(
            Saw(lambda seen: replace(change(seen), problems={**dict(seen.problems), part: ""}))
        )

    def _failed(self, part: str, error: McpdbError) -> None:
        text = str(error)
        self._post(Saw(lambda s: replace(s, problems={**dict(s.problems), part: text})))

    def _database(self) -> LiveDatabase:
        from tui.operations.reads.looking import LiveDatabase

        with self._live_made:
            if self._live is None:
                self._live = LiveDatabase(self.deployment)
            return self._live

    # --- operations and the stamp ---------------------------------------------------------

    def _pulse(self) -> None:
        self._follow_operations()
        if time.monotonic() - self._stamp_at >= self._periods.stamp:
            self._stamp_at = time.monotonic()
            self._look_at_stamp()

    def _follow_operations(self) -> None:
        """What runs, whoever started it; let go of the file while it asks for that."""
        if not self.deployment.state_dir.is_dir():
            return
        from tui.operations import activity

        try:
            wanted = activity.wants_release(self.deployment)
            self._obey(wanted)
            entry = activity.running_entry(self.deployment)
        except McpdbError as error:
            self._failed("activity", error)
            return
        before, self._running = self._running, entry
        if entry != before:
            self._post(Saw(lambda seen: replace(seen, running=entry)))
        if before is not None and (entry is None or entry.id != before.id):
            self.refresh()

    def _obey(self, wanted: bool) -> None:
        if wanted == self._released:
            return
        self._released = wanted
        if wanted:
            self._database().release()
            self._migrations.unsure()
        else:
            self._database().reopen()
            self._recount.set()
            for name in ("database", "counts", "doctor"):
                self._loops[name].poke()
        self._post(Saw(lambda seen: replace(seen, released=wanted)))

    def _look_at_stamp(self) -> None:
        try:
            stamp = self._database().stamp()
        except McpdbError:
            return
        before, self._stamp = self._stamp, stamp
        if not before or stamp == before:
            return
        now = datetime.now(UTC)
        if stamp[0] != before[0] and stamp[0]:
            self._post(Saw(lambda seen: replace(seen, replaced_at=now)))
            self._post(Replaced(now))
            self._doctor.forget()
            self._recount.set()
            self._loops["counts"].poke()
            self._loops["timeline"].poke()
        self._post(Saw(lambda seen: replace(seen, changed_at=now)))
        self._loops["database"].poke()

    # --- file, backups, journals ----------------------------------------------------------

    def _look_at_database(self) -> None:
        if self._released:
            return
        from tui.app.looks import with_facts

        facts, now = self._database().facts(), datetime.now(UTC)
        if self._released:
            return  # since this look began: it says nothing of the file
        begins = self._begins_with(facts)
        self._saw(lambda seen: with_facts(seen, facts, begins, now), "database")
        if self._ahead.ident is None:
            self._ahead.start()
        self._loops["timeline"].poke()

    def _begins_with(self, facts: DatabaseFacts) -> str:
        """What a file that is no database begins with."""
        if not facts.exists or NO_DATABASE not in facts.problem:
            return ""
        from tui.services.first_bytes import first_bytes

        return first_bytes(self.deployment.database)

    def _look_at_folders(self) -> None:
        self._look_at_activity()
        self._look_at_backups()

    def _look_at_activity(self) -> None:
        from tui.app.rights import rights_problem
        from tui.services import locks

        folder = signature(self.deployment.state_dir / "journal", self.deployment.state_dir)
        rights = rights_problem(self.deployment)
        problem = locks.state_problem(self.deployment.state_dir)
        try:
            owner = None if problem else locks.read_owner(self.deployment.state_dir)
            if folder != self._state_folder or self._running is not None:
                entries = () if problem else self._read_activity()
                self._saw(lambda seen: replace(seen, activity=entries), "activity")
                self._look_at_debts(entries)
                self._tell_ended(entries)
        except McpdbError as error:
            self._failed("activity", error)
            return
        self._state_folder = folder
        self._post(
            Saw(
                lambda seen: replace(
                    seen, lock=owner, lock_known=True, rights=rights, state_problem=problem
                )
            )
        )

    def _read_activity(self) -> tuple[ActivityEntry, ...]:
        """The whole log, without the steps of what ended: those are read when it is opened."""
        from tui.operations import activity

        return activity.read_activity(
            self.deployment,
            steps=False,
            rebuilt=lambda number: self._post(Told(f"index rebuilt from {number:,} journals")),
        )

    def _look_at_debts(self, entries: Sequence[ActivityEntry]) -> None:
        """What is left of operations that were cut, and whether a restore can be undone."""
        from tui.app.looks import outlooks, why_no_undo
        from tui.operations.backing_up.missed import missed_runs
        from tui.operations.diagnosing.guide_scripts import guide_lines, guide_needs

        left, undo = outlooks(self.deployment, entries), why_no_undo(self.deployment)
        missed = missed_runs(self.deployment, entries)
        guide = guide_needs(guide_lines(self.deployment))
        self._post(
            Saw(lambda seen: replace(seen, outlooks=left, undo=undo, missed=missed, guide=guide))
        )

    def _tell_ended(self, entries: Sequence[ActivityEntry]) -> None:
        """Tell of each operation that is over since the last look, however short it was."""
        before, self._states = self._states, {entry.id: entry.state for entry in entries}
        if before is None:
            return
        for entry in reversed(entries):
            if entry.state != "running" and before.get(entry.id, "running") == "running":
                self._post(Ended(entry))

    def _look_at_backups(self) -> None:
        folders = (self.deployment.backup_dir, self.deployment.state_dir / "safety")
        names = signature(*folders)
        if names == self._backup_folder:
            return
        from tui.operations.cataloguing.catalogue import read_catalogue

        try:
            catalogue = read_catalogue(self.deployment)
        except McpdbError as error:
            self._failed("catalogue", error)
            return
        self._backup_folder = names
        now = datetime.now(UTC)
        self._saw(lambda seen: replace(seen, catalogue=catalogue, catalogue_at=now), "catalogue")

    # --- gateway and its code -------------------------------------------------------------

    def _look_at_gateway(self) -> None:
        from tui.operations.status import read_gateway

        try:
            state, health = read_gateway(self.deployment)
        except McpdbError as error:
            self._failed("gateway", error)
            return
        self._gateway = state
        self._doctor.gateway = state, health
        self._saw(lambda seen: replace(seen, gateway=state, health=health), "gateway")
        self._loops["timeline"].poke()

    def _look_at_migrations(self) -> None:
        if self._released:
            return
        facts = self._database().facts()
        if self._released:
            return
        try:
            if self._migrations.look(facts, self._gateway):
                self._loops["images"].poke()
        except McpdbError as error:
            self._failed("timeline", error)

    def _look_at_doctor(self) -> None:
        """The cheap checks, once what is on the first screen was read."""
        first = [self._loops[name] for name in ("database", "gateway", "folders", "timeline")]
        wait_for(first, lambda: self._ended)
        if self._released or self._ended:
            return
        try:
            self._doctor.look()
        except McpdbError as error:
            self._failed("doctor", error)

    # --- tables ---------------------------------------------------------------------------

    def _count(self) -> None:
        """Count the rows of every table, and again when the file changed and that is cheap."""
        changed = self._stamp != self._counted_stamp
        if not self._recount.is_set() and not (changed and self._cheap):
            return
        if self._released:
            return
        first = self._recount.is_set()
        self._recount.clear()
        began, self._counted_stamp = time.monotonic(), self._stamp
        try:
            tables = self._database().tables()
            if first:
                self._saw(lambda seen: replace(seen, tables=_kept(seen.tables, tables)), "tables")
            counted = self._count_each(tables)
        except McpdbError as error:
            if not self._released and not self._ended:
                self._failed("tables", error)
            return
        self._cheap = time.monotonic() - began < 0.5
        now = datetime.now(UTC)
        self._saw(lambda seen: replace(seen, tables=counted, counted_at=now), "tables")

    _counted_stamp: tuple[int, ...] = ()
    _cheap = True

    def _count_each(self, tables: Sequence[TableInfo]) -> tuple[TableInfo, ...]:
        """Count table by table; what is counted is shown while the rest still runs."""
        known: dict[str, int | None] = {}
        shown = time.monotonic()
        for table in tables:
            if table.kind != "view":
                known[table.name] = self._database().count(table.name)
            if time.monotonic() - shown > 0.3:
                shown = time.monotonic()
                part = _filled(tables, known)
                self._saw(lambda seen, part=part: replace(seen, tables=part), "tables")  # type: ignore[misc]
        return _filled(tables, known)


def _kept(
    before: tuple[TableInfo, ...] | None, tables: tuple[TableInfo, ...]
) -> tuple[TableInfo, ...]:
    """Names as they are now, with the counts of before until they are counted again."""
    return _filled(tables, {table.name: table.rows for table in before or ()})


def _filled(tables: Sequence[TableInfo], known: dict[str, int | None]) -> tuple[TableInfo, ...]:
    return tuple(replace(table, rows=known.get(table.name, table.rows)) for table in tables)
