"""Rows as text and back: every value as it was, with its type; what is wrong names its line."""

from __future__ import annotations

import sqlite3
import tracemalloc
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tui.core.errors import VerificationError
from tui.services.rows_out.formats import READABLE, Format, file_name, reading, writer
from tui.services.rows_out.values import LongText, RawText, RowError, text_value

EDGES: tuple[Any, ...] = (
    None, "", "NULL", "null", "12", "007", "1.0", "1e5", "inf", "true", "\\N", "\\blob:00",
    "\\text:", '{"$blob": "00"}', "line\nbreak\r\nand\rmore", 'quo"te', "it's", "a,b\tc",
    " padded ",
    "\x00nul", "\x1b[31m\x7f\u202e\u2028é😀", "'", "=1+1", b"", b"\x00\xff,\n\"'",
    RawText(b"\xff41"), RawText(b"a\xed\xa0\x80"), 0, -1, 2**63 - 1, -(2**63), 2**53 + 1, 0.0, -0.0,
    0.1, 1.0, 1e16, 1e-7, 5e-324, 1.7976931348623157e308, 9007199254740993.0,
    float("inf"), float("-inf"),
)  # fmt: skip

VALUES = st.one_of(
    st.none(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False),
    st.text(st.characters(exclude_categories=("Cs",))),
    st.text("\",\t\r\n\\'=0123456789.eE+-infNULL"),
    st.binary(),
    st.sampled_from(EDGES),
)


def told(rows: Any) -> list[list[tuple[str, str]]]:
    """Values with their types: 1 and 1.0 are equal in Python, 0.0 and -0.0 as well."""
    return [[(type(value).__name__, repr(value)) for value in row] for row in rows]


def write(path: Path, kind: Format, columns: list[str], rows: Any, **more: Any) -> None:
    writes = writer(kind, 'o"dd', columns, **more)
    with path.open("w", encoding="utf-8", newline="") as stream:
        stream.writelines(writes.begin())
        for row in rows:
            stream.writelines(writes.row(row))
        stream.writelines(writes.end())


def read(path: Path, kind: Format) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
    with reading(path, kind) as reader:
        return reader.columns, [row for _line, row in reader.rows()]


