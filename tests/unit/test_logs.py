"""Log lines taken apart, and files followed through everything that befalls them."""

import os
import threading
import time
from datetime import UTC, datetime, timedelta, timezone

import pytest

from tui.services import logs
from tui.services.file_tail import LONGEST, FileTail

CUT = (
    "── gateway.log was cut to nothing; reading on from its start, "
    "the last lines before may be missing ──"
)
BERLIN = timezone(timedelta(hours=2))


@pytest.mark.parametrize(
    ("text", "level", "logger", "message"),
    [
        (
            "2025-08-11 03:04:11,902 - mcpgateway.services.gateway_service - ERROR - it - broke",
            "error",
            "mcpgateway.services.gateway_service",
            "it - broke",
        ),
        ("2026-11-22T15:44:02 - mcp.config - WARNING - SQLite", "warn", "mcp.config", "SQLite"),
        ("INFO:     Started server process [1]", "info", "", "Started server process [1]"),
        ("INFO  [alembic.migration] upgrade", "info", "alembic.migration", "upgrade"),
        ("[2025-08-11 03:04:11 +0000] [7] [CRITICAL] TIMEOUT", "error", "", "TIMEOUT"),
        ("Information is power", "", "", "Information is power"),
        ("", "", "", ""),
        ("{not json", "", "", "{not json"),
        ('{"no": "message"}', "", "", '{"no": "message"}'),
        ("[" * 9, "", "", "[" * 9),
    ],
)
def test_text_lines(text, level, logger, message):
    parts = logs.parse(text)
    assert (parts.level, parts.logger, parts.message) == (level, logger, message)


def test_json_lines_keep_what_else_they_hold():
    text = (
        '{"asctime": "2026-08-11 03:04:11", "name": "uvicorn.access", "levelname": "INFO", '
        '"message": "GET /health", "@timestamp": "2026-08-11T01:04:11.902330Z", "process_id": 1}'
    )
    parts = logs.parse(text)
    assert (parts.level, parts.logger, parts.message) == ("info", "uvicorn.access", "GET /health")
    assert parts.time == datetime(2026, 8, 11, 1, 4, 11, 902330, tzinfo=UTC)
    assert parts.extra["process_id"] == "1" and parts.is_json


@pytest.mark.parametrize(
    "text",
    [
        '{"name": "a.b", "levelname": "WARNING", "message": "x"}',
        '{"message": "say \\"name\\": \\"no\\"", "level":"error" , "logger" : "x"}',
        '{"message": "no level, no logger"}',
        '{"level": "strange", "message": "x"}',
        "{not json}",
    ],
)
def test_the_short_way_through_a_json_line_tells_the_same(text):
    at = datetime(2026, 8, 11, tzinfo=UTC)
    short, whole = logs.line("gw", text, at), logs.parse(text)
    assert (short.level, short.logger, short.time) == (whole.level, whole.logger, at)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-08-11T01:04:11.123456789Z", datetime(2026, 8, 11, 1, 4, 11, 123456, tzinfo=UTC)),
        ("2026-08-11 03:04:11,9+02:00", datetime(2026, 8, 11, 1, 4, 11, 900000, tzinfo=UTC)),
        ("2026-08-11 03:04:11", datetime(2026, 8, 11, 1, 4, 11, tzinfo=UTC)),
        ("2026-13-11 03:04:11", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("yesterday", None),
    ],
)
def test_times_are_utc_and_nonsense_is_none(text, expected):
    assert logs.moment(text, BERLIN) == expected


class Following:
    """Follows files in a thread; `seen` grows."""

    def __init__(self, paths, **options):
        self.seen = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(paths, options), daemon=True)
        self._thread.start()

    def _run(self, paths, options):
        for line in logs.tail_files(paths, follow=True, stop=self._over.is_set, **options):
            self.seen.append(line.text)

    def until(self, text, seconds=5):
        deadline = time.monotonic() + seconds
        while text not in self.seen:
            assert time.monotonic() < deadline, self.seen
            time.sleep(0.01)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._over.set()
        self._thread.join(5)
        assert not self._thread.is_alive()


