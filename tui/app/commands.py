"""The palette's commands: every key of every pane, and what has no key."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, cast

from textual.binding import Binding

from tui.app import verbs
from tui.app.panes import PANES, PaneEntry
from tui.app.screens.palette import Command

if TYPE_CHECKING:
    from tui.app.panes.base import Pane

WORDS: dict[str, tuple[str, ...]] = {
    "backups.create": ("backup", "copy", "save", "snapshot"),
    "backups.restore": ("bring back", "recover", "rollback", "lost"),
    "backups.compare": ("diff", "difference", "what changed", "what is gone"),
    "backups.bring_back": ("restore tables or rows", "partial restore", "bring rows back"),
    "backups.prune": ("retention", "clean up", "expire", "policy"),
    "backups.delete": ("remove", "rm"),
    "backups.pin": ("keep", "protect", "unpin"),
    "backups.label": ("name", "rename", "tag"),
    "backups.open": ("browse", "look into", "tables of a backup"),
    "backups.drill": ("test restore", "prove", "rehearse a restore"),
    "backups.salvage": ("corrupt", "damaged", "rescue", "recover", "malformed"),
    "salvage-live": ("corrupt", "damaged", "rescue", "recover", "malformed", "broken"),
    "salvage": ("corrupt", "damaged", "rescue"),
    "tables.salvage": ("corrupt", "damaged", "rescue", "recover", "malformed", "broken database"),
    "tables.walk": ("lost database", "missing database", "complete loss", "gone"),
    "backups.adopt": ("import", "register", "manifest"),
    "backups.back_up_cold": ("cold", "stop", "backup cold"),
    "backups.verify_all": ("check all", "hash all"),
    "migrations.rehearse": ("try migrations", "dry run", "test upgrade"),
    "migrations.upgrade": ("migrate", "update"),
    "migrations.downgrade": ("migrate down", "step back"),
    "rehearsals": ("rehearse", "reports", "dry runs"),
    "bootstrap": ("create database", "new database", "missing database"),
    "reset": ("empty", "wipe", "start over"),
    "repair": ("stuck migration", "_alembic_tmp", "half migrated", "wedged"),
    "tables.export": ("csv", "json", "ndjson", "tsv", "dump", "spreadsheet", "save rows"),
    "tables.import": ("load csv", "load json", "upload", "insert rows"),
    "tables.search": ("find", "grep", "look for", "where is"),
    "app.take_back": ("undo light change", "revert light change"),
    "backup-labelled": ("backup-with-label",),
    "backups.verify": ("check", "whole", "damaged", "hash"),
    "gateway.restart": ("reboot", "bounce"),
    "gateway.start": ("up",),
    "gateway.stop": ("down", "shut down"),
    "maintenance.vacuum": ("shrink", "compact", "give back space", "defragment"),
    "maintenance.count": ("measure", "sizes", "dbstat"),
    "maintenance.save": ("csv", "export statistics"),
    "maintenance.statistics": ("size", "growth", "plot", "how large", "indexes"),
    "maintenance.tuning": ("pragma", "journal_mode", "busy_timeout", "page_size", "settings"),
    "maintenance.routine": ("weekly", "integrity", "analyze", "optimize", "reindex"),
    "logs.follow": ("tail",),
    "app.operation": ("running", "progress"),
    "gateway.compose_down": ("docker compose down", "remove containers", "take down"),
    "gateway.compose_up": ("docker compose up", "up -d", "bring up"),
    "rotate": ("logrotate", "compress logs", "log size", "old logs"),
    "sql.run": ("execute", "query", "select", "f5"),
    "sql.stop": ("cancel", "interrupt", "kill query"),
    "app.pane_2": ("catalogue",),
    "activity.export": ("csv", "json", "audit", "maintenance log"),
    "app.pane_4": ("who", "history", "audit", "maintenance log"),
    "app.pane_6": ("health", "diagnose", "what is wrong", "checks", "examine"),
    "doctor.fix": ("repair", "put right", "remedy"),
    "doctor.again": ("examine", "check integrity", "integrity_check"),
    "locked": ("lock", "who holds", "busy", "database is locked", "holder"),
    "space": ("disk", "free", "full", "room", "no space left"),
    "app.pane_8": ("query", "select", "console"),
    "app.pane_9": ("health", "container"),
}
"""What people call things, by the id of the key."""

_UNDO = ("undo", "revert", "undo a restore", "undo an upgrade")
"""What an undo is called, whichever pane offers it."""

_ONLY_KEYS = ("home", "list", "glance")
"""Keys that move or belong to the glance: of no use without their place."""


_NOT_OFFERED = ("app.palette", "app.hint_quit", "app.pane_")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a command is carried out."""

    pane: int | None
    """None: by the app itself."""
    action: str
    takes_value: bool = False
    """The rest of the line is the action's parameter."""
    verb: str = ""
    """The parameter before that, of `named`."""

    def line(self, value: str) -> str:
        """The action as Textual runs it."""
        if not self.takes_value:
            return self.action
        verb = f"{self.verb!r}, " if self.verb else ""
        return f"{self.action}({verb}{value!r})"


