"""Who owns a deployment's data: changed on the host by root, in a container for anybody else."""

from __future__ import annotations

import os
from pathlib import Path

from docker.errors import DockerException, NotFound

from .base import LabError, remove_tree
from .engine import Engine

HELD_BY_THE_GATEWAY = ("data", "logs")


def give_data_to(folder: Path, owner: tuple[int, int], *, image: str, engine: Engine) -> None:
    """Make somebody the owner of a deployment's data and logs, and of all that is in them.

    Args:
        folder: The deployment's folder.
        owner: The user's and the group's number.
        image: An image that has `chown`.
        engine: The engine that has the image.
    """
    uid, gid = owner
    if os.geteuid() != 0:
        _in_container(folder, f"chown -R {uid}:{gid}", image=image, engine=engine)
        return
    for top in HELD_BY_THE_GATEWAY:
        for path in (folder / top, *(folder / top).rglob("*")):
            os.chown(path, uid, gid, follow_symlinks=False)


def remove_folder(folder: Path, *, image: str, engine: Engine) -> None:
    """Remove a deployment's folder with its data.

    Args:
        folder: The deployment's folder.
        image: An image that has `rm`.
        engine: The engine that has the image.
    """
    if os.geteuid() != 0:
        # The two folders are mounted and stay, empty of what only the gateway's user may remove.
        give_data_to(folder, (os.getuid(), os.getgid()), image=image, engine=engine)
    remove_tree(folder)


def _in_container(folder: Path, command: str, *, image: str, engine: Engine) -> None:
    targets = [f"/deployment/{name}" for name in HELD_BY_THE_GATEWAY]
    client = engine.docker_py()
    try:
        client.containers.run(
            image,
            entrypoint=[*command.split(), *targets],
            command=[],
            user="0:0",
            network_mode="none",
            volumes={str(folder): {"bind": "/deployment", "mode": "rw"}},
            remove=True,
        )
    except NotFound:  # gone before it could be asked for its exit code
        pass
    except DockerException as error:
        raise LabError(f"{command} failed on {folder}: {error}") from error
    finally:
        client.close()
