"""Migrations on the real gateway: rehearsed, upgraded with the image, taken back, put right."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from secrets import token_urlsafe

import pytest

from tests.docker import lab
from tests.docker.migration_site import (
    BELOW,
    BROKEN,
    NEW,
    NEXT,
    OLD,
    as_kept,
    assert_left_nothing,
    bytes_of,
    check,
    findings,
    give_logs,
    image_id,
    image_of,
    keep,
    left_in,
    stands_at,
    timeline,
    writing,
)
from tests.docker.site import RealSite, ask, ask_finished
from tests.faults import wait_for
from tui.core.operation import Verdict
from tui.operations.bootstrap import Bootstrap, Reset
from tui.operations.cataloguing.catalogue import safety_dir
from tui.operations.downgrade import Downgrade
from tui.operations.execution.registry import build
from tui.operations.rehearse import Rehearse
from tui.operations.status import read_gateway
from tui.operations.timelines import rehearsals
from tui.operations.undo import Undo
from tui.operations.upgrade import Upgrade

pytestmark = [pytest.mark.docker, pytest.mark.timeout(600)]

TMP = f"_alembic_tmp_{lab.TABLE}"


# --- from 0.3.1 to 1.0.7 -------------------------------------------------------------------


def test_0_3_1_is_rehearsed_with_1_0_7_then_upgraded_with_the_image_and_taken_back(
    raise_site: Callable[..., RealSite],
) -> None:
    site = raise_site("0.3.1")
    site.add_tool("from-the-old-release")
    live, image = site.lab.database, lab.image_for("1.0.7", site.lab.engine)
    before = bytes_of(site)

    rehearsed = site.do(Rehearse(site.deployment, image=image))

    assert rehearsed.exit_code == 0, rehearsed.sentence
    assert bytes_of(site) == before, "the live file was touched"
    report = rehearsals.listed(site.deployment)[0]
    assert report.ok, report.problem
    assert (report.before, report.after) == ((OLD,), (NEW,))
    assert len(report.runs) == 110
    assert all(run.ok and run.seconds >= 0 for run in report.runs)
    assert any(run.did for run in report.runs)
    assert ("+", "table", "email_users") in {(c.sign, c.kind, c.name) for c in report.schema}
    assert any(c.kind == "index" for c in report.schema)
    assert not report.lost
    assert report.integrity == "ok"
    assert set(report.seconds) >= {"copy", "migrate", "bootstrap", "check"}
    assert_left_nothing(site)

    # The operator names the new image and starts nothing.
    site.lab.name_release("1.0.7")
    give_logs(site, "1.0.7")
    operation = Upgrade(site.deployment)
    plan = operation.plan()
    assert plan.forbidden is None, plan.forbidden
    assert "10001:10001" in check(plan, "owner").text
    assert "rehearse" not in [step.step for step in plan.steps]
    with writing(site, "until-the-stop") as acknowledged:
        wait_for(lambda: len(acknowledged) >= 2, "the gateway takes tools")
        entry = site.do(operation)

    assert entry.exit_code == 0, entry.sentence
    site.wait_healthy()
    assert set(site.tools()) >= {"from-the-old-release", *acknowledged}
    assert image_of(site) == image_id(site, "1.0.7")
    assert site.owner_and_mode()[:2] == lab.release("1.0.7").owner
    folder = live.parent.stat()
    assert (folder.st_uid, folder.st_gid) == lab.release("1.0.7").owner
    assert ask(live, "PRAGMA integrity_check") == [("ok",)]
    assert_left_nothing(site)
    known = timeline(site)
    assert (known.current, known.heads, known.pending) == ((NEW,), (NEW,), 0)
    came = [r for r in known.revisions if r.applied_by is not None]
    assert len(came) == 110
    assert {(r.applied_by.operation, r.applied_by.who) for r in came if r.applied_by} == {
        ("upgrade", entry.who)
    }
    assert len(entry.result["applied"]) == 110
    assert entry.result["rehearsal"] == report.id

    # The old file and the old image come back together, though Compose names the new one.
    undone = site.do(Undo(site.deployment))
    assert undone.exit_code == 0, undone.sentence
    assert image_of(site) == image_id(site, "0.3.1")
    assert stands_at(live) == [OLD]
    assert site.owner_and_mode()[:2] == lab.release("0.3.1").owner
    assert "from-the-old-release" in site.tools()
    assert_left_nothing(site)


def test_a_folder_of_the_old_user_is_named_by_the_doctor_and_its_fix_works(
    raise_site: Callable[..., RealSite],
) -> None:
    site = raise_site("0.3.1")
    site.add_tool("from-the-old-release")
    # By hand, as an operator who thinks that the image is all there is.
    site.lab.name_release("1.0.7")
    give_logs(site, "1.0.7")
    site.lab.up(wait=None)
    wait_for(lambda: (read_gateway(site.deployment)[0].restarts or 0) > 0, "it restarts", 240)

    found = findings(site)
    owner = found["owner"]
    assert owner.verdict == "FAIL"
    assert "1001" in owner.text
    assert "10001" in owner.text
    assert owner.operation == "own"

    entry = site.do(build(owner.operation, site.deployment, dict(owner.params)))

    assert entry.exit_code == 0, entry.sentence
    assert entry.result["gateway_up"] is True, entry.sentence
    site.wait_healthy()
    assert site.owner_and_mode()[:2] == lab.release("1.0.7").owner
    assert site.tools() == {"from-the-old-release"}
    assert stands_at(site.lab.database) == [NEW]
    assert "owner" not in findings(site)


# --- on 1.0.7 ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def kept(shared_site: RealSite, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The module's database as each test shall find it."""
    shared_site.add_tool("mine")
    return keep(shared_site, tmp_path_factory.mktemp("kept") / "mcp.db")