def commands(current: Pane) -> tuple[list[Command], dict[str, Place]]:
    """Everything that can be asked for, and where it is done; the pane in sight comes first."""
    found: list[Command] = []
    places: dict[str, Place] = {}
    undo = False
    ordered = sorted(PANES, key=lambda entry: entry.number != current.NUMBER)
    for entry in ordered:
        for binding in _keys_of(entry):
            if binding.action == "undo" and undo:
                continue  # the same in several panes: the one in sight, or the first
            ident = binding.id or ""
            undo = undo or binding.action == "undo"
            places[ident] = Place(entry.number, binding.action)
            reason = current.why_not(binding.action) if entry.number == current.NUMBER else ""
            where = f"{entry.title}: {binding.tooltip}"
            title = verbs.undo_words(current.seen) if binding.action == "undo" else ""
            found.append(_command(binding, where, reason, title))
        for action, (title, hint) in _kind_of(entry).KEYLESS.items():
            ident = f"{entry.title.lower()}.{action}"
            places[ident] = Place(entry.number, action)
            reason = current.why_not(action) if entry.number == current.NUMBER else ""
            words = (*WORDS.get(ident, ()), hint)
            title = title[:1].upper() + title[1:]
            where = f"{entry.title}: {hint}"
            found.append(Command(ident, title, "", where, words, enabled=not reason, reason=reason))
    for binding in _keys_of_app(current):
        places[binding.id or ""] = Place(None, binding.action)
        found.append(_command(binding, binding.tooltip, ""))
    for entry in PANES:
        ident = f"app.pane_{entry.number}"
        places[ident] = Place(None, f"pane({entry.number})")
        words = WORDS.get(ident, ())
        found.append(Command(ident, entry.title, str(entry.number), entry.help, words))
    for ident, title, hint, action in _KEYLESS:
        places[ident] = Place(None, action)
        found.append(Command(ident, title, "", hint, WORDS.get(ident, ())))
    for ident, title, hint, action in _WITH_VALUE:
        places[ident] = Place(None, action, takes_value=True)
        found.append(Command(ident, title, "", hint, takes_value=True))
    for ident, title, hint in _NAMED:
        verb = ident.partition("-")[0]
        places[ident] = Place(None, "named", takes_value=True, verb=verb)
        found.append(Command(ident, title, "", hint, WORDS.get(ident, ()), takes_value=True))
    for ident, title, hint in _MIGRATES:
        places[ident] = Place(None, "migrate", takes_value=True, verb=ident)
        found.append(Command(ident, title, "", hint, WORDS.get(ident, ()), takes_value=True))
    return found, places


