"""Schedule: systemd timers or a crontab block that run the nightly and weekly commands."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from tui.core.errors import ExitCode, McpdbError, PrecheckError
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
from tui.operations.command import command_line
from tui.operations.execution.journaled import failure, merged, recovered
from tui.operations.scheduling.installed import CRONTAB, is_installed
from tui.operations.scheduling.jobs import ALL, AT, LOGS, MAINTAIN, WEEKLY, Times, chosen, jobs
from tui.services import crontab, files, timers
from tui.wording.clean import one_line
from tui.wording.quantities import plural


@dataclass(frozen=True, slots=True)
class Target:
    """One file that is written: its path (or `crontab`), what is there, what will be.

    Of a crontab it is our block alone: the rest is its owner's, and may hold what nobody else
    should read.
    """

    path: str
    before: str | None
    after: str | None
    """None means that it goes."""


@dataclass(frozen=True, slots=True)
class _Schedule:
    """What installing and removing have in common."""

    name: ClassVar[str]
    verb: ClassVar[str]

    deployment: Deployment
    kind: str = "systemd"
    """`systemd` or `cron`."""
    at: str = AT
    weekly: str = WEEKLY
    user: bool = False
    """This user's own systemd instead of the system's."""
    options: Sequence[str] = ()
    """More options that every scheduled command gets."""
    which: Sequence[str] = ALL
    """The jobs that are wanted."""
    maintain: str = MAINTAIN
    logs: str = LOGS

    def __post_init__(self) -> None:
        """Take lists, as they come back from a journal."""
        object.__setattr__(self, "options", tuple(self.options))
        object.__setattr__(self, "which", tuple(self.which))

    @property
    def times(self) -> Times:
        """Which jobs, and when."""
        return Times(
            which=tuple(self.which),
            at=self.at,
            weekly=self.weekly,
            maintain=self.maintain,
            logs=self.logs,
        )

    @property
    def mark(self) -> str:
        """What the schedule is of: the database's path."""
        return str(self.deployment.database)

    def targets(self) -> tuple[Target, ...]:
        """The files that are written or removed.

        Raises:
            McpdbError: One may not be read, or a name cannot be written into a schedule.
        """
        raise NotImplementedError

    def plan(self) -> Plan:
        """Say which files are written and which commands follow; changes nothing.

        Facts: `kind`, `files` (each `path`, `before`, `after`), `commands` (after the files),
        `by_hand` (the same, where there is no systemd to be told).
        """
        targets, checks = self._looked_at()
        commands = [" ".join(words) for words in self.commands(targets)]
        runs = self.kind == "cron" or timers.systemd_runs(user=self.user)
        if not runs and targets:
            text = "no systemd runs here: the commands are to be run by hand where one does"
            checks.append(Check("systemd", Verdict.WARN, text))
        kind = "systemd timers" if self.kind == "systemd" else "a crontab block"
        name = self.deployment.name
        return Plan(
            operation=self.name,
            title=f"{self.verb} {kind} for {name}",
            tier=Tier.DISRUPTIVE,
            subject=name,
            basis={
                "files": [[t.path, t.before, t.after] for t in targets],
                "crontab": crontab.digest() if self.kind == "cron" and targets else "",
            },
            checks=checks,
            steps=(
                PlannedStep("write", self._write_title()),
                *([PlannedStep("enable", "tell systemd")] if self.kind == "systemd" else []),
            ),
            command=command_line(self.deployment, "schedule", *self._words()),
            facts={
                "kind": self.kind,
                "files": [{"path": t.path, "before": t.before, "after": t.after} for t in targets],
                "commands": commands,
                "by_hand": [] if runs else commands,
            },
        )

    def _words(self) -> list[str]:
        words = [self.verb, f"--{self.kind}"]
        if self.verb == "install":
            words += ["--at", self.at, "--weekly", self.weekly]
            words += ["--maintain", self.maintain, "--logs", self.logs]
            words += ["--jobs", ",".join(self.which)] if tuple(self.which) != ALL else []
        return [*words, *(["--user"] if self.user else [])]

    def _write_title(self) -> str:
        return "write the crontab" if self.kind == "cron" else "write the units"

    def _looked_at(self) -> tuple[tuple[Target, ...], list[Check]]:
        checks = []
        if self.deployment.read_only:
            checks.append(Check("read-only", Verdict.FAIL, "started with --read-only"))
        try:
            targets = self.targets()
            if self.kind == "systemd" and targets:
                _require_writable(Path(targets[0].path).parent)
        except McpdbError as error:
            return (), [*checks, Check("schedule", Verdict.FAIL, str(error), error.exit_code)]
        return targets, checks

    def commands(self, targets: Sequence[Target]) -> list[list[str]]:
        """What systemd is told once the files are as they should be."""
        if self.kind == "cron" or not targets:
            return []
        names = [Path(t.path).name for t in targets if t.after is not None]
        return timers.enabling(names, user=self.user)

    def steps(self, progress: Progress) -> Steps:
        """Write the files, then tell systemd."""
        targets = self.targets()
        before = {target.path: target.before for target in targets}
        after = {target.path: target.after for target in targets}
        yield StepStarted("write", self._write_title(), facts={"before": before, "after": after})
        gone = [t for t in targets if t.after is None and t.path != CRONTAB]
        if gone and timers.systemd_runs(user=self.user):
            _disable([Path(target.path).name for target in gone], user=self.user)
        for target in targets:
            self._put(target.path, target.after)
        yield StepFinished("write")
        by_hand: list[str] = []
        if self.kind == "systemd":
            progress.checkpoint()
            yield StepStarted("enable", "tell systemd", cancellable=False)
            by_hand = self._tell(targets)
            yield StepFinished("enable")
        return {
            "kind": self.kind,
            "files": [target.path for target in targets],
            "by_hand": by_hand,
            "sentence": self._sentence(targets, by_hand),
        }

    def _tell(self, targets: Sequence[Target]) -> list[str]:
        """Run what must be run; without a systemd, the commands to be run by hand."""
        commands = self.commands(targets)
        if not timers.systemd_runs(user=self.user):
            return [" ".join(words) for words in commands]
        for words in commands:
            done = timers.run(words)
            if done.returncode:
                raise McpdbError(f"{' '.join(words)} says: {one_line(done.stderr.strip())}")
        return []

    def _sentence(self, targets: Sequence[Target], by_hand: Sequence[str]) -> str:
        raise NotImplementedError

    def recover(self, records: Sequence[Record]) -> Recovery:
        """Put back what was there, as far as it is still what we wrote."""
        cause = failure(records)
        facts = merged(records)
        before, after = facts.get("before") or {}, facts.get("after") or {}
        actions = []
        if before and not recovered(records, "put-back"):
            actions.append(
                RecoveryAction(
                    "put-back",
                    "put the schedule back as it was",
                    lambda _progress: self._put_back(before, after),
                )
            )
        return Recovery(
            "undo",
            cause.sentence if cause else "A change of the schedule was cut short and undone.",
            actions,
            cause.exit_code if cause else ExitCode.FAILED,
            cause.outcome if cause else "cut short, undone",
        )

    def _put_back(self, before: Mapping[str, Any], after: Mapping[str, Any]) -> Facts:
        for path, text in before.items():
            if self._current(path) == after.get(path) != text:
                self._put(path, text)
        if self.kind == "systemd" and timers.systemd_runs(user=self.user):
            timers.run(timers.systemctl_words("daemon-reload", user=self.user))
        return {}

    def _current(self, path: str) -> str | None:
        """What stands in a target now."""
        if path == CRONTAB:
            return _text(crontab.block_in(crontab.read_crontab(), self.mark))
        return timers.read_unit(Path(path))

    def _put(self, path: str, text: str | None) -> None:
        """Write a target, or remove it."""
        if path == CRONTAB:
            block = text.split("\n") if text else ()
            crontab.write_crontab(crontab.with_block(crontab.read_crontab(), self.mark, block))
        elif text is None:
            files.remove(Path(path))
        else:
            timers.write_unit(Path(path), text)


