"""Exports and imports of the real gateway's database: every table, exactly, and back in."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.contents import content
from tests.docker.site import RealSite, ask
from tui.core.secrets import is_secret
from tui.operations.activity import unfinished
from tui.operations.backup import BackupCreate
from tui.operations.cataloguing.catalogue import find_backup
from tui.operations.export import Export
from tui.operations.import_rows import ImportRows
from tui.operations.reads.exporting import Wanted
from tui.operations.undo import Undo
from tui.services.rows_out.formats import READABLE, Format, reading
from tui.services.rows_out.values import text_value

pytestmark = [pytest.mark.docker, pytest.mark.timeout(600)]

OWN = ("tools.team_id", "tools.updated_at", "tools.federation_source")
"""What 1.0.7 writes at its own start (measured)."""


def rows_of(path: Path, table: str, columns: list[str]) -> list[str]:
    """Rows of a finished file with their types."""
    names = ", ".join('"' + name.replace('"', '""') + '"' for name in columns)
    with closing(sqlite3.connect(f"{path.as_uri()}?immutable=1", uri=True)) as connection:
        connection.text_factory = text_value
        found = connection.execute(f'SELECT {names} FROM "{table}"').fetchall()
    return sorted(map(typed, found))


def typed(row: Any) -> str:
    return repr([(type(value).__name__, value) for value in row])


def test_every_table_of_the_real_database_is_written_exactly_in_every_format(
    raise_site: Callable[..., RealSite], tmp_path: Path
) -> None:
    site = raise_site("1.0.7")
    for name in ("one", "two"):
        site.lab.register_tool(name)
    made = site.do(BackupCreate(site.deployment))
    assert made.exit_code == 0
    backup = find_backup(site.deployment, str(made.result["backup"])).path
    for kind in READABLE:
        for secrets in (False, True):
            target = tmp_path / f"{kind}-{secrets}"
            done = Export(
                deployment=site.deployment, source=str(backup), kind=kind, secrets=secrets
            ).to_folder(target)
            tables = done.manifest["tables"]
            assert len(tables) == len(
                ask(
                    site.lab.database,
                    "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'",
                )
            )
            left_out = {f"{one['table']}.{name}" for one in tables for name in one["left_out"]}
            assert bool(left_out) is not secrets
            assert all(is_secret(*name.split(".", 1)) for name in left_out)
            for one in tables:
                columns = [column["name"] for column in one["columns"]]
                assert _read(target / one["file"], kind) == rows_of(
                    backup, one["table"], columns
                ), (kind, one["table"])
    assert site.left_overs() == []


def _read(path: Path, kind: Format) -> list[str]:
    with reading(path, kind) as reader:
        return sorted(typed(row) for _line, row in reader.rows())


@pytest.mark.parametrize("release", ["1.0.7"])
def test_a_tool_that_was_deleted_is_imported_and_the_gateway_lists_it(
    release: str, raise_site: Callable[..., RealSite], tmp_path: Path
) -> None:
    site = raise_site(release)
    ids = {str(a["name"]): str(a["id"]) for a in map(site.lab.register_tool, ("stays", "goes"))}
    folder = tmp_path / "exported"
    wanted = (Wanted(name="tools"),)
    Export(deployment=site.deployment, wanted=wanted, kind="json").to_folder(folder)
    assert json.loads((folder / "manifest.json").read_text())["tables"][0]["rows"] == 2
    site.lab.delete_tool(ids["goes"])
    site.lab.register_tool("came-later")
    before = content(site.lab.database, without=OWN)
    stands = site.lab.database.stat().st_ino, *site.owner_and_mode()

    operation = ImportRows(site.deployment, str(folder), mode="upsert")
    plan = operation.plan()
    assert plan.forbidden is None, plan.forbidden
    assert plan.facts["effect"][0]["added"] == 1
    entry = site.do(operation)

    assert entry.exit_code == 0, entry.sentence
    assert site.lab.health()["status"] == "healthy"
    assert site.lab.tools() == ["came-later", "goes", "stays"]
    assert (site.lab.database.stat().st_ino, *site.owner_and_mode()) == stands
    assert ask(site.lab.database, "PRAGMA integrity_check") == [("ok",)]
    assert ask(site.lab.database, "PRAGMA foreign_key_check") == []
    after = content(site.lab.database, without=OWN)
    assert {table for table in after if after[table] != before.get(table)} == {"tools"}
    assert site.left_overs() == []
    assert unfinished(site.deployment) == ()
    assert site.do(Undo(site.deployment)).exit_code == 0
    assert site.lab.tools() == ["came-later", "stays"]
