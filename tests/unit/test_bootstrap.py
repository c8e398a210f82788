"""Bootstrap: a database where none is, whole or not at all; and its way back."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Site
from tests.faults import NOBODY, needs_root
from tests.injection.fault import Fault
from tests.injection.inject import inject
from tests.injection.whole import integrity, names
from tests.unit.demo_package import HEAD, give_package
from tui.core.operation import Tier
from tui.demo import deployment as demo
from tui.operations.activity import unfinished
from tui.operations.bootstrap import Bootstrap
from tui.operations.execution.launch import launch_resume
from tui.operations.reads.looking import LiveDatabase
from tui.operations.undo import Undo


@pytest.fixture
def bare(make_site: Callable[..., Site]) -> Site:
    """A stopped deployment whose database is gone."""
    site = make_site(running=False)
    site.database.unlink()
    return site


def revision(site: Site) -> str:
    return LiveDatabase(site.deployment).facts().revision


def assert_nothing_half_made(site: Site) -> None:
    assert site.left_overs() == []
    assert not (site.deployment.state_dir / "scratch").exists()
    assert unfinished(site.deployment) == ()


def test_a_missing_database_is_made_and_the_gateway_stays_as_it_was(bare: Site) -> None:
    plan = Bootstrap(bare.deployment).plan()
    assert (plan.tier, plan.subject, plan.forbidden) == (Tier.REPLACING, "demo", None)
    assert plan.command.endswith("bootstrap --confirm demo")
    assert not bare.database.exists(), "looking makes no database"

    entry = bare.do(Bootstrap(bare.deployment))

    assert entry.exit_code == 0, entry.sentence
    assert (revision(bare), integrity(bare.database)) == (HEAD, "ok")
    assert bare.database.stat().st_mode & 0o7777 == 0o600
    assert not bare.running()
    assert "not proven by a start" in entry.sentence
    assert (entry.result["made"], entry.result["after"]) == (True, [HEAD])
    assert_nothing_half_made(bare)

    bare.start()
    bare.add_tool("the-first")
    assert bare.tools() == {"the-first"}


def test_its_undo_leaves_nothing_there_again_and_the_undo_of_that_puts_it_back(bare: Site) -> None:
    assert bare.do(Bootstrap(bare.deployment, start=True)).exit_code == 0
    bare.add_tool("mine")
    # One that runs would lose its database, or make another at its next start.
    forbidden = Undo(bare.deployment).plan().forbidden
    assert forbidden is not None
    assert int(forbidden.exit_code) == 12
    assert "gateway stop" in forbidden.text

    assert demo.stop(bare.folder) == 0
    plan = Undo(bare.deployment).plan()
    assert (plan.tier, plan.forbidden) == (Tier.REPLACING, None)
    assert {change.table: change.now for change in plan.changes}["tools"] == 1
    undone = bare.do(Undo(bare.deployment))

    assert undone.exit_code == 0, undone.sentence
    assert list(bare.database.parent.glob("mcp.db*")) == []
    (kept,) = (bare.deployment.state_dir / "safety").glob("*.db")
    # The row was in the WAL alone when the gateway stopped.
    assert names(kept) == {"mine"}
    assert kept.name in undone.sentence
    assert_nothing_half_made(bare)

    again = bare.do(Undo(bare.deployment))

    assert again.exit_code == 0, again.sentence
    assert names(bare.database) == {"mine"}
    bare.start()
    assert bare.tools() == {"mine"}


def test_an_empty_file_of_a_cut_start_is_set_aside_and_the_gateway_comes_up(
    make_site: Callable[..., Site],
) -> None:
    site = make_site(running=False)
    site.database.write_bytes(b"")

    entry = site.do(Bootstrap(site.deployment, start=True))

    assert entry.exit_code == 0, entry.sentence
    assert site.healthy()
    assert site.tools() == set()
    (kept,) = (site.deployment.state_dir / "safety").glob("*.db")
    assert kept.stat().st_size == 0
    assert (entry.result["made"], entry.result["safety_ok"]) == (False, False)
    assert_nothing_half_made(site)


def test_what_a_removed_database_left_beside_it_is_never_replayed_into_the_new_one(
    site: Site,
) -> None:
    site.add_tool("in-the-wal")
    assert demo.stop(site.folder) == 0
    site.database.unlink()
    wal = site.database.with_name("mcp.db-wal")
    content = wal.read_bytes()
    assert content

    entry = site.do(Bootstrap(site.deployment, start=True))

    assert entry.exit_code == 0, entry.sentence
    assert site.tools() == set()
    assert "mcp.db-wal" not in entry.result["set_aside"]
    (aside,) = (site.deployment.state_dir / "safety").glob("*-wal")
    assert aside.read_bytes() == content
    assert aside.name in entry.result["set_aside"]


@needs_root
def test_it_belongs_to_whom_the_folder_belongs_to(bare: Site) -> None:
    os.chown(bare.database.parent, NOBODY, NOBODY)
    assert bare.do(Bootstrap(bare.deployment)).exit_code == 0
    found = bare.database.stat()
    assert (found.st_uid, found.st_gid) == (NOBODY, NOBODY)


def test_where_a_database_is_none_is_made(site: Site) -> None:
    forbidden = Bootstrap(site.deployment).plan().forbidden
    assert forbidden is not None
    assert int(forbidden.exit_code) == 12
    assert "`reset` puts a new one in its place" in forbidden.text


def test_a_removed_database_that_a_gateway_still_has_open_is_not_given_up(site: Site) -> None:
    site.add_tool("only-there")
    content = names(site.database, site.deployment)
    for path in site.database.parent.glob("mcp.db*"):
        path.unlink()

    forbidden = Bootstrap(site.deployment).plan().forbidden

    assert forbidden is not None
    assert int(forbidden.exit_code) == 11
    assert "still has the removed database open" in forbidden.text
    # The command that it names brings every row back, those of the WAL too.
    command = forbidden.text.partition("Copy it first: ")[2].partition("; then")[0]
    assert os.system(command) == 0
    assert names(Path(f"{site.database}.rescued"), site.deployment) == content
    assert "only-there" in content


def test_without_its_folder_it_says_so(bare: Site) -> None:
    bare.database.parent.rename(bare.folder / "elsewhere")
    forbidden = Bootstrap(bare.deployment).plan().forbidden
    assert forbidden is not None
    assert "there is no folder" in forbidden.text
    assert not bare.database.parent.exists()


def test_a_bootstrap_that_fails_leaves_nothing_there(
    bare: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = give_package(bare, tmp_path, monkeypatch)
    package.add("aaaaaaaaaaaa", "raise RuntimeError('not on this day')")
    entry = bare.do(Bootstrap(bare.deployment))
    assert entry.exit_code == 1, entry.sentence
    assert "Nothing was changed" in entry.sentence
    assert not bare.database.exists()
    assert_nothing_half_made(bare)


def test_a_database_that_appears_meanwhile_is_left_alone(bare: Site) -> None:
    theirs = bare.database.with_name("theirs.db")
    theirs.write_bytes(b"somebody's")
    script = f"mv {theirs} {bare.database}"
    outcome = inject(
        bare, Bootstrap(bare.deployment), Fault("run", "after:step_started:stop", script)
    )
    assert outcome.code == 11, outcome.said
    assert "nothing was changed" in outcome.said
    assert bare.database.read_bytes() == b"somebody's"
    assert_nothing_half_made(bare)


def test_a_gateway_that_does_not_come_up_with_it_keeps_it(bare: Site) -> None:
    outcome = inject(
        bare, Bootstrap(bare.deployment, start=True), Fault("unhealthy", "after:step_finished:stop")
    )
    assert outcome.code == 14, outcome.said
    assert "The new database is in place and whole" in outcome.said
    assert (revision(bare), integrity(bare.database)) == (HEAD, "ok")
    assert_nothing_half_made(bare)


@pytest.mark.parametrize(
    ("place", "kept"),
    [
        ("after:step_started:build", False),
        ("before:step_finished:check", False),
        ("after:step_started:swap", False),
        ("before:step_finished:swap", True),
        ("before:step_finished:readback", True),
    ],
)
def test_killed_anywhere_there_is_nothing_or_a_whole_database(
    place: str, kept: bool, bare: Site
) -> None:
    outcome = inject(bare, Bootstrap(bare.deployment, start=True), Fault("kill", place))
    assert outcome.resumed == [0 if kept else 1]
    assert bare.database.exists() is kept
    assert bare.running() is kept
    if kept:
        assert bare.healthy()
        assert revision(bare) == HEAD
        assert outcome.entry is not None
        assert Undo(bare.deployment).plan().title.startswith("take the bootstrap")
    assert_nothing_half_made(bare)
    assert launch_resume(bare.deployment) == []


@pytest.mark.parametrize(
    ("place", "kept"),
    [
        ("before:step_finished:prove", False),
        ("after:step_started:swap", False),
        ("before:step_finished:swap", True),
    ],
)
def test_an_undo_killed_anywhere_has_the_database_in_exactly_one_place(
    place: str, kept: bool, bare: Site
) -> None:
    assert bare.do(Bootstrap(bare.deployment)).exit_code == 0
    content = bare.database.stat().st_ino
    outcome = inject(bare, Undo(bare.deployment), Fault("kill", place))
    assert outcome.resumed == [0 if kept else 1]
    safety = [p.stat().st_ino for p in (bare.deployment.state_dir / "safety").glob("*.db")]
    live = [p.stat().st_ino for p in bare.database.parent.glob("mcp.db")]
    assert (safety, live) == (([content], []) if kept else ([], [content]))
    assert_nothing_half_made(bare)
    assert launch_resume(bare.deployment) == []
