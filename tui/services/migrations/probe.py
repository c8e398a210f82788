"""Asking the code beside the gateway which migrations it ships.

A program (see `program`) is sent as text to an interpreter that can import the gateway: in the
running container, in a one-off container of its image, or on this host. Answers are remembered
(see `cache`), so a second look needs none of them.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

from tui.core import foreign_json
from tui.core.errors import DockerError, McpdbError, NotFoundError
from tui.core.models import ContainerRef
from tui.services.migrations import cache, local
from tui.services.migrations.graph import MigrationGraph, graph_from, judged
from tui.services.migrations.output import Output
from tui.services.migrations.program import revisions_program
from tui.wording.clean import one_line

Runner: TypeAlias = Callable[[Sequence[str]], Output]
"""Runs a command somewhere and returns what it said."""

TIMEOUT = 30.0
"""Seconds an interpreter has; the real gateway needs two."""

_NOT_EXECUTED = (126, 127)
"""What a shell or an engine says of a program that is not there."""


class NoPackageError(NotFoundError):
    """The interpreter is not there, or cannot import the package: another one may."""


class NoInterpreterError(NoPackageError):
    """The interpreter is not there at all."""


def recall_container(image_id: str, package: str) -> MigrationGraph | None:
    """Return what is remembered of an image, else nothing; asks nobody."""
    return cache.recall(cache.image_key(image_id, package))


def recall_local(python: str, package: str) -> MigrationGraph | None:
    """Return what is remembered of an interpreter of this host, else nothing; runs nothing."""
    try:
        path = local.interpreter(python)
    except NotFoundError:
        return None
    return cache.recall(cache.interpreter_key(path, package))


def read_local(
    python: str, package: str, *, timeout: float = TIMEOUT, fresh: bool = False
) -> MigrationGraph:
    """Read a package's migrations with an interpreter of this host.

    Args:
        python: The interpreter, as a path or a name.
        package: What holds `alembic.ini`.
        timeout: Seconds it may take.
        fresh: Ask even if the answer is remembered.

    Raises:
        McpdbError: No interpreter, no package, broken revisions, or no answer in time.
    """
    path = local.interpreter(python)
    key = cache.interpreter_key(path, package)
    known = None if fresh else cache.recall(key)
    if known is not None:
        return known
    answer, graph = ask(
        lambda command: local.run(command, timeout), [path], package, path, timeout=timeout
    )
    folders = {str(Path(file).parent) for file in graph.files.values()}
    cache.remember(key, answer, path, [path, graph.ini, *folders, *graph.files.values()])
    return graph


def read_container(
    ref: ContainerRef,
    package: str,
    *,
    up: bool,
    image_id: str = "",
    timeout: float = TIMEOUT,
    fresh: bool = False,
) -> MigrationGraph:
    """Read the migrations of a container's image.

    In the container while it runs; when it does not, or cannot answer, in a one-off container
    of the same image.

    Args:
        ref: The gateway's container; it may be gone.
        package: What holds `alembic.ini`.
        up: Whether the container runs.
        image_id: Its image, or the one to read when the container is gone.
        timeout: Seconds the interpreter may take.
        fresh: Ask even if the answer is remembered.

    Raises:
        DockerError: The engine does not answer, or has neither container nor image.
        McpdbError: No interpreter, no package, broken revisions, or no answer in time.
    """
    known = None if fresh else recall_container(image_id, package)
    if known is not None:
        return known
    # The Docker SDK costs half a second: imported only when somebody must be asked.
    from tui.services.migrations.containers import ContainerSide

    with ContainerSide.connect(ref, image_id) as side:
        pythons = side.interpreters(up)

        def read(run: Callable[[Sequence[str], float], Output], where: str) -> MigrationGraph:
            answer, graph = ask(
                lambda command: run(command, timeout + 5), pythons, package, where, timeout=timeout
            )
            # Code that is mounted over the image changes under the same id: not remembered.
            if not side.is_mounted(graph.ini):
                key = cache.image_key(side.image_id, package)
                cache.remember(key, answer, where)
            return graph

        if up:
            try:
                return read(side.exec, f"{ref.container} (exec)")
            except NoPackageError:
                raise
            except (DockerError, NotFoundError):
                pass  # it restarts, is paused or has just gone: its image can still be asked
        return read(side.one_off, f"one-off container of {side.image_name}")


def read_image(
    ref: ContainerRef,
    package: str,
    image: str,
    *,
    timeout: float = TIMEOUT,
    fresh: bool = False,
) -> MigrationGraph:
    """Read the migrations of another image of the same engine, in a one-off container.

    Args:
        ref: The gateway's container, whose settings the image gets.
        package: What holds `alembic.ini`.
        image: Its name or id.
        timeout: Seconds the interpreter may take.
        fresh: Ask even if the answer is remembered.

    Raises:
        DockerError: The engine does not answer, or has no such image.
        McpdbError: No interpreter, no package, broken revisions, or no answer in time.
    """
    from tui.services.migrations.containers import ContainerSide

    with ContainerSide.connect(ref, "", image) as side:
        key = cache.image_key(side.image_id, package)
        known = None if fresh else cache.recall(key)
        if known is not None:
            return known
        where = f"one-off container of {side.image_name}"
        answer, graph = ask(
            lambda command: side.one_off(command, timeout + 5),
            side.interpreters(up=False),
            package,
            where,
            timeout=timeout,
        )
        if not side.is_mounted(graph.ini):
            cache.remember(key, answer, where)
        return graph


# --- one question and its answer ----------------------------------------------------------


def ask(
    run: Runner,
    pythons: Iterable[str],
    package: str,
    where: str,
    *,
    timeout: float,
) -> tuple[Mapping[str, Any], MigrationGraph]:
    """Ask the first interpreter that has the package.

    Args:
        run: Runs a command where the interpreters are.
        pythons: Interpreters, the most likely one first.
        package: What holds `alembic.ini`.
        where: Said in errors and kept as the graph's origin.
        timeout: Seconds after which the program ends itself.

    Returns:
        The answer with its downgrades judged, and the same as values.

    Raises:
        NoPackageError: None of them has the package.
        McpdbError: Broken revisions, or no answer.
    """
    missing: NoPackageError | None = None
    tried = list(pythons)
    for python in tried:
        marker = f"mcpdb:{secrets.token_hex(8)}:"
        request = {
            "command": "revisions",
            "package": package,
            "marker": marker,
            "deadline": timeout,
        }
        began = time.monotonic()
        output = run([python, "-B", "-c", revisions_program(), json.dumps(request)])
        try:
            answer = judged(decode(output, marker, where, timeout))
            graph = graph_from(answer, where, time.monotonic() - began)
        except NoPackageError as error:
            # One that is there and lacks the package says more than one that is not there.
            missing = error if missing is None or _says_more(error, missing) else missing
        except ValueError as error:
            raise McpdbError(f"The answer of {where} cannot be read: {error}.") from error
        else:
            return answer, replace(graph, python=python)
    if missing is None or (isinstance(missing, NoInterpreterError) and len(tried) > 1):
        raise NoPackageError(f"No interpreter in {where} has the package {package}.")
    raise missing


def _says_more(error: NoPackageError, other: NoPackageError) -> bool:
    return isinstance(other, NoInterpreterError) and not isinstance(error, NoInterpreterError)


def decode(output: Output, marker: str, where: str, timeout: float) -> Mapping[str, Any]:
    """Find the program's answer among whatever else was said.

    Raises:
        NoPackageError: There is no such interpreter, or it lacks the package or Alembic.
        McpdbError: The code is broken, or there is no answer.
        ValueError: The answer is not of its form.
    """
    lines = output.stdout.split(b"\n")
    line = next((found for found in reversed(lines) if found.startswith(marker.encode())), None)
    if line is None:
        raise _no_answer(output, where, timeout)
    answer = foreign_json.loads(line[len(marker) :])
    if not isinstance(answer, dict):
        raise ValueError("it is no object")
    error = answer.get("error")
    if error is None:
        return answer
    kind, text, file = (one_line(str(error.get(key, "")))[:300] for key in ("kind", "text", "file"))
    if kind in ("package", "alembic"):
        raise NoPackageError(f"{where} {text}.")
    if kind == "deadline":
        raise _late(where, timeout)
    reason = f"{file}: {text}" if file else text
    raise McpdbError(_sentence(f"The migrations of {where} cannot be read: {reason}"))


def _no_answer(output: Output, where: str, timeout: float) -> McpdbError:
    errors = output.stderr.decode("utf-8", "replace").strip().splitlines()
    last = one_line(errors[-1])[:200] if errors else "no word of why"
    if output.exit_code in _NOT_EXECUTED:
        return NoInterpreterError(_sentence(f"{where}: the interpreter is not there: {last}"))
    if "exec format error" in last:
        return McpdbError(f"{where} cannot run here: its image is for another processor.")
    if output.exit_code in (-14, 128 + 14):
        return _late(where, timeout)
    return McpdbError(_sentence(f"{where} gave no answer (exit code {output.exit_code}): {last}"))


def _late(where: str, timeout: float) -> McpdbError:
    return McpdbError(f"{where} did not answer within {timeout:.0f} s; it was ended.")


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else text + "."
