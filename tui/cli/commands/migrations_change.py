"""`migrations upgrade`, `downgrade` and `stamp`: the database at another revision."""

from __future__ import annotations

import re

import click

from tui.cli.click_parts import Command
from tui.cli.commands.replacing import asked, replace, start
from tui.cli.session import Session

_image = click.option(
    "--image",
    metavar="NAME",
    default="",
    help="Migrate with this local image: the one that the Compose file names by now.",
)


class Stepping(Command):
    """A command whose argument may be `-1`, which is no option."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Let `-1` stand anywhere, as a revision does."""
        if "--" not in args:
            steps = [word for word in args if re.fullmatch(r"-\d+", word)]
            args = [word for word in args if word not in steps]
            args += ["--", *steps] if steps else []
        return super().parse_args(ctx, args)


@click.command("upgrade", cls=Command)
@click.option("--to", "target", metavar="REV", default="head", help="Stop there; head by default.")
@_image
@click.option(
    "--repair",
    is_flag=True,
    help="Put right what a migration that was cut left behind (_alembic_tmp_*), then migrate.",
)
@start
@asked
@click.pass_obj
def upgrade(
    session: Session,
    target: str,
    image: str,
    repair: bool,
    start: bool,
    plan_only: bool,
    confirm: str | None,
) -> int:
    """Migrate the database up: rehearsed first, then on a copy that takes its place.

    The gateway stops, the stopped file is copied, the copy migrated, checked and swapped in, the
    gateway started. A revision that fails leaves the live database as it was; a gateway that does
    not become healthy gets its old database and its old image back. `undo` takes it back later.
    """
    from tui.operations.upgrade import Upgrade

    operation = Upgrade(
        session.deployment, target=target, image=image, leftovers=repair, start=start
    )
    return replace(session, operation, plan_only, confirm)


@click.command("downgrade", cls=Stepping)
@click.argument("revision", metavar="REV|-1")
@_image
@start
@asked
@click.pass_obj
def downgrade(
    session: Session, revision: str, image: str, start: bool, plan_only: bool, confirm: str | None
) -> int:
    """Migrate the database down to REV, or by one with -1, in the same way.

    The gateway's image migrates up again at its next start: a downgrade holds only together with
    an image whose head that revision is. The plan names the release.
    """
    from tui.operations.downgrade import Downgrade

    operation = Downgrade(session.deployment, target=revision, image=image, start=start)
    return replace(session, operation, plan_only, confirm)


@click.command("stamp", cls=Command)
@click.argument("revision", metavar="REV")
@start
@asked
@click.pass_obj
def stamp(
    session: Session, revision: str, start: bool, plan_only: bool, confirm: str | None
) -> int:
    """Write REV into alembic_version; makes none of its changes.

    For a database whose schema is ahead of or behind what it says. The plan names what is missing.
    """
    from tui.operations.stamp import Stamp

    operation = Stamp(session.deployment, target=revision, start=start)
    return replace(session, operation, plan_only, confirm)
