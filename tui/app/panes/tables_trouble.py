"""The keys of 1 Tables that belong to a file that cannot be shown, see `tui.app.troubles`."""

from __future__ import annotations

from collections.abc import Mapping

from textual.binding import Binding

from tui.app.widgets.groups import ASKS, HERE

OFFERED: Mapping[str, str] = {"restore": "B", "walk": "w", "salvage": "S"}
"""Action to the key by which a page of trouble offers it; elsewhere it is not there."""

OF_TROUBLE = (
    Binding(
        "w", "walk", "walk me through", id="tables.walk", group=HERE,
        tooltip="every copy that could take its place, and what each would lose",
    ),
    Binding(
        "S", "salvage", "salvage", id="tables.salvage", group=ASKS,
        tooltip="read what is left of this file into a new one; the file stays as it is",
    ),
)  # fmt: skip
