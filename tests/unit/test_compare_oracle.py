"""Whatever two small tables hold, what is told of them is what a naive comparison finds."""

from __future__ import annotations

import sqlite3
import tempfile
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tui.core.models import Deployment, RowDifference, TableDifference
from tui.operations.compare import compare, rows

VALUES = ", v TEXT, w, n NUMERIC, r REAL, last_seen DATETIME"
NAMES = ("v", "w", "n", "r", "last_seen")
SHAPES: dict[str, tuple[tuple[str, ...], str, bool]] = {
    # columns of the key, definition, whether text keys are told apart without case
    "integer": (("id",), f"(id INTEGER PRIMARY KEY{VALUES})", False),
    "text": (("id",), f"(id TEXT PRIMARY KEY{VALUES})", False),
    "text-not-null": (("id",), f"(id VARCHAR(36) NOT NULL{VALUES}, PRIMARY KEY (id))", False),
    "untyped": (("id",), f"(id PRIMARY KEY{VALUES})", False),
    "descending": (("id",), f"(id INTEGER PRIMARY KEY DESC{VALUES})", False),
    "nocase": (("id",), f"(id TEXT COLLATE NOCASE PRIMARY KEY{VALUES})", True),
    "nocase-key": (("id",), f"(id TEXT{VALUES}, PRIMARY KEY (id COLLATE NOCASE))", True),
    "composite": (("id", "b"), f"(b INT, id TEXT{VALUES}, PRIMARY KEY (id, b))", False),
    "without-rowid": (("id",), f"(id TEXT PRIMARY KEY{VALUES}) WITHOUT ROWID", False),
    "two-without-rowid": (
        ("id", "b"),
        f"(id NOT NULL, b NOT NULL{VALUES}, PRIMARY KEY (id DESC, b)) WITHOUT ROWID",
        False,
    ),
    "none": ((), f"(id TEXT, b{VALUES})", False),
    "rowid-is-a-column": (("id",), f"(rowid TEXT, oid, id TEXT PRIMARY KEY{VALUES})", False),
    "no-name-for-the-rowid": (
        ("id",),
        f"(rowid TEXT, oid, _rowid_, id TEXT PRIMARY KEY{VALUES})",
        False,
    ),
}

values = st.sampled_from(
    [None, 0, 1, 1.0, 2**53 + 1, float(2**53), -1, 0.5, "", "a", "A", "1", "1.0", "é", b"", b"a"]
)
row = st.fixed_dictionaries(dict.fromkeys(("id", "b", "rowid", "oid", "_rowid_", *NAMES), values))


@st.composite
def sides(draw: st.DrawFn) -> tuple[str, list[dict[str, Any]], list[dict[str, Any]]]:
    """A shape, the rows of one side, and those of the other: some of them, changed, and more."""
    shape = draw(st.sampled_from(sorted(SHAPES)))
    first = draw(st.lists(row, max_size=6))
    second: list[dict[str, Any]] = []
    for known in first:
        fate = draw(st.sampled_from(["same", "same", "gone", "changed", "twice"]))
        if fate == "changed":
            second.append({**known, draw(st.sampled_from(NAMES)): draw(values)})
        elif fate != "gone":
            second += [known] * (2 if fate == "twice" else 1)
    second += draw(st.lists(row, max_size=2))
    return shape, first, draw(st.permutations(second)) if draw(st.booleans()) else second


def make(path: Path, definition: str, content: list[dict[str, Any]]) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=OFF")
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute(f"CREATE TABLE t {definition}")
        names = [c[1] for c in connection.execute("PRAGMA table_info(t)")]
        for number, one in enumerate(content):
            key = one["id"] if "id INTEGER PRIMARY KEY," not in definition else number % 5
            given = [{**one, "id": key}[name] for name in names]
            marks = ", ".join("?" * len(names))
            # Neither side can hold what its own rules forbid.
            connection.execute(f"INSERT OR IGNORE INTO t VALUES ({marks})", given)
        connection.commit()


def read(path: Path) -> list[dict[str, Any]]:
    with closing(sqlite3.connect(path)) as connection:
        cursor = connection.execute("SELECT * FROM t")
        names = [d[0] for d in cursor.description]
        return [dict(zip(names, one, strict=True)) for one in cursor]


def exact(value: object) -> tuple[str, object]:
    return type(value).__name__, value


