"""Prune: remove what no rule of retention keeps, one file at a time, and nothing else.

Each file is marked in the journal, then removed, then its manifest: in this order a cut leaves at
most a manifest whose file is gone, which is no backup to anybody and which the mark removes later.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

from tui.core.errors import ExitCode, McpdbError
from tui.core.models import Deployment, Policy
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
from tui.operations.cataloguing import suspicion
from tui.operations.cataloguing.prune_decision import Decision, decide
from tui.operations.cataloguing.reading import require_bytes
from tui.operations.cataloguing.retention import host_now
from tui.operations.command import command_line
from tui.operations.delete import remove
from tui.operations.execution.journaled import failure, recovered, recovery_failure
from tui.services import files
from tui.wording.clean import one_line
from tui.wording.quantities import count, narrow_size, plural

_TITLE = "remove what no rule keeps"
_CHECK = "read the newest verified backup, which stays"
_FLAGS = {
    "keep_last": "--keep-last",
    "daily": "--daily",
    "weekly": "--weekly",
    "monthly": "--monthly",
    "max_age_days": "--max-age",
    "minimum": "--minimum",
}


@dataclass(frozen=True, slots=True)
class Prune:
    """Remove the backups that a policy keeps no longer, in both locations."""

    name: ClassVar[str] = "prune"

    deployment: Deployment
    policy: Mapping[str, Any] | None = None
    """Rules instead of the deployment's own."""
    guide: bool = False
    """Also what the guide's script made and nobody adopted."""

    def rules(self) -> Policy:
        """The policy that is meant.

        Raises:
            UsageError: A rule is not known or out of range.
        """
        if self.policy is None:
            return self.deployment.retention
        return Policy.from_table(self.policy, "policy") if self.policy else Policy()

    def decide(self, now: datetime | None = None) -> Decision:
        """Rule on both locations as they are now; changes nothing."""
        return decide(self.deployment, self.rules(), now or host_now(), guide=self.guide)

    def plan(self) -> Plan:
        """Say of each backup by which rule it stays or goes; changes nothing.

        Facts: `rulings` (a `Ruling` each, of the second location with its whole path as name),
        `freed` (bytes), `kept` and `dropped` (numbers), `policy`.
        """
        deployment, policy = self.deployment, self.rules()
        decision = self.decide()
        dropped = decision.dropped
        return Plan(
            operation=self.name,
            title=_title(decision),
            tier=Tier.REPLACING,
            subject=deployment.name,
            basis={
                "database": str(deployment.database),
                "dropped": [item.mark for item in dropped],
            },
            checks=_checks(deployment, policy, decision),
            steps=_planned(decision),
            command=command_line(deployment, "backup", "prune", *self._words()),
            facts={
                "rulings": [asdict(ruling) for ruling in decision.rulings],
                "freed": decision.freed,
                "kept": len(decision.rulings) - len(dropped),
                "dropped": len(dropped),
                "policy": policy.as_json(),
            },
        )

    def _words(self) -> Iterator[str]:
        for key, value in (self.policy or {}).items():
            yield from (_FLAGS.get(key, key), f"{value:g}")
        if self.guide:
            yield "--guide"
        yield from ("--confirm", self.deployment.name)

    def steps(self, progress: Progress) -> Steps:
        """Read what stays, then mark each file in the journal and remove it and its manifest.

        What cannot be removed is named at the end; the rest goes on.
        """
        decision = self.decide()
        if newest := decision.relied_on:
            yield StepStarted("check", _CHECK, facts={"backup": newest.id})
            require_bytes(self.deployment, newest, progress)
            yield StepFinished("check")
        total, freed, failed = len(decision.dropped), 0, []
        for number, item in enumerate(decision.dropped, 1):
            progress.tick(number - 1, total, "files")
            facts = {"deleting": dict(item.mark), "of": total}
            yield StepStarted("delete", _TITLE, facts=facts)
            why = ""
            try:
                remove(item.mark)
                freed += item.size
            except McpdbError as error:
                why = str(error)
                failed.append({"name": item.ruling.name, "why": why})
            yield StepFinished("delete", {"removed": "" if why else item.ruling.name, "why": why})
        return _result(decision, freed, failed)

    def recover(self, records: Sequence[Record]) -> Recovery:
        """Finish the removal that was marked; what was not marked stays."""
        marks = [r for r in records if r["kind"] == "step_started" and r["step"] == "delete"]
        ends = [r for r in records if r["kind"] == "step_finished" and r["step"] == "delete"]
        removed = sum(1 for record in ends if (record.get("facts") or {}).get("removed"))
        cause = failure(records)
        if not marks:
            text = cause.sentence if cause else "A prune was cut short; nothing was removed."
            outcome = cause.outcome if cause else "cut short"
            return Recovery(
                "nothing", text, (), cause.exit_code if cause else ExitCode.FAILED, outcome
            )
        actions = []
        last = (marks[-1].get("facts") or {}).get("deleting") or {}
        open_mark = len(ends) < len(marks) and bool(last)
        broken = recovery_failure(records, "delete")
        if open_mark and broken is None:
            actions.append(RecoveryAction("delete", _TITLE, lambda _progress: _finish(last)))
            removed += 1
        total = int((marks[-1].get("facts") or {}).get("of") or len(marks))
        # Cut between the last removal and the last record: all was done.
        whole = removed == total and broken is None
        return Recovery(
            "finish",
            _cut_sentence(removed, total, cancelled=bool(cause and cause.outcome == "cancelled"))
            + (f" {broken.sentence}" if broken else ""),
            [] if recovered(records, "delete") else actions,
            ExitCode.DONE if whole else ExitCode.PARTLY,
            "done" if whole else "partly done",
        )


