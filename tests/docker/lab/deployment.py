"""A deployment of the gateway, as an operator has it: a folder, a Compose project, a container."""

from __future__ import annotations

import os
import re
import secrets
import time
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

from .base import LabError, run
from .container import GatewayContainer
from .engine import Engine, compose_command, engine
from .folder import (
    DATABASE,
    Facts,
    free_port,
    make_folders,
    read_env,
    read_facts,
    write_env,
    write_facts,
)
from .gateway_api import GatewayApi
from .images import image_for
from .inventory import deployments
from .ownership import give_data_to, remove_folder
from .releases import ADMIN, fresh_database, release

HEALTHY_SECONDS = 90.0


class Deployment:
    """One deployment; it is what its folder says, so several objects may stand for the same one.

    Make one with `create`, find one again with `open`.

    Attributes:
        folder: Where its Compose file, settings and data are.
        engine: The engine that it runs in.
        container: Its container, for running commands in it.
    """

    def __init__(self, folder: Path, engine: Engine) -> None:
        self.folder = folder
        self.engine = engine
        self._facts = read_facts(folder)
        self.container = GatewayContainer(engine, self._facts.name)
        self._token, self._token_of = "", ""

    @classmethod
    def create(
        cls,
        version: str,
        folder: Path,
        *,
        name: str | None = None,
        port: int | None = None,
        seed: bool = True,
        by_hand: bool = False,
    ) -> Deployment:
        """Lay out a deployment's folder, ready for `up`; nothing is started.

        Data that the folder has already is kept and handed to the release's user.

        Args:
            version: The gateway's release.
            folder: Where; made if missing.
            name: Its name; a random one by default. The Compose project's name is made from it.
            port: Where it listens on 127.0.0.1; a free one by default.
            seed: Whether a folder without a database gets a copy of a prepared fresh one. Without
                it the gateway makes its database at its first start, which takes longer.
            by_hand: Whether it is to outlive the process that made it; `sweep` leaves it alone.

        Raises:
            LabError: The release is unknown, or no engine or image can be had.
        """
        folder = folder.resolve()
        if name and not re.fullmatch("[a-z0-9][a-z0-9_-]*", name):
            raise LabError(f"A deployment's name has only a-z, 0-9, - and _, not {name!r}.")
        used = engine()
        facts = Facts(
            name=name or f"test-{secrets.token_hex(4)}",
            release=release(version).version,
            port=port or free_port(),
            image=image_for(version, used),
            owner=0 if by_hand else os.getpid(),
        )
        make_folders(folder)
        if not (folder / ".env").exists():
            write_env(folder, facts)
        if seed and not (folder / DATABASE).exists():
            fresh_database(version, folder / DATABASE)
        give_data_to(folder, release(version).owner, image=facts.image, engine=used)
        write_facts(folder, facts)  # the last: it makes the folder a deployment
        return cls(folder, used)

    @classmethod
    def open(cls, folder: Path) -> Deployment:
        """Return the deployment in a folder that `create` laid out.

        Raises:
            LabError: The folder is none, or no engine can be had.
        """
        folder = folder.resolve()
        read_facts(folder)
        return cls(folder, engine())

    @property
    def name(self) -> str:
        """Its name."""
        return self._facts.name

    @property
    def release(self) -> str:
        """The gateway's release."""
        return self._facts.release

    @property
    def port(self) -> int:
        """Where it listens on 127.0.0.1."""
        return self._facts.port

    @property
    def image(self) -> str:
        """The image's name in the engine."""
        return self._facts.image

    @property
    def project(self) -> str:
        """The Compose project's name."""
        return self._facts.project

    @property
    def health_url(self) -> str:
        """Where the gateway tells its health."""
        return f"http://127.0.0.1:{self.port}/health"

    @property
    def docker_host(self) -> str:
        """The engine's address, as in DOCKER_HOST."""
        return self.engine.docker_host

    @property
    def database(self) -> Path:
        """The database's file on this host."""
        return self.folder / DATABASE

    @property
    def env(self) -> dict[str, str]:
        """The settings in its `.env`, secrets among them."""
        return read_env(self.folder)

    @property
    def jwt_secret(self) -> str:
        """The secret that its tokens are signed with."""
        return self.env["JWT_SECRET_KEY"]

    @property
    def encryption_secret(self) -> str:
        """The secret that its stored credentials are encrypted with."""
        return self.env["AUTH_ENCRYPTION_SECRET"]

    def up(self, *, wait: float | None = HEALTHY_SECONDS) -> None:
        """Bring it up with Compose.

        Args:
            wait: Seconds to wait until it is healthy; None does not wait.

        Raises:
            LabError: Compose failed, the gateway did not become healthy, or another folder's
                deployment has this one's name.
        """
        for other in deployments(self.engine):
            if other.name == self.name and other.folder != self.folder:
                raise LabError(f"{other.folder} has a deployment named {self.name} already.")
        self.compose("up", "-d")
        if wait is not None:
            self.wait_healthy(wait)

    def down(self, *, purge: bool = False) -> None:
        """Take it down with Compose; its folder stays.

        Args:
            purge: Whether the folder is removed too, with all its data.
        """
        self.compose("down", "--timeout", "10")
        if purge:
            remove_folder(self.folder, image=self.image, engine=self.engine)
            self._forget_kept_images()

    def _forget_kept_images(self) -> None:
        """Take away the names that the product gave to former images of this deployment."""
        from docker.errors import ImageNotFound

        with closing(self.engine.docker_py()) as client:
            # Named in one answer: another deployment may take its own away meanwhile.
            for image in client.api.images(name="mcpdb-tui/kept"):
                for tag in image.get("RepoTags") or []:
                    if tag.startswith(f"mcpdb-tui/kept:{self.project}-"):
                        with suppress(ImageNotFound):
                            client.api.remove_image(tag, noprune=True)

    def compose(self, *words: str) -> str:
        """Run Compose in the folder and return what it printed.

        Args:
            words: The command and its arguments, such as `"restart", "gateway"`.

        Raises:
            LabError: It failed.
        """
        command = [*compose_command(), *words]
        return run(command, cwd=self.folder, env=self.engine.environment())

    def use_release(self, version: str) -> None:
        """Change the image, as an operator upgrades: stopped, rewritten, data handed over.

        It is not started; `up` does that, and the new gateway then migrates the database.

        Args:
            version: The release's number.
        """
        image_for(version, self.engine)  # may take long, or fail: before anything stops
        self.compose("stop")
        self.name_release(version)
        self.give_data_to_user()

    def name_release(self, version: str) -> None:
        """Write another image into the Compose file and start nothing: what runs goes on.

        Args:
            version: The release's number.
        """
        image = image_for(version, self.engine)
        self._facts = replace(self._facts, release=version, image=image)
        write_facts(self.folder, self._facts)

    def give_data_to_user(self) -> None:
        """Make the release's user the owner of data and logs, and of all that is in them."""
        owner = release(self.release).owner
        give_data_to(self.folder, owner, image=self.image, engine=self.engine)

    def container_id(self) -> str:
        """Return the id of the gateway's container, whether it runs or not.

        Raises:
            LabError: It has none.
        """
        return self.container.id()

    def logs(self, tail: int = 200) -> str:
        """Return the end of what the gateway's container printed.

        Args:
            tail: How many lines.
        """
        return self.container.logs(tail)

    def kill(self) -> None:
        """Kill the gateway's process (`docker kill`): no goodbye, sidecars stay as they were."""
        self.container.kill()

    def health(self) -> dict[str, object]:
        """Return the JSON of `/health`.

        Raises:
            OSError: Nothing answers.
            LabError: The answer is no JSON object.
        """
        return GatewayApi(self.port).health()

    def wait_healthy(self, timeout: float = HEALTHY_SECONDS) -> float:
        """Wait until the JSON of `/health` says healthy.

        Args:
            timeout: Seconds to wait at most.

        Returns:
            The seconds that it took.

        Raises:
            LabError: It did not; the end of the container's log is told.
        """
        begun = time.monotonic()
        last = "no answer"
        while time.monotonic() - begun < timeout:
            try:
                answer = self.health()
            except (OSError, LabError) as error:
                last = str(error)
            else:
                if answer.get("status") == "healthy":
                    return time.monotonic() - begun
                last = str(answer)[:300]
            time.sleep(0.2)
        raise LabError(
            f"{self.name} was not healthy after {timeout:.0f} s ({last}). "
            f"Its log ends with:\n{self.logs(tail=20)}"
        )

    def token(self) -> str:
        """Return a bearer token of the administrator, made by the gateway's own tool.

        Raises:
            LabError: The container does not run.
        """
        # Another container may be of another release, which makes tokens of another shape.
        identity = self.container_id()
        if self._token_of != identity:
            tool = ("python3", "-m", "mcpgateway.utils.create_jwt_token")
            # With "=": a random secret may begin with a dash.
            secret = f"--secret={self.jwt_secret}"
            options = ("--username", ADMIN, "--exp", "1440", secret)
            self._token = self.container.execute(*tool, *options).split()[-1]
            self._token_of = identity
        return self._token

    def register_tool(self, name: str) -> dict[str, object]:
        """Have the running gateway register a tool, and so write rows to its database.

        Args:
            name: The tool's name; unique in its gateway.

        Returns:
            The gateway's answer.

        Raises:
            LabError: The gateway refused.
        """
        return GatewayApi(self.port, self.token()).register_tool(name)

    def delete_tool(self, identifier: str) -> None:
        """Have the running gateway delete a tool by its id.

        Raises:
            LabError: The gateway refused.
        """
        GatewayApi(self.port, self.token()).delete_tool(identifier)

    def tools(self) -> list[str]:
        """Return the names of the tools that the running gateway lists, sorted."""
        return GatewayApi(self.port, self.token()).tools()

    def make_unhealthy_on_start(self) -> None:
        """Let every later start fail, whatever the database is like; the running one goes on.

        The container's command looks for `boot/broken` first and exits with 1 when it is there, so
        the engine restarts it again and again: the face of a gateway that cannot start. `mend`
        ends it.
        """
        (self.folder / "boot" / "broken").touch()

    def mend(self) -> None:
        """Let later starts succeed again."""
        (self.folder / "boot" / "broken").unlink(missing_ok=True)
