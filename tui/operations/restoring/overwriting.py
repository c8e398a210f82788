"""The way by writing in: the copy of the old content, and what a cut writing has left.

SQLite makes the file old or new whatever cuts the writing; which of them it is, is told by
comparing contents. What is neither was written to by somebody since, and is left alone.
"""

from __future__ import annotations

import hashlib
import shlex
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from tui.core.errors import BusyError, McpdbError
from tui.core.models import Deployment
from tui.core.operation import Facts, Progress, StepFinished, Steps, StepStarted
from tui.operations.finding.gateways import gateway_of
from tui.operations.restoring.kept import safety_manifest
from tui.operations.restoring.ownership import require_down
from tui.services import files, manifests
from tui.services.gateways.protocol import Gateway
from tui.services.live.helper_process import HelperGoneError
from tui.services.live.swapping import Exchange, SwapHelper
from tui.services.sqlite import copying, inspection
from tui.wording.clean import one_line

KEEP_TITLE = "copy the old database aside and verify the copy"

FOREIGN = "foreign"
"""The fact that says: somebody wrote to the file since, it was left alone."""

_OWN_BYTES = ((18, 20), (24, 28), (40, 44), (92, 100))
"""Of the header, what a file has for itself: WAL flag, change counter, schema cookie, version.

Source: https://sqlite.org/fileformat2.html#the_database_header
"""


def rejected_of(keep: Path, number: int = 1) -> Path:
    """The name that a restored database gets which did not work, beside the old one's."""
    more = "" if number == 1 else f"-{number}"
    return keep.with_name(f"{keep.name.removesuffix('.db')}.rejected{more}.db")


def partial_of(keep: Path) -> Path:
    """The name the copy has until it is verified."""
    return keep.with_name(f".{keep.name}.partial")


def steps(
    deployment: Deployment,
    helper: SwapHelper,
    exchange: Exchange,
    gateway: Gateway | None,
    progress: Progress,
    *,
    title: str,
    mode: str,
    clean_stop: bool | None,
    trigger: str,
) -> Steps:
    """Copy the old content aside, verify that copy, then write the new one into the live file.

    `title` is what the writing is called, `mode` the journal mode of the old database;
    `clean_stop` tells whether the gateway ended in order (None where it was not running), and
    `trigger` names the operation in the manifest of the copy.

    Raises:
        McpdbError: There is no live file any more, it cannot be copied, or not be written.
    """
    if exchange.keep is None:
        raise BusyError("The live database is gone. Nothing was changed.")
    yield StepStarted("keep", KEEP_TITLE)
    kept = _keep_copy(
        deployment,
        helper,
        exchange.keep,
        progress,
        mode=mode,
        clean_stop=clean_stop,
        trigger=trigger,
    )
    yield StepFinished("keep", kept)

    progress.checkpoint()
    yield StepStarted("swap", title, cancellable=False)
    require_down(gateway)
    try:
        helper.swap(progress.note)
    except McpdbError:
        if helper.undone:
            yield StepFinished("swap", {"overwritten": False})
        raise
    yield StepFinished("swap", {"overwritten": True})
    files.remove(Path(exchange.incoming))
    return {}


def _keep_copy(
    deployment: Deployment,
    helper: SwapHelper,
    keep: Path,
    progress: Progress,
    *,
    mode: str,
    clean_stop: bool | None,
    trigger: str,
) -> Facts:
    """Copy what is about to be overwritten, verify the copy, and list it (I8).

    Raises:
        McpdbError: It cannot be copied, or the copy is not whole; nothing was changed.
    """
    partial, began = partial_of(keep), time.monotonic()
    helper.keep(partial, progress.tick)
    report = inspection.inspect(partial, progress.tick, progress.checkpoint)
    values = safety_manifest(
        deployment,
        report,
        keep.name,
        method="backup-api",
        journal_mode=mode,
        clean_stop=clean_stop,
        parent=progress.operation_id,
        taken=datetime.now().astimezone(),
        seconds=time.monotonic() - began,
        trigger=trigger,
    )
    manifests.write_manifest(keep, values)
    try:
        partial.rename(keep)
        files.fsync_folder(keep.parent)
    except OSError as error:
        raise files.denied("write", keep, error) from error
    return {"kept_bytes": report.size}


def discard_copy(facts: dict[str, Any]) -> None:
    """Nothing was overwritten, so the copy of what is still there goes."""
    if facts.get("keep"):
        keep = Path(facts["keep"])
        copying.discard(partial_of(keep))
        files.remove(keep)
        files.remove(manifests.path_for(keep))


def content_of(path: Path) -> str:
    """Hash of a database's content, whichever file it is in.

    Only of a file that no SQLite connection of this process has open (I5).
    """
    digest = hashlib.sha256()
    with files.open_regular(path) as descriptor:
        for done, chunk in files.chunks(descriptor, path):
            piece = bytearray(chunk)
            if done == len(chunk):
                for begin, end in _OWN_BYTES:
                    piece[begin:end] = bytes(end - begin)
            digest.update(piece)
    return digest.hexdigest()


def write_again(
    deployment: Deployment, facts: dict[str, Any], progress: Progress, deadline: float
) -> Facts:
    """Finish a writing that was cut, or find it done."""
    staged, keep = Path(facts["staged"]), Path(facts["keep"])
    mode = str(facts.get("then_mode") or "")
    return _settle(
        deployment, facts, staged, keep, mode, progress, deadline, done={"overwritten": True}
    )


