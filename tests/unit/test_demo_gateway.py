"""The demo's gateway as a real process: it starts, answers, writes, stops and is killed."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from tui.core.errors import McpdbError
from tui.demo import catalogue, control, deployment
from tui.demo.folder import Pace

DEADLINE = 20.0


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Path]:
    folder = deployment.create_small(tmp_path / "demo", pace=Pace(interval=0.02, stop_timeout=0.5))
    yield folder
    if folder.exists():
        deployment.destroy(folder)


def eventually(condition: Callable[[], Any]) -> Any:
    """Wait for a condition, and return its value; fails at a deadline far beyond any normal."""
    end = time.monotonic() + DEADLINE
    while not (value := condition()):
        assert time.monotonic() < end, "it did not come true"
        time.sleep(0.01)
    return value


def ask(folder: Path, path: str, method: str = "GET", body: object = None) -> tuple[int, Any]:
    request = urllib.request.Request(
        f"http://127.0.0.1:{control.settings(folder)['port']}{path}",
        method=method,
        data=None if body is None else json.dumps(body).encode(),
    )
    try:
        with urllib.request.urlopen(request, timeout=DEADLINE) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def status(folder: Path) -> str:
    try:
        code, answer = ask(folder, "/health")
    except OSError:
        return "unreachable"
    assert code == 200  # as the real one, whatever the JSON says
    return str(answer["status"])


def start(folder: Path, wanted: str = "healthy") -> int:
    deployment.start(folder)
    pid = control.gateway_pid(folder)
    assert pid is not None
    eventually(lambda: status(folder) == wanted)
    return pid


def count(database: Path, sql: str) -> int:
    with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as connection:
        return int(connection.execute(sql).fetchone()[0])


def kill(folder: Path) -> None:
    pid = control.gateway_pid(folder)
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    eventually(lambda: control.gateway_pid(folder) is None)


def test_it_becomes_healthy_and_stops_by_itself(demo: Path) -> None:
    assert control.main(["running", str(demo)]) == 1
    start(demo)
    assert control.main(["running", str(demo)]) == 0
    assert deployment.stop(demo) == 0
    assert control.main(["running", str(demo)]) == 1
    assert status(demo) == "unreachable"


def test_a_clean_stop_leaves_commits_in_the_wal(demo: Path, tmp_path: Path) -> None:
    start(demo)
    assert ask(demo, "/tools", "POST", {"name": "just-registered"})[0] == 201
    assert deployment.stop(demo) == 0
    database = demo / "data/mcp.db"
    assert (demo / "data/mcp.db-wal").stat().st_size > 0
    alone = tmp_path / "alone.db"
    shutil.copyfile(database, alone)
    sql = "SELECT count(*) FROM tools WHERE name = 'just-registered'"
    assert count(alone, sql) == 0  # what `cp` would have kept
    assert count(database, sql) == 1


def test_it_writes_on_its_own_account(demo: Path) -> None:
    database = demo / "data/mcp.db"
    before = count(database, "SELECT count(*) FROM tool_metrics")
    start(demo)
    eventually(lambda: count(database, "SELECT count(*) FROM tool_metrics") >= before + 20)
    log = (demo / "logs/gateway.log").read_text(encoding="utf-8")
    assert "tool_service - INFO - Invoked tool" in log
    assert '"GET /health HTTP/1.1" 200 OK' in log
    assert any(line.startswith("{") and json.loads(line)["level"] for line in log.splitlines())


def test_tools_are_added_listed_and_removed(demo: Path) -> None:
    start(demo)
    code, made = ask(demo, "/tools", "POST", {"name": "a tool"})
    assert code == 201
    assert made in ask(demo, "/tools")[1]
    assert ask(demo, "/tools", "POST", {"name": "a tool"})[0] == 409
    assert ask(demo, "/tools", "POST", {"nome": "a tool"})[0] == 422
    assert ask(demo, "/tools/a%20tool", "DELETE")[0] == 200
    assert ask(demo, "/tools/a%20tool", "DELETE")[0] == 404
    assert made not in ask(demo, "/tools")[1]


def test_removing_a_gateway_takes_its_tools_along(demo: Path) -> None:
    start(demo)
    assert ask(demo, "/gateways/weather", "DELETE")[0] == 200
    names = [tool["name"] for tool in ask(demo, "/tools")[1]]
    assert not [name for name in names if name.startswith("weather-")]
    assert "time-convert-time" in names


def test_a_restored_file_is_served_after_the_start(demo: Path, tmp_path: Path) -> None:
    before = tmp_path / "before.db"
    shutil.copyfile(demo / "data/mcp.db", before)
    start(demo)
    assert ask(demo, "/tools", "POST", {"name": "doomed"})[0] == 201
    deployment.stop(demo)
    with closing(sqlite3.connect(demo / "data/mcp.db")) as connection:
        assert connection.execute("PRAGMA journal_mode=DELETE").fetchone() == ("delete",)
    before.replace(demo / "data/mcp.db")
    start(demo)
    assert "doomed" not in [tool["name"] for tool in ask(demo, "/tools")[1]]


def test_a_killed_gateway_starts_again_with_what_it_had_committed(demo: Path) -> None:
    first = start(demo)
    assert ask(demo, "/tools", "POST", {"name": "kept"})[0] == 201
    kill(demo)
    assert (demo / "data/mcp.db-wal").exists()
    assert start(demo) != first
    assert "kept" in [tool["name"] for tool in ask(demo, "/tools")[1]]


def test_starting_what_runs_is_harmless(demo: Path) -> None:
    pid = start(demo)
    deployment.start(demo)
    assert control.gateway_pid(demo) == pid
    assert deployment.stop(demo) == 0
    assert deployment.stop(demo) == 0


def test_a_second_gateway_of_the_folder_ends_at_once(demo: Path) -> None:
    pid = start(demo)
    (demo / control.PID_FILE).unlink()
    deployment.start(demo)  # finds the other one by its lock
    assert control.gateway_pid(demo) is None
    os.kill(pid, signal.SIGTERM)
    eventually(lambda: control.started_at(pid) is None)


def test_a_pid_that_was_given_to_somebody_else_is_not_the_gateway(demo: Path) -> None:
    (demo / control.PID_FILE).write_text(f"{os.getpid()}\n1\n", encoding="ascii")
    assert control.gateway_pid(demo) is None
    assert deployment.stop(demo) == 0  # and we are still here
    start(demo)


@pytest.mark.parametrize("content", ["", "garbage", "1 2 3", "-5 9", "\x00"])
def test_a_damaged_pid_file_means_that_nothing_runs(demo: Path, content: str) -> None:
    (demo / control.PID_FILE).write_text(content, encoding="utf-8")
    assert control.gateway_pid(demo) is None


def test_a_gateway_that_does_not_stop_is_killed_and_says_so(demo: Path) -> None:
    start(demo)
    (demo / control.BREAK_STOP).touch()
    assert deployment.stop(demo) == 137
    assert control.gateway_pid(demo) is None
    (demo / control.BREAK_STOP).unlink()
    start(demo)


def test_a_broken_start_never_becomes_healthy_and_the_next_one_does(demo: Path) -> None:
    deployment.break_next_start(demo)
    start(demo, wanted="unhealthy")
    assert "told to break" in ask(demo, "/health")[1]["error"]
    assert deployment.stop(demo) == 0
    start(demo)


def test_a_start_can_be_broken_more_than_once_and_end_by_itself(demo: Path) -> None:
    deployment.break_next_start(demo, "exit", times=2)
    for left in (1, 0):
        deployment.start(demo)
        eventually(lambda: control.gateway_pid(demo) is None)
        assert (demo / control.BREAK_START).exists() == bool(left)
    assert "Application startup failed" in (demo / "logs/gateway.log").read_text(encoding="utf-8")
    start(demo)


def test_a_missing_database_is_unhealthy_and_is_not_made(demo: Path) -> None:
    (demo / "data/mcp.db").unlink()
    start(demo, wanted="unhealthy")
    assert "unable to open database file" in ask(demo, "/health")[1]["error"]
    assert not (demo / "data/mcp.db").exists()


def test_an_empty_database_is_unhealthy(demo: Path) -> None:
    (demo / "data/mcp.db").write_bytes(b"")
    start(demo, wanted="unhealthy")
    assert "tables are missing" in ask(demo, "/health")[1]["error"]


def test_a_file_that_is_no_database_is_unhealthy(demo: Path) -> None:
    (demo / "data/mcp.db").write_bytes(b"not a database" * 500)
    start(demo, wanted="unhealthy")
    assert "file is not a database" in ask(demo, "/health")[1]["error"]


def test_a_revision_it_does_not_ship_is_unhealthy(demo: Path) -> None:
    with closing(sqlite3.connect(demo / "data/mcp.db")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = 'ffffffffffff'")
        connection.commit()
    start(demo, wanted="unhealthy")
    assert "Can't locate revision identified by 'ffffffffffff'" in ask(demo, "/health")[1]["error"]


@pytest.mark.parametrize("revision", ["guide", "current", "head"])
def test_it_works_on_every_revision_and_migrates_none(tmp_path: Path, revision: str) -> None:
    folder = deployment.create_small(tmp_path / "demo", revision=revision, pace=Pace(interval=0.02))
    database = folder / "data/mcp.db"
    before = count(database, "SELECT count(*) FROM tool_metrics")
    try:
        start(folder)
        assert ask(folder, "/tools", "POST", {"name": "new"})[0] == 201
        eventually(lambda: count(database, "SELECT count(*) FROM tool_metrics") > before)
    finally:
        deployment.stop(folder)
    with closing(sqlite3.connect(database)) as connection:
        found = connection.execute("SELECT version_num FROM alembic_version").fetchall()
    assert found == [(catalogue.REVISIONS[revision],)]


def test_a_taken_port_is_said_in_the_log(demo: Path, tmp_path: Path) -> None:
    start(demo)
    other = deployment.create_small(tmp_path / "other", port=control.settings(demo)["port"])
    with suppress(McpdbError):  # if it has ended before it is looked for
        deployment.start(other)
    eventually(lambda: control.gateway_pid(other) is None)
    log = (other / "logs/gateway.log").read_text(encoding="utf-8")
    assert "Address already in use" in log
    assert status(demo) == "healthy"


def test_a_destroyed_demo_leaves_no_process(demo: Path) -> None:
    pid = start(demo)
    deployment.destroy(demo)
    assert control.started_at(pid) is None
    assert not demo.exists()
