"""A deleted row comes back, from the first key to the last, in a real terminal."""

from __future__ import annotations

import sys
import urllib.request

from tests.terminal import Terminal
from tui.operations.activity import read_activity
from tui.operations.backup import BackupCreate

CRM, OLD, KEPT = "crm-search", "not-wanted-any-more", "weather-forecast"


def delete_tool(site, name):
    request = urllib.request.Request(site.url(f"/tools/{name}"), method="DELETE")
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.status in (200, 204)


def line_of(terminal, word):
    return next(n for n, line in enumerate(terminal.text.splitlines()) if word in line)


def test_a_deleted_tool_is_found_by_name_and_brought_back(site):
    for name in (CRM, OLD, KEPT):
        site.add_tool(name)
    site.do(BackupCreate(site.deployment))
    delete_tool(site, CRM)
    delete_tool(site, OLD)
    site.add_tool("came-after")
    before = site.database.stat().st_ino
    command = [sys.executable, "-m", "tui", "--project-dir", str(site.folder)]
    with Terminal(command, cwd=site.folder, columns=140, rows=45) as terminal:
        terminal.wait_for("NEEDS YOU", "1 tool fewer", "c compare")
        terminal.send("2")
        terminal.wait_for("[2 Backups]", "1 with manifest")
        terminal.send("c")
        terminal.wait_for("2 tools removed, 1 tool added", CRM, "compared ", "B live, read")
        assert KEPT not in terminal.text
        # Only one of the two rows is wanted back.
        terminal.send("/tools\r")
        terminal.wait_for("match")
        terminal.send("\r")
        terminal.wait_for("removed", CRM, "rows 1-")
        terminal.send("j" if line_of(terminal, OLD) < line_of(terminal, CRM) else "")
        terminal.send(" ")
        terminal.wait_for("1 row marked")
        terminal.send("T")
        terminal.wait_for("TABLES OR ROWS BACK", "1 row added, 0 replaced, parents present")
        terminal.send("\t\r")
        name = site.deployment.name
        terminal.wait_for(f"Type {name}", "BRING-BACK")
        terminal.send(f"\t{name}\r")
        terminal.wait_for("▸[ Bring back ]◂")
        terminal.send("\r")
        terminal.wait_for("Brought back into tools", timeout=90)
        assert site.tools() >= {CRM, KEPT, "came-after"}
        assert OLD not in site.tools()
        # Behind the page of the operation it was compared anew.
        terminal.send("q")
        terminal.wait_for("tools · 1 removed, 1 added since A", timeout=30)
        terminal.send("\x1b")
    assert site.database.stat().st_ino == before
    assert [entry.operation for entry in read_activity(site.deployment)] == ["bring-back", "backup"]
    assert not site.left_overs()
