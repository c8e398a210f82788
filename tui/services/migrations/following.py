"""A one-off container that is followed while it runs."""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence

from tui.core.errors import DockerError
from tui.services.containers.engine import Engine
from tui.services.containers.engine_errors import translated
from tui.services.containers.engine_frames import attached
from tui.services.migrations.one_off import Recipe, is_no_program, one_off

_BEAT = 0.25
"""Seconds between two looks at whether to go on."""
_SLACK = 60.0
"""Seconds for what comes before and after a command: its start may take long on a busy host."""


def follow(
    engine: Engine,
    made: Recipe,
    command: Sequence[str],
    *,
    hear: Callable[[bytes, bytes], None],
    checkpoint: Callable[[], None],
    deadline: float,
) -> int:
    """Run a command in a one-off container and pass on what it says while it runs.

    Args:
        engine: Where.
        made: The container.
        command: Program and arguments; the image's entrypoint is not used.
        hear: Given each piece of stdout and of stderr.
        checkpoint: Called at least every half second; what it raises ends the container.
        deadline: Seconds from its start; then it is killed.

    Returns:
        Its exit code; 127 when the image has no such program.

    Raises:
        NotFoundError: The image is not there.
        DockerError: The engine does not make or run it, or it does not end in time.
    """
    with (
        one_off(engine, made, command) as name,
        _attached(engine, name, deadline + _SLACK) as pieces,
    ):
        try:
            engine.start(name)
        except DockerError as error:
            if is_no_program(error):
                return 127
            raise
        until = time.monotonic() + deadline
        while time.monotonic() < until:
            checkpoint()
            with contextlib.suppress(queue.Empty):
                piece = pieces.get(timeout=_BEAT)
                if piece is None:
                    return engine.wait(name, 30.0)
                hear(*piece)
        raise DockerError(f"The one-off container {name} did not end within {deadline:.0f} s.")


@contextlib.contextmanager
def _attached(
    engine: Engine, name: str, silence: float
) -> Iterator[queue.SimpleQueue[tuple[bytes, bytes] | None]]:
    """Give the pieces that a container says, from its first word; None is the end of them."""
    with translated(engine.host, engine.timeout, name):
        # Before its start, as `docker run` does: attached later, words could be lost.
        stream = attached(engine, name, silence=silence)
    pieces: queue.SimpleQueue[tuple[bytes, bytes] | None] = queue.SimpleQueue()

    def read() -> None:
        with contextlib.suppress(OSError, ValueError):  # closed under us
            for piece in stream:
                pieces.put(piece)
        pieces.put(None)

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    try:
        yield pieces
    finally:
        stream.close()
