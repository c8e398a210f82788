"""What the keys of the panes start; each imports its operation only when it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tui.app.seen import Seen
from tui.core.models import Deployment

if TYPE_CHECKING:
    from tui.core.operation import Operation


def back_up(deployment: Deployment) -> Operation:
    """A hot backup."""
    from tui.operations.backup import BackupCreate

    return BackupCreate(deployment)


def verify(ident: str) -> Callable[[Deployment], Operation]:
    """Verify one backup."""

    def make(deployment: Deployment) -> Operation:
        from tui.operations.verify import BackupVerify

        return BackupVerify(deployment, backup=ident)

    return make


def restore(ident: str) -> Callable[[Deployment], Operation]:
    """Put a backup in place of the live database."""

    def make(deployment: Deployment) -> Operation:
        from tui.operations.restore import Restore

        return Restore(deployment, backup=ident)

    return make


def undo(deployment: Deployment) -> Operation:
    """Undo the last restore."""
    from tui.operations.undo import Undo

    return Undo(deployment)


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
    """Why the last restore cannot be undone now; empty when it can."""
    if why := why_not_replace(seen, verb):
        return why
    if seen.undo is None:
        return f"{verb}: not known yet whether there is a restore to undo."
    return f"{verb} is off. {seen.undo}" if seen.undo else ""


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


def by_hand(seen: Seen, action: str, ident: str = "") -> tuple[str, ...]:
    """What to type after `mcpdb-tui` for an action of a pane; empty when there is no such."""
    name = seen.deployment.name if seen.deployment else ""
    commands: dict[str, tuple[str, ...]] = {
        "back_up": ("backup", "create"),
        "verify": ("backup", "verify", ident),
        "restore": ("restore", ident, "--confirm", name),
        "undo": ("undo", "--confirm", name),
        "start": ("gateway", "start"),
        "stop": ("gateway", "stop"),
        "restart": ("gateway", "restart"),
    }
    return commands.get(action, ())
