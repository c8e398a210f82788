"""How the key of a row is written on a command line and in JSON, and what it may mean."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from tui.core.errors import UsageError

Key: TypeAlias = Sequence[Any]
"""The values of a primary key, as JSON has them; a blob is `{"$blob": "hexadecimal"}`."""


def parts(text: str, separator: str) -> list[str]:
    """Part a text where a separator stands that has no backslash before it.

    A backslash before a separator or another backslash makes that an ordinary character.
    """
    found, at = [""], 0
    while at < len(text):
        char = text[at]
        if char == separator:
            found.append("")
        else:
            at += char == "\\" and text[at + 1 : at + 2] in (separator, "\\")
            found[-1] += text[at]
        at += 1
    return found


def readings(key: Key) -> Iterator[tuple[Any, ...]]:
    """What the words of a key may mean; a column without a type compares digits as text."""
    values = tuple(_value(part) for part in key)
    yield values
    if any(isinstance(v, str) and v.lstrip("-").isdecimal() and len(v) < 19 for v in values):
        yield tuple(
            int(v) if isinstance(v, str) and v.lstrip("-").isdecimal() and len(v) < 19 else v
            for v in values
        )


def _value(part: Any) -> Any:  # noqa: ANN401
    if isinstance(part, Mapping):
        try:
            return bytes.fromhex(str(part["$blob"]))
        except (KeyError, ValueError) as error:
            raise UsageError("A key has a value that is no text, number or blob.") from error
    if part is not None and not isinstance(part, str | int | float | bytes):
        raise UsageError("A key has a value that is no text, number or blob.")
    return part
