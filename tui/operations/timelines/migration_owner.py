"""Whether the gateway's user may write the database, as owners and modes say it."""

from __future__ import annotations

import os

from tui.core.errors import McpdbError
from tui.core.models import Deployment, GatewayState, MigrationFinding, ProcessRef
from tui.services import files
from tui.wording.clean import one_line


def owner_finding(deployment: Deployment, state: GatewayState) -> MigrationFinding | None:
    """Look at the folder and the file, which the gateway must be able to write.

    A gateway whose user is not known by number is not judged.

    Args:
        deployment: Whose.
        state: What the gateway is doing; `user` as this host or the image numbers it.
    """
    user = numbered(state)
    if deployment.blocked("database") or user is None:
        return None
    for path in (deployment.database.parent, deployment.database):
        try:
            found = files.identity(path)
        except McpdbError as error:
            text = f"Who owns the database could not be looked at: {one_line(str(error))}"
            return MigrationFinding(name="owner", verdict="unknown", text=text)
        if found is not None and not files.lets_write(found.mode, (found.uid, found.gid), user):
            what = "folder" if files.is_directory(found) else "file"
            return MigrationFinding(
                name="owner",
                # One that runs opened it before, or has rights that are not seen here.
                verdict="warn" if state.running == "running" else "FAIL",
                text=(
                    f"The gateway runs as {user[0]}:{user[1]} and may not write the {what} "
                    f"{one_line(str(path))}, which belongs to {found.uid}:{found.gid} "
                    f"({found.mode & 0o7777:04o})."
                ),
                remedy="Give folder and file to the user that the gateway runs as.",
                operation="own",
            )
    return None


def user_of(deployment: Deployment, state: GatewayState) -> tuple[int, int] | None:
    """User and group that the gateway runs as, by number; None where that is not known.

    A process that does not run now would be ours: its start command is run by us.
    """
    found = numbered(state)
    if found is None and not state.user and isinstance(deployment.gateway, ProcessRef):
        return os.geteuid(), os.getegid()
    return found


def numbered(state: GatewayState) -> tuple[int, int] | None:
    """User and group of the gateway by number; None where only a name is known, or nothing."""
    uid, colon, gid = state.user.partition(":")
    if not uid.isdecimal() or not (gid.isdecimal() or not colon):
        return None
    return int(uid), int(gid or 0)
