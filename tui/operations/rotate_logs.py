"""Rotate logs: compress what is old, empty what is still written to, delete what is very old.

It asks y or n (it is disruptive, not replacing): no database is touched, and what goes for good is
a log that was compressed and kept for as long as its rule says. Old files go first: that makes
room for the copies.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar

from tui.core.ages import as_text
from tui.core.errors import Cancelled, McpdbError
from tui.core.models import Deployment, Rotation
from tui.core.operation import (
    Check,
    Facts,
    Plan,
    PlannedStep,
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
from tui.operations.rotating import told, working
from tui.operations.rotating.choosing import (
    CHANGES,
    Found,
    choose,
    folders,
    is_writable,
    rules_of,
    totals,
)
from tui.operations.rotating.copying import Copied
from tui.services import files
from tui.wording.clean import one_line
from tui.wording.quantities import narrow_size, plural

TITLES: Mapping[str, str] = {
    "delete": "delete compressed logs that are old enough",
    "copy": "compress a copy and read it back",
    "finish": "put the copy in the log's place, or empty the log",
}


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
            checks += _checks(found, complete)
        except McpdbError as error:
            checks.append(Check("logs", Verdict.FAIL, str(error), error.exit_code))
        work = [one for one in found if one.action in CHANGES]
        return Plan(
            operation=self.name,
            title=_title(found, deployment.name),
            # Where nothing happens there is nothing to ask.
            tier=Tier.DISRUPTIVE if work else Tier.LIGHT,
            subject=deployment.name,
            basis={"files": [[one.action, one.name, *one.identity.key] for one in work]},
            checks=checks,
            steps=_planned(found),
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
                "effects": [f"{one.name}: {one.action}, {one.why}" for one in work],
                "disturbs": "this compresses, empties and deletes files of the log folder",
            },
        )

    def _words(self) -> list[str]:
        words = ["rotate-logs"]
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
            TITLES["delete"],
            lambda _progress: {"rotated": _deleted(mark)},
        )
    copied = Copied(**facts["copied"])
    return RecoveryAction(
        "finish",
        TITLES["finish"],
        lambda _progress: {"rotated": _finished(mark, partial, copied, again=True)},
    )


# --- one file ---------------------------------------------------------------------------------


def _deleting(one: Found, facts: Facts) -> Generator[Step, None, dict[str, Any]]:
    yield StepStarted("delete", TITLES["delete"], facts=facts)
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
    yield StepStarted("copy", TITLES["copy"], facts=facts)
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
    yield StepStarted("finish", TITLES["finish"], cancellable=False, facts=facts)
    try:
        result = _finished(one.mark, partial, copied)
    except McpdbError as error:
        working.discard(str(one.folder), partial)
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


# --- words ------------------------------------------------------------------------------------


def _title(found: Sequence[Found], name: str) -> str:
    number = totals(found)
    parts = [
        f"{verb} {plural(number[action], noun)}"
        for action, verb, noun in (
            ("compress", "compress", "log"),
            ("empty", "copy and empty", "open log"),
            ("delete", "delete", "old log"),
        )
        if number[action]
    ]
    return f"rotate the logs of {name}: {', '.join(parts) if parts else 'nothing to do'}"


def _planned(found: Sequence[Found]) -> tuple[PlannedStep, ...]:
    number = totals(found)
    steps = [PlannedStep("delete", TITLES["delete"])] if number["delete"] else []
    if number["compress"] or number["empty"]:
        steps += [
            PlannedStep("copy", TITLES["copy"]),
            PlannedStep("finish", TITLES["finish"], cancellable=False),
        ]
    return tuple(steps)


def _checks(found: Sequence[Found], complete: bool) -> list[Check]:
    checks = []
    places = sorted({one.folder for one in found if one.action in CHANGES})
    for place in places:
        try:
            if not is_writable(place):
                raise files.denied("write to", place, PermissionError())
            checks.append(_room(place, found))
        except McpdbError as error:
            checks.append(Check("permission", Verdict.FAIL, str(error), error.exit_code))
    if not complete:
        text = "not every process can be looked into: what may be open is copied and emptied"
        checks.append(Check("open", Verdict.UNKNOWN, text))
    skipped = sum(one.action == "skip" for one in found)
    if skipped:
        text = f"{plural(skipped, 'file')} not ours to rotate, left as found"
        checks.append(Check("others", Verdict.OK, text))
    return checks


def _room(place: Path, found: Sequence[Found]) -> Check:
    """Whether the largest log's copy will fit, as far as can be said before it is packed."""
    here = [one for one in found if one.folder == place]
    gone = sum(one.identity.size for one in here if one.action == "delete")
    largest = max((o.identity.size for o in here if o.action in ("compress", "empty")), default=0)
    free = files.free_space(place)
    text = f"{narrow_size(free, 'down')} free in {one_line(str(place))}"
    if free + gone < largest // 10:
        text = f"{text}: a log that does not fit stays as it is"
        return Check("space", Verdict.WARN, text)
    return Check("space", Verdict.OK, text)
