"""Modes: let the owner write database, folder and sidecars, and nobody else who has no part in it.

Nothing is stopped: a mode is looked at when a file is opened. The modes from before are in the
journal first, so a cut is undone.
"""

from __future__ import annotations

import os
import shlex
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from tui.core.errors import McpdbError, PrecheckError
from tui.core.models import ContainerRef, Deployment, FileIdentity
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
from tui.operations.execution.journaled import failure, finished, gave_up, merged, pending, started
from tui.operations.finding.gateways import gateway_of, state_of
from tui.operations.migrating.owners import need_everybody
from tui.operations.migrating.switch_target import SIDECARS
from tui.services import files
from tui.wording.clean import one_line

_TITLE = "change the modes"


@dataclass(frozen=True, slots=True)
class Modes:
    """Put the modes right: read and write for the owner, no writing for all the world."""

    name: ClassVar[str] = "modes"

    deployment: Deployment

    def plan(self) -> Plan:
        """Say which modes become which; changes nothing."""
        deployment = self.deployment
        checks = read_only(deployment)
        blocked = deployment.blocked("database")
        wanted: dict[str, dict[str, int]] = {}
        if blocked is not None:
            checks.append(Check("database", Verdict.FAIL, blocked.text))
        else:
            try:
                wanted = self._wanted()
                checks += _checks(wanted)
                checks += self._kept_out(wanted)
            except McpdbError as error:
                checks.append(Check("modes", Verdict.FAIL, str(error), error.exit_code))
        return Plan(
            operation=self.name,
            title=f"put the modes of the database of {deployment.name} right",
            tier=Tier.DISRUPTIVE,
            subject=deployment.name,
            basis={"modes": wanted},
            checks=checks,
            steps=(PlannedStep("modes", _TITLE),),
            command=command_line(deployment, "doctor", "--fix", "mode"),
            facts={"modes": wanted},
        )

    def _wanted(self) -> dict[str, dict[str, int]]:
        """By path: the mode before and after, of those that change."""
        live = self.deployment.database
        paths = [live.parent, live, *(live.with_name(live.name + end) for end in SIDECARS)]
        found: dict[str, dict[str, int]] = {}
        for path in paths:
            one = files.identity(path)
            if one is None or files.is_link(one):
                continue
            before, after = stat.S_IMODE(one.mode), _right(one)
            if before != after:
                found[str(path)] = {"before": before, "after": after}
        return found

    def _kept_out(self, wanted: Mapping[str, Mapping[str, int]]) -> list[Check]:
        """What forbids it: a gateway that writes by the right which everybody has."""
        deployment = self.deployment
        loose = [Path(path) for path, change in wanted.items() if change["before"] & stat.S_IWOTH]
        if not loose:
            return []
        try:
            user, needing = need_everybody(deployment, state_of(gateway_of(deployment)), loose)
        except McpdbError as error:
            text = (
                f"The gateway may be able to write {one_line(loose[0].name)} only because "
                f"everybody may: {one_line(str(error))}"
            )
            return [Check("gateway", Verdict.FAIL, text, error.exit_code)]
        if not needing:
            return []
        who = f"{user[0]}:{user[1]}"
        first = (
            command_line(deployment, "gateway", "own")
            if isinstance(deployment.gateway, ContainerRef)
            else shlex.join(["sudo", "chown", who, "--", *map(str, needing)])
        )
        text = (
            f"The gateway ({who}) may write {', '.join(path.name for path in needing)} only "
            f"because everybody may: `{first}` first."
        )
        return [Check("gateway", Verdict.FAIL, one_line(text))]

    def steps(self, progress: Progress) -> Steps:
        """Change them, the folder first.

        Raises:
            PrecheckError: The gateway could not write any more; nothing was changed.
        """
        wanted = self._wanted()
        if forbidden := self._kept_out(wanted):
            raise PrecheckError(forbidden[0].text)
        yield StepStarted("modes", _TITLE, facts={"modes": wanted})
        for path, change in wanted.items():
            progress.checkpoint()
            _set(Path(path), change["after"])
        yield StepFinished("modes", {"set": True})
        told = ", ".join(
            f"{one_line(Path(path).name)} {change['after']:04o}" for path, change in wanted.items()
        )
        return {"modes": wanted, "sentence": f"{told}: its owner may write it, not all the world."}

    def recover(self, records: Sequence[Record]) -> Recovery:
        """What was not carried through is undone."""
        cause, facts = failure(records), merged(records)
        if finished(records, "modes"):
            return Recovery("finish", "The modes were changed.", (), outcome="done")
        actions = []
        if started(records, "modes"):
            modes: Mapping[str, Any] = facts.get("modes") or {}
            actions.append(RecoveryAction("modes", "put them back", lambda _p: _put_back(modes)))
        words = cause.sentence if cause else "It was cut short; the modes are as they were."
        code = cause.exit_code if cause else McpdbError.exit_code
        stuck = gave_up(records, "modes")
        if stuck is not None:
            words = f"{words} {stuck.sentence}"
        outcome = cause.outcome if cause else "cut short, undone"
        return Recovery("undo", words, pending(records, actions), code, outcome)


def _right(found: FileIdentity) -> int:
    """The mode it should have: the owner reads and writes, others do not write."""
    folder = files.is_directory(found)
    mode = stat.S_IMODE(found.mode) | (0o700 if folder else 0o600)
    return mode & ~stat.S_IWOTH


def _checks(wanted: Mapping[str, Mapping[str, int]]) -> list[Check]:
    if not wanted:
        text = "Nothing to change: the owner may write database and folder, all the world not."
        return [Check("modes", Verdict.FAIL, text)]
    told = [
        f"{one_line(Path(path).name)} {change['before']:04o} → {change['after']:04o}"
        for path, change in wanted.items()
    ]
    checks = [Check("modes", Verdict.OK, ", ".join(told))]
    for path in wanted:
        found = files.identity(Path(path))
        if found is not None and os.geteuid() not in (0, found.uid):
            error = files.denied("change the mode of", Path(path), PermissionError())
            checks.append(Check("rights", Verdict.FAIL, str(error), error.exit_code))
            break
    return checks


def _set(path: Path, mode: int) -> None:
    """Change a mode; a link is never followed.

    Raises:
        McpdbError: It may not be changed, or is a link now.
    """
    try:
        descriptor = os.open(path, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return  # a sidecar that its owner took away meanwhile
    except OSError as error:
        raise files.denied("change the mode of", path, error) from error
    try:
        if stat.S_ISLNK(os.fstat(descriptor).st_mode):
            raise McpdbError(f"{one_line(str(path))} is a symbolic link now; it is left alone.")
        # Through /proc, because a descriptor of a path alone takes no fchmod; it opens nothing,
        # so no lock of SQLite's is lost by it.
        Path(f"/proc/self/fd/{descriptor}").chmod(mode)
    except OSError as error:
        raise files.denied("change the mode of", path, error) from error
    finally:
        os.close(descriptor)


def _put_back(modes: Mapping[str, Any]) -> Facts:
    for path, change in modes.items():
        found = files.identity(Path(path))
        if found is not None and stat.S_IMODE(found.mode) == change["after"]:
            _set(Path(path), int(change["before"]))
    return {}
