"""Where faults are injected: ready sites that are used again, and disks of their own."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import tempfile
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import Site
from tests.faults import without_code
from tests.injection.fault import fill
from tests.injection.whole import revision
from tui.core.errors import McpdbError
from tui.core.models import Deployment
from tui.demo import control
from tui.demo import deployment as demo
from tui.demo.folder import Pace
from tui.operations.activity import unfinished
from tui.operations.backup import BackupCreate
from tui.operations.cataloguing import suspicion
from tui.operations.execution.launch import launch_resume

LATER = "written-after-the-backup"
PACE = Pace(interval=0.2, health_timeout=5.0, stop_timeout=1.0)
"""A gateway that writes often, and whose faults do not take long."""

SCRATCH = Path("/dev/shm") if Path("/dev/shm").is_dir() else None
"""Where images of small filesystems lie: in memory, so that a sync costs nothing."""


class Disk:
    """A small ext4 of its own: it can be full, lose its permissions, and really fail.

    Where root may not mount (an ordinary container) the test is skipped; the gate demands it.
    """

    def __init__(self, folder: Path, size: str) -> None:
        self.folder = folder
        descriptor, name = tempfile.mkstemp(prefix="mcpdb-disk-", suffix=".img", dir=SCRATCH)
        os.close(descriptor)
        self.image = Path(name)
        subprocess.run(["truncate", "-s", size, name], check=True)
        subprocess.run(["mkfs.ext4", "-q", "-F", "-m", "0", name], check=True)
        self.mount()

    def mount(self) -> None:
        """Mount it; skips the test where that is not allowed."""
        words = ["mount", "-o", "loop,noatime", str(self.image), str(self.folder)]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        if done.returncode and "CI" not in os.environ:
            self.image.unlink()
            pytest.skip(f"this place does not let root mount a filesystem: {done.stderr.strip()}")
        assert done.returncode == 0, done.stderr

    def unmount(self, *, lazy: bool = False) -> None:
        """Take it away, as a machine does at its end."""
        lazily = ["--lazy"] if lazy else []
        subprocess.run(["umount", *lazily, str(self.folder)], check=True)

    def mend(self) -> None:
        """Mount it anew, as after a restart of the machine: its own journal is replayed."""
        self.unmount()
        self.mount()

    def sync(self) -> None:
        """Write down all that tests have made: only what was synced survives a failing disk."""
        subprocess.run(["sync", "-f", str(self.folder)], check=True)

    def fill(self, leave: int = 0) -> Path:
        return fill(self.folder, leave)

    def close(self) -> None:
        with suppress(subprocess.CalledProcessError):
            self.unmount(lazy=True)
        self.image.unlink(missing_ok=True)


class Arena:
    """A site with a running gateway and one backup, brought back to that state for each test.

    `apart` puts the backups on a disk of their own, `disk` the database: a process of the
    gateway lives outside both, as a container's does.
    """

    def __init__(self, folder: Path, *, disk: str = "", apart: str = "") -> None:
        self._stack = ExitStack()
        self.folder = folder
        self.disk = self.apart = None
        # The folders of a demo are made first, then the disk is put over its data folder.
        self._stack.callback(self._stop)
        # Two revisions before its head: there is something to migrate.
        made = demo.create_small(folder, pace=PACE, revision="current")
        content = (made / "data/mcp.db").read_bytes()
        if disk:
            self.disk = Disk(made / "data", disk)
            self._stack.callback(self.disk.close)
            (made / "data/mcp.db").write_bytes(content)
            (made / "data/mcp.db").chmod(0o600)
            (made / "data/backups").mkdir(mode=0o700)
        if apart:
            (made / "apart").mkdir()
            self.apart = Disk(made / "apart", apart)
            self._stack.callback(self.apart.close)
            self._stack.callback(self._stop)
        self.site = Site(made)
        self.deployment: Deployment = without_code(self.site.deployment)
        if apart:
            self.deployment = replace(self.deployment, backup_dir=made / "apart/backups")
        self.site.deployment = self.deployment
        self._backup: dict[str, bytes] = {}
        self._tools: set[str] = set()
        self._revision = revision(self.deployment.database)

    def _stop(self) -> None:
        for name in (control.BREAK_START, control.BREAK_STOP):
            (self.folder / name).unlink(missing_ok=True)
        demo.stop(self.folder)

    def close(self) -> None:
        self._stack.close()

    def ready(self) -> Site:
        """The site as every test begins with it: healthy, one backup, something written since."""
        site, deployment = self.site, self.deployment
        for name in (control.BREAK_START, control.BREAK_STOP):
            (self.folder / name).unlink(missing_ok=True)
        (deployment.database.parent / "filler").unlink(missing_ok=True)
        if unfinished(deployment):
            launch_resume(deployment)
        for path in (deployment.state_dir / "journal").glob("*.jsonl"):
            path.unlink()  # all have ended: a long history only makes the next test slower
        for path in site.left_overs():
            path.unlink()
        if not site.running():
            site.start()
        site.wait_healthy()
        assert site.integrity() == "ok"
        safety = deployment.state_dir / "safety"
        reports = deployment.state_dir / "rehearsals"
        folders = [f for f in (deployment.backup_dir, safety, reports) if f.is_dir()]
        for left in (path for folder in folders for path in folder.iterdir()):
            left.unlink()
        suspicion.clear(deployment)
        self._put_content_back()
        self._give_backup()
        if LATER not in site.tools():
            site.add_tool(LATER)
        return site

    def _put_content_back(self) -> None:
        """What an earlier test took from the live database is there again."""
        tools = self.site.tools() - {LATER}
        if not self._tools:
            self._tools = tools
        database = self.deployment.database
        if tools == self._tools and revision(database, self.deployment) == self._revision:
            return
        self.stop()
        # All rows of the backup: the gateway must not give their numbers to other rows.
        content = next(data for name, data in self._backup.items() if name.endswith(".db"))
        for suffix in ("-wal", "-shm", "-journal"):
            database.with_name(database.name + suffix).unlink(missing_ok=True)
        database.write_bytes(content)
        self.site.start()
        assert self.site.tools() == self._tools

    def _give_backup(self) -> None:
        """The same backup every time: it is without `LATER`."""
        folder = self.deployment.backup_dir
        if not self._backup:
            assert self.site.do(BackupCreate(self.deployment)).exit_code == 0
            self._backup = {path.name: path.read_bytes() for path in folder.iterdir()}
        folder.mkdir(mode=0o700, exist_ok=True)
        for name, content in self._backup.items():
            (folder / name).write_bytes(content)
            (folder / name).chmod(0o600)

    def stop(self) -> None:
        """Stop the gateway by hand."""
        assert demo.stop(self.folder) == 0


class Arenas:
    """One arena of each kind, kept from test to test as long as all goes well."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._kept: dict[tuple[str, str], Arena] = {}
        self._made = 0

    def take(self, disk: str, apart: str) -> Arena:
        kind = (disk, apart)
        if kind not in self._kept:
            self._made += 1
            self._kept[kind] = Arena(self._folder / f"site{self._made}", disk=disk, apart=apart)
        return self._kept[kind]

    def drop(self, arena: Arena) -> None:
        """Something went wrong in it: the next test gets a new one."""
        self._kept = {kind: kept for kind, kept in self._kept.items() if kept is not arena}
        arena.close()

    def close(self) -> None:
        for arena in self._kept.values():
            arena.close()


def lent(arenas: Arenas, *, disk: str = "", apart: str = "") -> Arena:
    """An arena made ready; one that a failed test left beyond repair is thrown away first."""
    arena = arenas.take(disk, apart)
    try:
        arena.ready()
    except (AssertionError, OSError, McpdbError, sqlite3.Error):
        arenas.drop(arena)
        arena = arenas.take(disk, apart)
        arena.ready()
    return arena
