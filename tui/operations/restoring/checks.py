"""What is looked at while a restore is planned, each with its verdict."""

from __future__ import annotations

import os
from collections.abc import Callable

from tui.core.errors import ExitCode, McpdbError
from tui.core.operation import Check, Verdict
from tui.operations.cataloguing.catalogue import safety_dir
from tui.operations.restoring.secrets import secret_check
from tui.operations.restoring.situation import Situation, Surroundings
from tui.operations.restoring.space import needed_in_folder, space_check
from tui.operations.restoring.staging import SUFFIXES
from tui.operations.restoring.times import copy_seconds
from tui.operations.timelines.timeline import fit_sentence, fits
from tui.services import files
from tui.services.sqlite.connections import sidecar
from tui.services.sqlite.inspection import check_header
from tui.wording.clean import one_line
from tui.wording.quantities import duration, narrow_size, plural, size


def checks(s: Situation) -> tuple[Check, ...]:
    """Every check of a plan, in the order in which they are shown."""
    found = (check(s) for check in _CHECKS)
    return tuple(check for check in found if check is not None)


def passing(s: Situation) -> tuple[Check, ...]:
    """The checks whose answer changes from one moment to the next."""
    found = (check(s) for check in _PASSING)
    return tuple(check for check in found if check is not None)


def _whole(s: Situation) -> Check:
    backup, name = s.backup, one_line(s.backup.path.name)
    wrong = ExitCode.VERIFICATION
    if backup.verdict is Verdict.FAIL:
        return Check("whole", Verdict.FAIL, backup.problem, wrong)
    found = files.identity(backup.path)
    if found is not None and not files.is_regular(found):
        return Check("whole", Verdict.FAIL, f"{name} is not a plain file", wrong)
    if found is not None and found.links > 1:
        # Who holds another name of it may change it after it was compared.
        text = f"{name} has {found.links} names: copy it, and restore the copy"
        return Check("whole", Verdict.FAIL, text, wrong)
    for suffix in ("-wal", "-journal"):
        # A journal of a copy that was made by bytes: half a transaction may be in the file.
        if files.identity(sidecar(backup.path, suffix)):
            text = f"{name} has a {suffix} beside it: not finished"
            return Check("whole", Verdict.FAIL, text, wrong)
    try:
        if not backup.compression:
            check_header(backup.path)
    except McpdbError as error:
        return Check("whole", Verdict.FAIL, str(error), error.exit_code)
    if backup.manifest is None:
        text = "no manifest: every page is checked before anything stops"
        return Check("whole", Verdict.WARN, text)
    if backup.manifest.salvaged:
        return Check("whole", Verdict.WARN, f"SUSPECT. {_first_upper(backup.problem)}")
    if backup.kind == "safety" and backup.manifest.check_result != "ok":
        return Check("whole", Verdict.WARN, backup.manifest.check_result)
    return Check("whole", Verdict.OK, "verified; its copy is compared before anything stops")


def _first_upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def _belongs(s: Situation) -> Check | None:
    """Several databases of a folder share its backups: another's is restored only on purpose."""
    if not s.backup.neighbour:
        return None
    source = s.backup.manifest.source if s.backup.manifest else ""
    whose = one_line(source) or "another database of this folder"
    if s.word == s.backup.id:
        text = f"it is a backup of {whose}, named by its id: restored over this one on purpose"
        return Check("whose", Verdict.WARN, text)
    text = f"it is a backup of {whose}; name it by its id, {s.backup.id}, to restore it here"
    return Check("whose", Verdict.FAIL, text)


def _revision(s: Situation) -> Check:
    fit = fits(s.timeline, s.backup.revision)
    image = s.state.release or s.state.image
    if fit.verdict is Verdict.UNKNOWN:
        return Check("revision", Verdict.UNKNOWN, s.timeline.problem or "not known to this image")
    if fit.steps is None:
        # Known, and no way leads from it to this image's head: it would not start.
        return Check("revision", Verdict.FAIL, fit_sentence(s.timeline, s.backup.revision, image))
    if fit.steps:
        does = (
            f"at its start the gateway runs {plural(fit.steps, 'migration')} (not rehearsed yet)"
            if s.deployment.migrates_at_start
            else f"{plural(fit.steps, 'migration')} pending; this gateway runs none at its start"
        )
        return Check("revision", Verdict.WARN, f"{fit.text}: {does}")
    return Check("revision", Verdict.OK, f"{s.backup.revision}: starts without a migration")


def _space(s: Situation) -> Check:
    needed = needed_in_folder(s.backup, s.live.size, s.live.wal_size, s.way)
    return space_check(s.live.path.parent, needed, "A restore", s.live)


def holders_check(s: Surroundings) -> Check:
    """Who else has the live file open."""
    if not s.strangers and not s.all_seen:
        text = (
            "another process may have the file open, which only root can see; "
            "it is proved after the stop"
        )
        return Check("holders", Verdict.UNKNOWN, text)
    if not s.strangers:
        return Check("holders", Verdict.OK, "nobody but the gateway and screens like this one")
    first = one_line(s.strangers[0].describe())
    more = f" So {_have(len(s.strangers) - 1)}." if len(s.strangers) > 1 else ""
    text = f"{first} has the file open. It must close it first.{more}"
    return Check("holders", Verdict.FAIL, text, ExitCode.BUSY)


