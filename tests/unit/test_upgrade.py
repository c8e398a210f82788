"""Upgrades of a process gateway's database: rows, the way back, what is refused."""

from __future__ import annotations

import re
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import Site
from tests.faults import needs_root, small_disk
from tests.injection.fault import Fault
from tests.injection.inject import inject, runner
from tests.programs import running
from tests.unit.demo_package import BETWEEN, CURRENT, HEAD, OLDER, give_package
from tui.cli.report.outcome import outcome_lines
from tui.cli.report.plan import plan_lines
from tui.core.models import GatewayState, ProcessRef
from tui.core.operation import Check, Plan, Verdict
from tui.operations.backup import BackupCreate
from tui.operations.control import GatewayStop
from tui.operations.reads.looking import LiveDatabase
from tui.operations.rehearse import Rehearse
from tui.operations.timelines import rehearsals
from tui.operations.timelines.timeline import read_timeline
from tui.operations.undo import Undo
from tui.operations.upgrade import Upgrade
from tui.services import journal
from tui.wording import migrated

BATCH = """\
with op.batch_alter_table("tools") as batch:
    batch.add_column(sa.Column("extra", sa.Integer))
op.execute("INSERT INTO no_such_table VALUES (1)")"""
"""A revision that has rebuilt a table when it raises."""

POISONED = """\
with op.batch_alter_table("tools") as batch:
    batch.add_column(sa.Column("extra", sa.Integer))
if op.get_bind().execute(sa.text("SELECT 1 FROM tools WHERE name = 'poison'")).first():
    op.execute("INSERT INTO no_such_table VALUES (2)")"""
"""One that raises once a row is there."""


@pytest.fixture
def old(make_site: Callable[..., Site]) -> Site:
    """A running site two revisions before the head."""
    return make_site(revision="current")


def revisions(site: Site) -> tuple[str, ...]:
    return LiveDatabase(site.deployment).facts().revisions


def verdicts(plan: Plan) -> dict[str, Check]:
    return {check.name: check for check in plan.checks}


def write(site: Site, sql: str) -> None:
    with closing(sqlite3.connect(site.database, timeout=10)) as live, live:
        live.execute(sql)


def adds(site: Site, name: str, folder: Path) -> str:
    """A shell command by which the live gateway is given a tool."""
    program = folder / f"{name}.py"
    program.write_text(
        "import json, urllib.request\n"
        f"body = json.dumps({{'name': {name!r}}}).encode()\n"
        f"asked = urllib.request.Request({site.url('/tools')!r}, data=body, method='POST',\n"
        "    headers={'Content-Type': 'application/json'})\n"
        "urllib.request.urlopen(asked, timeout=10)\n"
    )
    return f"{sys.executable} {program}"


def is_clean(site: Site) -> bool:
    """Nothing of the work is left."""
    scratch = site.deployment.state_dir / "scratch"
    return not (scratch.is_dir() and list(scratch.iterdir())) and site.left_overs() == []


def safety(site: Site) -> list[Path]:
    return sorted((site.deployment.state_dir / "safety").glob("*.db"))


# --- it works -----------------------------------------------------------------------------


def test_rows_written_while_it_is_rehearsed_and_until_the_stop_are_in_the_upgraded_database(
    old: Site, tmp_path: Path
) -> None:
    """What was rehearsed is thrown away (I9); the old file is the safety copy, by its inode."""
    before, tools = old.database.stat(), old.tools()
    during, late = "written-during-the-rehearsal", "written-just-before-the-stop"
    outcome = inject(
        old,
        Upgrade(old.deployment),
        Fault("run", "tick:rehearse", adds(old, during, tmp_path)),
        Fault("run", "after:step_started:stop", adds(old, late, tmp_path)),
    )
    assert outcome.code == 0, outcome.said
    assert revisions(old) == (HEAD,)
    assert old.healthy()
    assert old.tools() == {*tools, during, late}
    (kept,) = safety(old)
    assert kept.stat().st_ino == before.st_ino
    after = old.database.stat()
    assert (after.st_uid, after.st_gid, after.st_mode) == (
        before.st_uid,
        before.st_gid,
        before.st_mode,
    )
    assert old.database.read_bytes()[18:20] == b"\x02\x02"
    assert is_clean(old)


