"""Prune: exactly what was shown goes, whatever happens meanwhile."""

from __future__ import annotations

import hashlib
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import Site
from tests.faults import fill, needs_root, small_disk, without_code
from tui.core.errors import McpdbError
from tui.core.models import Backup, Deployment, Manifest
from tui.core.operation import Progress
from tui.demo import deployment as demo
from tui.operations.activity import read_activity
from tui.operations.backup import BackupCreate
from tui.operations.cataloguing.catalogue import read_catalogue
from tui.operations.execution.launch import follow, launch, launch_resume
from tui.operations.execution.registry import OPERATIONS
from tui.operations.prune import Prune
from tui.services.manifests import path_for, read_manifest, write_manifest

POLICY = {"keep_last": 2, "minimum": 2}


def clone(deployment: Deployment, days: float, **changes: object) -> Path:
    """Another verified backup, made so many days ago: a copy of the newest with its own name."""
    newest = read_catalogue(deployment).newest_verified
    assert newest is not None and newest.manifest is not None
    taken = datetime.now(UTC) - timedelta(days=days)
    path = deployment.backup_dir / f"mcp_hotbackup_{taken:%Y%m%d_%H%M%S}.db"
    path.write_bytes(newest.path.read_bytes())
    path.chmod(0o600)
    values: dict[str, object] = {
        "id": f"old{int(days * 10):03}",
        "name": path.name,
        "taken": taken.isoformat(),
        "sequence": int(taken.timestamp() * 1000),
        **changes,
    }
    write_manifest(path, replace(newest.manifest, **values))  # type: ignore[arg-type]
    return path


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@pytest.fixture
def quiet(make_site: Callable[..., Site], give_backup: Callable[[Site], Path]) -> Site:
    """Five verified backups, the oldest forty days old; the gateway is stopped."""
    site = make_site(running=False)
    site.deployment = without_code(site.deployment)
    give_backup(site)
    for days in (1, 2, 20, 40):
        clone(site.deployment, days)
    return site


def dropped(operation: Prune) -> list[str]:
    return [r["name"] for r in operation.plan().facts["rulings"] if not r["keep"]]


def refused(site: Site, operation: Prune, code: int, text: str) -> None:
    before = names(site.deployment.backup_dir)
    with pytest.raises(McpdbError, match=text) as raised:
        launch(operation, operation.plan().fingerprint)
    assert raised.value.exit_code == code
    assert names(site.deployment.backup_dir) == before


def test_what_the_plan_names_goes_with_its_manifest_and_nothing_else(quiet: Site) -> None:
    (quiet.deployment.backup_dir / "notes.txt").write_text("mine")
    operation = Prune(quiet.deployment, POLICY)
    plan, gone = operation.plan(), dropped(operation)
    before = names(quiet.deployment.backup_dir)
    entry = quiet.do(operation)
    assert entry.exit_code == 0, entry.sentence
    assert len(gone) == 3 == plan.facts["dropped"]
    assert before - names(quiet.deployment.backup_dir) == {
        name for path in gone for name in (path, path + ".json")
    }
    assert entry.result["freed"] == plan.facts["freed"] > 0
    assert entry.sentence.startswith("3 dropped, 2 kept, ")
    assert dropped(operation) == []


def test_every_ruling_is_in_the_plan_with_its_rule(quiet: Site) -> None:
    rules = {r["name"]: r["rule"] for r in Prune(quiet.deployment, POLICY).plan().facts["rulings"]}
    assert sorted(rules.values()) == [
        *["dropped: not among last 2"] * 3,
        "kept: last 2 of 2",
        "kept: last verified",
    ]


def test_an_empty_policy_is_refused(quiet: Site) -> None:
    refused(quiet, Prune(quiet.deployment, {}), 12, "no rule of retention is set")


def test_below_the_minimum_it_is_refused(quiet: Site) -> None:
    rules = {"keep_last": 1, "minimum": 9}
    refused(quiet, Prune(quiet.deployment, rules), 12, "5 verified backups of at least 9")


def test_a_rule_that_is_none_is_refused(quiet: Site) -> None:
    with pytest.raises(McpdbError, match="'hourly' is no rule") as raised:
        Prune(quiet.deployment, {"hourly": 3}).plan()
    assert raised.value.exit_code == 2


