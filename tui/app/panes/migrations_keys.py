"""The keys of 3 Migrations, and what its menu offers."""

from __future__ import annotations

from textual.binding import Binding, BindingType

from tui.app.panes.listed import ACTIONS, FILTER, MATCHES
from tui.app.widgets.groups import ASKS, HERE

KEYS: list[BindingType] = [
    Binding(
        "enter", "open", "detail", key_display="Enter", id="migrations.open", group=HERE,
        tooltip="a revision in detail, then in full; a finding's remedy; a rehearsal's report",
    ),
    Binding(
        # Early in the footer while the detail is in sight; the other one while it is not.
        "right_square_bracket", "turn", "source", key_display="[ ]", id="migrations.turn",
        group=HERE, tooltip="About, Source",
    ),
    Binding(
        "r", "rehearse", "rehearse…", id="migrations.rehearse", group=ASKS,
        tooltip="run the migrations on a copy; asks for image and target",
    ),
    Binding(
        "U", "upgrade", "upgrade…", id="migrations.upgrade", group=ASKS,
        tooltip="migrate up, to this revision where it is not applied; types the name",
    ),
    Binding(
        "D", "downgrade", "downgrade…", id="migrations.downgrade", group=ASKS,
        tooltip="migrate down to this revision; types the name",
    ),
    Binding(
        "S", "stamp", "stamp…", id="migrations.stamp", group=ASKS,
        tooltip="tell Alembic that the database stands here; changes nothing else",
    ),
    Binding(
        "i", "image", "image…", id="migrations.image", group=HERE,
        tooltip="show what another local image has beyond this one",
    ),
    Binding(
        "right_square_bracket", "tab(1)", "tabs", key_display="[ ]", id="migrations.tab",
        group=HERE, tooltip="About, Source",
    ),
    Binding(
        "left_square_bracket", "tab(-1)", "", show=False, id="migrations.tab_back", group=HERE,
    ),
    Binding(
        "Z", "undo", "undo…", id="migrations.undo", group=ASKS,
        tooltip="undo the last upgrade, downgrade, restore …; types the name",
    ),
    FILTER,
    *MATCHES,
    Binding(
        "y", "copy", "copy revision", id="migrations.copy", group=HERE,
        tooltip="copy the revision (OSC 52)",
    ),
    ACTIONS,
    Binding(
        "c", "current", "current", id="migrations.current", group=HERE,
        tooltip="go to where the database stands",
    ),
]  # fmt: skip

MENU = ("open", "rehearse", "upgrade", "downgrade", "stamp", "image", "undo", "copy", "current")
