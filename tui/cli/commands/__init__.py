"""The commands, one module per group; each is imported only when it is typed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Entry:
    """Where a command lives, and its line in `--help`."""

    module: str
    help: str
    function: str = ""
    """Its name in the module, where that is not the command's."""


COMMANDS: Mapping[str, Entry] = {
    "demo": Entry("demo", "A deployment to try everything on: no Docker, nothing that matters."),
    "status": Entry(
        "status", "Gateway, database, backups and what needs a person; changes nothing."
    ),
    "tables": Entry("tables", "Tables with row counts, or the first rows of NAME; secrets masked."),
    "schema": Entry("schema", "The statements that made TABLE, or all of them."),
    "rows": Entry("rows", "The rows of TABLE, filtered and sorted; secrets masked."),
    "query": Entry("query", "Run one SELECT, with secrets masked; SQL - reads it from stdin."),
    "export": Entry(
        "export",
        "Write tables out: one to a file or stdout, several or all (no TABLE) into a folder.",
    ),
    "import": Entry(
        "import_", "Put the rows of FILE into a table: all of them or none.", "import_"
    ),
    "backup": Entry("backup", "Create, list, verify, label, compare, prune and prove backups."),
    "restore": Entry("restore", "Put BACKUP in the place of the live database."),
    "undo": Entry(
        "restore", "Take back what last replaced the database, from the safety copy it kept."
    ),
    "salvage": Entry(
        "salvage", "Read what is left of a damaged file into a new one, beside the backups."
    ),
    "resume": Entry("restore", "Finish or undo what was cut short."),
    "migrations": Entry(
        "migrations",
        "The gateway's revisions, rehearsed, upgraded, downgraded; and what is wrong with them.",
    ),
    "bootstrap": Entry(
        "bootstrap", "Make the missing or empty database, by the gateway's own bootstrap."
    ),
    "reset": Entry("reset", "Put a fresh, empty database in the place of the live one."),
    "doctor": Entry(
        "doctor",
        "Every check of database, backups, gateway and host, worst first; changes nothing.",
    ),
    "maintain": Entry(
        "maintenance", "The weekly routine: backup, integrity, foreign keys, ANALYZE, VACUUM, size."
    ),
    "check": Entry(
        "maintenance", "Check the live database while the gateway runs; exits with 3 on damage."
    ),
    "vacuum": Entry("maintenance", "Give back the room of unused pages."),
    "analyze": Entry("maintenance", "Let SQLite count what its query planner goes by."),
    "reindex": Entry("maintenance", "Rebuild damaged indexes from their tables."),
    "gateway": Entry("gateway", "State, start, stop and restart of the gateway."),
    "rotate-logs": Entry(
        "rotate_logs", "Compress old logs, empty those in use, delete very old ones.", "rotate_logs"
    ),
    "stats": Entry(
        "stats", "Pages, tables by size, unused space, indexes that repeat others, and growth."
    ),
    "tune": Entry(
        "tune", "Every setting that matters, where it is set and who can change it; or change one."
    ),
    "logs": Entry("logs", "Container, log files and activity, merged by time; secrets masked."),
    "schedule": Entry(
        "schedule",
        "Nightly backups and prunes, weekly drill and routine, rotated logs: by systemd or cron.",
    ),
    "activity": Entry(
        "activity",
        "What was done here, newest first; with ID (op number or journal) all its steps.",
    ),
    "config": Entry("config", "Every setting, and where its value came from."),
}
"""All commands, in the order of `--help`."""
