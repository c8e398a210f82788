"""What any backup's plan looks at and announces."""

from __future__ import annotations

from pathlib import Path

from tui.core.errors import McpdbError, PrecheckError
from tui.core.models import DatabaseFacts, Deployment
from tui.core.operation import Check, PlannedStep, Verdict
from tui.operations.backing_up import second_location
from tui.operations.backing_up.making import Making
from tui.operations.finding.gateways import gateway_of, state_of
from tui.services import files
from tui.services.folder import opened
from tui.services.live.holders import holders, inodes
from tui.services.sharing import gid_of
from tui.wording.clean import one_line
from tui.wording.quantities import narrow_size, size

HUGE_WAL = 64 * 1024 * 1024
"""Bytes; the gateway takes its WAL in at about 4 MiB."""
PACKED = 2
"""So much less a compressed file takes at least, for the space that is asked for."""


def needed_space(making: Making, live: int) -> int:
    """Bytes that a backup of `live` bytes (with its WAL) takes while it is made."""
    return live + (live // PACKED if making.packs else 0)


def common_checks(making: Making, database: DatabaseFacts) -> list[Check]:
    """What may forbid any backup.

    Args:
        making: What is asked for.
        database: One look at the live one.
    """
    deployment, live = making.deployment, database.size + database.wal_size
    checks = [_wal_check(deployment, database)] if _is_huge(database) else []
    if deployment.read_only:
        checks.append(Check("read-only", Verdict.FAIL, "started with --read-only"))
    try:
        if deployment.group:
            gid_of(deployment.group)
    except PrecheckError as error:
        checks.append(Check("group", Verdict.FAIL, str(error)))
    try:
        if files.identity(deployment.backup_dir) is not None:
            with opened(deployment.backup_dir):
                pass
    except McpdbError as error:
        checks.append(Check("folder", Verdict.FAIL, str(error), error.exit_code))
    try:
        files.require_space(deployment.backup_dir, needed_space(making, live), "A backup")
        text = f"{narrow_size(files.free_space(deployment.backup_dir), 'down')} free"
        checks.append(Check("space", Verdict.OK, text))
    except PrecheckError as error:
        checks.append(Check("space", Verdict.FAIL, str(error)))
    if deployment.second_dir is not None:
        checks.append(_second_check(deployment, live // PACKED if making.packs else live))
    return checks


def _is_huge(database: DatabaseFacts) -> bool:
    return database.wal_size > max(HUGE_WAL, database.size // 4)


def _wal_check(deployment: Deployment, database: DatabaseFacts) -> Check:
    """A WAL that is not taken in any more: somebody reads from an old state of the database."""
    text = f"{size(database.wal_size)}, copied as well; it is not taken in while somebody reads"
    state = state_of(gateway_of(deployment))
    found, _complete = holders(inodes(deployment.database), ignore=state.pids)
    if found:
        text += f": {one_line(found[0].describe())} has the database open"
    return Check("wal", Verdict.WARN, text)


def _second_check(deployment: Deployment, needed: int) -> Check:
    """Whether the second copy can be made; the backup itself does not depend on it."""
    folder = deployment.second_dir or Path()
    text = one_line(str(folder))
    try:
        second_location.require_apart(deployment)
        files.require_space(folder, needed, "The second copy")
        one, other = files.identity(folder), files.identity(deployment.database.parent)
    except McpdbError as error:
        return Check("second", Verdict.WARN, f"{error} The backup itself is made all the same.")
    if one and other and one.device == other.device:
        return Check("second", Verdict.WARN, f"{text} is on the same filesystem as the database")
    return Check("second", Verdict.OK, f"copied to {text} once it is verified")


def last_steps(making: Making) -> tuple[PlannedStep, ...]:
    """The steps that end every backup."""
    found = [PlannedStep("pack", "compress it and read it back")] if making.packs else []
    found.append(PlannedStep("publish", "give it its name and manifest", cancellable=False))
    if making.deployment.second_dir is not None:
        place = one_line(str(making.deployment.second_dir))
        found.append(PlannedStep("second", f"copy it to {place} and read it back there"))
    return tuple(found)
