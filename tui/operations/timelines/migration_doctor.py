"""What is wrong between a database and its migrations: named, explained, with the remedy.

Reading only, and cheap enough for a screen: one look at the file, the revisions that were read
already, the gateway's log only where the gateway is not well. What cannot be looked at is said to
be unknown, never to be in order.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, replace

from tui.core.errors import McpdbError
from tui.core.models import (
    Backup,
    Deployment,
    GatewayState,
    Health,
    MigrationFinding,
    Revision,
    Timeline,
)
from tui.operations.cataloguing.catalogue import read_catalogue
from tui.operations.cataloguing.recommended import recommended
from tui.operations.finding.gateways import gateway_of, health_of
from tui.operations.reads.looking import LiveDatabase
from tui.operations.timelines.migration_log import crash_loop
from tui.operations.timelines.migration_owner import owner_finding
from tui.operations.timelines.migration_stamp import stamp_findings
from tui.operations.timelines.migration_version import (
    finding_of,
    heads_finding,
    revision_findings,
    told_backup,
    version_findings,
)
from tui.services import files
from tui.services.migrations.expected import CONSTRAINT, INDEX, Thing
from tui.services.migrations.graph import upto
from tui.services.sqlite import inspection
from tui.services.sqlite.connections import translating
from tui.services.sqlite.leftovers import leftovers, original_of
from tui.services.sqlite.schema_text import read_table
from tui.wording.clean import one_line
from tui.wording.quantities import plural

_ORDER = ("FAIL", "warn", "unknown")


def examine(
    deployment: Deployment,
    timeline: Timeline,
    state: GatewayState,
    health: Health | None = None,
) -> tuple[MigrationFinding, ...]:
    """Look for everything that keeps migrations from running, or makes them run wrongly.

    Never raises for a file or a gateway that is not as it should be, and changes nothing.

    Args:
        deployment: Whose.
        timeline: Of its code; where the database stands is read from the file itself.
        state: What the gateway is doing.
        health: What it says of itself; asked for where it is not given.

    Returns:
        The findings, worst first; nothing when all is well.
    """
    if health is None:
        health = health_of(gateway_of(deployment), state)
    found = [
        *_file(deployment, timeline),
        *(
            finding
            for finding in (
                crash_loop(deployment, state, health),
                heads_finding(timeline),
                owner_finding(deployment, state),
            )
            if finding is not None
        ),
    ]
    return tuple(sorted(found, key=lambda finding: _ORDER.index(finding.verdict)))


# --- the file -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Look:
    """What one look at the database found."""

    stamps: tuple[str, ...]
    has_version: bool
    """Whether there is a table `alembic_version`."""
    left: tuple[tuple[str, str], ...]
    rows: Mapping[str, int]
    """Of the tables that are left over, and of those they were to replace."""
    have: frozenset[Thing]


def _file(deployment: Deployment, timeline: Timeline) -> list[MigrationFinding]:
    live = LiveDatabase(deployment)
    refusal = live.refusal()
    path = one_line(str(deployment.database))
    try:
        found = None if refusal else files.identity(deployment.database)
        if not refusal and (found is None or found.size == 0):
            return [_nothing(deployment, path, there=found is not None)]
        look = _look(live)
    except McpdbError as error:
        text = f"Revision and leftovers could not be looked at: {one_line(str(error))}"
        return [MigrationFinding(name="unknown-revision", verdict="unknown", text=text)]
    timeline = replace(timeline, current=look.stamps)
    tables = {table for table, column in look.have if not column and table != "alembic_version"}
    if not tables:
        text = f"{path} has no tables."
        remedy = "A reset puts a complete new database in its place."
        return [finding_of("empty", "FAIL", text, remedy, "reset")]
    return [
        *_left_over(look, timeline),
        *revision_findings(deployment, timeline),
        *version_findings(look.stamps, look.has_version, look.have, timeline),
        *stamp_findings(timeline, look.have),
    ]


def _look(live: LiveDatabase) -> _Look:
    """Read names, columns, stamps and leftovers in one connection.

    Raises:
        McpdbError: The file cannot be read.
    """
    with live.opened() as opened, translating(live.path):
        connection = opened.connection
        tables = [table for table in inspection.tables(connection) if table.kind != "view"]
        have: set[Thing] = set()
        for table in tables:
            have.add((table.name.lower(), ""))
            columns = inspection.columns(connection, table.name)
            have |= {(table.name.lower(), column.lower()) for column in columns}
        have |= _names(connection)
        left = leftovers(connection)
        names = {table.name for table in tables}
        concerned = {name for table, _ in left for name in (table, original_of(table))} & names
        return _Look(
            stamps=inspection.revisions(connection),
            has_version="alembic_version" in names,
            left=left,
            rows={name: inspection.count(connection, name) for name in sorted(concerned)},
            have=frozenset(have),
        )


def _names(connection: sqlite3.Connection) -> set[Thing]:
    """Indexes and constraints that have a name, with their tables."""
    found: set[Thing] = set()
    rows = connection.execute(
        "SELECT type, name, tbl_name, sql FROM sqlite_schema"
        " WHERE type IN ('index', 'table') AND sql IS NOT NULL"
    )
    for kind, name, table, sql in rows:
        if kind == "index":
            found.add((str(table).lower(), f"{INDEX}{name}".lower()))
        else:
            clauses = read_table(str(sql)).clauses
            found |= {(str(table).lower(), CONSTRAINT + c.name.lower()) for c in clauses if c.name}
    return found


def _nothing(deployment: Deployment, path: str, *, there: bool) -> MigrationFinding:
    """No database, or 0 bytes."""
    newest = _newest(deployment)
    instead = f" To have its rows back, restore {told_backup(newest)} instead." if newest else ""
    if there:
        text = f"{path} has 0 bytes: a start of the gateway was cut before it made its tables."
        remedy = f"Bootstrap makes a complete one aside and puts it there.{instead}"
        return finding_of("empty", "FAIL", text, remedy, "bootstrap")
    text = f"There is no database at {path}."
    remedy = f"Bootstrap makes one aside and puts it there.{instead}"
    return finding_of("missing", "FAIL", text, remedy, "bootstrap")


def _newest(deployment: Deployment) -> Backup | None:
    try:
        return recommended(read_catalogue(deployment))
    except McpdbError:
        return None


# --- leftovers ----------------------------------------------------------------------------


def _left_over(look: _Look, timeline: Timeline) -> list[MigrationFinding]:
    """Each table that a cut migration left, with the only remedy that loses nothing."""
    found = []
    for table, remedy in look.left:
        name, original = one_line(table), one_line(original_of(table))
        cut = _cut_revision(timeline, original_of(table))
        text = f"{name} is left from a migration that was cut{f' ({cut})' if cut else ''}."
        rows = plural(look.rows.get(table, 0), "row")
        if remedy == "drop":
            says = f"The upgrade drops it on a copy, migrates and swaps: {original} has all rows."
        elif remedy == "rename":
            text = f"{text[:-1]}, and {original} is gone: the {rows} are in the leftover alone."
            says = (
                f"The upgrade gives it the name {original} back on a copy, migrates and swaps. "
                "Never drop it."
            )
        else:
            have = plural(look.rows.get(original_of(table), 0), "row")
            text = f"{text[:-1]}, with {rows}; {original} has {have}: which is right is not known."
            says = (
                "Restore a backup from before it, or look at both tables (1) and drop one by "
                "hand while the gateway is stopped."
            )
        repair = {"leftovers": True} if remedy else {}
        finding = finding_of("leftover", "FAIL", text, says, "upgrade" if remedy else "", **repair)
        if remedy == "rename":
            lost = f"Indexes of {original} went with it; the rehearsal shows what differs."
            finding = replace(finding, details=(lost,))
        found.append(finding)
    if any(not remedy for _table, remedy in look.left):
        # One upgrade puts all of them right or none.
        found = [replace(finding, operation="", params={}) for finding in found]
    return found


def _cut_revision(timeline: Timeline, original: str) -> str:
    """The pending revision that most likely was cut: the first that rebuilds the table."""
    waiting = _pending(timeline)
    for revision in waiting:
        if "batch_alter_table" in revision.source and original in revision.source:
            return revision.revision
    return ""


def _pending(timeline: Timeline) -> list[Revision]:
    done = upto(timeline.revisions, timeline.current)
    return [r for r in reversed(timeline.revisions) if r.revision not in done]
