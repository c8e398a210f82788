"""Inputs that are nearly right: what a parser meets after a cut, a bad disk or a hostile hand."""

from __future__ import annotations

import json
import random
from typing import Any

NASTY = (
    b"", b"\0", b"\xff\xfe", b"\x1b]52;c;AAAA\x07", b"\x1b[2J", "\u202eevil".encode(),
    b"\xed\xa0\x80", b"9" * 400, b"-1", b"1e999", b"NaN", b"null", b"[" * 2_000, b"{" * 2_000,
    b'"', b"\\u0000", b"\r\n", b"../../etc/passwd", b"%s%n", b"A" * 5_000,
)  # fmt: skip
VALUES: tuple[Any, ...] = (
    None, True, -1, 0, 2**63, 10**400, 1.5, float("nan"), float("inf"), "", "\0", "\x1b[2J",
    "\u202e", "\ud800", "x" * 3_000, [], {}, [[]], {"": {}}, [None, {"a": []}],
    "2026-13-45T99:99:99Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-23:59",
)  # fmt: skip


def mutated(dice: random.Random, sample: bytes) -> bytes:
    """The sample with a few things wrong."""
    if dice.random() < 0.5:
        changed = _in_json(dice, sample)
        if changed is not None:
            return changed
    found = bytearray(sample)
    for _ in range(dice.randint(1, 6)):
        at = dice.randrange(len(found) + 1)
        match dice.randrange(6):
            case 0 if found:
                found[min(at, len(found) - 1)] = dice.randrange(256)
            case 1:
                found[at:at] = dice.choice(NASTY)
            case 2:
                del found[at : at + dice.randint(1, 64)]
            case 3:
                del found[at:]
            case 4:
                piece = found[at : at + dice.randint(1, 64)]
                found[at:at] = piece
            case _ if found:
                found[min(at, len(found) - 1)] ^= 1 << dice.randrange(8)
    return bytes(found)


def _in_json(dice: random.Random, sample: bytes) -> bytes | None:
    """One value of a JSON text, or of one of its lines, replaced; None where it is none."""
    lines = sample.splitlines()
    number = dice.randrange(len(lines)) if lines else 0
    for text, rebuilt in (
        (sample, lambda new: new),
        (lines[number] if lines else b"", lambda new: b"\n".join(
            [*lines[:number], new, *lines[number + 1 :]]) + b"\n"),
    ):  # fmt: skip
        try:
            whole = json.loads(text)
        except (ValueError, RecursionError):
            continue
        if isinstance(whole, dict | list):
            return rebuilt(json.dumps(_one_other(dice, whole)).encode())
    return None


def _one_other(dice: random.Random, value: Any) -> Any:
    """A JSON value with something in it replaced, left out, or renamed."""
    if isinstance(value, dict) and value and dice.random() < 0.9:
        key = dice.choice(list(value))
        others = {k: v for k, v in value.items() if k != key}
        match dice.randrange(4):
            case 0:
                return others
            case 1:
                return {**others, dice.choice(("", "\x1b[2J", key + "x")): value[key]}
            case _:
                return {**value, key: _one_other(dice, value[key])}
    if isinstance(value, list) and value and dice.random() < 0.9:
        at = dice.randrange(len(value))
        return [*value[:at], _one_other(dice, value[at]), *value[at + 1 :]]
    return dice.choice(VALUES)
