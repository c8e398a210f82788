"""What a command or a container says while it runs: the engine's frames, none of them lost.

docker-py 7.1 reads such a stream from the raw socket, past what its HTTP layer has read ahead:
frames that arrive together with the headers of the answer are lost, and a command seems to have
said nothing (docker/docker-py issues 2042 and 3332). On a busy host that is not rare. Here the
stream is read through the HTTP layer, so the answer may not be an upgrade (which has no body).
"""

from __future__ import annotations

import struct
import urllib.parse
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from tui.services.containers.engine import Engine, cut
from tui.services.containers.engine_errors import raise_for_status

if TYPE_CHECKING:
    from requests import Response

_HEADER = 8
"""Bytes before each piece: stream, three zeros, length. Source: Engine API, "Attach"."""
_STDERR = 2


class Frames:
    """Pieces of stdout and stderr as they come; any thread may close it."""

    def __init__(self, response: Response) -> None:
        self._response = response

    def __iter__(self) -> Iterator[tuple[bytes, bytes]]:
        """Give pieces, one of the two empty, until the engine or `close` ends the stream.

        Raises:
            OSError, ValueError: It was closed while it was read.
        """
        from urllib3.exceptions import HTTPError

        body = self._response.raw
        try:
            while len(header := body.read(_HEADER)) == _HEADER:
                stream, length = struct.unpack(">BxxxL", header)
                piece = body.read(length)
                yield (b"", piece) if stream == _STDERR else (piece, b"")
        except HTTPError as error:
            raise OSError(f"the engine's stream was cut: {error}") from error
        except AttributeError as error:  # http.client, of a stream that was closed meanwhile
            raise OSError("the engine's stream was closed") from error

    def close(self) -> None:
        """End the stream; a thread that reads it sees the end."""
        cut(self._response)
        self._response.close()


def started(engine: Engine, made: str, *, silence: float) -> Frames:
    """Start a command that was made with `exec_create`, and give what it says.

    Args:
        engine: Where.
        made: The id of the command.
        silence: Seconds without a word, after which the stream ends with an OSError.

    Raises:
        Whatever the SDK raises; see `engine_errors.translated`.
    """
    body = {"Detach": False, "Tty": False}
    return _opened(engine, f"exec/{made}/start", silence=silence, json=body)


def attached(engine: Engine, container: str, *, silence: float) -> Frames:
    """What a container without a terminal says from now on.

    Args:
        engine: Where.
        container: Name or id.
        silence: Seconds without a word, after which the stream ends with an OSError.

    Raises:
        Whatever the SDK raises; see `engine_errors.translated`.
    """
    name = urllib.parse.quote(container, safe="")
    wanted = {"stream": 1, "stdout": 1, "stderr": 1}
    return _opened(engine, f"containers/{name}/attach", silence=silence, params=wanted)


def _opened(engine: Engine, path: str, *, silence: float, **asked: Mapping[str, Any]) -> Frames:
    api = engine.api()
    response = api.post(
        f"{api.base_url}/v{api.api_version}/{path}",
        stream=True,
        timeout=(engine.timeout, silence),
        **asked,  # type: ignore[arg-type]
    )
    try:
        raise_for_status(response)
    except BaseException:
        response.close()
        raise
    return Frames(response)
