"""A restore that is killed at a moment of chance, with somebody writing until the gateway stops.

What was acknowledged to a client before the stop may never be lost by an operation that is
undone, and nothing of it may be half there after one that is finished.
"""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

from tests.injection.fault import kill_helpers
from tests.injection.whole import AnySite, Before, assert_whole, look_at, names
from tui.core.errors import McpdbError
from tui.core.models import ActivityEntry
from tui.operations.activity import read_activity, read_entry
from tui.operations.execution.launch import follow, launch, launch_resume
from tui.operations.finding.gateways import gateway_of
from tui.operations.restore import Restore
from tui.services import processes

KINDS = ("runner", "runner", "both", "helper", "runner twice")


class WritableSite(AnySite, Protocol):
    """A site whose gateway can be written to."""

    def add_tool(self, name: str) -> None: ...

    def wait_healthy(self) -> None: ...


class Writer(threading.Thread):
    """Registers one tool after the other until the gateway stops, or until it is told to end.

    On a busy machine it may sleep through a stop and a start, and write into what came after: only
    what the gateway that it began with has acknowledged must outlive an operation that is undone.
    """

    def __init__(self, site: WritableSite, prefix: str) -> None:
        super().__init__(daemon=True)
        self._site, self._prefix = site, prefix
        self._end = threading.Event()
        gateway = gateway_of(site.deployment)
        assert gateway is not None
        self._gateway = gateway
        self.acknowledged: set[str] = set()
        """By the gateway that ran at the beginning."""
        self.sent: set[str] = set()

    @property
    def doubtful(self) -> set[str]:
        """What was sent and may have reached the gateway before the stop, after it, or not."""
        return self.sent - self.acknowledged

    def _which_run(self) -> tuple[str, object]:
        """Which run of the gateway it is."""
        state = self._gateway.state()
        return state.identity, state.since

    def run(self) -> None:
        number, first = 0, self._which_run()
        while not self._end.is_set():
            number += 1
            name = f"{self._prefix}-{number}"
            self.sent.add(name)
            try:
                self._site.add_tool(name)
                if self._which_run() != first:
                    return  # it was stopped and started meanwhile
            except (OSError, RuntimeError, AssertionError, McpdbError):
                return  # the gateway is being stopped
            self.acknowledged.add(name)
            self._end.wait(0.03)

    def end(self) -> None:
        self._end.set()
        self.join(30)
        assert not self.is_alive()


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one kill."""

    kind: str
    moment: float
    """Seconds after the operation had begun."""
    last: str
    """The last record of the journal at that moment."""
    which: str
    codes: tuple[int, ...]
    acknowledged: int
    seconds: float

    def as_json(self) -> dict[str, object]:
        return asdict(self)


def kill_one(site: WritableSite, backup: Path, length: float, draw: random.Random) -> Result:
    """Restore a backup, kill it at a random moment, resume, and check everything.

    Args:
        site: Running and healthy.
        backup: What is restored; its tools differ from those of the live database.
        length: Seconds that a restore takes here when nobody kills it.
        draw: Where chance comes from.
    """
    began = time.monotonic()
    deployment = site.deployment
    before = look_at(site)
    kind = draw.choice(KINDS)
    moment = draw.uniform(0.0, length)
    operation = Restore(deployment, str(backup))
    fingerprint = operation.plan().fingerprint
    writer = Writer(site, f"w{draw.randrange(10**9)}")
    writer.start()
    try:
        journal_id = launch(operation, fingerprint)
        time.sleep(moment)
        entry = read_entry(deployment, journal_id)
        last = next((s.step for s in reversed(entry.steps) if s.state != "pending"), "begun")
        _kill(entry, kind)
        *_, entry = follow(deployment, journal_id)
        _wait_gone(entry.pid)
    finally:
        writer.end()
    codes = [] if entry.exit_code is None else [entry.exit_code]
    if kind == "runner twice" and entry.exit_code is None:
        _kill_resume(site, draw.uniform(0.0, length / 2))
    codes += [int(code) for _id, code in launch_resume(deployment)]
    site.wait_healthy()
    which = _judge(site, before, names(backup), writer)
    assert launch_resume(deployment) == []
    return Result(
        kind,
        round(moment, 3),
        last,
        which,
        tuple(codes),
        len(writer.acknowledged),
        round(time.monotonic() - began, 2),
    )


def _kill(entry: ActivityEntry, kind: str) -> None:
    if kind in ("helper", "both"):
        kill_helpers(entry.pid)
    if kind != "helper":
        with suppress(ProcessLookupError):
            os.kill(entry.pid, signal.SIGKILL)


def _kill_resume(site: WritableSite, moment: float) -> None:
    """Resume, and kill that as well."""
    thread = threading.Thread(target=_resume_quietly, args=(site,), daemon=True)
    thread.start()
    time.sleep(moment)
    for entry in read_activity(site.deployment)[:1]:
        if entry.state == "running":
            _kill(entry, "both")
    thread.join(300)
    assert not thread.is_alive()


def _resume_quietly(site: WritableSite) -> None:
    with suppress(McpdbError):
        launch_resume(site.deployment)


def _wait_gone(pid: int) -> None:
    deadline = time.monotonic() + 30
    while processes.start_time(pid) and processes.tree(pid):
        state = Path(f"/proc/{pid}/stat")
        with suppress(OSError):
            if state.read_text().rsplit(")", 1)[1].split()[0] in "ZX":
                return
        assert time.monotonic() < deadline, f"process {pid} does not end"
        time.sleep(0.01)


def _judge(site: WritableSite, before: Before, restored: frozenset[str], writer: Writer) -> str:
    """Old with every acknowledged write, or new; and all invariants."""
    found = names(site.deployment.database, site.deployment)
    old = before.names | writer.acknowledged
    if old <= found <= before.names | writer.sent:
        from dataclasses import replace

        assert assert_whole(site, replace(before, names=found), new=restored) == "old"
        return "old"
    told = f"lost: {sorted(old - found)[:5]}, not of the backup: {sorted(found - restored)[:5]}"
    assert restored <= found <= restored | writer.doubtful, f"neither old nor new; {told}"
    return assert_whole(site, before, new=found)
