"""Where the command line writes: data on stdout, narration on stderr, both made safe.

Everything that is printed as text goes through `Console`, which makes foreign characters
visible; no other module of the command line writes to a stream.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable
from contextlib import suppress
from typing import TextIO

from tui.wording.clean import printable

_ASCII = str.maketrans(
    {
        "✓": "+",
        "✗": "x",
        "»": "*",
        "·": ".",
        "•": "*",
        "…": "...",
        "→": "->",
        "─": "-",
        "●": "*",
        "◉": "@",
        "○": "o",
        "∅": "NULL",
    }
)
"""Our own signs where the terminal has ASCII only."""


class ReaderGoneError(Exception):
    """Nobody reads stdout any more.

    Not an `OSError`: click would end the process with its own exit code.
    """


class Console:
    """Both streams of one run."""

    def __init__(self, *, json: bool = False) -> None:
        self.json = json
        """Whether stdout takes one JSON document instead of text."""
        self.ascii = not (_can_sign(sys.stdout) and _can_sign(sys.stderr))
        self._open_line = 0
        for stream in (sys.stdout, sys.stderr):
            # A name that the terminal's encoding lacks is shown escaped, never a traceback.
            with suppress(AttributeError):
                stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
        with suppress(AttributeError):
            sys.stdin.reconfigure(errors="replace")  # type: ignore[union-attr]

    @property
    def interactive(self) -> bool:
        """Whether a person can be asked: questions go to stderr, answers come from stdin."""
        return _is_terminal(sys.stdin) and _is_terminal(sys.stderr)

    @property
    def full_terminal(self) -> bool:
        """Whether a screen can be drawn."""
        return _is_terminal(sys.stdin) and _is_terminal(sys.stdout)

    @property
    def in_place(self) -> bool:
        """Whether a line of narration can be written over."""
        return _is_terminal(sys.stderr) and os.environ.get("TERM") != "dumb"

    @property
    def width(self) -> int:
        """Columns of the terminal; 200 where stdout is none, for nothing is cut for a pipe."""
        if not _is_terminal(sys.stdout):
            return 200
        return shutil.get_terminal_size((80, 24)).columns

    def _safe(self, text: str) -> str:
        safe = printable(text)
        return safe.translate(_ASCII) if self.ascii else safe

    def out(self, text: str = "") -> None:
        """Print a line of data.

        Raises:
            ReaderGoneError: Nobody reads it any more.
        """
        self._close_line()
        self._write(self._safe(text).rstrip() + "\n")

    def out_json(self, document: str) -> None:
        """Print a JSON document that is ASCII already.

        Raises:
            ReaderGoneError: Nobody reads it any more.
        """
        self._close_line()
        self._write(document + "\n")

    def out_exactly(self, pieces: Iterable[str]) -> None:
        """Write data for another program: as UTF-8, unchanged; on a terminal made safe.

        Raises:
            ReaderGoneError: Nobody reads it any more.
        """
        self._close_line()
        if _is_terminal(sys.stdout):
            for piece in pieces:
                self._write(self._safe(piece.replace("\r\n", "\n")))
            return
        self.flush()
        try:
            for piece in pieces:
                sys.stdout.buffer.write(piece.encode(errors="surrogatepass"))
            sys.stdout.buffer.flush()
        except BrokenPipeError as error:
            raise ReaderGoneError from error

    def flush(self) -> None:
        """Push out what was printed.

        Raises:
            ReaderGoneError: Nobody reads it any more.
        """
        try:
            sys.stdout.flush()
        except BrokenPipeError as error:
            raise ReaderGoneError from error

    def say(self, text: str = "") -> None:
        """Print a line of narration; a terminal that is gone is no reason to stop."""
        self._close_line()
        self._narrate(self._safe(text).rstrip() + "\n")

    def progress(self, text: str) -> None:
        """Show how far a step is, in place; a line of its own where nothing stays in place."""
        if not self.in_place:
            self.say(text)
            return
        room = shutil.get_terminal_size((80, 24)).columns - 1
        line = self._safe(text)[:room]
        # Blanks instead of an escape sequence: it works on every terminal there is.
        self._narrate("\r" + line.ljust(min(room, self._open_line)))
        self._open_line = len(line)

    def ask(self, question: str) -> str | None:
        """Ask on the terminal; None when there was no answer (end of input)."""
        self._close_line()
        self._narrate(self._safe(question))
        answer = sys.stdin.readline()
        return answer.strip() if answer else None

    def _write(self, text: str) -> None:
        try:
            sys.stdout.write(text)
        except BrokenPipeError as error:
            raise ReaderGoneError from error

    def _close_line(self) -> None:
        if self._open_line:
            self._narrate("\r" + " " * self._open_line + "\r")
            self._open_line = 0

    def _narrate(self, text: str) -> None:
        with suppress(OSError):
            sys.stderr.write(text)
            sys.stderr.flush()


def _is_terminal(stream: TextIO | None) -> bool:
    try:
        return stream is not None and stream.isatty()
    except ValueError:
        return False


def _can_sign(stream: TextIO) -> bool:
    try:
        "✓∅◉".encode(stream.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
