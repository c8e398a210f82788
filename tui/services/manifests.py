"""The manifests beside the backups: what each file was when it was verified."""

from __future__ import annotations

import json
import secrets
from contextlib import suppress
from dataclasses import fields
from pathlib import Path
from typing import Any

from tui.core.errors import VerificationError
from tui.core.models import FORMAT, Manifest
from tui.services.files import open_regular, write_atomically
from tui.wording.clean import one_line

MAX_SIZE = 1024 * 1024
"""Bytes of a manifest that are read; a larger file is none of ours."""

_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
"""No letters or digits that are taken for one another."""


def new_id() -> str:
    """Six letters and digits that name a backup in speech."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(6))


def path_for(backup: Path) -> Path:
    """Where the manifest of a backup lies: `<name>.json` beside it."""
    return backup.with_name(backup.name + ".json")


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
    """
    path = path_for(backup)
    if not path.is_file() or path.is_symlink():
        return None
    with open_regular(path) as descriptor, open(descriptor, "rb", closefd=False) as stream:
        content = stream.read(MAX_SIZE + 1)
    return parse(content, one_line(path.name))


def parse(content: bytes, name: str) -> Manifest:
    """Understand a manifest's bytes.

    Raises:
        VerificationError: They are not one, or of a newer format.
    """
    values: Any = None
    # Brackets nested too deep are no ValueError.
    with suppress(ValueError, RecursionError):
        values = json.loads(content) if len(content) <= MAX_SIZE else None
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
    return (
        all(
            isinstance(getattr(manifest, field.name), kinds[str(field.type)])
            for field in fields(Manifest)
            if str(field.type) in kinds
        )
        and isinstance(manifest.clean_stop, bool | None)
        and isinstance(manifest.rows, dict)
        and all(isinstance(value, int) for value in manifest.rows.values())
    )
