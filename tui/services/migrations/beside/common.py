"""What every command has: the request, the lines out, and an end that cannot be missed.

The request is a JSON object: `command`; `package` holds `alembic.ini`; `marker` stands before
each line of the answer; `deadline` (seconds) ends a run that hangs; `watch` says that stdin is a
pipe whose end means that nobody listens any more. What is said goes line by line, each the marker
and a JSON object, to the stdout this program was started with; whatever imported code prints goes
to stderr. A line with `event` tells of something on the way; the last one is the answer, with
exit code 0, or with 1 an `error` (`kind`, `text`, `file` …). Anything else means that it was
ended from outside.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from typing import Any

LAST_RESORT = 5
"""Seconds after the deadline at which the kernel ends what does not end itself."""


class ProbeError(Exception):
    """A failure this program can name.

    Args:
        kind: `package` when there is no such package, `ini` when it has no `alembic.ini`,
            `alembic` when Alembic is missing, `graph` when a revision is, `target` when what is
            asked for is no revision, `unknown` when the database stands where this code has
            never been, `database` when there is none, `version` when it ends elsewhere.
        text: What follows "the interpreter" or "because", without a full stop.
    """

    def __init__(self, kind: str, text: str) -> None:
        super().__init__(text)
        self.kind = kind


class Answer:
    """The stdout this program was started with, kept from everything that is imported."""

    def __init__(self, marker: str) -> None:
        self.marker = marker
        self.place = os.dup(1)
        os.dup2(2, 1)
        # What is printed stands among the warnings at its place, and is not lost at the end.
        with contextlib.suppress(AttributeError, ValueError):
            sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
        self.speaking = threading.Lock()
        self.more: dict[str, Any] = {}
        """What an answer that is an error says besides, kept up to date by the command."""
        self.since = 0.0
        """When what is going on began; 0 while nothing is."""

    def say(self, values: dict[str, Any]) -> None:
        """Write one line."""
        line = "\n" + self.marker + json.dumps(values) + "\n"
        rest = line.encode("ascii")
        with self.speaking:
            while rest:
                rest = rest[os.write(self.place, rest) :]

    def give(self, values: dict[str, Any], code: int) -> None:
        """Write the last line and end, leaving no thread or exit handler a word."""
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError, AttributeError):
                stream.flush()
        self.say(values)
        os._exit(code)

    def fail(self, kind: Any, error: BaseException, trace: Any) -> None:  # noqa: ANN401
        """Be the interpreter's `excepthook`: what nobody caught becomes an answer."""
        values = {
            "kind": getattr(error, "kind", "") if isinstance(error, ProbeError) else "code",
            "text": str(error) if isinstance(error, ProbeError) else said(kind, error),
            "file": culprit(error, trace),
        }
        self.give({"error": dict(self.more, **values)}, 1)

    def late(self) -> None:
        """Say that the time is over, and end; it waits for nothing that another thread holds."""
        values = {"kind": "deadline", "text": "", "file": "", "seconds": self.seconds()}
        self.say({"error": dict(self.more, **values)})
        os._exit(1)

    def seconds(self) -> float:
        """Return for how long what is going on has been going on."""
        return time.monotonic() - self.since if self.since else 0.0


def said(kind: Any, error: BaseException) -> str:  # noqa: ANN401
    """Return an exception as `Name: first line`."""
    lines = str(error).splitlines()
    return ": ".join([kind.__name__, *lines[:1]])


def culprit(error: BaseException, trace: Any) -> str:  # noqa: ANN401
    """Return the revision file an exception came from, if it came from one."""
    places = [frame.filename for frame in traceback.extract_tb(trace)]
    places.append(getattr(error, "filename", None) or "")
    names = [path for path in places if os.path.basename(os.path.dirname(path)) == "versions"]  # noqa: PTH119, PTH120
    return os.path.basename(names[-1]) if names else ""  # noqa: PTH119


def end_with_the_listener() -> None:
    """End with everything that was started once stdin has ended."""
    while os.read(0, 4096):
        pass
    if os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


def in_background(work: Callable[[], None]) -> None:
    """Do something beside the command; it keeps nothing alive."""
    threading.Thread(target=work, daemon=True).start()


COMMANDS: dict[str, Callable[[dict[str, Any], Answer], dict[str, Any]]] = {}
"""What can be asked for; each part adds its own."""


def main(arguments: list[str]) -> None:
    """Run the command of the request and give its answer; never returns normally.

    Args:
        arguments: The request as JSON.
    """
    request = json.loads(arguments[0])
    answer = Answer(request["marker"])
    sys.excepthook = answer.fail
    deadline = max(1, int(request["deadline"]))
    # A thread, because a statement that runs for hours lets no signal handler speak; and an
    # alarm, because code that holds the interpreter's lock lets no thread speak.
    timer = threading.Timer(deadline, answer.late)
    timer.daemon = True
    timer.start()
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(deadline + LAST_RESORT)
    if request.get("watch"):
        in_background(end_with_the_listener)
    answer.give(COMMANDS[request["command"]](request, answer), 0)
