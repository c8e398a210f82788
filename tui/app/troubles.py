"""Which page stands in a pane that cannot show its own, told from what is known."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING

from tui.app.listing.backups import when_words
from tui.app.rights import sudo_line
from tui.app.seen import Seen
from tui.core.operation import Verdict
from tui.wording import quantities

if TYPE_CHECKING:
    from tui.app.screens.trouble import Trouble
    from tui.core.models import Backup, DatabaseFacts, Deployment

_LOCKED = re.compile(r" is locked by (?P<holder>.+): [^:]*\.$")
NO_DATABASE = "cannot be read as a database"
"""How `DatabaseFacts.problem` says that the file is none, or is damaged."""


def of_database(seen: Seen, now: datetime) -> Trouble | None:
    """Why the live file cannot be shown; None when it can, or while it is being replaced."""
    facts, deployment = seen.database, seen.deployment
    if facts is None or deployment is None or seen.released or not facts.problem:
        return None
    from tui.app.screens import trouble

    if (hidden := deployment.blocked("database")) is not None:
        works = "5 Logs, start and stop in 9 Gateway."
        return trouble.Trouble(verdict=Verdict.UNKNOWN, headline=hidden.text, works=works)
    newest = _newest(seen, now)
    if not facts.exists:
        copy = newest_copy(seen)
        ident = copy.id if copy is not None else ""
        return trouble.missing(deployment, before=seen.last_there, newest=newest, ident=ident)
    if facts.size == 0:
        return trouble.empty_file(deployment.database, newest=newest)
    if (locked := _LOCKED.search(facts.problem)) is not None:
        return trouble.locked(locked["holder"], since=_since(seen, now))
    if NO_DATABASE in facts.problem and not seen.first_bytes.startswith("SQLite"):
        found = ", ".join(filter(None, (seen.first_bytes, quantities.size(facts.size))))
        return trouble.not_a_database(deployment.database, found, newest=newest)
    return _unreadable(facts.problem, deployment, newest)


def _unreadable(problem: str, deployment: Deployment, newest: str) -> Trouble:
    from tui.app.screens.trouble import Trouble
    from tui.app.screens.trouble import choices as trouble_choices

    damaged = NO_DATABASE in problem or "I/O error" in problem
    return Trouble(
        verdict=Verdict.FAIL if damaged else Verdict.UNKNOWN,
        headline=problem,
        facts=[("", "It was only looked at and stays as it is.")],
        choices=trouble_choices(
            f"restores the {newest} instead; this file is kept" if newest else "", damaged=damaged
        ),
        command="" if damaged else sudo_line(deployment),
    )


def is_locked(facts: DatabaseFacts) -> bool:
    """Whether another process holds the file: that passes by itself."""
    return _LOCKED.search(facts.problem) is not None


def of_docker(seen: Seen) -> Trouble | None:
    """Docker cannot be asked."""
    deployment = seen.deployment
    if deployment is None:
        return None
    known = next((p.text for p in deployment.problems if p.topic == "docker"), "")
    state = seen.gateway
    text = state.text if state is not None and state.running == "unknown" else ""
    why = known or (text if text.startswith("Docker ") else "")
    if not why:
        return None
    from tui.app.screens.trouble import no_docker

    denied = "permission denied" in why.lower()
    return no_docker(
        why.removeprefix("Docker does not answer: "),
        command=sudo_line(deployment) if denied else "",
    )


def of_state(seen: Seen) -> Trouble | None:
    """Lock and journals may not be read: then "nothing" is not known to be true."""
    if not seen.state_problem or seen.deployment is None:
        return None
    from tui.app.screens.trouble import Trouble

    return Trouble(
        verdict=Verdict.UNKNOWN,
        headline=f"What was done here is unknown. {seen.state_problem}",
        works="everything that only looks: tables, backups, migrations, logs.",
        greyed="everything that changes something.",
        command=sudo_line(seen.deployment),
    )


def of_rights(seen: Seen, verb: str, words: tuple[str, ...]) -> Trouble | None:
    """A key is greyed for want of rights; None when that is not why."""
    if seen.deployment is None or not seen.rights or seen.deployment.read_only:
        return None
    from tui.app.screens.trouble import Trouble

    return Trouble(
        verdict=Verdict.WARN,
        headline=f"{verb} {seen.rights}",
        facts=[("", "With sudo it works:")] if sudo_line(seen.deployment) else [],
        command=sudo_line(seen.deployment, *words),
    )


def _newest(seen: Seen, now: datetime) -> str:
    """`backup of Aug 11 02:00, 412M`, or `safety copy of …`: the newest verified copy."""
    newest = newest_copy(seen)
    if newest is None:
        return ""
    # Loaded already by what found it.
    from tui.operations.cataloguing.recommended import kind_words

    size = quantities.narrow_size(newest.size)
    return f"{kind_words(newest)} of {when_words(newest, now)}, {size}"


def newest_copy(seen: Seen) -> Backup | None:
    """What is recommended where the live file is gone or worth nothing."""
    from tui.operations.cataloguing.recommended import recommended

    return recommended(seen.catalogue)


def _since(seen: Seen, now: datetime) -> str:
    if seen.problem_since is None:
        return ""
    local = seen.problem_since.astimezone(now.tzinfo)
    ago = quantities.age((now - local).total_seconds())
    return f"since {local:%H:%M:%S}, for {ago}"
