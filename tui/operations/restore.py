"""Restore: put a backup in the place of the live database, or leave everything as it was.

The order is the contract. The new file is staged and compared while the gateway still serves;
sole ownership is proved by SQLite itself after the stop; the old file is kept by a hard link
and the new one takes its name in one rename, so the live path is never absent; what comes
after is finished, or undone by the same exchange in the other direction.

Where no other file can take its place, the backup is written into the live file instead: then
a verified copy of the old content is made first, while the gateway is down
(`tui.operations.restoring.way`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

from tui.core.errors import ExitCode, McpdbError
from tui.core.models import Backup, Deployment
from tui.core.operation import (
    Plan,
    Progress,
    Record,
    Recovery,
    StepFinished,
    Steps,
    StepStarted,
)
from tui.operations.cataloguing import suspicion
from tui.operations.cataloguing.catalogue import find_backup
from tui.operations.execution.journaled import merged
from tui.operations.finding.gateways import gateway_of
from tui.operations.reads.looking import LiveDatabase
from tui.operations.restoring import overwriting
from tui.operations.restoring.kept import REJECTED
from tui.operations.restoring.ownership import (
    before,
    exchange_of,
    prove,
    require_down,
    stop,
    wait_released,
)
from tui.operations.restoring.restore_plan import (
    OVERWRITE_TITLE,
    SWAP_TITLE,
    comparison,
    look_again,
    look_around,
    make_plan,
)
from tui.operations.restoring.restore_recovery import decide
from tui.operations.restoring.restored import read_back, start_again
from tui.operations.restoring.staging import compare, put_where_nothing_is, stage
from tui.operations.restoring.way import Way, choose
from tui.services import files
from tui.services.live.swapping import SwapHelper

OWNERSHIP_DEADLINE = 30.0
"""Seconds to wait for others to let go of the live file."""

RELEASE_DEADLINE = 10.0
"""Seconds within which viewers have closed their connections."""


@dataclass(frozen=True, slots=True)
class Restore:
    """Replace the live database of a deployment by a backup."""

    name: ClassVar[str] = "restore"

    deployment: Deployment
    backup: str
    """Id, name or path of the backup, or `latest`."""
    start: bool = False
    """Start the gateway afterwards even if it was stopped before."""
    write_through: bool = False
    """Write into the live file although another one could take its place."""

    def source(self) -> Backup:
        """The backup that is meant.

        Raises:
            NotFoundError: There is none.
        """
        return find_backup(self.deployment, self.backup)

    def switch(self, backup: Backup) -> dict[str, Any] | None:
        """The image that belongs to a backup where that is another one; see `switching`."""
        return None

    def plan(self) -> Plan:
        """Say what would happen, what is gained and lost, and what forbids it."""
        return make_plan(
            self.name,
            look_around(
                self.deployment,
                self.source(),
                start=self.start,
                word=self.backup,
                write_through=self.write_through,
            ),
        )

    def look_again(self, plan: Plan) -> Plan | None:
        """Look at holders and space again while a plan is being read; cheap enough for 2 s.

        Args:
            plan: What is shown.

        Returns:
            The plan with what is so now; made anew where something moved that it rests on; None
            when nothing changed.
        """
        return look_again(self, plan)

    def steps(self, progress: Progress) -> Steps:
        """Stage, compare, release, stop, prove, swap, start, read back."""
        deployment = self.deployment
        gateway = gateway_of(deployment)
        backup = self.source()
        way = self._way(backup)
        staged = files.partial(deployment.database.parent, progress.operation_id)

        yield StepStarted(
            "stage",
            "copy the backup beside the database",
            facts={"staged": str(staged), "way": way.kind},
        )
        yield StepFinished("stage", stage(deployment, backup, staged, way, progress))

        progress.checkpoint()
        yield StepStarted("compare", comparison(backup))
        expected = compare(deployment, backup, staged, way, progress)
        yield StepFinished("compare", expected)

        progress.checkpoint()
        yield StepStarted("release", "every open screen lets go of the database")
        wait_released(deployment, gateway, progress, RELEASE_DEADLINE)
        yield StepFinished("release")

        progress.checkpoint()
        with SwapHelper(progress.lock) as helper:
            was = {**before(gateway), **self.moved(backup, expected)}
            if switch := self.switch(backup):
                was["switch"] = switch
            yield StepStarted("stop", "stop the gateway", facts=was)
            stopped = stop(gateway)
            yield StepFinished("stop", stopped)

            progress.checkpoint()
            exchange, facts = exchange_of(deployment, staged, way, expected, OWNERSHIP_DEADLINE)
            yield StepStarted("prove", "prove that nobody else has the file", facts=facts)
            mode = prove(helper, exchange, gateway, progress)
            yield StepFinished("prove", {"journal_mode": mode})

            progress.checkpoint()
            if exchange.way == "overwrite":
                yield from overwriting.steps(
                    deployment,
                    helper,
                    exchange,
                    gateway,
                    progress,
                    title=OVERWRITE_TITLE,
                    mode=mode,
                    clean_stop=stopped.get("clean"),
                    trigger=self.name,
                )
            else:
                yield StepStarted("swap", SWAP_TITLE, cancellable=False)
                require_down(gateway)
                set_aside: list[str] = []
                if exchange.keep is not None:
                    helper.swap()
                else:
                    aside = Path(facts["aside"])
                    set_aside = put_where_nothing_is(staged, deployment.database, aside)
                yield StepFinished("swap", {"swapped": True, "set_aside": set_aside})
        known = {**was, **expected, **facts, "way": way.kind, "journal_mode": mode}

        yield StepStarted("start", "start the gateway, wait for healthy", cancellable=False)
        started = start_again(deployment, known, progress, even_if_stopped=self.start)
        yield StepFinished("start", started)

        yield StepStarted(
            "readback", "read back; check and list the safety copy", cancellable=False
        )
        result = read_back(
            deployment,
            known,
            clean_stop=stopped.get("clean"),
            operation_id=progress.operation_id,
            trigger=self.name,
        )
        # Only now: had the gateway not become healthy, the old file would stand there again.
        with suppress(McpdbError):
            suspicion.clear(deployment)
        yield StepFinished("readback")
        return {**told(known), **result, **started, "backup": backup.id, "way": way.kind}

    def moved(self, backup: Backup, expected: Mapping[str, Any]) -> dict[str, Any]:
        """From which revisions to which the database goes, for the timeline.

        Args:
            backup: What is put there.
            expected: What was found in it.
        """
        return {
            "before": list(LiveDatabase(self.deployment).facts().revisions),
            "after": str(expected.get("revision") or "").split(),
            "source": self._source_of(backup),
        }

    def _source_of(self, backup: Backup) -> dict[str, str] | None:
        """Whose past comes back; None where that is not this very database's."""
        manifest = backup.manifest
        if manifest is None or backup.neighbour or manifest.trigger == REJECTED:
            return None
        folder = self.deployment.database.parent
        if manifest.source != self.deployment.database.name or manifest.source_folder not in (
            "",
            str(folder),
        ):
            return None
        parent = Path(manifest.parent).name if backup.kind == "safety" else ""
        return {"taken": backup.taken.isoformat(), "parent": parent}

    def _way(self, backup: Backup) -> Way:
        """Decided again: what was planned is compared by the plan's fingerprint (I10)."""
        live = LiveDatabase(self.deployment).facts()
        way = choose(self.deployment, backup, live, write_through=self.write_through)
        way.require()
        return way

    def recover(self, records: Sequence[Record]) -> Recovery:
        """Decide from the journal alone; see `tui.operations.restoring.restore_recovery`."""
        recovery = decide(self.deployment, records, start=self.start)
        if recovery.direction != "finish" or recovery.exit_code is ExitCode.PARTLY:
            return recovery
        return replace(recovery, facts={**told(merged(records)), **recovery.facts})


def told(facts: Mapping[str, Any]) -> dict[str, Any]:
    """What of the journal's facts belongs into the result of a file that stays in place."""
    return {key: facts[key] for key in ("before", "after", "undoes") if key in facts}
