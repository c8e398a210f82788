"""The operation's process, held at an exact place until a test lets it go on.

    python -m tests.paused_runner after:step_finished:stop GATE tui.operations.restore.X=2.0

`GATE.reached` appears when the place is reached; the process goes on once `GATE.go` is there, or
after a minute. `after:` or `before:` a record means that it is written or not; `tick:STEP` is the
first progress of a step. Further words set a module's number.
"""

from __future__ import annotations

import importlib
import sys
import time
from pathlib import Path
from typing import Any

from tui.operations import runner
from tui.operations.running import Run
from tui.services.journal import Journal


def hold(gate: Path) -> None:
    reached, go = gate.with_suffix(".reached"), gate.with_suffix(".go")
    if reached.exists():
        return
    reached.touch()
    deadline = time.monotonic() + 60
    while not go.exists() and time.monotonic() < deadline:
        time.sleep(0.01)


def arm(place: str, gate: Path) -> None:
    append, tick = Journal.append, Run._tick
    when, _colon, where = place.partition(":")

    def held_append(self: Journal, kind: str, **fields: Any) -> Any:
        here = where == f"{kind}:{fields.get('step') or fields.get('action') or ''}"
        if here and when == "before":
            hold(gate)
        record = append(self, kind, **fields)
        if here and when == "after":
            hold(gate)
        return record

    def held_tick(self: Run, done: int, total: int, unit: str) -> None:
        if when == "tick" and self._step == where:
            hold(gate)
        tick(self, done, total, unit)

    Journal.append = held_append  # type: ignore[method-assign]
    Run._tick = held_tick  # type: ignore[method-assign]


def adjust(setting: str) -> None:
    name, _equals, value = setting.partition("=")
    module, _dot, attribute = name.rpartition(".")
    found = importlib.import_module(module)
    assert hasattr(found, attribute), name
    setattr(found, attribute, float(value))


if __name__ == "__main__":
    arm(sys.argv[1], Path(sys.argv[2]))
    for word in sys.argv[3:]:
        adjust(word)
    runner.main()
