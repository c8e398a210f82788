"""Bringing rows back under a gateway: these rows and no others, or nothing at all."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import Site
from tests.contents import content
from tests.faults import Held, as_nobody, fill, needs_root, small_disk, wait_for, without_code
from tests.programs import running
from tui.core.errors import McpdbError
from tui.core.models import ActivityEntry
from tui.core.operation import Verdict
from tui.demo import control
from tui.demo import deployment as demo
from tui.operations.activity import unfinished
from tui.operations.backup import BackupCreate
from tui.operations.bring_back import BringBack
from tui.operations.cataloguing.catalogue import find_backup, read_catalogue
from tui.operations.execution.launch import cancel, follow, launch, launch_resume
from tui.operations.finding.gateways import gateway_of, state_of
from tui.operations.undo import Undo
from tui.services import processes

TRAFFIC = ("tool_metrics", "gateways.last_seen")
"""What the gateway writes by itself."""


@pytest.fixture
def ready(site: Site, give_backup: Callable[[Site], Path]) -> Site:
    """A running site with a backup, and one gateway deleted since."""
    site.deployment = without_code(site.deployment)
    give_backup(site)
    lose(site)
    return site


def execute(site: Site, *statements: str) -> None:
    with closing(sqlite3.connect(site.database, timeout=10)) as connection, connection:
        connection.execute("PRAGMA foreign_keys=ON")
        for sql in statements:
            connection.execute(sql)


def lose(site: Site) -> None:
    """Delete the gateway that has tools, and with it all that hangs on it."""
    execute(site, f"DELETE FROM gateways WHERE id = '{lost(site)}'")


def lost(site: Site) -> str:
    with closing(sqlite3.connect(backup_of(site))) as connection:
        found = connection.execute("SELECT max(gateway_id) FROM tools").fetchone()[0]
    return str(found)


def backup_of(site: Site) -> Path:
    (path,) = site.deployment.backup_dir.glob("*.db")
    return path


def safety(site: Site) -> Path:
    return site.deployment.state_dir / "safety"


def wanted(site: Site) -> BringBack:
    return BringBack(site.deployment, "latest", rows={"gateways": [lost(site)]})


def rows(path: Path, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=10)) as connection:
        return connection.execute(sql).fetchall()


def is_back(site: Site) -> bool:
    return bool(rows(site.database, f"SELECT 1 FROM gateways WHERE id = '{lost(site)}'"))


def untouched(site: Site, before: dict[str, list[str]]) -> None:
    """As before, healthy, nothing left behind."""
    site.wait_healthy()
    assert content(site.database, without=TRAFFIC) == before
    assert site.integrity() == "ok"
    assert site.left_overs() == []
    assert not safety(site).is_dir() or list(safety(site).iterdir()) == []
    assert unfinished(site.deployment) == ()
    assert not site.database.with_name("mcp.db-journal").exists()


def not_done(site: Site, held: Held, code: int, says: str) -> ActivityEntry:
    before = content(site.database, without=TRAFFIC)
    last = held.end()
    assert (last.exit_code, says in last.sentence) == (code, True), last.sentence
    untouched(site, before)
    return last


# --- the good way -----------------------------------------------------------------------


def test_a_deleted_gateway_comes_back_with_its_tools_and_nothing_else_changes(ready: Site) -> None:
    before = content(ready.database, without=TRAFFIC)
    full = content(backup_of(ready), without=TRAFFIC)
    ready.add_tool("of-after-the-backup")
    identity = ready.database.stat()
    pid = state_of(gateway_of(ready.deployment)).identity

    last = ready.do(wanted(ready))

    assert last.exit_code == 0, last.sentence
    assert "Brought back into gateways, " in last.sentence
    found = content(ready.database, without=TRAFFIC)
    new = {t: sorted(set(r) - set(before[t])) for t, r in found.items() if r != before[t]}
    assert [name for name in new["tools"] if "of-after-the-backup" in name]
    new["tools"] = [row for row in new["tools"] if "of-after-the-backup" not in row]
    assert new == {t: sorted(set(r) - set(before[t])) for t, r in full.items() if r != before[t]}
    assert set(new) == {r["table"] for r in last.result["effect"] if r["table"] != "tool_metrics"}
    assert {"gateways", "tools", "server_tool_association"} <= set(new)
    now = ready.database.stat()
    assert (now.st_ino, now.st_uid, now.st_gid, now.st_mode) == (
        identity.st_ino, identity.st_uid, identity.st_gid, identity.st_mode
    )  # fmt: skip
    assert ready.healthy()
    assert state_of(gateway_of(ready.deployment)).identity != pid
    assert ready.integrity() == "ok"
    assert ready.left_overs() == []

    kept = find_backup(ready.deployment, str(last.result["safety"]))
    assert (kept.kind, kept.verdict) == ("safety", Verdict.OK)
    assert kept.manifest is not None
    assert (kept.manifest.trigger, kept.manifest.method) == ("bring-back", "backup-api")
    assert not rows(kept.path, f"SELECT 1 FROM gateways WHERE id = '{lost(ready)}'")


def test_undo_takes_it_back(ready: Site) -> None:
    assert ready.do(wanted(ready)).exit_code == 0
    assert is_back(ready)
    assert ready.do(Undo(ready.deployment)).exit_code == 0
    assert not is_back(ready)


@pytest.mark.parametrize("mode", ["wal", "delete"])
def test_a_stopped_gateway_stays_stopped_and_the_file_is_to_the_byte_of_content_as_it_was(
    mode: str, make_site: Callable[..., Site]
) -> None:
    site = make_site(running=False)
    site.deployment = without_code(site.deployment)
    with closing(sqlite3.connect(site.database)) as connection:
        connection.execute(f"PRAGMA journal_mode={mode}").fetchone()
    assert site.do(BackupCreate(site.deployment)).exit_code == 0
    before = content(site.database)
    lose(site)
    assert content(site.database) != before
    last = site.do(wanted(site))
    assert last.exit_code == 0, last.sentence
    assert "stays stopped" in last.sentence
    assert last.result["proven_by_start"] is False
    assert not site.running()
    assert content(site.database) == before
    assert (site.database.read_bytes()[18:20] == b"\x02\x02") is (mode == "wal")
    assert not site.database.with_name("mcp.db-journal").exists()


def test_rows_that_differ_are_replaced_from_a_compressed_backup(ready: Site) -> None:
    backup_of(ready).with_name(backup_of(ready).name + ".json").unlink()
    backup_of(ready).unlink()
    made = ready.do(BackupCreate(ready.deployment, compress=True))
    assert made.exit_code == 0
    before = content(ready.database, without=TRAFFIC)
    execute(ready, "UPDATE tools SET description = 'spoilt'")
    operation = BringBack(ready.deployment, str(made.result["backup"]), tables=("tools",))
    (effect,) = operation.plan().facts["effect"]
    assert (effect["added"], effect["replaced"] > 0) == (0, True)
    assert ready.do(operation).exit_code == 0
    assert content(ready.database, without=TRAFFIC) == before
    assert ready.left_overs() == []


def test_nothing_to_bring_back_stops_nothing(ready: Site) -> None:
    before = content(ready.database, without=TRAFFIC)
    operation = BringBack(ready.deployment, "latest", tables=("servers",))
    with pytest.raises(McpdbError, match="nothing to bring back") as raised:
        launch(operation, operation.plan().fingerprint)
    assert raised.value.exit_code == 12
    untouched(ready, before)


# --- the way back -----------------------------------------------------------------------


def test_a_gateway_that_does_not_become_healthy_gets_its_database_as_it_was(ready: Site) -> None:
    before = content(ready.database, without=TRAFFIC)
    inode = ready.database.stat().st_ino
    demo.break_next_start(ready.folder, "exit")
    last = ready.do(wanted(ready))
    assert (last.exit_code, last.outcome) == (4, "rolled back"), last.sentence
    assert "as it was before, and whole" in last.sentence
    ready.wait_healthy()
    assert content(ready.database, without=TRAFFIC) == before
    assert ready.database.stat().st_ino == inode
    assert ready.integrity() == "ok"
    assert ready.left_overs() == []


def test_a_way_back_that_is_killed_is_gone_to_its_end(
    ready: Site, faulty_runner: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = content(ready.database, without=TRAFFIC)
    demo.break_next_start(ready.folder, "exit")
    operation = wanted(ready)
    with monkeypatch.context():
        faulty_runner("kill-before", "recovery_finished:write-back")
        *_, last = follow(ready.deployment, launch(operation, operation.plan().fingerprint))
        assert last.state == "cut"
    monkeypatch.undo()
    ((_id, code),) = launch_resume(ready.deployment)
    assert code == 4
    ready.wait_healthy()
    assert content(ready.database, without=TRAFFIC) == before


# --- what forbids it --------------------------------------------------------------------


def refused(site: Site, operation: BringBack, code: int, says: str) -> None:
    before = content(site.database, without=TRAFFIC)
    pid = state_of(gateway_of(site.deployment)).identity
    plan = operation.plan()
    assert plan.forbidden is not None
    assert (plan.forbidden.exit_code, says in plan.forbidden.text) == (code, True), plan.forbidden
    with pytest.raises(McpdbError) as raised:
        launch(operation, plan.fingerprint)
    assert raised.value.exit_code == code
    assert state_of(gateway_of(site.deployment)).identity == pid
    untouched(site, before)


def test_a_unique_value_that_another_row_has_is_refused_with_both_named(ready: Site) -> None:
    (slug,) = rows(backup_of(ready), f"SELECT slug FROM gateways WHERE id = '{lost(ready)}'")[0]
    execute(ready, f"UPDATE gateways SET slug = '{slug}'")
    refused(ready, wanted(ready), 12, f"gateways {lost(ready)} cannot come back: gateways ")


def test_a_missing_parent_is_refused_where_it_may_not_come_along(ready: Site) -> None:
    (tool,) = rows(backup_of(ready), f"SELECT id FROM tools WHERE gateway_id = '{lost(ready)}'")[0]
    operation = BringBack(ready.deployment, "latest", rows={"tools": [tool]}, related=False)
    refused(ready, operation, 3, f"tools {tool} points to a row of gateways")


def test_read_only_mode(ready: Site) -> None:
    watching = replace(ready.deployment, read_only=True)
    refused(ready, replace(wanted(ready), deployment=watching), 12, "--read-only")


def test_somebody_who_has_the_file_open_is_named(ready: Site) -> None:
    with running("reader", ready.database) as program:
        refused(ready, wanted(ready), 11, f"(pid {program.pid}")
        program.end()


@needs_root
def test_another_user_is_told_what_it_needs(give_backup: Callable[[Site], Path]) -> None:
    # Not below pytest's own folder, into which nobody else may look.
    with tempfile.TemporaryDirectory(prefix="mcpdb-rights-") as folder:
        site = Site(demo.create_small(Path(folder) / "site"))
        site.deployment = without_code(site.deployment)
        backup = give_backup(site)
        lose(site)
        for path in (Path(folder), *Path(folder).rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)
        operation = replace(wanted(site), backup=str(backup))
        operation.plan()  # what it loads late it may not read as another user
        checks = {check.name: check for check in as_nobody(operation.plan).checks}
    assert checks["rights"].verdict is Verdict.FAIL
    assert "belongs to root, you are nobody" in checks["rights"].text


def test_a_damaged_backup_is_found_before_anything_stops(ready: Site) -> None:
    pid = state_of(gateway_of(ready.deployment)).identity
    before = content(ready.database, without=TRAFFIC)
    operation = wanted(ready)
    fingerprint = operation.plan().fingerprint
    path = backup_of(ready)
    with path.open("r+b") as stream:
        found = path.stat()
        stream.seek(-3, os.SEEK_END)
        stream.write(b"\xff")
    os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))
    *_, last = follow(ready.deployment, launch(operation, fingerprint))
    assert (last.exit_code, "FAIL sha256" in last.sentence) == (3, True), last.sentence
    assert state_of(gateway_of(ready.deployment)).identity == pid
    untouched(ready, before)


@needs_root
def test_a_disk_that_fills_up_while_the_safety_copy_is_made(
    tmp_path: Path, hold: Callable[..., Held]
) -> None:
    with small_disk(tmp_path / "disk", "24m") as disk:
        site = Site(demo.create_small(disk / "site"))
        site.deployment = without_code(site.deployment)
        try:
            site.start()
            assert site.do(BackupCreate(site.deployment)).exit_code == 0
            lose(site)
            before = content(site.database, without=TRAFFIC)
            held = hold(site.deployment, "after:step_started:keep")
            held.begin(wanted(site))
            filler = fill(disk, leave=200_000)
            last = held.end()
            filler.unlink()
            assert (last.exit_code, "space" in last.sentence.lower()) == (12, True), last.sentence
            untouched(site, before)
        finally:
            demo.stop(site.folder)


# --- somebody comes between -------------------------------------------------------------


def test_what_was_changed_since_the_plan_is_not_overwritten(
    ready: Site, hold: Callable[..., Held]
) -> None:
    held = hold(ready.deployment, "after:step_finished:check")
    held.begin(wanted(ready))
    with closing(sqlite3.connect(backup_of(ready))) as old:
        row = old.execute("SELECT * FROM gateways WHERE id = ?", (lost(ready),)).fetchone()
    with closing(sqlite3.connect(ready.database, timeout=10)) as connection, connection:
        marks = ", ".join("?" * len(row))
        connection.execute(f"INSERT INTO gateways VALUES ({marks})", row)
    not_done(ready, held, 11, "gateways: 1 added in the plan, 0 now")


def test_an_effect_that_is_another_one_needs_a_new_plan(ready: Site) -> None:
    operation = wanted(ready)
    fingerprint = operation.plan().fingerprint
    assert ready.do(wanted(ready)).exit_code == 0
    execute(ready, f"DELETE FROM tools WHERE gateway_id = '{lost(ready)}'")
    with pytest.raises(McpdbError, match="Something moved") as raised:
        launch(operation, fingerprint)
    assert raised.value.exit_code == 11


def test_a_rule_of_the_live_schema_takes_everything_back(
    ready: Site, hold: Callable[..., Held]
) -> None:
    held = hold(ready.deployment, "after:step_finished:check")
    held.begin(wanted(ready))
    # An index that the plan has not seen: only writing meets it.
    execute(
        ready,
        f"CREATE UNIQUE INDEX one_tool ON tools (gateway_id) WHERE gateway_id = '{lost(ready)}'",
    )
    not_done(ready, held, 3, "do not go back in: UNIQUE constraint failed: tools.gateway_id")


def test_a_reader_that_comes_after_the_release_is_waited_for_and_named(
    ready: Site, hold: Callable[..., Held]
) -> None:
    held = hold(
        ready.deployment,
        "after:step_finished:release",
        "tui.operations.bringing.into_live.OWNERSHIP_DEADLINE=1.5",
    )
    held.begin(wanted(ready))
    with running("reader", ready.database) as program:
        last = not_done(ready, held, 11, "Nothing was changed")
        assert re.search(rf"\(pid {program.pid}[,)]", last.sentence)
        program.end()


@pytest.mark.parametrize("place", ["after:step_finished:stop", "after:step_finished:write"])
def test_a_gateway_that_is_started_by_somebody_meanwhile_makes_it_undo_itself(
    place: str, ready: Site, hold: Callable[..., Held]
) -> None:
    before = content(ready.database, without=TRAFFIC)
    held = hold(ready.deployment, place)
    held.begin(wanted(ready))
    assert control.start(ready.folder) == 0
    last = held.end()
    assert last.exit_code == 11, last.sentence
    assert "started by somebody else" in last.sentence
    untouched(ready, before)


@pytest.mark.parametrize(
    "place", ["after:step_started:check", "after:step_started:keep", "after:step_finished:write"]
)
def test_a_cancel_before_the_commit_leaves_everything_as_it_was(
    place: str, ready: Site, hold: Callable[..., Held]
) -> None:
    before = content(ready.database, without=TRAFFIC)
    held = hold(ready.deployment, place)
    held.begin(wanted(ready))
    assert held.entry().cancellable
    cancel(ready.deployment, held.id)
    last = held.end()
    assert (last.exit_code, last.outcome) == (1, "cancelled")
    untouched(ready, before)


def test_a_cancel_after_the_commit_comes_too_late(ready: Site, hold: Callable[..., Held]) -> None:
    held = hold(ready.deployment, "after:step_started:commit")
    held.begin(wanted(ready))
    assert not held.entry().cancellable
    os.kill(held.entry().pid, signal.SIGTERM)
    assert held.end().exit_code == 0
    assert is_back(ready)


# --- killed -----------------------------------------------------------------------------

STEPS = ("stop", "prove", "keep", "write", "commit", "start", "readback")
PLACES = [
    ("kill-after", "begun:"),
    ("kill-tick", "check"),
    *(("kill-after", f"step_started:{step}") for step in STEPS),
    *(("kill-before", f"step_finished:{step}") for step in STEPS),
    ("kill-before", "ended:"),
]
COMMITTED = {
    "step_finished:commit",
    "step_started:start",
    "step_finished:start",
    "step_started:readback",
    "step_finished:readback",
    "ended:",
}
"""From here on it is finished, not undone."""


@pytest.mark.parametrize(("fault", "place"), PLACES)
def test_killed_anywhere_the_rows_are_all_back_or_none_is(
    fault: str,
    place: str,
    ready: Site,
    faulty_runner: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = content(ready.database, without=TRAFFIC)
    full = content(backup_of(ready), without=TRAFFIC)
    operation = wanted(ready)
    with monkeypatch.context():
        faulty_runner(fault, place)
        try:
            *_, last = follow(ready.deployment, launch(operation, operation.plan().fingerprint))
            assert last.state == "cut"
        except McpdbError:
            assert place == "begun:"  # killed before it could answer
    monkeypatch.undo()

    ((_id, code),) = launch_resume(ready.deployment)
    new = place in COMMITTED
    assert code == (0 if new else 1)
    ready.wait_healthy()
    assert content(ready.database, without=TRAFFIC) == (full if new else before)
    assert ready.integrity() == "ok"
    assert ready.left_overs() == []
    assert unfinished(ready.deployment) == ()
    kinds = [b.kind for b in read_catalogue(ready.deployment).backups]
    assert kinds.count("safety") == (1 if new else 0)
    assert launch_resume(ready.deployment) == []


def test_both_processes_killed_with_half_of_it_in_the_file_leave_none_of_it(
    make_site: Callable[..., Site], hold: Callable[..., Held]
) -> None:
    site = make_site()
    site.deployment = without_code(site.deployment)
    execute(
        site,
        "CREATE TABLE bulk (id INTEGER PRIMARY KEY, x BLOB)",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1500) "
        "INSERT INTO bulk SELECT i, randomblob(3000) FROM n",
    )
    assert site.do(BackupCreate(site.deployment)).exit_code == 0
    execute(site, "DELETE FROM bulk WHERE id > 5")
    before = content(site.database, without=TRAFFIC)
    held = hold(site.deployment, "after:step_finished:write")
    held.begin(BringBack(site.deployment, "latest", tables=("bulk",)))
    pid = held.entry().pid
    (helper,) = (child for child in processes.tree(pid) if child != pid)
    journal = site.database.with_name("mcp.db-journal")
    assert journal.read_bytes()[:8].hex() == "d9d505f920a163d7", "nothing reached the file yet"
    for number in (helper, pid):
        os.kill(number, signal.SIGKILL)
    wait_for(lambda: unfinished(site.deployment), "it is seen to be cut")
    assert journal.exists()
    ((_id, code),) = launch_resume(site.deployment)
    assert code == 1
    untouched(site, before)
    assert site.database.read_bytes()[18:20] == b"\x02\x02"


def test_a_helper_killed_at_the_commit_is_judged_by_what_stands_in_the_file(
    ready: Site, hold: Callable[..., Held]
) -> None:
    before = content(ready.database, without=TRAFFIC)
    held = hold(ready.deployment, "after:step_started:commit")
    held.begin(wanted(ready))
    pid = held.entry().pid
    (helper,) = (child for child in processes.tree(pid) if child != pid)
    os.kill(helper, signal.SIGKILL)
    last = held.end()
    assert last.exit_code == 1, last.sentence
    untouched(ready, before)
