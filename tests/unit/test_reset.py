"""Reset: a new database in place of the live one, and the old one whole on every way out."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import Site
from tests.faults import fill, needs_root, wait_for
from tests.injection.arena import Arena
from tests.injection.fault import Fault
from tests.injection.inject import heal, inject
from tests.injection.whole import assert_whole, look_at, names
from tests.unit.demo_package import HEAD, give_package, with_package
from tui.core.models import MigrationsRef
from tui.core.operation import Tier, Verdict
from tui.operations.backup import BackupCreate
from tui.operations.bootstrap import Reset
from tui.operations.undo import Undo

NOTHING: frozenset[str] = frozenset()
DISK = "24M"


def no_scratch(site: Site) -> bool:
    return not (site.deployment.state_dir / "scratch").exists()


def test_a_reset_and_its_undo_with_every_row_that_was_written_until_the_stop(site: Site) -> None:
    before = look_at(site)
    site.add_tool("in-the-wal")
    old = site.tools()

    entry = site.do(Reset(site.deployment))

    assert entry.exit_code == 0, entry.sentence
    assert site.tools() == set()
    assert site.healthy()
    assert (entry.result["before"], entry.result["after"]) == ([HEAD], [HEAD])
    assert entry.result["gateway_up"] is True
    assert assert_whole(site, before, new=NOTHING) == "new"
    (kept,) = (site.deployment.state_dir / "safety").glob("*.db")
    assert kept.stat().st_ino == before.inode
    assert names(kept) == frozenset(old)
    assert entry.result["safety"] == kept.name
    assert kept.name in entry.sentence
    assert no_scratch(site)

    undone = site.do(Undo(site.deployment))

    assert undone.exit_code == 0, undone.sentence
    assert site.tools() == old


def test_its_plan_says_every_row_that_goes_and_what_else_holds_them(site: Site) -> None:
    plan = Reset(site.deployment).plan()
    assert (plan.tier, plan.subject, plan.forbidden) == (Tier.REPLACING, "demo", None)
    with closing(sqlite3.connect(f"{site.database.as_uri()}?mode=ro", uri=True)) as connection:
        tables = connection.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        ).fetchall()
        counted = {
            name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]
            for (name,) in tables
            if name not in ("alembic_version", "tool_metrics")
        }
    told = {change.table: change.now for change in plan.changes}
    told.pop("tool_metrics", None)  # it grows meanwhile
    assert told == {table: rows for table, rows in counted.items() if rows}
    assert {change.then for change in plan.changes} == {0}
    checks = {check.name: check for check in plan.checks}
    assert checks["backup"].verdict is Verdict.WARN
    assert "no verified backup" in checks["backup"].text
    assert "AUTH_ENCRYPTION_SECRET" in checks["secret"].text
    assert plan.command.endswith("reset --confirm demo")

    made = site.do(BackupCreate(site.deployment))
    (backup,) = (check for check in Reset(site.deployment).plan().checks if check.name == "backup")
    assert backup.verdict is Verdict.OK
    assert made.result["backup"] in backup.text
    assert "old" in backup.text


def test_a_stopped_gateway_stays_stopped_and_it_is_not_proven(
    make_site: Callable[..., Site],
) -> None:
    site = make_site(running=False)
    entry = site.do(Reset(site.deployment))
    assert entry.exit_code == 0, entry.sentence
    assert not site.running()
    assert "not proven by a start" in entry.sentence
    assert entry.result["proven_by_start"] is False


def test_what_is_damaged_is_set_aside_as_found(make_site: Callable[..., Site]) -> None:
    site = make_site(running=False)
    found = b"damaged " * 10_000
    site.database.write_bytes(found)
    entry = site.do(Reset(site.deployment, start=True))
    assert entry.exit_code == 0, entry.sentence
    assert site.healthy()
    (kept,) = (site.deployment.state_dir / "safety").glob("*.db")
    assert kept.read_bytes() == found


def test_a_bootstrap_that_fails_changes_nothing_and_touches_no_gateway(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = give_package(site, tmp_path, monkeypatch)
    package.add("aaaaaaaaaaaa", "raise RuntimeError('not on this day')")
    before = look_at(site)
    entry = site.do(Reset(site.deployment))
    assert entry.exit_code == 1
    assert "Nothing was changed" in entry.sentence
    assert assert_whole(site, before, new=NOTHING) == "old"
    # Another one would mean that it was stopped and started.
    assert look_at(site).identity == before.identity
    assert no_scratch(site)


def test_a_bootstrap_that_makes_no_tables_is_not_put_there(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = give_package(site, tmp_path, monkeypatch)
    (package.folder / "bootstrap_db.py").write_text("")
    before = look_at(site)
    entry = site.do(Reset(site.deployment))
    assert entry.exit_code in (1, 3), entry.sentence
    assert assert_whole(site, before, new=NOTHING) == "old"
    assert no_scratch(site)


@pytest.mark.parametrize("how", ["unhealthy", "start-fails"])
def test_a_gateway_that_does_not_work_with_it_gets_its_old_database_back(
    how: str, site: Site
) -> None:
    before = look_at(site)
    outcome = inject(site, Reset(site.deployment), Fault(how, "after:step_finished:stop"))
    assert outcome.code == 4, outcome.said
    assert "The old database is back and whole." in outcome.said
    assert assert_whole(site, before, new=NOTHING) == "old"


def test_a_wish_to_stop_while_it_is_made_leaves_nothing(site: Site) -> None:
    before = look_at(site)
    outcome = inject(site, Reset(site.deployment), Fault("cancel", "after:step_started:build"))
    assert (outcome.code, outcome.entry and outcome.entry.outcome) == (1, "cancelled")
    assert assert_whole(site, before, new=NOTHING) == "old"
    assert no_scratch(site)


def test_somebody_who_starts_the_gateway_while_it_is_down_stops_the_reset(site: Site) -> None:
    before = look_at(site)
    outcome = inject(site, Reset(site.deployment), Fault("started", "after:step_started:prove"))
    assert outcome.code == 11, outcome.said
    site.wait_healthy()
    assert assert_whole(site, before, new=NOTHING) == "old"


@needs_root
@pytest.mark.parametrize("place", ["after:step_started:build", "checked:build"])
def test_a_disk_that_is_full_stops_it_before_anything_stops(
    place: str, arena: Callable[..., Arena]
) -> None:
    site = arena(disk=DISK).site
    before = look_at(site)
    fault = Fault("enospc", place, str(site.deployment.database.parent))
    outcome = inject(site, Reset(with_package(site.deployment)), fault, resume=False)
    assert outcome.code == 12, outcome.said
    assert assert_whole(site, before, new=NOTHING) == "old"
    assert look_at(site).identity == before.identity
    heal((fault,))


@needs_root
def test_without_space_the_plan_forbids_it(arena: Callable[..., Arena]) -> None:
    site = arena(disk=DISK).site
    filler = fill(site.deployment.database.parent, leave=1 << 20)
    try:
        forbidden = Reset(with_package(site.deployment)).plan().forbidden
    finally:
        filler.unlink()
    assert forbidden is not None
    assert (forbidden.name, int(forbidden.exit_code)) == ("space", 12)


def test_a_database_that_moved_since_the_plan_is_left_alone(site: Site) -> None:
    before = look_at(site)
    live, other = site.database, site.database.with_name("other.db")
    # In the middle of it somebody restores by hand, as the guide says.
    script = f"cp {live} {other} && cp {live}-wal {other}-wal; mv {other} {live}"
    outcome = inject(
        site, Reset(site.deployment), Fault("run", "after:step_finished:check", script)
    )
    assert outcome.code == 12, outcome.said
    assert "Another file stands there now" in outcome.said
    wait_for(site.healthy, "the gateway is back")
    assert names(live, site.deployment) == before.names
    assert no_scratch(site)


def test_what_is_missing_is_not_reset(make_site: Callable[..., Site]) -> None:
    site = make_site(running=False)
    site.database.unlink()
    forbidden = Reset(site.deployment).plan().forbidden
    assert forbidden is not None
    assert int(forbidden.exit_code) == 10
    assert "`bootstrap` makes a database there" in forbidden.text
    assert not site.database.exists()


def test_without_the_gateway_s_code_it_says_what_is_missing(
    make_site: Callable[..., Site],
) -> None:
    site = make_site(running=False)
    bare = replace(site.deployment, migrations=MigrationsRef())
    forbidden = Reset(bare).plan().forbidden
    assert forbidden is not None
    assert (forbidden.name, "--python" in forbidden.text) == ("code", True)


def test_a_plan_that_is_being_read_is_made_anew_when_something_moves(
    make_site: Callable[..., Site],
) -> None:
    site = make_site(running=False)
    operation = Reset(site.deployment)
    plan = operation.plan()
    assert operation.look_again(plan) is None
    content = site.database.read_bytes()
    site.database.rename(site.database.with_name("old.db"))
    site.database.write_bytes(content)
    moved = operation.look_again(plan)
    assert moved is not None
    assert moved.fingerprint != plan.fingerprint
