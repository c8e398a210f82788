"""Who has the database open or locked, by process and container."""

from __future__ import annotations

import os
import time

from tui.core.errors import ExitCode
from tui.core.models import Diagnosis, Holder
from tui.operations.diagnosing.findings import fail, remedy, unknown, warn, well
from tui.operations.diagnosing.patient import Patient
from tui.services import files
from tui.services.live.holders import container_of, holders, inodes
from tui.services.live.locked import is_first_namespace, locks
from tui.services.locks import read_owner
from tui.wording.clean import one_line

AGAIN = 0.4
"""Seconds after which somebody who still writes is more than a short transaction."""
_STEP = 0.05
_HOW = (
    "Told from the open files of every process and from /proc/locks. A shell that has the "
    "database open is enough to refuse a restore."
)


def lock(patient: Patient) -> Diagnosis | None:
    """Whether somebody besides the gateway has it open, and whether somebody holds it locked."""
    database = patient.deployment.database
    if files.identity(database) is None:
        return None
    found, complete = holders(inodes(database), ignore=(os.getpid(),))
    others = [one for one in found if not one.ours and not _is_gateways(patient, one)]
    stuck = _still_writing(patient, None if not complete else {one.pid for one in found})
    if stuck is not None:
        return _locked(patient, stuck, found)
    seen = [one_line(one.describe()) for one in found]
    if others:
        return warn(
            "lock",
            f"{one_line(others[0].describe())} has it open"
            + (f", and {len(others) - 1} more" if len(others) > 1 else ""),
            "No part of the gateway. While it is there a restore, an upgrade and a VACUUM are "
            "refused, and the WAL grows with what it reads. End it, or wait for it.",
            _HOW,
            details=seen,
        )
    if not _is_visible(patient, found):
        return unknown(
            "lock",
            "unknown from here (another PID namespace); run it on the host",
            "From another PID namespace everything looks empty: that nobody is seen says nothing.",
        )
    if not complete:
        return unknown(
            "lock",
            "other users' processes may not be looked into: sudo mcpdb-tui",
            _HOW,
        )
    owner = read_owner(patient.deployment.state_dir)
    if owner is not None:
        text = f"{one_line(owner.what)} of {one_line(owner.who)} is at work (pid {owner.pid})"
        return well("lock", text, _HOW, details=seen)
    by = "; the gateway has it open" if any(_is_gateways(patient, one) for one in found) else ""
    return well("lock", f"none now{by}", _HOW, details=seen)


def _is_gateways(patient: Patient, one: Holder) -> bool:
    if one.pid in patient.state.pids:
        return True
    return bool(one.container) and patient.state.identity.startswith(one.container)


def _still_writing(patient: Patient, seen: set[int] | None) -> int | None:
    """The pid of who writes now, and still writes `AGAIN` seconds later; None for nobody.

    Args:
        patient: Whose.
        seen: Who has the file open; another file of the same number may be locked elsewhere. None
            where that is not known of everybody.
    """
    database = patient.deployment.database
    end = time.monotonic() + AGAIN
    writing = {one.pid for one in locks(database) if one.does == "writes"}
    writing = writing if seen is None else writing & seen
    while writing and time.monotonic() < end:
        time.sleep(_STEP)
        writing &= {one.pid for one in locks(database) if one.does == "writes"}
    return min(writing, default=None)


def _locked(patient: Patient, pid: int, found: list[Holder]) -> Diagnosis:
    """Somebody holds the write lock: nobody else can write meanwhile."""
    holder = next((one for one in found if one.pid == pid), None)
    who = one_line(holder.describe()) if holder else f"pid {pid}{_where(pid)}"
    seen = [one_line(one.describe()) for one in found]
    waits = "The gateway's writes wait for it, and fail with `database is locked`."
    if holder is not None and (holder.ours or read_owner(patient.deployment.state_dir)):
        return well("lock", f"{who} writes: an operation of ours", _HOW, details=seen)
    if holder is not None and _is_gateways(patient, holder):
        return warn(
            "lock",
            f"the gateway was writing at every look in {AGAIN:g} s: {who}",
            "A long transaction of its own, or one behind the other. If it does not end, a restart "
            "ends it: SQLite takes back what was not committed.",
            _HOW,
            details=seen,
        )
    end = f"sudo kill {pid}"
    if holder is not None and holder.container:
        end = f"docker stop {one_line(holder.container)}"
    return fail(
        "lock",
        f"locked by {who}",
        f"{waits} Removing -wal or -shm is no remedy: it loses data.",
        "Let it end, or end it: SQLite takes back what it had not committed.",
        _HOW,
        remedy=remedy("end it", "What it has not committed is taken back.", by_hand=[end]),
        details=seen,
        code=ExitCode.BUSY,
    )


def _where(pid: int) -> str:
    container = container_of(pid)[:12]
    return f", container {container}" if container else ""


def _is_visible(patient: Patient, found: list[Holder]) -> bool:
    """Whether "nobody" can be believed: the gateway's processes are among those we see."""
    if is_first_namespace() or patient.container is None:
        return True
    return patient.state.is_up and any(_is_gateways(patient, one) for one in found)
