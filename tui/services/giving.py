"""Giving the database and its folder to the user that an image runs as.

Numbers are those of the engine's containers. Where they are this host's too and we are root, the
owner is changed right here; else a one-off container does it as its root, which is right under
rootless and user-namespaced engines as well.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from tui.core.errors import McpdbError, NotFoundError
from tui.services import files
from tui.services.containers.engine import Engine, Facts
from tui.services.containers.engine_errors import translated
from tui.services.migrations import one_off
from tui.wording.clean import one_line

SECONDS = 30.0
"""Seconds that the one-off container may take."""
_INSIDE = PurePosixPath("/mcpdb-given")
_PASSWD_BYTES = 1_000_000
_PURPOSE = "give"


@dataclass(frozen=True, slots=True)
class Owner:
    """Who owns a file, and what its mode lets others do."""

    uid: int
    gid: int
    mode: int

    def lets_write(self, uid: int, gid: int, *, everybody: bool = True) -> bool:
        """Whether a user may write it, see `files.lets_write`."""
        return files.lets_write(self.mode, (self.uid, self.gid), (uid, gid), everybody=everybody)

    def __str__(self) -> str:
        """As a person writes it."""
        return f"{self.uid}:{self.gid}"


class Giver:
    """Changes owners in one folder, in the numbers of the engine's containers.

    Args:
        engine: The gateway's engine.
        folder: The data folder on this host.
        image: An image that has `chown` and `stat`; used only where a container is needed.
        container: What the engine says of the gateway's container; empty when it is gone.
    """

    def __init__(self, engine: Engine, folder: Path, image: str, container: Facts) -> None:
        self._engine = engine
        self._folder = folder
        self._image = image
        self._container = container
        self._same_numbers: bool | None = None

    @property
    def same_numbers(self) -> bool:
        """Whether the engine's users are this host's."""
        if self._same_numbers is None:
            options = [str(word) for word in self._engine.info().get("SecurityOptions") or []]
            mapped = any(word.partition("=")[2].split(",")[0] in _MAPPED for word in options)
            host = (self._container.get("HostConfig") or {}).get("UsernsMode") == "host"
            self._same_numbers = not mapped or (host and not _is_rootless(options))
        return self._same_numbers

    def owner(self, path: Path) -> Owner | None:
        """Who owns it; None when it is not there.

        Raises:
            McpdbError: It takes a container, and that fails.
            DockerError: The engine refuses or does not answer.
        """
        found = files.identity(path)
        if found is None or self.same_numbers:
            return None if found is None else Owner(found.uid, found.gid, found.mode)
        said = self._run("stat", "-c", "%u:%g", str(self._inside(path)))
        uid, _, gid = said.strip().partition(":")
        if not uid.isdecimal() or not gid.isdecimal():
            raise McpdbError(f"The owner of {one_line(str(path))} could not be read.")
        return Owner(int(uid), int(gid), found.mode)

    def give(self, paths: Sequence[Path], uid: int, gid: int) -> None:
        """Make somebody the owner of these; those that are not there are passed over.

        Args:
            paths: The folder itself or files in it; links are never followed.
            uid: User, as containers number it.
            gid: Group.

        Raises:
            PrecheckError: We may not.
            McpdbError: It takes a container, and that fails.
            DockerError: The engine refuses or does not answer.
        """
        there = [path for path in paths if files.identity(path) is not None]
        if self.same_numbers and os.geteuid() == 0:
            for path in there:
                try:
                    os.chown(path, uid, gid, follow_symlinks=False)
                except FileNotFoundError:
                    continue  # a sidecar that its owner took away meanwhile
                except OSError as error:
                    raise files.denied("give away", path, error) from error
            return
        if there:
            inside = [str(self._inside(path)) for path in there]
            self._run("chown", "--no-dereference", f"{uid}:{gid}", "--", *inside)

    def _inside(self, path: Path) -> PurePosixPath:
        return _INSIDE / path.relative_to(self._folder)

    def _run(self, *command: str) -> str:
        host = self._container.get("HostConfig") or {}
        made = one_off.Recipe(
            image=self._image,
            name=_name(),
            config={
                "user": "0:0",
                "healthcheck": {"test": ["NONE"]},
                "labels": one_off.labels(_PURPOSE),
            },
            host={
                "binds": [f"{self._folder}:{_INSIDE}:rw"],
                "network_mode": "none",
                "restart_policy": {"Name": "no"},
                "security_opt": list(host.get("SecurityOpt") or []),
                "userns_mode": str(host.get("UsernsMode") or "") or None,
                "log_config": {"type": "json-file", "config": {}},
            },
        )
        done = one_off.run(self._engine, made, command, SECONDS)
        if done.exit_code:
            said = done.stderr.decode(errors="replace").strip().splitlines()
            why = one_line(said[-1])[:200] if said else f"exit {done.exit_code}"
            raise McpdbError(f"{command[0]} in a container failed: {why}.")
        return done.stdout.decode(errors="replace")


_MAPPED = ("rootless", "userns")


def _is_rootless(options: Sequence[str]) -> bool:
    return any("rootless" in option for option in options)


def _name() -> str:
    """A name for one container."""
    return f"mcpdb-{_PURPOSE}-{os.urandom(4).hex()}"


def user_of(engine: Engine, image: Facts, told: str = "") -> tuple[int, int] | None:
    """The user and group that a container of an image runs as; None where it cannot be told.

    Args:
        engine: Whose image.
        image: What the engine says of it.
        told: The user that the service sets; empty means the image's own.

    Raises:
        DockerError: The image must be looked into, and the engine refuses.
    """
    config: Mapping[str, Any] = image.get("Config") or {}
    user, _, group = (told or str(config.get("User") or "0")).partition(":")
    if user.isdecimal() and group.isdecimal():
        return int(user), int(group)
    if user == "0" and not group:
        return 0, 0
    people = _table(engine, str(image["Id"]), "/etc/passwd")
    row = next((r for r in people if len(r) > 3 and user in (r[0], r[2])), None)
    if row is None and not user.isdecimal():
        return None
    uid = int(user) if row is None else int(row[2])
    if not group:
        # The engine takes group 0 for a user that its image does not know.
        return uid, int(row[3]) if row is not None else 0
    if group.isdecimal():
        return uid, int(group)
    groups = _table(engine, str(image["Id"]), "/etc/group")
    found = next((r for r in groups if len(r) > 2 and r[0] == group), None)
    return None if found is None else (uid, int(found[2]))


def _table(engine: Engine, image_id: str, path: str) -> list[list[str]]:
    """Read a table of users or groups out of an image, without running anything of it."""
    import io
    import tarfile

    made = one_off.Recipe(
        image=image_id,
        name=_name(),
        config={"labels": one_off.labels(_PURPOSE)},
        host={"network_mode": "none"},
    )
    with one_off.one_off(engine, made, ["true"]) as name, suppress(NotFoundError):
        api = engine.api()
        with translated(engine.host, engine.timeout, path):
            pieces, _about = api.get_archive(name, path)
            content = b"".join(pieces)[: _PASSWD_BYTES * 2]
        with suppress(tarfile.TarError), tarfile.open(fileobj=io.BytesIO(content)) as archive:
            member = archive.next()
            stream = archive.extractfile(member) if member is not None else None
            if stream is not None:
                text = stream.read(_PASSWD_BYTES).decode(errors="replace")
                rows = [line.split(":") for line in text.splitlines()]
                return [row for row in rows if len(row) > 2 and row[2].isdecimal()]
    return []
