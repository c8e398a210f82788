"""Rotate logs: compress what is old, empty what is still written to, delete what is very old.

It asks y or n (it is disruptive, not replacing): no database is touched, and what goes for good is
a log that was compressed and kept for as long as its rule says. Old files go first: that makes
room for the copies.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from tui.core.ages import as_text
from tui.core.errors import Cancelled, McpdbError
from tui.core.models import Deployment, Rotation
from tui.core.operation import (
    Check,
    Facts,
    Plan,
    Progress,
    Record,
    Recovery,
    RecoveryAction,
    Step,
    StepFinished,
    Steps,
    StepStarted,
    Tier,
    Verdict,
)
from tui.operations.command import command_line
from tui.operations.execution.journaled import failure, gave_up, pending
from tui.operations.rotating import planning, told, working
from tui.operations.rotating.choosing import (
    CHANGES,
    Found,
    choose,
    folders,
    rules_of,
)
from tui.operations.rotating.copying import Copied


@dataclass(frozen=True, slots=True)
class RotateLogs:
    """Rotate the gateway's logs in their folder."""

    name: ClassVar[str] = "rotate-logs"

    deployment: Deployment
    compress_after: float | None = None
    """Days; the setting's where none are given."""
    delete_after: float | None = None

    @property
    def rules(self) -> Rotation:
        """The rules that are meant."""
        return rules_of(self.deployment, self.compress_after, self.delete_after)

    def look(self) -> tuple[tuple[Found, ...], bool]:
        """What happens to each file, and whether every process could be looked into.

        Raises:
            McpdbError: No folder is known, or it may not be looked into.
        """
        return choose(folders(self.deployment), self.rules)

    def plan(self) -> Plan:
        """Say of each file what happens to it and why; changes nothing.

        Facts: `logs` (each `name`, `folder`, `size`, `action`, `why`), `folders`, `freed` (bytes
        of what goes, before what is compressed), `compress_after`, `delete_after` (texts).
        """
        deployment, rules = self.deployment, self.rules
        checks: list[Check] = []
        found: tuple[Found, ...] = ()
        if deployment.read_only:
            checks.append(Check("read-only", Verdict.FAIL, "started with --read-only"))
        try:
            found, complete = self.look()
            checks += planning.checks(found, complete)
        except McpdbError as error:
            checks.append(Check("logs", Verdict.FAIL, str(error), error.exit_code))
        work = [one for one in found if one.action in CHANGES]
        return Plan(
            operation=self.name,
            title=planning.title(found, deployment.name),
            # Where nothing happens there is nothing to ask.
            tier=Tier.DISRUPTIVE if work else Tier.LIGHT,
            subject=deployment.name,
            basis={"files": [[one.action, one.name, *one.identity.key] for one in work]},
            checks=checks,
            steps=planning.planned(found),
            command=command_line(deployment, *self._words()),
            facts={
                "logs": [
                    {
                        "name": one.name,
                        "folder": str(one.folder),
                        "size": one.identity.size,
                        "action": one.action,
                        "why": one.why,
                    }
                    for one in found
                ],
                "folders": sorted({str(one.folder) for one in found}),
                "freed": sum(one.identity.size for one in work),
                "compress_after": as_text(rules.compress_after),
                "delete_after": as_text(rules.delete_after),
                "effects": planning.effects(work),
                "disturbs": "this compresses, empties and deletes files of the log folder",
            },
        )

    def _words(self) -> list[str]:
        words = ["rotate-logs"]
        if self.deployment.rotation.folder:
            words += ["--log-dir", self.deployment.rotation.folder]
        for flag, age in (
            ("--compress-after", self.compress_after),
            ("--delete-after", self.delete_after),
        ):
            words += [] if age is None else [flag, as_text(age)]
        return words

    def steps(self, progress: Progress) -> Steps:
        """One file after the other; what cannot be done to one is told at the end."""
        found, _complete = self.look()
        work = sorted(
            (one for one in found if one.action in CHANGES),
            key=lambda one: (one.action != "delete", one.folder, one.name),
        )
        results = []
        for number, one in enumerate(work, 1):
            progress.checkpoint()
            facts = {"log": one.mark, "of": len(work)}
            if one.action == "delete":
                result = yield from _deleting(one, facts)
            else:
                partial = working.partial_name(progress.operation_id, number)
                result = yield from _rotating(one, {**facts, "partial": partial}, progress)
            results.append(result)
        return told.result(results, len(found) - len(work))

    def recover(self, records: Sequence[Record]) -> Recovery:
        """Finish the file that was begun if its copy was whole, else remove the copy."""
        cause = failure(records)
        last = next((r for r in reversed(records) if r["kind"] == "step_started"), None)
        facts = dict(last.get("facts") or {}) if last is not None else {}
        owed = _left_to_do(records, last, facts)
        actions = pending(records, (owed,)) if owed is not None else ()
        given_up = gave_up(records, owed.action) if owed is not None else None
        results = [*told.results(records), *told.recovered_results(records)]
        if actions and actions[0].action != "discard":
            # How it comes out is in the facts of the recovery.
            results.append({"name": facts["log"]["name"], "how": "done"})
        sentence, code, outcome = told.cut(results, int(facts.get("of") or 0), cause, given_up)
        direction = "finish" if results else "undo" if actions else "nothing"
        return Recovery(direction, sentence, actions, code, outcome)


