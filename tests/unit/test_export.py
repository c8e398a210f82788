"""Exports: what is written is exact, of one moment, private, and there whole or not at all."""

from __future__ import annotations

import io
import json
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from tests.faults import needs_root, small_disk
from tests.unit.test_rows_out import EDGES, told
from tui.core.errors import Cancelled, McpdbError
from tui.core.models import Deployment
from tui.core.models.rows import Condition, Order
from tui.operations.activity import read_activity
from tui.operations.export import Export
from tui.operations.export_result import ExportResult
from tui.operations.reads.exporting import Wanted
from tui.operations.reads.looking import LiveDatabase
from tui.operations.reads.query import Query
from tui.services.rows_out.formats import FORMATS, READABLE, Format, reading
from tui.services.rows_out.values import RawText, text_value

SCHEMA = """
CREATE TABLE tools (id TEXT PRIMARY KEY, v, auth_value TEXT, n INTEGER AS (length(id)) STORED);
CREATE TABLE links (a INTEGER, b TEXT, PRIMARY KEY (b, a)) WITHOUT ROWID;
CREATE TABLE "od/d ""name" (x);
CREATE TABLE alembic_version (version_num TEXT);
CREATE INDEX by_v ON tools (v, id);
CREATE VIEW shown AS SELECT id, auth_value AS x FROM tools;
"""


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Deployment]:
    """A WAL database that somebody has open, as a gateway would."""
    path = tmp_path / "data" / "mcp.db"
    path.parent.mkdir()
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("PRAGMA journal_mode=WAL").fetchone()
        writer.executescript(SCHEMA)
        for number, value in enumerate(EDGES):
            cast = "CAST(? AS TEXT)" if isinstance(value, RawText) else "?"
            writer.execute(
                f"INSERT INTO tools (id, v, auth_value) VALUES (?, {cast}, ?)",
                (f"t{number:02}", value, f"s3cret-{number}"),
            )
        writer.execute("INSERT INTO links VALUES (2, 'a'), (1, 'b'), (1, 'a')")
        writer.execute("INSERT INTO alembic_version VALUES ('abc')")
        yield Deployment(name="forge", database=path, backup_dir=path.parent / "backups")


def rows(path: Path, kind: Format) -> list[tuple[Any, ...]]:
    with reading(path, kind) as reader:
        return [row for _line, row in reader.rows()]


def of_table(deployment: Deployment, sql: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(f"{deployment.database.as_uri()}?mode=ro", uri=True)) as c:
        c.text_factory = text_value
        return c.execute(sql).fetchall()


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("kind", FORMATS)
def test_all_tables_go_into_a_private_folder_with_a_manifest(
    kind: Format, live: Deployment, tmp_path: Path
) -> None:
    target = tmp_path / "out" / "exported"
    target.parent.mkdir()
    done = Export(deployment=live, kind=kind).to_folder(target)
    manifest = json.loads((target / "manifest.json").read_text())
    assert manifest == done.manifest
    assert (manifest["revision"], manifest["secrets"], manifest["exact"]) == (
        "abc", "left out", True
    )  # fmt: skip
    told_of = {one["table"]: one for one in manifest["tables"]}
    assert set(told_of) == {"tools", "links", 'od/d "name', "alembic_version"}
    assert told_of["tools"]["left_out"] == ["auth_value"]
    assert told_of["tools"]["generated"] == ["n"]
    assert told_of["tools"]["columns"][0] == {"name": "id", "declared": "TEXT"}
    for one in told_of.values():
        content = (target / one["file"]).read_bytes()
        assert (one["bytes"], one["sha256"]) == (len(content), sha256(content).hexdigest())
        assert b"s3cret" not in content
    assert len(left(target)) == 5
    if kind in READABLE:
        found = rows(target / told_of["tools"]["file"], kind)
        assert told(found) == told(of_table(live, "SELECT id, v, n FROM tools ORDER BY rowid"))
        assert rows(target / told_of["links"]["file"], kind) == [(1, "a"), (2, "a"), (1, "b")]
    assert stat.S_IMODE(target.stat().st_mode) == 0o700
    assert {stat.S_IMODE(p.stat().st_mode) for p in target.iterdir()} == {0o600}
    assert left(target.parent) == ["exported"]
    assert not live.state_dir.exists()


def test_a_filtered_table_goes_into_one_file(live: Deployment, tmp_path: Path) -> None:
    wanted = Wanted(
        name="TOOLS",
        columns=("n", "ID"),
        condition=Condition(sql='"id" < ? OR "id" = ?', values=("t02", "t09")),
        order=(Order(column="id", descending=True),),
    )
    target = tmp_path / "tools.ndjson"
    Export(deployment=live, wanted=(wanted,), kind="ndjson").to_file(target)
    assert target.read_text() == (
        '{"n": 3, "id": "t09"}\n{"n": 3, "id": "t01"}\n{"n": 3, "id": "t00"}\n'
    )
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


