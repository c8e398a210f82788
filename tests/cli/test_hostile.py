"""Foreign text on its way to the terminal: nothing of it acts, whatever wrote it."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing

from tests.cli.conftest import Done, Place

HOSTILE = (
    "[/x][red]"
    "\x1b[31mred\x1b]52;c;ZXZpbA==\x07"
    "\x9b2J\x9d0;title\x9c"
    "\u202eevil\u2066\u200b"
    "\rmcpdb-tui: ok\n✓ all is well\x7f\x00end"
)
"""Markup, SGR, OSC 52, C1, bidi, a forged line, DEL, NUL."""

NAME = HOSTILE.replace("\x00", "").replace("/", "|")
"""The same as far as it can be a file's or table's name."""

RAW = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200b-\u200f]")


def assert_clean(done: Done) -> None:
    for text in (done.out, done.err):
        assert not RAW.search(text), ascii(text)
        assert not any(line.startswith(("✓ all", "mcpdb-tui: ok")) for line in text.splitlines())
    assert "Traceback" not in done.err


def test_a_hostile_database_is_shown_harmless_and_exact_in_json(quiet: Place) -> None:
    with closing(sqlite3.connect(quiet.database)) as connection:
        quoted = '"' + NAME.replace('"', '""') + '"'
        connection.execute(f'CREATE TABLE {quoted} ({quoted}, "x")')
        connection.execute(f"INSERT INTO {quoted} VALUES (?, ?)", (HOSTILE, HOSTILE.encode()))
        connection.execute(
            "INSERT INTO " + quoted + " VALUES (CAST(x'ff1b5b33316d' AS TEXT), NULL)"
        )
        connection.execute("UPDATE alembic_version SET version_num = ?", (NAME,))
        connection.commit()
    for words in (
        ("tables",),
        ("tables", NAME),
        ("status",),
        ("migrations", "list"),
        ("migrations", "current"),
    ):
        done = quiet.cli(*words)
        assert done.code == 0, (words, done)
        assert_clean(done)
        answer = quiet.cli.json(*words)
        assert answer.out.isascii()
        assert "\x7f" not in answer.out
        assert answer.out.count("\n") == 1
    data = quiet.cli.json("tables", NAME).document["data"]["rows"]
    assert data["table"] == NAME
    assert data["columns"] == [NAME, "x"]
    assert data["rows"][0] == [HOSTILE, {"$blob": HOSTILE.encode().hex()}]
    assert quiet.cli.json("migrations", "current").document["data"]["current"] == [NAME]


def test_hostile_words_on_the_command_line_come_back_harmless(quiet: Place) -> None:
    for words in (
        (NAME,),
        ("--" + NAME,),
        ("status", NAME),
        ("tables", NAME),
        ("backup", "show", NAME),
        ("backup", "verify", "/" + NAME),
        ("restore", NAME, "--confirm", NAME),
        ("activity", NAME),
        ("logs", "--tail", NAME),
        ("--db", NAME, "tables"),
        ("--project-dir", NAME, "status"),
        ("--glyphs", NAME, "status"),
        ("demo", "--stop", NAME),
    ):
        done = quiet.cli(*words)
        assert done.code in (2, 10), (words, done)
        assert_clean(done)
        assert done.err.count("\n") == 1, done.err
        assert quiet.cli("--json", *words).out.isascii()


def test_hostile_files_beside_the_backups_are_listed_harmless(place: Place) -> None:
    place.back_up()
    folder, name = place.deployment.backup_dir, NAME.replace("\n", "")[:80]
    (source,) = folder.glob("*.db")
    (folder / f"mcp_backup_{name}.db").write_bytes(source.read_bytes())
    (folder / f"stranger {NAME[:80]}").write_text("x")
    (folder / "mcp_backup_20200101_000000.db").write_bytes(NAME.encode())
    listed = place.cli("backup", "list")
    assert listed.code == 0
    assert_clean(listed)
    names = {b["path"] for b in place.cli.json("backup", "list").document["data"]["backups"]}
    assert any(name in path for path in names)
    identifier = next(
        b["id"]
        for b in place.cli.json("backup", "list").document["data"]["backups"]
        if name in b["path"]
    )
    for words in (
        ("backup", "show", identifier),
        ("backup", "verify", identifier),
        ("restore", identifier, "--plan"),
        ("restore", identifier, "--confirm", "demo"),
        ("activity",),
        ("activity", "3"),
        ("status",),
    ):
        done = place.cli(*words)
        assert done.code == 0, (words, done)
        assert_clean(done)


def test_hostile_labels_and_notes_are_kept_exact_and_shown_harmless(place: Place) -> None:
    label = HOSTILE.replace("\x00", "")
    done = place.cli("backup", "create", "--label", label, "--note", label)
    assert done.code == 0, done
    assert_clean(done)
    for words in (
        ("backup", "list"),
        ("backup", "show", "latest"),
        ("restore", "latest", "--plan"),
    ):
        shown = place.cli(*words)
        assert_clean(shown)
    backup = place.cli.json("backup", "show", "latest").document["data"]["backup"]
    assert backup["label"] == label
    assert backup["manifest"]["note"] == label


def test_hostile_log_lines_are_shown_harmless(place: Place) -> None:
    log = place.folder / "logs" / "gateway.log"
    line = HOSTILE.replace("\n", "")  # a line break in a log is a line of the log
    with log.open("ab") as stream:
        stream.write(b"2026-08-11 03:04:11,902 - x - ERROR - " + line.encode() + b"\xff\n")
    done = place.cli("logs", "--tail", "20")
    assert done.code == 0
    assert_clean(done)
    assert "\\x1b]52" in done.out
    assert place.cli.json("logs", "--tail", "20").out.isascii()


def test_a_hostile_deployment_name_is_typed_exactly_and_shown_harmless(
    make_place: Callable[..., Place],
) -> None:
    place = make_place()
    config = place.folder / "mcpdb.toml"
    name = "de\x1b[31mmo\u202e"
    text = config.read_text().replace('name = "demo"', r'name = "de\u001b[31mmo\u202e"')
    config.write_text(text)
    backup = place.back_up()
    assert_clean(place.cli("status"))
    refused = place.cli("restore", backup, "--confirm", "de\\x1b[31mmo")
    assert refused.code == 2
    assert_clean(refused)
    done = place.cli("restore", backup, "--confirm", name)
    assert done.code == 0, done
    assert_clean(done)
    assert_clean(place.cli("gateway", "stop"))


def test_signs_become_ascii_where_the_terminal_has_no_others(quiet: Place) -> None:
    from tests.cli.conftest import Cli

    plain = Cli(quiet.cli.first, quiet.cli.cwd, {"PYTHONIOENCODING": "latin-1"})
    for cli in (plain, Cli(quiet.cli.first, quiet.cli.cwd, {"MCPDB_GLYPHS": "ascii"})):
        done = cli("status")
        assert done.code == 0
        assert done.out.isascii()
        assert ". stopped" in done.out
