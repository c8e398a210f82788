"""The list of faults names tests that exist, and leaves nothing out without a reason."""

from __future__ import annotations

import ast
import functools
from pathlib import Path

import pytest

from tests.fault_rows import ROWS, Row, table

TESTS = Path(__file__).resolve().parents[1]


@functools.cache
def defined(file: str) -> frozenset[str]:
    """The test functions of a file, also those of classes; nothing is executed."""
    tree = ast.parse((TESTS / file).read_text(encoding="utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, kinds))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_a_row_has_its_tests_or_a_reason(row: Row) -> None:
    for name in (*row.process, *(f"docker/{name}" for name in row.real)):
        file, _colons, function = name.partition("::")
        assert (TESTS / file).is_file(), f"{row.id}: there is no {file}"
        assert function.startswith("test_")
        assert function in defined(file), f"{row.id}: {file} has no {function}"
    assert (row.process and row.real) or row.skipped, f"{row.id} is not met and says no reason"
    assert row.process or row.real, f"{row.id} is met nowhere"


def test_every_row_is_there_once() -> None:
    ids = [row.id for row in ROWS]
    assert len(ids) == len(set(ids))
    assert {f"I{number}" for number in range(1, 11)} <= set(ids)


def test_the_table_shows_every_row() -> None:
    text = "\n".join(table(ROWS))
    assert all(f"{row.id}: {row.text}" in text for row in ROWS)
