"""A hot backup: a consistent, verified copy while the gateway keeps running."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import ClassVar

from tui.core.errors import BusyError, ExitCode, McpdbError
from tui.core.models import Deployment
from tui.core.operation import (
    Check,
    Plan,
    PlannedStep,
    Progress,
    Record,
    Recovery,
    StepFinished,
    Steps,
    StepStarted,
    Tier,
    Verdict,
)
from tui.operations.backing_up import inside_container
from tui.operations.backing_up.backup_plan import common_checks, last_steps, needed_space
from tui.operations.backing_up.backup_recovery import file_work
from tui.operations.backing_up.making import Draft, Making, finish, name_for, verify
from tui.operations.backing_up.publishing import HOT
from tui.operations.command import command_line
from tui.operations.execution.journaled import failure
from tui.operations.finding.gateways import gateway_of, is_up, state_of
from tui.operations.reads.holding import hold_for
from tui.operations.reads.looking import LiveDatabase
from tui.services import files
from tui.services.sqlite import copying
from tui.services.sqlite.connections import look, translating
from tui.wording.quantities import size

COPY = "copy the database in one read transaction"
VERIFY = "check every page, the foreign keys and the rows"


def copy_to(deployment: Deployment, target: Path, progress: Progress) -> copying.Copied:
    """Copy the live database through SQLite into a new private file, whatever the gateway does.

    Raises:
        BusyError: A rollback-journal database is written too much to be copied meanwhile, or
            the gateway started while it was copied without locks.
        PrecheckError: No space, no permission.
    """
    hold = hold_for(gateway_of(deployment))
    live = LiveDatabase(deployment)
    before = live.stamp()
    with (
        look(deployment.database, gateway_up=lambda: is_up(deployment)) as opened,
        translating(deployment.database),
    ):
        copied = copying.copy(opened.connection, target, progress.tick, hold=hold)
        if opened.how != "live" and (live.stamp() != before or is_up(deployment)):
            # Read without locks: pages of two moments may be in it, and every check say ok.
            raise BusyError(
                "The gateway started while its database was copied as of a stopped one; nothing "
                "was kept. Try again."
            )
        return replace(copied, journal_mode=opened.journal_mode or copied.journal_mode)


@dataclass(frozen=True, slots=True)
class BackupCreate(Making):
    """Copy the live database into the backup folder while the gateway runs."""

    name: ClassVar[str] = "backup"

    def plan(self) -> Plan:
        """Say how much is copied and whether it can be; changes nothing."""
        deployment = self.deployment
        live = LiveDatabase(deployment)
        facts = live.facts()
        needed = facts.size + facts.wal_size
        return Plan(
            operation=self.name,
            title="back up the database while the gateway runs",
            tier=Tier.LIGHT,
            subject=deployment.name,
            basis={"database": str(deployment.database), "inode": facts.inode},
            checks=(_readable(live, size(facts.size)), *common_checks(self, facts)),
            steps=(PlannedStep("copy", COPY), PlannedStep("verify", VERIFY), *last_steps(self)),
            command=command_line(deployment, *self.words()),
            facts={"bytes": needed, "folder": str(deployment.backup_dir), "compress": self.packs},
        )

    def steps(self, progress: Progress) -> Steps:
        """Copy, verify, compress, publish, copy to the second place."""
        deployment = self.deployment
        draft = Draft.begin(self, state_of(gateway_of(deployment)), progress)
        inside = inside_container.scratch(deployment, progress.operation_id)
        yield StepStarted("copy", COPY, facts={**draft.as_facts(), **inside})
        live = LiveDatabase(deployment).facts()
        space = needed_space(self, live.size + live.wal_size)
        files.require_space(deployment.backup_dir, space, "A backup")
        taken = datetime.now().astimezone()
        if inside:
            copied = inside_container.copy(deployment, draft.partial, inside["inside"], progress)
        else:
            inside_container.require_whole(deployment)
            copied = copy_to(deployment, draft.partial, progress)
        yield StepFinished("copy", {"restarts": copied.restarts})

        progress.checkpoint()
        yield StepStarted("verify", VERIFY)
        manifest = verify(self, draft, copied, progress, kind="hot", clean_stop=None, taken=taken)
        final = name_for(self, HOT)
        yield StepFinished("verify", {"manifest": manifest, "final": str(final)})
        result = yield from finish(self, draft, final, manifest, progress)
        return {"restarts": copied.restarts, **result}

    def recover(self, records: Sequence[Record]) -> Recovery:
        """Publish what was verified when it was cut; remove everything else."""
        work = file_work(self.deployment, records)
        cause = failure(records)
        if work.kept:
            return Recovery(
                "finish",
                work.sentence,
                work.actions,
                ExitCode.PARTLY if work.partly else ExitCode.DONE,
                "partly done" if work.partly else "done",
                work.facts,
            )
        return Recovery(
            "undo",
            work.sentence,
            work.actions,
            cause.exit_code if cause else ExitCode.FAILED,
            cause.outcome if cause else "cut short, undone",
        )


def _readable(live: LiveDatabase, text: str) -> Check:
    """Whether the live database can be read from here, with the exit code if it cannot."""
    if inside_container.is_needed(live.deployment):
        return Check("database", Verdict.OK, f"{text}, copied inside the container")
    try:
        inside_container.require_whole(live.deployment)
        live.tables()
    except McpdbError as error:
        return Check("database", Verdict.FAIL, str(error), error.exit_code)
    return Check("database", Verdict.OK, text)
