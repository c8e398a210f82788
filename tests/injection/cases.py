"""Every operation of the registry, as the faults meet it: a new one joins with a few lines.

`steps` are written down so that each becomes a test of its own, and a test compares them with the
operation's own plan and journal: a step that is added there and not here fails it.
"""

from __future__ import annotations

import gzip
import os
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.conftest import Site
from tests.faults import with_code
from tests.injection.arena import LATER, Arena
from tests.injection.places import of_steps
from tests.injection.whole import Before, at, good, prints
from tests.unit.demo_package import HEAD, OLDER
from tui.core.models import Rehearsal
from tui.core.operation import Operation, Verdict
from tui.demo import deployment as demo
from tui.operations.adopt import Adopt
from tui.operations.analyze import Analyze
from tui.operations.annotate import Pin, Relabel
from tui.operations.backup import BackupCreate
from tui.operations.bootstrap import Reset
from tui.operations.bring_back import BringBack
from tui.operations.cataloguing.catalogue import read_catalogue
from tui.operations.check import DatabaseCheck
from tui.operations.cold_backup import ColdBackup
from tui.operations.control import GatewayRestart, GatewayStart, GatewayStop
from tui.operations.delete import Delete
from tui.operations.downgrade import Downgrade
from tui.operations.drill import Drill
from tui.operations.export import Export
from tui.operations.import_rows import ImportRows
from tui.operations.maintain import Maintain
from tui.operations.measuring.tuning import kept_in_file
from tui.operations.modes import Modes
from tui.operations.prune import Prune
from tui.operations.reads.exporting import Wanted
from tui.operations.rehearse import Rehearse
from tui.operations.reindex import Reindex
from tui.operations.restore import Restore
from tui.operations.rotate_logs import RotateLogs
from tui.operations.salvage import Salvage
from tui.operations.stamp import Stamp
from tui.operations.timelines import rehearsals
from tui.operations.timelines.rehearsals import load
from tui.operations.tune import Tune
from tui.operations.uncron import Uncron
from tui.operations.undo import Undo
from tui.operations.upgrade import Upgrade
from tui.operations.vacuum import Vacuum
from tui.operations.verify import BackupVerify
from tui.services.cron_edit import MARK

Names = frozenset[str]

GONE = "weather-get-forecast"
"""A tool of every backup, which `lost_a_tool` takes from the live database."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """How one operation is set up, and what it leaves when it was done and when it was not."""

    operation: str
    steps: tuple[str, ...]
    make: Callable[[Site], Operation]
    prepare: Callable[[Arena], None] = lambda _arena: None
    kept_from: str = ""
    """The first place from which a cut operation is finished; empty: it is always undone."""
    new: Callable[[Before], Names | None] = lambda _before: None
    """The tools in the database that it puts in place; None when it changes no live database."""
    done: Callable[[Site, Before], None] = lambda _site, _before: None
    undone: Callable[[Site, Before], None] = lambda _site, _before: None
    ticking: tuple[str, ...] = ()
    """Steps that report progress even with a small database."""
    checked: tuple[str, ...] = ()
    """Steps that check for space and then write."""
    down: tuple[str, ...] = ()
    """Steps that run while the gateway is down."""
    cut_code: int = 1
    """What `resume` exits with when it was undone."""
    kept_code: int = 0
    """What `resume` exits with when it was finished."""
    kills: tuple[str, ...] | None = None
    """Only these places are tried; None means all. For what shares another case's steps."""
    met: tuple[str, ...] = ()
    """Steps at which the other faults are tried; empty means all, or none where `kills` is set."""
    stays: bool = False
    """Whether what it put in place stays where the gateway does not become healthy with it."""
    writes: bool = True
    """Whether it writes files beside its journal: a full disk then stops it."""
    cancellable: bool = True
    running_after: Callable[[Before, bool], bool] = field(
        default=lambda before, _done: before.running
    )
    """Whether the gateway then runs: only start and stop mean to change that."""

    def __str__(self) -> str:
        """As a test's id."""
        return self.operation

    @property
    def met_at(self) -> tuple[str, ...]:
        """Steps at which every fault is tried."""
        return self.met or (self.steps if self.kills is None else ())

    @property
    def places(self) -> list[str]:
        """Every place at which it may be cut."""
        return of_steps(self.steps, self.ticking)

    def is_kept(self, place: str) -> bool:
        """Whether an operation that is cut there is finished rather than undone."""
        return bool(self.kept_from) and (
            self.places.index(place) >= self.places.index(self.kept_from)
        )


