"""A real gateway whose database is damaged, then gone: salvage, the newest copy, a new one."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from tests.docker.site import RealSite, ask_finished
from tui.operations.backup import BackupCreate
from tui.operations.bootstrap import Bootstrap
from tui.operations.cataloguing.catalogue import read_catalogue, safety_dir
from tui.operations.cataloguing.recommended import recommended
from tui.operations.control import GatewayStop
from tui.operations.restore import Restore
from tui.operations.salvage import Salvage

pytestmark = [pytest.mark.docker, pytest.mark.timeout(600)]


def _damage(site: RealSite) -> tuple[int, int]:
    """Zero a leaf of the tools of the stopped gateway's file; its tools, and their root page."""
    database = site.lab.database
    with closing(sqlite3.connect(database)) as live:
        live.execute("PRAGMA journal_mode=DELETE")
        (root,) = live.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'tools'").fetchone()
        (size,) = live.execute("PRAGMA page_size").fetchone()
        (count,) = live.execute("SELECT count(*) FROM tools").fetchone()
    raw, number = bytearray(database.read_bytes()), int(root)
    while raw[(number - 1) * size] == 5:
        at = (number - 1) * size
        cell = int.from_bytes(raw[at + 12 : at + 14], "big")
        number = int.from_bytes(raw[at + cell : at + cell + 4], "big")
    raw[(number - 1) * size : number * size] = bytes(size)
    with database.open("r+b") as stream:
        stream.write(raw)
    return int(count), number


def test_damaged_then_gone_then_without_a_backup(shared_site: RealSite) -> None:
    site = shared_site
    for number in range(12):
        site.add_tool(f"kept-{number}")
    assert site.do(BackupCreate(site.deployment)).exit_code == 0
    site.add_tool("after-the-backup")
    assert site.do(GatewayStop(site.deployment)).exit_code == 0
    owner = site.owner_and_mode()

    # Damaged: what is left is read, the file stays as it is, and the gateway starts on it.
    tools, _page = _damage(site)
    before = site.lab.database.read_bytes()
    entry = site.do(Salvage(site.deployment))
    assert entry.exit_code == 15, entry.sentence
    assert site.lab.database.read_bytes() == before
    assert site.owner_and_mode() == owner
    assert not [p for p in site.lab.database.parent.glob("mcp.db-*") if p.stat().st_size]
    report = {each["name"]: each for each in entry.result["salvaged"]["tables"]}
    assert 0 < report["tools"]["lost"] <= tools
    assert report["tools"]["read"] == tools - report["tools"]["lost"]
    broken = {name for name, each in report.items() if not each["complete"]}
    assert broken == {"tools"}, [report[name] for name in broken]
    made = str(entry.result["backup"])
    plan = Restore(site.deployment, made).plan()
    assert any("SUSPECT" in check.text for check in plan.checks)
    entry = site.do(Restore(site.deployment, made, start=True))
    assert entry.exit_code == 0, entry.sentence
    assert site.healthy()
    assert site.owner_and_mode() == owner
    assert len(site.tools()) == tools - report["tools"]["lost"]
    kept = list(safety_dir(site.deployment).glob("*.db"))
    assert len(kept) == 1 and kept[0].read_bytes() == before  # damaged, as it was found

    # Gone, while the gateway is stopped: looking makes nothing, the newest verified one is put
    # there, never the suspect one.
    assert site.do(GatewayStop(site.deployment)).exit_code == 0
    site.lab.database.unlink()
    catalogue = read_catalogue(site.deployment)
    newest = recommended(catalogue)
    assert newest is not None and newest.kind == "hot"
    told = site.command("status")
    assert "No database at" in told.stdout
    assert not site.lab.database.exists()
    entry = site.do(Restore(site.deployment, "latest", start=True))
    assert entry.exit_code == 0, entry.sentence
    assert site.healthy()
    assert {f"kept-{number}" for number in range(12)} <= site.tools()
    assert "after-the-backup" not in site.tools()

    # Gone, and no backup at all: a new one is made aside, by the gateway's own code.
    assert site.do(GatewayStop(site.deployment)).exit_code == 0
    site.lab.database.unlink()
    for path in (*site.deployment.backup_dir.iterdir(), *safety_dir(site.deployment).iterdir()):
        path.unlink()
    entry = site.do(Bootstrap(site.deployment))
    assert entry.exit_code == 0, entry.sentence
    assert ask_finished(site.lab.database, "SELECT count(*) FROM tools") == [(0,)]
    site.lab.up()
    site.wait_healthy()
    assert site.left_overs() == []
