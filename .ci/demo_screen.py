"""Run a command in a pseudo-terminal until the demo's screen stands there, then quit it by key.

    python3 .ci/demo_screen.py 'python3 -m venv .venv && …'

Standard library only: it runs before anything is installed. Fails when the screen does not
appear, or when the program does not end by itself after `q`.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import select
import struct
import sys
import termios
import time

SCREEN = ("demo@", "Tables", "Backups", "Migrations", "Activity")
SETUP_SECONDS = 600.0
END_SECONDS = 60.0
_ESCAPE = re.compile(rb"\x1b\[[0-9;?<>=]*[a-zA-Z]|\x1b[()][A-Z0-9]|\x1b[=>]|\x1b\][^\x07\x1b]*")


def read_until(master: int, child: int, deadline: float, words: tuple[str, ...]) -> str:
    """Collect what is printed until every word was seen; the text so far if the child ends."""
    raw = b""
    while time.monotonic() < deadline:
        ready, _, _ = select.select([master], [], [], 0.5)
        if ready:
            try:
                raw += os.read(master, 65536)
            except OSError:
                break
        text = _ESCAPE.sub(b"", raw).decode(errors="replace")
        if words and all(word in text for word in words):
            return text
    raise SystemExit(
        "The demo's screen did not appear. The end of what did:\n"
        + _ESCAPE.sub(b"", raw).decode(errors="replace")[-2000:]
    )


def wait_end(master: int, child: int, deadline: float) -> int:
    """Wait for the child's exit code, reading what it still prints."""
    while time.monotonic() < deadline:
        ready, _, _ = select.select([master], [], [], 0.2)
        if ready:
            with contextlib.suppress(OSError):
                os.read(master, 65536)
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
    os.kill(child, 9)
    raise SystemExit("The demo did not end after q.")


def main() -> None:
    """Run, look, quit."""
    child, master = pty.fork()
    if child == 0:
        os.environ["TERM"] = "xterm-256color"
        os.execvp("bash", ["bash", "-c", sys.argv[1]])
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", 45, 140, 0, 0))
    read_until(master, child, time.monotonic() + SETUP_SECONDS, SCREEN)
    os.write(master, b"q")
    code = wait_end(master, child, time.monotonic() + END_SECONDS)
    print(f"The demo's screen appeared and ended with exit {code}.")
    raise SystemExit(code)


if __name__ == "__main__":
    main()
