"""Which files are ours to change: plain ones, with one name, in the folders of the catalogue."""

from __future__ import annotations

import os

from tui.core.errors import ExitCode
from tui.core.models import Backup, Deployment, FileIdentity
from tui.core.operation import Check, Verdict
from tui.operations.cataloguing.catalogue import folders, is_kept
from tui.services import files
from tui.wording.clean import one_line


def read_only(deployment: Deployment) -> list[Check]:
    """The check that forbids every change where only looking is wanted."""
    if deployment.read_only:
        return [Check("read-only", Verdict.FAIL, "started with --read-only")]
    return []


def in_catalogue(deployment: Deployment, backup: Backup) -> Check:
    """Whether a file lies where the catalogue looks."""
    name = one_line(str(backup.path))
    if backup.path.parent not in [path for path, _whole in folders(deployment)]:
        text = f"{name} lies outside the backup folders; copy it to {deployment.backup_dir} first."
        return Check("place", Verdict.FAIL, one_line(text))
    return Check("place", Verdict.OK, one_line(str(backup.path.parent)))


def one_name(deployment: Deployment, backup: Backup, found: FileIdentity | None) -> Check:
    """Whether it is a plain file that no other name leads to."""
    name = one_line(backup.path.name)
    if found is None:
        return Check("file", Verdict.FAIL, f"There is no {name} any more.", ExitCode.NOT_FOUND)
    if not files.is_regular(found):
        text = f"{name} is not a plain file; it is left alone."
        return Check("file", Verdict.FAIL, text, ExitCode.VERIFICATION)
    if found.links > 1 and not (backup.kind == "safety" and is_kept(deployment, found)):
        text = f"{found.links} names point to {name}; it is left alone. A copy (cp) is a file of "
        return Check("file", Verdict.FAIL, text + "its own.", ExitCode.VERIFICATION)
    return Check("file", Verdict.OK, "a plain file with one name")


def writable(backup: Backup) -> Check:
    """Whether names in its folder may be changed by us."""
    folder = backup.path.parent
    where = one_line(str(folder))
    if os.access(folder, os.W_OK | os.X_OK):
        return Check("rights", Verdict.OK, where)
    try:
        owner = files.user_name(folder.stat().st_uid)
    except OSError:
        owner = "somebody else"
    me = files.user_name(os.geteuid())
    sudo = " Run it with sudo." if os.geteuid() else " It may be mounted read-only."
    return Check("rights", Verdict.FAIL, f"{where} belongs to {owner}, you are {me}.{sudo}")