def test_the_result_says_what_was_run_and_undo_takes_it_back(old: Site) -> None:
    tools = old.tools()
    plan = Upgrade(old.deployment).plan()
    assert plan.forbidden is None
    assert [step.step for step in plan.steps][:2] == ["rehearse", "release"]
    assert plan.downtime is None
    assert [r["revision"] for r in plan.facts["revisions"]] == [BETWEEN, HEAD]
    assert plan.command.endswith("migrations upgrade --confirm demo")

    last = old.do(Upgrade(old.deployment))
    assert last.exit_code == 0, last.sentence
    result = last.result
    assert (result["before"], result["after"]) == ([CURRENT], [HEAD])
    assert result["applied"] == [BETWEEN, HEAD]
    assert result["seconds_migrate"] > 0
    assert result["rehearsal"] == last.id
    assert f"Upgraded {CURRENT} → {HEAD} (2 revisions)" in last.sentence

    undo = Undo(old.deployment).plan()
    named = {
        "operation": "upgrade", "number": last.number, "who": last.who,
        "at": last.started.isoformat(),
    }  # fmt: skip
    assert undo.facts["undoes"] == named
    assert verdicts(undo)["secret"].verdict is Verdict.OK, "its copy was made here a moment ago"
    assert undo.facts["notes"][0].startswith(f"Undoes the upgrade, op {last.number} of ")
    assert f"op {last.number} of " in next(line for line in plan_lines(undo) if "undoes" in line)
    undone = old.do(Undo(old.deployment))
    assert undone.exit_code == 0, undone.sentence
    assert revisions(old) == (CURRENT,)
    assert old.tools() == tools
    assert old.healthy()
    assert (undone.result["before"], undone.result["after"]) == ([HEAD], [CURRENT])
    assert undone.result["undoes"] == named
    assert outcome_lines(undone)[0].startswith(f"✓ undone: upgrade op {last.number} of ")

    again = old.do(Undo(old.deployment))
    assert again.exit_code == 0, again.sentence
    assert again.result["undoes"]["operation"] == "undo"
    timeline = read_timeline(old.deployment, GatewayState(running="stopped"), (HEAD,))
    dated = {r.revision: r.applied_by.number for r in timeline.revisions if r.applied_by}
    assert dated == {HEAD: again.number, BETWEEN: last.number}, "the old dates are back"


def test_what_was_rehearsed_today_is_not_rehearsed_again_and_tells_the_downtime(
    old: Site,
) -> None:
    assert old.do(Rehearse(old.deployment, target=BETWEEN)).exit_code == 0
    operation = Upgrade(old.deployment, target=BETWEEN[:6])
    # Where it was stopped and started once, the whole downtime is known.
    assert old.do(GatewayStop(old.deployment)).exit_code == 0
    old.start()
    plan = operation.plan()
    assert plan.steps[0].step == "release"
    assert plan.facts["rehearsal"]["ok"]
    assert plan.facts["seconds"]["migrate"] > 0
    assert verdicts(plan)["rehearsed"].verdict is Verdict.OK
    last = old.do(operation)
    assert last.exit_code == 0, last.sentence
    assert revisions(old) == (BETWEEN,)
    assert last.result["rehearsal"] == plan.facts["rehearsal"]["id"]
    again = Upgrade(old.deployment).plan()
    assert again.steps[0].step == "rehearse", "of another way nothing was rehearsed"


def test_a_gateway_that_was_stopped_stays_stopped_unless_asked_for(
    make_site: Callable[..., Site],
) -> None:
    site = make_site(revision="current", running=False)
    plan = Upgrade(site.deployment).plan()
    assert "not proven by a start" in verdicts(plan)["gateway"].text
    last = site.do(Upgrade(site.deployment))
    assert last.exit_code == 0
    assert not site.running()
    assert "not proven by a start" in last.sentence
    assert revisions(site) == (HEAD,)
    assert site.do(Undo(site.deployment)).exit_code == 0
    assert site.do(Upgrade(site.deployment, start=True)).exit_code == 0
    assert site.healthy()


@needs_root
def test_where_no_file_can_take_its_place_the_copy_is_written_in_after_a_safety_copy(
    old: Site,
) -> None:
    inode = old.database.stat().st_ino
    with small_disk(old.deployment.state_dir, "40m"):
        plan = Upgrade(old.deployment).plan()
        assert plan.facts["way"] == "overwrite"
        assert "keep" in [step.step for step in plan.steps]
        last = old.do(Upgrade(old.deployment))
        assert last.exit_code == 0, last.sentence
        assert revisions(old) == (HEAD,)
        assert old.database.stat().st_ino == inode
        assert old.do(Undo(old.deployment)).exit_code == 0
        assert revisions(old) == (CURRENT,)
        assert old.healthy()


# --- a revision that fails ----------------------------------------------------------------


