"""Compare: what differs between a backup and the live database, or between two backups."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from tui.core.models import Comparison, Deployment, RowDifference, RowKind
from tui.core.secrets import is_secret
from tui.operations.comparing.compare_sides import Both, Checkpoint, on_both
from tui.operations.comparing.compare_tables import Comparing, pair_of
from tui.operations.reads.looking import LiveDatabase
from tui.services.files import Tick
from tui.services.sqlite import comparing_rows
from tui.services.sqlite.comparing_rows import KINDS as KINDS
from tui.services.sqlite.comparing_tables import fold

NAMES = (
    "name", "original_name", "display_name", "title", "slug", "full_name", "email",
    "user_email", "username", "uri", "url",
)  # fmt: skip
"""Columns that say to a person which row it is, the best first."""


def _no_tick(_done: int, _total: int) -> None:
    """Tell nobody."""


def _no_checkpoint() -> None:
    """Never stop."""


def compare(
    deployment: Deployment,
    first: str,
    second: str = "live",
    *,
    tick: Tick = _no_tick,
    checkpoint: Checkpoint = _no_checkpoint,
    live: LiveDatabase | None = None,
    only: str = "",
) -> Comparison:
    """Compare two databases, table by table, rows by their primary key.

    A value is the same if its type and its content are: 1 is neither 1.0 nor '1' (a column's
    affinity makes most such values the same before they are stored), text is compared byte by
    byte, NULL equals NULL. Rows that have no usable key (none, NULL in it, another key on the
    other side) are compared whole, each as often as it is there. Views and the values of
    generated columns follow from the rest; `alembic_version` is told as the sides' revision.

    Args:
        deployment: Whose databases.
        first: `live`, or a backup as `find_backup` understands it.
        second: The same.
        tick: Rows compared and in all; exact between tables, about right inside one.
        checkpoint: Called often; raises to stop.
        live: The live database as the caller reads it; `release` then ends the comparison.
        only: Name of the one table to compare; all by default.

    Raises:
        NotFoundError: There is no such backup, or neither side has the table `only`.
        DamagedError: One of the two cannot be read; says which.
        McpdbError: See `compare_sides.on_both`; and whatever `tick` and `checkpoint` raise.
    """
    begun = time.monotonic()

    def work(both: Both) -> Comparison:
        return Comparing(both, deployment.ignore, tick, checkpoint).all(only)

    found = on_both(deployment, first, second, work, checkpoint=checkpoint, live=live)
    return replace(found, seconds=time.monotonic() - begun)


def rows(
    deployment: Deployment,
    first: str,
    second: str,
    table: str,
    *,
    after: RowDifference | None = None,
    limit: int = 200,
    kinds: Sequence[RowKind] = KINDS,
    checkpoint: Checkpoint = _no_checkpoint,
    live: LiveDatabase | None = None,
) -> tuple[tuple[RowDifference, ...], bool]:
    """Read a page of the rows that differ in one table: removed, then added, then changed.

    Args:
        deployment: Whose databases.
        first: As for `compare`.
        second: As for `compare`.
        table: Its name; one that both sides have.
        after: The last row of the page before.
        limit: At most so many.
        kinds: Only these: each one costs a scan, so leave out those that were counted as 0.
        checkpoint: Called often; raises to stop.
        live: As for `compare`.

    Returns:
        The rows, and whether more follow.

    Raises:
        NotFoundError: There is no such backup, or not both sides have such a table.
        McpdbError: As for `compare`.
    """

    def work(both: Both) -> tuple[tuple[RowDifference, ...], bool]:
        found = pair_of(both, table, deployment.ignore)
        return comparing_rows.page(both.connection, found, kinds, after, limit)

    return on_both(deployment, first, second, work, checkpoint=checkpoint, live=live)


def names(
    deployment: Deployment,
    first: str,
    second: str,
    table: str,
    kind: RowKind,
    limit: int = 3,
    *,
    checkpoint: Checkpoint = _no_checkpoint,
    live: LiveDatabase | None = None,
) -> tuple[str, ...]:
    """Say which rows differ, as people know them: `crm-mcp`, `billing-mcp`; never a secret.

    Args:
        deployment: Whose databases.
        first: As for `compare`.
        second: As for `compare`.
        table: Its name.
        kind: Which rows.
        limit: At most so many.
        checkpoint: Called often; raises to stop.
        live: As for `compare`.

    Raises:
        McpdbError: As for `rows`.
    """
    found, _more = rows(
        deployment,
        first,
        second,
        table,
        limit=limit,
        kinds=(kind,),
        checkpoint=checkpoint,
        live=live,
    )
    return tuple(text for row in found if (text := name_of(table, row)))


def name_of(table: str, row: RowDifference) -> str:
    """What a person calls a row; empty where only secrets would tell."""
    values = row.before or row.after or {}
    known = {fold(column): value for column, value in values.items()}
    for column in NAMES:
        value = known.get(column)
        if isinstance(value, str) and value and not is_secret(table, column):
            return value
    hidden = {repr(v) for column, v in values.items() if is_secret(table, column)}
    return ", ".join(str(part) for part in row.key if repr(part) not in hidden)
