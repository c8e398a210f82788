"""Maintenance on a running process gateway: what it keeps, what it refuses, what it says."""

from __future__ import annotations

import os
import shlex
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.conftest import Site
from tests.faults import fill, needs_root, small_disk, without_code
from tests.injection.arena import Arena
from tests.injection.cases import one_more_backup
from tests.injection.fault import Fault
from tests.injection.inject import inject
from tests.injection.whole import assert_whole, is_wal, look_at, names
from tui.core.errors import BusyError, McpdbError
from tui.core.models import ActivityEntry, Deployment
from tui.core.operation import Operation, Progress, Tier
from tui.demo import deployment as demo
from tui.demo.folder import Pace
from tui.operations.activity import read_entry
from tui.operations.analyze import Analyze
from tui.operations.backup import BackupCreate
from tui.operations.cataloguing import suspicion
from tui.operations.cataloguing.catalogue import read_catalogue
from tui.operations.check import DatabaseCheck
from tui.operations.execution.launch import launch
from tui.operations.finding.gateways import gateway_of, state_of
from tui.operations.maintain import Maintain
from tui.operations.maintaining.checking import integrity_of
from tui.operations.maintaining.rebuilt_file import check, known, make
from tui.operations.maintaining.words import VACUUM_LEFT_OUT
from tui.operations.prune import Prune
from tui.operations.reindex import Reindex
from tui.operations.restoring.way import Way
from tui.operations.status import read_status
from tui.operations.timelines.applied import read_changes
from tui.operations.vacuum import Vacuum
from tui.services import journal
from tui.services.sqlite import connections, maintenance

