"""The operation: the source untouched, the new file suspect, and every way on from it."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import Site
from tests.faults import needs_root, print_of, small_disk, without_code
from tests.injection.fault import Fault
from tests.injection.inject import inject
from tui.core.errors import PrecheckError
from tui.core.models import Backup
from tui.core.operation import Verdict
from tui.operations.backup import BackupCreate
from tui.operations.bring_back import BringBack
from tui.operations.cataloguing import suspicion
from tui.operations.cataloguing.catalogue import find_backup, read_catalogue
from tui.operations.cataloguing.recommended import recommended
from tui.operations.execution.launch import launch
from tui.operations.prune import Prune
from tui.operations.restore import Restore
from tui.operations.salvage import Salvage
from tui.services import compression


@pytest.fixture
def stopped(make_site: Callable[..., Site], give_backup: Callable[[Site], Path]) -> Site:
    """A stopped gateway with one backup."""
    site = make_site(running=False)
    site.deployment = without_code(site.deployment)
    give_backup(site)
    return site


def damaged(site: Site, path: Path | None = None) -> int:
    """Zero the first leaf of the tools; how many tools there were."""
    database = path or site.database
    with closing(sqlite3.connect(database)) as live:
        live.execute("PRAGMA journal_mode=DELETE")
        (root,) = live.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'tools'").fetchone()
        (size,) = live.execute("PRAGMA page_size").fetchone()
        (count,) = live.execute("SELECT count(*) FROM tools").fetchone()
    raw = bytearray(database.read_bytes())
    number = root
    while raw[(number - 1) * size] == 5:
        at = (number - 1) * size
        cell = int.from_bytes(raw[at + 12 : at + 14], "big")
        number = int.from_bytes(raw[at + cell : at + cell + 4], "big")
    raw[(number - 1) * size : number * size] = bytes(size)
    database.write_bytes(raw)
    return int(count)


def made(site: Site) -> Backup:
    (found,) = [b for b in read_catalogue(site.deployment).backups if b.kind == "salvage"]
    return found


def tools_of(path: Path) -> int:
    with closing(sqlite3.connect(f"file:{path}?immutable=1", uri=True)) as db:
        return int(db.execute("SELECT count(*) FROM tools").fetchone()[0])


def test_a_damaged_live_file_is_read_and_stays_as_it_is(stopped: Site) -> None:
    before = damaged(stopped)
    seen = print_of(stopped.database.parent)
    entry = stopped.do(Salvage(stopped.deployment))
    assert (entry.exit_code, entry.outcome) == (15, "partly salvaged"), entry.sentence
    now = print_of(stopped.database.parent)
    # Not a byte of it, no time, and nothing beside it: no -wal, no -shm.
    assert {n: s for n, s in now.items() if n.startswith("mcp.db")} == {
        n: s for n, s in seen.items() if n.startswith("mcp.db")
    }
    assert stopped.left_overs() == []
    found = entry.result["salvaged"]
    tools = next(each for each in found["tables"] if each["name"] == "tools")
    new = made(stopped)
    assert tools["read"] == tools_of(new.path) == before - tools["lost"]
    assert 0 < tools["lost"] < before
    assert f"{tools['lost']} rows lost" in entry.sentence
    assert new.path.stat().st_mode & 0o777 == 0o600


def test_it_is_suspect_never_latest_and_counts_for_no_rule(stopped: Site) -> None:
    damaged(stopped)
    assert stopped.do(Salvage(stopped.deployment)).exit_code == 15
    new, catalogue = made(stopped), read_catalogue(stopped.deployment)
    assert new.verdict is Verdict.WARN
    assert new.problem.startswith("suspect: salvaged from a damaged file")
    newest = catalogue.newest_verified
    assert newest is not None and newest.kind == "hot"
    assert recommended(catalogue) == newest
    # And while the live file is known to be damaged, nothing is deleted.
    assert "damaged pages were found" in suspicion.why_suspect(stopped.deployment)
    plan = Prune(stopped.deployment, {"keep_last": 1, "minimum": 1}).plan()
    assert plan.forbidden is not None and "damaged" in plan.forbidden.text
    suspicion.clear(stopped.deployment)
    rulings = Prune(stopped.deployment, {"keep_last": 1, "minimum": 1}).plan().facts["rulings"]
    kept = {each["backup"]: each["rule"] for each in rulings}
    assert kept[new.id] == "kept: not verified"


@pytest.mark.parametrize("cut", ["after:step_finished:check", "after:step_started:publish"])
def test_killed_before_it_has_its_name_the_live_file_is_suspect_all_the_same(
    stopped: Site, cut: str
) -> None:
    damaged(stopped)
    outcome = inject(stopped, Salvage(stopped.deployment), Fault("kill", cut))
    assert outcome.resumed == [15]
    assert made(stopped).verdict is Verdict.WARN
    assert "damaged pages were found" in suspicion.why_suspect(stopped.deployment)
    plan = Prune(stopped.deployment, {"keep_last": 1, "minimum": 1}).plan()
    assert plan.forbidden is not None and "damaged" in plan.forbidden.text


def test_a_restore_from_it_warns_and_puts_it_in_place(stopped: Site) -> None:
    before = damaged(stopped)
    lost = stopped.do(Salvage(stopped.deployment)).result["salvaged"]["rows_lost"]
    plan = Restore(stopped.deployment, made(stopped).id).plan()
    (whole,) = [check for check in plan.checks if check.name == "whole"]
    assert whole.verdict is Verdict.WARN
    assert whole.text.startswith("SUSPECT. Suspect: salvaged from a damaged file")
    assert plan.tier.value == "replacing"
    entry = stopped.do(Restore(stopped.deployment, made(stopped).id, start=True))
    assert entry.exit_code == 0, entry.sentence
    stopped.wait_healthy()
    assert tools_of(stopped.database) == before - lost
    assert stopped.integrity() == "ok"


def test_the_newest_backup_and_then_the_rows_that_only_the_salvage_has(stopped: Site) -> None:
    with closing(sqlite3.connect(stopped.database)) as live, live:
        live.execute(
            "UPDATE tools SET name = 'written later' WHERE rowid = (SELECT max(rowid) FROM tools)"
        )
    damaged(stopped)
    stopped.do(Salvage(stopped.deployment))
    new = made(stopped)
    assert stopped.do(Restore(stopped.deployment, "latest")).exit_code == 0
    entry = stopped.do(BringBack(stopped.deployment, new.id, tables=("tools",)))
    assert entry.exit_code == 0, entry.sentence
    with closing(sqlite3.connect(stopped.database)) as live:
        names = {row[0] for row in live.execute("SELECT name FROM tools")}
    assert "written later" in names
    assert len(names) == tools_of(find_backup(stopped.deployment, "latest").path)


def test_a_running_gateway_goes_on_and_the_commits_in_its_wal_come_back(
    make_site: Callable[..., Site],
) -> None:
    site = make_site()
    site.deployment = without_code(site.deployment)
    site.add_tool("in-the-wal")
    plan = Salvage(site.deployment).plan()
    assert any(check.name == "gateway" and "runs" in check.text for check in plan.checks)
    entry = site.do(Salvage(site.deployment))
    assert entry.exit_code in (0, 15), entry.sentence
    site.wait_healthy()
    with closing(sqlite3.connect(f"file:{made(site).path}?immutable=1", uri=True)) as db:
        assert db.execute("SELECT 1 FROM tools WHERE name = 'in-the-wal'").fetchone()
    site.add_tool("and-on")
    assert "and-on" in site.tools()


@pytest.mark.parametrize("packed", [False, True])
def test_a_damaged_backup_is_salvaged_too(stopped: Site, packed: bool) -> None:
    site = stopped
    path = find_backup(site.deployment, "latest").path
    if packed:
        plain, path = path, path.with_name(path.name + compression.SUFFIX)
        compression.compress(plain, path, lambda _done, _all: None)
        plain.unlink()
    else:
        damaged(site, path)
    before = path.read_bytes()
    entry = site.do(Salvage(site.deployment, path.name))
    assert entry.exit_code == (0 if packed else 15), entry.sentence
    assert path.read_bytes() == before
    assert made(site).taken == find_backup(site.deployment, path.name).taken


def test_what_is_no_database_costs_3_and_leaves_nothing(stopped: Site, tmp_path: Path) -> None:
    other = tmp_path / "other"
    for content, code in ((b"\x1f\x8b" + os.urandom(50_000), 3), (bytes(100_000), 3)):
        other.write_bytes(content)
        entry = stopped.do(Salvage(stopped.deployment, str(other)))
        assert entry.exit_code == code
        assert "other has no page of a SQLite database in it" in entry.sentence
        assert other.read_bytes() == content
    other.write_bytes(b"")
    plan = Salvage(stopped.deployment, str(other)).plan()
    assert plan.forbidden is not None
    assert plan.forbidden.exit_code == 3 and "0 bytes" in plan.forbidden.text
    assert stopped.left_overs() == []
    assert [b for b in read_catalogue(stopped.deployment).backups if b.kind == "salvage"] == []


def test_a_missing_database_is_not_made_by_asking_for_a_salvage(stopped: Site) -> None:
    stopped.database.unlink()
    plan = Salvage(stopped.deployment).plan()
    assert plan.forbidden is not None and plan.forbidden.exit_code == 10
    assert not stopped.database.exists()


@needs_root
def test_a_disk_too_small_is_told_before_anything_is_written(stopped: Site, tmp_path: Path) -> None:
    folder = tmp_path / "small"
    folder.mkdir()
    with small_disk(folder, "256k"):
        small = replace(stopped.deployment, backup_dir=folder / "backups")
        plan = Salvage(small).plan()
        assert plan.forbidden is not None
        assert plan.forbidden.exit_code == 12 and "needs" in plan.forbidden.text
        with pytest.raises(PrecheckError, match="A salvage needs"):
            launch(Salvage(small), "")
        assert not list(folder.rglob("*partial*"))
    assert stopped.left_overs() == []


def test_read_only_forbids_it(stopped: Site) -> None:
    plan = Salvage(replace(stopped.deployment, read_only=True)).plan()
    assert plan.forbidden is not None and plan.forbidden.name == "read-only"


def test_a_salvage_of_a_sound_backup_says_that_all_is_there(stopped: Site) -> None:
    assert stopped.do(BackupCreate(stopped.deployment)).exit_code == 0
    entry = stopped.do(Salvage(stopped.deployment, "latest"))
    assert entry.exit_code == 0, entry.result
    assert "proved to be all of them" in entry.sentence
    assert suspicion.why_suspect(stopped.deployment) == ""


def test_a_compressed_backup_that_is_cut_gives_what_comes_out_of_it(stopped: Site) -> None:
    plain = find_backup(stopped.deployment, "latest").path
    # Enough that more than one block of it is compressed.
    with closing(sqlite3.connect(plain)) as db, db:
        db.execute("CREATE TABLE much AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 "
                   "FROM n WHERE i < 9000) SELECT i, randomblob(120) AS b FROM n")  # fmt: skip
    path = plain.with_name(plain.name + compression.SUFFIX)
    compression.compress(plain, path, lambda _done, _all: None)
    plain.unlink()
    content = path.read_bytes()[: path.stat().st_size * 2 // 3]
    path.write_bytes(content)
    entry = stopped.do(Salvage(stopped.deployment, path.name))
    assert entry.exit_code == 15, entry.sentence
    found = entry.result["salvaged"]
    assert "cut short" in found["source_problem"] and not found["complete"]
    assert found["image"]["pages_missing"] > 0
    tools = next(each for each in found["tables"] if each["name"] == "tools")
    much = next(each for each in found["tables"] if each["name"] == "much")
    assert tools["complete"] and 0 < much["read"] < 9000 and much["lost"] is None
    assert path.read_bytes() == content
