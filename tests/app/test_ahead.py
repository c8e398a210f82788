"""What the first key needs is imported between the first screen and that key."""

from __future__ import annotations

import subprocess
import sys

from tui.app.ahead import Ahead

PROGRAM = """
import sys
import tui.app.run
if "ahead" in sys.argv:
    from tui.app.ahead import Ahead
    Ahead().run()
before = set(sys.modules)
from tui.app.desk import LiveRows
from tui.app.panes import make_pane
make_pane(1)
from tui.operations.reads.browsing import Browser
print(len({name for name in set(sys.modules) - before if name.startswith("tui.")}))
"""


def imported(*words: str) -> int:
    """Modules of ours that the first look into 1 Tables imports."""
    command = [sys.executable, "-c", PROGRAM, *words]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def test_the_table_browser_imports_nothing_more_at_its_first_key() -> None:
    assert imported() > 50, "it is not imported at the start"
    assert imported("ahead") == 0


def test_it_can_be_ended_before_it_began() -> None:
    ahead = Ahead()
    ahead.end()
    ahead.start()
    ahead.join(10)
    assert not ahead.is_alive()
