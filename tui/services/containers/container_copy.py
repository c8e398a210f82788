"""A consistent copy of a database that only its own container sees whole.

Where a deployment mounts the one file instead of its folder, the WAL of a running gateway lies
in the container's own layer: a copy made on the host would lack every commit in it. So SQLite
copies it in there, as the gateway's user, and the engine hands the finished copy out.
"""

from __future__ import annotations

import hashlib
import json
import posixpath
import tarfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from importlib import resources
from pathlib import Path
from typing import IO, Any, cast

from tui.core.errors import (
    BusyError,
    DockerError,
    McpdbError,
    NotFoundError,
    PrecheckError,
    VerificationError,
)
from tui.core.models import ContainerRef
from tui.services import files
from tui.services.containers.engine import Engine
from tui.services.containers.engine_errors import translated
from tui.services.containers.engine_exec import execute
from tui.services.migrations.containers import ContainerSide
from tui.services.sqlite.copying import Copied
from tui.wording.clean import one_line

_NOT_EXECUTED = (126, 127)
_SLOWEST = 10 * 1024 * 1024
"""Bytes a second that a copy in a container makes at the very least."""
_STEP_PAGES = 1_000
_PATIENCE = 60.0


def scratch_path(ref: ContainerRef, operation_id: str) -> str:
    """Where the copy lies in the container: beside the database, where its user may write."""
    folder = posixpath.dirname(ref.database_inside)
    return posixpath.join(folder, f".mcpdb-{operation_id}.partial")


class ContainerCopy:
    """One copy, from the request to the last byte.

    Args:
        ref: The container; it runs.
        scratch: See `scratch_path`.
    """

    def __init__(self, ref: ContainerRef, scratch: str) -> None:
        self._ref = ref
        self._scratch = scratch
        self._engine = Engine(ref.docker_host, timeout=_PATIENCE)

    def fetch(self, target: Path, tick: files.Tick, *, hold: float, size: int) -> Copied:
        """Copy inside, hand it out, remove it inside; the copy here is durable.

        Args:
            target: A name that does not exist yet; the caller removes it after a failure.
            tick: Bytes done and in all: each is copied once and handed out once; may raise.
            hold: Seconds that writers of a rollback-journal database may be held up.
            size: About how large it is, bytes.

        Raises:
            BusyError: It is written too much.
            PrecheckError: No space in there, or no Python that could do it.
            DockerError: The engine does not answer.
        """
        try:
            told = self._copy(tick, hold, size)
            found = self._hand_out(target, int(told["size"]), tick)
            if found != told["sha256"]:
                raise VerificationError("The engine handed out other bytes than were copied.")
            return Copied(str(told["mode"]), 0)
        finally:
            self.discard()
            self._engine.close()

    def left_behind(self, suffixes: Iterable[str]) -> str:
        """What a stopped container keeps beside the database that is mounted into it.

        Args:
            suffixes: `-wal`, `-journal`.

        Returns:
            The first suffix whose file has content; empty when there is none.

        Raises:
            DockerError: The engine does not answer.
        """
        try:
            return next(filter(self._has_content, suffixes), "")
        finally:
            self._engine.close()

    def _has_content(self, suffix: str) -> bool:
        path = self._ref.database_inside + suffix
        try:
            with translated(self._engine.host, _PATIENCE, path):
                stream, told = self._engine.api().get_archive(self._ref.container, path)
                stream.close()
        except NotFoundError:
            return False
        return int(told.get("size", 0)) > 0

    def discard(self) -> None:
        """Remove the copy inside, and stop one that is being made; quiet if it is not there."""
        program = "import os,sys\ntry: os.unlink(sys.argv[1])\nexcept FileNotFoundError: pass"
        with suppress(McpdbError):
            self._run(["-c", program, self._scratch], 10.0, lambda _piece: None)

    def _copy(self, tick: files.Tick, hold: float, size: int) -> dict[str, Any]:
        program = resources.files("tui.services.sqlite") / "inside_program.py"
        request = {
            "source": self._ref.database_inside,
            "target": self._scratch,
            "hold": hold,
            "step": _STEP_PAGES,
        }
        words = ["-B", "-c", program.read_text(encoding="utf-8"), json.dumps(request)]
        output = self._run(words, _PATIENCE + size / _SLOWEST, _Ticker(tick))
        lines = output.decode(errors="replace").strip().splitlines()
        try:
            told = json.loads(lines[-1])
        except (IndexError, ValueError) as error:
            raise PrecheckError(
                f"The copy inside {self._ref.container} gave no answer: "
                f"{one_line(lines[-1]) if lines else 'nothing'}."
            ) from error
        if "error" in told:
            raise _refusal(self._ref, str(told["error"]))
        return dict(told)

    def _run(self, words: list[str], timeout: float, heard: Callable[[bytes], object]) -> bytes:
        """Run Python in the container: what the gateway's own process runs comes first."""
        with ContainerSide.connect(self._ref, "") as side:
            pythons = side.interpreters(up=True)
        last = "it has no Python"
        for python in pythons:
            done = execute(
                self._engine,
                self._ref.container,
                [python, *words],
                timeout=timeout,
                on_output=heard,
            )
            if done.exit_code == 0:
                return done.stdout
            last = one_line(done.stderr.decode(errors="replace"))[-200:]
            if done.exit_code not in _NOT_EXECUTED:
                break
        raise PrecheckError(f"Nothing can be copied inside {self._ref.container}: {last}.")

    def _hand_out(self, target: Path, size: int, tick: files.Tick) -> str:
        api = self._engine.api()
        digest = hashlib.sha256()

        def pieces() -> Iterator[bytes]:
            done = 0
            with translated(self._engine.host, _PATIENCE, self._ref.container):
                stream, _stat = api.get_archive(self._ref.container, self._scratch)
                for piece in _only_member(stream):
                    digest.update(piece)
                    done += len(piece)
                    yield piece
                    tick(size + done, 2 * size)

        try:
            files.write_new(target, pieces())
        except tarfile.TarError as error:
            raise DockerError(f"The engine's answer is cut: {one_line(str(error))}.") from error
        return digest.hexdigest()


