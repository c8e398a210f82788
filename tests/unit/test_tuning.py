"""What is set and where; and what the file itself keeps, changed so that nothing can be lost."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace

import pytest

from tests.conftest import Site
from tests.injection.whole import look_at
from tui.core.errors import ExitCode, UsageError
from tui.core.operation import Plan, Tier, Verdict
from tui.operations.measuring.releases import sets_of
from tui.operations.measuring.tuning import (
    changeable,
    kept_in_file,
    read_tuning,
    settings_of,
)
from tui.operations.tune import Tune

FILE = {
    "journal_mode": "wal", "page_size": "4096", "auto_vacuum": "none", "encoding": "UTF-8",
    "user_version": "0", "application_id": "0",
}  # fmt: skip


def settings(release: str, environment: dict[str, str] | None = None, **file: str):
    found = settings_of({**FILE, **file}, release, environment or {})
    return {setting.name: setting for setting in found}


def failed(plan: Plan) -> dict[str, ExitCode]:
    return {c.name: c.exit_code for c in plan.checks if c.verdict is Verdict.FAIL}


# --- what is said -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("release", "mode", "busy", "keys"),
    [
        ("0.3.1", "as the file has it", "5000 ms", "off (SQLite's)"),
        ("0.8.0", "wal", "10000 ms", "off (SQLite's)"),
        ("0.9.0", "wal", "30000 ms", "off (SQLite's)"),
        ("1.0.7", "wal", "5000 ms", "on"),
        ("v1.0.7.post20260921", "wal", "5000 ms", "on"),
    ],
)
def test_what_the_gateway_sets_is_what_its_release_was_seen_to_set(
    release: str, mode: str, busy: str, keys: str
) -> None:
    found = settings(release)
    assert found["journal_mode"].at_gateway == mode
    assert found["busy_timeout"].at_gateway == busy
    assert found["foreign_keys"].at_gateway == keys


@pytest.mark.parametrize("release", ["", "2.0.0", "1.0.8", "latest", "0.8.0-beta"])
def test_of_a_release_that_was_not_looked_at_nothing_is_claimed(release: str) -> None:
    assert sets_of(release) is None
    found = settings(release)
    for name in ("journal_mode", "busy_timeout", "synchronous", "SQLITE_TIMEOUT"):
        assert found[name].at_gateway == "", name
    assert found["busy_timeout"].verdict == "unknown"


def test_the_busy_timeout_is_the_variables_where_the_release_reads_it() -> None:
    asked = {"DB_SQLITE_BUSY_TIMEOUT": "20000"}
    new = settings("1.0.7", asked)["busy_timeout"]
    assert (new.at_gateway, "DB_SQLITE_BUSY_TIMEOUT" in new.who) == ("20000 ms", True)
    old = settings("0.9.0", asked)
    assert old["busy_timeout"].at_gateway == "30000 ms"
    assert old["DB_SQLITE_BUSY_TIMEOUT"].at_gateway == "not read by this release"
    # Out of its bounds the gateway refuses it.
    assert settings("1.0.7", {"DB_SQLITE_BUSY_TIMEOUT": "5"})["busy_timeout"].at_gateway == (
        "5000 ms"
    )


def test_the_guides_variables_are_named_as_unread_and_no_value_of_another_is_told() -> None:
    environment = {"SQLITE_TIMEOUT": "30", "CACHE_TYPE": "secret-word", "JWT_SECRET_KEY": "hidden"}
    found = settings("1.0.7", environment)
    assert found["SQLITE_TIMEOUT"].at_gateway == "set, and not read by this release"
    assert found["SQLITE_TIMEOUT"].verdict == "warn"
    assert found["SQLITE_BUSY_TIMEOUT"].verdict == "off"
    assert found["CACHE_TYPE"].at_gateway == "set to something else"
    assert "secret-word" not in repr(found)
    assert "hidden" not in repr(found)


def test_the_cache_is_told_only_of_a_release_that_was_looked_at() -> None:
    assert settings("1.0.7")["CACHE_TYPE"].at_gateway == "database"
    assert settings("1.0.7", {"CACHE_TYPE": "redis"})["CACHE_TYPE"].at_gateway == "redis"
    assert settings("2.0.0", {"CACHE_TYPE": "redis"})["CACHE_TYPE"].at_gateway == ""
    assert settings("demo 1.0.5")["CACHE_TYPE"].at_gateway == "not read by this release"


def test_only_what_stays_is_offered() -> None:
    assert [s.name for s in changeable(tuple(settings("1.0.7").values()))] == [
        "auto_vacuum",
        "page_size",
    ]
    assert settings("0.3.1", journal_mode="delete")["journal_mode"].choices == ("wal", "delete")
    assert settings("1.0.7", journal_mode="delete")["journal_mode"].choices == ("wal",)


def test_reading_the_settings_of_a_running_gateway(site: Site) -> None:
    found = {setting.name: setting for setting in read_tuning(site.deployment)}
    assert found["journal_mode"].in_file == "wal"
    assert found["page_size"].in_file == "4096"


@pytest.mark.parametrize(
    ("setting", "value", "words"),
    [
        ("busy_timeout", "9000", "per connection"),
        ("cache_size", "10000", "would change nothing for the gateway"),
        ("SQLITE_BUSY_TIMEOUT", "1", "no release of the gateway reads"),
        ("user_version", "3", "not changed from here"),
        ("journal_mode", "off", "wal, delete"),
        ("page_size", "1000", "is none"),
        ("page_size; DROP TABLE tools", "1", "no setting"),
    ],
)
def test_what_cannot_be_changed_from_outside_is_refused_with_why(
    make_site: Callable[..., Site], setting: str, value: str, words: str
) -> None:
    deployment = make_site(running=False).deployment
    with pytest.raises(UsageError, match=words):
        Tune(deployment, setting=setting, value=value)


# --- what is done -----------------------------------------------------------------------------


def test_page_size_and_auto_vacuum_change_with_every_row_written_until_the_stop(
    site: Site,
) -> None:
    site.add_tool("in-the-wal")
    tools, before = site.tools(), look_at(site)
    first = Tune(site.deployment, setting="page_size", value="8192", stop=True)
    assert first.plan().tier is Tier.DISRUPTIVE
    entry = site.do(first)
    assert entry.exit_code == 0, entry.sentence
    assert (entry.result["was"], entry.result["now"]) == ("4096", "8192")
    entry = site.do(Tune(site.deployment, setting="auto_vacuum", value="Incremental", stop=True))
    assert entry.exit_code == 0, entry.sentence
    kept = kept_in_file(site.deployment)
    assert (kept["page_size"], kept["auto_vacuum"]) == ("8192", "incremental")
    assert kept["journal_mode"] == "wal"
    assert site.tools() == tools
    assert site.healthy()
    assert site.integrity() == "ok"
    kept_files = (site.deployment.state_dir / "safety").glob("*.db")
    assert before.inode in {path.stat().st_ino for path in kept_files}


def test_a_mode_that_the_gateway_sets_itself_is_refused_as_it_would_not_stay(site: Site) -> None:
    plan = Tune(site.deployment, setting="journal_mode", value="delete", stop=True).plan()
    assert failed(plan) == {"gateway sets": ExitCode.PRECHECK}
    assert "next start" in next(c.text for c in plan.checks if c.name == "gateway sets")


def test_a_mode_that_the_gateway_sets_back_is_told_and_not_called_done(site: Site) -> None:
    assert site.deployment.gateway is not None
    unknown = replace(site.deployment.gateway, release="9.9.9")
    deployment = replace(site.deployment, gateway=unknown)
    entry = site.do(Tune(deployment, setting="journal_mode", value="delete", stop=True))
    assert (entry.exit_code, entry.outcome) == (ExitCode.PARTLY, "set back")
    assert "set it back to wal" in entry.sentence
    assert site.healthy()


def test_wal_to_delete_and_back_of_a_file_without_a_gateway(
    make_site: Callable[..., Site],
) -> None:
    site = make_site(running=False)
    deployment = replace(site.deployment, gateway=None)
    with closing(sqlite3.connect(site.database)) as connection:
        rows = connection.execute("SELECT name FROM tools ORDER BY 1").fetchall()
    for mode in ("delete", "wal"):
        entry = site.do(Tune(deployment, setting="journal_mode", value=mode))
        assert entry.exit_code == 0, entry.sentence
        assert kept_in_file(deployment)["journal_mode"] == mode
    with closing(sqlite3.connect(site.database)) as connection:
        assert connection.execute("SELECT name FROM tools ORDER BY 1").fetchall() == rows


def test_a_running_gateway_is_stopped_only_when_that_was_allowed(site: Site) -> None:
    plan = Tune(site.deployment, setting="page_size", value="8192").plan()
    assert failed(plan) == {"stop": ExitCode.BUSY}
    allowed = Tune(site.deployment, setting="page_size", value="8192", stop=True).plan()
    assert failed(allowed) == {}


def test_what_is_so_already_is_no_reason_to_stop_anything(site: Site) -> None:
    plan = Tune(site.deployment, setting="page_size", value="4096", stop=True).plan()
    assert failed(plan) == {"setting": ExitCode.USAGE}


def test_a_process_that_has_the_file_open_is_named(site: Site) -> None:
    program = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('SELECT 1 FROM "
    program += "tools').fetchone(); print('open', flush=True); sys.stdin.read()"
    words = [sys.executable, "-c", program, str(site.database)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as reader:
        assert reader.stdout is not None
        assert reader.stdout.readline() == b"open\n"
        plan = Tune(site.deployment, setting="page_size", value="8192", stop=True).plan()
        reader.communicate()
    assert failed(plan) == {"holders": ExitCode.BUSY}


def test_nothing_is_planned_read_only(site: Site) -> None:
    deployment = replace(site.deployment, read_only=True)
    plan = Tune(deployment, setting="page_size", value="8192", stop=True).plan()
    assert "read-only" in failed(plan)
