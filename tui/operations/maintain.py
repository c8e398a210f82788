"""The weekly routine: backup, integrity, foreign keys, ANALYZE, VACUUM, size, as one operation.

What is done to the live file depends on who may be stopped. With `stop`, or where the gateway is
stopped anyway, one stop serves VACUUM and ANALYZE together, in a new file (see
`tui.operations.maintaining.rebuilding`); ANALYZE then comes behind VACUUM. With `online` both are
done beside the gateway; the backup of a moment ago is the safety copy. With neither, as from cron,
VACUUM is left out and the result says so, and ANALYZE is the short one, which costs the gateway's
writers a moment. Backup and check take their time: a gateway that was started meanwhile is not
stopped unasked.

A damaged database ends it behind the check (exit 3): nothing is written into one. The backup stands
in any case.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from tui.core.errors import BusyError, ExitCode, McpdbError, UsageError
from tui.core.models import Deployment
from tui.core.operation import (
    Facts,
    Plan,
    Progress,
    Record,
    Recovery,
    Step,
    StepFinished,
    Steps,
    StepStarted,
)
from tui.operations.backup import BackupCreate
from tui.operations.finding.gateways import gateway_of, state_of
from tui.operations.maintaining import online, planning
from tui.operations.maintaining.checking import (
    check_steps,
    check_words,
    damage_words,
    is_damaged,
)
from tui.operations.maintaining.planning import Mode
from tui.operations.maintaining.rebuilding import rebuild
from tui.operations.maintaining.rebuilt_file import Work
from tui.operations.maintaining.recovering import routine
from tui.operations.maintaining.routine_plan import SIZE, make_plan
from tui.operations.maintaining.vacuuming import vacuum_beside
from tui.operations.maintaining.words import (
    VACUUM_LEFT_OUT,
    kept_words,
    started_words,
    vacuum_words,
)
from tui.operations.reads.looking import LiveDatabase
from tui.services.sqlite import maintenance
from tui.services.sqlite.connections import translating
from tui.wording.quantities import narrow_size


@dataclass(frozen=True, slots=True)
class Maintain:
    """Back up, check, ANALYZE, VACUUM, measure.

    Result: `steps` (a list of `step`, `result`, `text`), `before` and `after` (`bytes`, `pages`,
    `free_pages`), `left_out` (sentences), `backup_made` (as `backup create` tells it), what the
    check found (see `maintaining.checking`) and, where a file was exchanged, the safety copy.
    """

    name: ClassVar[str] = "maintain"

    deployment: Deployment
    stop: bool = False
    """The gateway may be stopped for VACUUM and ANALYZE."""
    online: bool = False
    """VACUUM and ANALYZE are done beside the running gateway."""
    vacuum: bool = True
    trigger: str = "hand"
    """`hand` or `schedule`: who asks for it."""

    def __post_init__(self) -> None:
        """One or the other."""
        if self.stop and self.online:
            raise UsageError("--stop and --online exclude each other.")

    # --- planning -------------------------------------------------------------------------

    def plan(self) -> Plan:
        """Say what is done, whether the gateway stops, and what is left out and why."""
        s = planning.look(self.deployment)
        mode = self._mode(running=s.near.running or s.near.state.running == "unknown")
        return make_plan(
            self.name,
            self.deployment,
            s,
            self._backup().plan(),
            mode,
            self._works(),
            tuple(self._words()),
        )

    def _words(self) -> Iterator[str]:
        yield "maintain"
        if self.stop:
            yield "--stop"
        if self.online:
            yield "--online"
        if not self.vacuum:
            yield "--no-vacuum"

    def _mode(self, *, running: bool) -> Mode:
        if self.stop or not running:
            return "stop"
        return "online" if self.online else "look"

    def _mode_now(self, before: Mode = "stop") -> Mode:
        """As the gateway is now; a routine that goes on beside it does so to its end."""
        if before != "stop":
            return before
        state = state_of(gateway_of(self.deployment))
        return self._mode(running=state.is_up or state.running == "unknown")

    def _works(self) -> tuple[Work, ...]:
        return ("vacuum", "analyze") if self.vacuum else ("analyze",)

    def _backup(self) -> BackupCreate:
        return BackupCreate(self.deployment, trigger=self.trigger)

    # --- doing ----------------------------------------------------------------------------

    def steps(self, progress: Progress) -> Steps:
        """Back up, check, then ANALYZE and VACUUM as far as they are allowed, then measure."""
        deployment = self.deployment
        mode = self._mode_now()
        done: list[dict[str, Any]] = []
        made = dict((yield from self._backup().steps(progress)))
        done.append(_line("backup", made.get("outcome", "done"), made["sentence"]))
        partly = int(made.pop("ends_with", ExitCode.DONE))

        progress.checkpoint()
        found = yield from check_steps(deployment, progress, quick=False)
        done.append(_line("integrity", found["integrity"], ""))
        mode = self._mode_now(mode)
        known = {**found, "backup_made": made, "mode": mode, "before": found.get("figures")}
        if is_damaged(found):
            return {
                **known,
                "steps": done,
                "left_out": ["ANALYZE and VACUUM left out: the database is damaged."],
                "ends_with": int(ExitCode.VERIFICATION),
                "outcome": "damaged",
                "sentence": damage_words(found),
            }
        done.append(_line("foreign-keys", found["foreign_keys"], check_words(found)))

        progress.checkpoint()
        result: Mapping[str, Any] = {}
        left: list[str] = []
        if mode == "stop":
            result = yield from rebuild(deployment, self._works(), progress, trigger=self.name)
            done += [_line(work, "done", "") for work in self._works()]
        else:
            result, left = yield from self._beside(progress, mode, done)
        yield StepStarted("size", SIZE, cancellable=False)
        after = result.get("after") or _figures(deployment) or known["before"]
        told = {
            **known,
            **result,
            "before": result.get("before") or known["before"],
            "after": after,
            "steps": [*done, _line("size", "done", "")],
            "left_out": left,
            # The whole check of this run says more than the quick one of the new file.
            **{key: found[key] for key in ("integrity", "check", "checked_at")},
        }
        yield StepFinished("size", {k: told[k] for k in ("before", "after", "steps", "left_out")})
        if left and "ends_with" not in told:
            told["outcome"] = _outcome(left)
        if partly and "ends_with" not in told:
            told |= {"ends_with": partly, "outcome": str(made.get("outcome", "partly done"))}
        return {**told, "sentence": result.get("sentence") or self._sentence(told)}

    def _beside(
        self, progress: Progress, mode: Mode, done: list[dict[str, Any]]
    ) -> Generator[Step, None, tuple[Facts, list[str]]]:
        """ANALYZE and, if it was asked for, VACUUM beside the running gateway.

        Returns:
            What VACUUM told, and what was left out.
        """
        deployment, left = self.deployment, list[str]()
        why = online.why_not(deployment, LiveDatabase(deployment).facts().journal_mode)
        yield StepStarted("analyze-online", online.ANALYZE)
        try:
            if why:
                raise BusyError(f"{why}.")
            done_now = online.analyze(deployment, progress)
            done.append(_line("analyze", "done", ""))
        except BusyError as error:
            # The routine goes on: nobody is served by a week without its result.
            done_now = {"step_failed": str(error)}
            left.append(f"ANALYZE left out: {error}")
            done.append(_line("analyze", "left out", str(error)))
        yield StepFinished("analyze-online", done_now)
        if mode != "online" or not self.vacuum:
            if self.vacuum:
                left.insert(0, VACUUM_LEFT_OUT)
                done.append(_line("vacuum", "left out", VACUUM_LEFT_OUT))
            return {}, left
        progress.checkpoint()
        result = yield from vacuum_beside(deployment, progress, keep=None, trigger=self.name)
        done.append(_line("vacuum", "done", vacuum_words(result)))
        return result, left

    def recover(self, records: Sequence[Record]) -> Recovery:
        """Decide from the journal alone; see `tui.operations.maintaining.recovering`."""
        return routine(self.deployment, records, self._sentence)

    def _sentence(self, facts: Mapping[str, Any]) -> str:
        left = list(facts.get("left_out") or ())
        vacuumed = self.vacuum and VACUUM_LEFT_OUT not in left
        made = facts.get("backup_made") or {}
        return planning.joined(
            (
                *left,
                vacuum_words(facts) if vacuumed and facts.get("after") else "",
                check_words(facts) if facts.get("check") else "",
                f"Backup {made['backup']}, verified." if made.get("backup") else "",
                "" if vacuumed else _size_words(facts),
                kept_words(facts),
                started_words(facts),
            )
        )


def _outcome(left: Sequence[str]) -> str:
    return "VACUUM left out" if VACUUM_LEFT_OUT in left else "partly left out"


def _size_words(facts: Mapping[str, Any]) -> str:
    after = facts.get("after") or {}
    return f"It has {narrow_size(int(after['bytes']))}." if after.get("bytes") else ""


def _line(step: str, result: object, text: str) -> dict[str, Any]:
    return {
        "step": step,
        "result": result,
        "text": text,
        "at": datetime.now().astimezone().isoformat(),
    }


def _figures(deployment: Deployment) -> dict[str, int] | None:
    try:
        with LiveDatabase(deployment).opened() as opened, translating(deployment.database):
            return maintenance.figures(opened.connection).as_json()
    except McpdbError:
        return None