# --- what they leave -------------------------------------------------------------------------


def _ids(site: Site) -> set[str]:
    return {b.id for b in read_catalogue(site.deployment).backups if b.kind != "safety"}


def _only(site: Site) -> str:
    (backup,) = site.deployment.backup_dir.glob("*.db")
    return backup.name


def _oldest(site: Site) -> str:
    return min(path.name for path in site.deployment.backup_dir.glob("*.db"))


def _safety_copies(site: Site) -> list[str]:
    return [b.id for b in read_catalogue(site.deployment).backups if b.kind == "safety"]


def one_more_backup(site: Site, before: Before) -> None:
    """There is exactly one backup more, verified; the others are as they were."""
    found = read_catalogue(site.deployment).backups
    assert len([b for b in found if b.kind != "safety"]) == _count(before) + 1
    assert good(found) == {backup.id for backup in found}


def no_backup_more(site: Site, before: Before) -> None:
    """The backup folder is as it was, to the byte."""
    assert prints(site.deployment.backup_dir) == dict(before.backups)


def _count(before: Before) -> int:
    return len([name for name in before.backups if name.endswith((".db", ".db.zst"))])


def one_salvage_more(site: Site, before: Before) -> None:
    """The salvaged file is there and suspect; the backup it was read from is as it was."""
    found = read_catalogue(site.deployment).backups
    (made,) = [backup for backup in found if backup.kind == "salvage"]
    assert made.verdict is Verdict.WARN
    left = prints(site.deployment.backup_dir)
    assert {name: left[name] for name in before.backups} == dict(before.backups)
    assert len(left) == len(before.backups) + 2


def replaced(site: Site, before: Before) -> None:
    """The new database serves; the old one is kept whole and listed."""
    no_backup_more(site, before)
    assert len(_safety_copies(site)) == len([n for n in before.safety if n.endswith(".db")]) + 1


def not_replaced(site: Site, before: Before) -> None:
    """The old database serves; no copy of it was left."""
    no_backup_more(site, before)
    assert len(_safety_copies(site)) == len([n for n in before.safety if n.endswith(".db")])


def restored_before(arena: Arena) -> None:
    """What there is to undo."""
    site = arena.site
    assert site.do(Restore(site.deployment, "latest")).exit_code == 0


def prune_policy() -> dict[str, int]:
    """Keeps the newest backup alone."""
    return {"keep_last": 1, "minimum": 1}


def one_more(arena: Arena) -> None:
    """A second backup, so that one can go."""
    site = arena.site
    assert site.do(BackupCreate(site.deployment)).exit_code == 0


def one_backup_less(site: Site, before: Before) -> None:
    """The older backup and its manifest are gone, nothing else."""
    left = prints(site.deployment.backup_dir)
    assert len(left) == len(before.backups) - 2
    assert left.items() <= before.backups.items()


def bare(arena: Arena) -> None:
    """The backup lost its manifest, as one made by hand."""
    (manifest,) = arena.deployment.backup_dir.glob("*.json")
    manifest.unlink()


def adopted(site: Site, before: Before) -> None:
    """It has a manifest now."""
    assert len(prints(site.deployment.backup_dir)) == len(before.backups) + 1


def lost_a_tool(arena: Arena) -> None:
    """A tool is gone from the live database that the backup still has."""
    with closing(sqlite3.connect(arena.deployment.database, timeout=10)) as live, live:
        live.execute("DELETE FROM tools WHERE name = ?", (GONE,))


