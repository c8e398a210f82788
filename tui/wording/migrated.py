"""What an operation that migrated, or tried to, has to tell, for both front ends.

Keys of `ActivityEntry.result` that are read: `before`, `after` and `applied` (lists of revisions),
`seconds_migrate`, `image`, `repaired` (left-overs, each with its remedy and rows), `rehearsal`
(id of its report), `revision`, `error` and `statement` of one that failed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tui.core.models import ActivityEntry
from tui.wording.clean import one_line
from tui.wording.quantities import duration, plural

MIGRATES = ("upgrade", "downgrade", "stamp", "bootstrap", "reset", "rehearse")
STATEMENT_SHORT = 600
"""Characters of a failing statement on a page that says more than that."""


def told(entry: ActivityEntry) -> list[tuple[str, str]]:
    """Label and text of what it did; empty for another operation."""
    if entry.operation not in MIGRATES:
        return []
    done = entry.state == "done"
    pairs = [
        ("schema", way(entry)),
        ("repaired", repaired(entry.result) if done else ""),
        ("by", _text(entry, "image") if done else ""),
        ("revision", "" if done else _text(entry, "revision")),
        ("error", _text(entry, "error")),
        ("statement", _short(_text(entry, "statement"))),
    ]
    return [(label, text) for label, text in pairs if text]


def way(entry: ActivityEntry) -> str:
    """`e198602c3c1e → 7ab59991e017, 6 revisions, 1.2 s`; empty where it did not get there."""
    result = entry.result
    after = _ids(result.get("after"))
    if entry.state != "done" or not after:
        return ""
    if entry.operation not in MIGRATES and _ids(result.get("before")) == after:
        return ""  # a restore that stays at its revision is not about revisions
    text = f"{_ids(result.get('before')) or 'nothing'} → {after}"
    applied = result.get("applied")
    if isinstance(applied, list | tuple) and entry.operation in ("upgrade", "downgrade"):
        text += f", {plural(len(applied), 'revision')}"
    seconds = result.get("seconds_migrate")
    return f"{text}, {duration(float(seconds))}" if isinstance(seconds, int | float) else text


def repaired(result: Mapping[str, Any]) -> str:
    """`dropped the left-over _alembic_tmp_tools (3 rows, all in tools)`; empty without any.

    Args:
        result: Of the operation; `repaired` lists name, remedy and rows of each table.
    """
    return "; ".join(
        _mended(one_line(str(name)), str(how), rows)
        for name, how, rows in result.get("repaired") or ()
    )


def _mended(name: str, how: str, rows: object) -> str:
    table = name.removeprefix("_alembic_tmp_")
    number = plural(rows, "row") if isinstance(rows, int) else ""
    if how == "rename":
        return f"renamed the left-over {name} back to {table}" + (f" ({number})" if number else "")
    held = f" ({number}, all in {table})" if rows else " (it was empty)" if number else ""
    return f"dropped the left-over {name}{held}"


def has_report(entry: ActivityEntry) -> bool:
    """Whether a rehearsal's report tells more."""
    return entry.operation in MIGRATES and bool(_text(entry, "rehearsal"))


def _text(entry: ActivityEntry, key: str) -> str:
    return one_line(str(entry.result.get(key) or ""))


def _short(text: str) -> str:
    return text if len(text) <= STATEMENT_SHORT else text[: STATEMENT_SHORT - 1] + "…"


def _ids(value: object) -> str:
    found = value if isinstance(value, list | tuple) else [value] if value else []
    return " + ".join(one_line(str(revision)) for revision in found)
