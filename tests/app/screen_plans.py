"""Plans and journal entries made by hand, the same at every run."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tui.core.models import ActivityEntry, StepLine
from tui.core.operation import Check, Plan, PlannedStep, TableChange, Tier, Verdict

FROM = {
    "id": "k7m2qd",
    "name": "mcp_hotbackup_20260811_020001.db",
    "kind": "hot",
    "label": "nightly",
    "taken": "2026-08-11T00:00:01+00:00",
    "size": 432_118_784,
    "who": "cron",
    "revision": "e198602c3c1e",
}
OVER = {
    "path": "/srv/forge/data/mcp.db",
    "size": 432_642_048,
    "wal_size": 8_493_466,
    "holders": ["forge-gateway-1 (pid 2211)", "this screen"],
}
CHECKS = (
    Check("whole", Verdict.OK, "sha256 and quick_check"),
    Check("revision", Verdict.OK, "e198602c3c1e, the same as the image"),
    Check("secret", Verdict.OK, "fingerprint 4be1"),
    Check("space", Verdict.OK, "463M of 61G free"),
    Check("owner", Verdict.OK, "10001:10001 0600"),
    Check("schedule", Verdict.WARN, "/etc/cron.d/mcp-backup runs at 03:15 and opens the file"),
)
STEPS = (
    PlannedStep("stage", "copy the backup beside the database", seconds=4),
    PlannedStep("compare", "compare the copy with its manifest", seconds=5),
    PlannedStep("release", "every open screen lets go of the database", seconds=0.2),
    PlannedStep("stop", "stop the gateway", gateway_up=False, seconds=2.1),
    PlannedStep("absorb", "take in the wal, prove sole ownership", gateway_up=False, seconds=0.1),
    PlannedStep("swap", "keep the old file, put the new one in", False, 0.1, cancellable=False),
    PlannedStep("start", "start, wait for healthy", False, 7.6, cancellable=False),
    PlannedStep("read back", "read back, check the safety copy", True, 5, cancellable=False),
)
CHANGES = (
    TableChange("gateways", 11, 14),
    TableChange("tools", 280, 318),
    TableChange("servers", 9, 9),
    TableChange("server_tool_association", 121, 142),
    TableChange("tool_metrics", 752_640, 769_883),
    TableChange("mcp_sessions", 37, 33),
    TableChange("structured_log_entries", 41_230, 40_619),
    TableChange("tool_metrics_hourly", 18_233, 18_212),
    TableChange("email_auth_events", 2_981, 2_962),
)


def restore_plan(**changes):
    values = {
        "operation": "restore",
        "title": "RESTORE forge from the backup of 02:00, 1h14m old",
        "tier": Tier.REPLACING,
        "subject": "forge",
        "basis": {"inode": 1311768},
        "checks": CHECKS,
        "steps": STEPS,
        "changes": CHANGES,
        "downtime": 9.9,
        "command": "mcpdb-tui --project-dir /srv/forge restore k7m2qd --confirm forge",
        "facts": {
            "from": FROM,
            "over": OVER,
            "gateway_down": 9.9,
            "migrations": None,
            "healthy_before": True,
            "gateway_running": True,
            "undo_days": 30,
        },
    }
    return Plan(**{**values, **changes})


BEGAN = datetime(2026, 8, 11, 1, 16, 2, tzinfo=UTC)


def steps_until(number, state="running", **running):
    """Steps of the plan above: those before `number` are done."""
    lines = []
    for index, step in enumerate(STEPS, 1):
        values = {"state": "done" if index < number else "pending"}
        if index < number:
            values["seconds"] = step.seconds
        if index == number:
            values = {"state": state, **running}
        lines.append(
            StepLine(
                step=step.step,
                title=step.title,
                cancellable=step.cancellable,
                gateway_up=step.gateway_up,
                **values,
            )
        )
    return tuple(lines)


def entry(**changes):
    values = {
        "id": "000032-20260811T011602Z-restore-k7m2qd",
        "number": 32,
        "operation": "restore",
        "subject": "k7m2qd",
        "title": "RESTORE forge from the backup of Aug 11 02:00",
        "started": BEGAN,
        "who": "dana via sudo",
        "host": "ctx-01",
        "origin": "10.20.0.9",
        "pid": 48113,
        "command": "mcpdb-tui restore k7m2qd --confirm forge",
        "state": "running",
        "cancellable": True,
        "steps": steps_until(
            2,
            started=BEGAN + timedelta(seconds=4),
            done=263_000_000,
            total=432_118_784,
        ),
    }
    return ActivityEntry(**{**values, **changes})


def restored(**changes):
    return entry(
        **{
            "state": "done",
            "exit_code": 0,
            "outcome": "done",
            "cancellable": False,
            "sentence": "gateway healthy 03:16:29, 14 gateways, 318 tools",
            "seconds": 27.2,
            "down_seconds": 9.9,
            "steps": steps_until(9),
            "result": {
                "safety": "mcp_safety_20260811_031619.db",
                "safety_ok": True,
                "undo_until": "2026-09-10T01:16:29+00:00",
                "changed_since_start": ["tool_metrics_hourly"],
                "planned_down": 10.0,
            },
            **changes,
        }
    )


def rolled_back(**changes):
    return entry(
        **{
            "state": "failed",
            "exit_code": 4,
            "outcome": "rolled back",
            "cancellable": False,
            "sentence": "step 7: the gateway restarted 3 times in 40 s and never was healthy",
            "seconds": 71.2,
            "down_seconds": 63.0,
            "steps": (
                *steps_until(7, "failed", seconds=40.2, text="3 starts"),
                StepLine(
                    step="recovery:swap back",
                    title="put the old file back",
                    state="done",
                    seconds=0.2,
                    cancellable=False,
                ),
                StepLine(
                    step="recovery:start",
                    title="start the gateway",
                    state="done",
                    seconds=9.8,
                    cancellable=False,
                ),
            ),
            "result": {
                "log": [
                    "mcpgateway.bootstrap_db - ERROR - Database migration failed:",
                    "(sqlite3.OperationalError) database is locked",
                ],
                "planned_down": 10.0,
            },
            **changes,
        }
    )


NOT_UNDONE_LINES = [
    "docker stop forge-gateway-1",
    "ln /srv/forge/data/.mcpdb/safety/mcp_safety_20260811_031619.db /srv/forge/data/mcp.db.old",
    "mv /srv/forge/data/mcp.db.old /srv/forge/data/mcp.db && docker start forge-gateway-1",
]
