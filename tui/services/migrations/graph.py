"""The answer of the probe as values, and the questions a graph of revisions can answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tui.core.models import Revision
from tui.services.migrations.downgrades import judge
from tui.services.migrations.releases import release_of


@dataclass(frozen=True, slots=True, kw_only=True)
class MigrationGraph:
    """What a package ships, as the program beside it said."""

    revisions: tuple[Revision, ...]
    """Newest first, branches together; states are not known here."""
    heads: tuple[str, ...]
    bases: tuple[str, ...]
    version: str = ""
    """The package's own version; empty when it says none."""
    ini: str = ""
    """Where `alembic.ini` was found, as the interpreter sees it."""
    python: str = ""
    """The interpreter that answered."""
    files: Mapping[str, str]
    """Path of each revision's file, as the interpreter sees it."""
    read_from: str = ""
    """`forge-gateway-1 (exec)`, `one-off container of …`, `/usr/bin/python3` …"""
    seconds: float = 0.0
    """How long the answer took; 0 when it was remembered."""


def graph_from(answer: Mapping[str, Any], read_from: str, seconds: float) -> MigrationGraph:
    """Read the program's judged answer strictly; what is not of its shape is no answer.

    Raises:
        ValueError: A key is missing, a value has another type, or the graph is not whole.
    """
    items = _list_of(answer, "revisions", dict)
    revisions = tuple(_revision(item) for item in items)
    known = {revision.revision for revision in revisions}
    heads, bases = _names(answer, "heads"), _names(answer, "bases")
    named = {*heads, *bases, *(down for revision in revisions for down in revision.down)}
    if len(known) != len(revisions) or not named <= known:
        raise ValueError("the revisions do not make a graph")
    return MigrationGraph(
        revisions=revisions,
        heads=heads,
        bases=bases,
        version=_text(answer, "version"),
        ini=_text(answer, "ini"),
        python=_text(answer, "python"),
        files={_text(item, "revision"): _text(item, "file") for item in items},
        read_from=read_from,
        seconds=seconds,
    )


def judged(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Add to an answer what each revision's downgrade would do.

    Done once for an answer and remembered with it: parsing a hundred files takes a while.

    Raises:
        ValueError: It is not of the answer's shape.
    """
    items = _list_of(answer, "revisions", dict)
    return {
        **answer,
        "revisions": [{**item, "downgrade": judge(_text(item, "source"))} for item in items],
    }


def _revision(item: Mapping[str, Any]) -> Revision:
    revision = _text(item, "revision")
    return Revision(
        revision=revision,
        down=_names(item, "down"),
        message=_text(item, "message"),
        created=_text(item, "created"),
        doc=_text(item, "doc"),
        branch_labels=_names(item, "branch_labels"),
        release=release_of(revision),
        downgrade=_text(item, "downgrade"),
        source=_text(item, "source"),
    )


def _text(values: Mapping[str, Any], key: str) -> str:
    value = values.get(key)
    if not isinstance(value, str):
        raise ValueError(f"{key} is not text")
    return value


def _list_of(values: Mapping[str, Any], key: str, kind: type) -> list[Any]:
    value = values.get(key)
    if not isinstance(value, list) or not all(isinstance(item, kind) for item in value):
        raise ValueError(f"{key} is not a list of {kind.__name__}")
    return value


def _names(values: Mapping[str, Any], key: str) -> tuple[str, ...]:
    return tuple(_list_of(values, key, str))


def upto(revisions: Sequence[Revision], targets: Iterable[str]) -> frozenset[str]:
    """Return the targets that are among `revisions`, and everything that comes before them."""
    downs = {item.revision: item.down for item in revisions}
    found: set[str] = set()
    waiting = [target for target in targets if target in downs]
    while waiting:
        revision = waiting.pop()
        if revision not in found:
            found.add(revision)
            waiting.extend(down for down in downs[revision] if down in downs)
    return frozenset(found)
