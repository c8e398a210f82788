"""Comparing with the live database: what it tells, what it leaves, and whom it holds up."""

from __future__ import annotations

import json
import os
import sqlite3
import threading
import time
import urllib.request
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import Site
from tests.faults import as_nobody, let_everybody_in, needs_root, print_of
from tests.programs import two_tables
from tui.core.errors import BusyError, Cancelled, PrecheckError
from tui.core.models import Deployment, Problem, TableDifference
from tui.operations.compare import compare, names, rows
from tui.operations.comparing import compare_sides
from tui.operations.reads.looking import LiveDatabase
from tui.services.sqlite import copying
from tui.services.sqlite.connections import connect

NAME = "mcp_hotbackup_20260811_020001.db"


def back_up(deployment: Deployment) -> Path:
    """A finished copy of the live database."""
    deployment.backup_dir.mkdir(exist_ok=True)
    target = deployment.backup_dir / NAME
    with closing(connect(deployment.database, "mode=ro")) as source:
        copying.copy(source, target, lambda _done, _total: None, hold=4.0)
    return target


def send(site: Site, method: str, path: str, body: dict[str, str] | None = None) -> None:
    request = urllib.request.Request(
        site.url(path),
        data=json.dumps(body).encode() if body else None,
        headers={"Content-Type": "application/json"},
        method=method,
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.status in (200, 201)


def table(deployment: Deployment, first: str, name: str) -> TableDifference:
    found = compare(deployment, first, "live")
    return next(t for t in found.tables if t.table == name)


def test_what_the_gateway_did_since_the_backup_is_told_exactly(site: Site) -> None:
    site.add_tool("stays")
    site.add_tool("goes")
    back_up(site.deployment)
    site.add_tool("comes")
    send(site, "DELETE", "/tools/goes")

    found = table(site.deployment, NAME, "tools")

    assert (found.removed, found.added, found.changed, found.key) == (1, 1, 0, ("id",))
    assert names(site.deployment, NAME, "live", "tools", "removed") == ("goes",)
    assert names(site.deployment, NAME, "live", "tools", "added") == ("comes",)
    assert names(site.deployment, "live", NAME, "tools", "added") == ("goes",)
    both, more = rows(site.deployment, NAME, "live", "tools")
    assert ([row.kind for row in both], more) == (["removed", "added"], False)
    comparison = compare(site.deployment, NAME)
    assert comparison.words.startswith("1 tool removed, 1 tool added")
    assert (comparison.first.name, comparison.second.word) == (NAME, "live")
    assert comparison.first.revision == comparison.second.revision != ""
    assert site.healthy()


def stopped_wal(folder: Path) -> Deployment:
    """A WAL database whose gateway is stopped: no sidecars, all of it in one file."""
    path = two_tables(folder / "mcp.db")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert not path.with_name("mcp.db-wal").exists()
    return Deployment(name="x", database=path, backup_dir=folder / "backups")


@needs_root
def test_a_stopped_gateways_file_gets_no_foreign_sidecars(tmp_path: Path) -> None:
    public = tmp_path / "public"
    public.mkdir()
    let_everybody_in(public)
    public.chmod(0o777)
    deployment = stopped_wal(public)
    deployment.backup_dir.mkdir()
    (deployment.backup_dir / NAME).write_bytes(deployment.database.read_bytes())
    for path in (deployment.database, deployment.backup_dir / NAME):
        path.chmod(0o644)
    before = print_of(public)
    words = as_nobody(lambda: compare(deployment, NAME).words)
    assert words.startswith("No difference in ")
    assert print_of(public) == before
    os.chown(deployment.database, 12_345, 12_345)
    assert compare(deployment, NAME).words == words
    sidecars = [path for path in public.iterdir() if path.name.startswith("mcp.db")]
    assert {path.stat().st_uid for path in sidecars} == {12_345}


def test_the_files_of_an_idle_gateway_stay_as_they_are(tmp_path: Path) -> None:
    deployment = stopped_wal(tmp_path)
    with closing(sqlite3.connect(deployment.database, isolation_level=None)) as gateway:
        gateway.execute("UPDATE one SET n = n + 1")
        back_up(deployment)
        before = print_of(tmp_path)
        gateway_sees = gateway.execute("PRAGMA data_version").fetchone()
        compare(deployment, NAME)
        rows(deployment, NAME, "live", "one")
        after = print_of(tmp_path)
        # Readers leave their marks in the shared index, which is memory and no content.
        for found in (before, after):
            found["mcp.db-shm"] = (found["mcp.db-shm"][0], found["mcp.db-shm"][1], "")
        assert after == before
        assert gateway.execute("PRAGMA data_version").fetchone() == gateway_sees


def test_rows_that_are_committed_meanwhile_do_not_show_up_half(tmp_path: Path) -> None:
    deployment = stopped_wal(tmp_path)
    back_up(deployment)
    written = threading.Event()

    def write(_done: int, _total: int) -> None:
        if not written.is_set():
            written.set()
            with closing(sqlite3.connect(deployment.database)) as gateway:
                gateway.execute("UPDATE one SET n = n + 1")
                gateway.execute("UPDATE two SET n = n + 1")
                gateway.commit()

    seen = compare(deployment, NAME, tick=write)
    assert written.is_set()
    assert seen.words.startswith("No difference in ")
    assert len(compare(deployment, NAME).tables) == 2


def in_delete_mode(folder: Path) -> Deployment:
    path = two_tables(folder / "mcp.db", mode="delete", megabytes=4)
    return Deployment(name="x", database=path, backup_dir=folder / "backups")


def test_in_rollback_mode_a_long_comparison_goes_on_with_a_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The read lock is given back at the deadline, and a writer gets its turn."""
    deployment = in_delete_mode(tmp_path)
    back_up(deployment)
    with closing(sqlite3.connect(deployment.database)) as gateway:
        gateway.execute("UPDATE one SET n = n + 1")
        gateway.commit()
    monkeypatch.setattr(compare_sides, "HOLD", 0.0)
    monkeypatch.setattr(compare_sides, "_OPS_PER_CALL", 10)
    real, copies, waited = compare_sides._copied, [], []

    def copied(*given: object):  # type: ignore[no-untyped-def]
        # Nothing may hold the writer up between the first look and the copy.
        begun = time.monotonic()
        with closing(sqlite3.connect(deployment.database, timeout=10)) as gateway:
            gateway.execute("UPDATE two SET n = n + 1")
            gateway.commit()
        waited.append(time.monotonic() - begun)
        monkeypatch.setattr(compare_sides, "HOLD", 4.0)
        copies.append(given)
        return real(*given)

    monkeypatch.setattr(compare_sides, "_copied", copied)
    before = set(tmp_path.iterdir())
    found = compare(deployment, NAME)
    assert len(copies) == 1
    assert waited[0] < 5.0
    assert [(t.table, t.removed, t.added) for t in found.tables] == [("one", 1, 1), ("two", 1, 1)]
    assert set(tmp_path.iterdir()) == before


def test_in_rollback_mode_a_quick_comparison_needs_no_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployment = in_delete_mode(tmp_path)
    back_up(deployment)
    monkeypatch.setattr(compare_sides, "_copied", None)
    assert compare(deployment, NAME).words.startswith("No difference in ")


def test_a_release_ends_a_comparison_at_once(tmp_path: Path) -> None:
    deployment = stopped_wal(tmp_path)
    back_up(deployment)
    live = LiveDatabase(deployment)
    inside, ended = threading.Event(), []

    def checkpoint() -> None:
        inside.set()

    def work() -> None:
        try:
            while True:
                compare(deployment, NAME, live=live, checkpoint=checkpoint)
        except BusyError as error:
            ended.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    assert inside.wait(20)
    live.release()
    thread.join(20)
    assert "being replaced" in str(ended[0])
    live.reopen()
    assert compare(deployment, NAME, live=live).tables == ()


def test_a_cancelled_comparison_holds_nothing(tmp_path: Path) -> None:
    deployment = in_delete_mode(tmp_path)
    back_up(deployment)

    def checkpoint() -> None:
        raise Cancelled("Cancelled. Nothing was changed.")

    with pytest.raises(Cancelled):
        compare(deployment, NAME, checkpoint=checkpoint)
    with closing(sqlite3.connect(deployment.database, timeout=0.1)) as gateway:
        gateway.execute("UPDATE one SET n = n + 1")
        gateway.commit()


def test_a_live_file_that_is_not_seen_from_here_is_not_compared(tmp_path: Path) -> None:
    deployment = stopped_wal(tmp_path)
    back_up(deployment)
    hidden = Problem(topic="volume", text="It lies in a volume.", blocks=("database",))
    with pytest.raises(PrecheckError, match="volume"):
        compare(replace(deployment, problems=(hidden,)), NAME)
