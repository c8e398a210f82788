"""The Docker engine behind a thin layer: every call has an end, every failure is a sentence.

The Docker SDK costs half a second to import, so it is imported by the first call.
"""

from __future__ import annotations

import contextlib
import os
import threading
import urllib.parse
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from tui.core.errors import DockerError, NotFoundError
from tui.services.containers.engine_errors import raise_for_status, translated

if TYPE_CHECKING:
    from docker import APIClient
    from requests import Response

READ_TIMEOUT = 4.0
"""Seconds that the engine may think about a question."""
STOP_SLACK = 30.0
"""Seconds beyond its own timeout that a stop may take: a kernel that flushes disks."""
ONE_OFF_LABEL = "io.mcpdb-tui.one-off"
"""On every container that we make; they are never taken for a gateway."""
DEFAULT_HOST = "unix:///var/run/docker.sock"

Facts: TypeAlias = Mapping[str, Any]
"""What the Engine API says, as it says it: https://docs.docker.com/reference/api/engine/."""


class Engine:
    """One engine, by its address; connects at the first call."""

    def __init__(
        self,
        host: str = "",
        *,
        environ: Mapping[str, str] = os.environ,
        timeout: float = READ_TIMEOUT,
    ) -> None:
        """Remember where the engine is.

        Args:
            host: As in `DOCKER_HOST`; empty takes that of the environment.
            environ: Where `DOCKER_HOST`, `DOCKER_TLS_VERIFY` and `DOCKER_CERT_PATH` come from.
            timeout: Seconds that a question may take.
        """
        self.host = host or environ.get("DOCKER_HOST", "") or DEFAULT_HOST
        self._environ = environ
        self._timeout = timeout
        self._api: APIClient | None = None
        self._connecting = threading.Lock()

    @property
    def timeout(self) -> float:
        """Seconds that a question may take."""
        return self._timeout

    @property
    def is_remote(self) -> bool:
        """Whether its files are another machine's."""
        parts = urllib.parse.urlsplit(self.host)
        if parts.scheme in ("", "unix"):
            return False
        return parts.hostname not in ("localhost", "127.0.0.1", "::1")

    @property
    def hostname(self) -> str:
        """Where ports that it publishes are reached."""
        found = urllib.parse.urlsplit(self.host).hostname if self.is_remote else None
        return found or "127.0.0.1"

    def api(self) -> APIClient:
        """The SDK's client, connected.

        Raises:
            DockerError: The engine does not answer; the sentence says why.
        """
        with self._connecting, translated(self.host, self._timeout):
            if self._api is None:
                if self.host.startswith("unix://"):
                    # Where there is no engine the SDK is of no use, and its import is slow.
                    Path(self.host.removeprefix("unix://")).stat()
                from docker import APIClient
                from docker.utils import kwargs_from_env

                told = {**self._environ, "DOCKER_HOST": self.host}
                self._api = APIClient(
                    **kwargs_from_env(environment=told),
                    timeout=self._timeout,  # type: ignore[arg-type]
                    use_ssh_client=self.host.startswith("ssh://"),
                )
            return self._api

    def close(self) -> None:
        """Close its connections; the next call opens new ones."""
        if self._api is not None:
            self._api.close()
            self._api = None

    # --- looking ----------------------------------------------------------------------------

    def containers(self) -> list[Facts]:
        """A short description of every container, stopped ones included."""
        api = self.api()
        with translated(self.host, self._timeout):
            return list(api.containers(all=True))

    def inspect(self, container: str) -> Facts:
        """Everything about one container.

        Raises:
            NotFoundError: There is none of that name.
            DockerError: The engine does not answer.
        """
        api = self.api()
        with translated(self.host, self._timeout, container):
            found: Facts = api.inspect_container(container)
            return found

    def image(self, image: str) -> Facts:
        """Everything about one image.

        Raises:
            NotFoundError: It is not on this engine.
            DockerError: The engine does not answer.
        """
        api = self.api()
        with translated(self.host, self._timeout, image):
            found: Facts = api.inspect_image(image)  # type: ignore[no-untyped-call]
            return found

    def images(self) -> list[Facts]:
        """A short description of every image that has a name."""
        api = self.api()
        with translated(self.host, self._timeout):
            return [image for image in api.images() if image.get("RepoTags")]

    def info(self) -> Facts:
        """What the engine says of itself: data root, storage driver, security options."""
        api = self.api()
        with translated(self.host, self._timeout):
            found: Facts = api.info()
            return found

    def version(self) -> str:
        """The engine's own version, e.g. `27.1.1`."""
        api = self.api()
        with translated(self.host, self._timeout):
            return str(api.version().get("Version") or "")

    def pids(self, container: str) -> tuple[int, ...]:
        """The container's processes as the engine's host numbers them; empty when stopped."""
        api = self.api()
        try:
            with translated(self.host, self._timeout, container):
                told = api.top(container, ps_args="-eo pid")
        except (DockerError, NotFoundError):
            return ()  # not running, or its host has no `ps`
        rows = told.get("Processes") or []
        return tuple(int(row[0]) for row in rows if row and str(row[0]).isdecimal())

    def last_exit(self, container_id: str, since: float, until: float) -> int | None:
        """Exit code of the container's latest end between two moments (seconds since 1970)."""
        api = self.api()
        with translated(self.host, self._timeout, container_id):
            # Strings, because the SDK would cut a time to whole seconds.
            events = api.events(  # type: ignore[call-overload]
                since=f"{since:.6f}",
                until=f"{until:.6f}",
                filters={"container": container_id, "event": "die"},
                decode=True,
            )
            codes = [event["Actor"]["Attributes"].get("exitCode") for event in events]
        return int(codes[-1]) if codes and str(codes[-1]).isdecimal() else None

    # --- acting -----------------------------------------------------------------------------

    def start(self, container: str) -> None:
        """Start a container; fine when it runs.

        Raises:
            NotFoundError: There is none of that name.
            DockerError: The engine refuses or does not answer.
        """
        self._act("start", container, 30.0)

    def stop(self, container: str, grace: float) -> None:
        """Stop a container and wait; the engine kills it after `grace` seconds.

        An engine's stop also suppresses the restart policy until the next start.

        Raises:
            NotFoundError: There is none of that name.
            DockerError: The engine refuses or does not answer.
        """
        self._act(f"stop?t={int(grace)}", container, grace + STOP_SLACK)

    def kill(self, container: str) -> None:
        """Send SIGKILL to a container.

        Raises:
            NotFoundError: There is none of that name.
            DockerError: It does not run, or the engine does not answer.
        """
        self._act("kill", container, 30.0)

    def _act(self, verb: str, container: str, timeout: float) -> None:
        api = self.api()
        with translated(self.host, timeout, container):
            # The session itself, because the SDK's methods have no timeout of their own.
            answer = api.post(self._url(container, verb), timeout=(self._timeout, timeout))
            answer.close()
            if answer.status_code != 304:  # it is already so
                raise_for_status(answer)

    def wait(self, container: str, timeout: float) -> int:
        """Wait until a container has ended; its exit code.

        Raises:
            NotFoundError: There is none of that name.
            DockerError: It has not ended within `timeout` seconds.
        """
        api = self.api()
        with translated(self.host, timeout, container):
            return int(api.wait(container, timeout=timeout)["StatusCode"])  # type: ignore[arg-type]

    def remove(self, container: str) -> None:
        """Remove a container, also a running one, with its anonymous volumes."""
        api = self.api()
        with contextlib.suppress(NotFoundError), translated(self.host, 30.0, container):
            api.remove_container(container, v=True, force=True)

    # --- logs -------------------------------------------------------------------------------

    @contextlib.contextmanager
    def log_stream(
        self, container: str, *, tail: int | None, since: str = "", follow: bool = False
    ) -> Iterator[Response]:
        """Open a container's log with timestamps; close the response to end it.

        Args:
            container: Name or id.
            tail: At most this many lines of the past; None means all.
            since: Seconds since 1970 with up to nine decimals; empty means from the beginning.
            follow: Whether the stream goes on until the container ends.

        Raises:
            NotFoundError: There is none of that name.
            DockerError: The engine does not answer, or the log driver cannot be read.
        """
        api = self.api()
        with translated(self.host, self._timeout, container):
            response = api.get(
                self._url(container, "logs"),
                params={
                    "stdout": 1,
                    "stderr": 1,
                    "timestamps": 1,
                    "follow": int(follow),
                    "tail": "all" if tail is None else tail,
                    **({"since": since} if since else {}),
                },
                stream=True,
                timeout=(self._timeout, None if follow else 60.0),
            )
            try:
                raise_for_status(response)
            except BaseException:
                response.close()
                raise
        try:
            yield response
        finally:
            cut(response)
            response.close()

    def _url(self, container: str, verb: str) -> str:
        api = self.api()
        name = urllib.parse.quote(container, safe="")
        return f"{api.base_url}/v{api.api_version}/containers/{name}/{verb}"


def cut(response: Response) -> None:
    """End a stream that another thread may be reading: it sees the end of the stream."""
    from docker.types import CancellableStream

    with contextlib.suppress(OSError, AttributeError, ValueError):
        CancellableStream(iter(()), response).close()
