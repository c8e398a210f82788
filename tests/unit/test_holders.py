"""Who has a database open, and whether everybody who could was looked at."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tui.services.live import holders as module
from tui.services.live.holders import holders


def closed(monkeypatch: pytest.MonkeyPatch, pid: int) -> None:
    """One process more, which may not be looked into."""

    def refuse(_pid: int, _files: object) -> bool:
        raise PermissionError

    monkeypatch.setattr(module, "every_pid", lambda: iter([pid]))
    monkeypatch.setattr(module, "_holds", refuse)


def test_a_process_that_is_closed_to_us_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    closed(monkeypatch, os.getpid())
    assert holders([]) == ([], False)


def test_the_first_process_of_the_machine_hides_no_database_from_root(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    closed(monkeypatch, 1)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert holders([]) == ([], True)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert holders([]) == ([], False), "others than root cannot tell"


def test_kernel_threads_have_no_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    threads = [
        int(entry.name)
        for entry in Path("/proc").iterdir()
        if entry.name.isdigit() and _parent(entry) == 2
    ]
    if not threads:
        pytest.skip("no kernel threads are seen from here")
    closed(monkeypatch, threads[0])
    assert holders([]) == ([], True)


def _parent(process: Path) -> int:
    try:
        return int((process / "stat").read_text(errors="replace").rpartition(")")[2].split()[1])
    except OSError:
        return 0
