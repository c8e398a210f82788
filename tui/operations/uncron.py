"""Uncron: comment out what the guide put into a crontab, with a copy of each table beside it.

A table is copied, then exchanged whole. Only lines that still stand there as they were found are
touched, so doing it again does nothing; that is how a cut is finished. A script of a folder such
as `/etc/cron.daily` loses its right to be run instead.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from tui.core.errors import ExitCode, McpdbError
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
from tui.operations.diagnosing.cron_check import told_line
from tui.operations.diagnosing.guide_scripts import GuideLine, guide_lines
from tui.operations.execution.journaled import failure, gave_up, merged, recovered
from tui.services import cron_edit
from tui.wording.clean import one_line
from tui.wording.quantities import plural

_TITLE = "comment the guide's lines out"


@dataclass(frozen=True, slots=True)
class Uncron:
    """Keep cron from running the guide's scripts on this deployment."""

    name: ClassVar[str] = "uncron"

    deployment: Deployment

    def targets(self) -> tuple[cron_edit.Target, ...]:
        """The tables and scripts that change, as they stand now."""
        return _targets(guide_lines(self.deployment))

    def plan(self) -> Plan:
        """Say which lines go and where the copies will lie; changes nothing."""
        deployment = self.deployment
        lines = guide_lines(deployment)
        targets = _targets(lines)
        checks = read_only(deployment)
        if not targets:
            text = "Nothing to comment out: none of the guide's scripts is seen in a crontab."
            checks.append(Check("cron", Verdict.FAIL, text, ExitCode.NOT_FOUND))
        checks += [Check("cron", Verdict.OK, told_line(one)) for one in lines]
        for target in targets:
            if (error := cron_edit.refusal(target)) is not None:
                checks.append(Check("rights", Verdict.FAIL, str(error), error.exit_code))
        return Plan(
            operation=self.name,
            title=f"comment {plural(_many(targets), 'line')} of the guide's out",
            tier=Tier.DISRUPTIVE,
            subject=deployment.name,
            basis={"targets": [asdict(target) for target in targets]},
            checks=checks,
            steps=(PlannedStep("cron", _TITLE, cancellable=False),),
            command=command_line(deployment, "doctor", "--fix", "cron"),
            facts={"targets": [asdict(target) for target in targets]},
        )

    def steps(self, progress: Progress) -> Steps:
        """Copy and exchange one table after the other."""
        targets = self.targets()
        facts = {"targets": [asdict(target) for target in targets]}
        yield StepStarted("cron", _TITLE, cancellable=False, facts=facts)
        copies = _comment(facts, str(self.deployment.state_dir))
        yield StepFinished("cron", copies)
        return {**facts, **copies, "sentence": _sentence(targets, copies)}

    def recover(self, records: Sequence[Record]) -> Recovery:
        """Finish what was begun: lines that are commented out already are left alone."""
        cause, facts = failure(records), merged(records)
        if "targets" not in facts:
            words = cause.sentence if cause else "It was cut short before it began."
            code = cause.exit_code if cause else ExitCode.FAILED
            return Recovery("nothing", words, (), code, cause.outcome if cause else "cut short")
        if cause is not None:
            words = f"{cause.sentence} `doctor --explain cron` tells what still runs."
            return Recovery("nothing", words, (), cause.exit_code, cause.outcome)
        stuck = gave_up(records, "cron")
        if stuck is not None:
            return Recovery("nothing", stuck.sentence, (), stuck.exit_code, "failed")
        state_dir = str(self.deployment.state_dir)
        action = RecoveryAction("cron", _TITLE, lambda _progress: _comment(facts, state_dir))
        words = "The guide's lines are commented out."
        left = () if recovered(records, "cron") else (action,)
        return Recovery("finish", words, left, outcome="done")


def _targets(lines: Sequence[GuideLine]) -> tuple[cron_edit.Target, ...]:
    """Each table or script once, with its lines."""
    found: dict[str, cron_edit.Target] = {}
    for one in lines:
        place = one.entry.place
        known = found.setdefault(
            str(place.path),
            cron_edit.Target(path=str(place.path), kind=place.kind, user=place.user),
        )
        if one.entry.number:
            known.lines[str(one.entry.number)] = one.entry.line
    return tuple(found.values())


def _many(targets: Sequence[cron_edit.Target]) -> int:
    return sum(max(1, len(target.lines)) for target in targets)


def _comment(facts: Mapping[str, Any], state_dir: str) -> Facts:
    """Comment out what a journal names.

    Raises:
        McpdbError: One of them may not be changed; those before it are done.
    """
    copies: list[str] = []
    for values in facts["targets"]:
        try:
            copies += cron_edit.silence(cron_edit.Target(**values), state_dir)
        except McpdbError as error:
            done = f" {plural(len(copies), 'other')} done." if copies else ""
            raise type(error)(f"{error}{done}") from error
    return {"copies": copies}


def _sentence(targets: Sequence[cron_edit.Target], copies: Facts) -> str:
    where = ", ".join(one_line(target.path) for target in targets)
    kept = ", ".join(map(one_line, copies["copies"]))
    text = f"{plural(_many(targets), 'line')} commented out in {where}"
    return text + (f"; as it was it is kept as {kept}." if kept else ".")
