"""The report of a rehearsal as a file has it, and as it is understood again.

Read strictly: a field that is missing or of another type is damage. One that is not known is
ignored, and those that came later than the format may be missing.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, fields
from datetime import UTC, datetime
from typing import Any, cast

from tui.core import foreign_json
from tui.core.errors import VerificationError
from tui.core.models import FORMAT, BrokenKey, Rehearsal, RevisionRun, SchemaChange
from tui.wording.clean import one_line

MAX_SIZE = 4 * 1024 * 1024
"""Bytes of a report that are read; 110 revisions take about 60 KB."""

_ACTIONS = ("upgrade", "downgrade", "stamp", "bootstrap")
_DIRECTIONS = ("up", "down", "stamp")
_SIGNS = ("+", "-", "~")
_KINDS = ("table", "column", "index", "constraint", "trigger", "view")


def encode(report: Rehearsal) -> bytes:
    """Return what is written into the file."""
    values = {"format": FORMAT, "report": asdict(report)}
    return json.dumps(values, indent=1, default=_plain).encode() + b"\n"


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(type(value).__name__)


def decode(content: bytes, name: str) -> Rehearsal:
    """Understand a file's bytes.

    Args:
        content: At most one byte more than `MAX_SIZE`.
        name: The file's, for the sentence.

    Raises:
        VerificationError: They are no report, damaged, or of a newer format.
    """
    values: Any = None
    with suppress(ValueError):
        values = foreign_json.loads(content) if len(content) <= MAX_SIZE else None
    if not isinstance(values, dict):
        raise VerificationError(f"{name} is not the report of a rehearsal, or it is damaged.")
    if values.get("format") != FORMAT:
        told = one_line(str(values.get("format")))[:20]
        raise VerificationError(f"{name} was written by a newer mcpdb-tui (format {told}).")
    try:
        return _report(values["report"])
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise VerificationError(f"{name} is damaged: {one_line(str(error))[:200]}.") from error


def _report(values: Any) -> Rehearsal:  # noqa: ANN401
    """Make a report of plain values; raises `ValueError` or `KeyError` for what is none."""
    if not isinstance(values, dict):
        raise ValueError("it is no object")
    known = {field.name for field in fields(Rehearsal)}
    found = {key: value for key, value in values.items() if key in known}
    taken = datetime.fromisoformat(_text(found, "taken"))
    if taken.tzinfo is None:
        raise ValueError("its time has no zone")
    for key in ("id", "who", "target", "image", "image_id", "release", "integrity", "problem"):
        _text(found, key)
    _one_of(found, "action", _ACTIONS)
    for key in ("before", "after", "heads", "leftovers", "output"):
        found[key] = _texts(found, key)
    for key in ("foreign_keys", "size"):
        found[key] = _pair(found[key], key)
    for key in ("rows", "start_rows"):
        found[key] = _rows(found.get(key, {}), key)
    found["rolled_up"] = _texts(found, "rolled_up") if "rolled_up" in found else ()
    found["seconds"] = _seconds(found["seconds"])
    for key in ("live_inode", "planned"):
        if not _is_int(found.setdefault(key, 0)):
            raise ValueError(f"{key} is no number")
    found["runs"] = tuple(map(_run, _list(found, "runs")))
    found["schema"] = tuple(map(_change, _list(found, "schema")))
    found["broken_keys"] = tuple(map(_broken, _list({"broken_keys": [], **found}, "broken_keys")))
    return Rehearsal(**{**found, "taken": taken.astimezone(UTC)})


def _run(values: Any) -> RevisionRun:  # noqa: ANN401
    if not isinstance(values, dict):
        raise ValueError("a revision is no object")
    for key in ("revision", "message", "statement", "error"):
        _text(values, key)
    _one_of(values, "direction", _DIRECTIONS)
    if not isinstance(values.get("ok"), bool):
        raise ValueError("ok is neither true nor false")
    seconds = _seconds({"seconds": values.get("seconds")})["seconds"]
    keys = ("revision", "direction", "ok", "message", "statement", "error")
    return RevisionRun(
        **{key: values[key] for key in keys}, seconds=seconds, did=_texts(values, "did")
    )


def _broken(values: Any) -> BrokenKey:  # noqa: ANN401
    if not isinstance(values, dict):
        raise ValueError("a foreign key is no object")
    for key in ("before", "after"):
        if not _is_int(values.get(key)):
            raise ValueError(f"{key} is no number")
    return BrokenKey(
        table=_text(values, "table"),
        parent=_text(values, "parent"),
        before=values["before"],
        after=values["after"],
        same=values.get("same") is True,
    )


def _change(values: Any) -> SchemaChange:  # noqa: ANN401
    if not isinstance(values, dict):
        raise ValueError("a difference is no object")
    for key in ("table", "name", "detail"):
        _text(values, key)
    _one_of(values, "sign", _SIGNS)
    _one_of(values, "kind", _KINDS)
    return SchemaChange(**{key: values[key] for key in ("sign", "kind", "table", "name", "detail")})


def _text(values: Mapping[str, Any], key: str) -> str:
    value = values.get(key)
    if not isinstance(value, str):
        raise ValueError(f"{key} is not text")
    return value


def _one_of(values: Mapping[str, Any], key: str, allowed: Sequence[str]) -> None:
    if _text(values, key) not in allowed:
        raise ValueError(f"{key} is not known")


def _list(values: Mapping[str, Any], key: str) -> list[Any]:
    value = values.get(key)
    if not isinstance(value, list):
        raise ValueError(f"{key} is no list")
    return value


def _texts(values: Mapping[str, Any], key: str) -> tuple[str, ...]:
    found = _list(values, key)
    if not all(isinstance(item, str) for item in found):
        raise ValueError(f"{key} is no list of texts")
    return tuple(found)


def _pair(value: Any, key: str) -> tuple[int, int]:  # noqa: ANN401
    if not (isinstance(value, list) and len(value) == 2 and all(map(_is_int, value))):
        raise ValueError(f"{key} are not two numbers")
    return value[0], value[1]


def _rows(value: Any, key: str) -> dict[str, tuple[int | None, int | None]]:  # noqa: ANN401
    if not isinstance(value, dict):
        raise ValueError(f"{key} is no object")
    for pair in value.values():
        if not (isinstance(pair, list) and len(pair) == 2):
            raise ValueError(f"{key} has no two sides")
        if not all(side is None or _is_int(side) for side in pair):
            raise ValueError(f"{key} are no numbers")
    return {table: (pair[0], pair[1]) for table, pair in value.items()}


def _is_int(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: object) -> bool:
    return _is_int(value) or (isinstance(value, float) and math.isfinite(value))


def _seconds(value: Any) -> dict[str, float]:  # noqa: ANN401
    if not isinstance(value, dict):
        raise ValueError("seconds is no object")
    if not all(_is_number(number) for number in value.values()):
        raise ValueError("seconds are no numbers")
    return {key: float(cast(float, number)) for key, number in value.items()}
