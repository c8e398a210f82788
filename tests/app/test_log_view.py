"""The log on the screen: it follows, pauses, filters, folds, jumps, marks, and stays bounded."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from textual.app import App

from tests.app.shell_story import NOW, SEEN
from tests.app.waiting import until
from tui.app.themes import THEMES, role_defaults
from tui.app.widgets import log_view
from tui.app.widgets.log_view import LogView
from tui.operations.logs.held import Ring
from tui.operations.logs.shown import said
from tui.operations.logs.sources import LogSource
from tui.operations.logs.terms import Terms

FILE = LogSource("file", "logs/mcpgateway.log", "file", zone=UTC)
CONTAINER = LogSource("container", "container forge-gateway-1", "gw")
TRACE = (
    "\nTraceback (most recent call last):\n"
    + "".join(f'  File "/app/x.py", line {n}\n' for n in range(40))
    + "ConnectionError: All connection attempts failed"
)


class Stage(App[None]):
    seen = SEEN
    second = 0

    def __init__(self, widget):
        super().__init__()
        self.widget = widget
        self.told = []
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = "mcpdb-dark"

    def compose(self):
        yield self.widget

    def on_mount(self):
        self.widget.focus()

    def now(self):
        return NOW

    def on_log_moves_not_there(self, message):
        self.told.append(message.text)

    def get_theme_variable_defaults(self):
        return role_defaults(self.current_theme)


def line(text, level="INFO", number=0):
    at = datetime(2026, 8, 11, 1, 0, tzinfo=UTC) + timedelta(seconds=number)
    return FILE, f"{at:%Y-%m-%d %H:%M:%S},000 - mcpgateway.x - {level} - {text}".encode()


def lines(*texts, level="INFO"):
    return [line(text, level, number) for number, text in enumerate(texts)]


def many(name, number):
    return lines(*(f"{name} {n}" for n in range(number)))


def shown(view):
    """The rows without the heading."""
    return [view.render_line(y).text.rstrip() for y in range(1, view.size.height)]


def messages(view):
    return [row[16:] for row in shown(view) if row]


async def test_it_follows_until_somebody_moves_up():
    view = LogView()
    async with Stage(view).run_test(size=(80, 11)) as pilot:
        view.add(many("line", 100))
        assert "line 99" in shown(view)[-1]
        await pilot.press("k")
        assert not view.following
        before = shown(view)
        view.add(many("late", 7))
        assert shown(view)[:9] == before[:9]
        assert view.new_below == 7
        await pilot.press("G")
        assert view.following
        assert "late 6" in shown(view)[-1]


@pytest.mark.parametrize("key", ["k", "up", "ctrl+u", "pageup", "g", "home"])
async def test_every_move_upwards_pauses_and_every_key_of_the_end_follows(key):
    view = LogView()
    async with Stage(view).run_test(size=(80, 11)) as pilot:
        view.add(many("line", 100))
        for back in ("f", "G", "end"):
            await pilot.press(key)
            assert not view.following
            await pilot.press(back)
            assert view.following


async def test_what_came_since_it_was_paused_stands_below_a_line_that_says_so():
    view = LogView()
    async with Stage(view).run_test(size=(80, 11)) as pilot:
        view.add(many("line", 3))
        await pilot.press("k")
        view.add(many("late", 2))
        assert shown(view)[3].strip("─ ") == ("you read up to here at 03:14:22; 2 new lines below")
        assert messages(view)[-1].endswith("late 1")
        await pilot.press("f")
        assert not any("you read" in row for row in shown(view))


async def test_it_keeps_a_bounded_number_of_lines():
    view = LogView()
    async with Stage(view).run_test(size=(80, 11)) as pilot:
        view.ring = Ring(kept=50)
        view.set_filter(Terms())
        view.add(many("line", 60))
        await pilot.press("g")
        assert (view.read, view.total) == (50, 60)
        assert "line 10" in shown(view)[0]
        view.add(many("more", 20))
        assert "line 30" in shown(view)[0], "what is dropped leaves the view at its oldest line"


@pytest.mark.parametrize(
    ("terms", "kept"),
    [
        ("deleted", ["user deleted"]),
        ("-deleted", ["GET /health", "tool called", "user added"]),
        ("user -added", ["user deleted"]),
        ('"tool called"', ["tool called"]),
        (r"GET\s+/h", ["GET /health"]),
        ("", ["GET /health", "tool called", "user added", "user deleted"]),
    ],
)
async def test_terms_keep_and_drop(terms, kept):
    view = LogView()
    async with Stage(view).run_test(size=(80, 11)):
        view.add(lines("GET /health", "tool called", "user added", "user deleted"))
        view.set_filter(Terms.parse(terms))
        assert messages(view) == kept
        view.add(lines("user deleted", "nothing"))
        assert messages(view)[len(kept) :][:1] == (
            ["user deleted"] if terms in ("deleted", "user -added", "", "x") else
            ["nothing"] if terms == "-deleted" else []
        )  # fmt: skip


async def test_the_cursor_stays_on_its_line_under_a_filter():
    view = LogView()
    async with Stage(view).run_test(size=(80, 11)) as pilot:
        view.add(many("line", 100))
        await pilot.press("k", "k")
        at = view.line_under_cursor.message
        view.set_filter(Terms.parse("7$"))
        assert at == "line 97"
        assert view.line_under_cursor.message == "line 97"


async def test_a_filter_over_many_lines_comes_bit_by_bit_and_is_whole_in_the_end(monkeypatch):
    monkeypatch.setattr(log_view, "AT_ONCE", 0.0)
    view = LogView()
    async with Stage(view).run_test(size=(80, 11)) as pilot:
        view.add(many("line", 20_000))
        view.set_filter(Terms.parse("9$"))
        assert view.is_looking
        view.add(many("line", 20))
        await until(pilot, lambda: not view.is_looking)
        assert view.kept == 2_002


async def test_errors_are_walked_and_the_last_one_is_said():
    app = Stage(view := LogView())
    async with app.run_test(size=(80, 11)) as pilot:
        view.add(
            [
                *lines("a"),
                *lines("bad", level="ERROR"),
                *lines("b"),
                *lines("worse", level="CRITICAL"),
            ]
        )
        await pilot.press("E")
        assert view.line_under_cursor.message == "bad"
        assert view.error_words == "errors 2 · warnings 0 · at error 1 of 2"
        await pilot.press("e")
        assert view.line_under_cursor.message == "worse"
        await pilot.press("e")
        await pilot.pause()
        assert app.told == ["No later error."]


async def test_matches_of_the_last_filter_are_walked_among_all_lines():
    app = Stage(view := LogView())
    async with app.run_test(size=(80, 11)) as pilot:
        view.add(lines("one x", "two", "three x", "four"))
        view.set_filter(Terms.parse("x$"))
        view.set_filter(Terms())
        await pilot.press("N")
        assert view.line_under_cursor.message == "three x"
        await pilot.press("N")
        assert view.line_under_cursor.message == "one x"
        await pilot.press("N")
        await pilot.pause()
        assert app.told == ["No earlier match."]


async def test_a_restart_passes_every_filter():
    view = LogView()
    async with Stage(view).run_test(size=(80, 11)):
        view.add([*lines("a"), said("container restarted 03:16:21 (exit 0)", NOW)])
        view.set_filter(Terms.parse("nothing"))
        assert shown(view)[0] == " 03:14:22 ── container restarted 03:16:21 (exit 0) ──"


async def test_a_traceback_folds_into_its_line_and_is_walked_when_it_is_longer_than_the_screen():
    view = LogView()
    async with Stage(view).run_test(size=(80, 13)) as pilot:
        source, raw = line("it broke", "ERROR")
        view.add([*lines("before"), (source, raw + TRACE.encode()), *lines("after")])
        assert "it broke" in shown(view)[1]
        assert shown(view)[1].endswith("+42 lines")
        await pilot.press("k")
        assert "└ Traceback (most recent call last): … 42 lines, Enter unfolds" in shown(view)[2]
        await pilot.press("enter")
        assert "line 9" in shown(view)[-1]
        for _ in range(31):
            await pilot.press("j")
        assert "ConnectionError" in shown(view)[-1], "row by row to its end"
        await pilot.press("j")
        assert view.line_under_cursor.message == "after"
        await pilot.press("k", "enter")
        assert "Enter unfolds" in "\n".join(shown(view))


async def test_the_rest_of_a_json_line_folds_under_it():
    view = LogView()
    async with Stage(view).run_test(size=(140, 11)) as pilot:
        text = json.dumps({
            "asctime": "2026-08-11 03:04:11", "name": "mcpgateway.services.gateway_service",
            "levelname": "ERROR", "message": "failed", "@timestamp": "2026-08-11T01:04:11.902330Z",
            "hostname": "ctx-01", "process_id": 1, "api_key": "hunter2",
        })  # fmt: skip
        view.add([(CONTAINER, f"2026-08-11T01:04:11.902000000Z {text}".encode()), *lines("x")])
        row = shown(view)[0]
        assert row == " 03:04:11.902 gw   ERROR services.gateway_service  failed"
        await pilot.press("k")
        told = shown(view)[1]
        assert "└ from JSON: " in told and "hostname ctx-01 · process_id 1 · api_key ••••" in told
        await pilot.press("enter")
        assert "├ hostname ctx-01" in "\n".join(shown(view))


async def test_times_are_local_utc_as_logged_or_none():
    view = LogView()
    async with Stage(view).run_test(size=(80, 11)) as pilot:
        view.add(lines("a"))
        found = []
        for _ in range(4):
            found.append(shown(view)[0])
            await pilot.press("t")
    assert found == [
        " 03:00:00 info  a",
        " 01:00:00 info  a",
        " 2026-08-11 01:00:00,000  info  a",
        " info  a",
    ]


async def test_long_lines_are_cut_or_wrapped():
    view = LogView()
    async with Stage(view).run_test(size=(40, 11)) as pilot:
        view.add(lines("word " * 20))
        assert len([row for row in shown(view) if row]) == 1
        assert shown(view)[0].endswith("…")
        await pilot.press("w")
        assert " ".join(row[16:] for row in shown(view)).split() == ["word"] * 20


async def test_marked_lines_are_taken_in_their_order():
    view = LogView()
    async with Stage(view).run_test(size=(80, 11)) as pilot:
        view.add(many("line", 5))
        await pilot.press("k", "k", "space", "k", "k", "space")
        assert [raw[-6:] for _, raw in view.marked_lines()] == [b"line 1", b"line 2"]
        assert sum(row.startswith("◆") for row in shown(view)) == 2


async def test_a_line_of_five_megabytes_is_drawn_at_once():
    view = LogView()
    async with Stage(view).run_test(size=(80, 11)) as pilot:
        view.add([*lines("before"), line("x" * 5_000_000), *lines("after")])
        await pilot.press("k", "w", "enter")
        assert "xxx" in shown(view)[2]
        assert "more characters" in "\n".join(shown(view)) or view.line_under_cursor.cut > 4_900_000


def test_memory_is_bounded_by_bytes_too():
    ring = Ring(kept=1_000, most=10_000)
    ring.extend([(FILE, b"x" * 999) for _ in range(100)])
    assert len(ring) == 10
    assert ring.end == 100
    ring.extend([(FILE, b"x" * 50_000)])
    assert len(ring) == 1, "the newest line stays, however long it is"
