"""What a demo is when it was made: consistent, true to its story, and safe to remove."""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tui.core.errors import PrecheckError, UsageError
from tui.core.models import Manifest, ProcessRef
from tui.core.operation import Verdict
from tui.demo import catalogue, control, deployment, history, schema
from tui.operations.adopt import Adopt
from tui.operations.cataloguing.catalogue import read_catalogue
from tui.operations.execution.launch import follow, launch
from tui.services import manifests
from tui.services.sqlite import inspection

ROOT = Path(__file__).resolve().parents[2]
NOW = deployment.FROZEN_NOW


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole demo, never started; tests only read it."""
    folder = tmp_path_factory.mktemp("demo") / "place"
    return deployment.create(folder, now=NOW, host=deployment.FROZEN_HOST)


@pytest.fixture(scope="module")
def live(demo: Path) -> sqlite3.Connection:
    """The live database, copied with what SQLite would need: it has no sidecars yet."""
    assert not (demo / "data/mcp.db-wal").exists()
    return sqlite3.connect(f"{(demo / 'data/mcp.db').as_uri()}?immutable=1", uri=True)


def backups(demo: Path) -> dict[str, tuple[Path, Manifest]]:
    found = {}
    for path in sorted((demo / "data/backups").glob("*.db")):
        manifest = manifests.read_manifest(path)
        if manifest is not None:
            found[manifest.id] = (path, manifest)
    return found


def one(connection: sqlite3.Connection, sql: str) -> object:
    return connection.execute(sql).fetchone()[0]


def alembic(*arguments: str, url: str = "") -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if k != "DATABASE_URL"}
    return subprocess.run(
        [sys.executable, "-m", "alembic", "-c", "tui/demo/alembic.ini", *arguments],
        cwd=ROOT,
        env={**environment, "DATABASE_URL": url} if url else environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_live_database_is_whole_and_in_wal_mode(live: sqlite3.Connection) -> None:
    assert one(live, "PRAGMA integrity_check") == "ok"
    assert live.execute("PRAGMA foreign_key_check").fetchall() == []
    with (Path(str(one(live, "SELECT file FROM pragma_database_list")))).open("rb") as stream:
        assert stream.read(20)[18:20] == b"\x02\x02"  # the header's way to say WAL


def test_the_live_database_stands_two_revisions_before_head(demo: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    copy.write_bytes((demo / "data/mcp.db").read_bytes())
    url = f"sqlite:///{copy}"
    pending = alembic("history", "-r", "current:head", url=url).stdout.splitlines()
    assert len(pending) == 3, pending  # the current one and two after it
    done = alembic("upgrade", "head", url=url)
    assert done.returncode == 0, done.stderr
    with closing(sqlite3.connect(copy)) as connection:
        assert (
            one(connection, "SELECT version_num FROM alembic_version")
            == (catalogue.REVISIONS["head"])
        )
        assert one(connection, "SELECT count(*) FROM tools") == 280
        assert one(connection, "PRAGMA integrity_check") == "ok"
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []


def test_three_gateways_with_their_tools_and_links_are_gone_since_the_newest_backup(
    demo: Path, live: sqlite3.Connection
) -> None:
    path, manifest = backups(demo)[history.NEWEST]
    with closing(sqlite3.connect(f"{path.as_uri()}?immutable=1", uri=True)) as backup:
        names = {row[0] for row in backup.execute("SELECT name FROM gateways")}
        names -= {row[0] for row in live.execute("SELECT name FROM gateways")}
    assert names == {"crm-mcp", "billing-mcp", "hr-mcp"}
    assert datetime.fromisoformat(manifest.taken) == NOW - timedelta(minutes=74)
    gone = {
        table: manifest.rows[table] - int(str(one(live, f"SELECT count(*) FROM {table}")))
        for table in ("gateways", "tools", "server_tool_association", "resources", "oauth_tokens")
    }
    assert gone == {
        "gateways": 3,
        "tools": 38,
        "server_tool_association": 21,
        "resources": 0,
        "oauth_tokens": 0,
    }


def test_the_log_tells_when_the_gateways_were_removed(demo: Path) -> None:
    lines = (demo / "logs/gateway.log").read_text(encoding="utf-8").splitlines()
    told = [line for line in lines if "Permanently deleted gateway" in line]
    assert [line.rpartition(" ")[2] for line in told] == ["crm-mcp", "billing-mcp", "hr-mcp"]
    when = datetime.strptime(told[0][:23], "%Y-%m-%d %H:%M:%S,%f").astimezone()
    assert NOW - timedelta(minutes=74) < when < NOW


def test_every_manifest_is_true_but_for_the_damaged_file(demo: Path) -> None:
    found = backups(demo)
    assert len(found) == 7
    for name, (path, manifest) in found.items():
        report = inspection.inspect(path, lambda _done, _total: None, lambda: None, full=True)
        told = (manifest.size, manifest.pages, manifest.page_size, manifest.revision, manifest.rows)
        assert told == (report.size, report.pages, report.page_size, report.revision, report.rows)
        assert (report.sha256 == manifest.sha256) == (name != history.DAMAGED)
        assert manifest.foreign_key_errors == report.foreign_key_errors == 0
        assert (manifest.name, manifest.journal_mode) == (path.name, "wal")
        assert report.journal_mode == "delete"
    order = [m.taken for _, m in sorted(found.values(), key=lambda pair: pair[1].sequence)]
    assert order == sorted(order)


def test_the_damaged_backup_differs_from_its_manifest_by_its_hash_alone(demo: Path) -> None:
    path, manifest = backups(demo)[history.DAMAGED]
    content = path.read_bytes()
    assert hashlib.sha256(content).hexdigest() != manifest.sha256
    assert len(content) == manifest.size
    with closing(sqlite3.connect(f"{path.as_uri()}?immutable=1", uri=True)) as connection:
        assert one(connection, "PRAGMA integrity_check") == "ok"


def test_the_catalogue_says_which_backup_is_damaged_before_anybody_reads_it(demo: Path) -> None:
    path, manifest = backups(demo)[history.DAMAGED]
    listed = {b.id: b for b in read_catalogue(deployment.describe(demo)).backups}
    assert [b.id for b in listed.values() if b.verdict is Verdict.FAIL] == [history.DAMAGED]
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    told = f"FAIL sha256: expected {manifest.sha256[:12]}, found {found[:12]}."
    assert listed[history.DAMAGED].problem == told
    verified = listed[history.DAMAGED].verified
    assert verified is not None
    assert verified - listed[history.DAMAGED].taken == timedelta(minutes=1)


def test_the_newest_backup_stays_the_latest_when_the_guides_file_is_adopted(
    demo: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(demo, folder)
    found = deployment.describe(folder)
    bare = next(b for b in read_catalogue(found).backups if b.manifest is None)
    before = [b.path.name for b in read_catalogue(found).backups]
    *_, entry = follow(found, launch(Adopt(found, str(bare.path))))
    assert entry.state == "done", entry.sentence
    listed = read_catalogue(found)
    assert [b.path.name for b in listed.backups] == before
    assert listed.newest_verified is not None
    assert listed.newest_verified.id == history.NEWEST


def test_one_backup_of_the_guide_has_no_manifest_and_an_older_revision(demo: Path) -> None:
    bare = [p for p in (demo / "data/backups").glob("*.db") if manifests.read_manifest(p) is None]
    assert len(bare) == 1
    assert bare[0].name.startswith("mcp_backup_")
    with closing(sqlite3.connect(f"{bare[0].as_uri()}?immutable=1", uri=True)) as connection:
        revision = one(connection, "SELECT version_num FROM alembic_version")
    assert revision == catalogue.REVISIONS["guide"]
    age = NOW.timestamp() - bare[0].stat().st_mtime
    assert 40 < age / 86_400 < 50


def test_the_settings_of_the_project_lead_to_everything(demo: Path) -> None:
    found = deployment.describe(demo)
    assert found.name == "demo"
    assert found.database == demo / "data/mcp.db"
    assert found.backup_dir == demo / "data/backups"
    assert isinstance(found.gateway, ProcessRef)
    assert found.gateway.pid_file == str(demo / "gateway.pid")
    assert found.migrations.package == "tui.demo"
    assert found.gateway.start[-2:] == ("start", str(demo))


def test_the_guides_cron_file_lies_beside_it(demo: Path) -> None:
    line = (demo / deployment.CRON_FILE).read_text(encoding="utf-8").splitlines()[3]
    assert line.startswith("15 3,10 * * * root cd ")
    assert line.endswith('find ./data/backups -name "mcp_backup_*.db" -mtime +7 -delete')


def test_nobody_else_may_read_databases_backups_and_logs(demo: Path) -> None:
    private = [demo / "data", demo / "data/backups", demo / "logs"]
    private += [*(demo / "data").glob("mcp*"), *(demo / "data/backups").iterdir()]
    private += (demo / "logs").iterdir()
    assert len(private) > 15
    assert [path for path in private if path.stat().st_mode & 0o077] == []


def test_two_demos_of_the_same_present_hold_the_same_bytes(demo: Path, tmp_path: Path) -> None:
    again = deployment.create(tmp_path / "again", now=NOW, host=deployment.FROZEN_HOST)
    for name in ("data/mcp.db", "logs/gateway.log"):
        assert (again / name).read_bytes() == (demo / name).read_bytes()
    ours, theirs = backups(again), backups(demo)
    assert {k: v[1] for k, v in ours.items()} == {k: v[1] for k, v in theirs.items()}


def test_a_demo_of_now_has_no_time_in_the_future(tmp_path: Path) -> None:
    folder = deployment.create(tmp_path / "now")
    now = datetime.now(UTC)
    newest = backups(folder)[history.NEWEST][1]
    age = now - datetime.fromisoformat(newest.taken)
    assert timedelta(minutes=73) < age < timedelta(minutes=76)
    with closing(sqlite3.connect(folder / "data/mcp.db")) as connection:
        last = one(connection, "SELECT max(timestamp) FROM tool_metrics")
    assert str(last) < now.strftime("%Y-%m-%d %H:%M:%S.%f")


def test_a_folder_that_holds_something_is_refused_and_kept(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match="not empty"):
        deployment.create_small(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_half_a_demo_is_removed_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_self: history.History) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(history.History, "make", full)
    with pytest.raises(PrecheckError, match="No space left on device"):
        deployment.create(tmp_path / "demo")
    assert not (tmp_path / "demo").exists()


def test_a_small_demo_stands_where_it_is_asked_to(tmp_path: Path) -> None:
    for name in ("head", "current", "older"):
        folder = deployment.create_small(tmp_path / name, revision=name)
        with closing(sqlite3.connect(folder / "data/mcp.db")) as connection:
            found = one(connection, "SELECT version_num FROM alembic_version")
            assert found == catalogue.REVISIONS[name]
            assert one(connection, "PRAGMA integrity_check") == "ok"
            assert one(connection, "PRAGMA journal_mode") == "wal"
            assert one(connection, "SELECT count(*) FROM gateways") == 2
            assert connection.execute("PRAGMA foreign_key_check").fetchall() == []


def test_only_a_demo_is_destroyed(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "mcp.db").write_bytes(b"precious")
    with pytest.raises(UsageError, match="is not a demo"):
        deployment.destroy(precious)
    assert (precious / "mcp.db").read_bytes() == b"precious"
    folder = deployment.create_small(tmp_path / "demo")
    link = tmp_path / "link"
    link.symlink_to(folder)
    with pytest.raises(UsageError, match="is not a demo"):
        deployment.destroy(link)
    deployment.destroy(folder)
    assert not folder.exists()


def test_a_path_with_odd_characters_works(tmp_path: Path) -> None:
    folder = deployment.create_small(tmp_path / 'a "quoted" \\ ü %41 #?')
    assert deployment.describe(folder).database == folder / "data/mcp.db"
    schema.upgrade(folder / "data/mcp.db")


def test_migrations_go_all_the_way_up_and_down(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'new.db'}"
    for arguments in (("upgrade", "head"), ("downgrade", "base"), ("upgrade", "head")):
        done = alembic(*arguments, url=url)
        assert done.returncode == 0, done.stderr
    assert alembic("heads", url=url).stdout.split()[0] == catalogue.REVISIONS["head"]


def test_the_address_on_the_command_line_wins_over_the_environment(tmp_path: Path) -> None:
    wanted, other = tmp_path / "wanted.db", tmp_path / "other.db"
    done = alembic("-x", f"url=sqlite:///{wanted}", "upgrade", "head", url=f"sqlite:///{other}")
    assert done.returncode == 0, done.stderr
    assert wanted.exists()
    assert not other.exists()


def test_migrations_without_an_address_refuse(tmp_path: Path) -> None:
    done = alembic("upgrade", "head")
    assert done.returncode != 0
    assert "No database is named" in done.stderr + done.stdout


def test_the_newest_downgrade_refuses_when_it_would_lose_a_token(tmp_path: Path) -> None:
    folder = deployment.create_small(tmp_path / "demo", revision="head")
    database = folder / "data/mcp.db"
    with closing(sqlite3.connect(database)) as connection:
        gateway = one(connection, "SELECT id FROM gateways")
        rows = [(f"t{n}", gateway, "same", f"p{n}@example.com") for n in (1, 2)]
        connection.executemany(
            "INSERT INTO oauth_tokens (id, gateway_id, user_id, app_user_email, access_token,"
            " created_at, updated_at) VALUES (?, ?, ?, ?, 'x', '2026-01-01', '2026-01-01')",
            rows,
        )
        connection.commit()
    done = alembic("downgrade", "-1", url=f"sqlite:///{database}")
    assert done.returncode != 0
    assert "have two tokens" in done.stderr


def test_bootstrap_makes_a_missing_database(tmp_path: Path) -> None:
    database = tmp_path / "new.db"
    done = subprocess.run(
        [sys.executable, "-m", "tui.demo.bootstrap_db"],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": f"sqlite:///{database}"},
        check=False,
    )
    assert done.returncode == 0
    with closing(sqlite3.connect(database)) as connection:
        assert (
            one(connection, "SELECT version_num FROM alembic_version")
            == (catalogue.REVISIONS["head"])
        )


def test_control_says_what_is_no_demo(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert control.main(["start", str(tmp_path)]) == 2
    assert "is not a demo" in capsys.readouterr().err
    assert control.main(["explode"]) == 2
