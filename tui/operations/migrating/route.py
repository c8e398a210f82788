"""Which revisions are run to get from where a database stands to where it shall stand.

Computed from the graph that the code itself tells; nothing is guessed from dates or names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tui.core.errors import ERRORS_BY_CODE, ExitCode, McpdbError
from tui.core.models import MigrationAction, Revision, Timeline
from tui.operations.timelines.timeline import revision_of
from tui.services.migrations.graph import upto
from tui.wording.clean import one_line

_STEPS = re.compile(r"-(\d{1,4})")
_RISKS = ("may refuse", "drops data", "unknown", "no loss", "no-op")
"""What a downgrade may do, worst first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """The way, or why there is none."""

    target: str = ""
    """The revision that was meant, whole."""
    before: tuple[str, ...] = ()
    """Rows of `alembic_version` now."""
    after: tuple[str, ...] = ()
    """Rows of `alembic_version` at its end; more than one where branches stay apart."""
    runs: tuple[Revision, ...] = ()
    """What is run, in that order."""
    skipped: tuple[Revision, ...] = ()
    """What a stamp says is there, or not there, without doing it; newest first."""
    problem: str = ""
    """Why it cannot be gone, in one sentence; empty when it can."""
    exit_code: ExitCode = ExitCode.PRECHECK
    """Of the problem."""
    arrived: bool = False
    """The problem is merely that the database stands there already."""

    def require(self) -> None:
        """Refuse a way that cannot be gone.

        Raises:
            McpdbError: The problem, with its exit code.
        """
        if self.problem:
            raise ERRORS_BY_CODE.get(self.exit_code, McpdbError)(self.problem)

    @property
    def risk(self) -> str:
        """The worst that its downgrades may do; empty when nothing is run down."""
        found = {revision.downgrade or "unknown" for revision in self.runs}
        return next((word for word in _RISKS if word in found), "")


def find_route(timeline: Timeline, action: MigrationAction, target: str) -> Route:
    """Find the way.

    Args:
        timeline: Of the code that migrates, with where the database stands.
        action: `upgrade`, `downgrade` or `stamp`.
        target: A revision, the beginning of one, `head`, or `-1` for a downgrade.
    """
    problem = _no_way(timeline, action)
    if problem:
        return Route(problem=problem, before=timeline.current)
    if action == "downgrade" and (steps := _STEPS.fullmatch(target)):
        return _down_by(timeline, int(steps[1]))
    found = revision_of(timeline, target)
    if found is None:
        return _not_found(timeline, action, target)
    if action == "upgrade":
        return _up(timeline, found.revision)
    if action == "stamp":
        return _stamp(timeline, found.revision)
    return _down(timeline, found.revision)


def _no_way(timeline: Timeline, action: MigrationAction) -> str:
    """What forbids every way of this kind."""
    if not timeline.revisions:
        return timeline.problem or "The gateway's code ships no migrations."
    if len(timeline.heads) > 1 and action == "upgrade":
        return timeline.problem
    if action == "stamp":
        return ""
    if timeline.unknown:
        return timeline.problem
    if not timeline.current:
        return (
            "The database says no revision (alembic_version is missing or empty), so nobody knows "
            "which migrations it has. Stamp it with the one that its schema has."
        )
    for one in timeline.current:
        below = upto(timeline.revisions, [one]) - {one}
        if older := next((other for other in timeline.current if other in below), ""):
            return (
                f"alembic_version has {one} and {older}, which comes before it: Alembic refuses "
                f"both. Stamp it with {one}."
            )
    return ""


_NO_TARGET = {
    (True, True): "Say which revision to go down to, or -1.",
    (True, False): "Going down to base drops every table; `reset` makes the database anew.",
    (False, True): "Say which revision, or head.",
    (False, False): "base is before the first revision: name a revision, or head.",
}
"""By whether it goes down, and whether nothing was said at all."""


