"""The copies of backups in the second location, as far as they are provably our own."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime

from tui.core.errors import McpdbError
from tui.core.models import Backup, Deployment, FileIdentity, Manifest
from tui.core.operation import Verdict
from tui.operations.backing_up.second_location import is_listed
from tui.services import files, folder, journal, manifests

_NAME = re.compile(r".+\.db(\.zst)?")


def second_copies(deployment: Deployment, backups: Sequence[Backup]) -> tuple[Backup, ...]:
    """List our own copies in the second location, newest first.

    Other hosts and deployments may keep theirs in the same folder, with databases of the same
    name. Ours is what the first location still lists with the same content, or what an
    operation made whose journal lies here. A location that is away gives nothing.

    Args:
        deployment: Whose second location.
        backups: The catalogue of the first one: what is pinned there is pinned here.
    """
    place = deployment.second_dir
    if place is None or is_listed(deployment, place):
        return ()
    known = {b.id: b for b in backups if b.manifest is not None}
    found: list[Backup] = []
    with suppress(McpdbError), folder.opened(place) as there:
        for name in there.names():
            if not _NAME.fullmatch(name):
                continue
            with suppress(McpdbError, ValueError, OverflowError):
                manifest, identity = manifests.read_in(there, name), there.identity(name)
                if manifest is None or identity is None or not files.is_regular(identity):
                    continue
                if manifest.name == name and _is_ours(deployment, manifest, known):
                    found.append(_backup(deployment, manifest, identity, known))
    return tuple(sorted(found, key=lambda b: (b.sequence, b.taken), reverse=True))


def _is_ours(deployment: Deployment, manifest: Manifest, known: dict[str, Backup]) -> bool:
    if manifest.source not in ("", deployment.database.name):
        return False
    first = known.get(manifest.id)
    if first is not None and first.manifest is not None:
        return first.manifest.sha256 == manifest.sha256 and not first.neighbour
    # Journals are numbered and dated to the second: no other deployment has one of this name.
    parent = manifest.parent
    return bool(parent) and journal.path_of(deployment.state_dir, parent) in journal.paths(
        deployment.state_dir
    )


def _backup(
    deployment: Deployment, manifest: Manifest, identity: FileIdentity, known: dict[str, Backup]
) -> Backup:
    first = known.get(manifest.id)
    whole = manifest.check_result == "ok" and identity.size == (
        manifest.stored_size or manifest.size
    )
    taken = datetime.fromisoformat(manifest.taken).astimezone(UTC)
    place = deployment.second_dir or deployment.backup_dir
    return Backup(
        id=manifest.id,
        path=place / manifest.name,
        kind=manifest.kind if manifest.kind in ("hot", "cold") else "file",
        taken=taken,
        size=identity.size,
        sequence=manifest.sequence,
        revision=manifest.revision,
        manifest=manifest,
        verdict=Verdict.OK if whole else Verdict.FAIL,
        pinned=manifest.pinned or (first is not None and first.pinned),
        compression=manifest.compression,
    )
