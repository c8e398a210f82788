"""What the keys of the panes start; each imports its operation only when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from tui.app.seen import Seen
from tui.core.models import ActivityEntry, Backup, Deployment, Remedy
from tui.wording.clean import one_line

if TYPE_CHECKING:
    from tui.app.ticks import Ticks
    from tui.core.operation import Operation

Make: TypeAlias = "Callable[[Deployment], Operation]"


@dataclass(frozen=True, slots=True)
class TakeBack:
    """How the last light change is taken back by `u`."""

    words: str
    """What was changed: `the pin of k7m2qd`."""
    make: Make


def back_up(deployment: Deployment) -> Operation:
    """A hot backup."""
    from tui.operations.backup import BackupCreate

    return BackupCreate(deployment)


def back_up_labelled(label: str) -> Make:
    """A hot backup with a label."""

    def make(deployment: Deployment) -> Operation:
        from tui.operations.backup import BackupCreate

        return BackupCreate(deployment, label=label)

    return make


def back_up_cold(deployment: Deployment) -> Operation:
    """A cold backup: the gateway is stopped for it."""
    from tui.operations.cold_backup import ColdBackup

    return ColdBackup(deployment)


def verify_all(idents: Sequence[str] = ()) -> Make:
    """Verify several backups; without ids all of them."""

    def make(deployment: Deployment) -> Operation:
        from tui.operations.verify import VerifyAll

        return VerifyAll(deployment, backups=tuple(idents))

    return make


def adopt(ident: str) -> Make:
    """Give a file that another tool made a manifest, once it was found whole."""

    def make(deployment: Deployment) -> Operation:
        from tui.operations.adopt import Adopt

        return Adopt(deployment, backup=ident)

    return make


def drill(ident: str) -> Make:
    """Restore a backup into a scratch place and check it there."""

    def make(deployment: Deployment) -> Operation:
        from tui.operations.drill import Drill

        return Drill(deployment, backup=ident)

    return make


def salvage(word: str = "") -> Make:
    """Read what is left of a damaged file into a new one; of the live one without a word."""

    def make(deployment: Deployment) -> Operation:
        from tui.operations.salvage import Salvage

        return Salvage(deployment, source=word)

    return make


def pin(ident: str, *, pinned: bool) -> Make:
    """Keep a backup whatever the policy says, or no longer."""

    def make(deployment: Deployment) -> Operation:
        from tui.operations.annotate import Pin

        return Pin(deployment, backup=ident, pinned=pinned)

    return make


def relabel(ident: str, label: str) -> Make:
    """Give a backup another label."""

    def make(deployment: Deployment) -> Operation:
        from tui.operations.annotate import Relabel

        return Relabel(deployment, backup=ident, label=label)

    return make


def unpin_again(backup: Backup, *, pinned: bool) -> TakeBack:
    """How a pin that is being set or removed is taken back."""
    verb = "pin" if pinned else "unpinning"
    return TakeBack(f"the {verb} of {backup.id}", pin(backup.id, pinned=not pinned))


def label_again(backup: Backup) -> TakeBack:
    """How a label that is being changed becomes the old one again."""
    return TakeBack(f"the label of {backup.id}", relabel(backup.id, backup.label))


def delete(ident: str) -> Make:
    """Delete one backup."""

    def make(deployment: Deployment) -> Operation:
        from tui.operations.delete import Delete

        return Delete(deployment, backup=ident)

    return make


def prune(deployment: Deployment) -> Operation:
    """Delete what no rule of the policy keeps."""
    from tui.operations.prune import Prune

    return Prune(deployment)


def verify(ident: str) -> Make:
    """Verify one backup."""

    def make(deployment: Deployment) -> Operation:
        from tui.operations.verify import BackupVerify

        return BackupVerify(deployment, backup=ident)

    return make


def restore(ident: str) -> Make:
    """Put a backup in place of the live database."""

    def make(deployment: Deployment) -> Operation:
        from tui.operations.restore import Restore

        return Restore(deployment, backup=ident)

    return make


def bring_back(ident: str, ticks: Ticks, *, related: bool = True) -> Make:
    """Bring chosen tables or rows of a backup back, and nothing else."""

    def make(deployment: Deployment) -> Operation:
        from tui.operations.bring_back import BringBack

        return BringBack(
            deployment,
            backup=ident,
            tables=tuple(sorted(ticks.tables)),
            rows=ticks.named(),
            related=related,
        )

    return make


def undo(deployment: Deployment) -> Operation:
    """Undo what last put another database in place."""
    from tui.operations.undo import Undo

    return Undo(deployment)


def schedule(deployment: Deployment) -> Operation:
    """Have backups made every night: by systemd where it runs and we may, else by a crontab."""
    import os

    from tui.operations.schedule import Schedule
    from tui.operations.scheduling.jobs import usual
    from tui.services.timers import systemd_runs

    by_systemd = os.geteuid() == 0 and systemd_runs(user=False)
    kind = "systemd" if by_systemd else "cron"
    return Schedule(deployment, kind=kind, which=usual(deployment))


def start(deployment: Deployment) -> Operation:
    """Start the gateway."""
    from tui.operations.control import GatewayStart

    return GatewayStart(deployment)


def stop(deployment: Deployment) -> Operation:
    """Stop the gateway."""
    from tui.operations.control import GatewayStop

    return GatewayStop(deployment)


def restart(deployment: Deployment) -> Operation:
    """Restart the gateway."""
    from tui.operations.control import GatewayRestart

    return GatewayRestart(deployment)


def named(operation: str, **params: object) -> Make:
    """An operation by its name in the registry, with its own fields."""

    def make(deployment: Deployment) -> Operation:
        from tui.operations.execution.registry import build

        return build(operation, deployment, params)

    return make


def remedy(found: Remedy) -> Make:
    """What the doctor offers, where an operation of ours does it."""
    return named(found.operation, **dict(found.params))


def compose_down(deployment: Deployment) -> Operation:
    """Remove the containers and networks of the gateway's project."""
    from tui.operations.compose_control import ComposeDown

    return ComposeDown(deployment)