def test_a_damaged_newest_one_leaves_the_last_verified(quiet: Site) -> None:
    newest = read_catalogue(quiet.deployment).newest_verified
    assert newest is not None and newest.manifest is not None
    write_manifest(newest.path, replace(newest.manifest, check_result="FAIL sha256: …"))
    second = read_catalogue(quiet.deployment).newest_verified
    assert second is not None and second.id != newest.id
    entry = quiet.do(Prune(quiet.deployment, {"keep_last": 1, "minimum": 1}))
    assert entry.exit_code == 0
    left = {b.id for b in read_catalogue(quiet.deployment).backups}
    assert left == {newest.id, second.id}


def test_what_moved_since_the_plan_stops_it(quiet: Site) -> None:
    operation = Prune(quiet.deployment, POLICY)
    plan = operation.plan()
    victim = quiet.deployment.backup_dir / dropped(operation)[0]
    aside = victim.read_bytes()
    # Held, so that the new file cannot get the old one's inode.
    with victim.open("rb"):
        victim.unlink()
        victim.write_bytes(aside)
        with pytest.raises(McpdbError, match="Something moved") as raised:
            launch(operation, plan.fingerprint)
    assert raised.value.exit_code == 11
    assert victim.exists()


def test_a_file_that_is_exchanged_at_the_last_moment_is_left_alone(quiet: Site) -> None:
    """Between the mark and the removal: the name means another file then."""
    operation = Prune(quiet.deployment, POLICY)
    steps = operation.steps(Progress(lambda *_: None, lambda: False))
    mark = next(step for step in steps if "deleting" in step.facts).facts["deleting"]
    victim = Path(mark["path"])
    with victim.open("rb"):
        victim.unlink()
        victim.write_bytes(b"somebody else's")
        result = None
        with pytest.raises(StopIteration) as ended:
            while True:
                next(steps)
        result = ended.value.value
    assert victim.read_bytes() == b"somebody else's" and path_for(victim).exists()
    assert result["ends_with"] == 15 and result["dropped"] == 2


