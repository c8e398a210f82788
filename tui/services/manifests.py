"""The manifests beside the backups: what each file was when it was verified."""

from __future__ import annotations

import json
import secrets
from contextlib import suppress
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from tui.core import foreign_json
from tui.core.errors import NotFoundError, VerificationError
from tui.core.models import FORMAT, Manifest
from tui.services.files import identity, is_regular, open_regular, write_atomically
from tui.services.folder import Folder
from tui.services.sharing import share
from tui.wording.clean import one_line

MAX_SIZE = 1024 * 1024
"""Bytes of a manifest that are read; a larger file is none of ours."""

SUFFIX = ".json"
"""What a manifest's name has behind its backup's."""

_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
"""No letters or digits that are taken for one another."""


def new_id() -> str:
    """Six letters and digits that name a backup in speech."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(6))


def path_for(backup: Path) -> Path:
    """Where the manifest of a backup lies: `<name>.json` beside it."""
    return backup.with_name(backup.name + SUFFIX)


def write_manifest(backup: Path, manifest: Manifest) -> None:
    """Write the manifest beside a backup, whole or not at all.

    Raises:
        PrecheckError: It cannot be written.
    """
    content = json.dumps(manifest.as_json(), indent=1, sort_keys=True) + "\n"
    write_atomically(path_for(backup), content.encode())


def read_manifest(backup: Path) -> Manifest | None:
    """Read the manifest of a backup; None when it has none.

    Raises:
        VerificationError: There is one, but it cannot be understood; says why.
        PrecheckError: It may not be looked at.
    """
    path = path_for(backup)
    found = identity(path)
    if found is None or not is_regular(found):
        return None
    with open_regular(path) as descriptor, open(descriptor, "rb", closefd=False) as stream:
        content = stream.read(MAX_SIZE + 1)
    return parse(content, one_line(path.name))


def read_in(folder: Folder, backup: str) -> Manifest | None:
    """Read the manifest of a backup of an open folder; None when it has none.

    Args:
        folder: The folder, which nobody can exchange meanwhile.
        backup: The backup's file name.

    Raises:
        McpdbError: There is one, but it cannot be read or understood; says why.
    """
    name = backup + SUFFIX
    found = folder.identity(name)
    if found is None or not is_regular(found):
        return None
    return parse(folder.read(name, MAX_SIZE + 1), one_line(name))


def amend(backup: Path, group: str = "", **changes: Any) -> Manifest:  # noqa: ANN401
    """Change some fields of a backup's manifest as it stands now; call it with the lock held.

    Args:
        backup: The backup's path.
        group: Who may read it beside the owner.
        changes: Fields and their new values.

    Raises:
        NotFoundError: It has none any more.
        McpdbError: It cannot be understood or written; the old one still stands.
    """
    manifest = read_manifest(backup)
    if manifest is None:
        raise NotFoundError(f"{one_line(backup.name)} has no manifest.")
    changed = replace(manifest, **changes)
    if changed != manifest:
        write_manifest(backup, changed)
        share(path_for(backup), group)
    return changed


def parse(content: bytes, name: str) -> Manifest:
    """Understand a manifest's bytes.

    Raises:
        VerificationError: They are not one, or of a newer format.
    """
    values: Any = None
    with suppress(ValueError):
        values = foreign_json.loads(content) if len(content) <= MAX_SIZE else None
    if not isinstance(values, dict):
        raise VerificationError(f"{name} is not a manifest.")
    if values.get("format") != FORMAT:
        raise VerificationError(
            f"{name} was written by a newer mcpdb-tui (format {one_line(str(values.get('format')))}"
            ")."
        )
    known = {field.name for field in fields(Manifest)}
    try:
        manifest = Manifest(**{key: value for key, value in values.items() if key in known})
    except TypeError as error:
        raise VerificationError(f"{name} is incomplete: {one_line(str(error))}.") from error
    if not _well_typed(manifest):
        raise VerificationError(f"{name} has a field of the wrong kind.")
    return manifest


def _well_typed(manifest: Manifest) -> bool:
    kinds: dict[str, type | tuple[type, ...]] = {
        "str": str,
        "int": int,
        "float": (int, float),
        "bool": bool,
        "BackupKind": str,
    }
    values = [
        (getattr(manifest, field.name), kinds[str(field.type)])
        for field in fields(Manifest)
        if str(field.type) in kinds
    ]
    return (
        all(isinstance(value, kind) and _is_sane(value) for value, kind in values)
        and isinstance(manifest.clean_stop, bool | None)
        and isinstance(manifest.rows, dict)
        and isinstance(manifest.salvaged, dict)
        and all(isinstance(value, int) and _is_sane(value) for value in manifest.rows.values())
    )


def _is_sane(value: object) -> bool:
    """Whether a number is one that a file, a clock or a counter can have: JSON knows no bounds."""
    return not isinstance(value, int | float) or -(2**63) <= value < 2**63
