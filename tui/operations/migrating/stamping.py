"""What a stamp would take for granted although it is not there."""

from __future__ import annotations

from tui.core.errors import McpdbError
from tui.core.models import Deployment, Timeline
from tui.operations.reads.looking import LiveDatabase
from tui.services.migrations.expected import Thing, schema_of
from tui.services.migrations.graph import upto
from tui.services.sqlite import inspection
from tui.services.sqlite.connections import translating
from tui.wording.clean import one_line


def missing(deployment: Deployment, timeline: Timeline, target: str) -> tuple[str, ...]:
    """Tables and columns that the revisions up to `target` make, as far as can be read.

    Args:
        deployment: Whose database.
        timeline: Of the code that knows the revision.
        target: What is stamped.

    Returns:
        `table mcp_app_sessions`, `column tools.deprecated` …, those that are not in the live
        database; a missing table is said without its columns. Nothing where it cannot be read.
    """
    try:
        have = _have(deployment)
    except McpdbError:
        return ()
    done = upto(timeline.revisions, [target])
    order = reversed(timeline.revisions)
    expected = schema_of((r.revision, r.source) for r in order if r.revision in done)
    gone = [
        (table, column)
        for table, column in expected.things
        if (table, column) not in have and (not column or (table, "") in have)
    ]
    return tuple(
        f"column {one_line(table)}.{one_line(column)}" if column else f"table {one_line(table)}"
        for table, column in gone
    )


def _have(deployment: Deployment) -> set[Thing]:
    """Tables and columns of the live database, in lower case."""
    live, found = LiveDatabase(deployment), set[Thing]()
    with live.opened() as opened, translating(live.path):
        for table in inspection.tables(opened.connection):
            if table.kind != "view":
                name = table.name.lower()
                columns = inspection.columns(opened.connection, table.name)
                found |= {(name, ""), *((name, column.lower()) for column in columns)}
    return found
