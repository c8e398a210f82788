"""The program that copies a database inside a container: standard library only, sent as text.

    python -c PROGRAM '{"source": …, "target": …, "hold": 4.0, "step": 4000}'

It prints `done total` in pages while it copies, then one line of JSON: `mode`, `sha256`, `size`,
or `error` with `kind`. Removing the target file tells it to stop.
"""

import contextlib
import hashlib
import json
import os
import sqlite3
import sys
import time
import urllib.parse


class Stop(Exception):
    """The copy must end; says why."""


def copy(source: str, target: str, hold: float, step: int) -> str:
    """Copy in one read transaction; the source's journal mode."""
    url = f"file:{urllib.parse.quote(source)}?mode=ro"
    reading = sqlite3.connect(url, uri=True, timeout=2.0, isolation_level=None)
    (mode,) = reading.execute("PRAGMA journal_mode").fetchone()
    (page,) = reading.execute("PRAGMA page_size").fetchone()
    (pages,) = reading.execute("PRAGMA page_count").fetchone()
    found = os.statvfs(os.path.dirname(target))  # noqa: PTH120
    if found.f_bavail * found.f_frsize < page * pages * 1.1:
        raise Stop("space")
    os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    deadline = time.monotonic() + hold

    def progress(_status: int, remaining: int, total: int) -> None:
        if not os.path.exists(target):  # noqa: PTH110
            raise Stop("cancelled")
        if mode != "wal" and remaining and time.monotonic() > deadline:
            raise Stop("busy")
        sys.stdout.write(f"{(total - remaining) * page} {total * page}\n")
        sys.stdout.flush()

    writing = sqlite3.connect(target, isolation_level=None)
    writing.execute("PRAGMA journal_mode=OFF").fetchone()
    writing.execute("PRAGMA synchronous=OFF")
    # Held for the whole copy: otherwise every commit makes it begin again.
    reading.execute("BEGIN")
    reading.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    reading.backup(writing, pages=step, progress=progress)
    reading.execute("ROLLBACK")
    reading.close()
    writing.execute("PRAGMA journal_mode=DELETE").fetchone()
    writing.close()
    return str(mode)


def main(request: dict) -> dict:  # type: ignore[type-arg]
    """Copy and describe the copy; what goes wrong is an answer too."""
    target = request["target"]
    try:
        mode = copy(request["source"], target, request["hold"], request["step"])
        digest = hashlib.sha256()
        with open(target, "rb") as stream:  # noqa: PTH123
            while block := stream.read(1 << 20):
                digest.update(block)
        size = os.path.getsize(target)  # noqa: PTH202
        return {"mode": mode, "sha256": digest.hexdigest(), "size": size}
    except (Stop, OSError, sqlite3.Error) as error:
        with contextlib.suppress(OSError):
            os.unlink(target)  # noqa: PTH108
        return {"error": str(error), "kind": type(error).__name__}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(json.loads(sys.argv[1]))) + "\n")
