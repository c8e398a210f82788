"""What is waited for by hand while a gateway starts: told exactly, and by both front ends."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.app.screen_plans import entry, steps_until
from tui.app.screens import running_words
from tui.cli.report.progress import Narrator
from tui.core.models import StepLine
from tui.operations.execution.waiting import SECONDS, command, waited_for

FORTH = "docker compose -f '/srv/some where/compose.yml' up -d --no-deps gateway " + "x" * 300
BACK = "docker compose -f /srv/compose.yml -f /srv/pinned.yml up -d --no-deps gateway"
SWITCH = {"waiting_for": FORTH, "way_back": BACK}
NOW = datetime(2026, 8, 11, tzinfo=UTC)


def waits(step: str, switch: object = SWITCH, **values: object) -> str:
    records = [{"kind": "step_started", "step": "stop", "facts": {"switch": switch}}]
    told = {"state": "running", "total": int(SECONDS), "unit": "seconds", **values}
    return waited_for(records, [StepLine(step=step, title="start", **told)])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("step", "said"),
    [("start", FORTH), ("recovery:start", FORTH), ("recovery:start-old", BACK),
     ("recovery:start-again", BACK), ("readback", ""), ("stop", "")],
)  # fmt: skip
def test_the_command_is_that_of_the_direction_and_only_while_it_starts(
    step: str, said: str
) -> None:
    assert waits(step) == said


def test_nothing_is_waited_for_once_the_container_is_made_or_where_nobody_is_needed() -> None:
    assert waits("start", total=60) == ""
    assert waits("start", total=0) == ""
    assert waits("start", state="done") == ""
    assert waits("start", {"to": "sha256:b"}) == ""
    assert waits("start", None) == ""
    assert waits("start", {**SWITCH, "pinned": True}) == BACK
    assert command({"way_back": BACK}, back=True) == ""


class Terminal:
    """A console that keeps what is said."""

    in_place = False

    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, text: str) -> None:
        self.lines.append(text)

    progress = say


def test_the_command_line_tells_it_whole_and_once() -> None:
    console = Terminal()
    narrator = Narrator(console)  # type: ignore[arg-type]
    for _look in range(3):
        narrator.show(entry(waits_for=FORTH, steps=steps_until(7)))
    assert console.lines.count(f"  {FORTH}") == 1
    narrator.show(entry(steps=steps_until(7)))
    narrator.show(entry(waits_for=BACK, steps=steps_until(7)))
    assert console.lines[-1] == f"  {BACK}"


@pytest.mark.parametrize("width", [40, 80, 140])
def test_the_screen_shows_it_whole_in_any_width(width: int) -> None:
    rows = running_words.page(entry(waits_for=FORTH, steps=steps_until(7)), width, NOW)
    page = "".join(row.plain.strip() for row in rows).replace(" ", "")
    assert FORTH.replace(" ", "") in page
    assert "waitingforyou" in page
    assert all(row.cell_length <= width for row in rows if "x" * 20 in row.plain)