@pytest.mark.parametrize(
    "place",
    [
        ("kill-after", "begun:"),
        ("kill-after", "step_started:delete"),
        ("kill-before", "step_finished:delete"),
        ("kill-after", "step_finished:delete"),
        ("kill-before", "ended:"),
    ],
    ids=lambda place: "-".join(place).rstrip(":"),
)
def test_killed_anywhere_the_marked_file_goes_later_and_nothing_else(
    place: tuple[str, str],
    quiet: Site,
    faulty_runner: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    operation = Prune(quiet.deployment, POLICY)
    gone = dropped(operation)
    before = names(quiet.deployment.backup_dir)
    faulty_runner(*place)
    # Where it is killed before it could answer, launching it fails.
    with suppress(McpdbError):
        journal_id = launch(operation, operation.plan().fingerprint)
        *_, last = follow(quiet.deployment, journal_id)
        assert last.state == "cut"
    monkeypatch.undo()
    whole_or_gone(quiet.deployment)
    settled = launch_resume(quiet.deployment)
    assert len(settled) == 1
    after = names(quiet.deployment.backup_dir)
    assert before - after <= {name for path in gone for name in (path, path + ".json")}
    assert {n + ".json" for n in after if n.endswith(".db")} == {
        n for n in after if n.endswith(".json")
    }
    expected = {"begun:": 0, "ended:": 3}.get(place[1], 1)
    assert sum(name not in after for name in gone) == expected
    entry = read_activity(quiet.deployment)[0]
    assert entry.exit_code == {0: 1, 1: 15, 3: 0}[expected], entry.sentence
    # The next one does the rest.
    assert quiet.do(operation).exit_code == 0
    assert not set(gone) & names(quiet.deployment.backup_dir)


def whole_or_gone(deployment: Deployment) -> None:
    """No verified file without its manifest, ever: it would look like a stranger's."""
    for path in deployment.backup_dir.glob("mcp_hotbackup_*.db"):
        assert path_for(path).exists(), path.name


@contextmanager
def immutable(path: Path) -> Iterator[None]:
    done = subprocess.run(["chattr", "+i", str(path)], capture_output=True, check=False)
    if done.returncode:
        pytest.skip("this filesystem knows no immutable files")
    try:
        yield
    finally:
        subprocess.run(["chattr", "-i", str(path)], check=True)


@needs_root
def test_one_that_may_not_be_removed_is_named_and_the_rest_goes_on(quiet: Site) -> None:
    operation = Prune(quiet.deployment, POLICY)
    gone = dropped(operation)
    stuck = quiet.deployment.backup_dir / gone[1]
    with immutable(stuck):
        entry = quiet.do(operation)
    assert entry.exit_code == 15
    assert stuck.name in entry.sentence and "permission denied" in entry.sentence
    assert stuck.exists() and path_for(stuck).exists()
    left = names(quiet.deployment.backup_dir)
    assert gone[0] not in left and gone[2] not in left


@needs_root
def test_it_works_with_no_byte_free(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "24m") as disk:
        site = Site(demo.create_small(disk / "site"))
        assert site.do(BackupCreate(site.deployment)).exit_code == 0
        for days in (2, 4):
            clone(site.deployment, days)
        fill(disk)
        entry = site.do(Prune(site.deployment, {"keep_last": 1, "minimum": 1}))
        assert entry.exit_code == 0, entry.sentence
        assert len(read_catalogue(site.deployment).backups) == 1
        assert entry.result["freed"] > 0


def test_read_only_mode(quiet: Site) -> None:
    watching = replace(quiet.deployment, read_only=True)
    refused(quiet, Prune(watching, POLICY), 12, "--read-only")


def test_the_copy_undo_needs_stays_and_old_safety_copies_go(quiet: Site) -> None:
    from tui.operations.restore import Restore

    assert quiet.do(Restore(quiet.deployment, "latest")).exit_code == 0
    catalogue = read_catalogue(quiet.deployment)
    safety = next(b for b in catalogue.backups if b.kind == "safety")
    aged = []
    for number, days in enumerate((50, 60, 70)):
        path = safety.path.with_name(f"mcp_safety_2026010{number}_000000.db")
        path.write_bytes(safety.path.read_bytes())
        taken = datetime.now(UTC) - timedelta(days=days)
        assert safety.manifest is not None
        write_manifest(
            path,
            replace(
                safety.manifest,
                id=f"safe{number}0",
                name=path.name,
                taken=taken.isoformat(),
                sequence=int(taken.timestamp() * 1000),
            ),
        )
        aged.append(path)
    # The oldest of all is what undo needs: make the restore's own one that.
    old = (datetime.now(UTC) - timedelta(days=90)).isoformat()
    assert safety.manifest is not None
    write_manifest(safety.path, replace(safety.manifest, taken=old, sequence=1))
    rules = {r["name"]: r["rule"] for r in Prune(quiet.deployment, POLICY).plan().facts["rulings"]}
    assert rules[safety.path.name] == "kept: undo needs it"
    assert [rules[path.name][:4] for path in aged] == ["kept"] * 3
    path = safety.path.with_name("mcp_safety_20260109_000000.db")
    path.write_bytes(aged[0].read_bytes())
    manifest = read_manifest(aged[0])
    assert manifest is not None
    write_manifest(path, replace(manifest, id="safe90", name=path.name, sequence=2))
    entry = quiet.do(Prune(quiet.deployment, POLICY))
    assert entry.exit_code == 0
    assert not path.exists() and safety.path.exists() and all(p.exists() for p in aged)


# --- the second location ----------------------------------------------------------------


def test_copies_in_the_second_location_go_by_the_same_rules_and_strangers_stay(
    quiet: Site, tmp_path: Path
) -> None:
    second = tmp_path / "second"
    second.mkdir()
    deployment = replace(quiet.deployment, second_dir=second)
    backups = read_catalogue(deployment).backups
    for backup in backups:
        assert backup.manifest is not None
        copy = second / backup.path.name
        copy.write_bytes(backup.path.read_bytes())
        write_manifest(copy, backup.manifest)
        # Another host's, of a database of the same name.
        foreign = second / f"mcp_hotbackup_{backup.id}.db"
        foreign.write_bytes(backup.path.read_bytes())
        values = {"name": foreign.name, "id": f"x{backup.id[1:]}", "parent": "000009-x-backup"}
        write_manifest(foreign, replace(backup.manifest, **values))  # type: ignore[arg-type]
    (second / "mcp_backup_20200101_000000.db").write_bytes(b"bare")
    operation = Prune(deployment, POLICY)
    gone = dropped(operation)
    assert len([name for name in gone if name.startswith(str(second))]) == 3
    assert quiet.do(operation).exit_code == 0
    left = names(second)
    assert {f"mcp_hotbackup_{b.id}.db" for b in backups} <= left
    assert "mcp_backup_20200101_000000.db" in left
    assert {b.path.name for b in read_catalogue(deployment).backups} <= left
    assert len(left) == 2 * 2 + 5 * 2 + 1


def test_a_second_location_that_is_away_stops_nothing(quiet: Site, tmp_path: Path) -> None:
    deployment = replace(quiet.deployment, second_dir=tmp_path / "not mounted")
    entry = quiet.do(Prune(deployment, POLICY))
    assert entry.exit_code == 0 and entry.result["dropped"] == 3


def test_the_operation_is_known_by_name() -> None:
    assert OPERATIONS["prune"] is Prune


# --- preview = effect, for any catalogue ------------------------------------------------

_TINY = b"SQLite format 3\0" + b"\0" * 84
_TINY_SHA256 = hashlib.sha256(_TINY).hexdigest()


def _write(folder: Path, number: int, days: int, *, ok: bool, pinned: bool, bare: bool) -> None:
    taken = datetime.now(UTC) - timedelta(days=days)
    path = folder / f"mcp_hotbackup_{taken:%Y%m%d_%H%M%S}_{number}.db"
    path.write_bytes(_TINY)
    if bare:
        return
    manifest = Manifest(
        id=f"id{number:04}", name=path.name, kind="hot", sequence=int(taken.timestamp() * 1000),
        taken=taken.isoformat(), utc_offset="+00:00", seconds=1.0, trigger="hand", who="dana",
        host="ctx-01", method="backup-api", clean_stop=None, size=len(_TINY), page_size=4096,
        pages=1, sha256=_TINY_SHA256, revision="", release="", rows={}, check="quick_check",
        check_result="ok" if ok else "FAIL", foreign_key_errors=0, verified=taken.isoformat(),
        image="", sqlite_version="3", journal_mode="wal", pinned=pinned, source="mcp.db",
    )  # fmt: skip
    write_manifest(path, manifest)


@given(
    files=st.lists(
        st.tuples(
            st.integers(-3, 90),
            st.sampled_from([True, True, True, False]),
            st.sampled_from([False, False, False, True]),
            st.sampled_from([False, False, False, True]),
        ),
        max_size=10,
    ),
    policy=st.fixed_dictionaries(
        {
            "keep_last": st.integers(0, 3),
            "daily": st.integers(0, 4),
            "weekly": st.integers(0, 3),
            "minimum": st.integers(1, 3),
        }
    ),
)
@settings(max_examples=40, deadline=None)
def test_what_the_plan_said_is_exactly_what_is_gone(
    files: list[tuple[int, bool, bool, bool]], policy: dict[str, int]
) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "backups"
        folder.mkdir()
        database = Path(place) / "mcp.db"
        with closing(sqlite3.connect(database)) as connection, connection:
            connection.execute("CREATE TABLE t (x)")
        for number, (days, ok, pinned, bare) in enumerate(files):
            _write(folder, number, days, ok=ok, pinned=pinned, bare=bare)
        deployment = Deployment(name="forge", database=database, backup_dir=folder)
        operation = Prune(deployment, policy)
        plan = operation.plan()
        told = {r["name"] for r in plan.facts["rulings"] if not r["keep"]}
        before = names(folder)
        good: list[Backup] = [
            b for b in read_catalogue(deployment).backups if b.verdict.name == "OK"
        ]
        for _step in operation.steps(Progress(lambda *_: None, lambda: False)):
            pass
        assert before - names(folder) == told | {name + ".json" for name in told}
        newest = next((b for b in good if not b.future_dated), None)
        assert newest is None or newest.path.exists()
        assert dropped(operation) == []