def write_back(
    deployment: Deployment, facts: dict[str, Any], progress: Progress, deadline: float
) -> Facts:
    """Undo a writing that failed or was cut, or find it undone."""
    staged, keep = Path(facts["staged"]), Path(facts["keep"])
    mode = str(facts.get("journal_mode") or "")
    return _settle(
        deployment, facts, keep, staged, mode, progress, deadline, done={"overwritten": False}
    )


def _settle(
    deployment: Deployment,
    facts: dict[str, Any],
    wanted: Path,
    other: Path,
    mode: str,
    progress: Progress,
    deadline: float,
    *,
    done: Facts,
) -> Facts:
    """Make the live file have the content of `wanted`, if it has that of `wanted` or `other`."""
    result = dict(done)
    if stop(deployment):
        result["was_running"] = True
    with _held(deployment, wanted, mode, progress, deadline) as helper:
        # Read raw: the helper, not this process, has it open, and holds it alone.
        found = content_of(deployment.database)
        if found == content_of(wanted):
            facts.update(result)
            return result
        if files.identity(other) is None or found != content_of(other):
            result |= {"overwritten": None, FOREIGN: True}
        else:
            helper.swap(progress.note)
    # What follows in the same recovery was made before this was known.
    facts.update(result)
    return result


def require_own(facts: dict[str, Any]) -> Facts:
    """Stop a recovery that found neither the old content nor the new.

    Raises:
        McpdbError: Then what is left to do is decided anew.
    """
    if facts.get(FOREIGN):
        raise McpdbError("Somebody wrote to the live database since the restore was cut.")
    return {}


def put_back(
    deployment: Deployment, facts: dict[str, Any], progress: Progress, deadline: float
) -> Facts:
    """The restored database does not work: write the safety copy into the live file again.

    What stands there is copied aside and the copy verified before (I8): somebody may have worked
    with it since.

    Raises:
        McpdbError: Another file stands there than the one that was written into, or it cannot be
            copied, or not be written.
    """
    try:
        return _put_back(deployment, facts, progress, deadline)
    except HelperGoneError:
        return _put_back(deployment, facts, progress, deadline)


def _put_back(
    deployment: Deployment, facts: dict[str, Any], progress: Progress, deadline: float
) -> Facts:
    """Once; found done, it does nothing."""
    keep, mode = Path(facts["keep"]), str(facts.get("journal_mode") or "")
    stop(deployment)
    live = files.identity(deployment.database)
    if live is None or live.key != (facts["live_device"], facts["live_inode"]):
        raise McpdbError(f"Somebody put another file to {one_line(str(deployment.database))}.")
    result: dict[str, Any] = {"overwritten": False}
    with _held(deployment, keep, mode, progress, deadline) as helper:
        # Read raw: the helper, not this process, has it open, and holds it alone.
        found = content_of(deployment.database)
        if found != content_of(keep):
            aside = _set_aside(helper, keep, found, progress)
            helper.swap(progress.note)
            result |= {"rejected": aside.name, "rejected_path": str(aside)}
    return result


def _set_aside(helper: SwapHelper, keep: Path, content: str, progress: Progress) -> Path:
    """Copy what is held beside the old content, unless it is there already; its path.

    Raises:
        McpdbError: It cannot be copied; nothing was changed.
    """
    number = 1
    while files.identity(aside := rejected_of(keep, number)) is not None:
        if content_of(aside) == content:
            return aside
        number += 1
    partial = partial_of(aside)
    copying.discard(partial)
    try:
        helper.keep(partial, progress.note)
        if content_of(partial) != content:
            raise McpdbError(f"The copy {one_line(aside.name)} is not what was copied.")
    except McpdbError:
        copying.discard(partial)
        raise
    try:
        partial.rename(aside)
        files.fsync_folder(aside.parent)
    except OSError as error:
        raise files.denied("write", aside, error) from error
    return aside


def stop(deployment: Deployment) -> bool:
    """Stop a gateway that came up by itself; whether it had."""
    gateway = gateway_of(deployment)
    if gateway is None or not gateway.state().is_up:
        return False
    gateway.stop()
    return True


@contextmanager
def _held(
    deployment: Deployment, incoming: Path, mode: str, progress: Progress, deadline: float
) -> Iterator[SwapHelper]:
    """A helper that holds the live file and would write `incoming` into it."""
    exchange = Exchange(
        live=deployment.database,
        incoming=incoming,
        keep=None,
        deadline=deadline,
        journal_mode=mode,
        way="overwrite",
        then_mode=mode,
    )
    with SwapHelper(progress.lock) as helper:
        helper.prove(exchange, lambda left: progress.note(int(left), 0, "seconds"))
        yield helper


def by_hand(live: Path, keep: str, python: str) -> str:
    """The command that writes the safety copy back, with the Python that runs this."""
    program = (
        "import sqlite3, sys; a, b = map(sqlite3.connect, sys.argv[1:]); "
        "b.execute('PRAGMA journal_mode=DELETE'); a.backup(b); b.close()"
    )
    return shlex.join([python, "-c", program, keep, str(live)])
