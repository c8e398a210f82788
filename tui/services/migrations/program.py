"""The program that runs beside the gateway's code and says which migrations it ships.

It is sent as text to whichever interpreter can import the gateway (`python -B -c PROGRAM
REQUEST`), so it stands alone: the standard library, the Alembic it finds there, and syntax that
Python 3.9 understands. It reads Alembic's script folder only: no `env.py`, no database.

The request is a JSON object: `package` holds `alembic.ini`; `marker` stands before the answer;
`deadline` (seconds) ends a run that hangs. The answer is one line, the marker and a JSON object,
written to the stdout it was started with; whatever imported code prints goes to stderr. Exit 0
with an answer, 1 with an answer that has `error` (`kind`, `text`, `file`); anything else means
that it was ended from outside.

An addition (a rehearsal, an upgrade) is one more function in `COMMANDS`.
"""

from __future__ import annotations

import json
import os
import re
import signal
import sys
import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from alembic.script import Script, ScriptDirectory

HEADER = re.compile(
    r"(?:copyright\b|\(c\)\s|©|spdx-|authors?\s*:|location\s*:|licen[cs]e(?:d under|\s*:)"
    r"|all rights reserved|revision id\s*:|revises\s*:|create date\s*:|branch labels?\s*:"
    r"|depends on\s*:)",
    re.IGNORECASE,
)
"""Lines of a docstring that say nothing about what the revision does."""

CREATED = re.compile(r"^\s*create date\s*:\s*(\S.*?)\s*$", re.IGNORECASE | re.MULTILINE)
MARKUP = re.compile(r"[-=~#*]{3,}")
MAX_SOURCE = 256 * 1024
"""Characters of a revision file that are passed on."""


class ProbeError(Exception):
    """A failure this program can name.

    Args:
        kind: `package` when there is no such package, `ini` when it has no `alembic.ini`,
            `alembic` when Alembic is missing, `graph` when a revision is.
        text: What follows "the interpreter" or "because", without a full stop.
    """

    def __init__(self, kind: str, text: str) -> None:
        super().__init__(text)
        self.kind = kind


# --- what a person wants to read ---------------------------------------------------------


def describe(doc: str, revision: str, filename: str) -> tuple[str, str]:
    """Split a revision's docstring into its message and the rest.

    Args:
        doc: The whole docstring, licence and Alembic's own header included.
        revision: Its id; many messages and file names start with it.
        filename: Name of the file, which speaks when the docstring does not.

    Returns:
        The first sentence (one line, no full stop) and the text after it.
    """
    lines = [line.strip() for line in doc.splitlines()]
    lines = ["" if HEADER.match(line) or MARKUP.fullmatch(line) else line for line in lines]
    paragraphs = re.split(r"\n{2,}", "\n".join(lines).strip())
    first = " ".join(paragraphs[0].split())
    cut = re.match(r"(.+?[.!?])\s+(?=[A-Z(\"'`])", first)
    sentence = cut.group(1) if cut else first
    rest = "\n\n".join([first[len(sentence) :].strip(), *paragraphs[1:]]).strip()
    message = spoken(sentence, revision)
    if message in ("", "empty message"):
        message = spoken(re.sub(r"\.pyc?$", "", filename), revision)
    return message or "no message", rest


def spoken(text: str, revision: str) -> str:
    """Write a name made of underscores with spaces, and drop the id it starts with."""
    text = re.sub("^" + re.escape(revision) + r"[_\s:-]*", "", text.strip())
    if not re.search(r"\s", text):
        text = text.replace("_", " ").strip()
    return text[:-1] if text.endswith(".") and not text.endswith("..") else text


# --- the graph ---------------------------------------------------------------------------


def several(value: Any) -> list[str]:  # noqa: ANN401
    """Return Alembic's "nothing, one or many" as a list, in the file's order."""
    if not value:
        return []
    if isinstance(value, str):
        return [value]
    return sorted(value) if isinstance(value, (set, frozenset)) else list(value)


def parents(directory: ScriptDirectory, script: Script) -> list[str]:
    """Return what must be there before a revision: what it follows and what it depends on."""
    found = several(script.down_revision)
    for name in several(script.dependencies):
        found.extend(str(other.revision) for other in directory.get_revisions(name) if other)
    return list(dict.fromkeys(found))


def newest_first(graph: dict[str, list[str]]) -> list[str]:
    """Order revisions so that each stands above what it follows and branches stay together.

    Args:
        graph: What each revision follows.

    Returns:
        All revisions of it; the same order for the same graph, whatever the files' order.
    """
    waiting = dict.fromkeys(graph, 0)
    for downs in graph.values():
        for down in downs:
            waiting[down] += 1
    ready = sorted((name for name, count in waiting.items() if not count), reverse=True)
    order = []
    while ready:
        revision = ready.pop()
        order.append(revision)
        # Pushed last is drawn next: the first parent's branch, then the others'.
        for down in reversed(graph[revision]):
            waiting[down] -= 1
            if not waiting[down]:
                ready.append(down)
    return order