_KEYLESS = (
    ("utc", "Times in UTC or local", "shows every time the other way", "utc"),
    ("looked", "Looked at the lost rows", "NEEDS YOU tells only what is lost after this", "looked"),
    ("rotate", "Rotate logs…", "compresses, empties, deletes by age; asks y or n", "rotate_logs"),
    ("schedule", "Schedule backups…", "nightly; shows what it writes, asks y or n", "schedule"),
    (
        "salvage-live",
        "Salvage the live database",
        "what is left of it, in a new file; it stays as it is",
        "named('salvage', '')",
    ),
    ("locked", "Database locked", "who holds it, live, and what helps", "locked"),
    ("space", "Disk space…", "what is free, and what gives space back", "space"),
    ("theme", "Next theme", "dark, light, high contrast, 16 colours", "next_theme"),
    (
        "rehearsals",
        "Rehearsal reports",
        "what was rehearsed here, newest first",
        "migrate('reports')",
    ),
    (
        "bootstrap",
        "Bootstrap…",
        "a new database where there is none, made aside; types the name",
        "migrate('bootstrap')",
    ),
    (
        "reset",
        "Reset…",
        "starts with an empty database; a safety copy first; types the name",
        "migrate('reset')",
    ),
    (
        "repair",
        "Repair a cut migration…",
        "drops what _alembic_tmp_* it left, migrates, swaps; types the name",
        "migrate('repair')",
    ),
)
_WITH_VALUE = (
    ("table", "Table NAME", "table tools: its rows", "table"),
    ("search", "Search WORD in all tables", "search crm-mcp: which tables have it", "search"),
    ("row", "Row NUMBER", "row 900000: goes there in the table that is open", "row"),
    (
        "compare",
        "Compare BACKUP [BACKUP]",
        "compare k7m2qd: with live, or with another",
        "compare_named",
    ),
    ("filter", "Filter TERMS", "filter -backup: narrows the list in sight", "filter_by"),
    (
        "activity",
        "Activity TERMS",
        "activity who:dana what:restore since:7d: who did what",
        "activity",
    ),
)
_MIGRATES = (
    ("rehearse", "Rehearse to REVISION…", "rehearse head: on a copy; the gateway is not touched"),
    ("upgrade", "Upgrade to REVISION…", "upgrade head: rehearsed first; types the name"),
    ("downgrade", "Downgrade to REVISION…", "downgrade -1, or to a revision; types the name"),
    ("stamp", "Stamp REVISION…", "stamp e198602c3c1e: only tells Alembic; types the name"),
)
_NAMED = (
    ("restore", "Restore BACKUP…", "restore k7m2qd, or latest; types the name"),
    ("verify", "Verify BACKUP", "verify k7m2qd, latest or all"),
    ("drill", "Drill BACKUP", "drill latest: restores it into a scratch place"),
    ("salvage", "Salvage BACKUP or FILE", "salvage k7m2qd: what is left of it, in a new file"),
    ("adopt", "Adopt BACKUP", "adopt mcp_backup_20260810_031500.db"),
    ("pin", "Pin BACKUP", "pin k7m2qd: kept whatever the policy says; u takes it back"),
    ("unpin", "Unpin BACKUP", "unpin k7m2qd; u takes it back"),
    ("label", "Label BACKUP TEXT", "label k7m2qd before 1.0.5; u takes it back"),
    ("delete", "Delete BACKUP…", "delete k7m2qd; types the id"),
    ("backup-labelled", "Backup with label TEXT", "backup-labelled before 1.0.5: hot, at once"),
)


def _command(binding: Binding, hint: str, reason: str, title: str = "") -> Command:
    key = binding.key_display or binding.key.split(",")[0]
    title = title or binding.description
    title = title[:1].upper() + title[1:]
    ident = binding.id or ""
    words = (*WORDS.get(ident, _UNDO if binding.action == "undo" else ()), binding.tooltip)
    return Command(ident, title, key, hint, words, enabled=not reason, reason=reason)


def _kind_of(entry: PaneEntry) -> type[Pane]:
    return cast("type[Pane]", getattr(import_module(f"tui.app.panes.{entry.module}"), entry.name))


def _keys_of(entry: PaneEntry) -> Iterator[Binding]:
    for binding in _kind_of(entry).BINDINGS:
        if not isinstance(binding, Binding):
            continue
        ident = binding.id or ""
        if ident.split(".")[0] not in _ONLY_KEYS and binding.show:
            yield binding


def _keys_of_app(current: Pane) -> Iterator[Binding]:
    for binding in type(current.app).BINDINGS:
        if isinstance(binding, Binding) and not (binding.id or "").startswith(_NOT_OFFERED):
            yield binding