@pytest.fixture
def site(shared_site: RealSite, kept: Path) -> RealSite:
    """Gateway 1.0.7, stopped, its database at the head, with nothing kept from another test."""
    as_kept(shared_site, kept, release="1.0.7")
    return shared_site


@pytest.fixture
def up(site: RealSite) -> RealSite:
    """The same with its gateway up and healthy."""
    site.lab.up()
    return site


def test_a_failing_revision_leaves_a_stopped_deployment_as_it_was_to_the_byte(
    site: RealSite,
) -> None:
    site.lab.name_release("1.0.7-broken")
    before, made_of = bytes_of(site), image_of(site)

    entry = site.do(Upgrade(site.deployment))

    assert entry.exit_code == 1, entry.sentence
    assert BROKEN in entry.sentence
    assert bytes_of(site) == before
    assert image_of(site) == made_of
    assert not site.running()
    report = rehearsals.listed(site.deployment)[0]
    assert not report.ok
    assert report.failed is not None
    assert report.failed.revision == BROKEN
    assert f"INSERT INTO {TMP}" in report.failed.statement
    assert "lab_never" in report.failed.error
    assert_left_nothing(site)


def test_a_revision_that_fails_on_the_stopped_file_alone_gets_the_gateway_back(
    up: RealSite,
) -> None:
    """What was rehearsed well can fail for real: rows that came meanwhile, a full disk."""
    site = up
    site.lab.name_release("1.0.7-broken")
    # Without a row to copy its check holds: the rehearsal is content.
    site.lab.container.execute("python3", "-c", _SQL.format(f"DELETE FROM {lab.TABLE}"))
    assert site.do(Rehearse(site.deployment, image=site.lab.image)).exit_code == 0
    site.lab.container.execute(
        "python3", "-c",
        _SQL.format(f"INSERT INTO {lab.TABLE} (revision, key) VALUES ('late', 'late')"),
    )  # fmt: skip
    identity, made_of = site.lab.container_id(), image_of(site)
    inode = site.lab.database.stat().st_ino

    entry = site.do(Upgrade(site.deployment))

    assert entry.exit_code in (1, 4), entry.sentence
    assert BROKEN in entry.sentence
    assert site.lab.database.stat().st_ino == inode
    assert (site.lab.container_id(), image_of(site)) == (identity, made_of)
    site.wait_healthy()
    assert stands_at(site.lab.database) == [NEW]
    assert left_in(site.lab.database) == []
    assert site.tools() == {"mine"}
    assert list(safety_dir(site.deployment).glob("*.db")) == []
    assert_left_nothing(site)


_SQL = (
    "import sqlite3; c = sqlite3.connect('/app/data/mcp.db', timeout=20); "
    'c.execute("{}"); c.commit()'
)


