"""Timelines as the screen would know them: with another image ahead, and with branches."""

from __future__ import annotations

from dataclasses import replace

from tests.app.shell_story import DEPLOYMENT, HEAD, ROLLED_BACK, SEEN, ago, backup, entry
from tui.app.seen import Seen
from tui.core.models import (
    Applied,
    Catalogue,
    MigrationFinding,
    Rehearsal,
    Revision,
    RevisionRun,
    Timeline,
)
from tui.core.operation import Verdict

SOURCE = '''"""fix oauth tokens unique constraint

Revision ID: 7ab59991e017
Revises: c9f8e7d6a4b3
Create Date: 2026-06-12 08:00:00

"""
from alembic import op

revision = "7ab59991e017"
down_revision = "c9f8e7d6a4b3"


def upgrade() -> None:
    # SQLite makes the table anew.
    with op.batch_alter_table("oauth_tokens") as batch_op:
        batch_op.drop_constraint("uq_oauth_gateway_user", type_="unique")
        batch_op.create_unique_constraint("uq_app_user", ["gateway_id", "app_user_email"])
        batch_op.drop_index("idx_oauth_gateway_user")


def downgrade() -> None:
    if _people_with_two():
        raise RuntimeError("two people hold a token of the same provider user")
    with op.batch_alter_table("oauth_tokens") as batch_op:
        batch_op.drop_constraint("uq_app_user", type_="unique")
'''
UPGRADED = Applied(
    at=ago(days=32, hours=5), operation="upgrade", number=24, who="dana", entry="000024-x-upgrade",
    rehearsal="000023-x-rehearse",
)  # fmt: skip


def _revision(ident: str, down: str, message: str, **other: object) -> Revision:
    downs = tuple(down.split())
    return Revision(revision=ident, down=downs, message=message, **other)  # type: ignore[arg-type]


AHEAD = (
    _revision("7ab59991e017", "c9f8e7d6a4b3", "fix oauth tokens unique constraint",
              release="1.0.7", state="ahead", downgrade="may refuse", source=SOURCE,
              created="2026-06-12 08:00:00"),
    _revision("c9f8e7d6a4b3", "e1a2b3c4d5f6", "add learned aud and iss to oauth tokens",
              state="ahead", downgrade="drops data"),
    _revision("e1a2b3c4d5f6", "b6c7d8e9f0a1", "Add add_headers and remove_headers",
              state="ahead", downgrade="drops data"),
    _revision("b6c7d8e9f0a1", HEAD, "Add MCP App metadata",
              release="1.0.6", state="ahead", downgrade="no loss"),
)  # fmt: skip
OWN = (
    _revision(HEAD, "6c0e5f8a9b1d", "add api token auth columns to sso providers",
              release="1.0.5", state="current", downgrade="drops data",
              applied=UPGRADED.at, applied_by=UPGRADED),
    _revision("6c0e5f8a9b1d", "e28cd485ad3c", "add gateway lifecycle fields", release="1.0.4",
              state="applied", downgrade="drops data", applied=ago(days=39, hours=5),
              applied_by=replace(UPGRADED, at=ago(days=39, hours=5), number=12)),
    _revision("e28cd485ad3c", "926d3e07d098", "remove global unique constraints for tenants",
              state="applied", downgrade="may refuse"),
    _revision("926d3e07d098", "", "add on_error check constraint to plugins", release="1.0.3",
              state="applied", downgrade="no-op"),
)  # fmt: skip
REHEARSED = Rehearsal(
    id="000023-x-rehearse", taken=ago(hours=9, minutes=43), who="dana", action="upgrade",
    target=AHEAD[0].revision, image="ghcr.io/ibm/mcp-context-forge:1.0.7", image_id="sha256:7",
    release="1.0.7", before=(HEAD,), after=(AHEAD[0].revision,), integrity="ok",
    runs=tuple(
        RevisionRun(revision=name, direction="up", seconds=0.3, ok=True)
        for name in (HEAD, *(item.revision for item in reversed(AHEAD)))
    ),
)  # fmt: skip
TIMELINE = Timeline(
    revisions=OWN, heads=(HEAD,), current=(HEAD,), read_from="forge-gateway-1 (exec)",
    seconds=1.9, release="1.0.5", ahead=AHEAD, ahead_image="ghcr.io/ibm/mcp-context-forge:1.0.7",
    ahead_image_id="sha256:7", ahead_release="1.0.7", ahead_heads=(AHEAD[0].revision,),
    rehearsals=(REHEARSED,),
)  # fmt: skip
BACKUPS = (
    *(backup(ident, ago(hours=1 + 24 * day, minutes=14))
      for day, ident in enumerate(("k7m2qd", "w4n8rt", "q2v8xe"))),
    *(backup(f"g{day}", ago(days=day, hours=2), kind="file", manifest=None, verified=None,
             path=DEPLOYMENT.backup_dir / f"mcp_backup_2026080{day}_031500.db",
             verdict=Verdict.UNKNOWN, label="")
      for day in (4, 5, 6)),
    backup("z3c6hm", ago(days=32, hours=5), pinned=True, label="before 1.0.5",
           revision="6c0e5f8a9b1d"),
    backup("s4f3ty", ago(days=32, hours=4), kind="safety", revision="6c0e5f8a9b1d", label=""),
    backup("n9d5fa", ago(days=81), kind="file", manifest=None, verified=None, label="",
           path=DEPLOYMENT.backup_dir / "mcp.db.bak-20260521", verdict=Verdict.UNKNOWN,
           revision="926d3e07d098"),
)  # fmt: skip


