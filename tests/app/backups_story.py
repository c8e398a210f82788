"""A backup folder with everything that can lie in one; nothing is read."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tests.app.shell_story import DEPLOYMENT, RUNNING, ago, backup, changed, manifest
from tui.core.models import Catalogue, Fit
from tui.core.operation import Verdict

TOO_NEW = Fit(verdict=Verdict.WARN, text="too new")


def described(ident, taken, **other):
    """A backup whose manifest says more."""
    told = {
        key: other.pop(key)
        for key in (
            "drilled", "drill_result", "drill_seconds", "second", "second_verified", "source",
            "stored_size", "adopted", "note", "rows", "label",
        )
        if key in other
    }  # fmt: skip
    compression = other.get("compression", "")
    plain = backup(ident, taken)
    suffix = ".zst" if compression else ""
    name = plain.path.name + suffix
    return replace(
        plain,
        path=plain.path.with_name(name),
        manifest=manifest(ident, name, taken, compression=compression, **told),
        label=told.get("label", "nightly"),
        **other,
    )


def bare(ident, name, taken, **other):
    """A file without manifest."""
    values = {"kind": "file", "manifest": None, "verified": None, "label": "",
              "verdict": Verdict.UNKNOWN, "revision": "aa1b2c3d4e5f", "release": ""}  # fmt: skip
    return backup(ident, taken, path=DEPLOYMENT.backup_dir / name, **{**values, **other})


def guide(count=13):
    """What the guide's script made, a file a day."""
    return tuple(
        bare(f"gu{n:04}", f"mcp_backup_{20260810 - n}_031500.db", ago(days=1 + n, minutes=-1))
        for n in range(count)
    )


DRILLED = described(
    "w4n8rt",
    ago(days=1, hours=1),
    drilled=ago(days=2).isoformat(),
    drill_result="ok",
    drill_seconds=29.4,
)
NEWEST = described("k7m2qd", ago(hours=1, minutes=14), secret="same")
PACKED = described(
    "p2ck3d", ago(days=2, hours=1), compression="zstd", size=118_000_000, stored_size=118_000_000,
    second="/mnt/nas/forge/x.db.zst", second_verified=ago(days=2).isoformat(),
)  # fmt: skip
NEIGHBOUR = described(
    "n3ghbr", ago(days=2, hours=2), neighbour=True, source="jobs.db", secret="other"
)
BROKEN = described(
    "q8v2xe", ago(days=4, hours=1), verdict=Verdict.FAIL,
    problem="sha256: expected 9f2c41d07be3, found 1be7a0c955d2",
)  # fmt: skip
PINNED = described("z3c6hm", ago(days=32), pinned=True, kind="cold", label="before 1.0.5")
SAFETY = described("s4f3ty", ago(days=33), kind="safety", label="")
LONE = bare("n9d5fa", "copy_of_mcp.db", ago(days=81), fit=TOO_NEW)
GUIDE = guide()

ALL = Catalogue(
    backups=(
        NEWEST, replace(DRILLED, drilled=ago(days=2)), PACKED, NEIGHBOUR, BROKEN, *GUIDE, PINNED,
        SAFETY, LONE,
    ),
    strangers=("notes.txt", "old.tar"),
)  # fmt: skip
FULL = changed(catalogue=ALL)
MAKING = changed(
    catalogue=ALL, running=replace(RUNNING, operation="backup", subject="", id="000040-backup")
)
WITH_SECOND = changed(
    catalogue=ALL, deployment=replace(DEPLOYMENT, second_dir=Path("/mnt/nas/forge"))
)
