"""The schema of one relation as lines: its text, its indexes, its keys in both directions."""

from __future__ import annotations

from collections.abc import Sequence

from tui.app.paint import Line, Span
from tui.app.viewing import sql_lines
from tui.core.models.rows import Pointing, Relation
from tui.services.sqlite.schema_of import ForeignKey, Index
from tui.wording import quantities
from tui.wording.clean import one_line


def text_lines(text: str) -> tuple[Line, ...]:
    """The statements that made it, coloured, each line cleaned."""
    if not text.strip():
        return ((Span(" No statement made this; SQLite did.", "muted"),),)
    return sql_lines.lines(text.rstrip("\n"))


def index_lines(indexes: Sequence[Index]) -> tuple[Line, ...]:
    """An index a line: its name, what it is of, how it came to be."""
    if not indexes:
        return ((Span(" No index.", "muted"),),)
    lines: list[Line] = []
    for index in indexes:
        words = ["unique"] if index.unique else []
        words += [] if index.origin == "created" else [f"made for {index.origin}"]
        terms = f"({', '.join(map(one_line, index.terms))})"
        where = f" where {one_line(index.where)}" if index.where else ""
        lines.append(
            (
                Span(f" {one_line(index.name)}  ", "", bold=True),
                Span(terms + where),
                Span(f"  {', '.join(words)}" if words else "", "muted"),
            )
        )
    return tuple(lines)


def key_lines(
    relation: Relation, keys: Sequence[ForeignKey], pointing: Sequence[Pointing]
) -> tuple[Line, ...]:
    """The primary key, what it points to, and what points at it."""
    primary = [c.name for c in sorted(relation.columns, key=lambda c: c.key) if c.key]
    lines: list[Line] = [
        (
            Span(" primary key  ", "muted"),
            Span(", ".join(map(one_line, primary)) or "none", "" if primary else "muted"),
        )
    ]
    for key in keys:
        actions = [
            f"{word} {action}"
            for word, action in (("on delete", key.on_delete), ("on update", key.on_update))
            if action
        ]
        lines.append(
            (
                Span(" points to    ", "muted"),
                Span(f"{_columns(key.columns)} > {one_line(key.table)} "),
                Span(f"({_columns(key.parent_columns)})"),
                Span(f"  {', '.join(actions)}" if actions else "", "muted"),
            )
        )
    for each in pointing:
        rows = f"  {quantities.plural(each.rows, 'row')}" if each.rows is not None else ""
        lines.append(
            (
                Span(" points here  ", "muted"),
                Span(f"{one_line(each.table)} ({_columns(each.columns)})"),
                Span(rows, "muted"),
            )
        )
    if not pointing:
        lines.append((Span(" Nothing points here.", "muted"),))
    return tuple(lines)


def _columns(names: Sequence[str]) -> str:
    return ", ".join(map(one_line, names))
