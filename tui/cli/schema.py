"""The one JSON schema of `--json`.

Every command prints exactly one document on stdout, whatever happens:

    {"format": 1,              number of this schema
     "command": "backup list", the command's words; "" when they were not understood
     "ok": true,               whether exit is 0
     "exit": 0,                the exit code of the process
     "data": {…} or null,      what `DATA` says for this command
     "error": null or {"text": "one sentence", "code": "not-found", …}}

`code` is the exit code's name: failed usage verification rolled-back rollback-failed not-found
busy precheck docker unhealthy partly signal. Where several gateways are here and none was
chosen, `error` also holds `candidates`. A `restore` or `undo` that was refused or not confirmed
still holds its plan in `data`.

`logs --follow` prints one document a line instead, each {"format", "command", "line"}.

Values: times are ISO 8601 in UTC, sizes bytes, durations seconds, paths text. Foreign text stands
exactly as it is; every character but printable ASCII is escaped, so nothing reaches the terminal
raw. Values of the database keep SQLite's types; what JSON cannot say is an object of one key:
{"$blob": "hexadecimal"}, {"$real": "inf"}, and for a secret {"$masked": length}.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tui.core.errors import ExitCode

FORMAT = 1

_OPERATION = {
    "operation": "the journal's entry: id, exit_code, outcome, sentence, steps, result …",
    "recovered": "ids of operations that were cut and had to be finished or undone first",
}
_PLANNED = {"plan": "with --plan, what would happen", **_OPERATION}
_REPLACING = {
    "plan": "what would happen: checks, changes, steps, downtime, fingerprint …",
    **_OPERATION,
}

DATA: Mapping[str, Mapping[str, str]] = {
    "demo": {"folder": "where the demo lies", "name": "its name", "left": "what was left running"},
    "status": {
        "deployment": "name, database, gateway and problems of the deployment",
        "gateway": "what the gateway is doing",
        "health": "what its health address answered",
        "database": "what one look at the file found",
        "head": "head of the gateway's migrations; empty while not known",
        "lock": "who is changing something now, or null",
        "running": "the operation that is going on, or null",
        "unfinished": "operations that were cut short; `resume` settles them",
        "last_backup": "the newest verified backup, or null",
        "backups": "how many backups there are",
        "integrity": "result of the last full check on record",
        "integrity_at": "when that was",
        "needs": "what wants a person, worst first",
        "drill": "the newest restore drill: at, backup, result, seconds; or null",
    },
    "tables": {
        "source": "path of the database or backup",
        "tables": "without NAME: name, kind and rows of each",
        "rows": "with NAME: table, columns, rows, masked columns, cut, more",
        "hits": "with --search: table, column, key and excerpt of each row that has it",
    },
    "schema": {
        "source": "path of the database or backup",
        "sql": "the statements that made TABLE, or all, as SQLite keeps them",
        "relations": "of each: name, kind, columns, indexes, foreign_keys, triggers, problem",
        "sizes": "with --sizes: name, table, bytes, unused of each table and index; null where "
        "this SQLite cannot tell",
    },
    "rows": {
        "source": "path of the database or backup",
        "table": "its name",
        "columns": "those that are shown",
        "rows": "a list of values each",
        "first": "number of the first row, from 1; null with --last",
        "before": "whether rows stand before these",
        "after": "whether rows stand behind them",
        "masked": "columns whose secrets are masked",
        "cut": "how many values are not whole: of a view, or past 64 MiB",
        "sql": "the same as a SELECT",
    },
    "query": {
        "source": "path of the database or backup",
        "plan": "with --plan, the lines of EXPLAIN QUERY PLAN; else null",
        "columns": "names as SQLite gives them",
        "rows": "a list of values each",
        "ended": "complete, or why there may be more: rows, size, seconds, cancelled",
        "seconds": "how long it ran",
        "masked": "table.column of each masked secret that it reads",
        "cut": "how many values were cut",
        "note": "what else is to be known of how it ran, or null",
    },
    "export": {
        "path": "the file or folder that was made",
        "export": "its manifest: kind, taken, source, revision, secrets, tables …",
        "sentence": "what was written, in one sentence",
    },
    "import": _REPLACING,
    "backup create": {"plan": "with --plan, what would happen", **_OPERATION},
    "backup list": {
        "folder": "where backups are written",
        "backups": "newest first unless sorted, each with its manifest",
        "rulings": "what retention says of each of them, in the same order",
        "strangers": "names in the folder that are no backups",
        "unread": "why a folder could not be looked into: there may be more backups",
        "total_size": "bytes of all backups",
        "newest_verified": "id of what `restore latest` takes, or null",
    },
    "backup show": {
        "backup": "the backup with its manifest",
        "ruling": "what retention says of it, or null where it does not count",
    },
    "backup verify": _OPERATION,
    "backup adopt": _OPERATION,
    "backup pin": _OPERATION,
    "backup unpin": _OPERATION,
    "backup label": _OPERATION,
    "backup delete": _REPLACING,
    "backup prune": _REPLACING,
    "backup drill": _OPERATION,
    "salvage": {
        "plan": "with --plan, what would happen",
        "operation": "the journal's entry; result.salvaged has the report: source, complete, "
        "tables (read, doubtful, lost or null, proof, gaps …), strays, damaged pages, what of "
        "the wal or journal was not read (unreadable_beside, hidden_wal, image)",
        "recovered": _OPERATION["recovered"],
    },
    "schedule print": {
        "kind": "systemd or cron",
        "files": "path and text of each; of a crontab our block alone",
    },
    "schedule install": _OPERATION,
    "schedule remove": _OPERATION,
    "schedule status": {
        "installed": "each schedule of this database: kind, where, user, lines",
        "jobs": "job, at, next, last, last_exit, last_text of each",
        "missed": "scheduled runs that came to nothing since one went well",
    },
    "backup compare": {
        "comparison": "first, second, tables that differ, how many are the same, words …",
        "rows": "with --table: table, rows (kind, key, before, after, columns, cut), masked, more",
    },
    "restore": _REPLACING,
    "undo": _REPLACING,
    "resume": {"resumed": "each operation that was settled: the journal's entries"},
    "migrations list": {
        "revisions": "newest first",
        "current": "rows of alembic_version",
        "heads": "heads of the gateway's code",
        "pending": "how many a start would run",
        "unknown": "of current, what the code does not know",
        "read_from": "which code was asked",
        "problem": "what is wrong with them, in a sentence",
    },
    "migrations show": {
        "revision": "revision, down, message, doc, release, state, applied, downgrade …",
        "up": "what its upgrade does, a line each, read from its source",
        "down": "what its downgrade does",
        "rehearsed": "id, at, who, action, ok, seconds, error of its newest rehearsal; or null",
        "backup_before": "id, taken, revision, verdict, path of the newest one before it; or null",
        "source": "with --source, the text of its file; else null",
        "read_from": "which code was asked",
    },
    "migrations current": {
        "current": "rows of alembic_version",
        "heads": "heads of the gateway's code, as far as remembered",
        "pending": "how many a start would run; null when not known",
        "applied": "by revision: at, by (operation, number, who …); without what our log lacks",
    },
    "migrations heads": {
        "heads": "each as in `migrations show`; several are the package's fault",
        "read_from": "which code was asked",
        "problem": "what is wrong with them, in a sentence",
    },
    "migrations rehearse": {
        "rehearsal": "the report: ok, before, after, runs, schema, rows, seconds, problem …; "
        "null where it came to none",
        **_OPERATION,
    },
    "migrations rehearsals": {
        "rehearsals": "without ID: the kept reports, newest first",
        "rehearsal": "with ID: one of them",
    },
    "migrations upgrade": _REPLACING,
    "migrations downgrade": _REPLACING,
    "migrations stamp": _REPLACING,
    "migrations doctor": {
        "findings": "name, verdict, text, remedy, operation and params of each; empty: all is well"
    },
    "doctor": {
        "checks": "worst first: name, verdict, text, explanation, remedy, details, exit_code; with "
        "--fix of one that is ok, that one",
        "resumed": "with --fix of what was cut: the journals' entries",
        **_REPLACING,
    },
    "bootstrap": _REPLACING,
    "reset": _REPLACING,
    "maintain": _PLANNED,
    "check": _PLANNED,
    "vacuum": _PLANNED,
    "analyze": _PLANNED,
    "reindex": _PLANNED,
    "gateway status": {
        "gateway": "what the gateway is doing",
        "health": "what its health address answered",
    },
    "gateway start": _OPERATION,
    "gateway stop": _OPERATION,
    "gateway restart": _OPERATION,
    "gateway down": _OPERATION,
    "gateway up": _OPERATION,
    "gateway own": _OPERATION,
    "stats": {
        "database": "pages, free_pages, page_size, size, wal_size, slack, tables, repeats …; a "
        "size is null where this SQLite cannot tell",
        "unused": "bytes of pages on the freelist",
        "growth": "bytes_a_day, disk_lasts_days, points (key, taken, size, unused …), kept",
    },
    "tune": {
        "settings": "without PRAGMA=VALUE: name, kind, in_file, at_gateway, advice, who, choices "
        "and verdict of each",
        **_REPLACING,
    },
    "rotate-logs": {
        "logs": "what happens to each: name, folder, size, action, why",
        "plan": "with --dry-run alone: what would happen; its facts hold the logs",
        **_OPERATION,
    },
    "logs": {
        "lines": "oldest first: source (gw, file, us), name of the source, time, level, logger, "
        "message, text as it came; event: said by us about the log",
        "more": "whether more lines pass than are told",
    },
    "activity": {
        "entries": "without ID: newest first, running ones on top",
        "total": "how many entries the log has",
        "matching": "how many of them the filter lets in",
        "not_kept": "how many older ones there were that have outlived their use",
        "path": "with --export: the file that was written",
        "entry": "with ID: one operation with all its steps",
    },
    "config show": {
        "settings": "key, value and origin of each",
        "candidates": "the deployments that were found",
    },
}
"""Keys of `data`, per command; also printed by each command's `--help`."""

