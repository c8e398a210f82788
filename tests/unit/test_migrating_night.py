"""Migrations that go on in the dark: what nobody looks at while they run must not be lost."""

from __future__ import annotations

import shutil
import sqlite3
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from tests.conftest import Site
from tests.injection.fault import Fault
from tests.injection.inject import runner
from tests.unit.demo_package import BETWEEN, HEAD, give_package
from tests.unit.migration_packages import add_step, make_runnable
from tui.core.errors import ExitCode
from tui.core.models import Deployment, MigrationAction, MigrationsRef, Revision, Timeline
from tui.operations.migrating.route import find_route
from tui.operations.rehearse import Rehearse
from tui.operations.timelines.timeline import place
from tui.operations.upgrade import Upgrade
from tui.services.migrations.copies import close, prepare
from tui.services.migrations.graph import MigrationGraph
from tui.services.migrations.running import Job, MigrationFailedError, run
from tui.services.sqlite import inspection
from tui.services.sqlite.leftovers import leftovers

CUT = "_alembic_tmp_server_prompt_association_of_the_second_kind"[:50]
"""As Alembic cuts it."""


def left(script: str) -> str:
    """What is told of the one leftover of a database."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(script)
        ((_table, remedy),) = leftovers(connection)
    return remedy


@pytest.mark.parametrize(
    ("script", "remedy"),
    [
        # The gateway's start made the table anew, and it was filled since.
        (
            "CREATE TABLE _alembic_tmp_t (id INTEGER PRIMARY KEY, n TEXT);"
            "INSERT INTO _alembic_tmp_t VALUES (1, 'a'), (2, 'b');"
            "CREATE TABLE t (id INTEGER PRIMARY KEY, n TEXT);"
            "INSERT INTO t VALUES (1, 'x'), (2, 'y'), (3, 'z');",
            "",
        ),
        (
            "CREATE TABLE _alembic_tmp_t (id TEXT PRIMARY KEY, n TEXT, more INT);"
            "INSERT INTO _alembic_tmp_t VALUES ('u1', 'a', 1);"
            "CREATE TABLE t (id TEXT PRIMARY KEY, n TEXT); INSERT INTO t VALUES ('u2', 'a');",
            "",
        ),
        # Written on since the cut: every row is there still.
        (
            "CREATE TABLE _alembic_tmp_t (id TEXT PRIMARY KEY, n TEXT, more INT);"
            "INSERT INTO _alembic_tmp_t VALUES ('u1', 'a', 1);"
            "CREATE TABLE T (ID TEXT PRIMARY KEY, n TEXT);"
            "INSERT INTO T VALUES ('u1', 'written since'), ('u2', 'b');",
            "drop",
        ),
        (
            "CREATE TABLE _alembic_tmp_t (a INT, b INT); INSERT INTO _alembic_tmp_t VALUES (1, 2);"
            "CREATE TABLE t (a INT, b INT); INSERT INTO t VALUES (1, 2), (NULL, 3);",
            "drop",
        ),
        # Its own table is gone, a sister whose name begins so has numbers of its own.
        (
            f'CREATE TABLE "{CUT}" (id INTEGER PRIMARY KEY, n TEXT);'
            f"INSERT INTO \"{CUT}\" VALUES (1, 'a');"
            "CREATE TABLE server_prompt_association_of_the_second_hour "
            "(id INTEGER PRIMARY KEY, n TEXT);"
            "INSERT INTO server_prompt_association_of_the_second_hour VALUES (1, 'b'), (2, 'c');",
            "",
        ),
    ],
    ids=["made anew", "made anew with other keys", "written since", "no key", "sister"],
)
def test_a_leftover_is_dropped_only_where_each_of_its_rows_is_in_its_table(
    script: str, remedy: str
) -> None:
    assert left(script) == remedy


def test_a_leftover_gets_its_name_back_though_a_view_and_a_trigger_miss_the_table(
    tmp_path: Path,
) -> None:
    copy = tmp_path / "mcp.db"
    with closing(sqlite3.connect(copy)) as connection:
        connection.executescript(
            "CREATE TABLE t (n TEXT); CREATE TABLE other (n TEXT);"
            "CREATE VIEW seen AS SELECT n FROM t;"
            "CREATE TRIGGER told AFTER INSERT ON other BEGIN INSERT INTO t VALUES ('q'); END;"
            "CREATE TABLE _alembic_tmp_t (n TEXT); INSERT INTO _alembic_tmp_t VALUES ('only');"
            "DROP TABLE t;"
        )
    prepare(Job(action="upgrade", leftovers=(("_alembic_tmp_t", "rename"),)), copy)
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("SELECT n FROM seen").fetchall() == [("only",)]
        connection.execute("INSERT INTO other VALUES ('x')")
        assert connection.execute("SELECT count(*) FROM t").fetchone() == (2,)


# --- somebody who comes while it is migrated ----------------------------------------------


def test_somebody_who_opens_the_live_file_while_the_copy_is_migrated_never_writes_in_vain(
    make_site: Callable[..., Site], tmp_path: Path
) -> None:
    """It waits for the lock, longer than a swap takes; what it is told is committed is live."""
    site = make_site(revision="current")
    program, err = tmp_path / "late.py", tmp_path / "err"
    program.write_text(
        "import sqlite3\n"
        f"live = sqlite3.connect({str(site.database)!r}, timeout=60)\n"
        "with live:\n"
        "    live.execute(\"UPDATE tools SET description = 'late'\")\n"
        "print('committed')\n"
    )
    command = f"{sys.executable} {program} > {err} 2>&1 & sleep 0.5"
    with runner(Fault("run", "after:step_started:migrate", command)):
        last = site.do(Upgrade(site.deployment))
    assert last.exit_code == 11
    assert "has opened the database meanwhile" in last.sentence
    assert "python" in last.sentence
    assert "Nothing was changed" in last.sentence
    assert site.healthy()
    until = time.monotonic() + 20
    while not err.read_text() and time.monotonic() < until:
        time.sleep(0.05)
    assert err.read_text() == "committed\n"
    with closing(sqlite3.connect(site.database)) as live:
        told = live.execute("SELECT DISTINCT description FROM tools").fetchall()
    assert told == [("late",)]


# --- what a migration leaves behind -------------------------------------------------------

DAEMON = """
import os, time
path = op.get_bind().engine.url.database
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        held = open(path, "r+b")
        with open({told!r}, "w") as told:
            told.write(str(os.getpid()))
        until = time.monotonic() + 25
        while time.monotonic() < until:
            {does}
            time.sleep(0.02)
    os._exit(0)
