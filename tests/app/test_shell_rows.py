"""The list keeps its cursor on the same thing; what is not shown is said."""

from __future__ import annotations

from datetime import UTC, datetime

from textual.app import App

from tests.app.shell_story import SEEN
from tui.app.listing.row import Column, Row, between
from tui.app.paint import Span, cell, fit, text_of, width_of, wrapped
from tui.app.themes import THEMES, role_defaults
from tui.app.widgets.rows import RowList


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


# --- lines of text ------------------------------------------------------------------------


def test_wide_characters_keep_their_columns():
    assert width_of(fit((Span("日本語日本語"),), 7)) == 7
    assert cell("日本語", 8) == "日本語  "


def test_wrapping_keeps_every_word_and_the_width():
    text = "one two three four five six seven"
    parts = wrapped((Span("label "), Span(text, "muted")), 20)
    assert all(width_of(part) <= 20 for part in parts)
    assert " ".join(text_of(part).strip() for part in parts).split() == ["label", *text.split()]
