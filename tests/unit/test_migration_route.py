"""Which revisions are run to get from one place of a graph to another, branches and merges too."""

from __future__ import annotations

import pytest

from tui.core.models import MigrationAction, Revision, Timeline
from tui.operations.migrating.route import Route, find_route
from tui.operations.timelines.timeline import place
from tui.services.migrations.graph import MigrationGraph

EDGES: dict[str, tuple[str, ...]] = {
    "a1": (),
    "b1": ("a1",),
    "left": ("b1",),
    "right": ("b1",),
    "join": ("left", "right"),
    "top": ("join",),
}
"""Oldest first: two branches behind `b1`, joined again."""


def timeline(*current: str, edges: dict[str, tuple[str, ...]] = EDGES) -> Timeline:
    followed = {down for downs in edges.values() for down in downs}
    graph = MigrationGraph(
        revisions=tuple(
            Revision(revision=name, down=downs, message=name)
            for name, downs in reversed(edges.items())
        ),
        heads=tuple(name for name in edges if name not in followed),
        bases=("a1",),
        files={},
    )
    return place(graph, current)


def names(route: Route) -> list[str]:
    assert not route.problem, route.problem
    return [revision.revision for revision in route.runs]


def find(action: MigrationAction, target: str, *current: str) -> Route:
    return find_route(timeline(*current), action, target)


def test_up_runs_what_is_missing_of_both_branches_and_nothing_twice() -> None:
    assert names(find("upgrade", "head", "left")) == ["right", "join", "top"]
    assert names(find("upgrade", "join", "left", "right")) == ["join"]
    route = find("upgrade", "right", "left")
    assert names(route) == ["right"]
    assert route.after == ("left", "right"), "branches that nothing joins stay two rows"
    assert find("upgrade", "top", "b1").after == ("top",)


def test_down_takes_off_what_follows_and_leaves_the_other_branch() -> None:
    assert names(find("downgrade", "b1", "top")) == ["top", "join", "right", "left"]
    route = find("downgrade", "left", "top")
    assert names(route) == ["top", "join"]
    assert route.after == ("left", "right")
    assert names(find("downgrade", "-1", "top")) == ["top"]
    assert find("downgrade", "-2", "right").target == "a1"


def test_down_by_a_number_through_a_join_asks_which_branch_is_meant() -> None:
    for steps, current in (("-1", ("join",)), ("-2", ("top",)), ("-1", ("left", "right"))):
        route = find("downgrade", steps, *current)
        assert route.problem
        assert int(route.exit_code) == 2
    assert find("downgrade", "-1", "a1").problem == "There is nothing before a1."


def test_a_stamp_tells_what_it_passes_over_in_both_directions() -> None:
    forward, back = find("stamp", "head", "left"), find("stamp", "a1", "left")
    assert [r.revision for r in forward.skipped] == ["top", "join", "right"]
    assert [r.revision for r in back.skipped] == ["left", "b1"]
    assert forward.runs == ()
    assert find("stamp", "head").after == ("top",)


@pytest.mark.parametrize("action", ["upgrade", "downgrade"])
def test_where_the_database_stands_must_be_known(action: MigrationAction) -> None:
    assert "does not know ffff" in find(action, "b1", "ffff").problem
    assert "says no revision" in find(action, "b1").problem
    two = find(action, "b1", "b1", "top").problem
    assert two == (
        "alembic_version has top and b1, which comes before it: Alembic refuses both. "
        "Stamp it with top."
    )


def test_several_heads_forbid_an_upgrade_alone() -> None:
    edges = {"a1": (), "b1": ("a1",), "c1": ("a1",)}
    up = find_route(timeline("a1", edges=edges), "upgrade", "b1")
    assert up.problem.startswith("Two heads: ")
    assert find_route(timeline("b1", edges=edges), "downgrade", "a1").after == ("a1",)
    assert find_route(timeline("b1", edges=edges), "stamp", "c1").after == ("c1",)


def test_a_beginning_that_fits_two_is_refused() -> None:
    edges: dict[str, tuple[str, ...]] = {"aa11": (), "aa22": ("aa11",)}
    route = find_route(timeline("aa11", edges=edges), "upgrade", "aa")
    assert (int(route.exit_code), "beginning of 2" in route.problem) == (2, True)
    assert find_route(timeline("aa11", edges=edges), "upgrade", "aa2").target == "aa22"