def test_a_secret_under_another_name_is_left_out_of_a_view(
    live: Deployment, tmp_path: Path
) -> None:
    stream = io.BytesIO()
    done = Export(deployment=live, wanted=(Wanted(name="shown"),)).to_stream(stream)
    assert done.manifest["tables"][0]["left_out"] == ["x"]
    assert b"s3cret" not in stream.getvalue()
    with pytest.raises(McpdbError, match="nothing but secrets"):
        Export(deployment=live, wanted=(Wanted(name="tools", columns=("auth_value",)),)).to_stream(
            stream
        )


def test_secrets_are_written_on_purpose_and_noted_before_they_leave(
    live: Deployment, tmp_path: Path
) -> None:
    export = Export(deployment=live, wanted=(Wanted(name="tools"),), secrets=True, command="x -y")

    class Closed(io.BytesIO):
        def write(self, _data: Any) -> int:
            (entry,) = read_activity(live)
            assert (entry.operation, entry.subject, entry.command) == ("export", "tools", "x -y")
            assert "with secrets" in entry.sentence
            raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        export.to_stream(Closed())
    export.to_file(tmp_path / "tools.csv")
    assert "s3cret-1" in (tmp_path / "tools.csv").read_text()
    (entry, _first) = read_activity(live)
    assert (entry.state, "rows" in entry.sentence) == ("done", True)
    assert "s3cret" not in json.dumps(entry.result)

    (live.state_dir / "journal").rename(live.state_dir / "elsewhere")
    (live.state_dir / "journal").touch()
    with pytest.raises(McpdbError):
        export.to_file(tmp_path / "again.csv")
    assert left(tmp_path) == ["data", "tools.csv"]


def test_all_tables_are_of_one_moment_and_the_live_file_is_let_go(
    live: Deployment, tmp_path: Path
) -> None:
    with closing(sqlite3.connect(live.database, isolation_level=None)) as writer:
        seen: list[bool] = []

        def tick(table: str, _rows: int) -> None:
            if table == "links" and not seen:
                writer.execute("DELETE FROM tools")
                writer.execute("DELETE FROM alembic_version")
                # Nobody reads any more: all of the WAL can be taken in.
                assert writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0
                seen.append(True)

        wanted = tuple(Wanted(name=name) for name in ("links", "tools", "alembic_version"))
        done = Export(deployment=live, wanted=wanted).to_folder(tmp_path / "out", tick=tick)
    assert seen
    assert [one["rows"] for one in done.manifest["tables"]] == [3, len(EDGES), 1]


def test_nothing_that_is_there_is_replaced_unless_asked(live: Deployment, tmp_path: Path) -> None:
    export = Export(deployment=live, wanted=(Wanted(name="links"),))
    target, folder = tmp_path / "links.csv", tmp_path / "out"
    target.write_text("mine")
    with pytest.raises(McpdbError, match="is there already"):
        export.to_file(target)
    assert target.read_text() == "mine"
    export.to_file(target, replace=True)
    assert target.read_text() == '"a","b"\n1,"a"\n2,"a"\n1,"b"\n'
    folder.mkdir()
    (folder / "mine").touch()
    with pytest.raises(McpdbError, match="is no export"):
        export.to_folder(folder, replace=True)
    (folder / "mine").rename(folder / "manifest.json")
    export.to_folder(folder, replace=True)
    assert left(folder) == ["links.csv", "manifest.json"]
    link = tmp_path / "link.csv"
    link.symlink_to(live.database)
    for again in (False, True):
        with pytest.raises(McpdbError, match=r"is there already|no plain file"):
            export.to_file(link, replace=again)
    assert left(tmp_path) == ["data", "link.csv", "links.csv", "out"]


def test_a_stop_leaves_nothing_and_what_a_killed_one_left_is_swept(
    live: Deployment, tmp_path: Path
) -> None:
    def stop(table: str, _rows: int) -> None:
        if table:
            raise Cancelled("Stopped.")

    out = tmp_path / "out"
    out.mkdir()
    (out / ".all.5-999999999.partial").mkdir()
    (out / ".all.rows.5-999999999.partial").touch()
    with pytest.raises(Cancelled):
        Export(deployment=live).to_folder(out / "all", tick=stop)
    assert left(out) == []


