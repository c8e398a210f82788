"""The list of the table browser: core tables first, the rest by name, and what folds below."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from tui.app.listing import tables as listing
from tui.app.listing.row import Column, Row, between
from tui.app.paint import Span
from tui.app.seen import Seen
from tui.core.models import TableInfo
from tui.wording import quantities

FOLD = "\0"
"""What the key of a line begins with that is no table: no name of SQLite has it."""
EMPTY, OBJECTS, INTERNALS = (FOLD + name for name in ("empty", "objects", "internals"))
FOLDS = (EMPTY, OBJECTS, INTERNALS)
WITH_SIZES = 60
"""Columns of the terminal from which the list has the sizes, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """What is known of a file's tables besides their rows."""

    objects: tuple[tuple[str, str, str], ...] | None = None
    """Kind, name and table of indexes and triggers; None until they were read."""
    sizes: Mapping[str, tuple[int, int]] | None = None
    """Bytes of each table and of its indexes; None until they were measured, or without dbstat."""
    remark: str = ""
    """Why there are no sizes."""

    def words(self, table: str) -> str:
        """`200.0K + 76.0K indexes`; empty while it is not known."""
        own = (self.sizes or {}).get(table)
        if own is None:
            return ""
        indexes = f" + {quantities.size(own[1])} indexes" if own[1] else ""
        return f"{quantities.size(own[0])}{indexes}"


def columns(width: int) -> tuple[Column, ...]:
    """Columns of the list."""
    size = (Column("size", 8, "right", gap=1),) if width >= WITH_SIZES else ()
    return (Column("table", 16, grows=True, gap=1), Column("rows", 11, "right", gap=1), *size)


def table_of(key: str) -> str:
    """The table of a line; empty where it is none."""
    if not key.startswith(FOLD):
        return key
    kind, _, table = key[1:].partition(FOLD)
    return table.partition(FOLD)[2] if kind in ("index", "trigger") else ""


def fold_of(seen: Seen, table: str) -> str:
    """The fold that a table is in; empty where it is listed anyway."""
    info = next((each for each in seen.tables or () if each.name == table), None)
    if info is None or info in listing.listed(seen):
        return OBJECTS if info is not None and info.kind == "view" else ""
    return {"internal": INTERNALS, "view": OBJECTS}.get(info.kind, EMPTY)


def rows(
    seen: Seen,
    changed: Collection[str],
    opened: Collection[str],
    extent: Extent,
    *,
    filtered: bool = False,
) -> list[Row]:
    """Every table of the database.

    Args:
        seen: What is known.
        changed: Tables whose count has just become another.
        opened: Folds that are open.
        extent: Sizes, indexes and triggers.
        filtered: A filter is kept: it looks into every fold.
    """
    from tui.services.sqlite.inspection import CORE_TABLES

    filled = [table for table in listing.listed(seen) if table.kind != "view"]
    core = [table for table in filled if table.name in CORE_TABLES]
    rest = [table for table in filled if table.name not in CORE_TABLES]
    result = [_row(table, changed, extent) for table in core]
    if core and rest and not filtered:
        result.append(between(" ── the rest, by name ──"))
    result += [_row(table, changed, extent) for table in rest]
    names = {table.name for table in filled}
    others = [t for t in seen.tables or () if t.name not in names]
    views = [table for table in others if table.kind == "view"]
    internals = [table for table in others if table.kind == "internal"]
    empties = [table for table in others if table.kind not in ("view", "internal")]
    folds: list[tuple[str, str, list[Row]]] = []
    if empties:
        words = quantities.plural(len(empties), "empty table")
        folds.append((EMPTY, words, [_row(t, changed, extent, "muted") for t in empties]))
    if seen.tables:
        folds.append((OBJECTS, _objects_words(views, extent), _objects(views, extent)))
    if internals:
        listed = [_row(t, changed, extent, "muted") for t in internals]
        folds.append((INTERNALS, "internals (alembic, sqlite)", listed))
    for key, words, inside in folds:
        is_open = filtered or key in opened
        if not filtered:
            sign = "-" if is_open and inside else "+"
            result.append(Row(key, (Span(f"{sign} {words}", "muted"),), whole=True))
        result += inside if is_open else []
    return result


def _row(table: TableInfo, changed: Collection[str], extent: Extent, role: str = "") -> Row:
    own = (extent.sizes or {}).get(table.name)
    size = quantities.size(sum(own)) if own is not None else ""
    # A view has no rows of its own; counting them may take any time.
    count = "view" if table.kind == "view" else listing.count_text(table)
    return Row(
        table.name,
        (
            Span(table.name, role),
            Span(count, role, bold=table.name in changed),
            Span(size, "muted"),
        ),
    )


def _objects_words(views: Sequence[TableInfo], extent: Extent) -> str:
    counts = {kind: sum(1 for each in extent.objects or () if each[0] == kind)
              for kind in ("index", "trigger")}  # fmt: skip
    if extent.objects is None:
        return f"… indexes, {quantities.plural(len(views), 'view')}"
    indexes = "1 index" if counts["index"] == 1 else f"{quantities.count(counts['index'])} indexes"
    triggers = quantities.plural(counts["trigger"], "trigger")
    return f"{indexes}, {quantities.plural(len(views), 'view')}, {triggers}"


def _objects(views: Sequence[TableInfo], extent: Extent) -> list[Row]:
    """Views, triggers, then indexes; the key of the latter two leads to their table."""
    found = [_row(view, (), extent) for view in views]
    for kind in ("trigger", "index"):
        found += [
            Row(
                f"{FOLD}{kind}{FOLD}{name}{FOLD}{table}",
                (Span(name, "muted"), Span(kind, "muted")),
                words=table,
            )
            for own, name, table in extent.objects or ()
            if own == kind
        ]
    return found