PACE = Pace(interval=0.2, health_timeout=8.0, stop_timeout=2.0)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One site for all that leaves it whole."""
    folder = demo.create_small(tmp_path_factory.mktemp("maintained") / "site", pace=PACE)
    site = Site(folder)
    site.deployment = without_code(site.deployment)
    yield site
    demo.stop(folder)


@pytest.fixture
def ready(shared: Site) -> Site:
    """It runs, and has unused pages."""
    if not shared.running():
        shared.start()
    suspicion.clear(shared.deployment)
    with writing(shared.database) as live:
        live.execute("DROP VIEW IF EXISTS numbered")
        live.execute("CREATE TABLE IF NOT EXISTS filler (content BLOB)")
        live.executemany("INSERT INTO filler VALUES (randomblob(2000))", [()] * 300)
        live.execute("DROP TABLE filler")
    return shared


@contextmanager
def writing(database: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(database, timeout=20)) as live, live:
        yield live


def ask(database: Path, sql: str) -> object:
    with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True, timeout=20)) as live:
        return live.execute(sql).fetchone()[0]


def identity(site: Site) -> str:
    return state_of(gateway_of(site.deployment)).identity


def ended(site: Site, operation: Operation, code: int = 0) -> ActivityEntry:
    last = site.do(operation)
    assert last.exit_code == code, last.sentence
    return last


def refused(operation: Operation, code: int, text: str) -> None:
    """The plan says it, and the operation itself, whatever was confirmed."""
    found = operation.plan().forbidden
    assert found is not None
    assert (found.exit_code, text in found.text) == (code, True), found
    with pytest.raises(McpdbError) as raised:
        launch(operation, "")
    assert raised.value.exit_code == code


# --- VACUUM ---------------------------------------------------------------------------------


def test_a_vacuum_keeps_every_row_until_the_stop_and_gives_back_the_unused_pages(
    ready: Site,
) -> None:
    with writing(ready.database) as live:
        live.execute("PRAGMA user_version=7")
        live.execute("PRAGMA application_id=77")
    ready.add_tool("in-the-wal")
    before, tools, old = look_at(ready), ready.tools(), identity(ready)
    unused = ask(ready.database, "PRAGMA freelist_count")
    assert int(str(unused)) > 50
    operation = Vacuum(ready.deployment)
    plan = operation.plan()
    assert plan.tier is Tier.DISRUPTIVE
    assert plan.facts["mode"] == "stop"
    assert plan.facts["before"]["free_pages"] == unused
    assert plan.facts["needs"] >= ready.database.stat().st_size

    entry = ended(ready, operation)

    was, now = entry.result["before"], entry.result["after"]
    assert (was["free_pages"], now["free_pages"]) == (unused, 0)
    assert now["bytes"] < was["bytes"]
    assert "VACUUM gave back" in entry.sentence
    assert ready.tools() == tools
    assert identity(ready) != old
    assert entry.down_seconds
    assert assert_whole(ready, before, new=before.names) == "new"
    assert is_wal(ready.database) == before.wal
    assert ask(ready.database, "PRAGMA user_version") == 7
    assert ask(ready.database, "PRAGMA application_id") == 77
    kept = Path(str(entry.result["safety_path"]))
    assert kept.stat().st_ino == before.inode
    assert names(kept) == before.names
    assert entry.result["safety_ok"] is True
    again = operation.plan().facts["last"]
    assert again["after"] == now
    assert again["seconds"]


def test_a_vacuum_beside_the_gateway_stops_nobody_and_follows_a_verified_copy(ready: Site) -> None:
    before, old = look_at(ready), identity(ready)
    wal = ready.database.with_name("mcp.db-wal")
    plan = Vacuum(ready.deployment, online=True).plan()
    assert plan.downtime == 0.0
    assert plan.facts["needs"] > 2 * ready.database.stat().st_size
    assert any(c.name == "online" and "writers wait" in c.text for c in plan.checks)

    entry = ended(ready, Vacuum(ready.deployment, online=True))

    assert identity(ready) == old
    assert entry.down_seconds is None
    assert entry.result["after"]["free_pages"] == 0
    assert entry.result["after"]["bytes"] < entry.result["before"]["bytes"]
    assert wal.stat().st_size >= entry.result["after"]["bytes"], "nothing was checkpointed by us"
    assert entry.result["integrity"] == "ok"
    kept = Path(str(entry.result["safety_path"]))
    assert names(kept) >= before.names
    assert entry.result["safety_ok"] is True
    ready.add_tool("after-the-vacuum")
    assert assert_whole(ready, look_at(ready)) == "old"
    assert is_wal(ready.database)


def loose(database: Path) -> None:
    """Rows without a key, their numbers with gaps, and a view that goes by these."""
    with writing(database) as live:
        live.execute("DROP TABLE IF EXISTS loose")
        live.execute("CREATE TABLE loose (word TEXT)")
        live.executemany("INSERT INTO loose VALUES (?)", [(f"w{n}",) for n in range(20)])
        live.execute("DELETE FROM loose WHERE rowid < 10")
        live.execute("CREATE VIEW numbered AS SELECT rowid AS number, word FROM loose")


def test_row_numbers_that_a_view_goes_by_stay_or_nothing_is_done(ready: Site) -> None:
    loose(ready.database)
    last = ready.do(Vacuum(ready.deployment, online=True))
    assert last.exit_code == 12
    assert "numbered" in last.sentence
    assert ask(ready.database, "SELECT min(rowid) FROM loose") == 10
    ended(ready, Vacuum(ready.deployment))
    assert ask(ready.database, "SELECT min(number) FROM numbered") == 10


def test_a_new_file_with_other_row_numbers_or_another_schema_is_not_put_in_place(
    tmp_path: Path,
) -> None:
    deployment = bare(tmp_path)
    loose(deployment.database)
    quiet = Progress(lambda *_: None, lambda: False)
    held = known(deployment.database, quiet)
    for number, change in enumerate(
        (
            "UPDATE loose SET rowid = rowid - 9",
            "DELETE FROM loose WHERE rowid = 12",
            "CREATE INDEX one_more ON loose (word)",
            "PRAGMA user_version = 3",
        )
    ):
        staged = tmp_path / f"staged{number}"
        staged.write_bytes(deployment.database.read_bytes())
        with writing(staged) as copy:
            copy.execute(change)
        way = Way("swap", tmp_path)
        with pytest.raises(McpdbError):
            check(deployment, held, staged, way, "delete", quiet, full=False)
    staged = tmp_path / "same"
    make("vacuum", deployment.database, staged, quiet)
    assert check(deployment, held, staged, way, "delete", quiet, full=False)["integrity"] == "ok"


@needs_root
def test_where_no_other_file_can_take_its_place_it_is_written_in_after_a_copy(
    make_site: Callable[..., Site],
) -> None:
    site = make_site()
    site.deployment = without_code(site.deployment)
    with writing(site.database) as live:
        live.execute("CREATE TABLE filler (content BLOB)")
        live.executemany("INSERT INTO filler VALUES (randomblob(2000))", [()] * 300)
        live.execute("DROP TABLE filler")
    safety = site.deployment.state_dir / "safety"
    safety.mkdir(mode=0o700, parents=True)
    with small_disk(safety, "24m"):
        before = look_at(site)
        operation = Vacuum(site.deployment)
        assert operation.plan().facts["way"] == "overwrite"
        entry = ended(site, operation)
        assert site.database.stat().st_ino == before.inode
        assert entry.result["after"]["bytes"] < entry.result["before"]["bytes"]
        assert site.database.stat().st_size == entry.result["after"]["bytes"]
        assert assert_whole(site, before) == "old"
        assert names(Path(str(entry.result["safety_path"]))) == before.names


def test_a_gateway_that_was_stopped_by_hand_stays_stopped_and_that_is_said(ready: Site) -> None:
    demo.stop(ready.folder)
    try:
        operation = Maintain(ready.deployment)
        plan = operation.plan()
        assert plan.tier is Tier.LIGHT, "nobody is interrupted"
        entry = ended(ready, operation)
        assert not ready.running()
        assert "VACUUM gave back" in entry.sentence
        assert "not proven by a start" in entry.sentence
        assert entry.result["left_out"] == []
    finally:
        ready.start()
    assert ready.integrity() == "ok"


@contextmanager
def somebody(database: Path, statement: str) -> Iterator[int]:
    """Another program that has the database open and stays in a transaction."""
    program = (
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None); "
        f"c.execute({statement!r}).fetchall(); print('there', flush=True); sys.stdin.read()"
    )
    words = [sys.executable, "-c", program, str(database)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"there\n"
            yield process.pid
        finally:
            process.communicate()


def test_a_foreign_reader_is_named_and_nothing_stops(ready: Site) -> None:
    old = identity(ready)
    with somebody(ready.database, "SELECT count(*) FROM tools") as pid:
        for operation in (Vacuum(ready.deployment), Analyze(ready.deployment)):
            refused(operation, 11, f"(pid {pid}")
    assert identity(ready) == old


def test_a_foreign_writer_is_named_by_what_is_done_beside_the_gateway(ready: Site) -> None:
    with somebody(ready.database, "BEGIN IMMEDIATE") as pid:
        short = ("tui.operations.reads.holding.HOLD=0.5",)
        outcome = inject(ready, Analyze(ready.deployment, online=True), settings=short)
        assert outcome.code == 11, outcome.said
        assert f"(pid {pid}" in outcome.said
    ended(ready, Analyze(ready.deployment, online=True))
    assert ask(ready.database, "SELECT count(*) > 0 FROM sqlite_stat1") == 1


def test_another_journal_mode_than_wal_is_not_written_beside_the_gateway(
    tmp_path: Path,
) -> None:
    deployment = bare(tmp_path)
    refused(Vacuum(deployment, online=True), 12, "journal mode delete")


def bare(folder: Path) -> Deployment:
    """A database in rollback-journal mode, and no gateway that is known."""
    with writing(folder / "mcp.db") as live:
        live.execute("CREATE TABLE words (word TEXT PRIMARY KEY)")
        live.executemany("INSERT INTO words VALUES (?)", [(f"w{n:05}",) for n in range(4_000)])
    return Deployment(name="bare", database=folder / "mcp.db", backup_dir=folder / "backups")


@needs_root
def test_a_disk_without_room_is_told_with_figures_before_anything_stops(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "24m") as disk:
        deployment = bare(disk)
        fill(disk, 60 * 1024)
        for operation in (Vacuum(deployment), Maintain(deployment, stop=True)):
            refused(operation, 12, "needs")
        (disk / "filler").unlink()
        assert Vacuum(deployment).plan().forbidden is None


# --- what a check finds ---------------------------------------------------------------------


def lame(database: Path) -> None:
    """Rows that an index does not have."""
    with writing(database) as live:
        live.execute("CREATE TABLE lame (word TEXT)")
        live.execute("CREATE INDEX ix_lame ON lame (word)")
        live.execute("INSERT INTO lame VALUES ('first')")
        row = live.execute("SELECT * FROM sqlite_schema WHERE name = 'ix_lame'").fetchone()
    with writing(database) as live:
        live.execute("PRAGMA writable_schema=1")
        live.execute("DELETE FROM sqlite_schema WHERE name = 'ix_lame'")
    with writing(database) as live:
        live.execute("INSERT INTO lame VALUES ('second'), ('third')")
    with writing(database) as live:
        live.execute("PRAGMA writable_schema=1")
        live.execute("INSERT INTO sqlite_schema VALUES (?, ?, ?, ?, ?)", row)


def test_a_damaged_index_is_found_blocks_what_deletes_and_is_rebuilt(site: Site) -> None:
    site.deployment = without_code(site.deployment)
    ended(site, BackupCreate(site.deployment))
    lame(site.database)
    before = look_at(site)

    last = site.do(DatabaseCheck(site.deployment))

    assert (last.exit_code, last.outcome) == (3, "damaged")
    assert last.result["indexes"] == ["ix_lame"]
    assert "reindex" in last.sentence
    status = read_status(site.deployment)
    assert "ix_lame" in status.integrity
    assert status.integrity_at is not None
    for operation in (
        Vacuum(site.deployment),
        Vacuum(site.deployment, online=True),
        Prune(site.deployment, {"keep_last": 1, "minimum": 1}),
    ):
        refused(operation, 12, "until a full check has passed")
    # A quick one that passes does not look at indexes, so it takes nothing back.
    ended(site, DatabaseCheck(site.deployment, quick=True))
    assert suspicion.why_suspect(site.deployment)

    entry = ended(site, Reindex(site.deployment))

    assert entry.result["check"] == "integrity_check"
    assert site.integrity() == "ok"
    assert site.tools() == before.names
    assert site.left_overs() == []
    assert Path(str(entry.result["safety_path"])).stat().st_ino == before.inode
    kept = next(b for b in read_catalogue(site.deployment).backups if b.kind == "safety")
    assert kept.manifest is not None
    assert "indexes" in kept.manifest.note, "a damaged original is labelled so"
    assert ask(site.database, "SELECT count(*) FROM lame WHERE word > 's'") == 2
    assert suspicion.why_suspect(site.deployment) == ""
    assert read_status(site.deployment).integrity == "ok"
    assert Vacuum(site.deployment).plan().forbidden is None


def lacking(deployment: Deployment) -> None:
    """A table whose smallest index, the one that its children are looked up by, lacks 7 rows."""
    with writing(deployment.database) as live:
        live.execute("CREATE TABLE wide (word TEXT, content TEXT)")
        live.execute("CREATE UNIQUE INDEX ix_wide ON wide (word)")
        live.execute("CREATE TABLE child (word TEXT REFERENCES wide (word))")
        live.execute("CREATE VIEW numbered AS SELECT rowid AS number FROM wide")
        rows = [(f"w{n}", "x" * 200) for n in range(500)]
        live.executemany("INSERT INTO wide VALUES (?, ?)", rows[:493])
        row = live.execute("SELECT * FROM sqlite_schema WHERE name = 'ix_wide'").fetchone()
    with writing(deployment.database) as live:
        live.execute("PRAGMA writable_schema=1")
        live.execute("DELETE FROM sqlite_schema WHERE name = 'ix_wide'")
    with writing(deployment.database) as live:
        live.executemany("INSERT INTO wide VALUES (?, ?)", rows[493:])
        live.executemany("INSERT INTO child VALUES (?)", [("w3",), ("w499",), ("nowhere",)])
    with writing(deployment.database) as live:
        live.execute("PRAGMA writable_schema=1")
        live.execute("INSERT INTO sqlite_schema VALUES (?, ?, ?, ?, ?)", row)


def test_an_index_that_lacks_rows_is_made_anew_by_what_its_table_has(tmp_path: Path) -> None:
    deployment = bare(tmp_path)
    lacking(deployment)
    assert ask(deployment.database, "SELECT count(*) FROM wide") == 493, "counted by the index"
    quiet = Progress(lambda *_: None, lambda: False)
    held = known(deployment.database, quiet)
    assert (held.rows["wide"], held.foreign_keys) == (500, 2)
    assert held.numbers["wide"][0] == 500
    staged = tmp_path / "staged"
    for step in ("duplicate", "reindex"):
        make(step, deployment.database, staged, quiet)

    way = Way("swap", tmp_path)
    found = check(deployment, held, staged, way, "delete", quiet, full=True)

    assert (found["check"], found["foreign_keys"]) == ("integrity_check", 1)
    assert found["rows"]["wide"] == 500
    assert ask(staged, "SELECT count(*) FROM wide") == 500
    with pytest.raises(McpdbError, match="point nowhere"):
        check(deployment, held, staged, way, "delete", quiet, full=False)


def spoil(database: Path) -> None:
    """Overwrite a page in the middle of a table."""
    page = int(str(ask(database, "SELECT rootpage FROM sqlite_schema WHERE name = 'tools'")))
    with database.open("r+b") as stream:
        stream.seek((page - 1) * 4096)
        stream.write(os.urandom(4096))


def test_a_damaged_table_ends_the_routine_unchanged_and_only_other_ways_are_offered(
    make_site: Callable[..., Site],
) -> None:
    site = make_site(running=False)
    site.deployment = without_code(site.deployment)
    spoil(site.database)
    content = site.database.read_bytes()

    last = site.do(DatabaseCheck(site.deployment))

    assert last.exit_code == 3
    assert last.result["indexes"] == []
    assert "salvage" in last.sentence
    refused(Reindex(site.deployment), 12, "more than indexes")
    routine = site.do(Maintain(site.deployment, stop=True))
    assert routine.exit_code == 3, routine.sentence
    assert site.database.read_bytes() == content
    assert [b for b in read_catalogue(site.deployment).backups if b.kind == "safety"] == []
    assert not site.running()


def test_a_check_can_be_cancelled_and_says_nothing_of_the_file(ready: Site) -> None:
    before = read_status(ready.deployment)
    wish = Fault("cancel", "after:step_started:integrity")
    outcome = inject(ready, DatabaseCheck(ready.deployment), wish)
    assert outcome.entry is not None
    assert (outcome.code, outcome.entry.outcome) == (1, "cancelled")
    after = read_status(ready.deployment)
    assert (after.integrity, after.integrity_at) == (before.integrity, before.integrity_at)


def test_a_check_without_locks_says_nothing_of_a_file_that_was_written_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployment = bare(tmp_path)
    quiet = Progress(lambda *_: None, lambda: False)
    # As for somebody who is neither root nor the owner: nothing may be left beside the file.
    monkeypatch.setattr(connections, "_may_leave_sidecars", lambda *_: False)
    monkeypatch.setattr("tui.operations.reads.looking.is_up", lambda _deployment: False)
    found = integrity_of(deployment, quiet, quick=False)
    assert found["integrity"] == "ok"
    write = "INSERT INTO words VALUES ('meanwhile')"

    def written_meanwhile(*_arguments: object, **_options: object) -> list[str]:
        script = f"import sqlite3, sys; sqlite3.connect(sys.argv[1]).executescript({write!r})"
        subprocess.run([sys.executable, "-c", script, str(deployment.database)], check=True)
        return ["row 1 missing from index i"]

    monkeypatch.setattr(maintenance, "problems", written_meanwhile)
    with pytest.raises(BusyError, match="check it again"):
        integrity_of(deployment, quiet, quick=False)
    assert not suspicion.why_suspect(deployment)


def test_a_file_that_is_no_database_any_more_is_damage_and_none_is_none(tmp_path: Path) -> None:
    deployment = bare(tmp_path)
    deployment.database.write_bytes(os.urandom(3 * 4096))
    last = ended(_alone(deployment), DatabaseCheck(deployment), 3)
    assert "is damaged" in last.sentence
    assert suspicion.why_suspect(deployment)
    refused(Vacuum(deployment), 3, "cannot be read as a database")
    deployment.database.unlink()
    refused(DatabaseCheck(deployment), 10, "no database")


def test_a_check_ends_before_writers_of_a_rollback_journal_file_fail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployment = bare(tmp_path)
    quiet = Progress(lambda *_: None, lambda: False)
    monkeypatch.setattr("tui.operations.maintaining.checking.is_up", lambda _deployment: True)
    monkeypatch.setattr("tui.operations.maintaining.checking.hold_for", lambda _gateway: 0.0)
    with pytest.raises(BusyError, match="would hold up the gateway's writes"):
        list(DatabaseCheck(deployment).steps(quiet))
    assert suspicion.why_suspect(deployment) == ""


def test_rows_that_point_nowhere_are_told_and_are_no_damage(tmp_path: Path) -> None:
    deployment = bare(tmp_path)
    with writing(deployment.database) as live:
        live.execute("CREATE TABLE child (word TEXT REFERENCES words (word))")
        live.execute("INSERT INTO child VALUES ('nowhere'), ('w00001')")
    last = ended(_alone(deployment), DatabaseCheck(deployment))
    assert last.result["foreign_keys"] == 1
    assert last.result["foreign_key_tables"] == {"child": 1}
    assert "child 1" in last.sentence
    assert suspicion.why_suspect(deployment) == ""


def _alone(deployment: Deployment) -> Site:
    site = Site.__new__(Site)
    site.deployment, site.folder = deployment, deployment.database.parent
    return site


# --- the routine ----------------------------------------------------------------------------


def test_the_routine_leaves_vacuum_out_while_the_gateway_runs_and_says_so(ready: Site) -> None:
    before, old = look_at(ready), identity(ready)
    operation = Maintain(ready.deployment)
    plan = operation.plan()
    assert plan.tier is Tier.LIGHT
    assert plan.facts["left_out"] == [VACUUM_LEFT_OUT]

    entry = ended(ready, operation)

    assert entry.outcome == "VACUUM left out"
    assert VACUUM_LEFT_OUT in entry.sentence
    assert identity(ready) == old
    assert ready.database.stat().st_ino == before.inode
    steps = {line["step"]: line["result"] for line in entry.result["steps"]}
    assert list(steps) == ["backup", "integrity", "foreign-keys", "analyze", "vacuum", "size"]
    assert (steps["integrity"], steps["analyze"], steps["vacuum"]) == ("ok", "done", "left out")
    assert entry.result["before"]["pages"] <= entry.result["after"]["pages"]
    made = {b.id for b in read_catalogue(ready.deployment).backups}
    assert entry.result["backup_made"]["backup"] in made
    assert read_status(ready.deployment).integrity == "ok"


def test_the_routine_with_a_stop_does_all_of_it_in_one_stop(ready: Site) -> None:
    before = look_at(ready)
    entry = ended(ready, Maintain(ready.deployment, stop=True))
    assert entry.outcome == "done"
    assert entry.result["after"]["free_pages"] == 0
    assert entry.result["left_out"] == []
    assert ask(ready.database, "SELECT count(*) > 0 FROM sqlite_stat1") == 1
    assert assert_whole(ready, before, new=before.names) == "new"
    records = journal.read(journal.path_of(ready.deployment.state_dir, entry.id))
    stops = [r for r in records if r["kind"] == "step_started" and r["step"] == "stop"]
    assert len(stops) == 1


def test_the_routine_beside_the_gateway_vacuums_after_its_own_backup(ready: Site) -> None:
    old = identity(ready)
    entry = ended(ready, Maintain(ready.deployment, online=True))
    assert identity(ready) == old
    assert entry.result["after"]["free_pages"] == 0
    assert "VACUUM gave back" in entry.sentence
    assert "safety" not in entry.result
    assert ready.integrity() == "ok"


# --- cut, killed, out of space, beside the gateway --------------------------------------------


@pytest.mark.parametrize(
    ("kind", "place", "code"),
    [
        ("kill", "before:step_finished:keep", 1),
        ("kill", "after:step_started:vacuum-online", 1),
        ("kill", "before:step_finished:vacuum-online", 1),
        ("cancel", "after:step_started:vacuum-online", 1),
    ],
)
def test_a_vacuum_beside_the_gateway_that_is_cut_leaves_the_same_rows_and_no_half_copy(
    kind: str, place: str, code: int, arena: Callable[..., Arena]
) -> None:
    site = arena().site
    before = look_at(site)
    outcome = inject(site, Vacuum(site.deployment, online=True), Fault(kind, place))
    assert outcome.entry is not None
    said = read_entry(site.deployment, outcome.entry.id).sentence
    assert outcome.code == code, said
    assert "rows are as they were" in said or "Nothing was changed" in said
    assert identity(site) == before.identity, "nobody stopped it"
    assert assert_whole(site, before) == "old"
    site.add_tool("still-writable")


@needs_root
def test_a_disk_that_fills_up_under_a_vacuum_beside_the_gateway(
    arena: Callable[..., Arena],
) -> None:
    site = arena(disk="24M").site
    before = look_at(site)
    folder = site.database.parent
    words = (
        "import sys; from pathlib import Path; from tests.injection.fault import fill; "
        "fill(Path(sys.argv[1]), 300 * 1024)"
    )
    command = shlex.join([sys.executable, "-c", words, str(folder)])
    fault = Fault("run", "checked:vacuum-online", command)
    outcome = inject(site, Vacuum(site.deployment, online=True), fault, resume=False)
    (folder / "filler").unlink()
    assert outcome.code == 12, outcome.said
    assert "No space left" in outcome.said
    assert identity(site) == before.identity
    assert assert_whole(site, before) == "old"


def test_a_routine_beside_the_gateway_that_is_killed_keeps_its_backup(
    arena: Callable[..., Arena],
) -> None:
    site = arena().site
    before = look_at(site)
    routine = Maintain(site.deployment, online=True)
    outcome = inject(site, routine, Fault("kill", "after:step_started:vacuum-online"))
    assert outcome.resumed == [1]
    assert outcome.entry is not None
    assert "is made and verified" in read_entry(site.deployment, outcome.entry.id).sentence
    assert identity(site) == before.identity
    assert assert_whole(site, before) == "old"
    one_more_backup(site, before)


def test_an_upgraded_database_keeps_its_history_in_a_new_file(ready: Site) -> None:
    ended(ready, Vacuum(ready.deployment))
    (change,) = read_changes(ready.deployment)[-1:]
    stands = tuple(read_status(ready.deployment).database.revisions)
    assert (change.before, change.after) == (stands, stands)
    assert change.put == ready.database.stat().st_ino
    assert change.in_place
