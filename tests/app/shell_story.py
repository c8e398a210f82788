"""One deployment as the shell would know it at a quarter past three; nothing is read."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

from tui.app.app import McpdbApp
from tui.app.needs import with_needs
from tui.app.seen import Seen
from tui.core.models import (
    ActivityEntry,
    Backup,
    Catalogue,
    ContainerRef,
    DatabaseFacts,
    Deployment,
    Fit,
    GatewayState,
    Health,
    Manifest,
    Revision,
    StepLine,
    TableInfo,
    Timeline,
)
from tui.core.operation import Verdict

ZONE = timezone(timedelta(hours=2), "CEST")
NOW = datetime(2026, 8, 11, 3, 14, 22, tzinfo=ZONE)
HEAD = "e198602c3c1e"
HOSTILE = "[/x]\x1b[31m\x1b]52;c;ZXZpbA==\x07\x9b2J\u202eexe.gnp[red]\u200b"
FORBIDDEN = "\x1b\x07\x9b\u202e\u200b"

ROWS = {
    "gateways": 14, "servers": 9, "tools": 318, "resources": 57, "prompts": 23, "a2a_agents": 2,
    "email_users": 41, "tool_metrics": 769_883,
}  # fmt: skip
LIVE = {**ROWS, "gateways": 11, "tools": 280, "tool_metrics": 752_640}

DEPLOYMENT = Deployment(
    name="forge",
    database=Path("/srv/forge/data/mcp.db"),
    project_dir=Path("/srv/forge"),
    gateway=ContainerRef(container="forge-gateway-1", project="forge", service="gateway"),
    backup_dir=Path("/srv/forge/data/backups"),
    production="PROD",
)


def ago(**delta: float) -> datetime:
    return (NOW - timedelta(**delta)).astimezone(UTC)


def manifest(ident: str, name: str, taken: datetime, **other: object) -> Manifest:
    values = {
        "id": ident, "name": name, "kind": "hot", "sequence": 27, "taken": taken.isoformat(),
        "utc_offset": "+02:00", "seconds": 8.4, "trigger": "schedule", "who": "cron",
        "host": "ctx-01", "method": "backup-api", "clean_stop": None, "size": 432_128_000,
        "page_size": 4096, "pages": 105_498, "sha256": "9f2c41d07be3a6c8" * 4, "revision": HEAD,
        "release": "1.0.5", "rows": ROWS, "check": "quick_check", "check_result": "ok",
        "foreign_key_errors": 0, "verified": taken.isoformat(),
        "image": "ghcr.io/ibm/mcp-context-forge:1.0.5", "sqlite_version": "3.40.1",
        "journal_mode": "wal", "label": "nightly",
    }  # fmt: skip
    return Manifest(**{**values, **other})  # type: ignore[arg-type]


def backup(ident: str, taken: datetime, **other: object) -> Backup:
    name = f"mcp_hotbackup_{taken.astimezone(ZONE):%Y%m%d_%H%M%S}.db"
    values = {
        "id": ident, "path": DEPLOYMENT.backup_dir / name, "kind": "hot", "taken": taken,
        "size": 432_128_000, "sequence": 27, "revision": HEAD, "release": "1.0.5",
        "manifest": manifest(ident, name, taken), "verdict": Verdict.OK, "verified": taken,
        "label": "nightly", "fit": Fit(verdict=Verdict.OK, text="ok", steps=0),
    }  # fmt: skip
    return Backup(**{**values, **other})  # type: ignore[arg-type]


def entry(number: int, **other: object) -> ActivityEntry:
    values = {
        "id": f"{number:06}-op", "number": number, "operation": "backup", "subject": "",
        "title": "back up", "started": ago(hours=1, minutes=14), "who": "cron",
        "host": "ctx-01", "origin": "cron", "pid": 4711, "state": "done", "exit_code": 0,
        "command": "mcpdb-tui backup create", "outcome": "done", "sentence": "412M, verified",
        "seconds": 8.4,
    }  # fmt: skip
    return ActivityEntry(**{**values, **other})  # type: ignore[arg-type]


ROLLED_BACK = entry(
    31,
    operation="restore",
    subject="k3p9wd",
    who="li",
    origin="10.20.0.9",
    state="failed",
    exit_code=4,
    outcome="rolled back",
    sentence="The gateway was never healthy; the old database is back.",
    seconds=71.2,
    started=ago(days=3, hours=17),
    command="mcpdb-tui restore k3p9wd --confirm forge",
    steps=(
        StepLine(step="stage", title="copy the backup beside the database", state="done",
                 started=ago(days=3, hours=17), seconds=3.8),
        StepLine(step="start", title="start, wait for healthy", state="failed",
                 started=ago(days=3, hours=17), seconds=40.2, text="3 starts"),
    ),
)  # fmt: skip
RUNNING = entry(
    32,
    operation="restore",
    subject="k7m2qd",
    who="dana",
    state="running",
    exit_code=None,
    seconds=None,
    sentence="",
    steps=(
        StepLine(step="stage", title="copy", state="done", seconds=3.9),
        StepLine(step="compare", title="compare", state="running", seconds=2.5,
                 done=251 * 2**20, total=412 * 2**20),
        *(StepLine(step=str(n), title="x", state="pending") for n in range(6)),
    ),
)  # fmt: skip


def revision(ident: str, down: str, message: str, **other: object) -> Revision:
    return Revision(revision=ident, down=(down,), message=message, **other)  # type: ignore[arg-type]


TIMELINE = Timeline(
    revisions=(
        revision(HEAD, "6c0e5f8a9b1d", "add api token auth columns to sso providers",
                 release="1.0.5", state="current"),
        revision("6c0e5f8a9b1d", "e28cd485ad3c", "add gateway lifecycle fields", release="1.0.4",
                 state="applied", applied=ago(days=39, hours=5)),
        revision("e28cd485ad3c", "0a089912b5f0", "remove global unique constraints",
                 state="applied"),
    ),
    heads=(HEAD,),
    current=(HEAD,),
    read_from="forge-gateway-1 (exec)",
    seconds=1.9,
)  # fmt: skip

SEEN = Seen(
    deployment=DEPLOYMENT,
    host="ctx-01",
    who="dana via sudo",
    gateway=GatewayState(
        running="running", since=ago(days=3, hours=16), release="1.0.5", restarts=0,
        image="ghcr.io/ibm/mcp-context-forge:1.0.5", user="10001:10001",
        details={"restart policy": "unless-stopped"},
    ),
    health=Health(
        verdict="healthy", text='{"status":"healthy"}', address="http://127.0.0.1:4444/health",
        learnt="published port",
    ),
    database=DatabaseFacts(
        path=DEPLOYMENT.database, exists=True, size=432_642_048, wal_size=8_493_466,
        revision=HEAD, revisions=(HEAD,), journal_mode="wal", disk_free=61 * 2**30, inode=7,
    ),
    lock_known=True,
    catalogue=Catalogue(
        backups=(
            backup("k7m2qd", ago(hours=1, minutes=14)),
            backup("w4n8rt", ago(days=1, hours=1)),
            backup("q8v2xe", ago(days=4, hours=1), verdict=Verdict.FAIL,
                   problem="sha256: expected 9f2c41d07be3, found 1be7a0c955d2"),
            backup("z3c6hm", ago(days=32), pinned=True, kind="cold"),
            backup("n9d5fa", ago(days=81), kind="file", manifest=None, verified=None,
                   verdict=Verdict.UNKNOWN, revision="aa1b2c3d4e5f", release=""),
        ),
        strangers=("notes.txt",),
    ),
    catalogue_at=ago(seconds=3),
    activity=(entry(34, operation="prune", seconds=0.2, sentence="1 dropped, 26 kept"), entry(33),
              ROLLED_BACK),
    timeline=TIMELINE,
    tables=(
        *(TableInfo(name=name, kind="table", rows=rows) for name, rows in LIVE.items()),
        TableInfo(name="mcp_apps", kind="table", rows=0),
        TableInfo(name="alembic_version", kind="internal", rows=1),
    ),
    counted_at=ago(seconds=2),
    changed_at=ago(seconds=2),
)  # fmt: skip


def shell(seen: Seen = SEEN, **settings: object) -> McpdbApp:
    """The app on frozen facts: it reads nothing, and its clock stands."""
    values = {"glyphs": "unicode", **settings}
    return McpdbApp(
        seen.deployment,
        settings=values,
        first=with_needs(seen, NOW),
        clock=lambda: NOW,
        watch=False,
    )


def screen_text(app: McpdbApp) -> str:
    """What stands on the screen, line by line."""
    lines = app.screen._compositor.render_strips()
    return "\n".join(line.text.rstrip() for line in lines)


def changed(**other: object) -> Seen:
    return replace(SEEN, **other)  # type: ignore[arg-type]
