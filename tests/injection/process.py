"""The operation's process, with faults at exact places.

    python -m tests.injection.process MARKS '[{"kind": "kill", "at": "tick:stage"}]' [NAME=NUMBER]

Just before a fault happens a file `fault-N` appears in the folder MARKS, so that a test can tell
a fault that was survived from one that never was. Further words set a module's number.
"""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path

from tests.injection.fault import Fault, happen
from tests.injection.places import watch
from tui.operations.execution import runner


def arm(faults: list[Fault], marks: Path | None = None) -> None:
    """Let each fault happen once, at its place."""
    left = dict(enumerate(faults))

    def reached(place: str) -> None:
        for number in [number for number, fault in left.items() if fault.at == place]:
            fault = left.pop(number)
            if marks is not None:
                (marks / f"fault-{number}").touch()
            happen(fault)

    watch(reached)


def adjust(setting: str) -> None:
    """Set a module's number: `tui.operations.restore.OWNERSHIP_DEADLINE=1.5`."""
    name, _equals, value = setting.partition("=")
    module, _dot, attribute = name.rpartition(".")
    found = importlib.import_module(module)
    assert hasattr(found, attribute), name
    setattr(found, attribute, float(value))


if __name__ == "__main__":
    arm([Fault(**values) for values in json.loads(sys.argv[2])], Path(sys.argv[1]))
    for word in sys.argv[3:]:
        adjust(word)
    runner.main()
