"""`gateway`: state, start, stop, restart, compose down and up."""

from __future__ import annotations

import click

from tui.cli.click_parts import Group
from tui.cli.performing import perform
from tui.cli.report.emit import emit
from tui.cli.report.gateway import gateway_lines
from tui.cli.session import Session
from tui.core.errors import DockerError, ExitCode, NotFoundError
from tui.operations.compose_control import ComposeDown, ComposeUp
from tui.operations.control import GatewayRestart, GatewayStart, GatewayStop
from tui.operations.own import Own
from tui.operations.status import read_gateway


@click.group(cls=Group)
def gateway() -> None:
    """State, start, stop and restart of the gateway."""


@gateway.command("status")
@click.pass_obj
def status(session: Session) -> int:
    """What the gateway is doing; exits with 14 when it is not healthy."""
    session.require_gateway()
    state, health = read_gateway(session.deployment)
    if state.running == "unknown":
        raise DockerError(state.text or "What the gateway is doing is not known.")
    if state.running == "missing":
        raise NotFoundError(state.text or "The gateway is gone.")
    healthy = state.running == "running" and health.verdict == "healthy"
    return emit(
        session,
        {"gateway": state, "health": health},
        gateway_lines(session.deployment, state, health),
        code=int(ExitCode.DONE if healthy else ExitCode.UNHEALTHY),
        error="" if healthy else f"The gateway is not healthy: {health.text or state.running}.",
    )


@gateway.command("start")
@click.pass_obj
def start(session: Session) -> int:
    """Start it and wait until its JSON says healthy."""
    return perform(session, GatewayStart(session.deployment))


@gateway.command("stop")
@click.pass_obj
def stop(session: Session) -> int:
    """Stop it; asks y/n, --yes answers."""
    return perform(session, GatewayStop(session.deployment))


@gateway.command("restart")
@click.pass_obj
def restart(session: Session) -> int:
    """Stop it, start it, wait until it is healthy; asks y/n, --yes answers."""
    return perform(session, GatewayRestart(session.deployment))


@gateway.command("down")
@click.pass_obj
def down(session: Session) -> int:
    """Remove the project's containers and networks, as compose down; no volume, no file.

    The database stays on this host. Asks y/n, --yes answers.
    """
    operation = ComposeDown(session.deployment)
    for line in operation.plan().facts["effects"]:
        session.console.say(line)
    return perform(session, operation)


@gateway.command("up")
@click.pass_obj
def up(session: Session) -> int:
    """Make what is missing of the project and start it, as compose up -d; wait for healthy.

    Containers that are there are kept as they are. Where an image that may be another comes at
    the database it asks y/n, --yes answers, and makes a verified backup first.
    """
    return perform(session, ComposeUp(session.deployment))


@gateway.command("own")
@click.option("--start", is_flag=True, help="Start it even if it was stopped.")
@click.pass_obj
def own(session: Session, start: bool) -> int:
    """Give database, folder and sidecars to the user that it runs as.

    For a gateway that says `attempt to write a readonly database`. Asks y/n, --yes answers.
    """
    return perform(session, Own(session.deployment, start=start))