@dataclass(frozen=True, slots=True)
class Schedule(_Schedule):
    """Install timers or a crontab block; what was installed for this database is replaced."""

    name: ClassVar[str] = "schedule"
    verb: ClassVar[str] = "install"

    def targets(self) -> tuple[Target, ...]:
        """The files as they would be.

        Raises:
            PrecheckError: A file of that name is not ours, or the other kind is installed.
        """
        other = "cron" if self.kind == "systemd" else "systemd"
        if is_installed(self.mark, other, user=self.user):
            raise PrecheckError(
                f"A schedule by {other} is installed: everything would run twice. "
                f"mcpdb-tui schedule remove --{other} removes it."
            )
        wanted = jobs(self.deployment, self.times, self.options, kind=self.kind)
        if self.kind == "cron":
            text, block = crontab.read_crontab(), crontab.cron_lines(self.mark, wanted)
            crontab.with_block(text, self.mark, block)
            before = crontab.block_in(text, self.mark)
            return (Target(CRONTAB, _text(before), _text(block)),)
        folder = timers.units_folder(user=self.user)
        units = timers.unit_files(self.deployment.name, self.mark, wanted, user=self.user)
        found = [_unit_target(folder / unit.name, unit.text, self.mark) for unit in units]
        names = {target.path for target in found}
        stale = [p for p in timers.our_units(folder, self.mark) if str(p) not in names]
        return (*found, *(Target(str(p), timers.read_unit(p), None) for p in stale))

    def _sentence(self, targets: Sequence[Target], by_hand: Sequence[str]) -> str:
        where = "the crontab" if self.kind == "cron" else str(Path(targets[0].path).parent)
        told = {
            "backup": f"backup and prune at {self.at}",
            "drill": f"drill {self.weekly}",
            "maintain": f"weekly routine {self.maintain}",
            "logs": f"rotation of the logs at {self.logs}",
        }
        text = f"scheduled in {where}: {', '.join(told[word] for word in chosen(self.which))}"
        return f"{text}; run: {' && '.join(by_hand)}" if by_hand else text


