"""The keys of the SQL console, and those of its editor, where letters are text."""

from __future__ import annotations

from textual.binding import Binding, BindingType
from textual.widgets import TextArea

from tui.app.widgets.groups import EVERYWHERE, HERE

RUN = Binding(
    "f5", "run", "run", key_display="F5", id="sql.run", group=HERE,
    tooltip="run the statement, whether or not it ends with ;",
)  # fmt: skip
STOP = Binding(
    "ctrl+c", "stop", "stop", key_display="Ctrl+C", id="sql.stop", group=HERE,
    tooltip="stop the statement that runs; what was read of it stays",
)  # fmt: skip

PANE_KEYS: list[BindingType] = [
    RUN,
    Binding(
        "i,enter", "editor", "to editor", key_display="i", id="sql.editor", group=HERE,
        tooltip="type on; Enter does the same",
    ),
    STOP,
    Binding(
        "x", "export", "export…", id="sql.export", group=HERE,
        tooltip="all rows of the statement to a file: csv, json …; asks where",
    ),
    Binding(
        "y", "copy", "copy", id="sql.copy", group=HERE,
        tooltip="the value under the cursor; of History the statement (OSC 52)",
    ),
    Binding(
        "right_square_bracket", "tab(1)", "tabs", key_display="[ ]", id="sql.next_tab",
        group=HERE, tooltip="result, plan (EXPLAIN QUERY PLAN), history",
    ),
    Binding("left_square_bracket", "tab(-1)", "", show=False, id="sql.previous_tab", group=HERE),
    Binding(
        "Y", "copy_rows", "copy row", show=False, id="sql.copy_rows", group=HERE,
        tooltip="this row or the marked ones as JSON, CSV or INSERT, without secrets",
    ),
    Binding(
        "v", "view", "view", show=False, id="sql.view", group=HERE,
        tooltip="every column of the row under the cursor",
    ),
    Binding(
        "a", "actions", "actions", show=False, id="sql.actions", group=EVERYWHERE,
        tooltip="actions for this row; also the right button",
    ),
    Binding(
        "R", "again", "run again", show=False, id="sql.again", group=EVERYWHERE,
        tooltip="run the statement of the result again",
    ),
]  # fmt: skip

_OWN = frozenset(("enter", "escape", "ctrl+c", "super+c", "tab", "shift+tab", "up", "down", "f1"))
_OF_TEXT: tuple[Binding, ...] = tuple(
    each
    for each in TextArea.BINDINGS
    if isinstance(each, Binding) and not _OWN & set(each.key.split(","))
)
"""The keys that any text field of this kind has, but those that mean something else here."""

EDITOR_KEYS: list[BindingType] = [
    RUN,
    Binding(
        "enter", "enter", "runs with ;", show=False, key_display="Enter", id="sql.enter",
        group=HERE, tooltip="run a statement that ends with ; else a new line",
    ),
    Binding(
        "escape", "leave", "to result", key_display="Esc", id="sql.leave", group=HERE,
        tooltip="go to the result, where letters are keys",
    ),
    Binding(
        "tab", "complete(1)", "completes", key_display="Tab", id="sql.complete", group=HERE,
        tooltip="complete tables, columns and keywords; again: the next one",
    ),
    Binding(
        "shift+tab", "complete(-1)", "", show=False, id="sql.complete_back", group=HERE,
    ),
    Binding(
        "up", "line(-1)", "history", show=False, key_display="↑ ↓", id="sql.up", group=HERE,
        tooltip="on the first line the statement before, on the last one the next",
    ),
    Binding("down", "line(1)", "", show=False, id="sql.down", group=HERE),
    Binding(
        "ctrl+j", "new_line", "new line", show=False, id="sql.new_line", group=HERE,
        tooltip="a new line, whatever the statement ends with",
    ),
    STOP,
    Binding(
        "f1", "app.help", "help", key_display="F1", id="sql.help", group=EVERYWHERE,
        tooltip="the keys that work here",
    ),
    *_OF_TEXT,
]  # fmt: skip

HISTORY_KEYS: list[BindingType] = [
    Binding(
        "enter", "take", "to editor", key_display="Enter", id="sql.take", group=HERE,
        tooltip="put this statement into the editor",
    ),
]  # fmt: skip
