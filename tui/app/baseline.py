"""The backup that the live rows are compared with, told from what is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.app.seen import Seen

if TYPE_CHECKING:
    from tui.core.models import Backup


def baseline(seen: Seen) -> Backup | None:
    """The verified backup that the live rows are compared with; None without one."""
    if seen.catalogue is None:
        return None
    # Loaded already by the threads that read the catalogue.
    from tui.operations.cataloguing.baseline import baseline as chosen

    return chosen(seen.catalogue, counted(seen), looked=seen.looked is not None)


def counted(seen: Seen) -> dict[str, int]:
    """Rows of the live tables, as far as they were counted."""
    return {t.name: t.rows for t in seen.tables or () if t.rows is not None}


def configuration(seen: Seen) -> dict[str, int]:
    """Rows of the configuration tables now; what is remembered when somebody looked."""
    from tui.operations.cataloguing.baseline import CONFIGURATION

    return {name: rows for name, rows in counted(seen).items() if name in CONFIGURATION}