def _not_found(timeline: Timeline, action: MigrationAction, target: str) -> Route:
    name = one_line(target)
    fitting = [r.revision for r in timeline.revisions if target and r.revision.startswith(target)]
    if len(fitting) > 1:
        text = f"{name} is the beginning of {len(fitting)} revisions: say more of it."
        return Route(problem=text, exit_code=ExitCode.USAGE, before=timeline.current)
    if target in ("", "base"):
        text = _NO_TARGET[action == "downgrade", not target]
        return Route(problem=text, exit_code=ExitCode.USAGE, before=timeline.current)
    text = f"This code knows no revision {name}: see `migrations list`."
    return Route(problem=text, exit_code=ExitCode.NOT_FOUND, before=timeline.current)


def _up(timeline: Timeline, target: str) -> Route:
    applied = upto(timeline.revisions, timeline.current)
    wanted = upto(timeline.revisions, [target])
    before = timeline.current
    runs = _chosen(reversed(timeline.revisions), wanted - applied)
    after = _ends(timeline.revisions, applied | wanted)
    if runs:
        return Route(target=target, before=before, after=after, runs=runs)
    if target in before:
        head = " = head" if target in timeline.heads else ""
        text = f"The database stands at {target}{head}: there is nothing to upgrade."
        return Route(target=target, before=before, after=after, problem=text, arrived=True)
    text = (
        f"{target} is behind the database, which stands at {' '.join(before)}: "
        f"`migrations downgrade {target}` goes down to it."
    )
    return Route(target=target, before=before, problem=text)


def _down_by(timeline: Timeline, steps: int) -> Route:
    """Down by a number of revisions, as long as each has exactly one before it."""
    if len(timeline.current) > 1:
        text = f"Down by how much of {', '.join(timeline.current)}? Say which revision to go to."
        return Route(problem=text, exit_code=ExitCode.USAGE, before=timeline.current)
    known = {revision.revision: revision for revision in timeline.revisions}
    at = timeline.current[0]
    for _step in range(steps):
        downs = known[at].down
        if len(downs) != 1:
            text = (
                f"{at} joins {' and '.join(downs)}: say which of them to go down to."
                if downs
                else f"There is nothing before {at}."
            )
            return Route(problem=text, exit_code=ExitCode.USAGE, before=timeline.current)
        at = downs[0]
    return _down(timeline, at)


def _down(timeline: Timeline, target: str) -> Route:
    applied = upto(timeline.revisions, timeline.current)
    before = timeline.current
    if target in before:
        text = f"The database stands at {target} already."
        return Route(target=target, before=before, after=before, problem=text, arrived=True)
    if target not in applied:
        text = (
            f"{target} is ahead of the database, which stands at {' '.join(before)}: "
            f"`migrations upgrade --to {target}` goes up to it."
        )
        return Route(target=target, before=before, problem=text)
    above = {r for r in applied if r != target and target in upto(timeline.revisions, [r])}
    runs = _chosen(timeline.revisions, above)
    after = _ends(timeline.revisions, applied - above)
    return Route(target=target, before=before, after=after, runs=runs)


def _stamp(timeline: Timeline, target: str) -> Route:
    if timeline.current == (target,):
        text = f"The database is stamped {target} already."
        return Route(target=target, before=(target,), after=(target,), problem=text, arrived=True)
    known, wanted = upto(timeline.revisions, timeline.current), upto(timeline.revisions, [target])
    return Route(
        target=target,
        before=timeline.current,
        after=(target,),
        skipped=_chosen(timeline.revisions, known ^ wanted),
    )


def _chosen(revisions: Iterable[Revision], names: Iterable[str]) -> tuple[Revision, ...]:
    wanted = frozenset(names)
    return tuple(revision for revision in revisions if revision.revision in wanted)


def _ends(revisions: Sequence[Revision], names: Iterable[str]) -> tuple[str, ...]:
    """Those that no other of them follows: what Alembic writes into its table, sorted."""
    chosen = frozenset(names)
    downs: Mapping[str, tuple[str, ...]] = {r.revision: r.down for r in revisions}
    followed = {down for name in chosen for down in downs.get(name, ())}
    return tuple(sorted(chosen - followed))
