"""Rehearsals on a process gateway: real Alembic on a copy, and the live database as it was."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT, Site
from tests.faults import Held, print_of, without_code
from tui.core.errors import BusyError, ExitCode, McpdbError
from tui.core.models import ContainerRef, Deployment, MigrationsRef, ProcessRef
from tui.core.operation import Progress, Verdict
from tui.demo.catalogue import REVISIONS
from tui.operations.execution.launch import launch, launch_resume
from tui.operations.migrating import rehearsing
from tui.operations.rehearse import Rehearse
from tui.operations.timelines import rehearsals
from tui.services.migrations.running import Job
from tui.services.sqlite.inspection import revisions
from tui.wording.rehearsals import NOTHING, UNTOUCHED

HEAD, BEFORE_HEAD = "d45c8b39e07f", "6ea2f05bd913"
CURRENT = REVISIONS["current"]

ONE_MORE = '''"""{doc}

Revision ID: {revision}
Revises: {down}
"""

import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = "{down}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    {body}


def downgrade() -> None:
    pass
'''
ADDED = "aaaaaaaaaaaa"


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., MigrationsRef]:
    """The demo's package with one more revision, importable by whoever is started from here."""

    def make(body: str, *, bootstrap: str = "") -> MigrationsRef:
        name = f"shipped_{len(list(tmp_path.glob('shipped_*')))}"
        folder = tmp_path / name
        folder.mkdir()
        demo = ROOT / "tui" / "demo"
        for part in ("alembic.ini", "bootstrap_db.py"):
            shutil.copy(demo / part, folder)
        shutil.copytree(demo / "migrations", folder / "migrations")
        (folder / "__init__.py").touch()
        if bootstrap:
            (folder / "bootstrap_db.py").write_text(bootstrap)
        text = ONE_MORE.format(doc="Does one more", revision=ADDED, down=HEAD, body=body)
        (folder / "migrations" / "versions" / f"{ADDED}_more.py").write_text(text)
        monkeypatch.syspath_prepend(str(tmp_path))
        monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), str(ROOT)]))
        return MigrationsRef(python=sys.executable, package=name)

    return make


def with_code(site: Site, code: MigrationsRef) -> Site:
    site.deployment = replace(site.deployment, migrations=code)
    return site


