"""Making and removing a demo: a whole deployment in one folder, without Docker.

`create` makes the one that is shown to people and tells a story; `create_small` makes a bare
one in a few milliseconds, for tests that need a real gateway process and a real database.
"""

from __future__ import annotations

import functools
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from tui.core.errors import McpdbError, UsageError
from tui.core.models import Deployment, MigrationsRef, Policy
from tui.core.settings import Flags, load
from tui.demo import catalogue, control
from tui.demo.folder import BACKUPS, DATABASE, Pace, building

CRON_FILE = "cron.d-mcp-backup"
"""The guide's cron file, as it would lie in `/etc/cron.d`."""

FROZEN_NOW = datetime(2026, 8, 11, 1, 14, 22, tzinfo=UTC)
FROZEN_HOST = "ctx-01"
"""Present and host of the pictures."""

_CRON = """\
# The gateway's database guide, "Automated Backup Script", by cron
SHELL=/bin/sh
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
15 3,10 * * * root cd {folder} && sqlite3 ./data/mcp.db ".backup ./data/backups/\
mcp_backup_$(date +\\%Y\\%m\\%d_\\%H\\%M\\%S).db" && \
find ./data/backups -name "mcp_backup_*.db" -mtime +7 -delete
"""


def create(
    folder: Path, *, now: datetime | None = None, host: str | None = None, port: int | None = None
) -> Path:
    """Make the demo in `folder`, stopped; `start` starts its gateway.

    The database stands two revisions before head; the newest backup is 74 minutes old, since
    then three gateways are gone; one backup is damaged, one was made by the guide's script.
    Content is the same on every run; times are relative to `now`.

    Args:
        folder: A folder that is empty or does not exist yet.
        now: The present of the story; with `host` and `port` fixed too, everything but the
            folder's own path is the same again. Default: the real one.
        host: What the manifests name as the host. Default: this one.
        port: Where the gateway listens. Default: a free one.

    Returns:
        The folder, resolved.

    Raises:
        UsageError: The folder holds something.
        PrecheckError: It cannot be written.
    """
    from tui.demo import story_log
    from tui.demo.content import Draw
    from tui.demo.history import SEED, History

    present = now or datetime.now(UTC)
    named = host if host is not None else socket.gethostname()
    with building(folder, Pace(), port) as place:
        History(place / DATABASE, place / BACKUPS, present, named).make()
        (place / DATABASE).chmod(0o600)
        story_log.write(place / "logs", present, Draw(SEED + 1))
        cron = place / CRON_FILE
        cron.write_text(_CRON.format(folder=place), encoding="utf-8")
        cron.chmod(0o644)
    return place


def create_small(
    folder: Path,
    *,
    revision: str = "head",
    pace: Pace | None = None,
    port: int | None = None,
) -> Path:
    """Make a bare demo: a few rows, no backups, no story; fast once the first one was made.

    Args:
        folder: A folder that is empty or does not exist yet.
        revision: Where the database stands: `head`, `current` for two before, or an id of a
            revision that is not older than `guide` in `catalogue.REVISIONS`.
        pace: How fast its gateway is. Default: as the demo's that is shown.
        port: Where the gateway listens. Default: a free one.

    Returns:
        The folder, resolved.

    Raises:
        UsageError: The folder holds something.
        PrecheckError: It cannot be written.
    """
    content = _template(catalogue.REVISIONS.get(revision, revision))
    with building(folder, pace or Pace(), port) as place:
        database = place / DATABASE
        database.write_bytes(content)
        database.chmod(0o600)
    return place


@functools.lru_cache(maxsize=8)
def _template(revision: str) -> bytes:
    """A small database at `revision`, made once in a process."""
    from tui.demo import schema
    from tui.demo.content import Draw, Federation
    from tui.demo.history import SEED
    from tui.demo.people import People
    from tui.demo.traffic import Traffic

    with tempfile.TemporaryDirectory(prefix="mcpdb-demo-") as scratch:
        path = Path(scratch) / "mcp.db"
        # Rows are written in the shape of this revision; later ones migrate them.
        schema.upgrade(path, catalogue.REVISIONS["guide"])
        draw = Draw(SEED)
        begin = datetime(2026, 8, 1, tzinfo=UTC)
        with closing(sqlite3.connect(path)) as connection:
            peers = tuple(p for p in catalogue.KEPT if p.name in ("time", "weather"))
            People(draw, begin).insert(connection)
            Federation(draw, begin).insert(connection, peers)
            Traffic(draw, begin).run(connection, datetime(2026, 8, 2, tzinfo=UTC))
            connection.commit()
        schema.upgrade(path, revision)
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA journal_mode=WAL").fetchone()
        return path.read_bytes()


def start(folder: Path) -> None:
    """Start the demo's gateway in the background; does not wait until it is healthy.

    Raises:
        McpdbError: It did not start; says why.
    """
    # Not by `control.start` in this process: the gateway would stay our child, and end as a
    # zombie for as long as we live.
    root = str(Path(__file__).resolve().parents[2])
    paths = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH", ""))))
    done = subprocess.run(
        [sys.executable, "-m", "tui.demo.control", "start", str(folder)],
        env={**os.environ, "PYTHONPATH": paths},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise McpdbError(done.stderr.strip() or f"The demo's gateway did not start in {folder}.")


def stop(folder: Path) -> int:
    """Stop the demo's gateway; returns 0, or 137 when it had to be killed."""
    return control.stop(folder)


def break_next_start(folder: Path, how: str = "unhealthy", times: int = 1) -> None:
    """Make the next starts fail: the demo's own way to see a rollback.

    Args:
        folder: The demo.
        how: `unhealthy` (runs, never becomes healthy) or `exit` (ends at once with code 3).
        times: How many starts.
    """
    (folder / control.BREAK_START).write_text(f"{how} {times}\n", encoding="utf-8")


def describe(folder: Path) -> Deployment:
    """The demo as every part of the product knows a deployment, from its `mcpdb.toml`.

    Raises:
        UsageError: The file was changed into something else.
    """
    settings = load(Flags(project_dir=str(folder)), {}, folder)
    process = settings.process()
    if process is not None:
        process = replace(process, log_files=tuple(map(str, settings["log_files"])))
    return Deployment(
        name=settings["name"],
        database=settings["database"],
        project_dir=folder,
        gateway=process,
        migrations=MigrationsRef(python=settings["python"], package=settings["package"]),
        backup_dir=settings["backup_dir"] or settings["database"].parent / "backups",
        log_files=settings["log_files"],
        health_url=process.health_url if process is not None else "",
        second_dir=settings["second_dir"],
        compress=settings["compress"],
        retention=Policy.from_table(settings["retention"]),
        rotation=settings.rotation(),
        ignore=settings["ignore"],
        cron_files=settings["cron_files"],
    )


def destroy(folder: Path) -> None:
    """Stop the gateway and remove the folder, which must be a demo.

    Raises:
        UsageError: It is not one: nothing is removed.
    """
    if folder.is_symlink() or not (folder / control.MARKER).is_file():
        raise UsageError(f"{folder} is not a demo (it holds no {control.MARKER}); not removed.")
    control.stop(folder)
    shutil.rmtree(folder)