class _Ticker:
    """Reads `done total` lines out of the program's output; each byte is handled twice."""

    def __init__(self, tick: files.Tick) -> None:
        self._tick = tick
        self._rest = b""

    def __call__(self, piece: bytes) -> None:
        *lines, self._rest = (self._rest + piece).split(b"\n")
        for line in lines:
            words = line.split()
            if len(words) == 2 and all(word.isdigit() for word in words):
                self._tick(int(words[0]), 2 * int(words[1]))


class _Stream:
    """The pieces of an answer as a file that can only be read on."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self._rest = b""

    def read(self, size: int) -> bytes:
        while len(self._rest) < size:
            piece = next(self._pieces, None)
            if piece is None:
                break
            self._rest += piece
        found, self._rest = self._rest[:size], self._rest[size:]
        return found


def _only_member(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The content of the one file in a tar stream."""
    stream = cast("IO[bytes]", _Stream(pieces))
    with tarfile.open(fileobj=stream, mode="r|") as archive:
        member = archive.next()
        content = archive.extractfile(member) if member is not None and member.isfile() else None
        if content is None:
            raise VerificationError("The engine's archive holds no plain file.")
        while block := content.read(1 << 20):
            yield block


def _refusal(ref: ContainerRef, error: str) -> McpdbError:
    name = one_line(ref.container)
    if error == "space":
        return PrecheckError(f"There is no space inside {name} for a copy of the database.")
    if error in ("busy", "database is locked"):
        return BusyError(
            f"The database inside {name} is written too much to be copied meanwhile; nothing was "
            "kept."
        )
    return PrecheckError(f"The database inside {name} cannot be copied: {one_line(error)}.")