def live_print(site: Site) -> tuple[int, int, str]:
    """Inode, owner and hash of the live database, read by another process (I5).

    A look at a stopped database may leave an empty WAL beside it; what is in the file stays.
    """
    wal = site.database.with_name("mcp.db-wal")
    assert not wal.exists() or wal.stat().st_size == 0
    script = (
        "import sys,pathlib; from tests.faults import print_of; "
        "print(*print_of(pathlib.Path(sys.argv[1]))['mcp.db'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(site.database.parent)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    inode, owner, digest = done.stdout.split()
    return int(inode), int(owner), digest


def no_scratch(site: Site) -> bool:
    return not (site.deployment.state_dir / "scratch").exists() and site.left_overs() == []


def stands_at(site: Site) -> tuple[str, ...]:
    with closing(sqlite3.connect(f"{site.database.as_uri()}?mode=ro", uri=True)) as connection:
        return revisions(connection)


# --- what is told -------------------------------------------------------------------------


def test_an_upgrade_is_rehearsed_and_told_and_the_live_files_stay_byte_for_byte(
    make_site: Callable[..., Site],
) -> None:
    site = make_site(running=False, revision="current")
    before = live_print(site)
    operation = Rehearse(site.deployment)
    plan = operation.plan()
    assert plan.forbidden is None
    assert plan.facts["revisions"] == [BEFORE_HEAD, HEAD]
    assert plan.facts["seconds"] is None
    entry = site.do(operation)
    assert entry.exit_code == 0, entry.sentence
    assert live_print(site) == before
    assert no_scratch(site)
    report = rehearsals.load(site.deployment, str(entry.result["rehearsal"]))
    assert report.ok
    assert (report.before, report.after, report.target) == ((CURRENT,), (HEAD,), HEAD)
    assert [run.revision for run in report.runs] == [BEFORE_HEAD, HEAD]
    assert (report.integrity, report.foreign_keys, dict(report.rows)) == ("ok", (0, 0), {})
    assert {"copy", "migrate", "bootstrap", "check"} <= report.seconds.keys()
    changes = {(c.sign, c.kind, c.table, c.name) for c in report.schema}
    assert changes == {
        ("+", "column", "gateways", "add_headers"),
        ("+", "column", "gateways", "remove_headers"),
        ("+", "constraint", "oauth_tokens", "uq_oauth_gateway_app_user"),
        ("-", "constraint", "oauth_tokens", "uq_oauth_gateway_user"),
    }
    found = rehearsals.matching(
        site.deployment, action="upgrade", target=HEAD, image_id="", before=[CURRENT]
    )
    assert found == report
    again = operation.plan()
    assert again.facts["seconds"] == pytest.approx(
        sum(report.seconds[key] for key in ("copy", "migrate", "bootstrap", "check"))
    )


def test_rows_that_the_gateway_writes_meanwhile_are_live_and_nothing_is_swapped(
    make_site: Callable[..., Site], hold: Callable[..., Held]
) -> None:
    site = make_site(revision="current")
    inode = site.database.stat().st_ino
    held = hold(site.deployment, "after:step_started:migrate")
    held.begin(Rehearse(site.deployment))
    site.add_tool("written-meanwhile")
    entry = held.end()
    assert entry.exit_code == 0, entry.sentence
    assert "written-meanwhile" in site.tools()
    assert site.database.stat().st_ino == inode
    assert stands_at(site) == (CURRENT,)
    assert site.healthy()
    assert entry.down_seconds is None
    assert no_scratch(site)


def test_a_downgrade_to_a_named_revision_is_rehearsed_without_a_start_behind_it(
    make_site: Callable[..., Site],
) -> None:
    site = make_site(running=False)
    operation = Rehearse(site.deployment, action="downgrade", target=CURRENT[:6])
    entry = site.do(operation)
    assert entry.exit_code == 0, entry.sentence
    report = rehearsals.load(site.deployment, "latest")
    assert (report.action, report.target, report.after) == ("downgrade", CURRENT, (CURRENT,))
    assert [run.revision for run in report.runs] == [HEAD, BEFORE_HEAD]
    assert "bootstrap" not in report.seconds
    assert stands_at(site) == (HEAD,)


def test_a_stamp_is_rehearsed_and_changes_nothing_but_the_stamp(
    make_site: Callable[..., Site],
) -> None:
    site = make_site(running=False)
    entry = site.do(Rehearse(site.deployment, action="stamp", target=BEFORE_HEAD))
    assert entry.exit_code == 0, entry.sentence
    report = rehearsals.load(site.deployment, "latest")
    assert (report.before, report.after) == ((HEAD,), (BEFORE_HEAD,))
    assert (report.schema, dict(report.rows)) == ((), {})
    assert stands_at(site) == (HEAD,)


def test_a_database_at_the_head_has_nothing_to_rehearse(make_site: Callable[..., Site]) -> None:
    site = make_site(running=False)
    operation = Rehearse(site.deployment)
    plan = operation.plan()
    assert plan.forbidden is None
    assert plan.steps == ()
    assert plan.facts["nothing"] == NOTHING
    entry = site.do(operation)
    assert (entry.exit_code, entry.sentence) == (0, NOTHING)
    assert rehearsals.listed(site.deployment) == ()
    assert no_scratch(site)


# --- what goes wrong ----------------------------------------------------------------------

FAILS = """with op.batch_alter_table("gateways") as batch:
        batch.add_column(sa.Column("extra", sa.Text))
    op.execute("CREATE TABLE half_way (id INT)")
    with op.batch_alter_table("tools") as batch:
        batch.add_column(sa.Column("never", sa.Text))
        batch.create_unique_constraint("uq_never", ["gateway_id"])"""


def test_a_revision_that_fails_in_batch_mode_is_named_with_its_statement_and_changes_nothing(
    make_site: Callable[..., Site], package: Callable[..., MigrationsRef]
) -> None:
    site = with_code(make_site(running=False, revision="current"), package(FAILS))
    before = live_print(site)
    entry = site.do(Rehearse(site.deployment))
    assert (entry.exit_code, entry.outcome) == (1, "failed")
    assert entry.sentence.startswith(f"FAIL at 3 of 3: {ADDED} Does one more: ")
    assert "UNIQUE constraint failed" in entry.sentence
    assert "The statement: INSERT INTO _alembic_tmp_tools" in entry.sentence
    assert entry.sentence.endswith(UNTOUCHED)
    assert live_print(site) == before
    assert no_scratch(site)
    report = rehearsals.load(site.deployment, str(entry.result["rehearsal"]))
    assert not report.ok
    assert report.failed is not None and report.failed.revision == ADDED
    assert [run.ok for run in report.runs] == [True, True, False]
    states = {line.step: line.state for line in entry.steps}
    assert states == {"copy": "done", "migrate": "failed", "check": "pending", "report": "done"}
    why = next(line.text for line in entry.steps if line.step == "migrate")
    assert "UNIQUE constraint failed" in why


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('op.execute("DELETE FROM tools WHERE rowid % 2")', "1 table would lose rows: tools "),
        (
            "op.execute(\"INSERT INTO server_tool_association VALUES ('no', 'no')\")",
            "2 rows would point nowhere that do not now.",
        ),
    ],
    ids=["lost rows", "a pointer to nothing"],
)
def test_what_a_migration_damages_without_failing_is_exit_3(
    make_site: Callable[..., Site],
    package: Callable[..., MigrationsRef],
    body: str,
    said: str,
) -> None:
    site = with_code(make_site(running=False), package(body))
    entry = site.do(Rehearse(site.deployment))
    assert entry.exit_code == 3, entry.sentence
    assert said in entry.sentence
    report = rehearsals.load(site.deployment, "latest")
    assert not report.ok and report.failed is None
    assert (
        rehearsals.matching(
            site.deployment, action="upgrade", target=ADDED, image_id="", before=[HEAD]
        )
        is None
    )
    assert no_scratch(site)


