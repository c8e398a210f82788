"""The operation's process, held at an exact place until a test lets it go on.

    python -m tests.paused_runner after:step_finished:stop GATE tui.operations.restore.X=2.0

`GATE.reached` appears when the place is reached; the process goes on once `GATE.go` is there, or
after a minute. `after:` or `before:` a record means that it is written or not; `tick:STEP` is the
first progress of a step. Further words set a module's number.
"""

from __future__ import annotations

import sys

from tests.injection.fault import Fault
from tests.injection.process import adjust, arm
from tui.operations.execution import runner

if __name__ == "__main__":
    arm([Fault("hold", sys.argv[1], sys.argv[2])])
    for word in sys.argv[3:]:
        adjust(word)
    runner.main()
