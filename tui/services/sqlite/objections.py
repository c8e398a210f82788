"""What forbids that chosen rows come back, found before anything stops, with a row named."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tui.services.sqlite.choosing import ADDED, SAME, Choice, Chosen, key_of
from tui.services.sqlite.inspection import quote
from tui.services.sqlite.shapes import BACKUP, LIVE, Pointer, Unique, fold
from tui.wording.clean import one_line


@dataclass(frozen=True, slots=True)
class Objection:
    """One reason, with the first row that it is about."""

    about: str
    """`columns`, `key`, `unique` or `parents`."""
    text: str


def objections(choice: Choice) -> Iterator[Objection]:
    """Every reason, one for each table and rule."""
    for chosen in choice.written():
        yield from _lacking(choice, chosen)
        yield from _nulls(choice, chosen)
        yield from _keyless(choice, chosen)
        for unique in choice.schemas.uniques(chosen.shape):
            yield from _taken(choice, chosen, unique)
    for chosen, pointer in choice.pointers():
        yield from _orphan(choice, chosen, pointer)


def _lacking(choice: Choice, chosen: Chosen) -> Iterator[Objection]:
    """Columns that must have a value, and for which the backup has none."""
    key = key_of(choice.schemas.connection, chosen, chosen.rows(f"c.state = {ADDED}"))
    if key and chosen.shape.lacking:
        name = one_line(chosen.shape.name)
        yield Objection(
            "columns",
            f"{name} must have a value in {one_line(chosen.shape.lacking[0])}, and the backup's "
            f"table has no such column: {name} {key} cannot be added",
        )


def _nulls(choice: Choice, chosen: Chosen) -> Iterator[Objection]:
    """NULL in the backup where the live database allows none by now."""
    shape = chosen.shape
    common = {fold(name) for name in shape.columns}
    strict = [c.name for c in shape.live if c.not_null and fold(c.name) in common]
    if not strict:
        return
    connection = choice.schemas.connection
    empty = " OR ".join(f"b.{quote(name)} IS NULL" for name in strict)
    if not key_of(connection, chosen, chosen.rows(f"c.state < {SAME} AND ({empty})")):
        return
    for name in strict:
        source = chosen.rows(f"c.state < {SAME} AND b.{quote(name)} IS NULL")
        if key := key_of(connection, chosen, source):
            yield Objection(
                "columns",
                f"{one_line(shape.name)} {key} has no {one_line(name)} in the backup, and the "
                "live database must have one",
            )
            return


def _keyless(choice: Choice, chosen: Chosen) -> Iterator[Objection]:
    """Rows with NULL in their primary key: SQLite allows them, and they cannot be told apart."""
    empty = " OR ".join(f"c.k{n} IS NULL" for n in range(len(chosen.shape.identity)))
    if key := key_of(choice.schemas.connection, chosen, f"FROM {chosen.name} c WHERE {empty}"):
        yield Objection(
            "key",
            f"{one_line(chosen.shape.name)} has a row with NULL in its primary key ({key}) in the "
            "backup: it cannot be told from another one",
        )


def _taken(choice: Choice, chosen: Chosen, unique: Unique) -> Iterator[Objection]:
    """Another live row has what must be unique."""
    shape = chosen.shape
    terms = ", ".join(f"({term}) AS u{n}" for n, term in enumerate(unique.terms))
    where = f"WHERE {unique.where}" if unique.where else ""
    ours = ", ".join(f"{quote(name)} AS i{n}" for n, name in enumerate(shape.identity))
    theirs = ", ".join(f"{quote(name)} AS i{n}" for n, name in enumerate(shape.key)) or "1"
    same = " AND ".join(
        f"l.u{n} = b.u{n} COLLATE {quote(collation)}"
        for n, collation in enumerate(unique.collations)
    )
    mine = " AND ".join(f"b.i{n} = c.k{n}" for n in range(len(shape.identity)))
    other = " AND ".join(f"l.i{n} = b.i{n}" for n in range(len(shape.key))) or "0"
    shown = ", ".join(f"l.i{n}" for n in range(len(shape.key))) or "'another row'"
    keys = ", ".join(f"c.k{n}" for n in range(len(shape.identity)))
    table = quote(shape.name)
    common = {fold(name) for name in shape.columns}
    if any(_is_column(term) and fold(_name(term)) not in common for term in unique.terms):
        return  # the backup has nothing to compare: the live default is tried when it is written
    row = choice.schemas.connection.execute(
        f"SELECT {keys}, {shown} FROM {chosen.name} c "
        f"JOIN (SELECT {ours}, {terms} FROM {BACKUP}.{table} {where}) b ON {mine} "
        f"JOIN (SELECT {theirs}, {terms} FROM {LIVE}.{table} {where}) l ON {same} "
        f"WHERE c.state < {SAME} AND NOT ({other}) LIMIT 1"
    ).fetchone()
    if row is not None:
        half = len(shape.identity)
        ours, theirs = (one_line("|".join(map(str, part))) for part in (row[:half], row[half:]))
        name = one_line(shape.name)
        yield Objection(
            "unique",
            f"{name} {ours} cannot come back: {name} {theirs} has the same "
            f"{one_line(unique.words())}, and that must be unique",
        )


def _is_column(term: str) -> bool:
    return len(term) > 2 and term[0] == term[-1] == '"'


def _name(term: str) -> str:
    return term[1:-1].replace('""', '"')


def _orphan(choice: Choice, chosen: Chosen, pointer: Pointer) -> Iterator[Objection]:
    """A row that would point to nothing."""
    connection = choice.schemas.connection
    key = key_of(connection, chosen, choice.orphans(chosen, pointer))
    if not key:
        return
    parent = one_line(pointer.parent)
    why = f"which neither the live database has nor the backup, or not in {parent}"
    if not choice.selection.related and fold(pointer.parent) in choice.schemas.backup:
        why = "which is missing; what belongs to it is left out by --alone"
    column = one_line(", ".join(pointer.columns))
    yield Objection(
        "parents",
        f"{one_line(chosen.shape.name)} {key} points to a row of {parent} by its {column}, {why}",
    )
