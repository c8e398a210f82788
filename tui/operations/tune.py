"""Tune: change what the database file itself keeps, with the gateway stopped.

Only three settings are kept in the file and can be changed there: journal mode, page size and
auto_vacuum. All else belongs to a connection, and the gateway sets its own each time; that is said
and refused, never pretended (see `tui.operations.measuring.tuning`).

It goes the way of a rebuilt file (`tui.operations.maintaining.rebuilding`): the stopped file is
held and copied, the copy set and checked, and swapped in by one rename; the old file is the safety
copy. What the file then keeps is read back once the gateway is healthy: a gateway that sets its own
journal mode at each connection has perhaps put that back, and the result says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from tui.core.errors import BusyError, ExitCode, McpdbError, UsageError
from tui.core.models import Deployment
from tui.core.operation import Check, Facts, Plan, Progress, Record, Recovery, Steps, Tier, Verdict
from tui.operations.command import command_line
from tui.operations.maintaining import planning
from tui.operations.maintaining.planned import again, stopped_steps, work_seconds
from tui.operations.maintaining.rebuilding import needed_space, rebuild
from tui.operations.maintaining.rebuilt_file import Work
from tui.operations.maintaining.recovering import rebuilt
from tui.operations.maintaining.words import kept_words, started_words
from tui.operations.measuring.figures import AUTO_VACUUM
from tui.operations.measuring.releases import sets_of
from tui.operations.measuring.tuning import CHOICES, kept_in_file, why_not_from_outside
from tui.wording.clean import one_line


@dataclass(frozen=True, slots=True)
class Tune:
    """Set one thing that the file keeps."""

    name: ClassVar[str] = "tune"

    deployment: Deployment
    setting: str
    """`journal_mode`, `page_size` or `auto_vacuum`."""
    value: str
    """One of `CHOICES` of it."""
    stop: bool = False
    """The gateway may be stopped for it."""

    def __post_init__(self) -> None:
        """What comes from a command line or a journal is one of the known words, or refused."""
        object.__setattr__(self, "setting", self.setting.strip().lower())
        object.__setattr__(self, "value", str(self.value).strip().lower())
        if self.setting not in CHOICES:
            raise UsageError(why_not_from_outside(self.setting))
        if self.value not in CHOICES[self.setting]:
            words = ", ".join(CHOICES[self.setting])
            raise UsageError(f"{self.setting} is one of {words}; {one_line(self.value)} is none.")

    @property
    def _works(self) -> tuple[Work, ...]:
        """Page size and auto_vacuum are of a file's every page; a journal mode is two bytes."""
        return () if self.setting == "journal_mode" else ("vacuum",)

    @property
    def _settings(self) -> Mapping[str, str]:
        """As SQLite takes them."""
        value = self.value
        if self.setting == "auto_vacuum":
            value = str(AUTO_VACUUM.index(value))
        return {self.setting: value}

    # --- planning -------------------------------------------------------------------------

    def plan(self) -> Plan:
        """Say what changes, how long the gateway is down, and what forbids it; changes nothing."""
        s = planning.look(self.deployment)
        running = s.near.running
        was, problem = "", s.problem
        if not problem and s.near.live.exists:
            try:
                was = kept_in_file(self.deployment)[self.setting]
            except McpdbError as error:
                problem = str(error)
        seconds = work_seconds(s, self._works)
        command = command_line(self.deployment, "tune", f"{self.setting}={self.value}", "--stop")
        checks = [
            *planning.reading_checks(s),
            *planning.suspect_check(s, "Tuning"),
            *self._checks(s, was, problem),
            *planning.stopped_checks(s),
        ]
        return Plan(
            operation=self.name,
            title=f"set {self.setting} of the database of {self.deployment.name} to {self.value}"
            + (", with the gateway stopped" if running else ""),
            tier=Tier.DISRUPTIVE if running else Tier.LIGHT,
            subject=self.deployment.name,
            basis=s.basis(setting=[self.setting, was, self.value]),
            checks=tuple(checks),
            steps=stopped_steps(s, self._works),
            downtime=planning.downtime(s, seconds),
            command=command,
            facts=planning.facts(
                s,
                self.name,
                "stop",
                setting=self.setting,
                was=was,
                now=self.value,
                needs=needed_space(s.near.live, s.near.way),
                needs_in=str(self.deployment.database.parent),
                seconds=seconds,
                way=s.near.way.kind,
            ),
        )

    def _checks(self, s: planning.Situation, was: str, problem: str) -> list[Check]:
        found = []
        if problem:
            found.append(Check("setting", Verdict.FAIL, one_line(problem)))
        elif was == self.value:
            text = f"{self.setting} is {was} already"
            found.append(Check("setting", Verdict.FAIL, text, ExitCode.USAGE))
        else:
            found.append(Check("setting", Verdict.OK, f"{self.setting} is {was or 'not known'}"))
        if s.near.running and not self.stop:
            text = "the gateway runs; --stop allows to stop it meanwhile"
            found.append(Check("stop", Verdict.FAIL, text, ExitCode.BUSY))
        if s.near.way.kind == "overwrite" and self.setting == "page_size":
            text = "another page size needs another file in the place of the live one, and "
            found.append(Check("pages", Verdict.FAIL, f"{text}{s.near.way.why}"))
        return [*found, *self._undone_by_gateway(s)]

    def _undone_by_gateway(self, s: planning.Situation) -> list[Check]:
        """What the gateway itself sets at each connection does not stay changed."""
        if self.setting != "journal_mode" or self.deployment.gateway is None:
            return []
        release = s.near.state.release
        sets = sets_of(release)
        if sets is None:
            text = "what this release sets itself is not known; what stays is read back"
            return [Check("gateway sets", Verdict.WARN, text)]
        own = sets.pragmas.get("journal_mode", "")
        if own and own != self.value:
            text = (
                f"{one_line(release)} sets journal_mode={own} itself at each connection: "
                f"{self.value} would last until its next start, and is not from outside"
            )
            return [Check("gateway sets", Verdict.FAIL, text)]
        return []

    def look_again(self, plan: Plan) -> Plan | None:
        """Look at holders and space again while a plan is being read; None: nothing changed."""
        return again(self, plan)

    # --- doing ----------------------------------------------------------------------------

    def steps(self, progress: Progress) -> Steps:
        """Copy the stopped file, set the copy, check it, put it in place, read back."""
        was = kept_in_file(self.deployment)[self.setting]
        if was == self.value:
            raise BusyError(f"{self.setting} is {was} already. Nothing was changed.")
        result = yield from rebuild(
            self.deployment,
            self._works,
            progress,
            trigger=self.name,
            settings=self._settings,
        )
        return {**result, **self._told(result, was)}

    def recover(self, records: Sequence[Record]) -> Recovery:
        """Decide from the journal alone; see `tui.operations.maintaining.recovering`."""
        return rebuilt(self.deployment, records, self._finished)

    def _finished(self, facts: Mapping[str, Any]) -> str:
        """By the journal alone: what stands in the file is not looked at."""
        words = f"{self.setting} was set to {self.value}."
        return planning.joined((words, kept_words(facts), started_words(facts)))

    def _told(self, facts: Mapping[str, Any], was: str) -> Facts:
        """What the file keeps now, read back from it."""
        try:
            now, problem = kept_in_file(self.deployment)[self.setting], ""
        except McpdbError as error:
            now, problem = "", str(error)
        told: dict[str, Any] = {"setting": self.setting, "was": was, "now": now}
        if facts.get("sentence"):
            return told | {"sentence": facts["sentence"]}
        if problem:
            told |= {"ends_with": int(ExitCode.PARTLY), "outcome": "not read back"}
            words = f"{self.setting} was set to {self.value} but could not be read back: {problem}"
        elif now != self.value:
            told |= {"ends_with": int(ExitCode.PARTLY), "outcome": "set back"}
            words = (
                f"{self.setting} was set to {self.value}, and the gateway has set it back to "
                f"{now} at its start: it cannot be changed from outside."
            )
        else:
            words = f"{self.setting} is {now} now{f', it was {was}' if was else ''}."
        return told | {
            "sentence": planning.joined((words, kept_words(facts), started_words(facts)))
        }
