"""Make folder: the missing folder of the database, for the user that the gateway runs as.

Docker makes the missing folder of a bind mount itself, as root's: the gateway then cannot write
it. Only a folder that is missing, or holds nothing but our own state, gets another owner.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from tui.core.errors import ExitCode
from tui.core.models import Deployment
from tui.core.operation import (
    Check,
    Facts,
    Plan,
    PlannedStep,
    Progress,
    Record,
    Recovery,
    RecoveryAction,
    StepFinished,
    Steps,
    StepStarted,
    Tier,
    Verdict,
)
from tui.operations.cataloguing.own_files import read_only
from tui.operations.command import command_line
from tui.operations.execution.journaled import failure, finished, gave_up, merged, pending
from tui.operations.finding.gateways import gateway_of, state_of
from tui.operations.timelines.migration_owner import numbered
from tui.services import files
from tui.wording.clean import one_line

_TITLE = "make the folder and give it to its user"
_MODE = 0o755


@dataclass(frozen=True, slots=True)
class MakeFolder:
    """Make the folder that the database is to stand in."""

    name: ClassVar[str] = "make-folder"

    deployment: Deployment

    @property
    def folder(self) -> Path:
        """The folder that is meant."""
        return self.deployment.database.parent

    def plan(self) -> Plan:
        """Say what is made and whose it becomes; changes nothing."""
        deployment, where = self.deployment, one_line(str(self.folder))
        checks = read_only(deployment)
        user = numbered(state_of(gateway_of(deployment)))
        if deployment.blocked("database") is not None:
            checks.append(Check("database", Verdict.FAIL, f"{where} is no folder of this host."))
        elif not self._is_bare():
            text = f"{where} is there and holds something: `gateway own` gives it away."
            checks.append(Check("folder", Verdict.FAIL, text))
        elif user is not None and os.geteuid() not in (0, user[0]):
            error = files.denied("give away", self.folder, PermissionError())
            checks.append(Check("rights", Verdict.FAIL, str(error), error.exit_code))
        else:
            checks.append(Check("folder", Verdict.OK, f"{where}: {_whose(user)}"))
        return Plan(
            operation=self.name,
            title=f"make {where}",
            tier=Tier.LIGHT,
            subject=deployment.name,
            basis={"folder": where, "user": list(user or ())},
            checks=checks,
            steps=(PlannedStep("folder", _TITLE, cancellable=False),),
            command=command_line(deployment, "doctor", "--fix", "folder"),
            facts={"folder": where, "user": list(user or ())},
        )

    def _is_bare(self) -> bool:
        """Whether nothing of anybody's is in it: our own state folder is made by any change."""
        try:
            names = {path.name for path in self.folder.iterdir()}
        except FileNotFoundError:
            return True
        except OSError:
            return False
        return names <= {self.deployment.state_dir.name}

    def steps(self, progress: Progress) -> Steps:
        """Make it, then give it away."""
        user = numbered(state_of(gateway_of(self.deployment)))
        facts = {"folder": str(self.folder), "user": list(user or ())}
        yield StepStarted("folder", _TITLE, cancellable=False, facts=facts)
        _make(facts)
        yield StepFinished("folder", {"made": True})
        return {**facts, "sentence": f"{one_line(str(self.folder))} is there, {_whose(user)}."}

    def recover(self, records: Sequence[Record]) -> Recovery:
        """A folder that was begun is finished: it holds nothing that could be lost."""
        cause, facts = failure(records), merged(records)
        if cause is not None:
            return Recovery("nothing", cause.sentence, (), cause.exit_code, cause.outcome)
        if "folder" not in facts:
            words = "It was cut short before it began; nothing was made."
            return Recovery("nothing", words, (), ExitCode.FAILED, "cut short")
        stuck = gave_up(records, "folder")
        if stuck is not None:
            return Recovery("nothing", stuck.sentence, (), stuck.exit_code, "failed")
        action = RecoveryAction("folder", _TITLE, lambda _progress: _make(facts))
        left = () if finished(records, "folder") else pending(records, [action])
        return Recovery("finish", f"{one_line(str(self.folder))} is there.", left, outcome="done")


def _whose(user: tuple[int, int] | None) -> str:
    return f"of {user[0]}:{user[1]}, the gateway's user" if user else "of whoever makes it"


def _make(facts: Mapping[str, Any]) -> Facts:
    """Make the folder that a journal names; done already, it does nothing.

    Raises:
        PrecheckError: It may not be made, or not be given away.
    """
    folder, user = Path(facts["folder"]), facts.get("user") or ()
    try:
        folder.mkdir(mode=_MODE, parents=True, exist_ok=True)
        folder.chmod(_MODE)  # whatever our own mask is
        if user and os.geteuid() == 0:
            os.chown(folder, int(user[0]), int(user[1]), follow_symlinks=False)
        files.fsync_folder(folder.parent)
    except OSError as error:
        raise files.denied("make", folder, error) from error
    return {"made": True}
