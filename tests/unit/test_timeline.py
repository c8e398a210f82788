from __future__ import annotations

import dataclasses
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tui.core.models import (
    Applied,
    ContainerRef,
    Deployment,
    GatewayState,
    MigrationsRef,
    Revision,
    Timeline,
)
from tui.core.operation import Verdict
from tui.operations.timelines.other_image import with_image
from tui.operations.timelines.timeline import (
    NO_INTERPRETER,
    at_head,
    fit_sentence,
    fits,
    head,
    pending,
    place,
    read_timeline,
    recalled_timeline,
    revision_of,
)
from tui.services.migrations.graph import MigrationGraph

from .migration_packages import make_package

HEAD_107, HEAD_105, HEAD_108 = "7ab59991e017", "e198602c3c1e", "e4f5a6b7c8d9"


def graph(edges: dict[str, tuple[str, ...]], version: str = "") -> MigrationGraph:
    """A graph from what each revision follows, given newest first."""
    below = {down for downs in edges.values() for down in downs}
    return MigrationGraph(
        revisions=tuple(
            Revision(revision=name, down=downs, message=f"does {name}")
            for name, downs in edges.items()
        ),
        heads=tuple(sorted(name for name in edges if name not in below)),
        bases=tuple(sorted(name for name, downs in edges.items() if not downs)),
        version=version,
        files={},
        read_from="here",
    )


LINE = graph({"c": ("b",), "b": ("a",), "a": ()})
MERGE = graph({"m": ("l", "r2"), "l": ("a",), "r2": ("r1",), "r1": ("a",), "a": ()})


def states(timeline: Timeline) -> dict[str, str]:
    return {item.revision: item.state for item in timeline.revisions}


def test_what_lies_below_the_current_revision_is_applied_and_above_it_pending() -> None:
    timeline = place(LINE, ["b"])
    assert states(timeline) == {"c": "pending", "b": "current", "a": "applied"}
    assert (timeline.applied, timeline.pending, timeline.problem) == (2, 1, "")


def test_a_database_that_was_never_migrated_has_everything_pending() -> None:
    timeline = place(LINE, [])
    assert set(states(timeline).values()) == {"pending"}
    assert not at_head(timeline)


def test_a_merge_has_both_its_branches_below_it() -> None:
    assert set(states(place(MERGE, ["m"])).values()) == {"applied", "current"}


def test_a_database_on_one_branch_has_the_other_one_pending() -> None:
    timeline = place(MERGE, ["l"])
    assert states(timeline) == {
        "m": "pending",
        "l": "current",
        "r2": "pending",
        "r1": "pending",
        "a": "applied",
    }


def test_a_database_on_both_branches_lacks_the_merge_alone() -> None:
    timeline = place(MERGE, ["l", "r2"])
    assert [item.revision for item in pending(timeline)] == ["m"]


def test_pending_revisions_come_in_the_order_a_start_runs_them() -> None:
    assert [item.revision for item in pending(place(LINE, ["a"]))] == ["b", "c"]


def test_a_current_revision_nobody_knows_leaves_the_rest_unknown_and_says_what_to_do() -> None:
    timeline = place(graph({HEAD_105: ()}, "1.0.5"), [HEAD_107])
    assert timeline.unknown == (HEAD_107,)
    assert states(timeline) == {HEAD_105: "unknown"}
    assert timeline.problem == (
        "This image does not know 7ab59991e017 (release 1.0.7). "
        "Start 1.0.7, or restore a backup of 1.0.5."
    )


def test_a_revision_of_no_release_has_a_remedy_as_well() -> None:
    assert place(LINE, ["zzz"]).problem == (
        "This image does not know zzz. Start the release that made it, or restore an older backup."
    )


def test_several_heads_are_named_with_their_remedy() -> None:
    timeline = place(graph({"x": ("a",), "y": ("a",), "a": ()}), ["a"])
    assert timeline.problem == (
        "Two heads: x and y. The image cannot upgrade; "
        "this is the package's fault, use another release."
    )
    assert head(timeline) == ""