BOOTSTRAP = """import os, sqlite3
path = os.environ["DATABASE_URL"].removeprefix("sqlite:///")
with sqlite3.connect(path) as connection:
    connection.execute("DELETE FROM tool_metrics")
connection.close()
"""


def test_what_the_start_behind_the_migrations_removes_is_told_and_not_lost(
    make_site: Callable[..., Site], package: Callable[..., MigrationsRef]
) -> None:
    site = with_code(make_site(running=False), package("pass", bootstrap=BOOTSTRAP))
    entry = site.do(Rehearse(site.deployment))
    assert entry.exit_code == 0, entry.sentence
    report = rehearsals.load(site.deployment, "latest")
    assert dict(report.rows) == {}
    before, after = report.start_rows["tool_metrics"]
    assert before is not None and before > 0
    assert after == 0


# --- what forbids it ----------------------------------------------------------------------


def forbidden(operation: Rehearse) -> tuple[str, ExitCode, str]:
    found = operation.plan().forbidden
    assert found is not None
    return found.name, found.exit_code, found.text


def test_without_code_it_is_refused_and_says_what_to_name(make_site: Callable[..., Site]) -> None:
    site = make_site(running=False, revision="current")
    name, code, text = forbidden(Rehearse(without_code(site.deployment)))
    assert (name, code) == ("code", ExitCode.PRECHECK)
    assert "--python" in text
    with pytest.raises(McpdbError) as caught:
        launch(Rehearse(without_code(site.deployment)), "")
    assert caught.value.exit_code == ExitCode.PRECHECK
    assert no_scratch(site)


def test_a_container_without_an_engine_is_refused_with_docker_s_code(
    make_site: Callable[..., Site], tmp_path: Path
) -> None:
    site = make_site(running=False, revision="current")
    ref = ContainerRef(container="gone", docker_host=f"unix://{tmp_path}/no.sock")
    deployment = replace(without_code(site.deployment), gateway=ref)
    name, code, _text = forbidden(Rehearse(deployment))
    assert (name, code) == ("code", ExitCode.DOCKER)


def test_another_image_needs_a_container(make_site: Callable[..., Site]) -> None:
    site = make_site(running=False, revision="current")
    assert isinstance(site.deployment.gateway, ProcessRef)
    name, _code, text = forbidden(Rehearse(site.deployment, image="1.0.7"))
    assert name == "code"
    assert "no container" in text


def change(site: Site, *statements: str) -> None:
    with closing(sqlite3.connect(site.database)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


def test_a_revision_that_the_code_does_not_know_is_refused_with_the_remedy(
    make_site: Callable[..., Site],
) -> None:
    site = make_site(running=False)
    change(site, "UPDATE alembic_version SET version_num = '7ab59991e017'")
    name, code, text = forbidden(Rehearse(site.deployment))
    assert (name, code) == ("way", ExitCode.PRECHECK)
    assert text.startswith("This image does not know 7ab59991e017 (release 1.0.7). Start 1.0.7, or")


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"target": "ffff"}, ExitCode.NOT_FOUND),
        ({"target": CURRENT}, ExitCode.PRECHECK),
        ({"action": "downgrade", "target": "base"}, ExitCode.USAGE),
        ({"action": "bootstrap"}, ExitCode.USAGE),
    ],
    ids=str,
)
def test_a_target_that_cannot_be_reached_is_refused(
    make_site: Callable[..., Site], more: dict[str, Any], code: ExitCode
) -> None:
    site = make_site(running=False)
    assert forbidden(Rehearse(site.deployment, **more))[1] == code


def test_a_missing_database_is_refused_and_not_made(make_site: Callable[..., Site]) -> None:
    site = make_site(running=False)
    for path in site.database.parent.glob("mcp.db*"):
        path.unlink()
    name, code, _text = forbidden(Rehearse(site.deployment))
    assert (name, code) == ("database", ExitCode.NOT_FOUND)
    assert not site.database.exists()