def key_of(one: dict[str, Any], key: tuple[str, ...], nocase: bool) -> tuple[object, ...] | None:
    """Equal where SQLite calls the keys equal; None where it never does."""
    parts: list[object] = []
    for name in key:
        value = one[name]
        if value is None:
            return None
        kind = "number" if isinstance(value, int | float) else type(value).__name__
        parts.append((kind, value.lower() if nocase and isinstance(value, str) else value))
    return tuple(parts)


def whole(one: dict[str, Any]) -> tuple[object, ...]:
    return tuple((name, exact(value)) for name, value in one.items() if name != "last_seen")


def naive(
    first: list[dict[str, Any]], second: list[dict[str, Any]], key: tuple[str, ...], nocase: bool
) -> dict[str, Any]:
    keyed: list[dict[tuple[object, ...], dict[str, Any]]] = []
    loose: list[Counter[tuple[object, ...]]] = []
    for content in (first, second):
        found = [(key_of(one, key, nocase) if key else None, one) for one in content]
        keyed.append({at: one for at, one in found if at is not None})
        loose.append(Counter(whole(one) for at, one in found if at is None))
    one, other = keyed
    removed = Counter(whole(one[at]) for at in one.keys() - other.keys())
    added = Counter(whole(other[at]) for at in other.keys() - one.keys())
    changed: Counter[tuple[object, ...]] = Counter()
    columns: Counter[str] = Counter()
    ignored_rows = 0
    for at in one.keys() & other.keys():
        differ = [name for name, value in one[at].items() if exact(value) != exact(other[at][name])]
        columns.update(differ)
        if set(differ) - {"last_seen"}:
            changed[whole(one[at]), whole(other[at])] += 1
        else:
            ignored_rows += bool(differ)
    return {
        "removed": removed + (loose[0] - loose[1]),
        "added": added + (loose[1] - loose[0]),
        "changed": changed,
        "columns": columns,
        "ignored_rows": ignored_rows,
    }


def paged(deployment: Deployment, first: str, second: str, size: int) -> list[RowDifference]:
    found: list[RowDifference] = []
    more = True
    while more:
        page, more = rows(
            deployment, first, second, "t", after=found[-1] if found else None, limit=size
        )
        assert len(page) == size or not more
        found += page
    return found


@settings(
    max_examples=250, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)
@given(given_sides=sides(), size=st.integers(1, 4))
def test_a_comparison_finds_what_a_naive_one_finds(
    given_sides: tuple[str, list[dict[str, Any]], list[dict[str, Any]]], size: int
) -> None:
    shape, first, second = given_sides
    key, definition, nocase = SHAPES[shape]
    with tempfile.TemporaryDirectory() as folder:
        a, b = Path(folder) / "a.db", Path(folder) / "b.db"
        make(a, definition, first)
        make(b, definition, second)
        deployment = Deployment(name="x", database=Path(folder) / "no.db", backup_dir=Path(folder))
        expected = naive(read(a), read(b), key, nocase)
        comparison = compare(deployment, str(a), str(b))
        told = rows_of(paged(deployment, str(a), str(b), size))
        pieces = [expected[kind] for kind in ("removed", "added", "changed")]
        (found,) = comparison.tables or (TableDifference(table="t", key=key),)
        assert not found.problem
        assert [found.removed, found.added, found.changed] == [p.total() for p in pieces]
        assert found.ignored_rows == expected["ignored_rows"]
        assert set(found.columns_changed) == set(expected["columns"]) - {"last_seen"}
        assert set(found.ignored) == set(expected["columns"]) & {"last_seen"}
        often = [expected["columns"][name] for name in found.columns_changed]
        assert often == sorted(often, reverse=True)
        assert told == pieces


def rows_of(found: list[RowDifference]) -> list[Counter[tuple[object, ...]]]:
    pieces: list[Counter[tuple[object, ...]]] = [Counter(), Counter(), Counter()]
    for one in found:
        if one.kind == "removed":
            assert one.after is None
            pieces[0][whole(dict(one.before or {}))] += 1
        elif one.kind == "added":
            assert one.before is None
            pieces[1][whole(dict(one.after or {}))] += 1
        else:
            before, after = dict(one.before or {}), dict(one.after or {})
            pieces[2][whole(before), whole(after)] += 1
            differ = {name for name in before if exact(before[name]) != exact(after[name])}
            assert set(one.columns) == differ - {"last_seen"}
    return pieces
