"""What is looked at before a new database is put in place, each with its verdict."""

from __future__ import annotations

import shlex
from datetime import UTC, datetime

from tui.core.errors import ExitCode
from tui.core.models import Backup, ContainerRef, Deployment
from tui.core.operation import Check, Verdict
from tui.operations.cataloguing.catalogue import read_catalogue
from tui.operations.cataloguing.recommended import recommended
from tui.operations.migrating.building import NEEDED
from tui.operations.restoring import UNDO_DAYS
from tui.operations.restoring.checks import (
    containers_check,
    gateway_check,
    holders_check,
    rights_check,
)
from tui.operations.restoring.situation import Surroundings
from tui.operations.restoring.space import space_check
from tui.operations.restoring.staging import SUFFIXES
from tui.services import files
from tui.services.live.holders import removed_but_open
from tui.services.sqlite.connections import sidecar
from tui.wording.clean import one_line
from tui.wording.quantities import age, size, when


def is_nothing(s: Surroundings) -> bool:
    """Whether there is no database: no file, or one of 0 bytes."""
    return not s.live.exists or s.live.size == 0


def checks_of(operation: str, s: Surroundings) -> tuple[Check, ...]:
    """Every check of a plan, in the order in which they are shown.

    Args:
        operation: `bootstrap` or `reset`.
        s: What was looked at.
    """
    folder = s.deployment.database.parent
    refused = _refused(operation, s)
    if refused is not None:
        return (refused,)
    if not files.is_folder(folder):
        text = (
            f"there is no folder {one_line(str(folder))}: make it, and give it to the user that "
            "the gateway runs as"
        )
        return (Check("rights", Verdict.FAIL, text),)
    found = [
        _live(operation, s),
        _code(s.deployment),
        _space(s),
        holders_check(s),
        containers_check(s),
        rights_check(s),
        _way(s),
        _gateway(s),
        *([] if operation == "bootstrap" else [_backup(s.deployment)]),
        Check(
            "secret",
            Verdict.OK,
            "AUTH_ENCRYPTION_SECRET and all other settings stay as they are",
        ),
    ]
    return tuple(check for check in found if check is not None)


def _refused(operation: str, s: Surroundings) -> Check | None:
    """What makes it the wrong operation."""
    live = s.deployment.database
    unreachable = s.deployment.blocked("database") or s.deployment.blocked("replace")
    if unreachable is not None:
        code = ExitCode.DOCKER if unreachable.topic == "docker" else ExitCode.PRECHECK
        return Check("live", Verdict.FAIL, unreachable.text, code)
    if operation == "reset" and is_nothing(s):
        what = "has 0 bytes" if s.live.exists else "is not there"
        text = f"{one_line(str(live))} {what}: `bootstrap` makes a database there"
        return Check("live", Verdict.FAIL, text, ExitCode.NOT_FOUND)
    if operation == "bootstrap" and not is_nothing(s):
        text = (
            f"there is a database of {size(s.live.size)} at {one_line(str(live))}: bootstrap "
            "makes one only where none is; `reset` puts a new one in its place"
        )
        return Check("live", Verdict.FAIL, text)
    return None


def _live(operation: str, s: Surroundings) -> Check:
    if not s.live.exists:
        return _missing(s)
    if operation == "bootstrap":
        text = "it has 0 bytes: a start of the gateway was cut; it is set aside as found"
        return Check("live", Verdict.WARN, text)
    if s.live.problem:
        text = f"{one_line(s.live.problem)} It is set aside as found."
        return Check("live", Verdict.WARN, text)
    return Check("live", Verdict.OK, f"kept as safety copy, {size(s.live.size)}")


def _missing(s: Surroundings) -> Check:
    """A process keeps a file that was removed for as long as it has it open."""
    live = s.live.path
    held = removed_but_open(live, s.state.pids)
    if held is not None:
        pid, descriptors = held
        target = shlex.quote(f"{live}.rescued")
        copy = " && ".join(f"cp /proc/{pid}/fd/{n} {target}{suffix}" for n, suffix in descriptors)
        text = (
            f"process {pid} still has the removed database open, with all its rows; they are lost "
            f"when it stops. Copy it first: {one_line(copy)}; then stop the gateway"
        )
        return Check("live", Verdict.FAIL, text, ExitCode.BUSY)
    left = [n for n in SUFFIXES if files.identity(sidecar(live, n)) is not None]
    if left:
        text = f"there is no database; its {', '.join(left)} beside it is set aside"
        return Check("live", Verdict.WARN, text)
    return Check("live", Verdict.OK, "there is no database: nothing is lost")


def _code(deployment: Deployment) -> Check | None:
    if isinstance(deployment.gateway, ContainerRef) or deployment.migrations.python:
        return None
    text = "nothing here has the gateway's code: name an interpreter that has it (--python)"
    return Check("code", Verdict.FAIL, text, ExitCode.NOT_FOUND)


def _gateway(s: Surroundings) -> Check:
    found = gateway_check(s, "the new database")
    if found.verdict is Verdict.OK and is_nothing(s):
        text = "healthy; there is no old database to go back to: the new one stays in any case"
        return Check("gateway", Verdict.WARN, text)
    return found


def _space(s: Surroundings) -> Check:
    needed = NEEDED + s.live.wal_size
    return space_check(s.live.path.parent, needed, "A new database", s.live)


def _way(s: Surroundings) -> Check | None:
    if s.way.problem:
        return Check("way", Verdict.FAIL, s.way.problem)
    if s.way.kind == "swap":
        return None
    text = f"no other file can take its place: {s.way.why}"
    return Check("way", Verdict.FAIL, text)


def _backup(deployment: Deployment) -> Check:
    newest = recommended(read_catalogue(deployment))
    if newest is None:
        text = (
            f"there is no verified backup: only the old file, kept for {UNDO_DAYS} days, has "
            "what is there now"
        )
        return Check("backup", Verdict.WARN, text)
    return Check("backup", Verdict.OK, f"newest verified: {_named(newest)}")


def _named(backup: Backup) -> str:
    now = datetime.now(UTC)
    old = age((now - backup.taken).total_seconds())
    kind = "safety copy " if backup.kind == "safety" else ""
    return f"{kind}{one_line(backup.id)}, {when(backup.taken, now)}, {old} old"
