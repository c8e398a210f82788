"""What is asked of a log on the command line: lines of the past, and on wish those that come.

The past is read backwards, and no further than it must: a file of any size gives its last lines
at once, and what passes a filter costs memory only for the lines that are told.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from tui.core.errors import McpdbError
from tui.core.models import ContainerRef, Deployment
from tui.operations.finding.gateways import require_gateway
from tui.operations.logs.activity_lines import ActivityTail
from tui.operations.logs.feed import POLL, Feed
from tui.operations.logs.held import KEPT
from tui.operations.logs.merging import merged
from tui.operations.logs.shown import show, time_of
from tui.operations.logs.sources import (
    ACTIVITY,
    MERGED,
    Held,
    LogSource,
    chosen,
    sources_of,
    zone_of,
)
from tui.operations.logs.terms import ALL, Terms
from tui.services.file_tail import FileTail
from tui.services.gateways.container import ContainerGateway
from tui.services.log_bytes import Grouper, grouped, is_head, worse_than_info

LEVELS = ("debug", "info", "warn", "error")
"""From the least to the worst."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """Which lines are wanted."""

    source: str = MERGED
    since: datetime | None = None
    until: datetime | None = None
    terms: Terms = ALL
    level: str = ""
    """This one and worse ones; empty: all."""
    lines: int = 100
    """At most so many of the past, the newest."""

    @property
    def is_narrow(self) -> bool:
        """Whether some lines are left out."""
        return bool(self.terms or self.level or self.since or self.until)

    def passes(self, held: Held) -> bool:
        """Whether a line is wanted, as far as its text says it."""
        source, raw = held
        if self.level and source.kind != "said" and not self._is_bad_enough(source, raw):
            return False
        return self.terms.pass_(source, raw)

    def _is_bad_enough(self, source: LogSource, raw: bytes) -> bool:
        if self.level == "debug":
            return True
        if self.level == "info":
            return show((source, raw)).level != "debug"
        found = worse_than_info([raw], stamped=source.stamped)
        return bool(found) and (found[0][1] or self.level == "warn")


def read(
    deployment: Deployment, query: Query, stop: Callable[[], bool] = lambda: False
) -> tuple[list[Held], bool, str]:
    """Lines of the past, oldest first; whether more pass than were asked for; what is missing.

    Of merged logs what can be read is told, and why the container's cannot.

    Raises:
        NotFoundError: There is no such log, or the container is gone.
        DockerError: The engine does not answer, and there is no file to read.
    """
    zone = zone_of(deployment)
    wanted = chosen(sources_of(deployment, zone), query.source)
    runs: list[Sequence[Held]] = []
    more, missing = False, ""
    if query.source == MERGED and (blocked := deployment.blocked("logs")) is not None:
        missing = blocked.text
    for source in wanted:
        try:
            run, is_cut = _past(deployment, source, query, stop)
        except McpdbError as error:
            if len(wanted) == 1 or not any(other.kind == "file" for other in wanted):
                raise
            missing = str(error)
            continue
        runs.append(run)
        more = more or is_cut
    found = merged(runs)
    if len(found) > query.lines:
        more, found = True, found[len(found) - query.lines :]
    return found, more, missing


def follow(deployment: Deployment, query: Query, stop: Callable[[], bool]) -> Iterator[Held | None]:
    """Yield lines of the past and then what comes, until `stop()`; nothing is passed over.

    None stands between them where one has to wait.

    Raises:
        NotFoundError: There is no such log.
    """
    sources = sources_of(deployment, zone_of(deployment))
    wanted = chosen(sources, query.source)
    only = None if query.source == MERGED else wanted[0]
    tail = KEPT if query.is_narrow and query.lines else query.lines
    feed = Feed(deployment, only=only, tail=tail, is_lossless=True)
    feed.start()
    told = ""
    try:
        while not stop():
            taken = feed.drain()
            past = [line for line in taken.lines[: taken.past] if _is_wanted(query, line)]
            yield from past[len(past) - min(len(past), query.lines) :]
            for line in taken.lines[taken.past :]:
                if query.passes(line) and (query.until is None or _is_until(query, line)):
                    yield line
            if feed.problem and feed.problem != told:
                told = feed.problem
                yield feed.tell(told)
            yield None
            if not taken.lines:
                time.sleep(POLL)
    finally:
        feed.end()


def _is_wanted(query: Query, line: Held) -> bool:
    if not query.passes(line):
        return False
    if query.since is None and query.until is None:
        return True
    at = time_of(line)
    if at is None:
        return False
    return (query.since is None or at >= query.since) and _is_until(query, line)


def _is_until(query: Query, line: Held) -> bool:
    at = time_of(line)
    return query.until is None or at is None or at <= query.until


def _past(
    deployment: Deployment, source: LogSource, query: Query, stop: Callable[[], bool]
) -> tuple[Sequence[Held], bool]:
    if source.kind == "file" and source.path is not None:
        newest = _backwards(source, query, stop)
    elif source.kind == "container":
        return _of_container(deployment, source, query, stop)
    else:
        lines = [(ACTIVITY, raw) for raw in ActivityTail(deployment).last(KEPT)]
        newest = (line for line in reversed(lines) if _is_wanted(query, line))
    found: list[Held] = []
    for line in newest:
        if len(found) == query.lines:
            return found[::-1], True
        found.append(line)
    return found[::-1], False


def _backwards(source: LogSource, query: Query, stop: Callable[[], bool]) -> Iterator[Held]:
    """Lines of a file that are wanted, the newest first."""
    assert source.path is not None
    tail = FileTail(source.path)
    try:
        for lines in _grouped_backwards(tail.backwards()):
            for raw in reversed(lines):
                line = (source, raw)
                if query.since is not None or query.until is not None:
                    at = time_of(line)
                    if at is not None and query.since is not None and at < query.since:
                        return
                    if at is not None and query.until is not None and at > query.until:
                        continue
                if query.passes(line):
                    yield line
            if stop():
                return
    finally:
        tail.close()


def _grouped_backwards(batches: Iterator[list[bytes]]) -> Iterator[list[bytes]]:
    """Fold lines that come in lists from the newest to the oldest."""
    behind: list[bytes] = []
    for batch in batches:
        lines = batch + behind
        # What does not begin as a line begins may belong to one of the list before.
        first = next((number for number, raw in enumerate(lines) if is_head(raw)), len(lines))
        if first > 1_000 or (first == len(lines) and len(lines) > 10_000):
            first = 0
        behind, lines = lines[:first], lines[first:]
        if lines:
            yield grouped(lines, stamped=False)
    if behind:
        yield grouped(behind, stamped=False)


def _of_container(
    deployment: Deployment, source: LogSource, query: Query, stop: Callable[[], bool]
) -> tuple[Sequence[Held], bool]:
    assert isinstance(deployment.gateway, ContainerRef)
    gateway = require_gateway(deployment)
    assert isinstance(gateway, ContainerGateway)
    found: deque[Held] = deque(maxlen=query.lines + 1)
    grouper = Grouper(stamped=True)

    def take(lines: Sequence[bytes]) -> None:
        found.extend(line for raw in lines if _is_wanted(query, line := (source, raw)))

    tail = None if query.is_narrow else query.lines + 1
    for entries in gateway.log_reader().past_entries(tail=tail, since=query.since):
        take(grouper.take(entries))
        if stop():
            break
    take(grouper.flush())
    lines = list(found)
    return lines[max(0, len(lines) - query.lines) :], len(lines) > query.lines
