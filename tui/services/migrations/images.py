"""Other local images of the same kind: what a rehearsal or an upgrade may start with.

Of the same kind is an image whose repository is called as the gateway's own, whatever registry
it came from, and one that was asked for its migrations before.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tui.core.models import ContainerRef
from tui.services.containers.engine import Engine, Facts
from tui.services.migrations import cache

_VERSION = re.compile(r"v?(\d+(?:\.\d+)+)(?:[-.]?(?:rc|beta|b)[-.]?\d+)?", re.IGNORECASE)
_LABEL = "org.opencontainers.image.version"


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalImage:
    """An image of this host that may hold the gateway's code."""

    id: str
    name: str
    """Its first name: `ghcr.io/ibm/mcp-context-forge:1.0.7`."""
    release: str = ""
    """By its label or tag; empty when neither says one."""
    created: int = 0
    """Seconds since 1970."""
    known: bool = False
    """Whether its migrations were read before: showing them costs nothing."""


def local_images(ref: ContainerRef, own: str, package: str) -> tuple[LocalImage, ...]:
    """Return the other images of the same kind, the newest release first.

    Args:
        ref: The gateway's container: which engine.
        own: Id of the gateway's own image, which is not among them; empty when not known.
        package: What holds `alembic.ini`.

    Raises:
        DockerError: The engine does not answer.
    """
    engine = Engine(ref.docker_host)
    try:
        return others(engine.images(), own, package)
    finally:
        engine.close()


def others(images: Iterable[Facts], own: str, package: str) -> tuple[LocalImage, ...]:
    """Choose and order those of the same kind among an engine's images."""
    listed = list(images)
    kinds = {
        repository(str(tag))
        for facts in listed
        if facts.get("Id") == own
        for tag in facts.get("RepoTags") or []
    }
    found = []
    for facts in listed:
        tags = [str(tag) for tag in facts.get("RepoTags") or [] if not tag.startswith("<none>")]
        if not tags or facts.get("Id") == own:
            continue
        known = cache.has(cache.image_key(str(facts["Id"]), package))
        if known or any(repository(tag) in kinds for tag in tags):
            label = str((facts.get("Labels") or {}).get(_LABEL) or "")
            found.append(
                LocalImage(
                    id=str(facts["Id"]),
                    name=tags[0],
                    release=_release(label, tags),
                    created=int(facts.get("Created") or 0),
                    known=known,
                )
            )
    return tuple(sorted(found, key=_age, reverse=True))


def repository(name: str) -> str:
    """The last part of an image's name, without registry and tag: `mcp-context-forge`."""
    return name.partition("@")[0].rpartition("/")[2].partition(":")[0]


def newer_than(images: Sequence[LocalImage], release: str) -> LocalImage | None:
    """The newest of them if it is a later release than `release`; None when that is not known."""
    ours = _numbers(release)
    return next((i for i in images if ours and _numbers(i.release) > ours), None)


def _release(label: str, tags: Sequence[str]) -> str:
    words = [label, *(tag.rpartition("/")[2].partition(":")[2] for tag in tags)]
    return next((word.removeprefix("v") for word in words if _VERSION.fullmatch(word)), "")


def _numbers(release: str) -> tuple[int, ...]:
    found = _VERSION.fullmatch(release)
    return tuple(map(int, found[1].split("."))) if found else ()


def _age(image: LocalImage) -> tuple[tuple[int, ...], int]:
    return _numbers(image.release), image.created
