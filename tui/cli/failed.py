"""A scheduled run that failed is told to what `on_failure` names, once.

Nobody sits before it: what stands on stderr is mailed by cron at best. The hook changes nothing of
the run; that it did not work is told on stderr and in the activity log.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from tui.cli.session import Session
from tui.core.errors import McpdbError

if TYPE_CHECKING:
    from tui.core.hook_table import Hook
    from tui.core.models import Deployment


def is_scheduled(words: Sequence[str]) -> bool:
    """Whether a command line says that a schedule runs it; older schedules say it of theirs."""
    return "--scheduled" in words or any(
        word == "--trigger=schedule" or (word == "--trigger" and following == "schedule")
        for word, following in pairwise([*words, ""])
    )


def tell(session: Session, code: int) -> None:
    """Tell of a scheduled run that did not end with 0.

    Args:
        session: Of the run.
        code: Its exit code.
    """
    # What a hook itself runs must not call the hook again.
    if code == 0 or not session.scheduled or "MCPDB_FAILED_EXIT" in os.environ:
        return
    hook = _hook(session)
    if hook is None:
        return
    from tui.services import hooks

    facts = _facts(session, code)
    complaints = hooks.tell(hook, facts)
    for complaint in complaints:
        session.console.say(f"mcpdb-tui: {complaint}")
    deployment = _deployment(session)
    if deployment is not None and not deployment.read_only:
        from tui.operations.execution.noted import note_if_possible

        told = f"told {hook.told} that {facts['command']} ended with exit {code}"
        sentence = " ".join([*complaints]) or f"{told}."
        note_if_possible(deployment, "on-failure", str(facts["operation"]), sentence)


def _hook(session: Session) -> Hook | None:
    """What the settings name, those of a project that was found through Docker as well."""
    try:
        found = session.__dict__.get("discovery")
        return (found.settings if found is not None else session.settings).on_failure()
    except McpdbError:
        # Settings that cannot be read name nothing; that is what the run itself ended with.
        return None


def _deployment(session: Session) -> Deployment | None:
    """The deployment, if the run came so far as to know it."""
    found = session.__dict__.get("discovery")
    return found.chosen if found is not None else None


def _facts(session: Session, code: int) -> dict[str, Any]:
    from tui.cli.schema import code_name
    from tui.services import operator

    entry = session.partial.get("operation")
    deployment = _deployment(session)
    name = deployment.name if deployment is not None else session.settings["name"]
    return {
        "deployment": name,
        "database": str(deployment.database) if deployment is not None else "",
        "host": operator.host(),
        "command": session.command,
        "operation": getattr(entry, "operation", "") or session.command,
        "exit": code,
        "code": code_name(code),
        "sentence": getattr(entry, "sentence", "") or session.sentence,
        "journal": getattr(entry, "id", ""),
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