def compose_up(deployment: Deployment) -> Operation:
    """Make what is missing of the gateway's project, and start it."""
    from tui.operations.compose_control import ComposeUp

    return ComposeUp(deployment)


def rotate_logs(deployment: Deployment) -> Operation:
    """Compress old logs, empty those in use, delete very old ones."""
    from tui.operations.rotate_logs import RotateLogs

    return RotateLogs(deployment)


def why_not_change(seen: Seen, verb: str) -> str:
    """Why nothing may be changed now; empty when it may."""
    deployment = seen.deployment
    if deployment is None:
        return "No gateway is chosen."
    if deployment.read_only:
        return f"{verb} is off: started with --read-only."
    if seen.rights:
        return f"{verb} {seen.rights}"
    if seen.running is not None:
        what = " ".join(word for word in (seen.running.operation, seen.running.subject) if word)
        return f"{verb} waits: {seen.running.who} runs {what} (pid {seen.running.pid}); o shows it."
    return ""


def why_not_replace(seen: Seen, verb: str) -> str:
    """Why no other file may be put in place now; empty when it may."""
    if why := why_not_change(seen, verb):
        return why
    problem = seen.deployment.blocked("replace") if seen.deployment else None
    return f"{verb} is off. {problem.text}" if problem else ""


def why_not_undo(seen: Seen, verb: str) -> str:
    """Why the last change of the database cannot be undone now; empty when it can."""
    if why := why_not_replace(seen, verb):
        return why
    if seen.undo is None:
        return f"{verb}: not known yet whether there is anything to undo."
    return f"{verb} is off. {seen.undo}" if seen.undo else ""


_KEEP_ROWS = ("vacuum", "analyze", "reindex", "maintain", "tune")
"""They keep the old file as well, and are not what an undo takes back: the rows are the same."""


def undoable(seen: Seen) -> ActivityEntry | None:
    """The operation that an undo takes back: the last that put another database in place."""
    for entry in seen.activity or ():
        made = entry.operation == "bootstrap" and entry.result.get("made") is True
        if made or (entry.result.get("safety") and entry.operation not in _KEEP_ROWS):
            return entry
    return None


def undo_words(seen: Seen) -> str:
    """`undo the upgrade…`; `undo…` where it is not known what that takes back."""
    entry = undoable(seen) if not seen.undo else None
    return f"undo the {one_line(entry.operation)}…" if entry is not None else "undo…"


def why_not_undo_this(seen: Seen, entry: ActivityEntry) -> str:
    """Why one operation cannot be undone from its result now; empty when it can."""
    last = undoable(seen)
    if last is not None and last.number > entry.number:
        what = f"{one_line(last.operation)} (op {last.number})"
        return f"Z undo… is off: {what} came after it and has to be undone first; Z in 4 Activity."
    # Whether there is a copy to go back to was perhaps last looked at before this one ended:
    # the plan looks again.
    return why_not_replace(seen, "Z undo…")


def why_not_gateway(seen: Seen, verb: str) -> str:
    """Why the gateway can not be asked to do anything; empty when it can."""
    if why := why_not_change(seen, verb):
        return why
    deployment = seen.deployment
    problem = deployment.blocked("gateway") if deployment else None
    if problem is not None:
        return f"{verb} is off. {problem.text}"
    if deployment is None or deployment.gateway is None:
        return f"{verb}: no gateway is known here; the file was given with --db."
    return ""


def why_not_compose(seen: Seen, verb: str) -> str:
    """Why the project can be neither taken down nor brought up; empty when it can."""
    import shutil

    if why := why_not_change(seen, verb):
        return why
    deployment = seen.deployment
    problem = deployment.blocked("gateway") if deployment else None
    if problem is not None and problem.topic == "docker":
        return f"{verb} is off. {problem.text}"
    ref = deployment.gateway if deployment else None
    if ref is not None and not getattr(ref, "project", ""):
        return f"{verb} is off: the gateway was not made by Compose."
    # Whether it is the Compose that the project needs is looked at by the plan.
    if not any(shutil.which(command) for command in ("docker", "docker-compose")):
        return f"{verb} is off: compose down and up need the compose command; it is not here."
    return ""


def by_hand(seen: Seen, action: str, ident: str = "") -> tuple[str, ...]:
    """What to type after `mcpdb-tui` for an action of a pane; empty when there is no such."""
    name = seen.deployment.name if seen.deployment else ""
    commands: dict[str, tuple[str, ...]] = {
        "back_up": ("backup", "create"),
        "verify": ("backup", "verify", ident),
        "pin": ("backup", "pin", ident),
        "label": ("backup", "label", ident),
        "adopt": ("backup", "adopt", ident),
        "drill": ("backup", "drill", ident),
        "salvage": ("salvage", ident) if ident else ("salvage",),
        "delete": ("backup", "delete", ident, "--confirm", ident),
        "prune": ("backup", "prune", "--confirm", name),
        "back_up_cold": ("backup", "create", "--cold", "--yes"),
        "restore": ("restore", ident, "--confirm", name),
        "compare": ("backup", "compare", ident),
        "undo": ("undo", "--confirm", name),
        "start": ("gateway", "start"),
        "stop": ("gateway", "stop"),
        "restart": ("gateway", "restart"),
        "compose_down": ("gateway", "down"),
        "compose_up": ("gateway", "up"),
    }
    return commands.get(action, ())