def test_what_a_cut_migration_left_forbids_it_until_it_is_put_right_on_the_copy(
    make_site: Callable[..., Site],
) -> None:
    site = make_site(running=False, revision="current")
    change(site, "CREATE TABLE _alembic_tmp_gateways (id TEXT)")
    name, code, text = forbidden(Rehearse(site.deployment))
    assert (name, code) == ("leftovers", ExitCode.PRECHECK)
    assert "_alembic_tmp_gateways is left" in text and "--repair" in text
    operation = Rehearse(site.deployment, leftovers=True)
    plan = operation.plan()
    assert plan.forbidden is None
    assert {c.name: c.verdict for c in plan.checks}["leftovers"] is Verdict.WARN
    assert plan.command.endswith("migrations rehearse --repair")
    entry = site.do(operation)
    assert entry.exit_code == 0, entry.sentence
    assert rehearsals.load(site.deployment, "latest").leftovers == ("_alembic_tmp_gateways",)
    with closing(sqlite3.connect(site.database)) as connection:
        left = "SELECT count(*) FROM sqlite_schema WHERE name = '_alembic_tmp_gateways'"
        assert connection.execute(left).fetchone() == (1,)


def test_a_second_rehearsal_while_one_runs_is_told_that(
    make_site: Callable[..., Site], hold: Callable[..., Held]
) -> None:
    site = make_site(running=False, revision="current")
    held = hold(site.deployment, "after:step_started:migrate")
    held.begin(Rehearse(site.deployment))
    with pytest.raises(BusyError, match="rehearse"):
        launch(Rehearse(site.deployment), "")
    assert held.end().exit_code == 0


# --- being cut ----------------------------------------------------------------------------


def test_a_process_that_dies_in_a_revision_leaves_nothing_running_and_no_copy(
    make_site: Callable[..., Site],
    package: Callable[..., MigrationsRef],
    faulty_runner: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    endless = "import time\n    while True:\n        time.sleep(0.05)"
    site = with_code(make_site(running=False), package(endless))
    paths = os.environ["PYTHONPATH"]
    faulty_runner("kill-tick", "migrate")
    monkeypatch.setenv("PYTHONPATH", paths)
    entry = site.do(Rehearse(site.deployment))
    assert entry.state == "cut"
    scratch = site.deployment.state_dir / "scratch"
    assert scratch.is_dir()
    assert launch_resume(site.deployment) == [(entry.id, ExitCode.FAILED)]
    assert no_scratch(site)
    assert rehearsals.listed(site.deployment) == ()
    assert stands_at(site) == (HEAD,)


# --- as a step of another operation -------------------------------------------------------


def test_it_tells_each_revision_as_it_begins_and_is_no_operation_of_its_own(
    make_site: Callable[..., Site],
) -> None:
    site = make_site(running=False, revision="current")
    ticks: list[tuple[int, int, str]] = []
    name = "000007-20260811T011402Z-upgrade"
    progress = Progress(
        lambda done, total, unit: ticks.append((done, total, unit)),
        lambda: False,
        operation_id=name,
    )
    copy = rehearsing.copy_live(site.deployment, name, progress)
    assert [path.name for path in copy.parent.iterdir()] == ["mcp.db"]
    assert copy.parent.parent.stat().st_mode & 0o777 == 0o700
    job = Job(action="upgrade", target="head", bootstrap=True)
    report = rehearsing.rehearse(site.deployment, job, "", copy, progress, copy_seconds=1.5)
    assert report.ok and report.id == name and report.target == HEAD
    assert report.seconds["copy"] == 1.5
    assert rehearsing.refusal(report) is None
    told = list(dict.fromkeys(tick for tick in ticks if tick[2].startswith("revisions ")))
    assert told[:2] == [(1, 2, f"revisions {BEFORE_HEAD}"), (2, 2, f"revisions {HEAD}")]
    rehearsing.discard(site.deployment, name)
    assert no_scratch(site)
    rehearsing.discard(site.deployment, name)


def test_a_private_copy_of_another_operation_is_left_alone(
    make_site: Callable[..., Site],
) -> None:
    site = make_site(running=False, revision="current")
    other = rehearsing.scratch_of(site.deployment, "000001-other")
    other.mkdir(parents=True)
    before = print_of(other.parent)
    rehearsing.discard(site.deployment, "000002-mine")
    assert print_of(other.parent) == before


def test_only_an_ordinary_deployment_is_needed(make_site: Callable[..., Site]) -> None:
    site = make_site(running=False, revision="current")
    alone = Deployment(
        name="alone",
        database=site.database,
        backup_dir=site.deployment.backup_dir,
        migrations=site.deployment.migrations,
    )
    site.deployment = alone
    assert site.do(Rehearse(alone)).exit_code == 0
