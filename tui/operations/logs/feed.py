"""What comes from the sources of a log, read by threads and taken in by the screen's ticks.

The threads only move bytes; whoever draws takes what came (`drain`), folds it, and puts it in
order. A flood costs the event loop some milliseconds a tick that way, whatever it brings.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tui.core.errors import McpdbError
from tui.core.models import ContainerRef, Deployment, LogLine
from tui.operations.finding.gateways import gateway_of
from tui.operations.logs.activity_lines import ActivityTail
from tui.operations.logs.held import KEPT, MOST
from tui.operations.logs.merging import merged, whole_since
from tui.operations.logs.shown import said
from tui.operations.logs.sources import (
    ACTIVITY,
    SAID,
    Held,
    LogSource,
    name_of,
    places_of,
    sources_of,
    zone_of,
)
from tui.services.file_tail import FileTail, Note
from tui.services.file_tails import FileTails
from tui.services.gateways.container import ContainerGateway
from tui.services.gateways.process import ProcessGateway
from tui.services.log_bytes import Grouper, grouped
from tui.wording.clean import one_line
from tui.wording.quantities import count

FIRST = 1_000
"""Lines of the past that are loaded at first."""
POLL = 0.1
"""Seconds between two looks at files."""


@dataclass(frozen=True, slots=True)
class Drained:
    """What came since the last time."""

    lines: list[Held]
    past: int = 0
    """How many of them, at the beginning, are of the past."""
    passed: int = 0
    """Lines that came faster than they were taken, and are gone; a line among them says so."""


class Inbox:
    """What the threads have read and nobody has taken yet; bounded."""

    def __init__(self, kept: int = KEPT, most: int = MOST, *, is_lossless: bool = False) -> None:
        self._kept, self._most, self._is_lossless = kept, most, is_lossless
        self._lock = threading.Lock()
        self._room = threading.Event()
        self._room.set()
        self._runs: list[tuple[LogSource, list[bytes]]] = []
        self._lines = self._bytes = self._passed = 0

    def put(self, source: LogSource, lines: list[bytes]) -> None:
        """Add lines of one source."""
        if not lines:
            return
        size = sum(map(len, lines))
        if self._is_lossless:
            self._room.wait()
        with self._lock:
            self._runs.append((source, lines))
            self._lines += len(lines)
            self._bytes += size
            is_full = self._lines > self._kept or self._bytes > self._most
            if is_full and self._is_lossless:
                self._room.clear()
                return
            while (self._lines > self._kept or self._bytes > self._most) and len(self._runs) > 1:
                _, gone = self._runs.pop(0)
                self._lines -= len(gone)
                self._bytes -= sum(map(len, gone))
                self._passed += len(gone)

    def take(self) -> tuple[list[tuple[LogSource, list[bytes]]], int]:
        """Everything, and how many lines were passed over before it."""
        with self._lock:
            runs, self._runs = self._runs, []
            passed, self._passed = self._passed, 0
            self._lines = self._bytes = 0
            self._room.set()
        return runs, passed

    def end(self) -> None:
        """Nobody waits for room any more."""
        self._is_lossless = False
        self._room.set()


class Feed:
    """Reads one source or all of them until it is ended."""

    def __init__(
        self,
        deployment: Deployment,
        *,
        only: LogSource | None = None,
        tail: int = FIRST,
        from_start: bool = False,
        is_lossless: bool = False,
    ) -> None:
        """Wire it; `start` begins.

        Args:
            deployment: Whose log.
            only: One source; None merges all.
            tail: At most so many lines of the past, of each source.
            from_start: Read the one file from its first line on, as far as `want` asks.
            is_lossless: Wait with reading where nobody takes the lines, instead of passing over.
        """
        self._deployment, self.only, self._tail, self._from_start = (
            deployment, only, tail, from_start
        )  # fmt: skip
        self._inbox = Inbox(is_lossless=is_lossless)
        self._ended = threading.Event()
        self._groupers: dict[LogSource, Grouper] = {}
        self._by_path: dict[Path, LogSource] = {}
        self._past: list[Held] | None = None
        self._wanted = threading.Event()
        self._wanted.set()
        self._stands = ""
        self.sources: tuple[LogSource, ...] = ()
        """What there is; known once `began`."""
        self.began = False
        """Whether the past was read."""
        self.problem = ""
        """Why something cannot be read; empty while all can."""
        self.left = 0
        """Of a file that is read from its start: bytes that were not read yet."""
        self.has_older = False
        """Whether the past goes back further than what was loaded."""

    def start(self) -> None:
        """Begin to read."""
        threading.Thread(target=self._run, name="read the logs", daemon=True).start()

    def end(self) -> None:
        """Stop reading."""
        self._ended.set()
        self._wanted.set()
        self._inbox.end()

    def want(self) -> None:
        """Ask for the next lines of a file that is read from its start."""
        self._wanted.set()

    # --- taking in ------------------------------------------------------------------------

    def drain(self) -> Drained:
        """Take what came, folded and in the order of its times."""
        past, self._past = self._past, None
        runs, passed = self._inbox.take()
        taken: dict[LogSource, list[Held]] = {}
        for source, lines in runs:
            if source is SAID:
                # Stands where it was said: the lines before it are whole.
                where = self._place_of_note(taken, lines)
                taken.setdefault(where, []).extend((SAID, line) for line in lines)
                continue
            grouper = self._groupers.get(source)
            if grouper is None:
                grouper = self._groupers[source] = Grouper(stamped=source.stamped)
            whole = grouper.take(lines)
            taken.setdefault(source, []).extend([(source, line) for line in whole])
        for source, grouper in self._groupers.items():
            if source not in taken and (left := grouper.flush()):
                taken[source] = [(source, line) for line in left]
        found = merged(list(taken.values()))
        if passed:
            words = f"{count(passed)} lines came faster than they could be shown: passed over"
            found.insert(0, said(words, datetime.now(UTC)))
        if past is None:
            return Drained(found, 0, passed)
        return Drained([*past, *found], len(past), passed)

    def _place_of_note(self, taken: dict[LogSource, list[Held]], _: list[bytes]) -> LogSource:
        """The source whose lines came last: a note stands behind them."""
        last = next(reversed(taken), SAID)
        if (grouper := self._groupers.get(last)) is not None:
            taken[last].extend([(last, line) for line in grouper.flush()])
        return last

    # --- reading, in threads --------------------------------------------------------------

    def _run(self) -> None:
        zone = zone_of(self._deployment)
        known = sources_of(self._deployment, zone)
        self.sources = known
        reading = known if self.only is None else tuple(s for s in known if _same(s, self.only))
        if self.only is not None and not reading:
            reading = (self.only,)
        if self._from_start and reading[0].path is not None:
            self._read_from_start(reading[0], reading[0].path)
            return
        follow = [begin for source in reading if (begin := self._opened(source))]
        files = [source for source in reading if source.kind == "file"]
        tails = self._tails(files)
        runs: list[list[Held]] = []
        cut: list[bool] = []
        for source in files:
            assert source.path is not None
            self._by_path[source.path] = source
            tail = tails.tails.get(source.path)
            lines = tail.last_bytes(self._tail) if tail is not None else []
            is_cut = len(lines) >= self._tail
            self.has_older = self.has_older or is_cut
            runs.append([(source, line) for line in grouped(lines, stamped=False)])
            cut.append(is_cut)
        activity = ActivityTail(self._deployment) if ACTIVITY in reading else None
        if activity is not None:
            runs.append([(ACTIVITY, line) for line in activity.last(self._tail)])
            cut.append(False)
        for run, is_cut, _ in follow:
            runs.append(run)
            cut.append(is_cut)
        self._past = merged(whole_since(runs, cut))[-KEPT:]
        self.began = True
        for _, _, go_on in follow:
            threading.Thread(target=go_on, name="follow the container", daemon=True).start()
        self._poll(tails, activity, zone)

    def _tails(self, files: Sequence[LogSource]) -> FileTails:
        if self.only is None:
            return FileTails(places_of(self._deployment))
        return FileTails([source.path for source in files if source.path is not None])

    def _opened(self, source: LogSource) -> tuple[list[Held], bool, Callable[[], None]] | None:
        """The past of a container, whether there is more of it, and what follows it."""
        ref = self._deployment.gateway
        if source.kind != "container" or not isinstance(ref, ContainerRef):
            return None
        gateway = gateway_of(self._deployment)
        assert isinstance(gateway, ContainerGateway)
        reader = gateway.log_reader()
        lines: list[bytes] = []
        try:
            for entries in reader.past_entries(tail=self._tail, since=None):
                lines += entries
        except McpdbError as error:
            self.problem = str(error)
        is_cut = len(lines) >= self._tail
        self.has_older = self.has_older or is_cut

        def go_on() -> None:
            for batch in reader.follow_entries(
                tail=self._tail, since=None, stop=self._ended.is_set
            ):
                if isinstance(batch, LogLine):
                    self._note(source, batch)
                else:
                    self.problem = ""
                    self._inbox.put(source, batch)

        return [(source, line) for line in grouped(lines, stamped=True)], is_cut, go_on

    def _poll(self, tails: FileTails, activity: ActivityTail | None, zone: object) -> None:
        gateway = gateway_of(self._deployment)
        comings = gateway.comings() if isinstance(gateway, ProcessGateway) else None
        while not self._ended.wait(POLL):
            if comings is not None:
                for line in comings():
                    self._inbox.put(SAID, [_said(line.text, line.time)])
            try:
                for path, batch in tails.batches():
                    self._file_batch(path, batch, zone)
            except OSError as error:
                self.problem = one_line(str(error))
            if activity is not None:
                self._inbox.put(ACTIVITY, activity.new())
        tails.close()

    def _file_batch(self, path: Path, batch: list[bytes] | Note, zone: object) -> None:
        source = self._by_path.get(path)
        if source is None:
            found = sources_of(self._deployment, zone)  # type: ignore[arg-type]
            source = next((s for s in found if s.path == path), None)
            if source is None:
                source = LogSource("file", name_of(path, self._deployment), "file", path)
            self._by_path[path] = source
            self.sources = (*self.sources[:-1], source, *self.sources[-1:])
        if isinstance(batch, Note):
            self._inbox.put(SAID, [_said(f"{source.name} {batch}", None)])
        else:
            self._inbox.put(source, batch)

    @staticmethod
    def tell(text: str) -> Held:
        """Our own words as a line."""
        return said(one_line(text), datetime.now(UTC))

    def _note(self, source: LogSource, line: LogLine) -> None:
        self._inbox.put(SAID, [_said(line.text, line.time)])

    def _read_from_start(self, source: LogSource, path: Path) -> None:
        tail = FileTail(path, from_start=True)
        self._by_path[path] = source
        try:
            while not self._ended.is_set():
                self._wanted.wait()
                self._wanted.clear()
                if self._ended.is_set():
                    return
                lines = tail.forwards(FIRST)
                self.left = tail.left
                self.began = True
                self._inbox.put(source, lines)
                if not self.left:
                    break
        except OSError as error:
            self.problem = one_line(str(error))
            self.began = True
        tails = FileTails([])
        tails.tails[path] = tail
        self._poll(tails, None, source.zone)


def _said(text: str, at: datetime | None) -> bytes:
    words = text.strip().removeprefix("──").removesuffix("──").strip()
    return f"{(at or datetime.now(UTC)).isoformat()} {words}".encode()


def _same(one: LogSource, other: LogSource) -> bool:
    return (one.kind, one.path) == (other.kind, other.path)
