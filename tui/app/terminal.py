"""The terminal's end of the screen: one that goes away must not hold the program."""

from __future__ import annotations

import signal
from contextlib import suppress
from io import TextIOWrapper
from typing import IO, Any, cast

from textual.drivers.linux_driver import LinuxDriver

GONE = 128 + signal.SIGHUP
"""What the program ends with when its terminal went away."""


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
        end, not a fault of ours.
        """
        try:
            super().run_input_thread()
        except OSError:
            self._app.call_later(self._app.exit, None, GONE)