def story(**other: object) -> Seen:
    """The deployment with another image on its host; other facts of the timeline as named."""
    return replace(
        SEEN,
        timeline=replace(TIMELINE, **other),  # type: ignore[arg-type]
        catalogue=Catalogue(backups=BACKUPS),
        activity=(entry(34, operation="prune"), replace(ROLLED_BACK, subject="k7m2qd")),
    )


BRANCHING = (
    _revision("43c07ed25a24", "b9e496e91e71", "add oauth fields to servers", state="pending"),
    _revision("b9e496e91e71", "a8f3b2c1d4e5 u5f6g7h8i9j0", "merge gateway refresh and provider",
              state="current", release="0.9.0"),
    _revision("a8f3b2c1d4e5", "77243f5bfce5", "add gateway refresh fields", state="applied"),
    _revision("u5f6g7h8i9j0", "d1d1d1d1d1d1", "add provider metadata", state="applied"),
    _revision("d1d1d1d1d1d1", "d2d2d2d2d2d2", "one of the branch", state="applied"),
    _revision("d2d2d2d2d2d2", "c96c11c111b4", "another of the branch", state="applied"),
    _revision("c96c11c111b4", "77243f5bfce5", "create index on user name", state="applied"),
    _revision("77243f5bfce5", "3b17fdc40a8d", "add tool id to a2a agents", state="applied",
              release="0.8.0"),
    _revision("3b17fdc40a8d", "", "initial schema", state="applied"),
)  # fmt: skip


def branching(**other: object) -> Seen:
    """A timeline with a merge, one revision pending."""
    timeline = Timeline(
        revisions=BRANCHING, heads=("43c07ed25a24",), current=("b9e496e91e71",),
        read_from="forge-gateway-1 (exec)", seconds=1.9, release="1.0.0rc1",
    )  # fmt: skip
    shown = replace(timeline, **other)  # type: ignore[arg-type]
    return replace(SEEN, timeline=shown, catalogue=Catalogue(backups=()), activity=())


LEFTOVER = MigrationFinding(
    name="leftover",
    verdict="FAIL",
    text="_alembic_tmp_tools is left from a migration that was cut (e28cd485ad3c).",
    remedy="Enter: the plan, which drops it on a copy, migrates and swaps.",
    operation="upgrade",
    params={"leftovers": True},
    details=("318 rows in tools, 318 in _alembic_tmp_tools",),
)