@needs_root
def test_a_full_disk_is_one_sentence_and_leaves_nothing(live: Deployment, tmp_path: Path) -> None:
    with closing(sqlite3.connect(live.database, isolation_level=None)) as writer:
        writer.execute(
            "WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) "
            'INSERT INTO "od/d ""name" SELECT hex(zeroblob(500)) FROM n'
        )
    export = Export(deployment=live, wanted=(Wanted(name='od/d "name'),))
    for size in ("2m", "5m"):  # while it is copied aside, while it is written
        with small_disk(tmp_path / "disk", size) as disk:
            with pytest.raises(McpdbError) as raised:
                export.to_file(disk / "rows.csv")
            assert raised.value.exit_code == 12
            assert "space" in str(raised.value).lower()
            assert left(disk) == []


def test_a_row_that_is_too_large_is_refused_and_five_megabytes_are_not(
    live: Deployment, tmp_path: Path
) -> None:
    with closing(sqlite3.connect(live.database, isolation_level=None)) as writer:
        writer.execute('INSERT INTO "od/d ""name" VALUES (zeroblob(5000000))')
        wanted = (Wanted(name='od/d "name'),)
        Export(deployment=live, wanted=wanted, kind="json").to_file(tmp_path / "rows.json")
        ((found,),) = rows(tmp_path / "rows.json", "json")
        assert found == bytes(5_000_000)
        writer.execute('INSERT INTO "od/d ""name" VALUES (zeroblob(17000000))')
        with pytest.raises(McpdbError, match="a row of more than 16 MiB"):
            Export(deployment=live, wanted=wanted).to_file(tmp_path / "rows.csv")
    assert left(tmp_path) == ["data", "rows.json"]


def test_what_does_not_go_together_is_said(live: Deployment, tmp_path: Path) -> None:
    with pytest.raises(McpdbError, match="do not fit into one file"):
        Export(deployment=live).to_file(tmp_path / "all.csv")
    with pytest.raises(McpdbError, match="There is no table"):
        Export(deployment=live, wanted=(Wanted(name="nix"),)).to_file(tmp_path / "all.csv")
    with pytest.raises(McpdbError, match="spreadsheet"):
        Export(deployment=live, kind="json", safe=True).to_file(tmp_path / "all.csv")
    with pytest.raises(McpdbError, match="There is no"):
        Export(deployment=live).to_folder(tmp_path / "none" / "all")
    assert left(tmp_path) == ["data"]
    assert replace(Export(deployment=live), safe=True).safe


def test_a_filter_line_chooses_rows_and_never_tells_a_secret(
    live: Deployment, tmp_path: Path
) -> None:
    def written(line: str, **more: Any) -> list[str]:
        stream = io.BytesIO()
        wanted = (Wanted(name="tools", columns=("id",), filter=line),)
        Export(deployment=live, wanted=wanted, **more).to_stream(stream)
        return stream.getvalue().decode().split()[1:]

    assert written("id in ('t01', 't02')") == ['"t01"', '"t02"']
    assert written("where id < 't02'") == ['"t00"', '"t01"']
    for line in (
        "where auth_value LIKE 's3cret-1%'",
        "auth_value = 'x'",
    ):
        with pytest.raises(McpdbError) as raised:
            written(line)
        assert (raised.value.exit_code, "secret" in str(raised.value)) == (2, True)
    with pytest.raises(McpdbError, match="console"):
        written("where id IN (SELECT id FROM tools FULL JOIN tools t USING (auth_value))")
    with pytest.raises(McpdbError, match="no such column"):
        written("where nix")
    assert len(written("where auth_value LIKE 's3cret-1%'", secrets=True)) == 11


def test_a_result_is_written_whole_with_its_secrets_masked(
    live: Deployment, tmp_path: Path
) -> None:
    query = Query(LiveDatabase(live))
    sql = "SELECT id, id, auth_value AS x, NULL FROM tools WHERE id < 't02'"
    export = ExportResult(deployment=live, query=query, sql=sql, kind="ndjson")
    done = export.to_file(tmp_path / "rows.ndjson")
    names, found = (
        ["id", "id:2", "x", "NULL"],
        rows(tmp_path / "rows.ndjson", "ndjson"),
    )
    assert done.manifest["columns"] == names
    assert found == [(f"t0{n}", f"t0{n}", "•••• 8 ch", None) for n in range(2)]
    assert "secrets masked" in done.sentence
    with pytest.raises(McpdbError, match="only reads"):
        replace(export, sql="DELETE FROM tools").to_file(tmp_path / "no")
    with pytest.raises(Cancelled):
        export.to_file(tmp_path / "no", cancelled=lambda: True)
    assert left(tmp_path) == ["data", "rows.ndjson"]