def run(path: Path, columns: list[str]) -> list[tuple[Any, ...]]:
    """What SQLite itself makes of a file of statements."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.text_factory = text_value
        names = ", ".join('"' + name.replace('"', '""') + '"' for name in columns)
        connection.execute(f'CREATE TABLE "o""dd" ({names})')
        connection.executescript(path.read_bytes().decode())
        return connection.execute('SELECT * FROM "o""dd" ORDER BY rowid').fetchall()


@pytest.mark.parametrize("width", [1, 3])
@pytest.mark.parametrize("kind", [*READABLE, "sql"])
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_every_value_comes_back_as_it_was(
    kind: Format, width: int, data: st.DataObject, tmp_path: Path
) -> None:
    columns = ['na"me', "two\nlines", "ü,"][:width]
    rows = data.draw(st.lists(st.tuples(*[VALUES] * width), max_size=6))
    path = tmp_path / "rows"
    write(path, kind, columns, rows)
    if kind == "sql":
        found = run(path, columns)
    else:
        names, found = read(path, kind)
        if rows or kind in ("csv", "tsv"):
            assert list(names) == columns
    assert told(found) == told(rows)


@pytest.mark.parametrize("kind", [*READABLE, "sql"])
def test_the_edges_come_back_as_they_were(kind: Format, tmp_path: Path) -> None:
    path = tmp_path / "rows"
    write(path, kind, ["a", "b"], [(value, 1) for value in EDGES])
    found = run(path, ["a", "b"]) if kind == "sql" else read(path, kind)[1]
    assert told(found) == told((value, 1) for value in EDGES)


@pytest.mark.parametrize("kind", [*READABLE, "sql"])
def test_long_values_are_written_in_pieces_and_come_back(kind: Format, tmp_path: Path) -> None:
    text, blob = "é\"'\n\x01😀" * 400_000, bytes(range(256)) * 8_000
    row = (LongText(text.encode()), blob, RawText(blob), text[:100_000], None)
    path, names = tmp_path / "rows", list("abcde")
    writes = writer(kind, 'o"dd', names)
    pieces = [*writes.begin(), *writes.row(row), *writes.end()]
    assert max(map(len, pieces)) < 1_000_000
    path.write_text("".join(pieces), encoding="utf-8", newline="")
    (found,) = run(path, names) if kind == "sql" else read(path, kind)[1]
    whole = found[0].decode() if isinstance(found[0], bytes) else found[0]
    assert (whole, *found[1:]) == (text, *row[1:])


def test_a_large_json_file_is_read_row_by_row(tmp_path: Path) -> None:
    path = tmp_path / "rows.json"
    write(path, "json", ["id", "text"], ((n, "x" * 200) for n in range(60_000)))
    tracemalloc.start()
    with reading(path, "json") as reader:
        assert sum(1 for _row in reader.rows()) == 60_000
    assert tracemalloc.get_traced_memory()[1] < 4_000_000
    tracemalloc.stop()


def test_a_file_of_others_is_read_as_it_means_it(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(
        b'\xef\xbb\xbfid,name,note\r\n1,ann,007\r\n\r\n2,"b, c",1.50\r\n3,true,\r\n4,5,-inf'
    )
    with reading(path, "csv") as reader:
        assert reader.columns == ("id", "name", "note")
        reader.texts = frozenset({1})
        found = list(reader.rows())
    assert told(row for _line, row in found) == told(
        [(1, "ann", "007"), (2, "b, c", "1.50"), (3, "true", None), (4, "5", float("-inf"))]
    )
    assert [line for line, _row in found] == [2, 4, 5, 6]
    path = tmp_path / "rows.ndjson"
    path.write_text('{"a": true, "b": 1}\n\n{"b": 2.0, "a": "\\u00e9\\ud83d\\ude00"}\n')
    assert told(read(path, "ndjson")[1]) == told([(1, 1), ("é😀", 2.0)])


@pytest.mark.parametrize(
    ("kind", "content", "line", "says"),
    [
        ("csv", b"", 1, "must name the columns"),
        ("csv", b'a,b\n1,"x\ny"\n2\n', 4, "1 values where the first row names 2"),
        ("csv", b'a,b\n1,x"y\n3,4"', 2, "a quote in its middle"),
        ("csv", b'a\n1\n"x\n', 3, "a quote that is not closed"),
        ("csv", b"a\n\\blob:0\n", 2, "is not hexadecimal"),
        ("csv", b"a\nb\n\xff\n", 3, "it is not UTF-8"),
        ("json", b'{"a": 1}', 1, "one array of objects"),
        ("json", b'[\n{"a": 1},\n{"b": 1}]', 3, "it lacks a"),
        ("json", b'[\n{"a": 1}\n{"a": 1}]', 3, "a comma or the end of the array"),
        ("json", b'[{"a": 1},\n{"a": \n tru}]', 3, "no JSON: expecting value"),
        ("json", b'[{"a": 1}', 1, "a comma or the end of the array"),
        ("json", b'[{"a": "x', 1, "no JSON: unterminated string"),
        ("json", b'[{"a": 1}]\n[]', 2, "behind the end of the array"),
        ("json", b'[{"a": ' + b"[" * 100_000, 1, "too deep"),
        ("json", b'[{"a": 1, "a": 2}]', 1, "a stands there twice"),
        ("json", b'[{"a": NaN}]', 1, "NaN is no JSON"),
        ("json", b'[{"a": {"b": 1}}]', 1, "takes it as text"),
        ("ndjson", b'{"a": 1}\n{"a": 9223372036854775808}\n', 2, "more than 64 bits"),
        ("ndjson", b'{"a": {"$masked": 12}}\n', 1, "a masked secret, not the secret itself"),
        ("ndjson", b'{"a": "\\ud800"}\n', 1, "surrogate"),
        ("ndjson", b'{"a": 1}\n[1]\n', 2, "a row must be an object"),
    ],
)
def test_what_is_wrong_names_its_line(
    kind: Format, content: bytes, line: int, says: str, tmp_path: Path
) -> None:
    path = tmp_path / "rows"
    path.write_bytes(content)
    with pytest.raises(RowError) as raised:
        read(path, kind)
    assert (raised.value.line, says in str(raised.value)) == (line, True), str(raised.value)
    assert f"line {line}: " in str(raised.value)


def test_formulas_are_made_harmless_and_nothing_else(tmp_path: Path) -> None:
    texts = ["=1", "+1", "-1", "@a", "\ta", "\ra", "a=1", "", "'=1"]
    path = tmp_path / "rows"
    for kind in ("csv", "tsv"):
        write(path, kind, ["=head"], [(text,) for text in texts] + [(-1,)], safe=True)
        names, rows = read(path, kind)
        assert names == ("'=head",)
        assert [row for (row,) in rows] == [
            "'=1", "'+1", "'-1", "'@a", "'\ta", "'\ra", "a=1", "", "'=1", -1
        ]  # fmt: skip


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").symlink_to("/etc/passwd")
    with pytest.raises(VerificationError, match="symbolic link"):
        read(tmp_path / "rows.csv", "csv")


def test_a_table_s_file_is_never_a_path_nor_the_manifest() -> None:
    names = ["tools", "Tools?", "a/b", "..", ".hidden", "manifest", "MANIFEST", "x" * 300, "ü", "%"]
    found = [file_name(name, "json") for name in names]
    assert found[0] == "tools.json"
    assert len(set(map(str.lower, found))) == len(names)
    assert not [f for f in found if "/" in f or f.startswith(".") or len(f) > 200]
    assert "manifest.json" not in map(str.lower, found)