_NAMES = {code: code.name.lower().replace("_", "-") for code in ExitCode}


def plain(value: Any) -> Any:  # noqa: ANN401
    """Turn a value of the product into plain JSON values; see the module."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else {"$real": str(value)}
    if isinstance(value, bytes):
        return {"$blob": value.hex()}
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, Path):
        return str(value)
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(plain(item) for item in value)
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return str(value)


def dumps(document: Mapping[str, Any]) -> str:
    """One line of ASCII: JSON's own escapes, and DEL, which it leaves as it is."""
    return json.dumps(plain(document), ensure_ascii=True).replace("\x7f", "\\u007f")


def code_name(code: int) -> str:
    """`not-found` for 10; `signal` above 128."""
    return _NAMES[ExitCode(code)] if code in set(ExitCode) else "signal"


def document(
    command: str,
    code: int,
    data: object,
    error: str = "",
    **more: Any,  # noqa: ANN401
) -> dict[str, Any]:
    """The document of one command.

    Args:
        command: Its words.
        code: The exit code.
        data: What `DATA` says, or None.
        error: The sentence, when something went wrong.
        more: What else the error holds.
    """
    told = {"text": error, "code": code_name(code), **more} if error else None
    return {
        "format": FORMAT,
        "command": command,
        "ok": code == 0,
        "exit": int(code),
        "data": data,
        "error": told,
    }