def test_a_revision_that_raises_in_the_rehearsal_stops_nothing(
    old: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    give_package(old, tmp_path, monkeypatch).add("aaaaaaaaaaaa", BATCH)
    inode, pid = old.database.stat().st_ino, (old.folder / "gateway.pid").read_text()
    last = old.do(Upgrade(old.deployment))
    assert last.exit_code == 1
    assert "aaaaaaaaaaaa" in last.sentence
    assert "INSERT INTO no_such_table VALUES (1)" in last.sentence
    assert "Nothing was changed" in last.sentence
    assert (old.folder / "gateway.pid").read_text() == pid, "the gateway was restarted"
    assert old.database.stat().st_ino == inode
    assert revisions(old) == (CURRENT,)
    (report,) = rehearsals.listed(old.deployment)
    assert report.id == last.id
    assert report.failed is not None
    assert last.result["rehearsal"] == report.id
    assert last.result["revision"] == "aaaaaaaaaaaa"
    assert dict(migrated.told(last))["statement"] == "INSERT INTO no_such_table VALUES (1)"
    assert f"  report   mcpdb-tui migrations rehearsals {report.id}" in outcome_lines(last)
    assert report.failed.revision == "aaaaaaaaaaaa"
    assert is_clean(old)

    # It would fail again: that is said, and refused until the cause is mended.
    plan = Upgrade(old.deployment).plan()
    found = next(line for line in plan_lines(plan) if line.lstrip().startswith("rehearsed"))
    assert re.search(
        r"rehearsed +FAIL \w{3} \d\d \d\d:\d\d at aaaaaaaaaaaa: .*no_such_table", found
    )
    assert plan.forbidden is not None
    assert (plan.forbidden.name, plan.forbidden.exit_code) == ("rehearsed", 12)
    assert "it would fail for real. Rehearse again after the cause" in plan.forbidden.text
    assert Upgrade(old.deployment, BETWEEN).plan().forbidden is None, "that one was not rehearsed"
    rehearsals.save(old.deployment, replace(report, live_inode=report.live_inode + 1))
    assert Upgrade(old.deployment).plan().forbidden is None, "that was another file"


def test_a_revision_that_raises_on_the_stopped_copy_alone_leaves_the_live_file_untouched(
    old: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = give_package(old, tmp_path, monkeypatch)
    package.add("bbbbbbbbbbbb", POISONED)
    inode = old.database.stat().st_ino
    with runner(Fault("run", "after:step_started:stop", adds(old, "poison", tmp_path))):
        last = old.do(Upgrade(old.deployment))
    assert last.exit_code == 1
    assert "bbbbbbbbbbbb" in last.sentence
    assert "no_such_table VALUES (2)" in last.sentence
    assert "no_such_table VALUES (2)" in dict(migrated.told(last))["statement"]
    assert rehearsals.load(old.deployment, last.result["rehearsal"]).ok
    assert "Nothing was changed" in last.sentence
    assert old.database.stat().st_ino == inode
    assert revisions(old) == (CURRENT,)
    assert old.healthy()
    assert "poison" in old.tools()
    assert safety(old) == []
    assert is_clean(old)


def test_a_gateway_that_does_not_work_with_it_gets_its_very_file_back(
    old: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The demo's gateway does not know the revision that this package has more."""
    give_package(old, tmp_path, monkeypatch).add("cccccccccccc", "pass")
    ref = old.deployment.gateway
    assert isinstance(ref, ProcessRef)
    old.deployment = replace(old.deployment, gateway=replace(ref, health_timeout=2.0))
    inode, tools = old.database.stat().st_ino, old.tools()
    last = old.do(Upgrade(old.deployment))
    assert (last.exit_code, last.outcome) == (4, "rolled back"), last.sentence
    assert old.database.stat().st_ino == inode
    assert revisions(old) == (CURRENT,)
    assert old.healthy()
    assert old.tools() == tools
    (rejected,) = safety(old)
    assert rejected.name == last.result["rejected"]
    assert is_clean(old)


def test_rows_that_are_lost_must_have_been_seen_in_the_plan(
    old: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = give_package(old, tmp_path, monkeypatch)
    lose = "DELETE FROM tool_metrics WHERE id IN (SELECT id FROM tool_metrics ORDER BY id LIMIT 3)"
    package.prepend(HEAD, f'op.execute("{lose}")')
    first = old.do(Upgrade(old.deployment))
    assert first.exit_code == 3
    assert "1 table would lose rows: tool_metrics" in first.sentence
    assert revisions(old) == (CURRENT,)

    plan = Upgrade(old.deployment).plan()
    assert plan.forbidden is None
    assert plan.steps[0].step == "release"
    check = verdicts(plan)["rehearsed"]
    assert check.verdict is Verdict.WARN
    assert "1 table loses rows: tool_metrics" in check.text
    last = old.do(Upgrade(old.deployment))
    assert last.exit_code == 0, last.sentence
    assert revisions(old) == (HEAD,)


def test_more_rows_lost_than_were_seen_change_nothing(
    old: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rehearsal lost none; on the stopped copy the revision finds what it removes."""
    package = give_package(old, tmp_path, monkeypatch)
    package.prepend(HEAD, "op.execute(\"DELETE FROM tools WHERE name = 'doomed'\")")
    inode = old.database.stat().st_ino
    with runner(Fault("run", "after:step_started:stop", adds(old, "doomed", tmp_path))):
        last = old.do(Upgrade(old.deployment))
    assert last.exit_code == 1
    assert "Table tools would lose rows" in last.sentence
    assert old.database.stat().st_ino == inode
    assert revisions(old) == (CURRENT,)
    assert "doomed" in old.tools()
    assert is_clean(old)


# --- others -------------------------------------------------------------------------------


def test_somebody_who_has_the_file_open_is_named_and_nothing_changes(old: Site) -> None:
    with running("reader", old.database) as other:
        plan = Upgrade(old.deployment).plan()
        assert plan.forbidden is not None
        assert plan.forbidden.name == "holders"
        assert int(plan.forbidden.exit_code) == 11
        assert str(other.process.pid) in plan.forbidden.text
    now = Upgrade(old.deployment).look_again(plan)
    assert now is not None
    assert now.forbidden is None
    assert now.fingerprint == plan.fingerprint


# --- what is refused ----------------------------------------------------------------------


def refused(site: Site, operation: Upgrade) -> tuple[str, int]:
    found = operation.plan().forbidden
    assert found is not None
    return found.text, int(found.exit_code)


def test_where_there_is_nothing_to_do_it_says_so(site: Site, old: Site) -> None:
    text, code = refused(site, Upgrade(site.deployment))
    assert (text, code) == (
        f"The database stands at {HEAD} = head: there is nothing to upgrade.",
        12,
    )
    text, code = refused(old, Upgrade(old.deployment, target=OLDER))
    assert code == 12
    assert f"`migrations downgrade {OLDER}`" in text
    text, code = refused(old, Upgrade(old.deployment, target="0000feed"))
    assert (code, "knows no revision 0000feed" in text) == (10, True)


def test_a_revision_that_the_code_does_not_know_is_named_with_what_to_do(old: Site) -> None:
    backup = old.do(BackupCreate(old.deployment))
    assert backup.exit_code == 0
    assert old.do(GatewayStop(old.deployment)).exit_code == 0
    write(old, "UPDATE alembic_version SET version_num = '7ab59991e017'")
    text, code = refused(old, Upgrade(old.deployment))
    assert code == 12
    assert text.startswith("This image does not know 7ab59991e017 (release 1.0.7). Start 1.0.7")
    assert f"{backup.started.astimezone():%b %d}" in text
    assert journal.paths(old.deployment.state_dir)


def test_several_heads_are_refused(
    old: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    give_package(old, tmp_path, monkeypatch).add("dddddddddddd", "pass", down=BETWEEN)
    text, code = refused(old, Upgrade(old.deployment))
    assert code == 12
    assert text.startswith("Two heads: ")
    assert "use another release" in text


def test_what_a_cut_migration_left_is_put_right_only_when_asked_for(old: Site) -> None:
    write(old, "CREATE TABLE _alembic_tmp_tools AS SELECT * FROM tools WHERE 0")
    text, code = refused(old, Upgrade(old.deployment))
    assert code == 12
    assert "_alembic_tmp_tools" in text
    assert "--repair" in text
    tools = old.tools()
    last = old.do(Upgrade(old.deployment, leftovers=True))
    assert last.exit_code == 0, last.sentence
    assert revisions(old) == (HEAD,)
    assert "_alembic_tmp_tools" not in {t.name for t in LiveDatabase(old.deployment).tables()}
    assert old.tools() == tools


def test_a_leftover_at_the_head_is_put_right_without_a_migration(site: Site) -> None:
    write(site, "CREATE TABLE _alembic_tmp_tools AS SELECT * FROM tools WHERE 0")
    last = site.do(Upgrade(site.deployment, leftovers=True))
    assert last.exit_code == 0, last.sentence
    assert last.result["applied"] == []
    mended = "ropped the left-over _alembic_tmp_tools (it was empty)"
    assert last.sentence.startswith(f"D{mended}. It stands at {HEAD}.")
    assert dict(migrated.told(last))["repaired"] == f"d{mended}"
    assert "_alembic_tmp_tools" not in {t.name for t in LiveDatabase(site.deployment).tables()}


def test_without_the_gateways_code_it_says_how_to_name_one(old: Site) -> None:
    bare = replace(old.deployment, migrations=replace(old.deployment.migrations, python=""))
    text, code = refused(old, Upgrade(bare))
    assert code == 12
    assert "--python" in text


def test_images_are_for_containers(old: Site) -> None:
    assert isinstance(old.deployment.gateway, ProcessRef)
    text, code = refused(old, Upgrade(old.deployment, image="forge:1.0.7"))
    assert (text, code) == ("There are no images here: the gateway is no container.", 12)
