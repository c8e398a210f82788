"""A text looked for in all tables: asked for, found beside the event loop, opened filtered."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tui.app.app import McpdbApp
    from tui.app.panes.tables_verbs import TablesVerbs

MOST = 200
"""Characters of a text that is looked for."""


def open_search(app: McpdbApp, pane: TablesVerbs, word: str) -> None:
    """Search what the table browser shows, and show what is chosen of what was found.

    Args:
        app: The screen.
        pane: Whose tables; the live database's or an opened backup's.
        word: What is looked for; it is asked for where that is empty.
    """
    app.run_worker(_search(app, pane, word), group="search", exclusive=True)


async def _search(app: McpdbApp, pane: TablesVerbs, word: str) -> None:
    from tui.app.screens.one_line import OneLine
    from tui.app.screens.search_tables import SearchScreen
    from tui.services.sqlite.searching import line_of

    desk = pane.desk()
    if desk is None or pane.seen.deployment is None:
        app.say("There is no database to search.", "attention")
        return
    while True:
        if not word:
            hint = "part of a text, in any case; every table, secrets left out; Esc leaves"
            typed = await app.push_screen_wait(OneLine("Search all tables", "", hint))
            if not typed:
                return
            word = typed
        chosen = await app.push_screen_wait(
            SearchScreen(word, desk, pane.seen.deployment, source=pane.source)
        )
        if chosen is None:
            return
        if chosen.table:
            await app.action_pane(1)
            pane.open_filtered(chosen.table, line_of(word), chosen.column)
            return
        word = ""
