"""The keys of a table's rows."""

from __future__ import annotations

from textual.binding import Binding, BindingType

from tui.app.widgets.groups import ASKS, EVERYWHERE, HERE

KEYS: list[BindingType] = [
    Binding(
        "slash", "filter", "filter", key_display="/", id="tables.filter_rows", group=HERE,
        tooltip="column = value, a word, or where …; Enter keeps, Esc clears",
    ),
    Binding(
        "n", "next_match(1)", "next", show=False, key_display="n N", id="tables.next_match",
        group=HERE, tooltip="next, previous match of the filter",
    ),
    Binding("N", "next_match(-1)", "", show=False, id="tables.previous_match", group=HERE),
    Binding(
        "s", "sort", "sort", id="tables.sort", group=HERE,
        tooltip="sort by the cursor's column; again: the other way, then by key",
    ),
    Binding(
        "greater_than_sign", "follow", "follow", key_display=">", id="tables.follow", group=HERE,
        tooltip="go to the row that the cursor's foreign key names",
    ),
    Binding(
        "less_than_sign", "return", "back", show=False, key_display="<", id="tables.return",
        group=HERE,
        tooltip="come back to the cell that > or p left",
    ),
    Binding(
        "p", "pointing", "points here", id="tables.pointing", group=HERE,
        tooltip="tables whose rows point at this one; one of them opens filtered",
    ),
    Binding(
        "y", "copy_cell", "copy", id="tables.copy_cell", group=HERE,
        tooltip="the value under the cursor, or the column of the marked rows (OSC 52)",
    ),
    Binding(
        "Y", "copy_rows", "copy row", show=False, id="tables.copy_rows", group=HERE,
        tooltip="this row or the marked ones as JSON, CSV or INSERT, without secrets",
    ),
    Binding(
        "right_square_bracket", "tab(1)", "tabs", key_display="[ ]", id="tables.next_tab",
        group=HERE, tooltip="rows, schema, indexes, keys, statistics",
    ),
    Binding("left_square_bracket", "tab(-1)", "", show=False, id="tables.previous_tab",
            group=HERE),
    Binding(
        "enter", "look", "look at column", key_display="Enter", id="tables.look", group=HERE,
        tooltip="of the statistics: look at this column; Esc stops",
    ),
    Binding(
        "plus", "columns", "columns", key_display="+", id="tables.columns", group=HERE,
        tooltip="hide the cursor's column, keep it at the left, show hidden ones",
    ),
    Binding(
        "x", "export", "export…", id="tables.export_rows", group=HERE,
        tooltip="these rows, or the marked ones, to a file: csv, json, sql …; asks where",
    ),
    Binding(
        "m", "unmask", "unmask…", show=False, id="tables.unmask", group=ASKS,
        tooltip="show the secret under the cursor; asks y or n, and is logged",
    ),
    Binding(
        "a", "actions", "actions", show=False, id="tables.actions", group=EVERYWHERE,
        tooltip="actions for this row; also the right button",
    ),
    Binding(
        "v", "view", "view", show=False, id="tables.view", group=HERE,
        tooltip="every column of the row; as Enter",
    ),
    Binding(
        "R", "read_again", "read again", show=False, id="tables.read_again", group=EVERYWHERE,
        tooltip="read the rows again around the one under the cursor",
    ),
]  # fmt: skip
