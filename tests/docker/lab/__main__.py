"""The laboratory's command line."""

from __future__ import annotations

import argparse
import logging
import re
import sys
from collections.abc import Callable
from pathlib import Path

import tests.docker.lab as lab

from . import private_engine


def main(words: list[str] | None = None) -> int:
    """Carry out one command.

    Args:
        words: The command line; by default this process's.

    Returns:
        The exit code.
    """
    told = _parser().parse_args(words)
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(message)s")
    logging.getLogger("mcpdb.lab").setLevel(logging.INFO)
    act: Callable[[argparse.Namespace], None] = told.act
    try:
        act(told)
    except lab.LabError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.docker.lab",
        description=lab.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    releases = list(lab.RELEASES)

    up = commands.add_parser("up", help="bring a deployment up and leave it running")
    up.add_argument("--release", choices=releases, help=f"by default {releases[-1]}, or as it was")
    up.add_argument("--name", help="its name; by default made from the release")
    up.add_argument("--dir", type=Path, help="its folder; by default one in the cache")
    up.add_argument("--port", type=int, help="its port on 127.0.0.1; by default a free one")
    up.add_argument("--no-seed", action="store_true", help="let the gateway make its database")
    up.set_defaults(act=_up)

    down = commands.add_parser("down", help="take a deployment down")
    down.add_argument("dir", type=Path)
    down.add_argument("--purge", action="store_true", help="remove its folder too")
    down.set_defaults(act=_down)

    for name, act, text in (
        ("break", _break, "let its next start fail"),
        ("mend", _mend, "let its next start succeed again"),
    ):
        command = commands.add_parser(name, help=text)
        command.add_argument("dir", type=Path)
        command.set_defaults(act=act)

    commands.add_parser("list", help="list the deployments").set_defaults(act=_list)

    build = commands.add_parser("build", help="get the images into the engine")
    build.add_argument("releases", nargs="*", metavar="RELEASE", help="by default all")
    build.set_defaults(act=_build)

    motor = commands.add_parser("engine", help="the private engine")
    motor.add_argument("what", choices=["start", "stop", "status"])
    motor.set_defaults(act=_engine)

    sweep = commands.add_parser("sweep", help="remove what crashed test runs left in the engine")
    sweep.add_argument("--all", action="store_true", help="every deployment, also those in use")
    sweep.set_defaults(act=_sweep)
    return parser


def _up(told: argparse.Namespace) -> None:
    version = told.release or list(lab.RELEASES)[-1]
    name = told.name or f"gateway-{version}".replace(".", "-")
    folder: Path = told.dir or lab.cache_dir() / "deployments" / name
    if (folder / "boot" / "lab.json").exists():
        made = lab.Deployment.open(folder)
        if told.release and told.release != made.release:
            made.use_release(told.release)
    else:
        if told.dir and not told.name:
            name = re.sub("[^a-z0-9_-]+", "-", folder.resolve().name.lower()).strip("-_") or name
        seed = not told.no_seed
        made = lab.Deployment.create(
            version, folder, name=name, port=told.port, seed=seed, by_hand=True
        )
    made.up()
    print(f"folder   {made.folder}")
    print(f"release  {made.release} ({made.image}), container {made.container_id()[:12]}")
    print(f"health   {made.health_url}  {made.health()['status']}")
    print(f"token    {made.token()}")
    print(f"export DOCKER_HOST={made.docker_host}")


def _down(told: argparse.Namespace) -> None:
    lab.Deployment.open(told.dir).down(purge=told.purge)


def _break(told: argparse.Namespace) -> None:
    lab.Deployment.open(told.dir).make_unhealthy_on_start()


def _mend(told: argparse.Namespace) -> None:
    lab.Deployment.open(told.dir).mend()


def _list(_: argparse.Namespace) -> None:
    for one in lab.deployments():
        print(f"{one.name:24} {one.state:10} {one.image:34} {one.folder}")


def _build(told: argparse.Namespace) -> None:
    used = lab.engine()
    for version in told.releases or lab.RELEASES:
        print(f"{version}  {lab.image_for(version, used)}")


def _engine(told: argparse.Namespace) -> None:
    if told.what == "stop":
        print("stopped" if private_engine.stop() else "it did not run")
        return
    if told.what == "start":
        private_engine.start()
    status = private_engine.status()
    state = f"runs (process {status.pid}, {status.storage})" if status.storage else "does not run"
    print(f"the private engine {state}")
    print(f"export DOCKER_HOST={status.docker_host}")


def _sweep(told: argparse.Namespace) -> None:
    for name in lab.sweep(everything=told.all):
        print(f"removed {name}")


if __name__ == "__main__":
    sys.exit(main())