def append(path, text):
    with path.open("a") as file:
        file.write(text)


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "gateway.log"
    path.write_text("one\ntwo\nthree\n")
    return path


def test_the_past_is_the_last_whole_lines(log):
    append(log, "not whole yet")
    assert [line.text for line in logs.tail_file(log, tail=2)] == ["two", "three"]
    assert [line.text for line in logs.tail_file(log, tail=0)] == []
    assert [line.text for line in logs.tail_file(log, tail=99)] == ["one", "two", "three"]


def test_the_past_of_a_long_file_is_read_from_its_end(tmp_path):
    path = tmp_path / "long.log"
    path.write_text("".join(f"line {number:06}\n" for number in range(100_000)))
    lines = [line.text for line in logs.tail_file(path, tail=30_000)]
    assert lines == [f"line {number:06}" for number in range(70_000, 100_000)]


def test_files_are_merged_by_time_and_tracebacks_stay_together(tmp_path):
    (tmp_path / "a.log").write_text(
        "2026-08-11 03:00:01,000 - a - ERROR - first\nTraceback (most recent call last):\n  x\n"
        "2026-08-11 03:00:03,000 - a - INFO - third\n"
    )
    (tmp_path / "b.log").write_text("2026-08-11 03:00:02,000 - b - INFO - second\n")
    texts = [line.text.rpartition(" ")[2] for line in logs.tail_files([tmp_path])]
    assert texts == ["first", "last):", "x", "second", "third"]


def test_new_lines_come_once_each_also_when_they_are_written_in_pieces(log):
    with Following([log]) as following:
        following.until("three")
        append(log, "fo")
        append(log, "ur\nfive\r\n")
        following.until("five")
    assert following.seen == ["one", "two", "three", "four", "five"]


def test_a_rotation_loses_nothing_and_is_said(log):
    with Following([log]) as following:
        following.until("three")
        append(log, "last of the old\n")
        log.rename(log.with_name("gateway.log.1"))
        append(log.with_name("gateway.log.1"), "after the rename\n")
        log.write_text("first of the new\n")
        following.until("first of the new")
    assert following.seen[3:] == [
        "last of the old",
        "after the rename",
        "── gateway.log was rotated; reading on in the new file ──",
        "first of the new",
    ]


def test_a_truncated_file_is_read_from_its_start(log):
    with Following([log]) as following:
        following.until("three")
        os.truncate(log, 0)
        following.until(CUT)
        append(log, "again\n")
        following.until("again")


def test_a_file_that_comes_later_is_followed_from_its_first_line(tmp_path):
    with Following([tmp_path]) as following:
        (tmp_path / "late.log").write_text("hello\n")
        following.until("hello")
    assert following.seen == ["hello"]


def test_a_symlink_in_a_log_folder_is_not_followed(tmp_path, log):
    secret = tmp_path / "secret"
    secret.write_text("root only\n")
    (tmp_path / "evil.log").symlink_to(secret)
    assert [line.text for line in logs.tail_files([tmp_path])] == ["one", "two", "three"]


def test_bytes_that_are_no_text_become_visible(tmp_path):
    path = tmp_path / "x.log"
    path.write_bytes(b"a\xff\x1b[31m\n")
    assert [line.text for line in logs.tail_file(path)] == ["a\\xff\x1b[31m"]


def test_a_line_without_end_does_not_fill_the_memory(tmp_path):
    path = tmp_path / "x.log"
    path.write_bytes(b"x" * (3 * LONGEST) + b"\n")
    pieces = list(FileTail(path, from_start=True).new())
    assert sum(map(len, pieces)) == 3 * LONGEST
    assert max(map(len, pieces)) <= LONGEST + 256 * 1024


def test_what_does_not_exist_has_no_lines(tmp_path):
    assert list(logs.tail_files([tmp_path / "none.log"])) == []
