"""What an undo takes back, in words for both front ends."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from tui.wording.clean import one_line
from tui.wording.quantities import when


def undone_name(facts: Mapping[str, Any]) -> str:
    """`upgrade`: what was undone; `last change` where older journals do not say it.

    Args:
        facts: Of an undo's result or plan; `undoes` says it.
    """
    found = facts.get("undoes")
    name = str(found.get("operation") or "") if isinstance(found, Mapping) else ""
    return one_line(name) or "last change"


def undone_short(facts: Mapping[str, Any], now: datetime | None = None) -> str:
    """`upgrade op 4 of Nov 22 23:02`; without `now` `upgrade op 4`; empty where it is not known.

    Args:
        facts: Of an undo's result or plan; `undoes` says it.
        now: For the year, which is left out where it is this one; None leaves the moment out.
    """
    found = facts.get("undoes")
    if not isinstance(found, Mapping) or not found.get("operation"):
        return ""
    number = f" op {one_line(str(found['number']))}" if found.get("number") else ""
    moment = ""
    if now is not None:
        with suppress(ValueError):
            moment = f" of {when(datetime.fromisoformat(str(found.get('at'))), now)}"
    return f"{undone_name(facts)}{number}{moment}"


def undone_text(facts: Mapping[str, Any], now: datetime) -> str:
    """`the upgrade, op 24 of Jul 09 22:16, by dana`; empty where it is not known.

    Args:
        facts: Of an undo's result or plan; `undoes` says it.
        now: For the year, which is left out where it is this one.
    """
    found = facts.get("undoes")
    if not isinstance(found, Mapping) or not found.get("operation"):
        return ""
    number = f"op {found['number']}" if found.get("number") else ""
    try:
        moment = when(datetime.fromisoformat(str(found.get("at"))), now)
    except ValueError:
        moment = ""
    at = " of ".join(part for part in (number, moment) if part)
    who = one_line(str(found.get("who") or ""))
    return ", ".join(
        part for part in (f"the {undone_name(facts)}", at, f"by {who}" if who else "") if part
    )
