"""Timelines, reports of rehearsals and plans that migrate, made by hand; the same at every run."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from tests.app.screen_plans import CHECKS, OVER
from tests.app.shell_story import HEAD, HOSTILE, SEEN, TIMELINE, revision
from tui.app.rehearsal_reader import Kept
from tui.core.models import Rehearsal, RevisionRun, SchemaChange
from tui.core.operation import Check, Plan, PlannedStep, Tier, Verdict

NEWEST = "7ab59991e017"
IMAGE = "ghcr.io/ibm/mcp-context-forge:1.0.7"
IMAGE_ID = "sha256:" + "17" * 32
STEPS_UP = (
    ("279184dfd71d", "add name uniqueness constraint to resources", "", "no loss"),
    ("b6c7d8e9f0a1", "Add MCP App metadata", "1.0.6", "drops data"),
    ("d21698ae4a19", "add rbac unique constraints", "", "no loss"),
    ("e1a2b3c4d5f6", "Add add_headers and remove_headers", "", "drops data"),
    ("c9f8e7d6a4b3", "add learned aud and iss to oauth tokens", "", "drops data"),
    (NEWEST, "fix oauth tokens unique constraint", "1.0.7", "may refuse"),
)

AHEAD = tuple(
    revision(ident, down, message, release=release, state="ahead", downgrade=risk)
    for (ident, message, release, risk), down in zip(
        reversed(STEPS_UP), [*(row[0] for row in reversed(STEPS_UP[:-1])), HEAD], strict=True
    )
)
WITH_AHEAD = replace(
    TIMELINE,
    ahead=AHEAD,
    ahead_image=IMAGE,
    ahead_image_id=IMAGE_ID,
    ahead_release="1.0.7",
    ahead_heads=(NEWEST,),
)
PENDING = replace(
    TIMELINE,
    revisions=(*(replace(item, state="pending") for item in AHEAD), *TIMELINE.revisions),
    heads=(NEWEST,),
)
SEEN_AHEAD = replace(SEEN, timeline=WITH_AHEAD)
SEEN_PENDING = replace(SEEN, timeline=PENDING)


def run(ident: str, seconds: float, *did: str, **other: object) -> RevisionRun:
    values = {"revision": ident, "direction": "up", "seconds": seconds, "ok": True, "did": did}
    return RevisionRun(**{**values, **other})  # type: ignore[arg-type]


RUNS = (
    run("279184dfd71d", 0.2),
    run("b6c7d8e9f0a1", 0.3, "+ table mcp_app_sessions (3 indexes)", "2 columns"),
    run("d21698ae4a19", 0.2, "+ 3 unique indexes on roles, user_roles"),
    run("e1a2b3c4d5f6", 0.1, "+ gateways.add_headers, gateways.remove_headers"),
    run("c9f8e7d6a4b3", 0.1, "+ oauth_tokens.learned_aud, oauth_tokens.learned_iss"),
    run(NEWEST, 0.3, "rebuilt oauth_tokens, 12 rows", "- idx_oauth_gateway_user"),
)
SCHEMA = (
    SchemaChange(sign="+", kind="table", table="mcp_app_sessions", name="mcp_app_sessions"),
    SchemaChange(sign="+", kind="column", table="gateways", name="add_headers", detail="JSON"),
    SchemaChange(sign="+", kind="index", table="roles", name="uq_roles_name_scope",
                 detail="unique (name, scope)"),
    SchemaChange(sign="-", kind="index", table="oauth_tokens", name="idx_oauth_gateway_user"),
    SchemaChange(sign="~", kind="constraint", table="oauth_tokens", name="unique",
                 detail="(gateway_id, user_id) -> (gateway_id, app_user_email)"),
)  # fmt: skip


def report(**changes: object) -> Rehearsal:
    values = {
        "id": "000035-20260811T011402Z-rehearse", "who": "dana", "action": "upgrade",
        "taken": datetime(2026, 8, 11, 1, 14, 2, tzinfo=UTC), "target": NEWEST, "image": IMAGE,
        "image_id": IMAGE_ID, "release": "1.0.7", "before": (HEAD,), "after": (NEWEST,),
        "runs": RUNS, "schema": SCHEMA, "rows": {"migration_metadata": (4, 5)},
        "foreign_keys": (0, 0), "integrity": "ok", "heads": (NEWEST,),
        "size": (432_642_048, 432_746_905),
        "seconds": {"copy": 3.9, "migrate": 1.2, "bootstrap": 4.1, "check": 4.0},
        "output": ("INFO  [alembic.runtime.migration] Running upgrade", "done"),
        "rolled_up": ("tool_metrics",),
    }  # fmt: skip
    return Rehearsal(**{**values, **changes})  # type: ignore[arg-type]


STATEMENT = "CREATE TABLE _alembic_tmp_tools (\n  id VARCHAR(36) NOT NULL,\n  name VARCHAR(255)\n)"
FAILED = report(
    runs=(
        run("0a089912b5f0", 0.2, "+ email_users.uuid"),
        run("e28cd485ad3c", 0.1, ok=False,
            message="remove global unique constraints for multitenancy",
            statement=STATEMENT, error="table _alembic_tmp_tools already exists"),
    ),
    after=("0a089912b5f0",), problem="e28cd485ad3c failed: table _alembic_tmp_tools already exists",
    integrity="", schema=(), rows={}, seconds={"copy": 3.9, "migrate": 1.2},
)  # fmt: skip
LOSING = report(rows={"roles": (7, 5), "user_roles": (44, 40)}, foreign_keys=(4, 4))
NOTHING = report(runs=(), before=(NEWEST,), after=(NEWEST,), schema=(), rows={}, seconds={})
HOSTILE_REPORT = report(
    who=HOSTILE, image=HOSTILE, release=HOSTILE, before=(HOSTILE,), after=(HOSTILE,),
    runs=(run("1", 0.1, HOSTILE), run("2", 0.1, ok=False, message=HOSTILE, statement=HOSTILE,
                                      error=HOSTILE)),
    schema=(SchemaChange(sign="+", kind="table", table=HOSTILE, name=HOSTILE, detail=HOSTILE),),
    rows={HOSTILE: (5, 1)}, integrity=HOSTILE, heads=(HOSTILE, HOSTILE), output=(HOSTILE,),
    problem=HOSTILE, leftovers=(HOSTILE,),
)  # fmt: skip


def kept(found: Rehearsal | None = None, stop: float | None = 2.1, start: float | None = 9.8):
    return Kept(found or report(), stop, start)


# --- plans --------------------------------------------------------------------------------

PLANNED = (
    PlannedStep("release", "every open screen lets go of the database", seconds=0.2),
    PlannedStep("stop", "stop the gateway", False, 2.1),
    PlannedStep("prove", "take in the wal, prove sole ownership", False, 0.1),
    PlannedStep("copy", "copy the stopped file, compare the copy with it", False, 3.9),
    PlannedStep("migrate", "run the migrations on the copy", False, 1.2),
    PlannedStep("check", "check the copy", False, 4),
    PlannedStep("swap", "keep the old file, put the migrated one in its place", False, 0.1, False),
    PlannedStep("start", "start the gateway with 1.0.7, wait for healthy", False, 9.8, False),
    PlannedStep("readback", "read back; check and list the safety copy", True, 5, False),
)
FACTS = {
    "before": [HEAD], "after": [NEWEST], "release_before": "1.0.5", "release_after": "1.0.7",
    "target": NEWEST, "image": IMAGE, "image_id": IMAGE_ID, "image_release": "1.0.7",
    "starts_with": IMAGE, "switches": True,
    "switch": {"to": IMAGE_ID, "from": "sha256:15", "service": "gateway",
               "from_name": "ghcr.io/ibm/mcp-context-forge:1.0.5", "to_name": IMAGE},
    "revisions": [
        {"revision": ident, "message": message, "release": release, "downgrade": risk}
        for ident, message, release, risk in STEPS_UP
    ],
    "runs": len(STEPS_UP), "risk": "", "starts_again": "", "leftovers": [],
    "rehearsal": {"id": "000035", "taken": "2026-08-11T01:14:02+00:00", "who": "dana", "ok": True,
                  "seconds": {"copy": 3.9, "migrate": 1.2, "check": 4.0}, "lost": {}},
    "seconds": {"copy": 3.9, "migrate": 1.2}, "over": OVER, "notes": [], "gateway_running": True,
    "healthy_before": True, "undo_days": 30, "way": "swap",
}  # fmt: skip


def upgrade_plan(facts: dict[str, object] | None = None, **changes: object) -> Plan:
    values = {
        "operation": "upgrade",
        "title": f"upgrade the live database of forge: {HEAD} → {NEWEST}",
        "tier": Tier.REPLACING, "subject": "forge", "basis": {"inode": 1},
        "checks": (Check("target", Verdict.OK, f"{NEWEST} = head: 6 revisions up"), *CHECKS[3:5]),
        "steps": PLANNED, "downtime": 21.4,
        "command": "mcpdb-tui --project-dir /srv/forge migrations upgrade --confirm forge",
        "facts": {**FACTS, **(facts or {})},
    }  # fmt: skip
    return Plan(**{**values, **changes})  # type: ignore[arg-type]


def downgrade_plan() -> Plan:
    again = "Image 1.0.5 migrates up again at its start, to e198602c3c1e."
    return upgrade_plan(
        {
            "before": [HEAD], "after": ["e28cd485ad3c"], "release_before": "1.0.5",
            "release_after": "1.0.3", "image_id": "", "image": "1.0.5", "image_release": "1.0.5",
            "switches": False, "switch": None, "runs": 2, "risk": "drops data",
            "starts_again": again, "notes": [again], "rehearsal": None,
            "seconds": {"copy": 3.9, "migrate": None},
            "revisions": [
                {"revision": HEAD, "message": "add api token auth columns to sso providers",
                 "release": "1.0.5", "downgrade": "drops data"},
                {"revision": "6c0e5f8a9b1d", "message": "add gateway lifecycle fields",
                 "release": "1.0.4", "downgrade": "drops data"},
            ],
        },
        operation="downgrade",
        title=f"downgrade the live database of forge: {HEAD} → e28cd485ad3c",
        checks=(Check("holds", Verdict.WARN, f"{again} It holds only with release 1.0.3."),),
        steps=(PlannedStep("rehearse", "rehearse on a hot copy, which is thrown away"), *PLANNED),
        downtime=None,
        command="mcpdb-tui --project-dir /srv/forge migrations downgrade e28cd485ad3c "
        "--confirm forge",
    )  # fmt: skip


def stamp_plan() -> Plan:
    said = "Stamping tells Alembic that changes are there. It makes none."
    return upgrade_plan(
        {"switches": False, "switch": None, "runs": 0, "notes": [said], "rehearsal": None},
        operation="stamp",
        title=f"stamp the live database of forge: {HEAD} → {NEWEST}, no migration is run",
        checks=(Check("target", Verdict.WARN, f"{said} Missing here: table mcp_app_sessions."),),
    )
