"""The list keeps its cursor on the same thing; the log follows, pauses, filters, forgets."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from textual.app import App

from tests.app.shell_story import SEEN
from tui.app.listing.row import Column, Row, between
from tui.app.paint import Span, cell, fit, text_of, width_of, wrapped
from tui.app.themes import THEMES, role_defaults
from tui.app.widgets import log_view
from tui.app.widgets.log_view import Filter, LogView
from tui.app.widgets.rows import RowList
from tui.core.models import LogLine


class Stage(App[None]):
    seen = SEEN
    second = 0

    def __init__(self, widget):
        super().__init__()
        self._widget = widget
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = "mcpdb-dark"

    def get_theme_variable_defaults(self):
        return role_defaults(self.current_theme)

    def now(self):
        return datetime(2026, 8, 11, 1, 14, tzinfo=UTC)

    def compose(self):
        yield self._widget

    def on_mount(self):
        self.screen.set_focus(self._widget)


def rows(*keys):
    return [Row(key, (Span(key),)) for key in keys]


def listing():
    return RowList([Column("name", 10, grows=True)], frame="none", heading=False)


async def test_the_cursor_stays_on_its_thing_when_rows_come_and_go():
    widget = listing()
    async with Stage(widget).run_test(size=(30, 6)) as pilot:
        widget.show(rows(*"abcdef"))
        await pilot.press("j", "j")
        assert widget.cursor_key == "c"
        widget.show(rows(*"xyabcdef"))
        assert widget.cursor_key == "c"
        widget.show(rows(*"xyabdef"))
        assert widget.cursor_key in ("b", "d"), "the nearest when it is gone"


async def test_the_cursor_keeps_its_line_on_the_screen():
    widget = listing()
    async with Stage(widget).run_test(size=(30, 6)) as pilot:
        widget.show(rows(*"abcdefghijklmnop"), note=False)
        await pilot.press(*"jjjjjjjj")
        before = [widget.render_line(y).text.strip() for y in range(6)]
        at = next(y for y, text in enumerate(before) if text.startswith("▸"))
        widget.show(rows("1", "2", "3", *"abcdefghijklmnop"), note=False)
        assert "i" in widget.render_line(at).text
        assert widget.render_line(at).text.strip().startswith("▸")


async def test_what_comes_in_at_the_top_is_seen():
    widget = listing()
    async with Stage(widget).run_test(size=(30, 6)):
        widget.show(rows(*"abcdefghij"))
        widget.show(rows("new", *"abcdefghij"))
        assert "new" in widget.render_line(0).text


async def test_lines_between_things_are_stepped_over():
    widget = listing()
    async with Stage(widget).run_test(size=(30, 6)) as pilot:
        widget.show([*rows("a"), between("── rest ──"), *rows("b")])
        await pilot.press("j")
        assert widget.cursor_key == "b"
        await pilot.press("k")
        assert widget.cursor_key == "a"


async def test_how_much_is_not_shown_is_said():
    widget = listing()
    async with Stage(widget).run_test(size=(30, 6)) as pilot:
        widget.show(rows(*"abcdefghij"))
        await pilot.pause()
        assert "5 more" in widget.render_line(5).text


# --- log ----------------------------------------------------------------------------------


def lines(*texts, level="info"):
    return [LogLine(source="gw", text=text, time=datetime.now(UTC), level=level) for text in texts]


def shown(view):
    return [view.render_line(y).text.rstrip() for y in range(view.size.height)]


async def test_the_log_follows_until_somebody_moves_up():
    view = LogView()
    async with Stage(view).run_test(size=(80, 10)) as pilot:
        view.add(lines(*(f"line {n}" for n in range(100))))
        assert "line 99" in shown(view)[-1]
        await pilot.press("k")
        assert not view.following
        before = shown(view)
        view.add(lines(*(f"late {n}" for n in range(7))))
        assert shown(view) == before
        assert view.new_below == 7
        await pilot.press("G")
        assert view.following
        assert "late 6" in shown(view)[-1]


async def test_the_log_keeps_a_bounded_number_of_lines(monkeypatch):
    monkeypatch.setattr(log_view, "KEPT", 50)
    view = LogView()
    async with Stage(view).run_test(size=(80, 10)) as pilot:
        view.add(lines(*(f"line {n}" for n in range(60))))
        await pilot.press("g")
        assert (view.read, view.total) == (50, 60)
        assert "line 10" in shown(view)[0]
        view.add(lines(*(f"more {n}" for n in range(20))))
        assert "line 30" in shown(view)[0], "what is dropped leaves the view at its oldest line"


@pytest.mark.parametrize(
    ("terms", "kept"),
    [
        ("deleted", ["user deleted"]),
        ("-deleted", ["GET /health", "tool called", "user added"]),
        ("user -added", ["user deleted"]),
        ('"tool called"', ["tool called"]),
        (r"GET\s+/h", ["GET /health"]),
        ("", ["GET /health", "tool called", "user added", "user deleted"]),
    ],
)
async def test_terms_keep_and_drop(terms, kept):
    view = LogView()
    async with Stage(view).run_test(size=(80, 10)):
        view.add(lines("GET /health", "tool called", "user added", "user deleted"))
        view.set_filter(Filter.parse(terms))
        assert [line for line in shown(view) if line] == [
            f" {view._kept[i].time.astimezone(UTC):%H:%M:%S} info  {text}"
            for i, text in enumerate(kept)
        ]


def test_a_bad_regex_says_where():
    with pytest.raises(ValueError, match=r"bad regex: .* position 1"):
        Filter.parse("a(")


async def test_errors_are_walked():
    view = LogView()
    async with Stage(view).run_test(size=(80, 10)) as pilot:
        view.add([*lines("a"), *lines("bad", level="error"), *lines("b")])
        await pilot.press("E")
        assert view.line_under_cursor.text == "bad"


def test_a_restart_passes_every_filter():
    event = LogLine(source="us", text="container restarted", event=True)
    assert Filter.parse("nothing").passes(event)


# --- lines of text ------------------------------------------------------------------------


def test_wide_characters_keep_their_columns():
    assert width_of(fit((Span("日本語日本語"),), 7)) == 7
    assert cell("日本語", 8) == "日本語  "


def test_wrapping_keeps_every_word_and_the_width():
    text = "one two three four five six seven"
    parts = wrapped((Span("label "), Span(text, "muted")), 20)
    assert all(width_of(part) <= 20 for part in parts)
    assert " ".join(text_of(part).strip() for part in parts).split() == ["label", *text.split()]
