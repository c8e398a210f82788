"""The console's parts that need no screen: pages of a result, words, colours, candidates."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tui.app.grid.asking import Wish
from tui.app.listing.sql import limits, wrong_lines
from tui.app.paint import text_of
from tui.app.panes.sql_copying import written
from tui.app.sql_colours import MOST, coloured
from tui.app.sql_editor import drawn
from tui.app.sql_offer import common
from tui.app.sql_result import Rows, headings
from tui.core.models.queries import Caps, Result
from tui.core.models.rows import Cell
from tui.wording.clean import printable

SECRET = Cell(value=None, length=15, secret=True)


def result(rows):
    return Result(
        columns=("n",), rows=tuple(rows), ended="complete", elapsed=0.1, caps=Caps()
    )  # fmt: skip


def cells(page):
    return None if page is None else [row.cells[0] for row in page.rows]


@pytest.fixture
def running():
    return Rows(("n",), [(n,) for n in range(100)])


@pytest.fixture
def ended(running):
    running.result = result(running.rows)
    return running


def wish(kind, limit=10, **other):
    return Wish(kind=kind, limit=limit, **other)


# --- pages --------------------------------------------------------------------------------


def test_pages_follow_one_another(ended):
    first = ended.page(wish("top"))
    assert cells(first) == list(range(10))
    assert (first.before, first.after, first.first) == (False, True, 0)
    after = ended.page(wish("after", anchor=first.rows[-1].anchor))
    assert cells(after) == list(range(10, 20))
    before = ended.page(wish("before", anchor=after.rows[5].anchor))
    assert cells(before) == list(range(5, 15))
    assert cells(ended.page(wish("bottom"))) == list(range(90, 100))
    assert not ended.page(wish("bottom")).after
    assert cells(ended.page(wish("row", number=42))) == list(range(42, 52))
    assert cells(ended.page(wish("around", identity=(99,)))) == [99]


def test_beyond_the_last_row_there_is_nothing(ended):
    for beyond in (wish("row", number=100), wish("after", anchor=(99,))):
        page = ended.page(beyond)
        assert (page.rows, page.after) == ((), False)


def test_rows_that_are_still_to_come_are_waited_for(running):
    beyond = wish("after", anchor=(99,))
    assert running.page(beyond) is None
    assert running.page(wish("bottom")).after, "more may come"
    running.take([(100,)])
    assert cells(running.page(beyond)) == [100]
    assert running.page(beyond).after


def test_each_column_has_a_name_of_its_own():
    assert headings(("id", "ID", "", "id", "id:2")) == (
        "id", "ID:2", "column 3", "id:3", "id:2:2",
    )  # fmt: skip


def test_columns_of_numbers_are_told_by_the_first_rows():
    rows = Rows(("a", "b", "c"), [(None, "x", None), (1, 2, None), (2.5, 3, None)])
    assert [column.declared for column in rows.relation.columns] == ["NUMERIC", "", ""]


# --- copies -------------------------------------------------------------------------------


def test_a_copy_leaves_out_columns_with_a_masked_value_and_says_so():
    rows = Rows(("name", "auth_value"), [("a", SECRET), ("b", None), ("c", "")])
    for kind in ("json", "csv", "sql"):
        found = written(rows, [1, 0], kind)
        assert found.left_out == ("auth_value",)
        assert "auth_value" not in found.text
        assert found.text.index("b") < found.text.index("a", found.text.index("b"))
    assert written(rows, [1, 2], "csv").left_out == ()
    assert written(rows, [1, 2], "csv").text.splitlines()[0] == '"name","auth_value"'


def test_a_copy_says_that_a_value_was_cut():
    rows = Rows(("v",), [(Cell(value="abc", length=5_000_000),)])
    assert written(rows, [0], "csv").cut
    assert "abc" in written(rows, [0], "csv").text


# --- words --------------------------------------------------------------------------------


def test_the_caret_stands_under_the_place():
    lines = [
        text_of(each)
        for each in wrong_lines("SELECT *\nFORM t", (2, 1), 'near "FORM": syntax error', 79)
    ]
    assert lines[0] == "  2  FORM t"
    assert lines[1].index("^") == lines[0].index("FORM")
    assert lines[2] == '  near "FORM": syntax error'


@pytest.mark.parametrize("before", ["x" * 500 + " ", "日本" * 200 + " ", "\t" * 60, ""])
def test_the_caret_stands_under_the_place_in_a_line_longer_than_the_screen(before):
    sql = f"{before}FORM {'y' * 500}"
    lines = wrong_lines(sql, (1, len(before) + 1), "near", 79)
    text, caret = text_of(lines[0]), text_of(lines[1])
    assert cell_len(text) <= 79
    assert cell_len(text[: text.index("FORM")]) == caret.index("^")


def test_without_a_place_there_is_only_the_sentence():
    assert [text_of(each) for each in wrong_lines("x", (0, 0), "Refused.", 79)] == ["  Refused."]


def test_a_sentence_of_sqlite_is_cut_where_it_repeats_a_word_of_any_length():
    lines = wrong_lines("x" * 90_000, (1, 1), f'near "{"x" * 90_000}": syntax error', 79)
    assert sum(cell_len(text_of(each)) for each in lines) < 1_000


def test_bounds_are_told_as_they_are():
    assert limits(Caps()) == "stops at 30 s or 10,000 rows"
    assert limits(Caps(seconds=2.5)) == "stops at 2.5 s or 10,000 rows"
    assert limits(None) == ""


# --- colours ------------------------------------------------------------------------------


def test_keywords_texts_and_comments_have_their_colours_in_each_line():
    found = coloured("SELECT 'a\nb', name -- why\nFROM t /* x\ny */ LIMIT 5")
    assert found[0] == [(0, 6, "running"), (7, 10, "healthy")]
    assert found[1] == [(0, 2, "healthy"), (9, 15, "muted")]
    assert found[2] == [(0, 4, "running"), (7, 12, "muted")]
    assert found[3] == [(0, 4, "muted"), (5, 10, "running"), (11, 12, "healthy")]


@pytest.mark.parametrize("text", ["", "\n\n", "'", "/*", "--", "\x00\x1b[31m", "x" * (MOST + 1)])
def test_any_text_can_be_coloured(text):
    for line, stretches in coloured(text).items():
        for begin, end, _role in stretches:
            assert 0 <= begin < end <= len(text.split("\n")[line]) + 1


@given(st.text())
def test_what_is_drawn_is_as_long_as_the_text_and_obeyed_by_no_terminal(text):
    shown = drawn(text)
    assert len(shown) == len(text)
    assert printable(shown) == shown
    assert all(one == two or two == "?" for one, two in zip(text, shown, strict=True))


# --- candidates ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("candidates", "typed", "expected"),
    [
        (("tools", "tool_metrics"), "t", "tool"),
        (("Tools", "tool_metrics"), "T", "Tool"),
        (("tools", "tool_metrics"), "tool", "tool"),
        (("name", "id"), "", ""),
        (('"a b"', "ab"), "a", "a"),
    ],
)
def test_what_all_candidates_share_is_typed_at_once(candidates, typed, expected):
    assert common(candidates, typed) == expected
