"""How a row's fields, JSON, bytes and a table's statistics look."""

from __future__ import annotations

import pytest
from textual.app import App

from tui.app.glyphs import choose
from tui.app.listing.fields import Field, as_json
from tui.app.themes import THEMES, role_defaults
from tui.app.viewing.json_tree import Tree, parse
from tui.app.widgets.form import Form
from tui.app.widgets.piece_view import PieceView
from tui.app.widgets.statistics import StatisticsView
from tui.app.widgets.tree_view import TreeView
from tui.core.models.rows import Cell, ColumnStatistics, RelationColumn

SCHEMA = (
    '{"type": "object", "properties": {"city": {"type": "string", "limit": 1.50}, "days": '
    '{"a": true, "b": null, "c": [], "d": "x"}}, "required": ["city"], '
    '"description": "' + "The weather of a city for some days ahead. " * 4 + '"}'
)
COLUMNS = (
    RelationColumn(name="id", declared="VARCHAR(36)", key=1),
    RelationColumn(name="name", declared="VARCHAR(255)"),
    RelationColumn(name="gateway_id", declared="VARCHAR(36)", points_to=("gateways", "id")),
    RelationColumn(name="auth_value", declared="TEXT", secret=True),
    RelationColumn(name="enabled", declared="BOOLEAN"),
    RelationColumn(name="tags", declared="JSON"),
    RelationColumn(name="broken", declared="JSON"),
    RelationColumn(name="icon", declared="BLOB"),
    RelationColumn(name="note", declared="TEXT"),
    RelationColumn(name="input_schema", declared="JSON"),
)
VALUES = (
    "9c2e51f7b0d84a6f9a3e7d15c8b2f640", "weather-get-forecast", "c01d4a7b9e2f4c0f",
    Cell(value=None, length=64, secret=True), 1, '["weather", "public"]', '{"a": 1,}',
    bytes(range(40)), "lorem ipsum dolor sit amet " * 20, SCHEMA,
)  # fmt: skip


def fields():
    return [
        Field(column, value, "weather" if column.points_to else "")
        for column, value in zip(COLUMNS, VALUES, strict=True)
    ]


class Gallery(App[None]):
    """One widget alone on a screen."""

    def __init__(self, widget, fill, *, glyphs="unicode", theme="mcpdb-dark"):
        super().__init__()
        self.widget, self._fill, self.glyphs = widget, fill, choose(glyphs)
        for own in THEMES:
            self.register_theme(own)
        self.theme = theme

    def get_theme_variable_defaults(self):
        return role_defaults(self.current_theme)

    def compose(self):
        yield self.widget

    def on_mount(self):
        self._fill(self.widget, self.glyphs)


LOOKS = {
    "dark": {},
    "light": {"theme": "mcpdb-light"},
    "16, ascii": {"theme": "mcpdb-16-dark", "glyphs": "ascii"},
}


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
def test_fields(snap_compare, look):
    async def unfold(pilot):
        form = pilot.app.widget
        form.focus()
        form.point_at("input_schema")
        form.fold()
        form.move(2)
        await pilot.pause()

    app = Gallery(Form(), lambda form, _: form.show(fields()), **look)
    assert snap_compare(app, terminal_size=(80, 24), run_before=unfold)


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
def test_a_row_as_json(snap_compare, look):
    def fill(view, glyphs):
        view.focus()
        view.show(as_json(fields(), glyphs))
        view.find("description", 1)

    assert snap_compare(Gallery(TreeView(), fill, **look), terminal_size=(80, 24))


def test_a_long_text_in_json_opens(snap_compare):
    def fill(view, _):
        view.focus()
        view.show(Tree(parse(SCHEMA)))

    async def unfold(pilot):
        pilot.app.widget.find("weather", 1)
        pilot.app.widget.fold()
        await pilot.pause()

    app = Gallery(TreeView(), fill)
    assert snap_compare(app, terminal_size=(140, 45), run_before=unfold)


def test_bytes_with_a_match(snap_compare):
    content = bytes(n % 251 for n in range(3_000))

    def fill(view, _):
        view.show(len(content), "utf-8", "hex")
        view.take(0, content)
        view.to_byte(2_000, 3)

    assert snap_compare(Gallery(PieceView(), fill), terminal_size=(80, 24))


def test_statistics(snap_compare):
    known = {
        "id": ColumnStatistics(column="id", rows=280, nulls=0, distinct=280, smallest="0063",
                               largest="ff7d", types={"text": 280}),
        "name": ColumnStatistics(column="name", rows=280, nulls=3, distinct=None, smallest="a",
                                 largest="z" * 90, capped=True, types={"text": 277}),
        "gateway_id": "The row is gone.",
        "auth_value": ColumnStatistics(column="auth_value", rows=280, nulls=28, distinct=None),
        "enabled": ColumnStatistics(column="enabled", rows=280, nulls=0, distinct=2, smallest=0,
                                    largest=1, top=((1, 261), (0, 19)), types={"integer": 280}),
        "icon": ColumnStatistics(column="icon", rows=280, nulls=0, distinct=None, long=True,
                                 capped=True, types={"blob": 280}),
    }  # fmt: skip

    def fill(view, _):
        view.show(COLUMNS, known, "tags", "…")
        view.list.focus()
        view.list.point_at("enabled")
        view.entitle("tools  [Statistics]", "size 200.0K + 4 indexes 76.0K")

    assert snap_compare(Gallery(StatisticsView(), fill), terminal_size=(80, 24))
