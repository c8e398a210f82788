"""REINDEX: make damaged indexes anew from their tables, on a copy of the stopped file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from tui.core.models import Deployment
from tui.core.operation import Check, Plan, Progress, Record, Recovery, Steps, Tier, Verdict
from tui.operations.command import command_line
from tui.operations.maintaining import planning
from tui.operations.maintaining.checked import last_found
from tui.operations.maintaining.planned import stopped_steps, work_seconds
from tui.operations.maintaining.rebuilding import needed_space, rebuild
from tui.operations.maintaining.recovering import rebuilt
from tui.operations.maintaining.words import kept_words, started_words
from tui.wording.clean import one_line


@dataclass(frozen=True, slots=True)
class Reindex:
    """Rebuild every index, prove by a full check that all is well, put the file in place.

    For damage that only indexes have: whatever else is damaged fails the full check of the copy,
    and nothing is changed. So a suspect file does not forbid it.
    """

    name: ClassVar[str] = "reindex"

    deployment: Deployment

    def plan(self) -> Plan:
        """Say what the last check found, and how long the gateway is down; changes nothing."""
        s = planning.look(self.deployment)
        running, seconds = s.near.running, work_seconds(s, ("reindex",))
        return Plan(
            operation=self.name,
            title=f"rebuild the indexes of the database of {self.deployment.name}"
            + (", with the gateway stopped" if running else ""),
            tier=Tier.DISRUPTIVE if running else Tier.LIGHT,
            subject=self.deployment.name,
            basis=s.basis(),
            checks=(
                *planning.reading_checks(s),
                _damage(s),
                *planning.stopped_checks(s),
            ),
            steps=stopped_steps(s, ("reindex",)),
            downtime=planning.downtime(s, seconds),
            command=command_line(self.deployment, "reindex"),
            facts=planning.facts(
                s,
                self.name,
                "stop",
                needs=needed_space(s.near.live, s.near.way),
                needs_in=str(self.deployment.database.parent),
                seconds=seconds,
                way=s.near.way.kind,
            ),
        )

    def steps(self, progress: Progress) -> Steps:
        """Copy the stopped file, rebuild, check it in full, put it in place."""
        result = yield from rebuild(self.deployment, ("reindex",), progress, trigger=self.name)
        return {**result, "sentence": result.get("sentence") or self._sentence(result)}

    def recover(self, records: Sequence[Record]) -> Recovery:
        """Decide from the journal alone; see `tui.operations.maintaining.recovering`."""
        return rebuilt(self.deployment, records, self._sentence)

    @staticmethod
    def _sentence(facts: Mapping[str, Any]) -> str:
        done = "Every index was made anew; integrity_check ok."
        return planning.joined((done, kept_words(facts), started_words(facts)))


def _damage(s: planning.Situation) -> Check:
    """What the last check found; the full check of the copy decides."""
    found = last_found(s.past.entries)
    if found is None or found.get("integrity") == "ok":
        text = "no check has found a damaged index; it is done all the same, and harms nothing"
        return Check("indexes", Verdict.WARN, text)
    if names := found.get("indexes"):
        return Check("indexes", Verdict.OK, f"damaged: {', '.join(map(one_line, names[:5]))}")
    text = f"more than indexes is damaged: {found['integrity']}; salvage, or restore a good backup"
    return Check("indexes", Verdict.FAIL, text)
