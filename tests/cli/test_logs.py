"""`logs`: what is told of which source, filtered, followed until a signal."""

from __future__ import annotations

import json
import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.conftest import Cli, Place, until
from tui.cli.schema import DATA

SECRET = "hunter2-hunter2"


@pytest.fixture
def log(quiet: Place) -> Path:
    """A log of its own in the folder of a stopped deployment."""
    path = quiet.folder / "logs" / "own.log"
    lines = [
        "2026-08-11 03:00:01,000 - mcpgateway.a - INFO - first",
        "2026-08-11 03:00:02,000 - mcpgateway.a - WARNING - second",
        f"2026-08-11 03:00:03,000 - mcpgateway.b - ERROR - third password={SECRET}",
        "Traceback (most recent call last):",
        '  File "x"',
        "ValueError: no",
        json.dumps({"asctime": "2026-08-11 03:00:04", "levelname": "INFO", "name": "x",
                    "message": "fourth", "api_key": SECRET}),
    ]  # fmt: skip
    path.write_text("".join(f"{line}\n" for line in lines))
    yield path
    path.unlink()


def words_of(out: str) -> list[str]:
    return [line.split()[-1] for line in out.splitlines()]


def test_one_file_is_told_in_columns_with_its_traceback_and_without_secrets(
    quiet: Place, log: Path
) -> None:
    done = quiet.cli("logs", "--source", "own.log")
    assert done.code == 0
    lines = done.out.splitlines()
    assert lines[0].split() == ["2026-08-11", "03:00:01.000", "gw", "info", "a", "first"]
    assert " ERROR b " in lines[2]
    assert lines[2].endswith("third password=••••") or lines[2].endswith("third password=****")
    assert lines[3:6] == ["    Traceback (most recent call last):", '      File "x"',
                          "    ValueError: no"]  # fmt: skip
    for words in ((), ("--raw",), ("--json",)):
        assert SECRET not in quiet.cli("logs", "--source", "own.log", *words).out


def test_terms_and_levels_narrow_what_is_told(quiet: Place, log: Path) -> None:
    def told(*words: str) -> list[str]:
        done = quiet.cli.json("logs", "--source", "own.log", *words)
        return [line["message"].split()[0] for line in done.document["data"]["lines"]]

    assert told("--level", "warn") == ["second", "third"]
    assert told("--level", "error") == ["third"]
    assert told("--grep", "first|fourth") == ["first", "fourth"]
    assert told("--grep=-first", "--grep", "f") == ["third", "fourth"]
    assert told("--grep", "ValueError") == ["third"], "what is folded belongs to its line"
    assert told("-n", "2") == ["third", "fourth"]
    assert told("--since", "2026-08-11 03:00:03", "--until", "2026-08-11 03:00:03") == ["third"]


def test_json_lines_hold_what_is_documented(quiet: Place, log: Path) -> None:
    done = quiet.cli.json("logs", "--source", "own.log", "-n", "1")
    assert set(done.document["data"]) == set(DATA["logs"])
    assert done.document["data"]["more"] is True
    (line,) = done.document["data"]["lines"]
    assert (line["source"], line["name"], line["level"]) == ("gw", "logs/own.log", "info")
    assert done.out.isascii()


def test_sources_are_merged_by_time_with_our_activity(place: Place) -> None:
    place.back_up()
    lines = place.cli.json("logs", "-n", "2000").document["data"]["lines"]
    assert {line["source"] for line in lines} == {"gw", "us"}
    times = [line["time"] for line in lines if line["time"]]
    assert times == sorted(times)
    ours = place.cli("logs", "--source", "activity").out
    assert " us   ok " in ours
    assert "backup" in ours


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--source", "nope"), 10, "There is no log nope; there are: merged, "),
        (("--grep", "abc("), 2, "bad regex: missing ) at 3"),
        (("--since", "yesterday-ish"), 2, "--since yesterday-ish is no time"),
        (("--level", "loud"), 2, "'loud' is not one of"),
        (("--lines", "-1"), 2, "-1"),
        (("--source", "\x1b]52;c;eA==\x07"), 10, "There is no log \\x1b]52"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(
    quiet: Place, log: Path, words: tuple[str, ...], code: int, said: str
) -> None:
    done = quiet.cli("logs", *words)
    assert (done.code, done.out) == (code, "")
    assert said in done.err
    assert "\x1b" not in done.err


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_following_goes_on_through_a_rotation_until_a_signal(
    quiet: Place, log: Path, number: int, code: int
) -> None:
    process = quiet.cli.start("logs", "-f", "-n", "1", "--source", "own.log", "--raw")
    assert process.stdout is not None
    assert b"fourth" in process.stdout.readline()
    log.rename(log.with_name("own.log.1"))
    log.write_text("INFO: new\n")
    assert b"was rotated; reading on in the new file" in process.stdout.readline()
    assert process.stdout.readline() == b"INFO: new\n"
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (code, b"", b"")
    log.with_name("own.log.1").unlink()


def test_without_docker_the_files_are_told_and_that_the_container_is_missing(
    tmp_path: Path,
) -> None:
    with closing(sqlite3.connect(tmp_path / "mcp.db")) as connection:
        connection.execute("CREATE TABLE tools (id)")
        connection.commit()
    log = tmp_path / "own.log"
    log.write_text("INFO: first\n")
    cli = Cli(["--db", "mcp.db"], tmp_path, {"MCPDB_LOG_FILES": str(log)})
    done = cli("logs")
    assert done.code == 15
    assert "first" in done.out
    assert "The container's log is missing: " in done.err
    assert cli("logs", "--source", "own.log").code == 0


def test_a_reader_that_leaves_ends_it(quiet: Place, log: Path) -> None:
    process = quiet.cli.start("logs", "-f", "--source", "own.log")
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.close()

    def ended() -> bool:
        with log.open("a") as stream:
            stream.write("INFO: more\n" * 100)
        return process.poll() is not None

    until(ended, "the end of the process")
    assert process.returncode == 141
