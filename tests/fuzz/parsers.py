"""The parsers of what comes from elsewhere, each with samples that are right."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.fuzz.made import Real
from tui.cli import schema
from tui.core import foreign_json
from tui.core.errors import McpdbError
from tui.core.models import Rehearsal
from tui.core.settings import Flags, load
from tui.operations.activity import read_activity, unfinished
from tui.operations.cataloguing.catalogue import read_catalogue
from tui.operations.migrating import report_file
from tui.services import cron_places, crontab, logs, manifests
from tui.services.containers import compose
from tui.services.first_bytes import first_bytes
from tui.services.migrations import graph
from tui.services.sqlite import inspection
from tui.wording.clean import one_line, printable


@dataclass(frozen=True)
class Parser:
    """One parser: it gives something or raises what is allowed."""

    name: str
    samples: Sequence[bytes]
    take: Callable[[bytes], object]
    allowed: tuple[type[Exception], ...] = (McpdbError,)

    def meet(self, content: bytes) -> None:
        """Feed it; what it complains of is one printable sentence."""
        try:
            self.take(content)
        except self.allowed as error:
            said = one_line(str(error))
            assert said, f"{self.name}: nothing is said"
            assert said.isprintable(), f"{self.name}: {said!r}"


def database(path: Path) -> bytes:
    """A small whole database."""
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(
            "CREATE TABLE alembic_version (version_num TEXT);"
            "INSERT INTO alembic_version VALUES ('e198602c3c1e');"
            "CREATE TABLE tools (id TEXT PRIMARY KEY, name TEXT);"
            "INSERT INTO tools VALUES ('a', 'one'), ('b', 'two');"
        )
    return path.read_bytes()


def parsers(folder: Path, real: Real) -> list[Parser]:
    """All of them.

    Args:
        folder: For files that they read.
        real: What a backup has written.
    """
    manifest, records = real.manifest.read_bytes(), real.records
    journals = folder / "data" / ".mcpdb" / "journal"
    journals.mkdir(parents=True)
    place, whole = folder / "input", database(folder / "whole.db")

    def through_file(take: Callable[[Path], object], name: str = "") -> Callable[[bytes], object]:
        def taken(content: bytes) -> object:
            path = folder / name if name else place
            path.write_bytes(content)
            return take(path)

        return taken

    def read_journal(path: Path) -> object:
        path.replace(journals / path.name)
        there = replace(real.deployment, database=folder / "data" / "mcp.db")
        return read_activity(there), unfinished(there)

    def read_listed(content: bytes) -> object:
        real.manifest.write_bytes(content)
        found = read_catalogue(real.deployment)
        return schema.plain(found)

    def read_settings(path: Path) -> object:
        return dict(load(Flags(project_dir=str(path.parent)), {}, path.parent))

    def read_cron(path: Path) -> object:
        text = path.read_text(errors="replace")
        block = crontab.block_in(text, "mcpdb-tui /srv/forge")
        return block, list(cron_places.entries(cron_places.Place(path, "system", "")))

    def read_log(content: bytes) -> object:
        text = content.decode("utf-8", errors="backslashreplace")
        found = [logs.line("gw", line) for line in text.splitlines()]
        for line in found:
            assert printable(line.text).replace("\n", "").replace("\t", "").isprintable()
        return found

    def read_graph(content: bytes) -> object:
        answer: Any = foreign_json.loads(content)
        if not isinstance(answer, dict):
            raise ValueError("it is no object")
        return graph.graph_from(graph.judged(answer), "here", 0.1)

    return [
        Parser("manifest", [manifest], lambda content: manifests.parse(content, "mcp_x.db")),
        Parser("manifest in the catalogue", [manifest], read_listed),
        Parser("journal", [records], through_file(read_journal, _JOURNAL)),
        Parser(
            "database file",
            [whole],
            through_file(lambda p: inspection.inspect(p, lambda *_: None, lambda: None)),
        ),
        Parser("header", [whole[:100]], through_file(first_bytes)),
        Parser("Compose's answer", [_COMPOSE], lambda content: compose._parse(content, folder)),
        Parser("settings", [_SETTINGS], through_file(read_settings, "mcpdb.toml")),
        Parser("crontab", [_CRON], through_file(read_cron)),
        Parser("log", [_LOG], read_log),
        Parser("rehearsal", [_report()], lambda content: report_file.decode(content, "r.json")),
        Parser("migrations", [_GRAPH], read_graph, (McpdbError, ValueError)),
    ]


def _report() -> bytes:
    return report_file.encode(_REPORT)


_JOURNAL = "000001-20260811T010000Z-backup.jsonl"
_NOW = datetime(2026, 8, 11, 1, 2, 3, tzinfo=UTC)
_REPORT = Rehearsal(
    id="000012-20260811T010203Z-rehearse", taken=_NOW, who="dana", action="upgrade",
    target="7ab59991e017", image="gateway:1.0.7", image_id="sha256:1", release="1.0.7",
    before=("e198602c3c1e",), after=("7ab59991e017",), planned=6, rows={"tools": (1, 2)},
    seconds={"copy": 0.1},
)  # fmt: skip
_COMPOSE = json.dumps(
    {
        "name": "forge",
        "services": {
            "gateway": {
                "image": "gateway:1.0.5",
                "environment": {"DATABASE_URL": "sqlite:///./data/mcp.db", "EMPTY": None},
                "command": ["mcpgateway", "--port", "4444"],
                "volumes": [
                    {"type": "bind", "source": "/srv/forge/data", "target": "/app/data"},
                    "/srv/forge/logs:/app/logs:ro",
                ],
            }
        },
    }
).encode()
_SETTINGS = b"""name = "forge"
production = true
backup_dir = "data/backups"
database = "data/mcp.db"
[retention]
keep_last = 3
daily = 7
[gateway]
kind = "process"
start = "systemctl start mcpgateway"
stop = "systemctl stop mcpgateway"
running = "systemctl is-active --quiet mcpgateway"
health_url = "http://127.0.0.1:4444/health"
"""
_CRON = b"""SHELL=/bin/sh
15 3,10 * * * root cd /srv/forge && find ./data/backups -name "mcp_backup_*.db" -mtime +7 -delete
@daily root /srv/forge/backup-database.sh % and more
# >>> mcpdb-tui /srv/forge
0 2 * * * mcpdb-tui backup create
# <<< mcpdb-tui /srv/forge
"""
_LOG = (
    b'{"asctime": "2026-08-11 03:04:11", "levelname": "ERROR", "name": "s", "message": "x"}\n'
    b"2026-08-11 03:04:11,902 - mcpgateway.main - INFO - Application startup complete.\n"
    b'INFO:     10.0.0.1:5 - "GET /health HTTP/1.1" 200 OK\n'
    b'Traceback (most recent call last):\n  File "x.py", line 1, in <module>\nValueError: no\n'
)
_GRAPH = json.dumps(
    {
        "revisions": [
            {
                "revision": "a1", "down": [], "message": "initial",
                "created": "2026-01-01", "doc": "",
                "branch_labels": [], "source": "def downgrade():\n    op.drop_table('x')\n",
                "file": "a1.py",
            },
            {
                "revision": "b2", "down": ["a1"], "message": "two",
                "created": "2026-01-02", "doc": "",
                "branch_labels": [], "source": "def downgrade():\n    pass\n", "file": "b2.py",
            },
        ],
        "heads": ["b2"], "bases": ["a1"], "version": "1", "ini": "alembic.ini", "python": "3.11",
    }
).encode()  # fmt: skip
