"""The gateway's database guide, line by line, and what stands here in its place.

Each `Line` is one thing that a code block of the guide does, told in words of our own; together
they are every block of every section. The README's table is made of them
(`python -m tests.readme --write`), tests hold its commands and keys against the program, and
`tests/docker/test_guide.py` runs each line on the real gateway or names the test that does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One thing that a block of the guide does."""

    id: str
    """Names it in tests."""
    section: str
    """As the guide calls it."""
    block: int
    """Which code block of the section; 0: its text."""
    does: str
    commands: tuple[str, ...]
    """After `mcpdb-tui`; words in capitals are for the operator to fill in."""
    keys: tuple[str, ...]
    """Ways on the screen: a pane's number and keys, or `:` and words of the palette."""
    instead: str = ""
    """What the guide does and is not done here, and why."""
    proof: str = ""
    """A test below `tests/docker/` that runs it already; empty: `test_guide.py` does."""


SECTIONS = {
    "Database Overview": 0,
    "Database Initialization": 1,
    "Manual Database Bootstrap": 1,
    "Method 1: File Copy": 1,
    "Method 2: SQLite Backup Command": 1,
    "Method 3: Hot Backup": 1,
    "Automated Backup Script": 1,
    "Restoring from Backup": 1,
    "Understanding Migrations": 1,
    "Running Migrations": 1,
    "Migration Troubleshooting": 1,
    "Database Schema Inspection": 1,
    "Database Statistics": 1,
    "Performance Monitoring": 1,
    "Weekly Maintenance Script": 1,
    "Database Optimization": 1,
    "Log Rotation": 1,
    "Complete Database Loss": 1,
    "Partial Data Recovery": 1,
    "SQLite Configuration": 1,
    "Performance Tuning": 1,
    "Database Locked": 1,
    "Database Corruption": 1,
    "Migration Failures": 1,
}
"""Every section of the guide that says how something is done, and how many code blocks it has."""

