"""Every pane of a deployment that a hostile hand has filled, byte by byte as a terminal gets it."""

from __future__ import annotations

import json
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.terminal import Terminal
from tui.operations.annotate import Relabel
from tui.operations.backup import BackupCreate
from tui.operations.cataloguing.catalogue import read_catalogue

PROGRAM = str(Path(sys.executable).parent / "mcpdb-tui")
EVIL = "[/x]\x1b]52;c;RVZJTA==\x07\x1b[31;5;7m\x9b2J\u202eexe.gnp\u2066\x1bc[red]\u200b\x08\x7f"
RAW = (
    b"\x1b]52;c;RVZJTA==", b"\x1b[31;5;7m", b"\xc2\x9b2J", b"\x9b2J", "\u202e".encode(),
    "\u2066".encode(), b"\x1bc[", b"\x7f", "\u200b".encode(),
)  # fmt: skip
"""What must not reach the terminal; our own colours never blink."""
SHOWN = "exe.gnp"
"""What is left of it on every screen that shows it."""


def poison(site) -> None:
    """Fill what the gateway's users, other programs and file names can fill."""
    assert site.do(BackupCreate(site.deployment)).exit_code == 0
    (backup,) = [b for b in read_catalogue(site.deployment).backups if b.manifest]
    assert site.do(Relabel(site.deployment, backup=backup.id, label="a label")).exit_code == 0
    manifest = next(site.deployment.backup_dir.glob("*.json"))
    values = json.loads(manifest.read_text())
    for key in ("label", "note", "who", "host", "image", "source"):
        if key in values:
            values[key] = EVIL
    manifest.write_text(json.dumps(values))
    (site.deployment.backup_dir / f"mcp_backup_20260101_000000 {EVIL.replace('/', '')}.db").touch()
    with closing(sqlite3.connect(site.database, timeout=30)) as connection:
        name = EVIL.replace('"', '""')
        connection.execute(f'CREATE TABLE "{name}" (id INTEGER PRIMARY KEY, "{name}" TEXT)')
        connection.execute(f'INSERT INTO "{name}" VALUES (1, ?)', (EVIL,))
        connection.execute("UPDATE tools SET name = name || ?, description = ?", (EVIL, EVIL))
        connection.commit()
    with (site.folder / "logs" / "gateway.log").open("a") as log:
        log.write(f"2026-08-11 03:04:11,902 - {EVIL} - ERROR - {EVIL}\n")
        log.write(json.dumps({"levelname": "ERROR", "name": EVIL, "message": EVIL}) + "\n")
    (site.folder / "logs" / f"{EVIL.replace('/', '')}.log").write_text(EVIL + "\n")


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (140, 45)])
def test_no_byte_of_foreign_text_is_a_command_to_the_terminal(columns, rows, site):
    poison(site)
    with Terminal([PROGRAM], cwd=site.folder, columns=columns, rows=rows) as screen:
        screen.wait_for("✓ healthy", timeout=60)
        for number, waited in (
            ("2", SHOWN), ("3", "revision"), ("4", "backup"), ("5", SHOWN), ("6", "checks"),
            ("7", "Routine"), ("9", "processes"), ("1", "gateways"),
        ):  # fmt: skip
            screen.send(number)
            screen.wait_for(waited, timeout=60)
        screen.send("/exe.gnp")
        screen.wait_for("1 of", "match", timeout=60)
        screen.send("\r")
        screen.wait_for("Enter rows", timeout=60)
        screen.send("\r")
        screen.wait_for("row 1 of 1", timeout=60)
        screen.send("lv")
        screen.wait_for("Fields", SHOWN, timeout=60)
        screen.send("?")
        screen.wait_for("Everywhere", timeout=60)
        raw = screen.raw
    found = {piece: raw.index(piece) for piece in RAW if piece in raw}
    assert not found, {piece: raw[max(0, at - 60) : at + 60] for piece, at in found.items()}
