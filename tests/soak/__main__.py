"""Kill restores at random moments, many times: on the real gateway, or on the demo's.

    python -m tests.soak restore --count 100 [--on real|process] [--seed N] [--log FILE]

Each result is a line of JSON as soon as it is known; the last line sums up. Exit code 0 means
that every database was the old one or the new one, whole, with every acknowledged write of the
old one, and that the gateway was back each time. The first failure ends the run and leaves the
deployment as it is.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from tests.injection.chance import Result, WritableSite, kill_one
from tui.operations.backup import BackupCreate
from tui.operations.cataloguing.catalogue import safety_dir
from tui.operations.restore import Restore

Ready = Callable[[], tuple[WritableSite, Path]]


@contextmanager
def real(release: str) -> Iterator[Ready]:
    """A real gateway in Docker, brought up for this run."""
    from tests.docker import lab
    from tests.docker.site import RealSite

    os.environ["DOCKER_HOST"] = lab.engine().docker_host
    gateway = lab.Deployment.create(release, Path(tempfile.mkdtemp(prefix="mcpdb-soak-")) / "forge")
    gateway.up()
    site = RealSite(gateway)
    made = site.do(BackupCreate(site.deployment))
    assert made.exit_code == 0, made.sentence
    backup = Path(str(made.result["path"]))

    def ready() -> tuple[WritableSite, Path]:
        site.wait_healthy()
        _forget_safety(site)
        if "between" not in site.tools():
            site.add_tool("between")
        return site, backup

    yield ready
    gateway.down(purge=True)


@contextmanager
def process() -> Iterator[Ready]:
    """The demo's gateway, a process of this machine."""
    from tests.injection.arena import Arena

    arena = Arena(Path(tempfile.mkdtemp(prefix="mcpdb-soak-")) / "site")

    def ready() -> tuple[WritableSite, Path]:
        site = arena.ready()
        return site, next(arena.deployment.backup_dir.glob("*.db"))

    yield ready
    arena.close()


def _forget_safety(site: WritableSite) -> None:
    """Hundreds of safety copies would fill the disk; the newest is enough for a look."""
    folder = safety_dir(site.deployment)
    found = sorted(folder.glob("*")) if folder.is_dir() else []
    for path in found[:-2]:
        path.unlink()


def restore(ready: Ready, count: int, seed: int, say: Callable[[dict[str, object]], None]) -> int:
    """Kill `count` restores; 0 when all ended well."""
    draw = random.Random(seed)
    site, backup = ready()
    operation = Restore(site.deployment, str(backup))
    last = site.do(operation)  # type: ignore[attr-defined]
    assert last.exit_code == 0, last.sentence
    length = float(last.seconds)
    say({"seed": seed, "count": count, "length": length})
    results: list[Result] = []
    for number in range(count):
        site, backup = ready()
        try:
            result = kill_one(site, backup, length, draw)
        except BaseException as error:
            say({"number": number, "failed": repr(error), "folder": str(backup.parent)})
            raise
        results.append(result)
        say({"number": number, **result.as_json()})
    say(
        {
            "passed": len(results),
            "which": Counter(result.which for result in results),
            "killed in": Counter(result.last for result in results),
            "kinds": Counter(result.kind for result in results),
            "acknowledged writes": sum(result.acknowledged for result in results),
        }
    )
    return 0


def main() -> int:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("what", choices=["restore"])
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--on", choices=["real", "process"], default="real")
    parser.add_argument("--release", default="1.0.7")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**9))
    parser.add_argument("--log", type=Path, default=None)
    words = parser.parse_args()
    stream: TextIO = words.log.open("a") if words.log else sys.stdout
    began = time.monotonic()

    def say(values: dict[str, object]) -> None:
        print(json.dumps({"at": round(time.monotonic() - began, 1), **values}), file=stream)
        stream.flush()

    place = process() if words.on == "process" else real(words.release)
    with place as ready:
        return restore(ready, words.count, words.seed, say)


if __name__ == "__main__":
    raise SystemExit(main())
