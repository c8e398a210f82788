"""What went wrong with Docker, as one sentence that says what to do."""

from __future__ import annotations

import contextlib
import getpass
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tui.core.errors import DockerError, McpdbError, NotFoundError

if TYPE_CHECKING:
    from requests import Response


@contextlib.contextmanager
def translated(host: str, timeout: float, subject: str = "") -> Iterator[None]:
    """Turn the SDK's exceptions inside into ours.

    Args:
        host: The engine's address, for the sentence.
        timeout: Seconds it was given, for the sentence.
        subject: The container or image that was asked about.

    Raises:
        NotFoundError: The engine does not know `subject`.
        DockerError: Anything else.
    """
    try:
        yield
    except McpdbError:
        raise
    except ImportError as error:
        raise DockerError(
            f"The Docker SDK cannot be imported ({error}); install mcpdb-tui again."
        ) from error
    except FileNotFoundError as error:
        # Nothing of the SDK is needed to say so; it may not even be imported.
        raise DockerError(
            f"Docker does not answer: {_reason(error, _place(host), timeout)}"
        ) from error
    except _outside() as error:
        raise _translate(error, host, timeout, subject) from error


def _outside() -> tuple[type[BaseException], ...]:
    """What Docker, the transport and the system raise; asked only once something was raised."""
    from docker.errors import DockerException
    from requests.exceptions import RequestException
    from urllib3.exceptions import HTTPError

    return (DockerException, RequestException, HTTPError, OSError)


def raise_for_status(response: Response) -> None:
    """Raise the SDK's own error for an answer that is one."""
    from docker.errors import create_api_error_from_http_exception
    from requests.exceptions import HTTPError

    try:
        response.raise_for_status()
    except HTTPError as error:
        create_api_error_from_http_exception(error)


def _translate(error: BaseException, host: str, timeout: float, subject: str) -> McpdbError:
    from docker.errors import APIError, InvalidVersion, NotFound, TLSParameterError

    if isinstance(error, NotFound):
        return NotFoundError(f"Docker knows no {subject or 'such thing'}: {_says(error)}.")
    if isinstance(error, APIError):
        return DockerError(f"Docker refuses for {subject or 'this'}: {_says(error)}.")
    if isinstance(error, InvalidVersion):
        return DockerError(f"The Docker engine at {_place(host)} is too old: {_says(error)}.")
    if isinstance(error, TLSParameterError):
        return DockerError(f"Docker's TLS settings are not usable: {_says(error)}.")
    return DockerError(f"Docker does not answer: {_reason(error, _place(host), timeout)}")


def _reason(error: BaseException, place: str, timeout: float) -> str:
    causes = list(_causes(error))
    if any(isinstance(cause, PermissionError) for cause in causes):
        return f"permission denied on {place}. {_who()}"
    if any(isinstance(cause, FileNotFoundError) for cause in causes):
        return f"there is no {place}. Start Docker, or set DOCKER_HOST."
    if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
        return f"nothing listens on {place}. Start it: sudo systemctl start docker"
    if any("Timeout" in type(cause).__name__ for cause in causes):
        return f"no reply within {timeout:g} s from {place}. It may hang; see its own log."
    if any(type(cause).__name__ == "NameResolutionError" for cause in causes):
        return f"the name in {place} is not known. Check DOCKER_HOST."
    return f"{_says(error)} ({place})."


def _causes(error: object, depth: int = 0) -> Iterator[BaseException]:
    """Walk an exception, what it wraps in its arguments, and what caused it."""
    if not isinstance(error, BaseException) or depth > 8:
        return
    yield error
    for argument in (*error.args, getattr(error, "reason", None)):
        yield from _causes(argument, depth + 1)
    yield from _causes(error.__cause__ or error.__context__, depth + 1)


def _says(error: BaseException) -> str:
    text = str(getattr(error, "explanation", "") or error).strip()
    first = text.splitlines()[0] if text else type(error).__name__
    return first[:200].rstrip(".")


def _place(host: str) -> str:
    return host.removeprefix("unix://")


def _who() -> str:
    """Say who asked: `You are dana, not root and not in group docker.`."""
    if os.geteuid() == 0:
        return "You are root; something else forbids it."
    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        name = f"uid {os.geteuid()}"
    return f"You are {name}, not root and not in group docker."
