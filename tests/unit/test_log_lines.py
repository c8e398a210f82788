"""Lines of logs: folded, told how bad, merged by time, taken apart and shown without secrets."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.operations.logs.held import Narrowed, Ring, beyond
from tui.operations.logs.merging import merged, whole_since
from tui.operations.logs.shown import as_line, raw_text, said, show, time_of
from tui.operations.logs.sources import LogSource
from tui.operations.logs.terms import Terms
from tui.services import logs
from tui.services.log_bytes import Grouper, grouped, worse_than_info

A = LogSource("file", "a.log", "file", zone=UTC)
B = LogSource("file", "b.log", "file", zone=UTC)
CONTAINER = LogSource("container", "container x", "gw")
START = datetime(2026, 8, 11, 1, 0, tzinfo=UTC)
STAMP = b"2026-08-11T01:04:11.902330000Z "


def line(source, number, text="x"):
    at = START + timedelta(milliseconds=number)
    return (
        source,
        f"{at:%Y-%m-%d %H:%M:%S},{at.microsecond // 1000:03d} - l - INFO - {text}".encode(),
    )


TRACE = [
    b"2026-08-11 03:04:11,902 - x - ERROR - broke",
    b"Traceback (most recent call last):",
    b'  File "/app/x.py", line 1, in f',
    b"ValueError: no",
    b"",
    b"During handling of the above exception, another exception occurred:",
    b"",
    b"Traceback (most recent call last):",
    b"  x",
    b"pydantic.ValidationError: 1 validation error",
    b"name",
    b"  Input should be a string",
]


def test_a_traceback_folds_into_its_line():
    after = [b"INFO:     10.0.0.1 - GET", b'{"message": "x"}', b"no pattern at all"]
    assert grouped([*TRACE, *after], stamped=False) == [b"\n".join(TRACE), *after]


def test_a_traceback_of_a_container_folds_without_the_engines_times():
    found = grouped([STAMP + raw for raw in TRACE], stamped=True)
    assert found == [STAMP + b"\n".join(TRACE)]


@given(st.lists(st.integers(0, len(TRACE) + 1), max_size=4))
def test_it_folds_however_the_lines_come_in_pieces(cuts):
    lines = [*TRACE, *TRACE, b"INFO: end"]
    grouper, found, at = Grouper(stamped=False), [], 0
    for cut in (*sorted(cuts), len(lines)):
        found += grouper.take(lines[at:cut])
        at = cut
    assert [*found, *grouper.flush()] == grouped(lines, stamped=False)
    assert b"\n".join(found + grouper.flush()).count(b"Traceback") <= 4


def test_what_folds_is_bounded():
    found = grouped([b"head", *(b"  " + b"x" * 1_000 for _ in range(1_000))], stamped=False)
    assert max(map(len, found)) < 70_000
    assert sum(raw.count(b"\n") + 1 for raw in found) == 1_001, "nothing is lost"


@pytest.mark.parametrize(
    ("raw", "is_error"),
    [
        (b"2026-08-11 03:04:11,902 - x - ERROR - a", True),
        (b"2026-08-11 03:04:11,902 - x - CRITICAL - a", True),
        (b"2026-08-11 03:04:11,902 - x - WARNING - a", False),
        (b"ERROR:    a", True),
        (b"[2025-08-11 03:04:11 +0000] [7] [CRITICAL] TIMEOUT", True),
        (b'{"level": "error", "message": "a"}', True),
        (b'{"message": "a", "levelname":"WARNING"}', False),
        (b"2026-08-11 03:04:11,902 - x - INFO - no error - ERROR - at all", None),
        (b'{"message": "say \\"level\\": \\"error\\"", "level": "INFO"}', None),
        (b"an error occurred", None),
        (b"2026-08-11 03:04:11,902 - x - INFO - a\nERROR: b", None),
    ],
)
def test_how_bad_a_line_is_told_as_it_is_shown(raw, is_error):
    expected = [] if is_error is None else [(1, is_error)]
    assert worse_than_info([b"before", raw], stamped=False) == expected
    assert worse_than_info([STAMP + b"x", STAMP + raw], stamped=True) == expected
    level = logs.parse(raw.partition(b"\n")[0].decode()).level
    assert (level == "error", level == "warn") == (is_error is True, is_error is False)


# --- merging ------------------------------------------------------------------------------


@given(
    st.lists(st.lists(st.integers(0, 500), max_size=8).map(sorted), max_size=4),
)
def test_merging_keeps_every_line_and_the_order_of_times(runs):
    sources = [A, B, CONTAINER, LogSource("file", "c", "file", zone=UTC)]
    made = []
    for source, numbers in zip(sources, runs, strict=False):
        run = [line(source, number) for number in numbers]
        if source is CONTAINER:
            run = [
                (source, f"{(START + timedelta(milliseconds=n)).isoformat()} x".encode())
                for n in numbers
            ]
        made.append(run)
    found = merged(made)
    assert sorted(map(id, found)) == sorted(id(item) for run in made for item in run)
    times = [time_of(item) for item in found]
    assert times == sorted(times)


def test_few_lines_find_their_place_in_a_flood_without_reading_its_times(monkeypatch):
    from tui.operations.logs import merging

    looked = []
    real = merging.time_of
    monkeypatch.setattr(merging, "time_of", lambda item: looked.append(1) or real(item))
    flood = [line(A, number) for number in range(5_000)]
    few = [line(B, 17), line(B, 2_500), line(B, 9_000)]
    found = merged([flood, few])
    assert [found.index(item) for item in few] == [18, 2_502, 5_002]
    assert len(looked) < 100


def test_a_line_without_time_stays_behind_the_one_before_it():
    found = merged([[line(A, 1), (A, b"no time"), line(A, 9)], [line(B, 5)]])
    assert [item[1][-1:] for item in found] == [b"x", b"e", b"x", b"x"]
    assert found[2][0] is B


def test_ends_of_logs_are_shown_from_the_moment_on_from_which_all_are_whole():
    long, short = [line(A, n) for n in range(100, 110)], [line(B, n) for n in (5, 103, 120)]
    runs = whole_since([long, short], [True, False])
    assert [len(run) for run in runs] == [10, 2]
    assert [len(run) for run in whole_since([long, short], [False, False])] == [10, 3]


# --- what is held -------------------------------------------------------------------------


@given(
    st.lists(st.integers(1, 40), max_size=12),
    st.integers(5, 60),
)
def test_the_ring_holds_the_newest_and_numbers_never_change(sizes, kept):
    ring, all_ = Ring(kept=kept), []
    narrowed = Narrowed(ring, Terms.parse("7$"))
    for size in sizes:
        began = ring.end
        new = [line(A, len(all_) + n, str(len(all_) + n)) for n in range(size)]
        all_ += new
        ring.extend(new)
        narrowed.added(began)
    assert ring.end == len(all_)
    assert [ring[n] for n in range(ring.first, ring.end)] == all_[-kept:]
    expected = [n for n in range(ring.first, ring.end) if all_[n][1].endswith(b"7")]
    assert [narrowed.number(i) for i in range(len(narrowed))] == expected


def test_looking_through_older_lines_goes_on_where_it_stopped():
    ring = Ring()
    ring.extend([line(A, n, str(n)) for n in range(2_000)])
    narrowed = Narrowed(ring, Terms.parse("0$"))
    rounds = 0
    while narrowed.scan(0.0001):
        rounds += 1
    assert len(narrowed) == 200
    assert rounds > 1
    assert [narrowed.number(i) for i in range(200)] == list(range(0, 2_000, 10))


@pytest.mark.parametrize(
    ("at", "direction", "expected"), [(5, 1, 9), (5, -1, 2), (9, 1, None), (2, -1, None)]
)
def test_the_nearest_number_beyond(at, direction, expected):
    assert beyond([2, 5, 9], at, direction) == expected


# --- what is shown ------------------------------------------------------------------------


def test_a_json_line_is_taken_apart_and_its_secrets_are_masked():
    text = json.dumps({
        "asctime": "2026-08-11 03:04:11", "name": "x", "levelname": "ERROR",
        "message": "no: token=abcdefgh",
        "authorization": "abcdefgh", "nested": {"password": "abcdefgh"},
        "exc_info": "Traceback (most recent call last):\n  x\nValueError: password=abcdefgh",
    })  # fmt: skip
    shown = show((A, text.encode()))
    assert shown.message == "no: token=••••"
    assert shown.more["authorization"] == "••••"
    assert "abcdefgh" not in f"{shown.more} {shown.folded}"
    assert len(shown.folded) == 3
    assert shown.logged == "2026-08-11 03:04:11"
    assert "abcdefgh" not in raw_text((A, text.encode()))
    assert "abcdefgh" not in as_line((A, text.encode())).text


def test_the_time_of_a_container_is_the_engines():
    shown = show((CONTAINER, STAMP + b"2020-01-01 00:00:00,000 - x - INFO - hello"))
    assert shown.time == datetime(2026, 8, 11, 1, 4, 11, 902330, tzinfo=UTC)
    assert (shown.logged, shown.message) == ("2020-01-01 00:00:00,000", "hello")


@pytest.mark.parametrize(
    "raw",
    [b"", b"\xff\xfe\x00", b"{", b"[" * 5_000, b"{" * 5_000, b"\x1b]52;c;eA==\x07",
     b"x" * 5_000_000,
     "‮evil".encode(), b'{"message": 5}', b'{"message": "\\ud800"}', b"\n\n\n"],
)  # fmt: skip
def test_hostile_bytes_are_shown_as_something(raw):
    for source, whole in ((A, raw), (CONTAINER, STAMP + raw), (CONTAINER, raw)):
        shown = show((source, whole))
        assert isinstance(shown.message, str)
        assert len(shown.message) <= 80_000
        raw_text((source, whole))


def test_what_is_said_has_its_own_place():
    held = said("container restarted 03:16:21 (exit 0)", START)
    assert show(held).is_said
    assert show(held).time == START
    assert as_line(held).event
