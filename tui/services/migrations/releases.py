"""Which release of the gateway a revision belongs to: a hint beside it, never a key.

`release-heads.tsv` lists each release's head. Several releases share one, and a package can be
ahead of its tag, so a revision has none, one or many of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tui.core.models import Revision

_TABLE = Path(__file__).with_name("release-heads.tsv")


@dataclass(frozen=True, slots=True)
class Release:
    """A release and the head of the migrations it ships."""

    name: str
    """As the tag says it, without its `v`: `1.0.7`, `1.0.0-RC1`."""
    date: str
    """`2026-08-05`."""
    head: str
    """Empty: it ships no migrations."""
    source: str
    """`git` or `pypi`."""


@cache
def releases() -> tuple[Release, ...]:
    """Return every release that is known, oldest first."""
    lines = _TABLE.read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if line and not line.startswith("#")]
    return tuple(Release(*row) for row in rows[1:])


def releases_of(revision: str) -> tuple[str, ...]:
    """Return the releases whose head a revision is, oldest first; mostly one or none."""
    names = [known.name for known in releases() if revision and known.head == revision]
    return tuple(dict.fromkeys(names))


def release_of(revision: str) -> str:
    """Return what stands beside a revision in a narrow column; empty when it is no head.

    The first release that ended there, for that one the database certainly is of or after;
    `+` says that later ones share it: `0.3.0+`. Pre-releases are shortened: `1.0.0rc3`.
    """
    names = releases_of(revision)
    if not names:
        return ""
    return short(names[0]) + ("+" if len(names) > 1 else "")


def span_of(revision: str) -> str:
    """Return the releases of a revision for a sentence: `1.0.7`, `0.3.0 to 0.5.0`, or nothing."""
    names = releases_of(revision)
    return " to ".join(dict.fromkeys(short(name) for name in (*names[:1], *names[-1:])))


def short(release: str) -> str:
    """Shorten a tag's name to the package's way of writing it: `1.0.0-RC-3` → `1.0.0rc3`."""
    return re.sub(
        r"-(BETA|RC)-?(\d+)$",
        lambda match: {"BETA": "b", "RC": "rc"}[match[1]] + match[2],
        release,
    )


def first_release_with(revision: str, graph: Iterable[Revision] = ()) -> str:
    """Return the first release that ships a revision; empty when it is not known.

    Args:
        revision: A head, or any revision of `graph`.
        graph: Revisions newest first. With it, revisions between two heads are known too:
            they came with the first head above them.
    """
    names = releases_of(revision)
    if names:
        return names[0]
    above = {revision}
    for item in reversed(list(graph)):
        if above.intersection(item.down):
            above.add(item.revision)
    later = above - {revision}
    return next((known.name for known in releases() if known.head in later), "")


def head_of(release: str) -> str:
    """Return the head a release ships, as far as is known; empty otherwise.

    Args:
        release: As a tag, a package or an image says it: `v1.0.7`, `1.0.0-RC-3`, `1.0.0rc3`.
    """
    wanted = short(release.removeprefix("v"))
    heads = [known.head for known in releases() if short(known.name) == wanted]
    return heads[-1] if heads else ""


def released_on(release: str) -> str:
    """Return the date of a release, `2026-08-05`; empty when it is not known."""
    wanted = short(release.removeprefix("v"))
    return next((known.date for known in releases() if short(known.name) == wanted), "")


def precedes(release: str, other: str) -> bool:
    """Whether a release came before another; False when one of them is not known."""
    order = [short(known.name) for known in releases()]
    names = [short(name.removeprefix("v")) for name in (release, other)]
    return all(name in order for name in names) and order.index(names[0]) < order.index(names[1])