def test_the_package_says_of_which_release_its_head_is() -> None:
    shared = place(graph({"e75490e949b1": ()}, "0.3.1"), [])
    newer_than_the_table = place(graph({"c": ()}, "1.0.9"), [])
    assert [t.revisions[0].release for t in (shared, newer_than_the_table)] == ["0.3.1", "1.0.9"]


def test_a_version_that_contradicts_the_head_is_not_believed() -> None:
    found = graph({HEAD_107: ()}, "0.0.0")
    assert place(found, []).revisions[0].release != "0.0.0"


def test_times_from_our_own_log_stand_beside_the_revisions() -> None:
    moment = datetime(2026, 7, 9, 20, 16, tzinfo=UTC)
    way = Applied(at=moment, operation="upgrade", number=24, who="dana")
    timeline = place(LINE, ["b"], {"b": way, "stranger": way})
    assert {item.revision: item.applied for item in timeline.revisions} == {
        "c": None,
        "b": moment,
        "a": None,
    }
    assert [item.applied_by for item in timeline.revisions] == [None, way, None]


def test_a_revision_is_found_by_its_beginning_if_that_fits_one() -> None:
    timeline = place(graph({"abc": ("abd",), "abd": ()}), [])
    assert revision_of(timeline, "abc") is timeline.revisions[0]
    assert revision_of(timeline, "head") is timeline.revisions[0]
    assert revision_of(timeline, "ab") is revision_of(timeline, "") is None


# --- another local image -----------------------------------------------------------------

LONGER = graph({"e": ("d",), "d": ("c",), "c": ("b",), "b": ("a",), "a": ()}, "1.0.9")


def test_what_only_another_image_has_is_ahead_and_changes_nothing_else() -> None:
    own = place(LINE, ["b"])
    shown = with_image(own, LONGER, "forge:1.0.9", "sha256:9")
    assert [(item.revision, item.state) for item in shown.ahead] == [("e", "ahead"), ("d", "ahead")]
    assert states(shown) == states(own)
    assert (shown.pending, shown.heads) == (own.pending, own.heads)
    assert (shown.ahead_image, shown.ahead_image_id) == ("forge:1.0.9", "sha256:9")
    assert (shown.ahead_release, shown.ahead_heads) == ("1.0.9", ("e",))
    assert fits(shown, "b") == fits(own, "b")


def test_an_older_image_has_nothing_ahead_but_says_where_it_ends() -> None:
    shown = with_image(place(LONGER, ["e"]), LINE, "forge:1.0.3")
    assert (shown.ahead, shown.ahead_heads) == ((), ("c",))


def test_another_image_explains_a_database_that_the_own_one_does_not_know() -> None:
    shown = with_image(place(LINE, ["d"]), LONGER, "forge:1.0.9")
    assert [(item.revision, item.state) for item in shown.ahead] == [
        ("e", "ahead"), ("d", "current"),
    ]  # fmt: skip
    assert set(states(shown).values()) == {"applied"}
    # The gateway's own image still cannot start on it.
    assert shown.unknown == ("d",)
    assert shown.problem.startswith("This image does not know d.")


# --- does a backup fit -------------------------------------------------------------------


def test_a_backup_of_the_head_fits_without_a_step() -> None:
    fit = fits(place(LINE, ["c"]), "c")
    assert (fit.verdict, fit.text, fit.steps) == (Verdict.OK, "ok", 0)


@pytest.mark.parametrize(("revision", "text", "steps"), [("b", "+1 step", 1), ("a", "+2 steps", 2)])
def test_an_older_backup_fits_with_the_steps_a_start_would_run(
    revision: str, text: str, steps: int
) -> None:
    fit = fits(place(LINE, ["c"]), revision)
    assert (fit.verdict, fit.text, fit.steps) == (Verdict.OK, text, steps)


def test_steps_count_every_branch_of_a_merge_once() -> None:
    assert fits(place(MERGE, ["m"]), "l").steps == 3
    assert fits(place(MERGE, ["m"]), "a").steps == 4


def test_fitting_does_not_depend_on_where_the_live_database_stands() -> None:
    assert fits(place(LINE, ["zzz"]), "b").steps == 1


