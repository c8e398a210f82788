"""A container's log, followed through restarts and recreation: no line twice, none lost.

The engine ends a followed log when the container ends. So one thread reads a stream into a
queue, and when it ends we wait for the container to run again and read on from the last time
we saw, leaving out the lines we had. Times are the engine's own.
"""

from __future__ import annotations

import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from tui.core.errors import McpdbError
from tui.core.models import LogLine
from tui.services import logs
from tui.services.containers.engine import Engine, Facts, cut
from tui.services.containers.engine_errors import translated
from tui.services.gateways.container_stream import Entry, assembler, parts

if TYPE_CHECKING:
    from requests import Response

_PATIENCE = 0.25
"""Seconds between two questions to `stop`."""
_OVERLAP = timedelta(milliseconds=100)
"""Read again after a restart: lines of stdout and stderr may have overtaken each other."""
_REMEMBERED = 20_000
_BLOCKS = 64
"""Blocks of up to 64 KiB that wait in memory; then the engine waits."""
_BLOCK = 65_536


@dataclass(frozen=True, slots=True)
class _Life:
    """One run of one container: a restart gives another start, recreation another id."""

    id: str
    started: str

    @classmethod
    def of(cls, facts: Facts) -> _Life:
        return cls(facts["Id"], facts["State"].get("StartedAt") or "")


class Reader:
    """Reads the log of one container, by name."""

    def __init__(self, engine: Engine, container: str) -> None:
        self._engine = engine
        self._container = container
        self._newest: datetime | None = None
        self._last: deque[Entry] = deque(maxlen=_REMEMBERED)
        """What came last, by which a line that is read twice is known."""
        self._twice: set[Entry] = set()
        """What may come again; empty once the overlap is behind us."""

    def past(self, *, tail: int, since: datetime | None) -> Iterator[LogLine]:
        """Yield what is there now; see `past_entries`."""
        for entries in self.past_entries(tail=tail, since=since):
            yield from map(_line, entries)

    def follow(
        self, *, tail: int, since: datetime | None, stop: Callable[[], bool]
    ) -> Iterator[LogLine]:
        """Yield what is there, then what comes; see `follow_entries`."""
        for batch in self.follow_entries(tail=tail, since=since, stop=stop):
            if isinstance(batch, LogLine):
                yield batch
            else:
                yield from map(_line, batch)

    def past_entries(self, *, tail: int | None, since: datetime | None) -> Iterator[list[Entry]]:
        """Yield what is there now, some lines at a time; `follow_entries` goes on behind them.

        Raises:
            NotFoundError: There is no such container.
            DockerError: The engine does not answer or its log driver cannot be read.
        """
        facts = self._engine.inspect(self._container)
        take = assembler(facts)
        with (
            self._engine.log_stream(facts["Id"], tail=tail, since=_seconds(since)) as response,
            translated(self._engine.host, 60.0, self._container),
        ):
            for block in response.raw.stream(_BLOCK, decode_content=False):
                yield self._new(take(block))
            yield self._new(take(b""))

    def follow_entries(
        self, *, tail: int | None, since: datetime | None, stop: Callable[[], bool]
    ) -> Iterator[list[Entry] | LogLine]:
        """Yield what is there, then what comes, until `stop()`; never raises for Docker.

        A line among the lists is said by us. Where `past_entries` was read, it goes on there.
        """
        life: _Life | None = None
        complained, stopped, code = "", False, None
        while not stop():
            try:
                facts = self._engine.inspect(self._container)
                if complained:
                    complained = ""
                    yield logs.event("gw", "Docker answers again")
                state = facts["State"]
                # Between two tries of a crash loop the engine says that it runs.
                down = not state.get("Running") or state.get("Restarting")
                if life is not None and life.id == facts["Id"] and down:
                    if not stopped:
                        stopped, code = True, state.get("ExitCode")
                        at = _clock(state.get("FinishedAt"))
                        yield logs.event("gw", f"container stopped {at} (exit {code})")
                    _sleep(_PATIENCE, stop)
                    continue
                now = _Life.of(facts)
                if life is not None and now != life:
                    code = code if stopped else self._exit_code(life)
                    said = "" if code is None else f" (exit {code})"
                    at = _clock(now.started)
                    yield logs.event("gw", f"container restarted {at}{said}")
                if life is None and self._newest is not None:
                    start, keep = self._again(), None
                elif life is None:
                    start, keep = _seconds(since), tail
                else:
                    # One that was made anew has a log of its own, and all of it is new.
                    start, keep = self._again() if life.id == now.id else "", None
                life, stopped = now, False
                yield from self._one_life(facts, keep, start, stop)
            except McpdbError as error:
                # Said once: the engine may be restarting, or the container be made anew.
                if str(error) != complained:
                    complained = str(error)
                    yield logs.event("gw", complained)
                _sleep(1.0, stop)

    def _one_life(
        self, facts: Facts, tail: int | None, since: str, stop: Callable[[], bool]
    ) -> Iterator[list[Entry]]:
        """Yield lines until the engine ends the stream."""
        take = assembler(facts)
        blocks: queue.Queue[bytes | None] = queue.Queue(_BLOCKS)
        with self._engine.log_stream(facts["Id"], tail=tail, since=since, follow=True) as response:
            over = threading.Event()
            reader = threading.Thread(
                target=_read, args=(response, blocks, over), name="container-log", daemon=True
            )
            reader.start()
            try:
                while not stop():
                    try:
                        block = blocks.get(timeout=_PATIENCE)
                    except queue.Empty:
                        continue
                    if block is None:
                        break
                    yield self._new(take(block))
                yield self._new(take(b""))
            finally:
                over.set()
                cut(response)
        # A stream that ends while its container runs must not be asked for in a tight loop.
        _sleep(_PATIENCE / 5, stop)

    def _new(self, entries: list[Entry]) -> list[Entry]:
        """What was not seen yet; of a flood nothing is looked at but the last lines' times."""
        if self._twice:
            entries = [entry for entry in entries if entry not in self._twice]
        self._last.extend(entries)
        # Lines of stdout and stderr overtake each other, but never by many.
        for entry in entries[-50:]:
            at = logs.moment(parts(entry)[0])
            if at is not None and (self._newest is None or at > self._newest):
                self._newest = at
        if self._newest is not None and self._over is not None and self._newest > self._over:
            self._twice, self._over = set(), None
        return entries

    _over: datetime | None = None
    """Behind this moment nothing comes twice."""

    def _again(self) -> str:
        if self._newest is None:
            return ""
        self._twice = set(self._last)
        self._over = self._newest + _OVERLAP
        return _seconds(self._newest - _OVERLAP)

    def _exit_code(self, life: _Life) -> int | None:
        """How a run ended that we did not see end."""
        started = logs.moment(life.started)
        if started is None:
            return None
        return self._engine.last_exit(life.id, started.timestamp(), time.time())


