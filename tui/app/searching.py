"""A text looked for in all tables: asked for, found beside the event loop, opened filtered."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tui.app.app import McpdbApp
    from tui.app.panes.tables_verbs import TablesVerbs
    from tui.app.screens.search_tables import Chosen

HINT = "part of a text, in any case; every table, secrets left out"


async def open_search(app: McpdbApp, pane: TablesVerbs, word: str = "") -> None:
    """Search what the table browser shows, and show what is chosen of what was found.

    Returns when the first screen is there, so that what is typed ahead reaches it.

    Args:
        app: The screen.
        pane: Whose tables; the live database's or an opened backup's.
        word: What is looked for; it is asked for where that is empty.
    """
    if word:
        await _show(app, pane, word)
        return
    from tui.app.screens.search_tables import SearchLine

    async def typed(text: str | None) -> None:
        if text:
            await _show(app, pane, text)

    await app.push_screen(SearchLine("Search all tables", "", HINT), typed)


async def _show(app: McpdbApp, pane: TablesVerbs, word: str) -> None:
    from tui.app.screens.search_tables import SearchScreen
    from tui.services.sqlite.searching import line_of

    desk, deployment = pane.desk(), pane.seen.deployment
    if desk is None or deployment is None:
        app.say("There is no database to search.", "attention")
        return

    async def chosen(found: Chosen | None) -> None:
        if found is None:
            return
        if not found.table:
            await open_search(app, pane)
            return
        await app.action_pane(1)
        pane.open_filtered(found.table, line_of(word), found.column)

    await app.push_screen(SearchScreen(word, desk, deployment, source=pane.source), chosen)
