"""The activity log as a whole: one filter for pane and command, its index, its export."""

from __future__ import annotations

import csv
import json
import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.many_journals import NEWEST, write_journal, write_many
from tui.app.glyphs import UNICODE
from tui.app.listing import activity as listing
from tui.app.listing.terms import narrowed as rows_narrowed
from tui.app.seen import Seen
from tui.core.errors import UsageError
from tui.core.models import Deployment
from tui.operations.activity import read_activity, read_entry
from tui.operations.recording import exporting, index
from tui.operations.recording.filtering import narrowed, terms_of
from tui.services import journal

MANY = index.FEW + 4
"""Journals enough for an index: 54."""


@pytest.fixture
def deployment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployment]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    data = tmp_path / "data"
    data.mkdir()
    yield Deployment(
        name="forge",
        database=data / "mcp.db",
        backup_dir=data / "backups",
        project_dir=tmp_path,
    )


def file_of(deployment: Deployment) -> Path:
    path = index.path_of(deployment.state_dir)
    assert path is not None
    return path


class Reads:
    """Which journals are read."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.names: list[str] = []
        real = journal.read

        def read(path: Path):
            self.names.append(path.stem)
            return real(path)

        monkeypatch.setattr(journal, "read", read)

    def during(self, deployment: Deployment, **options: object) -> list[str]:
        self.names.clear()
        read_activity(deployment, **options)  # type: ignore[arg-type]
        return list(self.names)


# --- the index ------------------------------------------------------------------------------


def test_the_index_says_what_the_journals_say_and_reads_none_again(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_many(deployment, MANY)
    told: list[int] = []
    first = read_activity(deployment, rebuilt=told.append)
    assert told == [MANY]
    reads = Reads(monkeypatch)
    assert reads.during(deployment) == []
    again = read_activity(deployment, rebuilt=told.append)
    assert again == first == tuple(read_entry(deployment, e.id) for e in first)
    assert told == [MANY]
    assert [e.number for e in again] == list(range(MANY, 0, -1))
    without = read_activity(deployment, steps=False)
    assert [e.steps for e in without] == [()] * MANY


def test_a_few_journals_need_no_index(deployment: Deployment) -> None:
    write_many(deployment, index.FEW)
    assert len(read_activity(deployment)) == index.FEW
    assert not file_of(deployment).exists()


def test_looking_writes_nothing_beside_the_database(deployment: Deployment) -> None:
    write_many(deployment, MANY)
    before = sorted(path for path in deployment.database.parent.rglob("*"))
    read_activity(deployment)
    assert sorted(path for path in deployment.database.parent.rglob("*")) == before
    assert file_of(deployment).stat().st_mode & 0o777 == 0o600


def test_only_what_is_new_or_other_is_read(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = write_many(deployment, MANY)
    read_activity(deployment)
    new = write_journal(deployment, MANY + 1, "restore", NEWEST + timedelta(hours=1))
    other = write_journal(
        deployment, 7, "verify", NEWEST - timedelta(hours=12 * (MANY - 7)), outcome="failed"
    )
    running = write_journal(deployment, MANY + 2, "verify", NEWEST, ended=False)
    reads = Reads(monkeypatch)
    again = reads.during(deployment)
    assert other in paths, "the same name, other content"
    assert set(again) == {new.stem, running.stem, other.stem}
    # What has not ended is read each time.
    assert set(reads.during(deployment)) == {running.stem}
    assert read_activity(deployment)[0].operation == "verify"


def test_a_journal_that_is_gone_is_gone_from_the_log_and_then_from_the_index(
    deployment: Deployment,
) -> None:
    paths = write_many(deployment, MANY + 1)
    read_activity(deployment)
    paths[0].unlink()
    assert [e.number for e in read_activity(deployment)][-1] == 2
    write_journal(deployment, MANY + 2, "backup", NEWEST)
    read_activity(deployment)
    with sqlite3.connect(file_of(deployment)) as connection:
        known = {name for (name,) in connection.execute("SELECT id FROM journals")}
    assert known == set(journal.names(deployment.state_dir))


@pytest.mark.parametrize("how", ["deleted", "no database", "torn", "of another form", "bad json"])
def test_a_damaged_index_is_made_anew_and_the_log_is_whole(
    deployment: Deployment, how: str
) -> None:
    write_many(deployment, MANY)
    before = read_activity(deployment)
    path = file_of(deployment)
    match how:
        case "deleted":
            path.unlink()
        case "no database":
            path.write_bytes(b"nonsense" * 1000)
        case "torn":
            content = bytearray(path.read_bytes())
            content[4096:12_288] = b"\xff" * 8192
            path.write_bytes(bytes(content))
        case "of another form":
            with sqlite3.connect(path) as connection:
                connection.execute("PRAGMA user_version = 99")
        case _:
            with sqlite3.connect(path) as connection:
                connection.execute("UPDATE journals SET entry = '{'")
    assert read_activity(deployment) == before
    assert read_activity(deployment) == before
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT count(*) FROM journals").fetchone() == (MANY,)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_an_index_that_others_could_have_written_is_not_believed(deployment: Deployment) -> None:
    write_many(deployment, MANY)
    before = read_activity(deployment)
    path = file_of(deployment)
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE journals SET entry = replace(entry, 'cron', 'mallory')")
    path.chmod(0o666)
    assert read_activity(deployment) == before
    assert path.stat().st_mode & 0o777 == 0o600


def test_an_index_that_another_screen_writes_only_means_that_journals_are_read(
    deployment: Deployment,
) -> None:
    write_many(deployment, MANY)
    before = read_activity(deployment)
    holder = sqlite3.connect(file_of(deployment), isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    assert read_activity(deployment) == before
    holder.execute("ROLLBACK")
    holder.close()
    assert read_activity(deployment) == before


def test_without_a_place_for_the_index_the_journals_are_read(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    write_many(deployment, MANY)
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert len(read_activity(deployment)) == MANY


# --- the filter -----------------------------------------------------------------------------

LINES = [
    "",
    "who:dana",
    "what:restore",
    "-backup",
    "who:cron -prune since:7d",
    "from:cron",
    "result:fail",
    "result:refused",
    "failed",
    '"op 3"',
    "8.4",
    "Aug",
    "since:3d drill",
    "nobody",
]


@pytest.fixture
def log(deployment: Deployment) -> Deployment:
    write_many(deployment, 9)
    write_journal(deployment, 9, "drill", NEWEST, exit_code=3, outcome="failed")
    write_journal(
        deployment, 10, "restore", NEWEST, subject="k7m2qd", who="dana via sudo",
        exit_code=4, outcome="rolled back",
    )  # fmt: skip
    write_journal(
        deployment, 11, "prune", NEWEST, exit_code=11, outcome="refused", suffix="-refused-7"
    )
    return deployment


@pytest.mark.parametrize("line", LINES)
def test_a_line_lets_in_the_same_entries_in_the_pane_and_in_the_command(
    log: Deployment, line: str
) -> None:
    now = NEWEST.astimezone()
    entries = read_activity(log)
    by_rule = [e.id for e in narrowed(entries, terms_of(line, now), now)]
    rows = listing.Rows(full=True).of(Seen(activity=entries), UNICODE, now)
    assert [row.key for row in rows_narrowed(terms_of(line, now), rows)] == by_rule
    assert bool(by_rule) is (line != "nobody")


def test_named_fields_look_at_nothing_else(log: Deployment) -> None:
    now = NEWEST.astimezone()

    def numbers(line: str) -> list[int]:
        return [e.number for e in narrowed(read_activity(log), terms_of(line, now), now)]

    assert numbers("who:dana") == numbers("what:restore") == numbers('result:"rolled back"') == [10]
    assert numbers("who:restore") == []
    assert 11 in numbers("what:prune result:refused")
    assert numbers("-what:restore -what:prune -what:backup -what:verify") == [9, 4]


def test_an_age_that_is_none_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="30m, 12h, 7d, 2w") as raised:
        terms_of("since:soon", NEWEST)
    assert raised.value.exit_code == 2


# --- the export -----------------------------------------------------------------------------


def test_a_csv_has_a_line_an_entry_and_runs_nothing_in_a_spreadsheet(
    log: Deployment, tmp_path: Path
) -> None:
    write_journal(log, 12, "export", NEWEST, who='=HYPERLINK("evil")')
    found = read_activity(log)
    written = exporting.write(log, found, tmp_path / "activity.csv")
    assert written.sentence == f"Exported 12 entries to {tmp_path / 'activity.csv'}."
    with (tmp_path / "activity.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["op"] for row in rows] == [str(e.number) for e in found]
    assert tuple(rows[0]) == exporting.COLUMNS
    assert rows[0]["who"] == '\'=HYPERLINK("evil")'
    assert {row["what"] for row in rows} >= {"restore k7m2qd", "prune", "drill"}
    assert (tmp_path / "activity.csv").stat().st_mode & 0o777 == 0o600


def test_a_json_has_every_step_also_of_entries_without_them(
    log: Deployment, tmp_path: Path
) -> None:
    found = [e for e in read_activity(log, steps=False) if e.number == 10]
    exporting.write(log, [exporting_without_steps(e) for e in found], tmp_path / "log.json")
    document = json.loads((tmp_path / "log.json").read_text())
    (one,) = document["entries"]
    assert [step["step"] for step in one["steps"]] == ["space", "copy", "verify", "publish"]
    assert (one["who"], one["outcome"], one["exit_code"]) == ("dana via sudo", "rolled back", 4)


def exporting_without_steps(entry):
    from dataclasses import replace

    return replace(entry, steps=())


@pytest.mark.parametrize("name", ["log.txt", "log", "data/mcp.db", "data/.mcpdb/x.csv"])
def test_what_is_no_place_for_an_export_is_refused(
    log: Deployment, tmp_path: Path, name: str
) -> None:
    with pytest.raises(UsageError):
        exporting.write(log, read_activity(log), tmp_path / name)
    assert not (tmp_path / name).exists()


def test_a_file_that_stands_there_goes_only_when_that_is_said(
    log: Deployment, tmp_path: Path
) -> None:
    path = tmp_path / "log.csv"
    path.write_text("mine")
    with pytest.raises(UsageError, match="is there already"):
        exporting.write(log, read_activity(log), path)
    assert path.read_text() == "mine"
    exporting.write(log, read_activity(log), path, replace=True)
    assert path.read_text().startswith('"op","began"')
    assert not list(tmp_path.glob(".*.partial"))


def test_the_export_stands_in_the_log(log: Deployment, tmp_path: Path) -> None:
    exporting.write(log, read_activity(log), tmp_path / "log.csv", command="mcpdb-tui activity")
    newest = read_activity(log)[0]
    assert (newest.operation, newest.subject) == ("export", "activity")
    assert newest.sentence.startswith("Exported 11 entries to ")