def test_a_backup_of_a_later_release_is_too_new() -> None:
    timeline = place(graph({HEAD_107: ()}, "1.0.7"), [HEAD_107])
    assert fits(timeline, HEAD_108).text == "too new"
    assert fit_sentence(timeline, HEAD_108) == (
        "too new: revision e4f5a6b7c8d9 came with 1.0.8, the image is 1.0.7"
    )


def test_a_backup_of_an_earlier_release_that_is_not_in_the_graph_does_not_fit() -> None:
    fit = fits(place(graph({HEAD_107: ()}, "1.0.7"), [HEAD_107]), HEAD_105)
    assert (fit.verdict, fit.text) == (Verdict.FAIL, "no")


def test_no_backup_fits_code_with_several_heads() -> None:
    assert fits(place(graph({"x": ("a",), "y": ("a",), "a": ()}), ["a"]), "a").text == "no"


def test_nothing_is_claimed_without_revisions_on_both_sides() -> None:
    empty = Timeline(revisions=(), heads=(), current=(), problem="Docker does not answer.")
    assert fits(empty, "a").text == fits(place(LINE, []), "").text == "unknown"
    assert fit_sentence(empty, "a") == "unknown: Docker does not answer."


# --- reading ------------------------------------------------------------------------------


@pytest.fixture
def deployment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Deployment:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    make_package(tmp_path / "site", "gatewaylike", {"one": (), "two": ("one",)})
    return Deployment(
        name="forge",
        database=tmp_path / "mcp.db",
        backup_dir=tmp_path / "backups",
        migrations=MigrationsRef(python=sys.executable, package="gatewaylike"),
    )


STOPPED = GatewayState(running="stopped")


def test_without_a_container_the_interpreter_is_asked(deployment: Deployment) -> None:
    timeline = read_timeline(deployment, STOPPED, ["one"])
    assert states(timeline) == {"two": "pending", "one": "current"}
    assert timeline.read_from == sys.executable
    assert timeline.problem == ""


def test_what_was_read_once_is_recalled_without_asking(deployment: Deployment) -> None:
    assert recalled_timeline(deployment, STOPPED, ["one"]) is None
    read_timeline(deployment, STOPPED, ["one"])
    timeline = recalled_timeline(deployment, STOPPED, ["two"])
    assert timeline is not None
    assert states(timeline) == {"two": "current", "one": "applied"}


def test_without_any_interpreter_the_problem_names_the_option(tmp_path: Path) -> None:
    bare = Deployment(name="x", database=tmp_path / "mcp.db", backup_dir=tmp_path / "backups")
    timeline = read_timeline(bare, STOPPED, ["one"])
    assert (timeline.revisions, timeline.current) == ((), ("one",))
    assert timeline.problem == NO_INTERPRETER


def unreachable(tmp_path: Path) -> ContainerRef:
    return ContainerRef(container="gone", docker_host=f"unix://{tmp_path}/no.sock")


def test_an_engine_that_does_not_answer_is_a_problem_and_no_exception(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    alone = Deployment(
        name="x",
        database=tmp_path / "mcp.db",
        backup_dir=tmp_path / "backups",
        gateway=unreachable(tmp_path),
    )
    timeline = read_timeline(alone, GatewayState(running="unknown"), ["one"])
    assert timeline.problem.startswith("Docker does not answer")
    assert "\n" not in timeline.problem


def test_an_engine_that_does_not_answer_leaves_the_interpreter(
    deployment: Deployment, tmp_path: Path
) -> None:
    both = dataclasses.replace(deployment, gateway=unreachable(tmp_path))
    timeline = read_timeline(both, GatewayState(running="unknown"), ["one"])
    assert states(timeline) == {"two": "pending", "one": "current"}


def test_recalling_a_timeline_loads_neither_docker_nor_alembic(deployment: Deployment) -> None:
    read_timeline(deployment, STOPPED, ["one"])
    code = (
        "import sys\n"
        "from tui.operations.timelines import timeline\n"
        "from tui.services.migrations.probe import recall_local\n"
        f"assert recall_local({sys.executable!r}, 'gatewaylike')\n"
        "print(sorted({'docker', 'alembic', 'sqlalchemy', 'textual'} & set(sys.modules)))\n"
    )
    said = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert said.stdout == "[]\n"