def test_a_file_that_was_wedged_by_hand_is_named_and_repaired_with_a_safety_copy(
    site: RealSite,
) -> None:
    said = lab.migrate_by_hand(site.lab, "1.0.7-broken")
    assert "CHECK constraint failed" in said
    assert left_in(site.lab.database) == [(TMP,)]
    found = findings(site)["leftover"]
    assert TMP in found.text
    assert found.operation == "upgrade"
    assert found.params["leftovers"] is True

    # The next release wants to rebuild the same table: without the repair it cannot.
    site.lab.name_release("1.0.7-next")
    forbidden = Upgrade(site.deployment).plan().forbidden
    assert forbidden is not None
    assert TMP in forbidden.text
    entry = site.do(Upgrade(site.deployment, leftovers=True, start=True))

    assert entry.exit_code == 0, entry.sentence
    site.wait_healthy()
    assert stands_at(site.lab.database) == [NEXT]
    assert left_in(site.lab.database) == []
    assert image_of(site) == image_id(site, "1.0.7-next")
    assert site.tools() == {"mine"}
    safety = Path(str(entry.result["safety_path"]))
    assert ask_finished(safety, f"SELECT count(*) FROM {lab.TABLE}") == [(4,)]
    assert ask_finished(safety, f"SELECT count(*) FROM {TMP}") == [(0,)]
    assert findings(site) == {}
    assert_left_nothing(site)

    # Down again, with the image that the target fits: the Compose file names it.
    site.lab.name_release("1.0.7")
    operation = Downgrade(site.deployment, "-1")
    plan = operation.plan()
    assert plan.forbidden is None, plan.forbidden
    down = site.do(operation)
    assert down.exit_code == 0, down.sentence
    site.wait_healthy()
    assert stands_at(site.lab.database) == [NEW]
    assert image_of(site) == image_id(site, "1.0.7")
    assert site.tools() == {"mine"}
    assert_left_nothing(site)

    undone = site.do(Undo(site.deployment))
    assert undone.exit_code == 0, undone.sentence
    assert stands_at(site.lab.database) == [NEXT]
    assert image_of(site) == image_id(site, "1.0.7-next")
    site.wait_healthy()
    assert site.tools() == {"mine"}


def test_an_upgrade_keeps_every_row_that_was_acknowledged_from_the_rehearsal_to_the_stop(
    up: RealSite,
) -> None:
    site = up
    site.lab.name_release("1.0.7-next")
    operation = Upgrade(site.deployment)
    assert "rehearse" in [step.step for step in operation.plan().steps]
    with writing(site, "during") as acknowledged:
        entry = site.do(operation)
    assert entry.exit_code == 0, entry.sentence
    assert [step.step for step in entry.steps if step.state == "done"] == [
        "rehearse", "release", "stop", "prove", "copy", "migrate", "check", "swap", "start",
        "readback",
    ]  # fmt: skip
    assert entry.result["applied"] == [NEXT]
    assert len(acknowledged) > 3, "the gateway was to be written to meanwhile"
    site.wait_healthy()
    assert site.tools() >= {"mine", *acknowledged}
    assert stands_at(site.lab.database) == [NEXT]


def test_downgrade_to_a_revision_and_stamp_want_the_name_and_are_undone(site: RealSite) -> None:
    owner, name = site.owner_and_mode(), site.deployment.name
    told = " ".join(check.text for check in Downgrade(site.deployment, BELOW).plan().checks)
    assert "migrates up again" in told
    for change in ("downgrade", "stamp"):
        before = bytes_of(site)
        for first, last in (((), ()), (("--yes",), ()), ((), ("--confirm", f"{name}-2"))):
            refused = site.command(*first, "migrations", change, BELOW, *last)
            assert refused.returncode == 2, refused.stderr
        assert bytes_of(site) == before

        done = site.command("migrations", change, BELOW, "--confirm", name)
        assert done.returncode == 0, done.stderr
        assert stands_at(site.lab.database) == [BELOW]

        undone = site.command("undo", "--confirm", name)
        assert undone.returncode == 0, undone.stderr
        assert stands_at(site.lab.database) == [NEW]
        assert ask_finished(site.lab.database, "SELECT name FROM tools") == [("mine",)]
        assert site.owner_and_mode() == owner
        assert not site.running()
    assert_left_nothing(site)


def test_reset_its_undo_and_a_bootstrap_of_what_is_missing(up: RealSite) -> None:
    site = up
    owner = site.owner_and_mode()
    reset = site.do(Reset(site.deployment))
    assert reset.exit_code == 0, reset.sentence
    site.wait_healthy()
    assert site.tools() == set()
    assert site.owner_and_mode() == owner
    undone = site.do(Undo(site.deployment))
    assert undone.exit_code == 0, undone.sentence
    site.wait_healthy()
    assert site.tools() == {"mine"}

    site.lab.compose("stop")
    for path in site.lab.database.parent.glob("mcp.db*"):
        path.unlink()
    assert "missing" in findings(site)
    made = site.do(Bootstrap(site.deployment, start=True))
    assert made.exit_code == 0, made.sentence
    site.wait_healthy()
    assert stands_at(site.lab.database) == [NEW]
    assert site.owner_and_mode()[:2] == owner[:2]
    assert site.tools() == set()
    assert_left_nothing(site)


