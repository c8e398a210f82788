"""What the keys of 7 Maintenance start; each imports its operation only when it is asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tui.app.verbs import Make, named
from tui.core.errors import McpdbError
from tui.core.models import Deployment
from tui.wording import quantities
from tui.wording.clean import one_line

if TYPE_CHECKING:
    from tui.app.panes.base import Pane
    from tui.core.operation import Plan


def make(operation: str, params: Mapping[str, Any]) -> Make:
    """Make an operation of the registry by its name."""
    return named(operation, **params)


def tune(name: str, value: str) -> Make:
    """Change what the file keeps, with the gateway stopped: the question says so."""
    return make("tune", {"setting": name, "value": value, "stop": True})


def ask_vacuum(pane: Pane) -> None:
    """Ask how, then show the plan of that; a second press while it is planned does nothing."""
    if any(worker.group == "vacuum" and not worker.is_finished for worker in pane.workers):
        return
    pane.run_worker(_ask_vacuum(pane), group="vacuum")


async def _ask_vacuum(pane: Pane) -> None:
    from tui.app.screens.vacuum_question import VacuumQuestion

    deployment = pane.seen.deployment
    if deployment is None:
        return
    pane.say("planning …", "muted")
    try:
        stopped, online = await asyncio.to_thread(_plans, deployment)
    except McpdbError as error:
        pane.say(str(error), "danger")
        return
    pane.say("")
    question = VacuumQuestion(
        deployment.name, gives_back(pane), stop_words(stopped), online_words(online)
    )
    how = await pane.app.push_screen_wait(question)
    if not how:
        pane.say("Cancelled. Nothing was changed.")
        return
    words = (gives_back(pane),)
    pane.post_message(pane.Do(make("vacuum", {"online": how == "online"}), words=words))


def _plans(deployment: Deployment) -> tuple[Plan, Plan]:
    """Both ways.

    Raises:
        McpdbError: It cannot even be planned.
    """
    return (
        make("vacuum", {})(deployment).plan(),
        make("vacuum", {"online": True})(deployment).plan(),
    )


def gives_back(pane: Pane) -> str:
    """What is unused now, in a sentence."""
    figures = pane.seen.figures
    if figures is None:
        return "How much it gives back is not known yet: the file is being measured."
    unused, size = quantities.size(figures.unused), quantities.size(figures.size)
    return f"{unused} of {size} are unused pages, which VACUUM gives back to the disk."


def stop_words(plan: Plan) -> str:
    """`about 16 s down, safe`."""
    if plan.forbidden is not None:
        return f"not now: {one_line(plan.forbidden.text)}"
    if plan.downtime is None:
        return "how long it is down is not known yet; safe"
    if not plan.downtime:
        return "it is down already, safe"
    return f"about {_rough(plan.downtime)} down, safe"


def online_words(plan: Plan) -> str:
    """`locks writers about 6 s; needs 825M`."""
    if plan.forbidden is not None:
        return f"not now: {one_line(plan.forbidden.text)}"
    locked, needs = plan.facts.get("locked"), plan.facts.get("needs")
    words = "locks writers meanwhile"
    if isinstance(locked, int | float) and locked:
        words = f"locks writers about {_rough(locked)}"
    if isinstance(needs, int) and needs:
        words += f"; needs {quantities.narrow_size(needs, 'up')}"
    return words


def _rough(seconds: float) -> str:
    """`16 s`, at least one; from two minutes on as every duration."""
    return f"{max(1, round(seconds))} s" if seconds < 120 else quantities.duration(seconds)
