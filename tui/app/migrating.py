"""What the keys of the migrations pane open: a rehearsal, and the operations that migrate.

Each `open_` function takes the app, the timeline that is shown and the revision under the cursor,
says on the message line why it cannot be done now, or asks, plans and starts. Planning and what
it imports happen in threads.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from tui.app import migration_verbs as makes
from tui.app import rehearsal_reader, verbs
from tui.app.migration_steps import has_leftovers
from tui.app.panes.base import Pane
from tui.core.errors import McpdbError
from tui.core.models import Rehearsal, Revision, Timeline
from tui.wording import quantities, rehearsals

if TYPE_CHECKING:
    from tui.app.app import McpdbApp
    from tui.app.rehearse_wish import Choice
    from tui.core.operation import Plan

REPORTS = 14
"""How many reports are offered at once: they fit a small terminal."""


# --- what the keys open -------------------------------------------------------------------


def open_rehearse(
    app: McpdbApp, timeline: Timeline | None, revision: str | None, *, image: str = ""
) -> None:
    """Ask which image and target, then rehearse on a copy.

    Args:
        app: The screen.
        timeline: As it is shown; None while it is not known.
        revision: Where the rehearsal ends at first; None or empty for the newest one.
        image: Which local image is chosen at first; empty for the gateway's own.
    """
    if reason := why_not_rehearse(app):
        app.say(reason, "attention")
        return
    app.run_worker(_ask(app, timeline, revision or "", image), group="rehearse", exclusive=True)


def open_upgrade(
    app: McpdbApp, timeline: Timeline | None, revision: str | None, *, image: str = ""
) -> None:
    """Show the plan of an upgrade: to the revision if it is ahead, otherwise to the newest.

    Args:
        app: The screen.
        timeline: As it is shown.
        revision: Under the cursor; one that is applied already means the newest one.
        image: Another local image; empty for the one that Compose names.
    """
    found = _find(timeline, revision)
    target = "head"
    if found is not None and found.state in ("pending", "ahead") and timeline is not None:
        heads = timeline.heads if found.state == "pending" else timeline.ahead_heads
        target = "head" if found.revision in heads else found.revision
        if found.state == "ahead":
            image = image or timeline.ahead_image
    _do(app, "U upgrade…", makes.upgrade(target, image, leftovers=has_leftovers(timeline)))


def open_downgrade(app: McpdbApp, timeline: Timeline | None, revision: str | None) -> None:
    """Show the plan of going down *to* a revision.

    Args:
        app: The screen.
        timeline: As it is shown.
        revision: Where the database stands afterwards; the current one means: one step down.
    """
    if reason := why_not_downgrade(timeline, revision):
        app.say(reason, "attention")
        return
    found = _find(timeline, revision)
    target = "-1" if found is None or found.state == "current" else found.revision
    _do(app, "D downgrade…", makes.downgrade(target))


def open_stamp(app: McpdbApp, timeline: Timeline | None, revision: str | None) -> None:
    """Show the plan of telling Alembic that the database stands at a revision.

    Args:
        app: The screen.
        timeline: As it is shown.
        revision: The revision; None or empty for the newest one.
    """
    del timeline
    _do(app, "S stamp…", makes.stamp(revision or "head"))


def open_bootstrap(app: McpdbApp, timeline: Timeline | None, revision: str | None) -> None:
    """Show the plan of making the database where there is none."""
    del timeline, revision
    _do(app, "bootstrap…", makes.bootstrap)


def open_reset(app: McpdbApp, timeline: Timeline | None, revision: str | None) -> None:
    """Show the plan of starting with an empty database."""
    del timeline, revision
    _do(app, "reset…", makes.reset)


def open_repair(app: McpdbApp, timeline: Timeline | None, revision: str | None) -> None:
    """Show the plan of putting right what a cut migration left, and migrating."""
    del timeline, revision
    _do(app, "repair…", makes.upgrade(leftovers=True))


def lead_on(app: McpdbApp, report: Rehearsal, *, other_image: bool) -> None:
    """Show the plan of what was rehearsed.

    Args:
        app: The screen.
        report: Of the rehearsal.
        other_image: Whether the gateway runs with another image than that.
    """
    image = report.image_id if other_image else ""
    if report.action == "downgrade":
        _do(app, "D downgrade…", makes.downgrade(report.target or "-1", image))
        return
    newest = not report.target or report.target in report.heads
    target = "head" if newest else report.target
    _do(app, "U upgrade…", makes.upgrade(target, image, leftovers=bool(report.leftovers)))


def rehearse_plan(app: McpdbApp, plan: Plan) -> None:
    """Ask for the rehearsal of what a plan would do."""
    facts = plan.facts
    own = (app.seen.gateway.image_id if app.seen.gateway else "") or (
        app.seen.deployment.image_id if app.seen.deployment else ""
    )
    image = str(facts.get("image") or "") if facts.get("image_id") not in ("", None, own) else ""
    open_rehearse(app, app.seen.timeline, str(facts.get("target") or ""), image=image)


def open_reports(app: McpdbApp) -> None:
    """Offer the rehearsals that are kept."""
    app.run_worker(_choose_report(app), group="rehearse", exclusive=True)


def open_report(app: McpdbApp, ident: str) -> None:
    """Show the report of a rehearsal that is kept.

    Args:
        app: The screen.
        ident: Its id: the name of its operation's journal.
    """
    app.run_worker(_show_report(app, ident), group="rehearse", exclusive=True)


def command(app: McpdbApp, verb: str, value: str = "") -> None:
    """Do what the palette asks for.

    Args:
        app: The screen.
        verb: `rehearse`, `upgrade`, `downgrade`, `stamp`, `bootstrap`, `reset`, `repair` or
            `reports`.
        value: A revision, the beginning of one, `head`, or `-1` for one step down.
    """
    timeline = app.seen.timeline
    word = value.strip()
    if verb == "reports":
        open_reports(app)
        return
    known = (*timeline.ahead, *timeline.revisions) if timeline is not None else ()
    fitting = [item.revision for item in known if word and item.revision.startswith(word)]
    if word in ("", "head", "-1"):
        revision = "" if word != "-1" or verb == "downgrade" else word
    elif len(fitting) != 1 and word not in fitting:
        many = f"{len(fitting)} revisions begin with" if fitting else "No revision here begins with"
        app.say(f"{many} {word}; 3 Migrations lists them.", "attention")
        return
    else:
        revision = word if word in fitting else fitting[0]
    _OPENERS[verb](app, timeline, revision or None)


# --- why not ------------------------------------------------------------------------------


def why_not_rehearse(app: McpdbApp) -> str:
    """Why nothing can be rehearsed now; empty when it can."""
    if why := verbs.why_not_change(app.seen, "r rehearse…"):
        return why
    deployment, facts = app.seen.deployment, app.seen.database
    problem = deployment.blocked("migrations") if deployment else None
    if problem is not None:
        return f"r rehearse… is off. {problem.text}"
    if facts is not None and not facts.exists:
        return "r rehearse…: there is no database to copy; :bootstrap… makes one."
    return ""


def why_not_downgrade(timeline: Timeline | None, revision: str | None) -> str:
    """Why the database cannot go down to a revision; empty when the plan can be asked."""
    found = _find(timeline, revision)
    if found is None and revision:
        return f"D downgrade…: this image does not know {revision}, so it cannot go there."
    if found is not None and found.state not in ("applied", "current"):
        return (
            f"D downgrade…: {found.revision} is above the database; D goes down to an applied one."
        )
    return ""


# --- on the way ---------------------------------------------------------------------------


def _do(app: McpdbApp, key: str, make: verbs.Make) -> None:
    if reason := verbs.why_not_replace(app.seen, key):
        app.say(reason, "attention")
    else:
        app.post_message(Pane.Do(make))


def _find(timeline: Timeline | None, revision: str | None) -> Revision | None:
    if timeline is None or not revision:
        return None
    revisions: Sequence[Revision] = (*timeline.ahead, *timeline.revisions)
    return next((item for item in revisions if item.revision == revision), None)


async def _ask(app: McpdbApp, timeline: Timeline | None, revision: str, image: str) -> None:
    from tui.app.screens.rehearse_question import RehearseQuestion

    deployment = app.seen.deployment
    if deployment is None:
        return
    question = RehearseQuestion(deployment, timeline, target=revision, image=image)
    choice: Choice | None = await app.push_screen_wait(question)
    if choice is not None:
        make = makes.rehearse(
            choice.action, choice.target, choice.image, leftovers=choice.leftovers
        )
        app.post_message(Pane.Do(make))


async def _choose_report(app: McpdbApp) -> None:
    from tui.app.screens.menu import Item, Menu

    deployment = app.seen.deployment
    if deployment is None:
        return
    try:
        found = await asyncio.to_thread(rehearsal_reader.listed, deployment)
    except McpdbError as error:
        app.say(str(error), "danger")
        return
    if not found:
        app.say("Nothing was rehearsed here yet; r in 3 Migrations does it.")
        return
    now = app.now()
    items = [
        Item(report.id, "", quantities.when(report.taken, now), rehearsals.in_a_list(report))
        for report in found[:REPORTS]
    ]
    more = f", the newest {REPORTS} of {len(found)}" if len(found) > REPORTS else ""
    ident = await app.push_screen_wait(Menu(f"rehearsal reports{more}", items))
    if ident:
        await _show_report(app, ident)


async def _show_report(app: McpdbApp, ident: str) -> None:
    from tui.app.screens.rehearsal import RehearsalScreen

    deployment = app.seen.deployment
    if deployment is None:
        return
    try:
        kept = await asyncio.to_thread(rehearsal_reader.load, deployment, ident)
    except McpdbError as error:
        app.say(str(error), "attention")
        return
    app.push_screen(RehearsalScreen(deployment, kept))


_OPENERS: Mapping[str, Callable[[McpdbApp, Timeline | None, str | None], None]] = {
    "rehearse": open_rehearse,
    "upgrade": open_upgrade,
    "downgrade": open_downgrade,
    "stamp": open_stamp,
    "bootstrap": open_bootstrap,
    "reset": open_reset,
    "repair": open_repair,
}
