"""What an operator over SSH relies on: a line that is cut hurts nothing, a slow one is usable."""

from __future__ import annotations

import shlex

import pytest

from tests.conftest import wait_for
from tests.ssh.conftest import PROGRAM
from tui.operations.activity import read_activity
from tui.operations.backup import BackupCreate

PATIENCE = 60.0
TOP = 4
"""The line of the first table in pane 1, below rows 1 to 3 and the title."""


def _screen(site, server, line):
    words = f"cd {shlex.quote(str(site.folder))} && exec {shlex.quote(str(PROGRAM))}"
    return server.open(line, words)


def _in_step(site, operation, step):
    """An operation is in this step now."""
    for entry in read_activity(site.deployment):
        states = {line.step: line.state for line in entry.steps}
        if (entry.operation, entry.state, states.get(step)) == (operation, "running", "running"):
            return True
    return False


def _at_work(server):
    """What was started over SSH and is not the gateway, which the operation has started again."""
    return [words for words in server.processes() if "tui.demo.gateway" not in words]


def _cursor(terminal):
    """How many lines below the first table the cursor is; -1 while there is none."""
    found = [number for number, text in enumerate(terminal.text.splitlines()) if text[:1] == "▸"]
    return found[0] - TOP if found else -1


def _past_the_welcome(terminal):
    terminal.wait_for("✓ healthy", timeout=PATIENCE)
    terminal.wait_for("just look", timeout=PATIENCE)
    terminal.send("\x1b")
    terminal.wait_for("just look", gone=True, timeout=PATIENCE)


@pytest.mark.parametrize(
    ("operation", "keys"),
    [
        ("backup-cold", [(":", "or type:"), ("cold", "Back up cold"), ("\r", "Cancel"), ("y", "")]),
        (
            "restore",
            [
                ("2", "[2 Backups]"),
                ("B", "Type demo"),
                ("\tdemo", "▸[demo"),
                ("\r", "▸[ Restore ]"),
                ("\r", ""),
            ],
        ),
    ],
)
def test_a_line_cut_in_the_middle_of_a_change_hurts_nothing(
    operation, keys, make_site, server, lines
):
    site = make_site()
    assert site.do(BackupCreate(site.deployment)).exit_code == 0
    line = lines()
    (site.folder / "break-stop").touch()  # its stop takes a while: that is when the line goes
    with _screen(site, server, line) as terminal:
        terminal.wait_for("✓ healthy", timeout=PATIENCE)
        for key, shown in keys:
            terminal.send(key)
            terminal.wait_for(shown, timeout=PATIENCE)
        wait_for(lambda: terminal.pump(0.01) and _in_step(site, operation, "stop"), "the stop", 60)
        line.cut()
        terminal.wait_end(PATIENCE)
    (site.folder / "break-stop").unlink()
    wait_for(lambda: not _at_work(server), "all but the gateway has ended", PATIENCE)
    last = read_activity(site.deployment)[0]
    assert (last.operation, last.state, last.exit_code) == (operation, "done", 0), last
    site.wait_healthy()
    assert site.integrity() == "ok"


def test_a_line_cut_while_a_log_is_followed_leaves_no_process(make_site, server, lines):
    site = make_site()
    line = lines()
    with _screen(site, server, line) as terminal:
        _past_the_welcome(terminal)
        terminal.send("5")
        terminal.wait_for("[5 Logs]", "GET", timeout=PATIENCE)
        assert server.processes()
        line.cut()
        terminal.wait_end(PATIENCE)
    wait_for(lambda: not server.processes(), "the screen has ended", PATIENCE)
    assert site.healthy()


def test_on_a_line_of_200_ms_no_key_is_lost_and_none_means_another_thing(make_site, server, lines):
    site = make_site()
    line = lines(0.1)
    with _screen(site, server, line) as terminal:
        _past_the_welcome(terminal)
        # In one burst, as who knows the keys types them: the pane, five lines down, and up one.
        terminal.send("1jjjjjk")
        terminal.wait_for("Tables", timeout=PATIENCE)
        terminal.wait_until(lambda: _cursor(terminal) == 4, PATIENCE, "four lines below the first")
        terminal.send(":backup nothing-of-it")
        terminal.wait_for(": backup nothing-of-it", timeout=PATIENCE)
        terminal.send("\x1b")
        terminal.wait_for("nothing-of-it", gone=True, timeout=PATIENCE)
        terminal.send("q")
        terminal.send("q")
        assert terminal.wait_end(PATIENCE) == 0
    assert not [e for e in read_activity(site.deployment) if e.operation == "backup"]
