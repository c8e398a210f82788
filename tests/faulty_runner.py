"""The operation's process with a real fault at an exact place.

    python -m tests.faulty_runner kill-before step_finished:swap
    python -m tests.faulty_runner kill-after step_started:stop
    python -m tests.faulty_runner kill-tick stage

`kill` is SIGKILL to this very process, so nothing of it runs any more: no `except`, no
`finally`, no exit handler. `before` a record means that the work it tells of is done and not
recorded; `after` means that it is recorded and what follows has not begun.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

from tui.operations import runner
from tui.operations.running import Run
from tui.services.journal import Journal


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def arm(fault: str, place: str) -> None:
    append, tick = Journal.append, Run._tick

    def faulty_append(self: Journal, kind: str, **fields: Any) -> Any:
        name = f"{kind}:{fields.get('step') or fields.get('action') or ''}"
        if fault == "kill-before" and name == place:
            die()
        record = append(self, kind, **fields)
        if fault == "kill-after" and name == place:
            die()
        return record

    def faulty_tick(self: Run, done: int, total: int, unit: str) -> None:
        if fault == "kill-tick" and self._step == place:
            die()
        tick(self, done, total, unit)

    Journal.append = faulty_append  # type: ignore[method-assign]
    Run._tick = faulty_tick  # type: ignore[method-assign]


if __name__ == "__main__":
    arm(*sys.argv[1:3])
    runner.main()
