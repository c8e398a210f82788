"""Bring back: chosen tables or rows of a backup into the live database, and nothing else.

Rows that are missing are added, rows that differ get the backup's values, rows that only the live
database has stay. The gateway is stopped; a helper process proves that nobody else has the file
and holds it from then on; what stands in it is copied and the copy verified; then all rows are
written in one transaction on the live file itself, which keeps its inode, owner and mode. Until
the commit everything can be taken back; the order is the contract.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

from tui.core.errors import BusyError, McpdbError, VerificationError
from tui.core.models import Backup, Deployment
from tui.core.operation import (
    Facts,
    Plan,
    Progress,
    Record,
    Recovery,
    StepFinished,
    Steps,
    StepStarted,
)
from tui.operations.bring_back_plan import (
    CHECK,
    COMMIT,
    KEEP,
    WRITE,
    Request,
    effect_words,
    look_at,
    make_plan,
    needed_space,
    selection_of,
)
from tui.operations.bring_back_recovery import decide
from tui.operations.catalogue import find_backup, safety_dir
from tui.operations.gateways import gateway_of
from tui.operations.looking import LiveDatabase
from tui.operations.publishing import new_name
from tui.operations.reading import require_finished
from tui.operations.restored import start_again
from tui.operations.restoring import UNDO_DAYS
from tui.operations.restoring.kept import keep_safety, safety_manifest
from tui.operations.restoring.overwriting import partial_of
from tui.operations.restoring.ownership import before, require_down, stop, wait_released
from tui.operations.restoring.situation import look_around
from tui.services import files, manifests
from tui.services.bringing import BringHelper
from tui.services.compression import unpacked
from tui.services.gateways.protocol import Gateway
from tui.services.holders import holders, inodes
from tui.services.sqlite import inspection
from tui.services.sqlite.choosing import Selection
from tui.wording.clean import one_line
from tui.wording.quantities import plural

OWNERSHIP_DEADLINE = 30.0
"""Seconds to wait for others to let go of the live file."""

RELEASE_DEADLINE = 10.0
"""Seconds within which viewers have closed their connections."""


@dataclass(frozen=True, slots=True)
class BringBack:
    """Add and replace chosen rows of the live database by those of a backup."""

    name: ClassVar[str] = "bring-back"

    deployment: Deployment
    backup: str
    """Id, name or path of the backup, or `latest`."""
    tables: Sequence[str] = ()
    """Tables of which all rows come back."""
    rows: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    """Rows by table and primary key: a value, or a list of values where it has several columns;
    several in one text are parted by `|`."""
    related: bool = True
    """Also what points to these rows and is missing, and what they point to."""

    def __post_init__(self) -> None:
        """Parameters come back from a journal as lists."""
        keys = {
            str(table): [list(key) if isinstance(key, list | tuple) else [key] for key in named]
            for table, named in self.rows.items()
        }
        object.__setattr__(self, "tables", tuple(map(str, self.tables)))
        object.__setattr__(self, "rows", keys)

    def source(self) -> Backup:
        """The backup that is meant.

        Raises:
            NotFoundError: There is none.
        """
        return find_backup(self.deployment, self.backup)

    def request(self) -> Request:
        """What is brought back from where.

        Raises:
            NotFoundError: There is no such backup.
        """
        asked = Selection(tables=tuple(self.tables), rows=self.rows, related=self.related)
        chosen = selection_of(self.deployment, asked)
        return Request(self.deployment, self.source(), self.backup, chosen)

    def plan(self) -> Plan:
        """Say what would be added and replaced and what forbids it; changes nothing.

        Raises:
            NotFoundError: There is no such backup, table or row.
            UsageError: Nothing was asked for.
            McpdbError: One of the files cannot be read.
        """
        return make_plan(self.name, self.request())

    def steps(self, progress: Progress) -> Steps:
        """Check, release, stop, prove, keep, write, commit, start, read back."""
        deployment, request = self.deployment, self.request()
        gateway = gateway_of(deployment)
        with ExitStack() as stack:
            yield StepStarted("check", CHECK)
            plain = stack.enter_context(unpacked(request.backup.path, progress.tick))
            checked = _check(request, plain, progress)
            yield StepFinished("check", checked)

            progress.checkpoint()
            yield StepStarted("release", "every open screen lets go of the database")
            wait_released(deployment, gateway, progress, RELEASE_DEADLINE)
            yield StepFinished("release")

            progress.checkpoint()
            helper = stack.enter_context(BringHelper(progress.lock))
            facts = {**before(gateway), **_stands(deployment)}
            yield StepStarted("stop", "stop the gateway", facts=facts)
            stopped = stop(gateway)
            yield StepFinished("stop", stopped)

            progress.checkpoint()
            yield StepStarted("prove", "take in the wal, prove that nobody else has the file")
            mode = _prove(helper, deployment, gateway, progress)
            yield StepFinished("prove", {"journal_mode": mode})

            progress.checkpoint()
            keep = safety_dir(deployment) / new_name("mcp_safety", safety_dir(deployment))
            facts |= checked | stopped | {"journal_mode": mode, "keep": str(keep)}
            yield StepStarted("keep", KEEP, facts={"keep": str(keep)})
            _keep(deployment, helper, keep, facts, progress)
            yield StepFinished("keep")

            progress.checkpoint()
            yield StepStarted("write", WRITE)
            _require_same(plain, checked["plain"])
            witness = helper.write(plain, request.selection, checked["effect"], progress.tick)
            yield StepFinished("write", {"witness": witness})

            progress.checkpoint()
            yield StepStarted("commit", COMMIT, cancellable=False)
            require_down(gateway)
            helper.commit()
            yield StepFinished("commit", {"committed": True})

        yield StepStarted("start", "start the gateway, wait for healthy", cancellable=False)
        started = start_again(deployment, facts, progress, even_if_stopped=False)
        yield StepFinished("start", started)

        yield StepStarted("readback", "read back", cancellable=False)
        result = read_back(deployment, facts)
        yield StepFinished("readback")
        return {**result, **started, "backup": request.backup.id}

    def recover(self, records: Sequence[Record]) -> Recovery:
        """Decide from the journal alone; see `tui.operations.bring_back_recovery`."""
        return decide(self.deployment, records, read_back)


# --- before the stop ----------------------------------------------------------------------


def _check(request: Request, plain: Path, progress: Progress) -> dict[str, Any]:
    """Prove that the backup is what was promised, and that the copy will have its place.

    Raises:
        VerificationError: It is not, or its rows do not go back in.
        PrecheckError: No space, no permission.
    """
    deployment, backup = request.deployment, request.backup
    require_finished(backup)
    found = files.identity(plain)
    if backup.manifest is None:
        inspection.inspect(plain, progress.tick, progress.checkpoint)
    elif (digest := files.sha256(plain, progress.tick)) != backup.manifest.sha256:
        raise VerificationError(
            f"FAIL sha256: expected {backup.manifest.sha256[:12]}, found {digest[:12]}. "
            f"Bring nothing back from {one_line(backup.path.name)}."
        )
    seen = look_at(request, plain)
    for objection in seen.objections:
        raise VerificationError(f"{objection.text}. Nothing was changed.")
    files.make_private(deployment.state_dir)
    files.make_private(safety_dir(deployment))
    for folder in (deployment.database.parent, safety_dir(deployment)):
        files.probe_writable(folder)
    around = look_around(deployment, backup, start=False, quick=True)
    needed = needed_space(around, seen)
    files.require_space(safety_dir(deployment), needed, "The safety copy and the rows")
    return {
        "effect": [dict(row) for row in seen.effect],
        "plain": found and [found.device, found.inode, found.size, found.mtime_ns],
    }


def _stands(deployment: Deployment) -> dict[str, Any]:
    """Which file it is, and how it is to look again whatever happens."""
    live = files.identity(deployment.database)
    if live is None:
        raise McpdbError(f"{one_line(str(deployment.database))} is gone; nothing was changed.")
    seen = LiveDatabase(deployment).facts()
    return {
        "live_device": live.device,
        "live_inode": live.inode,
        "mode_before": seen.journal_mode,
        "revision": seen.revision,
    }


# --- while the gateway is down ------------------------------------------------------------


def _prove(
    helper: BringHelper, deployment: Deployment, gateway: Gateway | None, progress: Progress
) -> str:
    """Have the helper own the file alone; its journal mode.

    Raises:
        BusyError: Somebody else has it open; named.
    """
    require_down(gateway)
    live, total = deployment.database, round(OWNERSHIP_DEADLINE)
    try:
        mode = helper.prove(
            live,
            OWNERSHIP_DEADLINE,
            lambda left: progress.tick(round(total - left), total, "seconds"),
        )
        # An idle reader of a rollback-journal file holds no lock: only its open file tells.
        found, _complete = holders(inodes(live), ignore=(helper.pid,))
        if found:
            raise BusyError("Another process has the database open.")
        return mode
    except BusyError as error:
        found, _complete = holders(inodes(live), ignore=(helper.pid,))
        who = f" {one_line(found[0].describe())} has it open." if found else ""
        raise BusyError(f"{error}{who} Nothing was changed.") from error


def _keep(
    deployment: Deployment,
    helper: BringHelper,
    keep: Path,
    facts: Mapping[str, Any],
    progress: Progress,
) -> None:
    """Copy what is held, verify the copy against it, and list it (I8, I9).

    Raises:
        McpdbError: It cannot be copied, or the copy is not what is held; nothing was changed.
    """
    partial, began = partial_of(keep), time.monotonic()
    rows = helper.copy(partial, progress.tick)
    report = inspection.inspect(partial, progress.tick, progress.checkpoint)
    inspection.expect(report, {"rows": rows}, ("rows",))
    values = safety_manifest(
        deployment,
        report,
        keep.name,
        method="backup-api",
        journal_mode=str(facts["journal_mode"]),
        clean_stop=facts.get("clean"),
        parent=progress.operation_id,
        taken=datetime.now().astimezone(),
        seconds=time.monotonic() - began,
        trigger=BringBack.name,
    )
    manifests.write_manifest(keep, values)
    try:
        partial.rename(keep)
        files.fsync_folder(keep.parent)
    except OSError as error:
        raise files.denied("write", keep, error) from error


def _require_same(plain: Path, checked: object) -> None:
    """The file that is read now must be the one that was checked.

    Raises:
        BusyError: It is another one.
    """
    found = files.identity(plain)
    if found is None or [found.device, found.inode, found.size, found.mtime_ns] != checked:
        raise BusyError(
            f"{one_line(plain.name)} was changed by somebody meanwhile. Nothing was changed."
        )


# --- afterwards ---------------------------------------------------------------------------


def read_back(deployment: Deployment, facts: Mapping[str, Any]) -> Facts:
    """See that the live file is the same one and can be read, and say what came back.

    Args:
        deployment: Whose.
        facts: What the journal recorded.

    Raises:
        VerificationError: Another file stands there, or it cannot be read.
    """
    found = files.identity(deployment.database)
    if found is None or found.key != (facts["live_device"], facts["live_inode"]):
        raise VerificationError(
            f"{one_line(str(deployment.database))} is not the file that was written into."
        )
    seen = LiveDatabase(deployment).facts()
    if seen.problem:
        raise VerificationError(seen.problem)
    effect = facts["effect"]
    kept = keep_safety(deployment, dict(facts), clean_stop=facts.get("clean"))
    stays = "" if facts.get("was_running") else " The gateway stays stopped, as it was."
    return {
        "effect": effect,
        "revision": seen.revision,
        "undo_until": (datetime.now(UTC) + timedelta(days=UNDO_DAYS)).isoformat(),
        "sentence": (
            f"Brought back {_where(effect)}: {effect_words(effect)}. The database as it was is "
            f"kept as {one_line(str(kept['safety']))}; `undo` takes it back.{stays}"
        ),
        **kept,
    }


def _where(effect: Sequence[Mapping[str, Any]]) -> str:
    """`into gateways, tools and 3 more tables`."""
    names = [one_line(str(r["table"])) for r in effect if r["added"] or r["replaced"]]
    more = f" and {plural(len(names) - 3, 'more table')}" if len(names) > 3 else ""
    return f"into {', '.join(names[:3])}{more}"
