"""Imports what the first key is likely to need, once the first screen stands.

Opening the table browser imports a hundred modules: 0.2 s of the processor, which whoever presses
`1` would wait for, with every key after it. At the start they would be waited for by everybody.
So a thread does it between the two. Whoever is faster meets the same imports half done, and waits
for the rest.
"""

from __future__ import annotations

import gc
import threading
from importlib import import_module

LATER = 0.3
"""Seconds after the first look at the database, in which that is drawn."""
BETWEEN = 0.02
"""Seconds between two imports, for keys."""
MODULES = (
    "tui.core.models.rows",
    "tui.services.sqlite.relations",
    "tui.services.sqlite.paging",
    "tui.services.sqlite.conditions",
    "tui.operations.reads.browsing",
    "tui.app.widgets.grid",
    "tui.app.screens.row_view",
    "tui.app.panes.tables",
)


class Ahead(threading.Thread):
    """Imports them one by one, and is over."""

    def __init__(self) -> None:
        super().__init__(name="look: ahead", daemon=True)
        self._ended = threading.Event()

    def run(self) -> None:
        """Import until all are there, or ended."""
        wait = LATER
        for name in MODULES:
            if self._ended.wait(wait):
                return
            import_module(name)
            wait = BETWEEN
        # Looking through all of it for garbage would hold up a key, again and again.
        gc.freeze()

    def end(self) -> None:
        """Import no more; does not wait for the one that is under way."""
        self._ended.set()
