"""A path that arrives in one piece with its key, as over a slow line, in a real terminal."""

from __future__ import annotations

import sys

from tests.terminal import Terminal
from tui.operations.backup import BackupCreate


def test_a_path_typed_ahead_stands_in_the_field_and_presses_no_key_of_the_dialog(site):
    """`x` in it would export, `s` ask for secrets, `n` cancel."""
    site.do(BackupCreate(site.deployment))
    command = [sys.executable, "-m", "tui", "--project-dir", str(site.folder)]
    with Terminal(command, cwd=site.folder, columns=80, rows=24) as terminal:
        terminal.wait_for("1 Tables", "backup ok")
        terminal.send("1")
        terminal.wait_for("x export…")
        terminal.send("x")
        terminal.wait_for("Export gateways", "gateways.csv")
        terminal.send("t-next-six.ndjson\r")
        terminal.wait_for("next-six.ndjson", "[ x  Export ]")
        terminal.send("x")
        terminal.wait_for("Exported to")
    assert (site.folder / "gateways.csv-next-six.ndjson").exists(), sorted(site.folder.iterdir())
    assert not (site.folder / "gateways.csv").exists()
