"""Migrations on a copy against the bare commands: `python -m tests.bench.bench_rehearse`.

The measure is what a person would type for a 0.3.1 database and the 1.0.7 image: one container
that runs `alembic upgrade head` and then `python -m mcpgateway.bootstrap_db`, in the same run and
in turns. Ours may take 1.5 times that; the hot copy is no part of either. Then the probe: a second
look at an image may make no container, so it answers from what is remembered.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sqlite3
import statistics
import subprocess
import tempfile
import time
from contextlib import closing
from pathlib import Path

from tests.docker.lab import Deployment as Lab
from tests.docker.lab import image_for
from tests.docker.lab.packages import need
from tests.docker.site import RealSite
from tui.core.models import ContainerRef
from tui.services.migrations.job import Job
from tui.services.migrations.probe import read_image
from tui.services.migrations.running import run

OLD, NEW, HEAD = "0.3.1", "1.0.7", "7ab59991e017"
BARE = (
    "alembic -c $(python -c 'import importlib.resources as r;"
    ' print(r.files("mcpgateway") / "alembic.ini")\') upgrade head'
    " && python -m mcpgateway.bootstrap_db"
)


def bare(lab: Lab, image: str, folder: Path) -> None:
    """One container that does both and is gone."""
    subprocess.run(
        [
            *(str(need("docker")), "run", "--rm", "--network", "none"),
            *("--env-file", str(lab.folder / ".env"), "-v", f"{folder}:/app/data"),
            *("-e", "DATABASE_URL=sqlite:////app/data/mcp.db"),
            *("--entrypoint", "sh", image, "-c", BARE),
        ],
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "DOCKER_HOST": lab.docker_host},
    )


def fresh(lab: Lab, folder: Path) -> Path:
    """A folder with a copy of the old release's database."""
    folder.mkdir()
    shutil.copyfile(lab.database, folder / "mcp.db")
    return folder


def check(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "mcp.db")) as connection:
        (revision,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    assert revision == HEAD


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        os.environ["XDG_CACHE_HOME"] = str(place / "cache")
        lab = Lab.create(OLD, place / "forge")
        os.environ["DOCKER_HOST"] = lab.docker_host
        try:
            lab.compose("up", "--no-start")
            measure(lab, place, options.rounds)
        finally:
            lab.down(purge=True)


def measure(lab: Lab, place: Path, rounds: int) -> None:
    deployment, image = RealSite(lab).deployment, image_for(NEW, lab.engine)
    theirs, ours = [], []
    for number in range(rounds):
        folder = fresh(lab, place / f"bare{number}")
        folder.chmod(0o777)
        (folder / "mcp.db").chmod(0o666)
        begun = time.perf_counter()
        bare(lab, image, folder)
        theirs.append(time.perf_counter() - begun)
        check(folder)

        folder = fresh(lab, place / f"ours{number}")
        begun = time.perf_counter()
        job = Job(action="upgrade", bootstrap=True)
        run(deployment, job, folder / "mcp.db", image=image)
        ours.append(time.perf_counter() - begun)
        check(folder)
        print(f"round {number + 1}: bare {theirs[-1]:.2f} s, ours {ours[-1]:.2f} s")
    middle = statistics.median(theirs), statistics.median(ours)
    print(
        f"{OLD} -> {NEW} with bootstrap: bare {middle[0]:.2f} s, ours {middle[1]:.2f} s "
        f"= {middle[1] / middle[0]:.2f} x  (at most 1.50)"
    )
    ref = deployment.gateway
    assert isinstance(ref, ContainerRef)
    looks = []
    for _ in range(2):
        begun = time.perf_counter()
        read_image(ref, "mcpgateway", image)
        looks.append(time.perf_counter() - begun)
    print(f"probe of an image: first look {looks[0]:.2f} s, second {looks[1]:.3f} s (no container)")


if __name__ == "__main__":
    main()