def entry(directory: ScriptDirectory, script: Script) -> dict[str, Any]:
    """Return one revision as plain values."""
    doc = script.module.__doc__ or ""
    created = CREATED.search(doc)
    revision = str(script.revision)
    message, rest = describe(doc, revision, os.path.basename(script.path))  # noqa: PTH119
    return {
        "revision": revision,
        "down": parents(directory, script),
        "message": message,
        "created": created.group(1) if created else "",
        "doc": rest,
        "branch_labels": sorted(several(script.branch_labels)),
        "file": script.path,
        "source": source(script.path),
    }


def source(path: str) -> str:
    """Return a revision file's text, or nothing when only its compiled form is there."""
    try:
        with open(path, encoding="utf-8", errors="replace") as handle:  # noqa: PTH123
            return handle.read(MAX_SOURCE)
    except OSError:
        return ""


# --- the package -------------------------------------------------------------------------


def ini_path(package: str) -> str:
    """Return where the package's `alembic.ini` is.

    Raises:
        ProbeError: There is no such package, or no such file in it.
    """
    from importlib import resources

    try:
        folder = resources.files(package)
    except ModuleNotFoundError as error:
        if error.name and (package + ".").startswith(error.name + "."):
            raise ProbeError("package", "has no package " + package) from error
        raise
    path = str(folder.joinpath("alembic.ini"))
    if not os.path.isfile(path):  # noqa: PTH113
        raise ProbeError("ini", "the package " + package + " holds no alembic.ini")
    return path


def package_version(package: str) -> str:
    """Return what the package or its distribution calls its version, else nothing."""
    said = getattr(sys.modules.get(package), "__version__", "")
    if said or "." in package:
        return str(said)
    from importlib import metadata

    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


def revisions(request: dict[str, Any]) -> dict[str, Any]:
    """Answer what the package ships: its revisions newest first, heads, bases, version."""
    package = request["package"]
    ini = ini_path(package)
    try:
        import alembic
        from alembic.config import Config
        from alembic.script import ScriptDirectory
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] != "alembic":
            raise
        raise ProbeError("alembic", "has no Alembic") from error
    config = Config(ini)
    place = config.get_main_option("script_location") or "alembic"
    if not os.path.isabs(place) and ":" not in place:  # noqa: PTH117
        # Alembic takes a relative folder from the working directory; ours is anywhere.
        config.set_main_option(
            "script_location",
            os.path.join(os.path.dirname(ini), place).replace("%", "%%"),  # noqa: PTH118, PTH120
        )
    directory = ScriptDirectory.from_config(config)
    try:
        scripts = list(directory.walk_revisions())
    except KeyError as error:
        if culprit(error, error.__traceback__):
            raise  # a file's own
        raise ProbeError("graph", f"a revision follows {error}, which is not there") from error
    found = {str(script.revision): entry(directory, script) for script in scripts}
    order = newest_first({name: item["down"] for name, item in found.items()})
    return {
        "revisions": [found[name] for name in order],
        "heads": sorted(directory.get_heads()),
        "bases": sorted(directory.get_bases()),
        "version": package_version(package),
        "ini": ini,
        "python": sys.executable,
        "alembic": str(alembic.__version__),
    }


COMMANDS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {"revisions": revisions}


# --- the line out ------------------------------------------------------------------------


class Answer:
    """The stdout this program was started with, kept from everything that is imported."""

    def __init__(self, marker: str) -> None:
        self.marker = marker
        self.place = os.dup(1)
        os.dup2(2, 1)

    def give(self, values: dict[str, Any], code: int) -> None:
        """Write the one line and end, leaving no thread or exit handler a word."""
        line = "\n" + self.marker + json.dumps(values) + "\n"
        rest = line.encode("ascii")
        while rest:
            rest = rest[os.write(self.place, rest) :]
        os._exit(code)

    def fail(self, kind: Any, error: BaseException, trace: Any) -> None:  # noqa: ANN401
        """Be the interpreter's `excepthook`: what nobody caught becomes an answer."""
        values = {
            "kind": getattr(error, "kind", "") if isinstance(error, ProbeError) else "code",
            "text": str(error) if isinstance(error, ProbeError) else said(kind, error),
            "file": culprit(error, trace),
        }
        self.give({"error": values}, 1)


def said(kind: Any, error: BaseException) -> str:  # noqa: ANN401
    """Return an exception as `Name: first line`."""
    lines = str(error).splitlines()
    return ": ".join([kind.__name__, *lines[:1]])


def culprit(error: BaseException, trace: Any) -> str:  # noqa: ANN401
    """Return the revision file an exception came from, if it came from one."""
    places = [frame.filename for frame in traceback.extract_tb(trace)]
    places.append(getattr(error, "filename", None) or "")
    names = [path for path in places if os.path.basename(os.path.dirname(path)) == "versions"]  # noqa: PTH119, PTH120
    return os.path.basename(names[-1]) if names else ""  # noqa: PTH119


def main(arguments: list[str]) -> None:
    """Run the command of the request and give its answer; never returns normally.

    Args:
        arguments: The request as JSON.
    """
    request = json.loads(arguments[0])
    answer = Answer(request["marker"])
    sys.excepthook = answer.fail
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(max(1, int(request["deadline"])))
    answer.give(COMMANDS[request["command"]](request), 0)


if __name__ == "__main__":
    main(sys.argv[1:])