@dataclass(frozen=True, slots=True)
class Unschedule(_Schedule):
    """Remove what `Schedule` installed for this database, and nothing else."""

    name: ClassVar[str] = "unschedule"
    verb: ClassVar[str] = "remove"

    def targets(self) -> tuple[Target, ...]:
        """The files that go.

        Raises:
            McpdbError: They may not be read.
        """
        if self.kind == "cron":
            text = crontab.read_crontab()
            block = crontab.block_in(text, self.mark)
            if not block:
                return ()
            crontab.with_block(text, self.mark, ())
            return (Target(CRONTAB, _text(block), None),)
        found = timers.our_units(timers.units_folder(user=self.user), self.mark)
        return tuple(Target(str(path), timers.read_unit(path), None) for path in found)

    def commands(self, targets: Sequence[Target]) -> list[list[str]]:
        """Systemd forgets units that are gone."""
        if self.kind == "cron" or not targets:
            return []
        return [timers.systemctl_words("daemon-reload", user=self.user)]

    def _sentence(self, targets: Sequence[Target], by_hand: Sequence[str]) -> str:
        if not targets:
            return f"Nothing was scheduled by {self.kind}."
        what = "the crontab block" if self.kind == "cron" else plural(len(targets), "unit")
        return f"removed {what}" + (f"; run: {' && '.join(by_hand)}" if by_hand else "")


def _unit_target(path: Path, text: str, mark: str) -> Target:
    before = timers.read_unit(path)
    if before is not None and timers.owner_of(before) != mark:
        raise PrecheckError(
            f"{one_line(str(path))} is there and not of this database; move it away, or call "
            "this deployment otherwise with --name."
        )
    return Target(str(path), before, text)


def _text(block: Sequence[str]) -> str | None:
    """A block of a crontab as one text; None when there is none."""
    return "\n".join(block) or None


def _disable(names: Sequence[str], *, user: bool) -> None:
    """Stop timers before their files go; one that was never enabled is no reason to stop."""
    timers.run(timers.systemctl_words("disable", "--now", *names, user=user))


def _require_writable(folder: Path) -> None:
    nearest = folder
    while not nearest.exists() and nearest != nearest.parent:
        nearest = nearest.parent
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise files.denied("write to", nearest, PermissionError())


def texts(schedule: Schedule) -> tuple[tuple[str, str], ...]:
    """What `schedule` would write: path and text of each; of a crontab our block alone.

    It looks at nothing that is installed, so it can be asked anywhere.

    Raises:
        UsageError: A time is none, or a name cannot be written into a schedule.
    """
    deployment = schedule.deployment
    wanted = jobs(deployment, schedule.times, schedule.options, kind=schedule.kind)
    if schedule.kind == "cron":
        return ((CRONTAB, "\n".join(crontab.cron_lines(schedule.mark, wanted)) + "\n"),)
    folder = timers.units_folder(user=schedule.user)
    units = timers.unit_files(deployment.name, schedule.mark, wanted, user=schedule.user)
    return tuple((str(folder / unit.name), unit.text) for unit in units)
