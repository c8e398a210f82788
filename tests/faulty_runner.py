"""The operation's process, killed at an exact place; see `tests.injection` for all other faults.

    python -m tests.faulty_runner kill-before step_finished:swap
    python -m tests.faulty_runner kill-after step_started:stop
    python -m tests.faulty_runner kill-tick stage

`kill` is SIGKILL to this very process, so nothing of it runs any more: no `except`, no
`finally`, no exit handler. `before` a record means that the work it tells of is done and not
recorded; `after` means that it is recorded and what follows has not begun.
"""

from __future__ import annotations

import sys

from tests.injection.fault import Fault
from tests.injection.process import arm
from tui.operations.execution import runner

if __name__ == "__main__":
    when, place = sys.argv[1].removeprefix("kill-"), sys.argv[2]
    arm([Fault("kill", f"{when}:{place}")])
    runner.main()
