"""What the plans of operations that write rows into the live database have in common."""

from __future__ import annotations

import os

from tui.core.errors import ExitCode, McpdbError
from tui.core.operation import Check, PlannedStep, Verdict
from tui.operations.bringing.into_live import COMMIT, KEEP, WRITE
from tui.operations.restoring.situation import Surroundings
from tui.operations.restoring.times import COPY_RATE, WAL_RATE, last_seconds
from tui.services import files
from tui.wording.clean import one_line
from tui.wording.quantities import narrow_size, size

_TRANSACTION = 0.5
"""Seconds for choosing, writing and checking a few rows."""

GOES_WRONG = [
    ["a rule forbids it", "nothing is written; the gateway comes back"],
    ["killed, no power", "SQLite itself takes half-written rows back; resume ends it"],
    ["not healthy afterwards", "the database as it was is written back"],
]
"""What may go wrong, and what then is."""


def rights(s: Surroundings) -> Check:
    """Whether we may write into the live file so that nobody is hurt by a cut."""
    live, folder = s.live.path, s.live.path.parent
    try:
        found = files.identity(live)
        read_only = bool(os.statvfs(folder).f_flag & os.ST_RDONLY)
    except (McpdbError, OSError) as error:
        return Check("rights", Verdict.FAIL, one_line(str(error)))
    if read_only:
        return Check("rights", Verdict.FAIL, f"{one_line(str(folder))} is mounted read-only")
    if found is None or os.geteuid() not in (0, found.uid):
        # The journal of a transaction that is cut must belong to whoever replays it.
        owner = files.user_name(found.uid) if found else "nobody"
        me = files.user_name(os.geteuid())
        text = f"needs root: {one_line(str(live))} belongs to {owner}, you are {me}"
        return Check("rights", Verdict.FAIL, text)
    for path in (folder, live):
        if not os.access(path, os.W_OK, effective_ids=True):
            return Check("rights", Verdict.FAIL, f"{one_line(str(path))} cannot be written")
    text = f"{found.uid}:{found.gid} {found.mode & 0o7777:04o}, and stays so"
    return Check("rights", Verdict.OK, text)


def gateway(s: Surroundings) -> Check:
    """Whether the gateway can be stopped and started, and what becomes of the rows then."""
    blocked = s.deployment.blocked("replace") or s.deployment.blocked("gateway")
    if s.deployment.read_only:
        return Check("gateway", Verdict.FAIL, "started with --read-only")
    if blocked is not None:
        code = ExitCode.DOCKER if blocked.topic == "docker" else ExitCode.PRECHECK
        return Check("gateway", Verdict.FAIL, blocked.text, code)
    if s.deployment.gateway is None:
        return Check("gateway", Verdict.WARN, "none is known; the file alone is changed")
    if s.state.running == "unknown":
        return Check("gateway", Verdict.FAIL, s.state.text, ExitCode.DOCKER)
    if not s.running:
        text = "it is stopped and stays stopped; the result is then not proven by a start"
        return Check("gateway", Verdict.WARN, text)
    if not s.healthy:
        text = "it is not healthy now, so there is no automatic way back: the rows stay"
        return Check("gateway", Verdict.WARN, text)
    return Check("gateway", Verdict.OK, "healthy; if it does not become so again, all is undone")


def steps(s: Surroundings, check: str, check_seconds: float | None) -> tuple[PlannedStep, ...]:
    """Every step, the check named and timed by the operation itself."""
    down = not s.running
    last = {step: last_seconds(s.deployment, step) for step in ("stop", "start")}
    wal = f" ({size(s.live.wal_size)})" if s.live.wal_size else ""
    kept = narrow_size(s.live.size + s.live.wal_size, "up")
    start = "start the gateway, wait until its JSON says healthy"
    return (
        PlannedStep("check", check, not down, check_seconds),
        PlannedStep("release", "every open screen lets go of the database", not down),
        PlannedStep("stop", "stop the gateway", False, last["stop"]),
        PlannedStep(
            "prove",
            f"take in the wal{wal} and prove that nobody else has the file",
            False,
            _wal_seconds(s),
        ),
        PlannedStep("keep", f"{KEEP} ({kept})", False, _copy_seconds(s)),
        PlannedStep("write", WRITE, False, _TRANSACTION),
        PlannedStep("commit", COMMIT, False, 0.1, False),
        PlannedStep(
            "start",
            "the gateway stays stopped, as it was" if down else start,
            False,
            None if down else last["start"],
            False,
        ),
        PlannedStep("readback", "read back", not down, None, False),
    )


def downtime(s: Surroundings) -> float | None:
    """Seconds from the stop to healthy again; None where it was never stopped and started here."""
    stop, start = (last_seconds(s.deployment, name) for name in ("stop", "start"))
    if not s.running or stop is None or start is None:
        return None
    return stop + start + _wal_seconds(s) + _copy_seconds(s) + _TRANSACTION


def _wal_seconds(s: Surroundings) -> float:
    return 0.1 + s.live.wal_size / WAL_RATE


def _copy_seconds(s: Surroundings) -> float:
    return 0.1 + (s.live.size + s.live.wal_size) / COPY_RATE