def _finish(mark: Mapping[str, Any]) -> Facts:
    remove(mark)
    return {"removed": Path(mark["path"]).name}


# --- words ------------------------------------------------------------------------------


def _title(decision: Decision) -> str:
    if not decision.dropped:
        return f"nothing to remove: {plural(len(decision.rulings), 'file')} stay"
    return (
        f"remove {plural(len(decision.dropped), 'backup')}, "
        f"{narrow_size(decision.freed)} of disk space"
    )


def _checks(deployment: Deployment, policy: Policy, decision: Decision) -> list[Check]:
    checks = []
    if deployment.read_only:
        checks.append(Check("read-only", Verdict.FAIL, "started with --read-only"))
    if (suspect := suspicion.check(deployment, "prune")) is not None:
        checks.append(suspect)
    if policy.is_empty:
        text = "no rule of retention is set: that would keep nothing by rule"
        checks.append(Check("policy", Verdict.FAIL, text))
    wanted = decision.dropped or any("fewer than" in item.rule for item in decision.rulings)
    if wanted and len(decision.verified) < policy.minimum:
        text = (
            f"{plural(len(decision.verified), 'verified backup')} of at least "
            f"{count(policy.minimum)}: nothing may go before there are more"
        )
        checks.append(Check("minimum", Verdict.FAIL, text))
    else:
        text = (
            f"{plural(len(decision.verified), 'verified backup')}, at least {policy.minimum} stay"
        )
        checks.append(Check("minimum", Verdict.OK, text))
    closed = _closed(decision)
    if closed:
        denied = len(closed) == len({item.backup.path.parent for item in decision.dropped})
        text = str(files.denied("remove files from", closed[0], PermissionError()))
        checks.append(Check("permission", Verdict.FAIL if denied else Verdict.WARN, text))
    return checks


def _planned(decision: Decision) -> tuple[PlannedStep, ...]:
    if not decision.dropped:
        return ()
    check = (PlannedStep("check", _CHECK),) if decision.relied_on else ()
    return (*check, PlannedStep("delete", _TITLE))


def _closed(decision: Decision) -> list[Path]:
    """Folders of what goes, from which we may remove nothing."""
    places = sorted({item.backup.path.parent for item in decision.dropped})
    return [place for place in places if not os.access(place, os.W_OK | os.X_OK)]


def _result(decision: Decision, freed: int, failed: list[dict[str, str]]) -> Facts:
    gone = len(decision.dropped) - len(failed)
    kept = len(decision.rulings) - gone
    if not decision.dropped:
        sentence = f"Nothing to prune: {count(kept)} kept."
    else:
        sentence = f"{count(gone)} dropped, {count(kept)} kept, {narrow_size(freed)} freed."
    result: dict[str, Any] = {"freed": freed, "dropped": gone, "kept": kept, "failed": failed}
    if failed:
        first = failed[0]
        more = f" (and {count(len(failed) - 1)} more)" if len(failed) > 1 else ""
        sentence += f" Not removed: {one_line(first['name'])}{more}. {first['why']}"
        result |= {"ends_with": int(ExitCode.PARTLY), "outcome": "partly done"}
    return {**result, "sentence": sentence}


def _cut_sentence(removed: int, total: int, *, cancelled: bool) -> str:
    word = "Cancelled" if cancelled else "A prune was cut short"
    rest = ", the rest stays" if removed < total else ""
    return f"{word}: {count(removed)} of {plural(total, 'file')} removed{rest}."
