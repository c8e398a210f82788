"""Which file an import reads: a file of rows, or a table of an export's folder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tui.core import foreign_json
from tui.core.errors import NotFoundError, UsageError, VerificationError
from tui.core.models import FORMAT
from tui.services import files
from tui.services.rows_out.folder import MANIFEST
from tui.services.rows_out.formats import READABLE, Format, format_of
from tui.services.sqlite.shapes import fold
from tui.wording.clean import one_line

_LARGEST_MANIFEST = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One file of rows."""

    path: Path
    kind: Format
    table: str
    """Where the rows are to go."""
    sha256: str
    """Of the file as it is now."""
    left_out: tuple[str, ...] = ()
    """Secret columns that its export left out."""
    revision: str = ""
    """Of the database it was exported from; empty where that is not known."""


def source_of(
    path: Path,
    table: str,
    kind: str,
    tick: Callable[[int, int], None] = lambda _done, _total: None,
) -> Source:
    """Find the file that is meant and hash it.

    Args:
        path: A file, or a folder that an export made.
        table: Where the rows are to go; empty where the file's name or the folder says it.
        kind: The format; empty where the file's name says it.
        tick: Bytes hashed and in all; may raise to stop.

    Raises:
        NotFoundError: There is no such file, or the folder has no such table.
        UsageError: The table or the format is not known.
        VerificationError: A file is not what the manifest says.
    """
    if files.is_folder(path):
        return _of_folder(path, table, tick)
    found = kind or format_of(path.name) or ""
    if found not in READABLE:
        words = ", ".join(READABLE)
        which = f"it is {found}" if found else "its name does not say it"
        raise UsageError(f"{one_line(path.name)}: {which}; an import reads {words}: --format.")
    digest = files.sha256(path, tick)
    name = table or path.name.rpartition(".")[0] or path.name
    return Source(path=path, kind=_format(found), table=name, sha256=digest)


def _format(word: str) -> Format:
    return next(kind for kind in READABLE if kind == word)


def _of_folder(path: Path, table: str, tick: Callable[[int, int], None]) -> Source:
    manifest, name = _manifest(path), one_line(path.name)
    if manifest.get("exact") is not True:
        raise VerificationError(
            f"{name} was written for a spreadsheet: formulas in it were changed, so it is not "
            "imported. Nothing was changed."
        )
    tables = {fold(str(one["table"])): one for one in manifest["tables"]}
    if not table and len(tables) != 1:
        raise UsageError(f"{name} has {len(tables)} tables; --table says which.")
    one = tables.get(fold(table)) if table else next(iter(tables.values()))
    if one is None:
        raise NotFoundError(f"{name} has no table {one_line(table)}.")
    file = path / str(one["file"])
    if file.parent != path or manifest.get("kind") not in READABLE:
        raise UsageError(f"{name} is {one_line(str(manifest.get('kind')))}; it is not imported.")
    digest = files.sha256(file, tick)
    if digest != one["sha256"]:
        raise VerificationError(
            f"FAIL sha256 of {one_line(file.name)}: expected {str(one['sha256'])[:12]}, found "
            f"{digest[:12]}. Import it as a file of its own if it was changed on purpose."
        )
    return Source(
        path=file,
        kind=_format(str(manifest["kind"])),
        table=str(one["table"]),
        sha256=digest,
        left_out=tuple(map(str, one.get("left_out", ()))),
        revision=str(manifest.get("revision", "")),
    )


def _manifest(path: Path) -> dict[str, Any]:
    file = path / MANIFEST
    with files.open_regular(file) as descriptor:
        raw = b"".join(
            chunk for done, chunk in files.chunks(descriptor, file) if done <= _LARGEST_MANIFEST
        )
    try:
        found: dict[str, Any] = foreign_json.loads(raw)
        known = found["format"] == FORMAT
        for one in found["tables"]:
            _ = one["table"], one["file"], one["sha256"]
    except (ValueError, KeyError, TypeError) as error:
        raise VerificationError(f"{one_line(str(file))} is no export's manifest.") from error
    if not known:
        raise VerificationError(f"{one_line(str(file))} was written by a newer mcpdb-tui.")
    return found