def _left_to_do(
    records: Sequence[Record], last: Record | None, facts: Mapping[str, Any]
) -> RecoveryAction | None:
    """What the last step owes: a copy that was whole is finished, any other removed."""
    if last is None:
        return None
    begun = records.index(last)
    ended = next((r for r in records[begun:] if r["kind"] == "step_finished"), None)
    mark, partial = dict(facts.get("log") or {}), str(facts.get("partial") or "")
    if last["step"] == "copy" and mark:
        return RecoveryAction(
            "discard",
            "remove the copy; the log is as it was",
            lambda _progress: _discarded(mark, partial),
        )
    if ended is not None or not mark:
        return None
    if last["step"] == "delete":
        return RecoveryAction(
            "delete",
            planning.TITLES["delete"],
            lambda _progress: {"rotated": _deleted(mark)},
        )
    copied = Copied(**facts["copied"])
    return RecoveryAction(
        "finish",
        planning.TITLES["finish"],
        lambda _progress: {"rotated": _finished(mark, partial, copied, again=True)},
    )


# --- one file ---------------------------------------------------------------------------------


def _deleting(one: Found, facts: Facts) -> Generator[Step, None, dict[str, Any]]:
    yield StepStarted("delete", planning.TITLES["delete"], facts=facts)
    try:
        result = _deleted(one.mark)
    except McpdbError as error:
        result = told.failed(one.mark, error)
    yield StepFinished("delete", {"result": result})
    return result


def _rotating(
    one: Found, facts: Facts, progress: Progress
) -> Generator[Step, None, dict[str, Any]]:
    partial = str(facts["partial"])
    yield StepStarted("copy", planning.TITLES["copy"], facts=facts)
    try:
        copied = working.copy(one.mark, partial, progress.tick)
    except Cancelled:
        raise
    except McpdbError as error:
        result = told.failed(one.mark, error)
        yield StepFinished("copy", {"result": result})
        return result
    yield StepFinished("copy")
    facts = {**facts, "copied": asdict(copied)}
    yield StepStarted("finish", planning.TITLES["finish"], cancellable=False, facts=facts)
    try:
        result = _finished(one.mark, partial, copied)
    except McpdbError as error:
        result = told.failed(one.mark, error)
    yield StepFinished("finish", {"result": result})
    return result


def _deleted(mark: Mapping[str, Any]) -> dict[str, Any]:
    working.delete(mark)
    return {"name": mark["name"], "how": "deleted", "freed": mark["size"]}


def _finished(
    mark: Mapping[str, Any], partial: str, copied: Copied, *, again: bool = False
) -> dict[str, Any]:
    done = working.finish(mark, partial, copied, again=again)
    return {"name": mark["name"], "freed": max(0, copied.size - copied.packed), **done}


def _discarded(mark: Mapping[str, Any], partial: str) -> Facts:
    working.discard(str(mark["folder"]), partial)
    return {}
