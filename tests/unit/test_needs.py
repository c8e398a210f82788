"""What wants a person is one rule: `status` tells it, and NEEDS YOU on the screen the same."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.conftest import Site
from tui.app.needs import with_needs
from tui.app.seen import Seen
from tui.core.models import Need
from tui.core.operation import Verdict
from tui.demo.deployment import CRON_FILE
from tui.operations.cataloguing.catalogue import find_backup, read_catalogue
from tui.operations.migrating.checks import checks
from tui.operations.migrating.situation import look_around
from tui.operations.migrating.wanted import Wanted
from tui.operations.reads.glance import glance
from tui.operations.reads.looking import LiveDatabase
from tui.operations.status import read_status
from tui.operations.timelines.timeline import read_timeline, recalled_timeline
from tui.operations.uncron import Uncron
from tui.services.sqlite.inspection import count


@pytest.fixture
def saved(make_site: Callable[..., Site], give_backup: Callable[[Site], Path]) -> Site:
    """A stopped gateway with one backup."""
    site = make_site(running=False)
    give_backup(site)
    return site


def change(site: Site, *statements: str) -> None:
    with closing(sqlite3.connect(site.database)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


def rows(site: Site, table: str) -> int:
    with closing(sqlite3.connect(site.database)) as connection:
        return count(connection, table)


def needs(site: Site) -> list[Need]:
    """What `status` says, but of the stopped gateway; the screen says the same of the same."""
    found = read_status(site.deployment)
    live, exists = LiveDatabase(site.deployment), site.database.exists()
    timeline = recalled_timeline(site.deployment, found.gateway, found.database.revisions)
    tables = glance(site.deployment)
    counted = tuple(t for t in (live.tables() if exists else ()))
    seen = Seen(
        deployment=site.deployment,
        gateway=found.gateway,
        health=found.health,
        database=found.database,
        catalogue=read_catalogue(site.deployment),
        activity=(),
        timeline=timeline,
        tables=tuple(
            type(table)(name=table.name, kind=table.kind, rows=tables.rows.get(table.name))
            for table in counted
        ),
    )
    screen = with_needs(seen, datetime.now(UTC).astimezone()).needs
    assert [need.text for need in screen] == [need.text for need in found.needs]
    return [need for need in found.needs if not need.text.startswith("The gateway")]


def test_on_a_quiet_day_nothing_is_told(saved: Site) -> None:
    assert needs(saved) == []


def test_a_leftover_is_told_with_the_command_that_says_more(saved: Site) -> None:
    change(saved, "CREATE TABLE _alembic_tmp_tools AS SELECT * FROM tools")
    (need,) = needs(saved)
    assert need.text == "_alembic_tmp_tools is left from a migration that was cut."
    assert (need.verdict, need.key) == (Verdict.FAIL, "3")
    assert need.command == "mcpdb-tui migrations doctor"


def test_lost_configuration_is_told_from_row_counts(saved: Site) -> None:
    backup, tools = find_backup(saved.deployment, "latest"), rows(saved, "tools")
    change(saved, "PRAGMA foreign_keys = OFF", "DELETE FROM tools")
    (need,) = needs(saved)
    assert need.text.startswith(f"{tools} tools fewer than in the backup of ")
    assert need.command == f"mcpdb-tui backup compare {backup.id}"


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("DELETE FROM alembic_version", "alembic_version is empty, but "),
        ("DROP TABLE alembic_version", "There is no alembic_version, but "),
        ("INSERT INTO alembic_version VALUES ('6ea2f05bd913')", "alembic_version has "),
        ("UPDATE alembic_version SET version_num = 'ffffffffffff'", "This image does not know"),
    ],
)
def test_what_a_database_says_of_its_revision_is_told(
    saved: Site, statement: str, words: str
) -> None:
    found = read_status(saved.deployment)
    read_timeline(saved.deployment, found.gateway, found.database.revisions)  # remembered
    change(saved, statement)
    (need,) = needs(saved)
    assert need.text.startswith(words)
    assert (need.verdict, need.key) == (Verdict.FAIL, "3")


def test_of_a_file_that_is_gone_nothing_is_said_to_be_true(saved: Site) -> None:
    backup = find_backup(saved.deployment, "latest")
    saved.database.unlink()
    found = read_status(saved.deployment)
    assert (found.integrity, found.integrity_at) == ("", None)
    (need,) = needs(saved)
    assert need.text == f"No database at {saved.database}."
    assert need.command == f"mcpdb-tui restore {backup.id}"


def test_a_plan_without_a_database_says_that_alone(saved: Site) -> None:
    backup = find_backup(saved.deployment, "latest")
    saved.database.unlink()
    (check,) = checks(
        look_around(Wanted(deployment=saved.deployment, action="upgrade", target="head"))
    )
    assert check.verdict is Verdict.FAIL
    assert check.text.startswith(f"there is no database at {saved.database}; `bootstrap` makes")
    assert f"`restore {backup.id}` brings its rows back" in check.text


def test_a_glance_is_bounded_in_time(saved: Site) -> None:
    assert glance(saved.deployment).rows["tools"] == rows(saved, "tools")
    late = glance(saved.deployment, longest=0.0)
    assert late.tables is not None
    assert "tools" in late.tables
    assert late.rows == {}


def test_the_guide_s_script_in_a_crontab_is_told_with_the_doctor_s_fix(saved: Site) -> None:
    (saved.folder / CRON_FILE).write_text(
        f"15 3 * * * root find {saved.deployment.backup_dir} -name 'mcp_backup_*' -delete\n"
        f"16 3 * * * root sqlite3 {saved.database} VACUUM\n"
    )
    told = [n for n in read_status(saved.deployment).needs if "guide" in n.text]
    assert [(n.key, n.verdict, n.command) for n in told] == [
        ("6", Verdict.WARN, "mcpdb-tui doctor --fix cron")
    ]
    assert told[0].text.startswith("A cron line of the guide would delete our backups: /")
    assert told[0].text.endswith(f"{CRON_FILE}.")
    assert saved.do(Uncron(saved.deployment)).exit_code == 0
    assert not [n for n in read_status(saved.deployment).needs if "guide" in n.text]
