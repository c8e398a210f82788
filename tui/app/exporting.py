"""Exports from the screen: asked how and where to, then written with its progress in sight.

The one way in is `open_export`: whoever shows rows says which (`What`) and of which database.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tui.app.app import McpdbApp
    from tui.app.exporting_wish import What


def open_export(app: McpdbApp, what: What) -> None:
    """Ask how and where to, then write.

    Args:
        app: The screen.
        what: Tables, rows of one, or a statement: `What(source="live", sql="SELECT …")`.
    """
    if app.seen.deployment is None:
        app.say("No gateway is chosen.", "attention")
        return
    if any(worker.group == "export" and not worker.is_finished for worker in app.workers):
        return  # x was pressed twice before the dialog was there.
    app.run_worker(_export(app, what), group="export", exclusive=True)


async def _export(app: McpdbApp, what: What) -> None:
    from tui.app.exporting_wish import ExportWish
    from tui.app.screens.export_question import ExportQuestion
    from tui.app.screens.export_running import ExportRunning

    deployment, said = app.seen.deployment, ""
    if deployment is None:
        return
    wish = ExportWish(deployment, what, app.now(), app.mask)
    while await app.push_screen_wait(ExportQuestion(wish, said)):
        ended = await app.push_screen_wait(ExportRunning(wish))
        if not ended.problem:
            app.say(ended.sentence)
            return
        if ended.cancelled:
            app.say(ended.problem, "attention")
            return
        # Another place may take it: what was chosen stays chosen.
        wish.replace, said = False, ended.problem
    app.say("Cancelled. Nothing was written.")