LINES = (
    Line(
        id="overview",
        section="Database Overview",
        block=0,
        does="where the database is, its size, its schema",
        commands=("status", "config show"),
        keys=("0",),
    ),
    Line(
        id="initialised",
        section="Database Initialization",
        block=1,
        does="see that the file is there and has more in it than nothing",
        commands=("doctor",),
        keys=("6",),
        instead="a size proves nothing: header, tables and revision are looked at",
    ),
    Line(
        id="tables-are-there",
        section="Database Initialization",
        block=1,
        does="list the tables",
        commands=("tables",),
        keys=("1",),
    ),
    Line(
        id="bootstrap",
        section="Manual Database Bootstrap",
        block=1,
        does="stop, delete the database, make an empty one, start",
        commands=("reset --confirm NAME", "bootstrap --confirm NAME"),
        keys=(":reset", ":bootstrap"),
        instead="nothing is deleted: the new file is made beside the old one, which stays as a "
        "safety copy; `undo` brings it back",
        proof="test_migrations.py::test_reset_its_undo_and_a_bootstrap_of_what_is_missing",
    ),
    Line(
        id="cold-backup",
        section="Method 1: File Copy",
        block=1,
        does="stop, copy the file, look at it, start",
        commands=("backup create --cold --yes", "backup list"),
        keys=(":back up cold", "2"),
        instead="no `cp`: a clean stop leaves commits in the `-wal`, which a copy of the file "
        "alone has not",
    ),
    Line(
        id="backup-command",
        section="Method 2: SQLite Backup Command",
        block=1,
        does="copy through SQLite's backup",
        commands=("backup create",),
        keys=("2 b",),
    ),
    Line(
        id="hot-backup",
        section="Method 3: Hot Backup",
        block=1,
        does="the same while the gateway runs",
        commands=("backup create", "backup verify latest"),
        keys=("2 b", "2 t"),
    ),
    Line(
        id="nightly-backup",
        section="Automated Backup Script",
        block=1,
        does="a backup every night",
        commands=("schedule install --yes", "schedule status"),
        keys=(":schedule",),
    ),
    Line(
        id="keep-seven-days",
        section="Automated Backup Script",
        block=1,
        does="delete backups that are older than seven days",
        commands=("backup prune --confirm NAME",),
        keys=("2 P",),
        instead="no `find -delete`: it takes the last good one, too. Rules keep daily, weekly "
        "and monthly ones, and never fewer than three verified",
    ),
    Line(
        id="restore",
        section="Restoring from Backup",
        block=1,
        does="stop, copy over the database, give it to the gateway's user, start",
        commands=("restore BACKUP --confirm NAME", "undo --confirm NAME"),
        keys=("2 B", "2 Z"),
        instead="no fixed owner: a file gets the owner that the image in use runs as",
    ),
    Line(
        id="healthy",
        section="Restoring from Backup",
        block=1,
        does="ask the health address",
        commands=("gateway status",),
        keys=("9",),
        instead="HTTP 200 is not enough: the answer's JSON has to say healthy",
    ),
    Line(
        id="current",
        section="Understanding Migrations",
        block=1,
        does="the revision that the database is at",
        commands=("migrations current",),
        keys=("3 c",),
    ),
    Line(
        id="history",
        section="Understanding Migrations",
        block=1,
        does="the history of revisions with their messages",
        commands=("migrations list --verbose", "migrations show REVISION"),
        keys=("3", "3 Enter"),
    ),
    Line(
        id="pending",
        section="Understanding Migrations",
        block=1,
        does="what is pending",
        commands=("migrations heads", "migrations list --pending"),
        keys=("3",),
    ),
    Line(
        id="upgrade",
        section="Running Migrations",
        block=1,
        does="upgrade to the head or to a revision",
        commands=(
            "migrations rehearse",
            "migrations upgrade --confirm NAME",
            "migrations upgrade --to REVISION --confirm NAME",
        ),
        keys=("3 r", "3 U"),
        instead="not inside the running gateway: rehearsed on a copy, done on a copy of the "
        "stopped file, put in place when it is whole",
        proof="test_migrations.py::"
        "test_0_3_1_is_rehearsed_with_1_0_7_then_upgraded_with_the_image_and_taken_back",
    ),
    Line(
        id="downgrade",
        section="Running Migrations",
        block=1,
        does="downgrade by one",
        commands=("migrations downgrade -1 --confirm NAME",),
        keys=("3 D",),
        instead="the image migrates up at its next start: the plan says so first",
        proof="test_migrations.py::"
        "test_downgrade_to_a_revision_and_stamp_want_the_name_and_are_undone",
    ),
    Line(
        id="migration-status",
        section="Migration Troubleshooting",
        block=1,
        does="see where a failed migration stands",
        commands=("migrations doctor",),
        keys=("3", "6"),
    ),
    Line(
        id="migrate-anew",
        section="Migration Troubleshooting",
        block=1,
        does="delete the database and begin with an empty one",
        commands=("restore latest --confirm NAME", "reset --confirm NAME"),
        keys=("2 B", ":reset"),
        instead="a backup first; an empty database is the last resort, and keeps the old one",
        proof="test_migrations.py::test_reset_its_undo_and_a_bootstrap_of_what_is_missing",
    ),
    Line(
        id="list-tables",
        section="Database Schema Inspection",
        block=1,
        does="list all tables",
        commands=("tables",),
        keys=("1",),
    ),
    Line(
        id="schema",
        section="Database Schema Inspection",
        block=1,
        does="the schema of one table, or of all",
        commands=("schema gateways", "schema"),
        keys=("1 Enter ]",),
    ),
    Line(
        id="size",
        section="Database Statistics",
        block=1,
        does="size of the file, and what belongs to the database",
        commands=("status", "stats"),
        keys=("0", "7"),
    ),
    Line(
        id="row-counts",
        section="Database Statistics",
        block=1,
        does="rows of each table",
        commands=("tables",),
        keys=("1",),
        instead="the guide's statement counts tables, not rows",
    ),
    Line(
        id="integrity",
        section="Database Statistics",
        block=1,
        does="check every page",
        commands=("check",),
        keys=("7 [ Enter",),
    ),
    Line(
        id="analyze",
        section="Performance Monitoring",
        block=1,
        does="ANALYZE",
        commands=("analyze --online",),
        keys=("7 [ Enter",),
    ),
    Line(
        id="pages",
        section="Performance Monitoring",
        block=1,
        does="number and size of pages; tables and indexes",
        commands=("stats",),
        keys=("7",),
        instead="the guide's statement says 1 for each; here is what each takes",
    ),
    Line(
        id="weekly",
        section="Weekly Maintenance Script",
        block=1,
        does="backup, check, ANALYZE, VACUUM, size",
        commands=("maintain --stop",),
        keys=("7 [ r",),
        instead="a check that fails ends it: the guide's script prints OK whatever was found",
        proof="test_maintain.py::test_the_weekly_routine_from_cron_and_with_a_stop",
    ),
    Line(
        id="vacuum",
        section="Database Optimization",
        block=1,
        does="give unused pages back",
        commands=("vacuum --stop",),
        keys=("7 [ V",),
        instead="not under the running gateway unless asked; a verified copy first",
    ),
    Line(
        id="optimize",
        section="Database Optimization",
        block=1,
        does="statistics anew, and a check",
        commands=("analyze --online", "check"),
        keys=("7 [ Enter",),
    ),
    Line(
        id="rotate-logs",
        section="Log Rotation",
        block=1,
        does="compress logs after a day, delete them after 30",
        commands=("rotate-logs --yes",),
        keys=(":rotate logs",),
        instead="a file that is held open is copied and emptied, never renamed away from its "
        "writer as gzip does",
        proof="test_rotate_logs.py::test_the_gateway_s_own_log_is_emptied_while_it_goes_on_writing",
    ),
    Line(
        id="down-and-up",
        section="Complete Database Loss",
        block=1,
        does="take the services down; bring them up again",
        commands=("gateway down --yes", "gateway up"),
        keys=("9 a",),
        proof="test_compose_down_up.py::"
        "test_down_removes_containers_and_networks_and_up_brings_the_same_database_back",
    ),
    Line(
        id="complete-loss",
        section="Complete Database Loss",
        block=1,
        does="delete the damaged database, copy the latest backup, give it away, ask its health",
        commands=("restore latest --confirm NAME", "bootstrap --confirm NAME"),
        keys=("2 B", ":bootstrap"),
        instead="the damaged file is not deleted: it is kept as it was found. No backup: nothing "
        "is created silently, `bootstrap` is asked for",
        proof="test_complete_loss.py::test_damaged_then_gone_then_without_a_backup",
    ),
    Line(
        id="partial-recovery",
        section="Partial Data Recovery",
        block=1,
        does="write the tables that can be read to CSV",
        commands=("salvage", "export gateways tools --to FOLDER"),
        keys=("7 [ Enter", "1 x"),
    ),
    Line(
        id="import-csv",
        section="Partial Data Recovery",
        block=1,
        does="put the CSV files into the new database",
        commands=("import FILE --upsert --confirm NAME",),
        keys=("1 I",),
        proof="test_export_import.py::"
        "test_a_tool_that_was_deleted_is_imported_and_the_gateway_lists_it",
    ),
    Line(
        id="variables",
        section="SQLite Configuration",
        block=1,
        does="variables of the connection",
        commands=("tune", "config show"),
        keys=("7 ]",),
        instead="`SQLITE_TIMEOUT` and `SQLITE_BUSY_TIMEOUT` are read by no release; `tune` says "
        "which ones yours reads",
    ),
    Line(
        id="pragmas",
        section="Performance Tuning",
        block=1,
        does="set pragmas",
        commands=("tune",),
        keys=("7 ]",),
        instead="`synchronous`, `cache_size` and `temp_store` end with the connection that set "
        "them: only what stays in the file is changed",
    ),
    Line(
        id="locked",
        section="Database Locked",
        block=1,
        does="look for lock files",
        commands=("doctor", "status"),
        keys=("6", ":locked"),
        instead="`-wal` and `-shm` are no lock files: who holds the lock is named",
    ),
    Line(
        id="delete-wal",
        section="Database Locked",
        block=1,
        does="delete `-wal` and `-shm`, restart",
        commands=("gateway restart --yes",),
        keys=("9 X",),
        instead="never: the `-wal` holds commits that are not in the file yet. Restarting lets "
        "SQLite take them in",
    ),
    Line(
        id="corruption",
        section="Database Corruption",
        block=1,
        does="check, then put the latest backup in place",
        commands=("check", "restore latest --confirm NAME"),
        keys=("7 [ Enter", "2 B"),
    ),
    Line(
        id="stamp-head",
        section="Migration Failures",
        block=1,
        does="say that the database is at the head",
        commands=("migrations stamp head --confirm NAME",),
        keys=("3 S",),
        instead="refused where tables and columns do not fit that revision",
        proof="test_migrations.py::"
        "test_downgrade_to_a_revision_and_stamp_want_the_name_and_are_undone",
    ),
    Line(
        id="start-fresh",
        section="Migration Failures",
        block=1,
        does="delete the database and begin with an empty one",
        commands=("reset --confirm NAME",),
        keys=(":reset",),
        proof="test_migrations.py::test_reset_its_undo_and_a_bootstrap_of_what_is_missing",
    ),
)


def table() -> Iterator[str]:
    """The README's table, a section a row for each of its lines."""
    yield "| the guide | what it does | here | on the screen | not done, and why |"
    yield "| --- | --- | --- | --- | --- |"
    for section, lines in groupby(LINES, key=lambda line: line.section):
        for number, line in enumerate(lines):
            here = " · ".join(f"`{command}`" for command in line.commands)
            keys = " · ".join(f"`{key}`" for key in line.keys)
            name = section if not number else ""
            yield f"| {name} | {line.does} | {here} | {keys} | {line.instead} |"
