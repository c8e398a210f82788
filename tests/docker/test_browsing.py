"""The table browser on the real 1.0.7: every table, no secret, and its gateway as it was."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.app.shell_story import screen_text
from tests.app.tables_stage import browser_app, open_table, rows, until
from tests.contents import content
from tests.docker.full_database import MARK, SECRETS, fill
from tests.docker.lab import Deployment as Lab
from tests.docker.lab import fresh_database
from tests.docker.site import RealSite, ask
from tests.faults import NOBODY, needs_root, print_of
from tests.touring import as_user, tour
from tui.core.models import Deployment
from tui.operations.execution.launch import follow, launch
from tui.operations.export import Export
from tui.operations.import_rows import ImportRows
from tui.operations.reads.browsing import Browser
from tui.operations.reads.looking import LiveDatabase
from tui.operations.reads.query import Query
from tui.services.rows_out.formats import FORMATS

pytestmark = [pytest.mark.docker, pytest.mark.timeout(1_800)]

HASH = "$argon2"
"""What the hash of the administrator's password begins with, and any other."""


@pytest.fixture
def full(docker_host: str, tmp_path: Path) -> tuple[Deployment, list[str]]:
    """A real database of 1.0.7 without a gateway; every table has rows. And its tables."""
    path = fresh_database("1.0.7", tmp_path / "mcp.db")
    names = fill(path)
    assert len(names) > 70
    return Deployment(name="forge", database=path, backup_dir=tmp_path / "backups"), names


def tells(text: str) -> bool:
    """Whether a secret stands in it, or the beginning of one."""
    return MARK in text or HASH in text


async def test_no_secret_of_any_table_is_on_the_screen_or_in_a_copy(
    full: tuple[Deployment, list[str]],
) -> None:
    deployment, names = full
    app = browser_app(deployment.database)
    told: list[tuple[str, str]] = []

    def look(table: str) -> None:
        if tells(screen_text(app)):
            told.append((table, screen_text(app)))
        if tells(app.clipboard):
            told.append((table, app.clipboard))

    async with app.run_test(size=(140, 45)) as pilot:
        for table in names:
            await open_table(pilot, table)
            await until(pilot, lambda table=table: rows(app).table == table)
            grid = rows(app).grid
            await until(pilot, lambda grid=grid: grid.row is not None)
            for column in grid.columns_shown:
                grid.to_column(column)
                if f"{table}.{column}" in SECRETS:
                    await pilot.press("y")
            for column in grid.columns_shown[::4]:
                grid.to_column(column)
                await pilot.pause()
                look(table)
            holds = any(name.startswith(f"{table}.") for name in SECRETS)
            for kind in ("enter", "j enter", "j j enter") if holds else ():
                before = app.clipboard
                await pilot.press("Y", *kind.split())
                await until(pilot, lambda before=before: app.clipboard != before)
                look(table)
            await pilot.press("enter")
            await until(pilot, lambda: len(app.screen_stack) > 1)
            look(table)
            await pilot.press("G")
            look(table)
            await pilot.press("escape", "escape")
            await until(pilot, lambda: len(app.screen_stack) == 1)
            look(table)
    assert told == []


def test_no_secret_of_any_table_is_read_by_the_browser_the_console_or_an_export(
    full: tuple[Deployment, list[str]], tmp_path: Path
) -> None:
    deployment, names = full
    for read in tour(Browser(LiveDatabase(deployment))):
        assert not tells(repr(read))
    query = Query(LiveDatabase(deployment))
    for table in names:
        result = query.run(f'SELECT * FROM "{table}"')
        assert result.rows, table
        assert not tells(repr(result))
        assert not tells(repr(query.run(f'SELECT x.* FROM (SELECT * FROM "{table}") x').rows))
    for kind in FORMATS:
        folder = tmp_path / kind
        Export(deployment=deployment, kind=kind).to_folder(folder)
        for file in folder.iterdir():
            assert not tells(file.read_text()), file
    clear = tmp_path / "clear"
    Export(deployment=deployment, kind="json", secrets=True).to_folder(clear)
    assert any(tells(file.read_text()) for file in clear.iterdir()), "they were there to be told"


def test_every_table_is_exported_and_imported_into_an_empty_one_exactly(
    full: tuple[Deployment, list[str]], tmp_path: Path
) -> None:
    deployment, names = full
    before = content(deployment.database)
    folder = tmp_path / "exported"
    Export(deployment=deployment, kind="json", secrets=True).to_folder(folder)
    with closing(sqlite3.connect(deployment.database, isolation_level=None)) as connection:
        for table in reversed(names):
            if table != "alembic_version":
                connection.execute(f'DELETE FROM "{table}"')
    assert content(deployment.database) != before

    for table in names:
        if table == "alembic_version":
            continue
        operation = ImportRows(deployment, str(folder), table=table)
        plan = operation.plan()
        assert plan.forbidden is None, (table, plan.forbidden)
        *_, entry = follow(deployment, launch(operation, plan.fingerprint))
        assert entry.exit_code == 0, (table, entry.sentence)

    assert content(deployment.database) == before
    assert ask(deployment.database, "PRAGMA foreign_key_check") == []


@pytest.fixture
def public_site(docker_host: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[RealSite]:
    """A real gateway whose folder every user can reach; that of a test is closed to others."""
    monkeypatch.setenv("DOCKER_HOST", docker_host)
    folder = Path(tempfile.mkdtemp(prefix="mcpdb-public-"))
    folder.chmod(0o755)
    gateway = Lab.create("1.0.7", folder / "forge")
    try:
        gateway.up()
        yield RealSite(gateway)
    finally:
        gateway.down(purge=True)
        shutil.rmtree(folder)


@needs_root
def test_a_stopped_gateway_looked_at_by_another_user_starts_and_writes_again(
    public_site: RealSite,
) -> None:
    site = public_site
    site.add_tool("before")
    site.lab.compose("stop")
    data = site.lab.database.parent
    site.lab.folder.chmod(0o755)
    data.chmod(0o755)
    for part in data.iterdir():
        part.chmod(0o755 if part.is_dir() else 0o644)
    before, deployment = print_of(data), site.deployment

    read = as_user(NOBODY, lambda: repr(list(tour(Browser(LiveDatabase(deployment))))))

    assert "before" in read
    assert not tells(read)
    assert print_of(data) == before
    site.lab.compose("start")
    site.wait_healthy()
    site.add_tool("after")
    assert site.tools() >= {"before", "after"}
    assert ask(site.lab.database, "PRAGMA integrity_check") == [("ok",)]
