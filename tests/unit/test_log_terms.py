"""The filter language of logs, moments as they are typed."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.core.errors import UsageError
from tui.operations.logs.sources import SAID, LogSource
from tui.operations.logs.terms import Terms, words_of
from tui.wording.moments import moment_of

FILE = LogSource("file", "x.log", "file")
CONTAINER = LogSource("container", "container x", "gw")
NOW = datetime(2026, 8, 11, 3, 14, tzinfo=UTC)
WORDS = st.text(st.characters(blacklist_categories=("Cs", "Cc", "Zs", "Zl", "Zp")), min_size=1)


def passes(terms, text, source=FILE):
    return Terms.parse(terms).pass_(source, text.encode())


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('a "b c" -d', ["a", "b c", "-d"]),
        ('-"GET /health"', ["-GET /health"]),
        ("-'it is'", ["-it is"]),
        ("don't stop", ["don't", "stop"]),
        (r"\d+\.\d", [r"\d+\.\d"]),
        ('"never closed', ["never closed"]),
        ("  - \"\" ''  ", []),
    ],
)
def test_quotes_hold_spaces_and_a_backslash_stays(line, words):
    assert words_of(line) == words


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        ("deleted", True), ("DELETED", True), ("-deleted", False), ("del.*crm", True),
        ("deleted -grafana", True), ("deleted -crm", False), ("nothing", False), ("", True),
        ('"gateway: crm"', True), ("^2026", True), ("crm-mcp$", True), ("a.b", False),
    ],
)  # fmt: skip
def test_a_regex_keeps_and_with_a_minus_drops(terms, expected):
    assert passes(terms, "2026 - x - INFO - Deleted gateway: crm-mcp") is expected


def test_the_engines_time_is_no_part_of_a_line():
    assert not passes("2026", "2026-08-11T01:04:11.902330000Z hello", CONTAINER)
    assert passes("^hello", "2026-08-11T01:04:11.902330000Z hello", CONTAINER)


def test_what_we_say_about_the_log_passes_every_filter():
    assert Terms.parse("nothing").pass_(SAID, b"2026-08-11T01:04:11Z restarted")


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        ("abcdefgh(", "bad regex: missing ) at 8"),
        ("[a", "bad regex: unterminated character set at 0"),
        ("-*", "bad regex: nothing to repeat at 0"),
    ],
)
def test_a_bad_regex_says_where(terms, said):
    with pytest.raises(UsageError, match=f"^{re.escape(said)}$"):
        Terms.parse(terms)


@given(words=st.lists(WORDS, min_size=1, max_size=4), text=st.text(max_size=60))
def test_plain_words_keep_exactly_the_lines_that_hold_them(words, text):
    terms = Terms.of([re.escape(word) for word in words])
    line = " ".join((*words, text)).replace("\n", " ")
    assert terms.pass_(FILE, line.encode(errors="replace"))
    without = Terms.of(["-" + re.escape(words[0])])
    assert not without.pass_(FILE, line.encode(errors="replace"))


@given(st.text(max_size=40))
def test_whatever_is_typed_is_understood_or_refused_with_words(text):
    try:
        terms = Terms.parse(text)
    except UsageError as error:
        assert str(error).startswith("bad regex: ")
    else:
        assert terms.pass_(FILE, b"some line") in (True, False)


@given(
    st.text("abXY01", min_size=1, max_size=3),
    st.text("abxyXY01 ", max_size=30),
)
def test_the_short_way_of_a_plain_word_tells_the_same_as_its_regex(word, text):
    assert passes(word, text) is bool(re.search(word, text, re.IGNORECASE))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("15m", NOW - timedelta(minutes=15)),
        ("1h30m", NOW - timedelta(hours=1, minutes=30)),
        ("7d", NOW - timedelta(days=7)),
        ("90s", NOW - timedelta(seconds=90)),
        ("03:04", NOW.replace(minute=4)),
        ("23:00", NOW.replace(hour=23, minute=0) - timedelta(days=1)),
        ("2026-08-10", datetime(2026, 8, 10, tzinfo=UTC)),
        ("2026-08-10T01:02:03+02:00", datetime(2026, 8, 9, 23, 2, 3, tzinfo=UTC)),
        ("", None), ("yesterday", None), ("25:00", None), ("2026-13-01", None),
        ("999999d", None), ("m", None),
    ],
)  # fmt: skip
def test_a_moment_is_an_age_a_clock_or_a_date(text, expected):
    assert moment_of(text, NOW) == expected
