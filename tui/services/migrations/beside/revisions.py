"""The command `revisions`: which migrations the package ships.

It reads Alembic's script folder only: no `env.py`, no database.
"""

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING, Any

from tui.services.migrations.beside.common import COMMANDS, Answer
from tui.services.migrations.beside.package import configuration, package_version, scripts

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


def revisions(request: dict[str, Any], _answer: Answer) -> dict[str, Any]:
    """Answer what the package ships: its revisions newest first, heads, bases, version."""
    package = request["package"]
    config = configuration(package)
    import alembic

    directory = scripts(config)
    found = {
        str(script.revision): entry(directory, script) for script in directory.walk_revisions()
    }
    order = newest_first({name: item["down"] for name, item in found.items()})
    return {
        "revisions": [found[name] for name in order],
        "heads": sorted(directory.get_heads()),
        "bases": sorted(directory.get_bases()),
        "version": package_version(package),
        "ini": config.config_file_name,
        "python": sys.executable,
        "alembic": str(alembic.__version__),
    }


COMMANDS["revisions"] = revisions
