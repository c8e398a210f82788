"""`migrations`: the revisions of the gateway's code, and where the database stands.

What only looks is here; what rehearses and what changes something has modules of its own.
"""

from __future__ import annotations

import click

from tui.cli.click_parts import Group
from tui.cli.commands.migrations_change import downgrade, stamp, upgrade
from tui.cli.commands.migrations_doctor import doctor
from tui.cli.commands.migrations_rehearse import rehearsals, rehearse
from tui.cli.commands.timelines import revision_named, revisions_of, timeline_of
from tui.cli.report.emit import emit
from tui.cli.report.migration_story import story_of
from tui.cli.report.migrations import current_lines, head_lines, revision_lines, timeline_lines
from tui.cli.session import Session
from tui.core.models import Revision
from tui.operations.status import read_gateway
from tui.operations.timelines.timeline import recalled_timeline

_image = click.option(
    "--image", metavar="NAME", default="", help="Of another local image than the gateway's."
)


@click.group(cls=Group)
def migrations() -> None:
    """The gateway's revisions, rehearsed, upgraded, downgraded; and what is wrong with them."""


@migrations.command("list")
@click.option("--pending", is_flag=True, help="Only what this code has and the database has not.")
@click.option("--verbose", "-v", is_flag=True, help="With date, predecessors and description.")
@_image
@click.pass_obj
def list_(session: Session, pending: bool, verbose: bool, image: str) -> int:
    """Every revision of the gateway's code, newest first."""
    timeline, _state = timeline_of(session, image)
    shown = [r for r in timeline.revisions if not pending or r.state == "pending"]
    data = {
        "revisions": [described(r) for r in shown],
        "current": timeline.current,
        "heads": timeline.heads,
        "pending": timeline.pending,
        "unknown": timeline.unknown,
        "read_from": timeline.read_from,
        "problem": timeline.problem,
    }
    return emit(session, data, timeline_lines(timeline, shown, verbose=verbose))


@migrations.command("show")
@click.argument("revision", metavar="REV")
@click.option("--source", is_flag=True, help="With the text of its file.")
@_image
@click.pass_obj
def show(session: Session, revision: str, source: bool, image: str) -> int:
    """Everything that is known of REV: an id or its beginning, head, or current."""
    timeline, _state = timeline_of(session, image)
    found = revision_named(timeline, revision)
    known = story_of(session.deployment, found, timeline.revisions)
    data = {
        "revision": described(found),
        **known.data(),
        "source": found.source if source else None,
        "read_from": timeline.read_from,
    }
    return emit(session, data, revision_lines(found, known, source=source))


@migrations.command("current")
@click.pass_obj
def current(session: Session) -> int:
    """Where the database stands, read from the file itself."""
    deployment = session.deployment
    found = revisions_of(deployment, required=True)
    state, _health = read_gateway(deployment)
    timeline = recalled_timeline(deployment, state, found)
    data = {
        "current": found,
        "heads": timeline.heads if timeline else (),
        "pending": timeline.pending if timeline else None,
        "applied": {
            r.revision: {"at": r.applied, "by": r.applied_by}
            for r in (timeline.revisions if timeline else ())
            if r.revision in found and r.applied is not None
        },
    }
    return emit(session, data, current_lines(found, timeline))


@migrations.command("heads")
@_image
@click.pass_obj
def heads(session: Session, image: str) -> int:
    """Where the gateway's code ends; an upgrade needs exactly one head."""
    timeline, _state = timeline_of(session, image)
    found = [r for name in timeline.heads for r in timeline.revisions if r.revision == name]
    data = {
        "heads": [described(r) for r in found],
        "read_from": timeline.read_from,
        "problem": timeline.problem,
    }
    return emit(session, data, head_lines(timeline, found))


def described(revision: Revision) -> dict[str, object]:
    """A revision without the text of its file, which is long and no answer."""
    names = [name for name in revision.__dataclass_fields__ if name != "source"]
    return {name: getattr(revision, name) for name in names}


for _command in (rehearse, rehearsals, upgrade, downgrade, stamp, doctor):
    migrations.add_command(_command)
