"""What commands in containers say arrives whole, however the engine's answer is cut into pieces.

The engine is a stand-in that decides how its bytes travel; on the real one see `tests/docker`.
"""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tui.core.errors import DockerError
from tui.services.containers.engine import Engine
from tui.services.containers.engine_exec import execute
from tui.services.containers.engine_frames import attached

HEADERS = b"HTTP/1.1 200 OK\r\nContent-Type: application/vnd.docker.raw-stream\r\n\r\n"
OUT, ERR = 1, 2
Send = Callable[[socket.socket], None]


def frame(stream: int, data: bytes) -> bytes:
    return struct.pack(">BxxxL", stream, len(data)) + data


class Scripted(threading.Thread):
    """An engine on a unix socket whose stream is sent by the test."""

    def __init__(self, path: Path, send: Send) -> None:
        super().__init__(daemon=True)
        self._send = send
        self.running = False
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(str(path))
        self._listening.listen()

    def run(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def close(self) -> None:
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as asked, suppress(OSError):
            while line := asked.readline():
                length = 0
                while (header := asked.readline()) not in (b"\r\n", b""):
                    name, _, value = header.partition(b":")
                    length = int(value) if name.lower() == b"content-length" else length
                asked.read(length)
                if line.split()[1].endswith((b"/start", b"/attach?stream=1&stdout=1&stderr=1")):
                    self._send(connection)
                    return
                connection.sendall(self._answer(line))

    def _answer(self, line: bytes) -> bytes:
        told: dict[str, object] = {"Id": "e1"}
        if b"/version" in line:
            told = {"ApiVersion": "1.41"}
        elif line.startswith(b"GET"):
            told = {"ExitCode": None if self.running else 0, "Running": self.running, "Pid": 0}
        body = json.dumps(told).encode()
        return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


@pytest.fixture
def scripted(tmp_path: Path) -> Iterator[Callable[[Send], tuple[Engine, Scripted]]]:
    made: list[tuple[Engine, Scripted]] = []

    def make(send: Send) -> tuple[Engine, Scripted]:
        path = tmp_path / f"engine{len(made)}.sock"
        server = Scripted(path, send)
        server.start()
        made.append((Engine(f"unix://{path}"), server))
        return made[-1]

    yield make
    for engine, server in made:
        engine.close()
        server.close()


WHOLE = HEADERS + frame(OUT, b"hello ") + frame(ERR, b"a word") + frame(OUT, b"world")


def at_once(connection: socket.socket) -> None:
    connection.sendall(WHOLE)


def byte_by_byte(connection: socket.socket) -> None:
    for number in range(len(WHOLE)):
        connection.sendall(WHOLE[number : number + 1])


@pytest.mark.parametrize("send", [at_once, byte_by_byte])
def test_what_a_command_says_is_whole_however_it_arrives(scripted, send):
    engine, _ = scripted(send)
    pieces: list[bytes] = []
    done = execute(engine, "forge", ["true"], on_output=pieces.append)
    assert (done.exit_code, done.stdout, done.stderr) == (0, b"hello world", b"a word")
    assert b"".join(pieces) == b"hello world"


def test_what_an_attached_container_says_is_whole_where_it_comes_with_the_headers(scripted):
    engine, _ = scripted(at_once)
    stream = attached(engine, "forge", silence=10)
    pieces = list(stream)
    stream.close()
    assert pieces == [(b"hello ", b""), (b"", b"a word"), (b"world", b"")]


def test_a_command_that_says_nothing_more_is_given_up_after_its_time(scripted):
    gone = threading.Event()

    def for_ever(connection: socket.socket) -> None:
        connection.sendall(HEADERS + frame(OUT, b"begun"))
        connection.settimeout(30)
        with suppress(OSError):
            while connection.recv(1):
                pass
        gone.set()

    engine, server = scripted(for_ever)
    server.running = True
    with pytest.raises(DockerError, match=r"did not end within 0\.2 s"):
        execute(engine, "forge", ["sleep"], timeout=0.2)
    assert gone.wait(10), "the stream is closed, not left to the engine"


def test_a_stream_that_is_cut_in_a_piece_ends(scripted):
    engine, server = scripted(lambda c: c.sendall(HEADERS + frame(OUT, b"hello") + b"\1\0\0"))
    server.running = False
    assert execute(engine, "forge", ["true"]).stdout == b"hello"


def test_a_refusal_is_told_as_the_engine_says_it(scripted):
    body = b'{"message": "container forge is paused"}'
    refusal = b"HTTP/1.1 409 Conflict\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    engine, _ = scripted(lambda c: c.sendall(refusal))
    with pytest.raises(DockerError, match="forge is paused"):
        execute(engine, "forge", ["true"])
