"""Places of an operation at which something can happen, told by its own journal.

    before:step_finished:swap   the work is done and not recorded
    after:step_started:stop     it is recorded and what it announces has not begun
    after:recovery_finished:start-again
    tick:copy                   the first progress of a step
    checked:stage               the space of a step was found to be enough, nothing is written yet

Nothing is added to the product for this: the process that is made to fail wraps the journal's
writer, the progress and the space check of its own copy of the modules.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tui.operations.execution.running import Run
from tui.services import files
from tui.services.journal import Journal

Reached = Callable[[str], None]


def watch(reached: Reached) -> None:
    """Call `reached` with the name of every place this process comes to."""
    append, tick, require_space = Journal.append, Run._tick, files.require_space
    step = ""

    def told_append(self: Journal, kind: str, **fields: Any) -> Any:
        nonlocal step
        name = f"{kind}:{fields.get('step') or fields.get('action') or ''}"
        reached(f"before:{name}")
        record = append(self, kind, **fields)
        step = str(fields.get("step") or "") or step
        reached(f"after:{name}")
        return record

    def told_tick(self: Run, done: int, total: int, unit: str) -> None:
        reached(f"tick:{self._step}")
        tick(self, done, total, unit)

    def told_space(*words: Any, **fields: Any) -> None:
        require_space(*words, **fields)
        reached(f"checked:{step}")

    Journal.append = told_append  # type: ignore[method-assign]
    Run._tick = told_tick  # type: ignore[method-assign]
    files.require_space = told_space


def of_steps(steps: tuple[str, ...], ticking: tuple[str, ...] = ()) -> list[str]:
    """Every place of an operation with these steps, in the order in which they are reached."""
    found = ["after:begun:"]
    for step in steps:
        found.append(f"after:step_started:{step}")
        if step in ticking:
            found.append(f"tick:{step}")
        found += [f"before:step_finished:{step}", f"after:step_finished:{step}"]
    return [*found, "before:ended:"]
