"""The registry knows every operation there is, and loads only the one that is asked for."""

from __future__ import annotations

import inspect
import pkgutil
import subprocess
import sys
from importlib import import_module

import tui.operations
from tui.operations.execution.registry import OPERATIONS


def operations() -> dict[str, type]:
    """Every class below `tui.operations` that can be planned, done and recovered."""
    return {
        kind.name: kind
        for module in pkgutil.walk_packages(tui.operations.__path__, "tui.operations.")
        for kind in vars(import_module(module.name)).values()
        if inspect.isclass(kind)
        and kind.__module__ == module.name
        and all(callable(getattr(kind, each, None)) for each in ("plan", "steps", "recover"))
        and isinstance(getattr(kind, "name", None), str)
    }


def test_every_operation_is_registered_under_its_own_name() -> None:
    assert dict(OPERATIONS) == operations()


def test_only_the_operation_that_is_asked_for_is_loaded() -> None:
    program = (
        "import sys; from tui.operations.execution.registry import OPERATIONS; OPERATIONS['pin']; "
        "print([m for m in sys.modules if m in ('tui.operations.restore', 'tui.operations.own')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
