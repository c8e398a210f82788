"""Whatever lies in the backup folders, looking at it neither fails nor changes anything."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.faults import print_of
from tests.programs import two_tables
from tests.unit.shelf import Shelf
from tui.core.errors import McpdbError
from tui.core.models import Manifest
from tui.operations.adopt import Adopt
from tui.operations.annotate import Pin, Relabel
from tui.operations.cataloguing.arranging import SORTS, arranged, rulings
from tui.operations.cataloguing.catalogue import find_backup, read_catalogue, with_secrets
from tui.operations.delete import Delete
from tui.services.manifests import parse

OURS = [
    *("mcp_hotbackup_1.db", "mcp_backup_1.db", "mcp_backup_latest.db", "mcp_safety_1.db"),
    *("mcp_hotbackup_2.db.zst", "x.sqlite", "mcp.db.bak", "mcp_backup_\n.db", "notes"),
]
names = st.one_of(
    st.sampled_from(OURS),
    st.binary(min_size=1, max_size=40)
    .filter(lambda b: b"/" not in b and b"\0" not in b and b not in (b".", b".."))
    .map(os.fsdecode),
)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(["ok", "zstd", "2026-01-01T00:00:00+00:00", "9999-12-31T23:59:59-14:00"]),
    st.dictionaries(st.text(max_size=5), st.integers(), max_size=2),
)
known = {
    "format": 1, "id": "k7m2qd", "name": "x", "kind": "hot", "sequence": 1, "seconds": 1.0,
    "taken": "2026-01-01T00:00:00+00:00", "utc_offset": "+00:00", "trigger": "hand", "who": "x",
    "host": "x", "method": "x", "clean_stop": None, "size": 16_384, "page_size": 4_096, "pages": 4,
    "sha256": "0" * 64, "revision": "", "release": "", "rows": {}, "check": "quick_check",
    "check_result": "ok", "foreign_key_errors": 0, "verified": "2026-01-01T00:00:00+00:00",
    "image": "", "sqlite_version": "3", "journal_mode": "wal",
}  # fmt: skip
manifests = st.one_of(
    st.binary(max_size=200),
    st.dictionaries(st.sampled_from(sorted(Manifest.__dataclass_fields__)), scalars).map(
        lambda changes: json.dumps({**known, **changes}).encode()
    ),
)
contents = st.one_of(
    st.binary(max_size=300),
    st.just(b"SQLite format 3\x00" + b"\x00" * 84),
    st.just(b"\x28\xb5\x2f\xfd" + b"x" * 30),
    st.just("database"),
    st.just("truncated database"),
)


def put(path: Path, what: Any, database: bytes) -> None:
    if isinstance(what, bytes):
        path.write_bytes(what)
    elif isinstance(what, str):
        path.write_bytes(database if what == "database" else database[:-100])
    else:
        kind, target = what
        if kind == "link":
            path.symlink_to(target)
        elif kind == "hard":
            os.link(path.parent.parent / "mcp.db", path)
        else:
            os.mkfifo(path) if kind == "pipe" else path.mkdir()


things = st.one_of(
    contents,
    st.tuples(st.just("link"), st.sampled_from(["mcp_backup_1.db", "../mcp.db", "/etc/passwd",
                                                "mcp_backup_latest.db", "nowhere"])),
    st.tuples(st.sampled_from(["hard", "pipe", "folder"]), st.just("")),
)  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.dictionaries(names, st.tuples(things, st.none() | manifests), max_size=6),
    st.integers(-(2**33), 2**36),
)
def test_any_content_of_the_folders_is_listed_or_left_alone(
    found: dict[str, tuple[Any, bytes | None]], seconds: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        shelf = Shelf(Path(folder) / "data")
        database = two_tables(Path(folder) / "any.db", mode="delete").read_bytes()
        for name, (thing, manifest) in found.items():
            path = shelf.folder / name
            if not os.path.lexists(path):
                put(path, thing, database)
            beside = path.with_name(name + ".json")
            if manifest is not None and not os.path.lexists(beside):
                beside.write_bytes(manifest)
            if path.is_file() and not path.is_symlink() and path.lstat().st_nlink == 1:
                os.utime(path, (seconds, seconds))
        before = print_of(shelf.database.parent)

        catalogue = with_secrets(read_catalogue(shelf.deployment), "aa")
        kept = rulings(shelf.deployment, catalogue)
        for sort in SORTS:
            assert len(arranged(catalogue.backups, sort)) == len(catalogue.backups)
        for backup in catalogue.backups:
            assert backup.path.parent in (shelf.folder, shelf.database.parent)
            assert backup.path in kept
            for word in {backup.id, backup.path.name, str(backup.path)}:
                try:
                    find_backup(shelf.deployment, word)
                except McpdbError as error:
                    assert str(error)
            for operation in (
                Adopt(shelf.deployment, str(backup.path)),
                Pin(shelf.deployment, str(backup.path)),
                Relabel(shelf.deployment, str(backup.path), "x"),
                Delete(shelf.deployment, str(backup.path)),
            ):
                try:
                    assert operation.plan().fingerprint
                except McpdbError as error:
                    assert str(error)
        assert print_of(shelf.database.parent) == before


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(manifests)
def test_any_bytes_are_a_manifest_or_refused_in_one_line(content: bytes) -> None:
    try:
        assert parse(content, "x.json").format == 1
    except McpdbError as error:
        assert "\n" not in str(error)