def exported_and_lost_a_tool(arena: Arena) -> None:
    """The tool stands in a file, alone, and is gone from the live database."""
    site = arena.site
    wanted = (Wanted(name="tools", filter=f"name = '{GONE}'"),)
    whole = Export(deployment=site.deployment, wanted=wanted, kind="json")
    whole.to_file(site.folder / "tools.json", replace=True)
    lost_a_tool(arena)


def brought_back(site: Site, before: Before) -> None:
    """What stood there before is kept, whole and listed; no backup was touched."""
    replaced(site, before)


def still_good(site: Site, before: Before) -> None:
    """A manifest is as it was, or new; the file itself is the same."""
    left = prints(site.deployment.backup_dir)
    assert left.keys() == before.backups.keys()
    assert all(left[name] == before.backups[name] for name in left if not name.endswith(".json"))


def no_copy_left(site: Site, before: Before) -> None:
    """The copy is gone, and no backup was touched."""
    assert not (site.deployment.state_dir / "scratch").exists()
    no_backup_more(site, before)


def rehearsed(site: Site, before: Before) -> None:
    """There is a good report, and nothing else."""
    no_copy_left(site, before)
    assert load(site.deployment, "latest").ok


def rehearsed_before(arena: Arena) -> None:
    """The upgrade was rehearsed already: it begins with the release."""
    deployment = arena.deployment
    if deployment.database not in _REPORTS:
        site = arena.site
        assert site.do(Rehearse(with_code(deployment))).exit_code == 0
        _REPORTS[deployment.database] = rehearsals.load(deployment, "latest")
    # An earlier case may have put another file of the same content there.
    inode = deployment.database.stat().st_ino
    rehearsals.save(deployment, replace(_REPORTS[deployment.database], live_inode=inode))


_REPORTS: dict[Path, Rehearsal] = {}


def at_head(before: Before) -> Names:
    """The same tools, at the head."""
    return before.names | {at(HEAD)}


def one_down(before: Before) -> Names:
    """The same tools, one revision further back."""
    return before.names | {at(OLDER)}


def migrated(site: Site, before: Before) -> None:
    """The new database serves, nothing of the work is left."""
    replaced(site, before)
    nothing_of_the_work(site)


def not_migrated(site: Site, before: Before) -> None:
    """The old database serves, nothing of the work is left."""
    not_replaced(site, before)
    nothing_of_the_work(site)


def nothing_of_the_work(site: Site) -> None:
    """No copy lies in the scratch folder."""
    scratch = site.deployment.state_dir / "scratch"
    left = [str(path) for path in scratch.rglob("*")] if scratch.is_dir() else []
    assert left == [], f"left in the scratch folder: {left}"


def loosened(arena: Arena) -> None:
    """All the world may write the data folder."""
    arena.deployment.database.parent.chmod(0o757)


def tight(site: Site, _before: Before) -> None:
    """The owner's right stays, all the world's is gone."""
    assert _mode(site) == 0o755
    site.database.parent.chmod(0o700)


def loose(site: Site, _before: Before) -> None:
    """As it was."""
    assert _mode(site) == 0o757
    site.database.parent.chmod(0o700)


def _mode(site: Site) -> int:
    return site.database.parent.stat().st_mode & 0o7777


def scheduled_by_the_guide(arena: Arena) -> None:
    """The guide's line stands in a table of cron."""
    for left in arena.folder.glob(".*.before-mcpdb*"):
        left.unlink()
    (arena.folder / demo.CRON_FILE).write_text(f"# a comment\n{_guide(arena.folder)}\n")


def _guide(folder: Path) -> str:
    return (
        f"15 3 * * * root cd {folder} && "
        'find ./data/backups -name "mcp_backup_*.db" -mtime +7 -delete'
    )


