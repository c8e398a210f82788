"""What tests of migrations ask of a real gateway, and how they put it back as it was."""

from __future__ import annotations

import hashlib
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from tests.docker import lab
from tests.docker.lab import LabError
from tests.docker.site import RealSite, ask
from tui.core.models import MigrationFinding, Timeline
from tui.core.operation import Check, Plan
from tui.operations.activity import unfinished
from tui.operations.cataloguing.catalogue import safety_dir
from tui.operations.reads.looking import LiveDatabase
from tui.operations.status import read_gateway
from tui.operations.timelines import rehearsals
from tui.operations.timelines.migration_doctor import examine
from tui.operations.timelines.timeline import read_timeline
from tui.services.containers.engine import ONE_OFF_LABEL

OLD, NEW = "e75490e949b1", "7ab59991e017"
BELOW = "c9f8e7d6a4b3"
"""The revision that NEW follows."""
NEXT = lab.VARIANTS["1.0.7-next"].revision
BROKEN = lab.VARIANTS["1.0.7-broken"].revision


def stands_at(path: Path) -> list[str]:
    return [str(row[0]) for row in ask(path, "SELECT version_num FROM alembic_version")]


def left_in(path: Path) -> list[tuple[object, ...]]:
    return ask(path, "SELECT name FROM sqlite_master WHERE name LIKE '\\_alembic\\_%' ESCAPE '\\'")


def bytes_of(site: RealSite) -> dict[str, str]:
    """The live set, each file by its hash."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(site.lab.database.parent.glob("mcp.db*"))
        if not path.name.endswith("-shm")  # readers write their marks into it
    }


def one_offs(site: RealSite) -> list[str]:
    """One-off containers of this deployment: they mount something of its folder."""
    with closing(site.lab.engine.docker_py()) as client:
        found = client.containers.list(
            all=True, ignore_removed=True, filters={"label": ONE_OFF_LABEL}
        )
        return [
            one.name
            for one in found
            if any(
                Path(mount["Source"]).is_relative_to(site.lab.folder)
                for mount in one.attrs["Mounts"]
            )
        ]


def image_of(site: RealSite) -> str:
    """The image that the gateway's container was made of."""
    with closing(site.lab.engine.docker_py()) as client:
        return str(client.containers.get(site.lab.container_id()).image.id)


def image_id(site: RealSite, version: str) -> str:
    with closing(site.lab.engine.docker_py()) as client:
        return str(client.images.get(lab.image_for(version, site.lab.engine)).id)


def timeline(site: RealSite) -> Timeline:
    deployment = site.deployment
    state, _health = read_gateway(deployment)
    return read_timeline(deployment, state, LiveDatabase(deployment).facts().revisions)


def findings(site: RealSite) -> dict[str, MigrationFinding]:
    deployment = site.deployment
    state, _health = read_gateway(deployment)
    return {found.name: found for found in examine(deployment, timeline(site), state)}


def check(plan: Plan, name: str) -> Check:
    (found,) = (c for c in plan.checks if c.name == name)
    return found


def assert_left_nothing(site: RealSite) -> None:
    assert one_offs(site) == []
    assert site.left_overs() == []
    assert unfinished(site.deployment) == ()
    scratch = site.deployment.state_dir / "scratch"
    assert not scratch.exists() or not any(scratch.iterdir())


def give_logs(site: RealSite, version: str) -> None:
    """What the plan tells the operator to do with the logs' folder."""
    uid, gid = lab.release(version).owner
    for path in (site.lab.folder / "logs", *(site.lab.folder / "logs").rglob("*")):
        os.chown(path, uid, gid)


@contextmanager
def writing(site: RealSite, prefix: str) -> Iterator[list[str]]:
    """Have the gateway register tools all the time; yields those that it acknowledged."""
    acknowledged: list[str] = []
    over = threading.Event()

    def write() -> None:
        number = 0
        while not over.wait(0.05):
            name = f"{prefix}-{number}"
            number += 1
            try:
                site.lab.register_tool(name)
            except (OSError, LabError):
                continue  # it is down, or another container answers with another token
            acknowledged.append(name)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield acknowledged
    finally:
        over.set()
        thread.join()


def keep(site: RealSite, path: Path) -> Path:
    """Stop the gateway and copy its database, for `as_kept`."""
    site.lab.compose("stop")
    live = site.lab.database
    with closing(sqlite3.connect(live)) as source, closing(sqlite3.connect(path)) as copy:
        source.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")
    return path


def as_kept(site: RealSite, kept: Path, *, release: str) -> None:
    """A stopped gateway of a release, with a kept database and nothing of another test."""
    site.lab.mend()
    site.lab.use_release(release)
    live = site.lab.database
    for path in live.parent.glob("mcp.db*"):
        path.unlink()
    for folder in (safety_dir(site.deployment), rehearsals.folder(site.deployment)):
        for path in folder.glob("*"):
            path.unlink()
    live.write_bytes(kept.read_bytes())
    site.lab.give_data_to_user()
    site.lab.compose("up", "--no-start")
