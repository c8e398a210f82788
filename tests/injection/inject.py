"""Carry out an operation, let a fault happen in it, and see what comes of it."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from tests.injection.fault import ROOT, Fault, as_words, set_immutable
from tests.injection.whole import AnySite, state_print
from tui.core.errors import McpdbError
from tui.core.models import ActivityEntry
from tui.core.operation import Operation
from tui.operations.activity import read_activity
from tui.operations.execution.launch import follow, launch, launch_resume
from tui.operations.status import read_status


@dataclass(slots=True)
class Outcome:
    """What came of an operation that met a fault."""

    entry: ActivityEntry | None = None
    """Its last state; None when it never began."""
    refused: McpdbError | None = None
    cut: bool = False
    """Whether it ended without an end in its journal."""
    resumed: list[int] = field(default_factory=list)
    """The exit codes of what `resume` finished or undid."""
    unpaid: McpdbError | None = None
    """Why `resume` could not."""

    @property
    def code(self) -> int:
        """The exit code it came to: its own, or that of what was resumed."""
        if self.resumed:
            return self.resumed[-1]
        if self.refused is not None:
            return int(self.refused.exit_code)
        assert self.entry is not None
        assert self.entry.exit_code is not None, "it has no end"
        return self.entry.exit_code

    @property
    def said(self) -> str:
        """The sentence it ended with."""
        if self.refused is not None:
            return str(self.refused)
        return self.entry.sentence if self.entry is not None else ""


@contextmanager
def runner(*faults: Fault, settings: tuple[str, ...] = ()) -> Iterator[Path]:
    """Let the operations' processes that are started meanwhile meet these faults.

    Yields:
        The folder in which `fault-N` appears when the Nth happens.
    """
    with tempfile.TemporaryDirectory(prefix="mcpdb-faults-") as scratch:
        words = [*as_words(faults, Path(scratch)), *settings]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(
                "tui.operations.execution.launch.runner_command",
                lambda: [sys.executable, "-m", "tests.injection.process", *words],
            )
            paths = (str(ROOT), os.environ.get("PYTHONPATH", ""))
            patch.setenv("PYTHONPATH", os.pathsep.join(filter(None, paths)))
            yield Path(scratch)


def inject(
    site: AnySite,
    operation: Operation,
    *faults: Fault,
    settings: tuple[str, ...] = (),
    expect: bool = True,
    resume: bool = True,
) -> Outcome:
    """Run an operation that meets faults, heal what can be healed, and resume it if it was cut.

    Args:
        site: Whose.
        operation: What is done.
        faults: What happens; those without a folder get the one that fits.
        settings: Numbers of modules, see `tests.injection.process`.
        expect: Demand that every fault really happened: a place that does not exist is a
            mistake of the test.
        resume: Heal and resume; without it the caller does.
    """
    deployment = site.deployment
    data, project = str(deployment.database.parent), str(deployment.project_dir)
    folders = {"enospc": data, "eacces": data, "eio": data}
    faults = tuple(replace(f, folder=f.folder or folders.get(f.kind, project)) for f in faults)
    outcome = Outcome()
    with runner(*faults, settings=settings) as marks:
        try:
            journal_id = launch(operation, operation.plan().fingerprint)
        except McpdbError as error:
            # Killed before it could answer, it has begun all the same: the journal says so.
            begun = [e for e in read_activity(deployment)[:1] if e.exit_code is None]
            outcome.refused = None if begun else error
            outcome.cut = bool(begun)
            outcome.entry = begun[0] if begun else None
        else:
            *_, outcome.entry = follow(deployment, journal_id)
            outcome.cut = outcome.entry.exit_code is None
        happened = {path.name for path in marks.iterdir()}
    if expect:
        for number, fault in enumerate(faults):
            assert f"fault-{number}" in happened, f"{fault} never happened: {outcome.said}"
    if not resume:
        return outcome
    if outcome.cut:
        assert_seen_and_untouched(site, outcome)
    heal(faults)
    if outcome.cut or (outcome.entry is not None and outcome.entry.state == "cut"):
        try:
            outcome.resumed = [int(code) for _id, code in launch_resume(deployment)]
        except McpdbError as error:
            outcome.unpaid = error
    return outcome


def assert_seen_and_untouched(site: AnySite, outcome: Outcome) -> None:
    """I2: `status` tells of what was cut, and looking changes nothing."""
    deployment = site.deployment
    assert outcome.entry is not None
    before = state_print(deployment)
    status = read_status(deployment)
    assert [entry.operation for entry in status.unfinished] == [outcome.entry.operation]
    assert any("cut short" in need.text for need in status.needs), status.needs
    after = state_print(deployment)
    moved = sorted(
        path for path in before.keys() | after.keys() if before.get(path) != after.get(path)
    )
    assert not moved, f"looking changed something: {moved}"


def heal(faults: tuple[Fault, ...]) -> None:
    """End what a fault did, as an operator would; a shut down filesystem needs `Disk.mend`."""
    for fault in faults:
        folder = Path(fault.folder)
        if fault.kind == "enospc":
            (folder / "filler").unlink(missing_ok=True)
        elif fault.kind == "eacces":
            set_immutable(folder, False)
        elif fault.kind in ("start-fails", "unhealthy"):
            (folder / "break-start").unlink(missing_ok=True)
        elif fault.kind == "stop-hangs":
            with suppress(FileNotFoundError):
                (folder / "break-stop").unlink()