def commented_out(site: Site, _before: Before) -> None:
    """The line is a comment, and the copy is as the table was."""
    table = site.folder / demo.CRON_FILE
    assert table.read_text() == f"# a comment\n{MARK}{_guide(site.folder)}\n"
    copy = table.with_name(f".{table.name}.before-mcpdb")
    assert copy.read_text() == f"# a comment\n{_guide(site.folder)}\n"
    table.unlink()


def not_commented_out(site: Site, _before: Before) -> None:
    """As it was."""
    table = site.folder / demo.CRON_FILE
    assert table.read_text() == f"# a comment\n{_guide(site.folder)}\n"
    table.unlink()


def other_auto_vacuum(site: Site) -> Tune:
    """The setting that the file has not: an earlier case may have changed it."""
    now = kept_in_file(site.deployment)["auto_vacuum"]
    value = "none" if now == "incremental" else "incremental"
    return Tune(site.deployment, setting="auto_vacuum", value=value, stop=True)


def same_rows(before: Before) -> Names:
    """The same database in a new file."""
    return before.names


def maintained(site: Site, before: Before) -> None:
    """One more backup, and the old file is kept whole."""
    one_more_backup(site, before)
    assert len(_safety_copies(site)) == len([n for n in before.safety if n.endswith(".db")]) + 1


def not_maintained(site: Site, before: Before) -> None:
    """No copy of the live file was left; the backup stands for itself, whole, once it was made."""
    found = read_catalogue(site.deployment).backups
    made = len([b for b in found if b.kind != "safety"]) - _count(before)
    assert made in (0, 1)
    assert good(found) == {backup.id for backup in found}
    assert len(_safety_copies(site)) == len([n for n in before.safety if n.endswith(".db")])


def old_log(arena: Arena) -> None:
    """One log that nobody has written to for days."""
    place = arena.folder / "logs"
    for path in place.glob("app*"):
        path.unlink()
    log = place / "app.log"
    log.write_text(OLD_LOG)
    os.utime(log, (0, 0))


def rotated(site: Site, before: Before) -> None:
    """The log became its copy, in which all of it stands."""
    place = site.folder / "logs"
    (packed,) = place.glob("app*")
    assert gzip.decompress(packed.read_bytes()).decode() == OLD_LOG
    no_backup_more(site, before)


def not_rotated(site: Site, before: Before) -> None:
    """The log is as it was."""
    (log,) = (site.folder / "logs").glob("app*")
    assert log.read_text() == OLD_LOG
    no_backup_more(site, before)


OLD_LOG = "one line of a log\n" * 500

_MIGRATING = (
    "release",
    "stop",
    "prove",
    "copy",
    "migrate",
    "check",
    "swap",
    "start",
    "readback",
)

_REMADE = ("check", "swap", "start", "readback")
_ROUTINE = (
    *("copy", "verify", "publish", "integrity", "foreign-keys"),
    *("release", "stop", "prove", "vacuum", "analyze"),
    *_REMADE,
    "size",
)

_SWAP_STEPS = ("stage", "compare", "release", "stop", "prove", "swap", "start", "readback")