def test_a_gateway_that_crashes_in_its_migration_is_rehearsed_and_named_by_the_doctor(
    site: RealSite,
) -> None:
    # One revision behind, and the database does not let itself be migrated.
    with closing(sqlite3.connect(site.lab.database)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (BELOW,))
        connection.execute(
            "CREATE TRIGGER lab_stop BEFORE UPDATE ON alembic_version "
            "BEGIN SELECT RAISE(ABORT, 'not while the laboratory looks'); END"
        )
        connection.commit()
    site.lab.give_data_to_user()
    site.lab.up(wait=None)
    wait_for(lambda: (read_gateway(site.deployment)[0].restarts or 0) > 0, "it restarts", 240)
    found = findings(site)
    assert "crash-loop" in found
    assert "not while the laboratory looks" in " ".join(
        [found["crash-loop"].text, *found["crash-loop"].details]
    )
    rehearsed = site.do(Rehearse(site.deployment))
    assert rehearsed.exit_code in (1, 3), rehearsed.sentence
    report = rehearsals.listed(site.deployment)[0]
    assert "not while the laboratory looks" in (report.failed.error if report.failed else "")


def test_a_gateway_whose_image_never_starts_is_upgraded_to_the_next_one(site: RealSite) -> None:
    site.lab.name_release("1.0.7-sick")
    site.lab.up(wait=None)
    wait_for(lambda: (read_gateway(site.deployment)[0].restarts or 0) > 0, "it restarts", 240)
    site.lab.name_release("1.0.7-next")
    entry = site.do(Upgrade(site.deployment))
    assert entry.exit_code == 0, entry.sentence
    site.wait_healthy()
    assert stands_at(site.lab.database) == [NEXT]
    assert image_of(site) == image_id(site, "1.0.7-next")
    assert site.tools() == {"mine"}
    assert_left_nothing(site)


def test_an_old_image_on_a_newer_file_says_what_made_it_and_changes_nothing(
    site: RealSite,
) -> None:
    site.lab.name_release("0.3.1")
    site.lab.compose("up", "--no-start")
    before = bytes_of(site)

    found = findings(site)["unknown-revision"]
    assert found.verdict == "FAIL"
    assert f"does not know {NEW} (release 1.0.7)" in found.text
    assert "1.0.7" in found.remedy
    known = timeline(site)
    assert known.unknown == (NEW,)
    assert "Start 1.0.7, or restore a backup of 0.3.1" in known.problem
    for operation in (
        Upgrade(site.deployment),
        Downgrade(site.deployment, OLD),
        Rehearse(site.deployment),
    ):
        forbidden = operation.plan().forbidden
        assert forbidden is not None, operation.name
        assert forbidden.verdict is Verdict.FAIL
        assert "1.0.7" in forbidden.text, forbidden.text
    assert bytes_of(site) == before
    assert_left_nothing(site)


# --- without Docker ------------------------------------------------------------------------


def test_without_docker_an_interpreter_with_the_code_is_enough(tmp_path: Path) -> None:
    python = lab.gateway_python("1.0.7")
    live = lab.fresh_database("0.3.1", tmp_path / "mcp.db")
    before = live.read_bytes()
    (tmp_path / "mcpdb.toml").write_text(
        f'name = "bare"\ndatabase = "mcp.db"\npython = "{python}"\n'
        '[gateway]\nkind = "process"\nstart = ["true"]\nstop = ["true"]\n'
        'running = ["false"]\nhealth_url = "http://127.0.0.1:9/health"\n'
    )
    # An installation of its own has its settings beside it, and without them it runs nothing.
    secrets = ("JWT_SECRET_KEY", "AUTH_ENCRYPTION_SECRET")
    (tmp_path / ".env").write_text("".join(f"{key}={token_urlsafe(36)}\n" for key in secrets))

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "tui", "--project-dir", str(tmp_path), *words],
            env={**os.environ, "DOCKER_HOST": "unix:///nowhere/docker.sock"},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    pending = run("migrations", "current")
    assert pending.returncode == 0, pending.stderr
    rehearsed = run("migrations", "rehearse")
    assert rehearsed.returncode == 0, rehearsed.stderr
    assert "110 revisions" in rehearsed.stdout
    assert live.read_bytes() == before

    upgraded = run("migrations", "upgrade", "--confirm", "bare")
    assert upgraded.returncode == 0, upgraded.stderr
    assert stands_at(live) == [NEW]
    assert ask(live, "PRAGMA integrity_check") == [("ok",)]
    shown = run("migrations", "list", "--verbose")
    assert shown.stdout.count("by upgrade op ") == 110
    assert run("undo", "--confirm", "bare").returncode == 0
    assert stands_at(live) == [OLD]