while not os.path.exists({told!r}):
    time.sleep(0.01)
"""
"""A revision that leaves a process behind, in a session of its own, with the copy open."""


@pytest.mark.parametrize("does", ["pass", "os.write(2, b'still here')"], ids=["silent", "noisy"])
def test_a_process_that_left_the_session_of_its_migration_ends_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, does: str
) -> None:
    told, copy = tmp_path / "told", tmp_path / "copy" / "mcp.db"
    versions = make_runnable(tmp_path / "site", "shipped")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    add_step(versions, "aa01", ())
    add_step(versions, "bb02", ("aa01",), DAEMON.format(told=str(told), does=does))
    copy.parent.mkdir(mode=0o700)
    with closing(sqlite3.connect(copy)) as connection:
        connection.executescript(
            "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY);"
            "INSERT INTO alembic_version VALUES ('aa01');"
        )
    deployment = Deployment(
        name="forge",
        database=tmp_path / "live" / "mcp.db",
        backup_dir=tmp_path,
        migrations=MigrationsRef(python=sys.executable, package="shipped"),
    )
    began = time.monotonic()
    ran = run(deployment, Job(action="upgrade"), copy)
    assert ran.after == ("bb02",)
    assert time.monotonic() - began < 15, "it was waited for"
    pid = int(told.read_text())
    assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


@pytest.mark.parametrize("kind", ["link", "folder"])
def test_something_else_in_the_place_of_the_copy_is_refused(tmp_path: Path, kind: str) -> None:
    elsewhere, copy = tmp_path / "elsewhere.db", tmp_path / "mcp.db"
    sqlite3.connect(elsewhere).close()
    copy.symlink_to(elsewhere) if kind == "link" else copy.mkdir()
    with pytest.raises(MigrationFailedError, match="something else"):
        close(copy)


def test_a_key_that_cannot_be_checked_counts_as_one_row_everywhere(tmp_path: Path) -> None:
    """Else a rehearsal would go well, and the upgrade would fail once the gateway is stopped."""
    path = tmp_path / "mcp.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(
            "CREATE TABLE parent (id INT); CREATE TABLE child (of INT REFERENCES parent (id));"
            "INSERT INTO child VALUES (1);"
        )
    report = inspection.inspect(path, lambda _done, _total: None, lambda: None)
    assert report.foreign_key_errors == 1


def test_a_rehearsal_speaks_for_the_file_and_the_revisions_that_it_was_made_with(
    make_site: Callable[..., Site], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = make_site(revision="current", running=False)
    package = give_package(site, tmp_path, monkeypatch)
    assert site.do(Rehearse(site.deployment)).exit_code == 0
    upgrade = Upgrade(site.deployment)
    assert upgrade.plan().steps[0].step == "release"

    (old,) = package.versions.glob(f"{HEAD}_*.py")
    text = old.read_text()
    package.add("aaaaaaaaaaaa", "pass", down=BETWEEN)
    old.write_text(text.replace(f'"{BETWEEN}"', '"aaaaaaaaaaaa"'))
    assert upgrade.plan().steps[0].step == "rehearse", "one revision more is on the way"
    old.write_text(text)
    next(package.versions.glob("aaaaaaaaaaaa_*")).unlink()
    assert upgrade.plan().steps[0].step == "release"

    other = tmp_path / "other.db"
    shutil.copy(site.database, other)
    other.rename(site.database)
    assert upgrade.plan().steps[0].step == "rehearse", "another file stands there"


@pytest.mark.parametrize("action", ["upgrade", "stamp"])
def test_only_a_downgrade_is_told_of_going_down(action: MigrationAction) -> None:
    one = Revision(revision="aa01", down=(), message="", state="current")
    timeline = Timeline(revisions=(one,), heads=("aa01",), current=("aa01",))
    for target in ("base", ""):
        found = find_route(timeline, action, target)
        assert found.exit_code is ExitCode.USAGE
        assert "down" not in found.problem
        assert "head" in found.problem


def test_a_hostile_revision_in_the_database_is_cleaned_where_it_is_named() -> None:
    graph = MigrationGraph(
        revisions=(Revision(revision="aa01", down=(), message="", state="pending"),),
        heads=("aa01",),
        bases=("aa01",),
        files={},
    )
    problem = place(graph, ["x\n\x1b[2J"]).problem
    assert "\x1b" not in problem
    assert "\n" not in problem


@pytest.mark.parametrize("does", ["os.remove(live)", "os.replace(other, live)"])
def test_a_migration_that_takes_the_live_file_away_does_not_lose_it(
    make_site: Callable[..., Site], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, does: str
) -> None:
    """Code of this host can reach the live path, whatever it is told."""
    site = make_site(revision="current", running=False)
    package = give_package(site, tmp_path, monkeypatch)
    flag, other = tmp_path / "flag", tmp_path / "other.db"
    other.write_bytes(b"somebody else's")
    package.prepend(
        HEAD,
        f"import os; live, other = {str(site.database)!r}, {str(other)!r}; "
        f"os.path.exists({str(flag)!r}) and {does}",
    )
    was = site.database.stat().st_ino
    with runner(Fault("run", "after:step_finished:prove", f"touch {flag}")):
        last = site.do(Upgrade(site.deployment))
    assert last.exit_code == 11, last.sentence
    assert "removed or replaced" in last.sentence
    assert ("Another file was found" in last.sentence) == ("replace" in does), last.sentence
    assert ("Nothing was changed" in last.sentence) == ("remove" in does), last.sentence
    kept = list((site.deployment.state_dir / "safety").glob("*.db"))
    there = site.database if "remove" in does else kept[0]
    assert there.stat().st_ino == was
    assert there.stat().st_nlink == 1
    assert not (site.deployment.state_dir / "scratch").exists()