def _line(entry: Entry) -> LogLine:
    stamp, text = parts(entry)
    return logs.line("gw", text, logs.moment(stamp))


def _read(response: Response, blocks: queue.Queue[bytes | None], over: threading.Event) -> None:
    """Move the stream into the queue; runs in its own thread until the stream ends."""

    def put(block: bytes | None) -> None:
        while not over.is_set():
            try:
                blocks.put(block, timeout=_PATIENCE)
                return
            except queue.Full:
                continue

    try:
        with translated("", 0.0):
            for block in response.raw.stream(_BLOCK, decode_content=False):
                put(block)
                if over.is_set():
                    return
    except (McpdbError, ValueError, AttributeError):
        pass  # the stream was cut, by us or by the engine; the next inspect tells which
    finally:
        put(None)


def _sleep(seconds: float, stop: Callable[[], bool]) -> None:
    deadline = time.monotonic() + seconds
    while not stop() and (left := deadline - time.monotonic()) > 0:
        time.sleep(min(left, _PATIENCE))


def _seconds(moment: datetime | None) -> str:
    """Seconds since 1970 just after `moment`, as the Engine API takes them."""
    if moment is None:
        return ""
    micros = (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) + 1
    return f"{micros // 1_000_000}.{micros % 1_000_000:06d}000"


def _clock(text: str | None) -> str:
    """The engine's time as a local clock shows it."""
    moment = logs.moment(text or "")
    return "" if moment is None else f"{moment.astimezone():%H:%M:%S}"