def _have(number: int) -> str:
    return "has 1 more process" if number == 1 else f"have {number} more processes"


def containers_check(s: Surroundings) -> Check | None:
    """Other containers with the same folder; one that uses the same file must be stopped."""
    using = [one_line(other.name) for other in s.others if other.uses]
    if using:
        verb = "use" if len(using) > 1 else "uses"
        text = f"{', '.join(using)} {verb} the same database. Stop it first: docker stop "
        return Check("containers", Verdict.FAIL, text + " ".join(using), ExitCode.BUSY)
    if s.others:
        names = ", ".join(one_line(other.name) for other in s.others)
        text = f"{names} can write the same folder; not with the database as far as is known"
        return Check("containers", Verdict.WARN, text)
    return None


def rights_check(s: Surroundings) -> Check:
    """Who owns what is replaced, and whether we may."""
    folder = s.live.path.parent
    owner = files.identity(s.live.path)
    if os.statvfs(folder).f_flag & os.ST_RDONLY:
        return Check("rights", Verdict.FAIL, f"{one_line(str(folder))} is mounted read-only")
    if not os.access(folder, os.W_OK | os.X_OK, effective_ids=True):
        me = files.user_name(os.geteuid())
        who = files.user_name(folder.stat().st_uid)
        text = f"needs root: {one_line(str(folder))} belongs to {who}, you are {me}"
        return Check("rights", Verdict.FAIL, text)
    if owner is None:
        return Check("rights", Verdict.WARN, "no live file: the new one takes the folder's owner")
    text = f"{owner.uid}:{owner.gid} {owner.mode & 0o7777:04o}"
    if s.way.kind == "overwrite":
        text += ", as the file that is written into"
    return Check("rights", Verdict.OK, text)


def _way(s: Situation) -> Check | None:
    """Said only where the backup is written into the live file, or neither way can be gone."""
    if s.way.problem:
        return Check("way", Verdict.FAIL, s.way.problem)
    if s.way.kind == "swap":
        return None
    about = duration(copy_seconds(s))
    kept = s.live.size + s.live.wal_size
    where = "" if s.way.keep_dir == safety_dir(s.deployment) else " into the backup folder"
    text = (
        f"{s.way.why}, so the backup is written into the live file: safety copy is copied first"
        f"{where}: {narrow_size(kept, 'up')}, about {about} more, gateway down meanwhile"
    )
    return Check("way", Verdict.WARN, text)


def gateway_check(s: Surroundings, file: str = "the restored database") -> Check:
    """Whether the gateway can be stopped and started, and whether there is an automatic way back.

    Args:
        s: What was looked at.
        file: What stays if the gateway was not healthy before.
    """
    blocked = s.deployment.blocked("replace") or s.deployment.blocked("gateway")
    if s.deployment.read_only:
        return Check("gateway", Verdict.FAIL, "started with --read-only")
    if blocked is not None:
        code = ExitCode.DOCKER if blocked.topic == "docker" else ExitCode.PRECHECK
        return Check("gateway", Verdict.FAIL, blocked.text, code)
    if s.state.running == "unknown" and s.deployment.gateway is not None:
        return Check("gateway", Verdict.FAIL, s.state.text, ExitCode.DOCKER)
    if s.deployment.gateway is None:
        return Check("gateway", Verdict.WARN, "none is known; the file alone is replaced")
    if not s.running:
        text = "it is stopped and stays stopped; the result is then not proven by a start"
        if s.start:
            text = "it is stopped and will be started; there is no automatic way back"
        return Check("gateway", Verdict.WARN, text)
    if not s.healthy:
        text = (
            f"it is not healthy now, so there is no automatic way back: {file} stays, Z undoes it"
        )
        return Check("gateway", Verdict.WARN, text)
    return Check("gateway", Verdict.OK, "healthy; if it does not become so again, all is undone")


def _live(s: Situation) -> Check:
    if not s.live.exists:
        return Check("live", Verdict.WARN, _missing(s))
    if s.live.problem:
        text = f"{s.live.problem} The live file cannot be read; it is set aside as found."
        return Check("live", Verdict.WARN, text)
    if s.way.kind == "overwrite":
        return Check("live", Verdict.OK, f"copied before it is overwritten, {size(s.live.size)}")
    return Check("live", Verdict.OK, f"kept as safety copy, {size(s.live.size)}")


def _missing(s: Situation) -> str:
    """What goes although there is no file."""
    if s.running:
        # A process keeps a file that was removed for as long as it has it open.
        return (
            "there is no live file; if the gateway still has a removed one open, what is in that "
            "is lost when it stops"
        )
    left = [n for n in SUFFIXES if files.identity(sidecar(s.live.path, n)) is not None]
    if left:
        return f"there is no live file; its {', '.join(left)} beside it is set aside"
    return "there is no live file: nothing is lost"


_CHECKS: tuple[Callable[[Situation], Check | None], ...] = (
    _whole,
    _belongs,
    _revision,
    secret_check,
    _space,
    holders_check,
    containers_check,
    rights_check,
    _way,
    gateway_check,
    _live,
)
_PASSING: tuple[Callable[[Situation], Check | None], ...] = (
    _space,
    holders_check,
    containers_check,
    _way,
)
