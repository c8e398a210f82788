"""The command line on a real terminal: what is asked, what is typed, what stays in place."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
from collections.abc import Sequence
from types import TracebackType

import pyte
import pytest

from tests.cli.conftest import Place, until, usual_signals
from tui.operations.activity import read_activity, read_entry

COLUMNS, LINES = 100, 60


class Terminal:
    """A program on a pseudo-terminal, and what an emulator shows of it."""

    def __init__(self, words: Sequence[str], env: dict[str, str]) -> None:
        self.screen = pyte.Screen(COLUMNS, LINES)
        self._stream = pyte.ByteStream(self.screen)
        self.raw = b""
        self._ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))

        def take_terminal() -> None:
            os.setsid()
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)
            usual_signals()

        self.process = subprocess.Popen(
            words, stdin=theirs, stdout=theirs, stderr=theirs, env={**env, "TERM": "xterm"},
            preexec_fn=take_terminal,
        )  # fmt: skip
        os.close(theirs)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(timeout=30)
        if self._ours >= 0:
            os.close(self._ours)

    def type(self, text: str) -> None:
        os.write(self._ours, text.encode())

    def hang_up(self) -> None:
        """The line is dropped."""
        os.close(self._ours)
        self._ours = -1

    def text(self) -> str:
        """Everything the terminal shows now."""
        while self._ours >= 0 and select.select([self._ours], [], [], 0)[0]:
            try:
                data = os.read(self._ours, 65536)
            except OSError:  # the other side is closed
                break
            self.raw += data
            self._stream.feed(data)
        return "\n".join(line.rstrip() for line in self.screen.display)

    def sees(self, text: str) -> str:
        def look() -> str:
            shown = self.text()
            assert self.process.poll() is None or text in shown, shown
            return shown if text in shown else ""

        found: str = until(look, text)
        return found

    def end(self) -> int:
        until(lambda: (self.text(), self.process.poll() is not None)[1], "the end")
        self.text()
        return self.process.returncode


def open_terminal(place: Place, *words: str) -> Terminal:
    return Terminal(place.cli.words(*words), place.cli.environ())


def test_the_typed_name_confirms_a_restore(place: Place) -> None:
    backup = place.back_up()
    with open_terminal(place, "restore", backup) as terminal:
        shown = terminal.sees("Type demo, the name of the gateway that changes:")
        assert "YOU LOSE" in shown
        assert "WHAT HAPPENS" in shown
        terminal.type(" demo \n")
        assert terminal.end() == 0
        shown = terminal.text()
    assert f"✓ restored {backup}" in shown
    assert "✓ copy the backup beside the database" in shown
    assert "» copy" not in shown, "the running step is written over"
    assert b"\x1b" not in terminal.raw, "no escape sequence of ours or of others"


@pytest.mark.parametrize("typed", ["Demo\n", "\n", "y\n", "\x04"])
def test_another_word_than_the_name_changes_nothing(place: Place, typed: str) -> None:
    backup = place.back_up()
    before = place.database.stat().st_ino
    with open_terminal(place, "restore", backup) as terminal:
        terminal.sees("Type demo")
        terminal.type(typed)
        assert terminal.end() == 2
        assert "Nothing was changed." in terminal.text()
    assert place.database.stat().st_ino == before
    assert [entry.operation for entry in read_activity(place.deployment)] == ["backup"]


def test_ctrl_c_at_the_question_leaves_with_130(place: Place) -> None:
    backup = place.back_up()
    with open_terminal(place, "restore", backup) as terminal:
        terminal.sees("Type demo")
        terminal.type("\x03")
        assert terminal.end() == 130
        assert "Traceback" not in terminal.text()
    assert place.running()


@pytest.mark.parametrize(("typed", "code", "stopped"), [("y\n", 0, True), ("\n", 2, False)])
def test_a_stop_asks_y_or_n(place: Place, typed: str, code: int, stopped: bool) -> None:
    with open_terminal(place, "gateway", "stop") as terminal:
        terminal.sees("Go on? [y/N]")
        terminal.type(typed)
        assert terminal.end() == code
    assert place.running() is not stopped


def test_yes_answers_the_question(place: Place) -> None:
    with open_terminal(place, "gateway", "restart", "--yes") as terminal:
        assert terminal.end() == 0
        assert "Go on?" not in terminal.text()


def test_ctrl_c_cancels_and_a_second_one_does_not_skip_the_way_back(place: Place) -> None:
    backup = place.back_up()
    place.dawdle()
    before = place.database.stat().st_ino
    with open_terminal(place, "restore", backup, "--confirm", "demo") as terminal:
        entry = place.in_step("stop")
        terminal.type("\x03")
        terminal.sees("asked to cancel")
        terminal.type("\x03")
        assert terminal.end() == 130
        assert "CANCELLED" in terminal.text()
    assert read_entry(place.deployment, entry.id).outcome == "cancelled"
    assert place.database.stat().st_ino == before
    assert place.running()


def test_a_dropped_line_leaves_the_restore_running_to_its_end(place: Place) -> None:
    backup = place.back_up()
    place.dawdle()
    with open_terminal(place, "restore", backup, "--confirm", "demo") as terminal:
        entry = place.in_step("stop")
        terminal.hang_up()
        assert terminal.process.wait(timeout=30) in (129, -signal.SIGHUP)
    until(lambda: read_entry(place.deployment, entry.id).state != "running", "the end")
    assert read_entry(place.deployment, entry.id).exit_code == 0
    assert place.running()


def test_rows_too_wide_for_the_terminal_stand_one_below_the_other(place: Place) -> None:
    with open_terminal(place, "tables", "gateways", "--limit", "1") as terminal:
        assert terminal.end() == 0
        shown = terminal.text()
    assert "─ row 1 ─" in shown
    assert "  transport" in shown


def test_the_demo_opens_the_screen_and_is_gone_afterwards(place: Place) -> None:
    folder = place.folder.parent / "demo"
    words = [*place.cli.words()[:3], "demo", "--dir", str(folder)]
    with Terminal(words, place.cli.environ()) as terminal:
        terminal.sees("demo@")
        assert folder.is_dir()
        terminal.type("q")
        assert terminal.end() == 0
    assert not folder.exists()


def test_a_demo_that_is_kept_says_where_it_is_and_how_it_goes_away(place: Place) -> None:
    folder = place.folder.parent / "demo"
    words = [*place.cli.words()[:3], "demo", "--dir", str(folder), "--keep"]
    try:
        with Terminal(words, place.cli.environ()) as terminal:
            terminal.sees("demo@")
            terminal.type("q")
            assert terminal.end() == 0
            shown = terminal.text()
        assert "is kept in" in shown
        assert "demo --stop" in shown
    finally:
        assert place.cli("demo", "--stop", str(folder)).code == 0
    assert not folder.exists()


def test_without_a_command_the_screen_opens(place: Place) -> None:
    with open_terminal(place) as terminal:
        terminal.sees("demo@")
        terminal.sees("just look")
        terminal.type("\x1b")
        terminal.sees("Tables")
        terminal.type("q")
        assert terminal.end() == 0
