"""The terminal's end of the screen: one that goes away must not hold the program."""

from __future__ import annotations

import select
import signal
import threading
from contextlib import suppress
from io import TextIOWrapper
from typing import IO, Any, cast

from textual.drivers.linux_driver import LinuxDriver

GONE = 128 + signal.SIGHUP
"""What the program ends with when its terminal went away."""
_LOOK_MS = 1000
"""Milliseconds after which is looked whether the screen has ended otherwise."""


class _Forgiving:
    """A stream whose reader may be gone: then what is written goes nowhere.

    Textual writes in a thread through a bounded queue. Without this, a dropped line ends that
    thread with an I/O error, the queue fills, and the event loop waits for ever (measured: the
    process outlived its terminal, idle, until it was killed).
    """

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        with suppress(OSError, ValueError):
            return self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            self._stream.flush()

    def fileno(self) -> int:
        return self._stream.fileno()


class HangUpSafeDriver(LinuxDriver):
    """Textual's driver, on a stream that outlives its terminal."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        self._file = cast(TextIOWrapper, _Forgiving(cast(IO[str], self._file)))

    def _sigcont_application(self, *_signal: Any) -> None:  # noqa: ANN401
        """Come back only from a suspension of our own.

        A terminal that goes away sends SIGHUP and then SIGCONT; taken for a resume, the second
        starts another output thread in the middle of the end, and the end waits for ever.
        """
        if self._must_signal_resume:
            super()._sigcont_application()

    def run_input_thread(self) -> None:
        """Pass keys on until the terminal is gone.

        Reading from one that is gone fails, sometimes before SIGHUP has come: that is the same
        end, not a fault of ours. Where no SIGHUP comes at all, because the terminal was not the
        controlling one, it reads as empty for ever: Textual's loop asked again and again (measured:
        half of a processor until it was killed).
        """
        threading.Thread(target=self._watch_hang_up, name="terminal", daemon=True).start()
        try:
            super().run_input_thread()
        except OSError:
            self._end_gone()

    def _watch_hang_up(self) -> None:
        """Wait for the other end to go away: a hang-up is told without being asked for."""
        waiting = select.poll()
        waiting.register(self.fileno, 0)
        while not self.exit_event.is_set():
            if waiting.poll(_LOOK_MS):
                self._end_gone()
                return

    def _end_gone(self) -> None:
        self._app.call_later(self._app.exit, None, GONE)