CASES: tuple[Case, ...] = (
    Case(
        operation="backup",
        steps=("copy", "verify", "publish"),
        make=lambda site: BackupCreate(site.deployment),
        kept_from="after:step_finished:verify",
        done=one_more_backup,
        undone=no_backup_more,
        ticking=("copy", "verify"),
        checked=("copy",),
    ),
    Case(
        operation="restore",
        steps=_SWAP_STEPS,
        make=lambda site: Restore(site.deployment, "latest"),
        kept_from="before:step_finished:swap",
        new=lambda before: before.names - {LATER},
        done=replaced,
        undone=not_replaced,
        ticking=("stage", "compare"),
        checked=("stage",),
        down=("prove", "swap"),
    ),
    Case(
        operation="undo",
        steps=_SWAP_STEPS,
        make=lambda site: Undo(site.deployment),
        prepare=restored_before,
        kept_from="before:step_finished:swap",
        new=lambda before: before.names | {LATER},
        done=replaced,
        undone=not_replaced,
        ticking=("stage", "compare"),
        checked=("stage",),
        down=("prove", "swap"),
        # The same steps as a restore, by the same code: where they differ is what they copy.
        kills=(
            "tick:stage",
            "after:step_finished:stop",
            "before:step_finished:prove",
            "after:step_started:swap",
            "before:step_finished:swap",
            "before:step_finished:readback",
        ),
    ),
    Case(
        operation="reset",
        steps=("build", "check", "release", "stop", "prove", "swap", "start", "readback"),
        make=lambda site: Reset(with_code(site.deployment)),
        kept_from="before:step_finished:swap",
        new=lambda _before: frozenset(),
        done=replaced,
        undone=not_replaced,
        down=("prove", "swap"),
        # Behind its own first steps a restore's, by the same code; each start asks the gateway's
        # code, which takes seconds: `unit/test_reset.py` has the other faults.
        kills=(
            "after:step_started:build",
            "after:step_finished:build",
            "after:step_finished:check",
            "after:step_finished:stop",
            "before:step_finished:swap",
            "before:step_finished:readback",
        ),
    ),
    Case(
        operation="backup-cold",
        steps=("stop", "copy", "verify", "start", "publish"),
        make=lambda site: ColdBackup(site.deployment),
        kept_from="after:step_finished:verify",
        done=one_more_backup,
        undone=no_backup_more,
        ticking=("copy", "verify"),
        down=("copy", "verify"),
    ),
    Case(
        operation="bring-back",
        steps=(
            "check",
            "release",
            "stop",
            "prove",
            "keep",
            "write",
            "commit",
            "start",
            "readback",
        ),
        make=lambda site: BringBack(site.deployment, "latest", tables=("tools",)),
        prepare=lost_a_tool,
        kept_from="before:step_finished:commit",
        new=lambda before: before.names | {GONE},
        done=brought_back,
        undone=not_replaced,
        ticking=("keep",),
        down=("prove", "keep", "write"),
    ),
    Case(
        operation="import",
        steps=(
            "check",
            "release",
            "stop",
            "prove",
            "keep",
            "write",
            "commit",
            "start",
            "readback",
        ),
        make=lambda site: ImportRows(site.deployment, str(site.folder / "tools.json")),
        prepare=exported_and_lost_a_tool,
        kept_from="before:step_finished:commit",
        new=lambda before: before.names | {GONE},
        done=brought_back,
        undone=not_replaced,
        ticking=("check", "keep"),
        down=("prove", "keep", "write"),
        # Behind its check the same steps as bringing rows back, by the same code.
        kills=(
            "tick:check",
            "after:step_finished:check",
            "after:step_started:write",
            "before:step_finished:commit",
            "before:step_finished:readback",
        ),
        met=("check", "write"),
    ),
    Case(
        operation="upgrade",
        steps=_MIGRATING,
        make=lambda site: Upgrade(with_code(site.deployment)),
        prepare=rehearsed_before,
        kept_from="before:step_finished:swap",
        new=at_head,
        done=migrated,
        undone=not_migrated,
        ticking=("copy", "migrate"),
        down=("prove", "migrate", "swap"),
        kills=(
            "after:begun:",
            *(f"after:step_started:{step}" for step in _MIGRATING),
            "tick:copy",
            "tick:migrate",
            *(f"before:step_finished:{step}" for step in ("prove", "migrate", "check", "swap")),
            "before:step_finished:readback",
        ),
        met=("copy", "migrate", "swap"),
    ),
    Case(
        operation="downgrade",
        steps=("rehearse", *_MIGRATING),
        make=lambda site: Downgrade(with_code(site.deployment), "-1"),
        kept_from="before:step_finished:swap",
        new=one_down,
        done=migrated,
        undone=not_migrated,
        ticking=("rehearse",),
        # The same steps as an upgrade, by the same code; what comes first is rehearsed here.
        kills=("tick:rehearse", "after:step_started:migrate", "before:step_finished:swap"),
    ),
    Case(
        operation="stamp",
        steps=("rehearse", *_MIGRATING),
        make=lambda site: Stamp(with_code(site.deployment), "head"),
        kept_from="before:step_finished:swap",
        new=at_head,
        done=migrated,
        undone=not_migrated,
        kills=("after:step_finished:rehearse", "after:step_started:swap"),
    ),
    Case(
        operation="vacuum",
        steps=("release", "stop", "prove", "vacuum", *_REMADE),
        make=lambda site: Vacuum(site.deployment),
        kept_from="before:step_finished:swap",
        new=same_rows,
        stays=True,
        done=replaced,
        undone=not_replaced,
        checked=("release",),
        down=("vacuum",),
        # Around its own step an upgrade's, by the same code.
        kills=(
            "before:step_finished:prove",
            "after:step_started:vacuum",
            "after:step_started:swap",
            "before:step_finished:swap",
            "before:step_finished:readback",
        ),
        met=("vacuum",),
    ),
    Case(
        operation="tune",
        steps=("release", "stop", "prove", "vacuum", *_REMADE),
        make=other_auto_vacuum,
        kept_from="before:step_finished:swap",
        new=same_rows,
        stays=True,
        done=replaced,
        undone=not_replaced,
        # A VACUUM's steps, by the same code: where they differ is what the new file is set to.
        kills=("before:step_finished:vacuum", "before:step_finished:swap"),
    ),
    Case(
        operation="analyze",
        steps=("release", "stop", "prove", "duplicate", "analyze", *_REMADE),
        make=lambda site: Analyze(site.deployment),
        kept_from="before:step_finished:swap",
        new=same_rows,
        stays=True,
        done=replaced,
        undone=not_replaced,
        kills=("after:step_started:analyze", "before:step_finished:swap"),
    ),
    Case(
        operation="reindex",
        steps=("release", "stop", "prove", "duplicate", "reindex", *_REMADE),
        make=lambda site: Reindex(site.deployment),
        kept_from="before:step_finished:swap",
        new=same_rows,
        stays=True,
        done=replaced,
        undone=not_replaced,
        kills=("before:step_finished:reindex",),
    ),
    Case(
        operation="maintain",
        steps=_ROUTINE,
        make=lambda site: Maintain(site.deployment, stop=True),
        kept_from="before:step_finished:swap",
        new=same_rows,
        stays=True,
        done=maintained,
        undone=not_maintained,
        # A backup, a check and a VACUUM one behind the other, by the same code.
        kills=(
            "after:step_finished:verify",
            "after:step_started:analyze",
            "before:step_finished:swap",
            "after:step_started:size",
        ),
    ),
    Case(
        operation="check",
        steps=("integrity", "foreign-keys"),
        make=lambda site: DatabaseCheck(site.deployment),
        undone=still_good,
        kills=("after:step_started:integrity", "before:ended:"),
        writes=False,
    ),
    Case(
        operation="verify",
        steps=("check",),
        make=lambda site: BackupVerify(site.deployment, "latest"),
        undone=still_good,
        ticking=("check",),
        writes=False,
    ),
    Case(
        operation="adopt",
        steps=("check", "record"),
        make=lambda site: Adopt(site.deployment, _only(site)),
        prepare=bare,
        kept_from="after:step_started:record",
        done=adopted,
        undone=no_backup_more,
    ),
    Case(
        operation="pin",
        steps=("write",),
        make=lambda site: Pin(site.deployment, "latest"),
        undone=still_good,
    ),
    Case(
        operation="label",
        steps=("write",),
        make=lambda site: Relabel(site.deployment, "latest", "a label"),
        undone=still_good,
    ),
    Case(
        operation="delete",
        steps=("remove",),
        make=lambda site: Delete(site.deployment, _oldest(site)),
        prepare=one_more,
        kept_from="after:step_started:remove",
        done=one_backup_less,
        undone=no_backup_more,
        writes=False,
    ),
    Case(
        operation="prune",
        steps=("check", "delete"),
        ticking=("check",),
        make=lambda site: Prune(site.deployment, prune_policy()),
        prepare=one_more,
        kept_from="after:step_started:delete",
        done=one_backup_less,
        undone=no_backup_more,
        writes=False,
    ),
    Case(
        operation="drill",
        steps=("stage", "check", "record"),
        make=lambda site: Drill(site.deployment),
        undone=still_good,
        ticking=("stage", "check"),
        checked=("stage",),
    ),
    Case(
        operation="salvage",
        steps=("copy", "read", "check", "publish"),
        make=lambda site: Salvage(site.deployment, "latest"),
        kept_from="after:step_finished:check",
        done=one_salvage_more,
        undone=no_backup_more,
        checked=("copy",),
        kills=(
            "after:step_started:copy",
            "after:step_started:read",
            "after:step_finished:check",
            "before:step_finished:publish",
        ),
        met=("copy", "read"),
    ),
    Case(
        operation="rehearse",
        steps=("copy", "migrate", "check", "report"),
        make=lambda site: Rehearse(with_code(site.deployment), action="downgrade", target="-1"),
        done=rehearsed,
        undone=no_copy_left,
        ticking=("copy", "migrate"),
        checked=("copy",),
    ),
    Case(
        operation="modes",
        steps=("modes",),
        make=lambda site: Modes(site.deployment),
        prepare=loosened,
        kept_from="after:step_finished:modes",
        done=tight,
        undone=loose,
        writes=False,
        kills=("after:step_started:modes", "before:step_finished:modes"),
    ),
    Case(
        operation="uncron",
        steps=("cron",),
        make=lambda site: Uncron(site.deployment),
        prepare=scheduled_by_the_guide,
        kept_from="after:step_started:cron",
        done=commented_out,
        undone=not_commented_out,
        writes=False,
        cancellable=False,
        kills=("after:begun:", "after:step_started:cron", "before:step_finished:cron"),
    ),
    Case(
        operation="start",
        steps=("start",),
        make=lambda site: GatewayStart(site.deployment),
        prepare=Arena.stop,
        kept_from="after:step_started:start",
        writes=False,
        cancellable=False,
        running_after=lambda _before, done: done,
    ),
    Case(
        operation="stop",
        steps=("stop",),
        make=lambda site: GatewayStop(site.deployment),
        kept_from="after:step_started:stop",
        writes=False,
        running_after=lambda _before, done: not done,
    ),
    Case(
        operation="restart",
        steps=("stop", "start"),
        make=lambda site: GatewayRestart(site.deployment),
        kept_from="after:step_started:stop",
        down=("start",),
        writes=False,
    ),
    Case(
        operation="rotate-logs",
        steps=("copy", "finish"),
        make=lambda site: RotateLogs(site.deployment),
        prepare=old_log,
        kept_from="after:step_started:finish",
        done=rotated,
        undone=not_rotated,
        ticking=("copy",),
        # Its files lie elsewhere than the database's: `unit/test_rotate_logs.py` has the rest.
        kills=("after:step_finished:copy", "before:step_finished:finish"),
    ),
)

EXEMPT: Mapping[str, str] = {
    "down": "a process gateway has no project: docker/test_compose_down_up.py kills it there",
    "up": "the same",
    "bootstrap": "there is no database before it to compare with: unit/test_bootstrap.py",
    "make-folder": "there is no database before it, nor a folder: unit/test_doctor_remedies.py",
    "own": "a process gateway has no other user: unit/test_switching.py, docker/test_migrations.py",
    "verify-all": "its steps are named after the backups; each is a verify, by the same code",
    "schedule": "writes files of the whole machine's systemd or cron, no database: its own tests",
    "unschedule": "removes them again: its own tests",
}
"""Operations that the faults do not meet here, and why."""

BY_NAME: Mapping[str, Case] = {case.operation: case for case in CASES}
