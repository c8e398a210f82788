"""Files that are no database, folders that may not be entered: one sentence, the right code."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.conftest import Cli, Done, Place

NOBODY = 65534

AS_NOBODY = """
import importlib, os, pkgutil, sys
import tui.cli, tui.operations, tui.services
for package in (tui.cli, tui.operations, tui.services):
    for found in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        importlib.import_module(found.name)
import docker, tui.__main__
# What is loaded late lies where this user cannot look any more.
import encodings.idna, http.client, urllib.request, getpass, pwd
os.setgroups([]); os.setgid(65534); os.setuid(65534)
sys.argv = ["mcpdb-tui", *sys.argv[1:]]
tui.__main__.main()
"""


def one_sentence(done: Done) -> bool:
    return bool(re.fullmatch(r"mcpdb-tui: [^\n]+[.)]\n", done.err)) and done.out == ""


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("missing.db", None, 10),
        ("empty.db", b"", 3),
        ("garbage.db", os.urandom(8192), 3),
        ("text.db", b"-- a dump\nCREATE TABLE x (y);\n" * 300, 3),
        ("gzip.db", b"\x1f\x8b\x08\x00" + os.urandom(8192), 3),
        ("header-only.db", b"SQLite format 3\x00" + bytes(84), 3),
    ],
    ids=["missing", "empty", "garbage", "text", "gzip", "header"],
)
def test_what_is_no_database_is_said_in_one_sentence(
    tmp_path: Path, name: str, content: bytes | None, code: int
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    cli = Cli(["--db", name], tmp_path)
    for words in (("tables",), ("tables", "x"), ("migrations", "current"), ("backup", "create")):
        done = cli(*words)
        assert done.code == code, (words, done)
        assert one_sentence(done), done
    status = cli("status")
    assert status.code == 0, "status reports, it does not fail"
    assert "FAIL" in status.out
    assert "NEEDS YOU" in status.out
    assert (path.read_bytes() if content is not None else None) == content
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".mcpdb")] == []


def test_a_truncated_database_is_said_in_one_sentence(quiet: Place, tmp_path: Path) -> None:
    whole = quiet.database.read_bytes()
    (tmp_path / "cut.db").write_bytes(whole[: len(whole) // 2])
    done = Cli(["--db", "cut.db"], tmp_path)("tables")
    assert done.code == 3
    assert one_sentence(done)


@pytest.mark.parametrize(
    "content",
    [b"", os.urandom(9000), b"SQLite format 3\x00" + bytes(9000)],
    ids=["empty", "garbage", "header"],
)
def test_a_bad_file_is_never_restored(place: Place, tmp_path: Path, content: bytes) -> None:
    bad = tmp_path / "bad.db"
    bad.write_bytes(content)
    before = place.database.stat().st_ino
    done = place.cli("restore", str(bad), "--confirm", "demo")
    assert done.code == 3, done
    assert done.err.splitlines()[-1].startswith("mcpdb-tui: ")
    assert place.database.stat().st_ino == before
    assert place.running()


def test_a_folder_and_a_folder_that_is_not_there(tmp_path: Path) -> None:
    assert Cli(["--db", "."], tmp_path)("status").code == 2
    missing = Cli(["--db", "no/where.db"], tmp_path)("status")
    assert missing.code == 10
    assert one_sentence(missing)


def test_a_malformed_settings_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "mcpdb.toml").write_text("this is = = not toml")
    done = Cli([], tmp_path)("status")
    assert done.code == 2
    assert "mcpdb.toml" in done.err
    assert one_sentence(done)


def test_an_unknown_gateway_needs_docker_which_is_down(tmp_path: Path) -> None:
    for words in (("status",), ("--container", "forge-gateway-1", "status")):
        done = Cli([], tmp_path)(*words)
        assert done.code == 13, done
        assert "Docker" in done.err
        assert one_sentence(done)


def test_without_docker_what_needs_none_works(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "mcp.db")) as connection:
        connection.execute("CREATE TABLE tools (id)")
        connection.commit()
    cli = Cli(["--db", "mcp.db"], tmp_path)
    assert cli("tables").code == 0
    assert cli("status").code == 0
    assert cli("backup", "create").code == 0
    assert cli("backup", "list").code == 0
    assert cli("activity").code == 0
    for words in (("gateway", "status"), ("gateway", "stop", "--yes"), ("logs",)):
        done = cli(*words)
        assert done.code == 13, (words, done)


@pytest.fixture
def theirs() -> Iterator[Path]:
    """A folder everybody may enter, with a database that nobody but its owner may read."""
    folder = Path(tempfile.mkdtemp(prefix="mcpdb-theirs-"))
    folder.chmod(0o755)
    with closing(sqlite3.connect(folder / "mcp.db")) as connection:
        connection.execute("CREATE TABLE tools (id)")
        connection.commit()
    (folder / "mcp.db").chmod(0o600)
    yield folder
    shutil.rmtree(folder)


def as_nobody(folder: Path, *words: str) -> Done:
    done = subprocess.run(
        [sys.executable, "-c", AS_NOBODY, "--db", str(folder / "mcp.db"), *words],
        cwd=folder,
        env={**os.environ, "DOCKER_HOST": "unix:///nowhere/docker.sock", "HOME": "/nonexistent"},
        capture_output=True,
        check=False,
        timeout=60,
    )
    return Done(done.returncode, done.stdout.decode(), done.stderr.decode())


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_somebody_without_permission_is_told_who_he_is(theirs: Path) -> None:
    for words in (("tables",), ("migrations", "current"), ("backup", "create")):
        done = as_nobody(theirs, *words)
        assert done.code == 12, (words, done)
        assert one_sentence(done), done
        assert "belongs to root" in done.err
    status = as_nobody(theirs, "status")
    assert status.code == 0, status
    assert "FAIL" in status.out
    assert sorted(p.name for p in theirs.iterdir()) == ["mcp.db"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_a_folder_that_may_not_be_entered(theirs: Path) -> None:
    theirs.chmod(0o700)
    done = as_nobody(theirs, "tables")
    assert done.code == 12, done
    assert one_sentence(done), done
    assert "nobody" in done.err
