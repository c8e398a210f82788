import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.app.screen_host import FORBIDDEN, HOSTILE, SIZES, Host, shown
from tests.app.screen_host import cest as cest
from tests.app.screen_host import text_of as text
from tests.app.screen_plans import (
    BEGAN,
    NOT_UNDONE_LINES,
    STEPS,
    entry,
    restored,
    rolled_back,
    steps_until,
)
from tests.app.waiting import until
from tui.app import verbs
from tui.app.screens.operation import OperationScreen
from tui.app.screens.operation_calls import Calls
from tui.app.screens.question import Question
from tui.app.seen import Seen
from tui.core.errors import NotFoundError
from tui.core.models import Deployment, GatewayState, Health, StepLine

pytestmark = pytest.mark.usefixtures("cest")

FORGE = Deployment(
    name="forge",
    database=Path("/srv/forge/data/mcp.db"),
    backup_dir=Path("/srv/forge/data/backups"),
)
HEALTHY = (GatewayState(running="running"), Health(verdict="healthy", text="ok"))


class Journal:
    """What the screen reads; a test changes it as a runner would."""

    def __init__(self, now_entry, seconds=6.5, gateway=HEALTHY):
        self.entry = now_entry
        self.seconds = seconds
        self.gateway = gateway
        self.cancelled = []
        self.reads = 0
        self.problem = None

    def read(self, deployment, journal_id):
        assert threading.current_thread() is not threading.main_thread()
        self.reads += 1
        if self.problem:
            raise NotFoundError(self.problem)
        return self.entry

    def cancel(self, deployment, journal_id):
        self.cancelled.append((deployment.name, journal_id))

    def screen(self):
        calls = Calls(
            read=self.read,
            gateway=lambda deployment: self.gateway,
            cancel=self.cancel,
            now=lambda: BEGAN + timedelta(seconds=self.seconds),
        )
        return OperationScreen(FORGE, self.entry.id, calls=calls)

    def host(self, theme="mcpdb-dark"):
        return Host(self.screen(), theme)


async def showing(pilot, words):
    await until(pilot, lambda: words in text(pilot.app))


async def test_a_running_operation_shows_steps_progress_and_the_line():
    app = Journal(entry()).host()
    async with app.run_test(size=(80, 24)) as pilot:
        await showing(pilot, "» running")
        page = text(app)
        for words in (
            "restore k7m2qd  2 of 8",
            "RESTORE forge from the backup of Aug 11 02:00",
            "by dana via sudo · began 03:16:02",
            "60 %   251M of 412M   100M/s   1.6 s",
            "C cancels until here; below it finishes or undoes itself",
            "down so far  0.0 s",
            "You may leave: q goes back and the work goes on (pid 48113, its own session).",
            "Other terminals see this page too",
            ".mcpdb/journal/000032-20260811T011602Z-restore-k7m2qd.jsonl",
            "C cancel…",
            *(step.title for step in STEPS),
        ):
            assert words in page, words
        assert "(C cancel…)" not in page


async def test_without_a_total_there_is_an_amount_and_never_a_per_cent():
    steps = steps_until(2, started=BEGAN, done=1_204, total=0, unit="rows")
    app = Journal(entry(steps=steps), seconds=2).host()
    async with app.run_test(size=(80, 24)) as pilot:
        await showing(pilot, "1,204 rows   602 rows/s")
        assert "%" not in text(app)


async def test_the_page_follows_the_journal_and_turns_into_the_result():
    journal = Journal(entry())
    app = journal.host()
    async with app.run_test(size=(80, 24)) as pilot:
        await showing(pilot, "2 of 8")
        journal.entry = entry(
            cancellable=False, down_since=BEGAN + timedelta(seconds=10), steps=steps_until(7)
        )
        journal.seconds = 17.3
        await showing(pilot, "down so far  7.3 s")
        assert "gateway DOWN" in shown(app)[2]
        journal.seconds = 18.4
        await showing(pilot, "down so far  8.4 s")
        journal.entry = restored()
        await showing(pilot, "✓ RESTORED")
        await showing(pilot, "gateway ✓ healthy")
        reads = journal.reads
        await pilot.pause(0.6)
        assert journal.reads == reads, "a result is not read again"
        assert app.answers == [], "a result stays until it is left"
        await pilot.press("q")
        assert app.answers == [None]


@pytest.mark.parametrize("key", ["C", "ctrl+c"])
async def test_cancel_asks_first_and_then_asks_the_process(key):
    journal = Journal(entry())
    app = journal.host()
    async with app.run_test(size=(80, 24)) as pilot:
        await showing(pilot, "2 of 8")
        await pilot.press(key)
        assert isinstance(app.screen, Question)
        await showing(pilot, "Stop the restore?")
        assert "Nothing has changed yet; the copy is removed." in text(app)
        await pilot.press("n")
        assert journal.cancelled == []
        await pilot.press(key, "y")
        await until(pilot, lambda: journal.cancelled == [("forge", journal.entry.id)])
        assert isinstance(app.screen, OperationScreen)


async def test_past_the_line_cancel_is_greyed_and_says_why():
    journal = Journal(entry(cancellable=False, steps=steps_until(7)))
    app = journal.host()
    async with app.run_test(size=(80, 24)) as pilot:
        await showing(pilot, "(C cancel…)")
        for key in ("C", "ctrl+c"):
            await pilot.press(key)
            assert "It cannot be cancelled any more; it finishes or undoes itself." in text(app)
            assert isinstance(app.screen, OperationScreen)
        assert journal.cancelled == []


@pytest.mark.parametrize("key", ["q", "escape"])
async def test_leaving_leaves_the_work_alone(key):
    journal = Journal(entry())
    app = journal.host()
    async with app.run_test(size=(80, 24)) as pilot:
        await showing(pilot, "2 of 8")
        assert app.screen.farewell == (
            "The restore goes on without this screen (pid 48113). o, or mcpdb-tui, shows it again."
        )
        await pilot.press(key)
        assert app.answers == [None]
        assert journal.cancelled == []


RESULTS = {
    "restored": (restored(), ["✓ RESTORED", "9.9 s; the plan said about 10.0 s",
        "mcp_safety_20260811_031619.db, checked ok", "Z undoes it until Sep 10",
        "Since its start the gateway changed tool_metrics_hourly by itself"]),
    "rolled-back": (rolled_back(), ["! ROLLED BACK   the restore did not work; the old database "
        "is back and whole", "lost     nothing: the gateway could not write while it was down",
        "step 7: the gateway restarted 3 times in 40 s", "│ (sqlite3.OperationalError) database",
        "1 to 6 ok · 7 FAIL · 8 not reached · by itself then: 1 to 2 ok", "exit 4 · op 32"]),
    "cancelled": (
        entry(state="failed", exit_code=1, outcome="cancelled", steps=steps_until(2, "failed"),
              sentence="Cancelled. Nothing was changed."),
        ["· CANCELLED   nothing was changed; the gateway was not touched"]),
    "unhealthy": (
        entry(state="failed", exit_code=14, outcome="unhealthy", steps=steps_until(9),
              down_seconds=61.0, sentence="unhealthy: database is locked"),
        ["✗ LEFT UNHEALTHY   the restored database is in place and whole", "Z undoes",
         "unhealthy: database is locked"]),
    "gateway-down": (
        entry(state="cut", outcome="gateway down", steps=steps_until(7, "failed"),
              sentence="Docker does not answer. When Docker answers again: mcpdb-tui resume"),
        ["✗ GATEWAY DOWN   the database is in place and whole; Docker does not", "resume"]),
    "not-undone": (
        entry(state="failed", exit_code=5, outcome="not undone", steps=steps_until(7, "failed"),
              sentence="The gateway does not stop.", result={"by_hand": NOT_UNDONE_LINES}),
        ["✗ NOT UNDONE   nothing was deleted; both databases are whole.",
         "docker stop forge-gateway-1", "The gateway does not stop."]),
    "cut": (
        entry(state="cut", steps=steps_until(3, "cut")),
        ["! CUT SHORT", "mcpdb-tui resume"]),
    "failed": (
        entry(state="failed", exit_code=3, outcome="failed", steps=steps_until(2, "failed"),
              sentence="FAIL sha256: expected 9f2c41d07be3, found 1be7a0c955d2."),
        ["✗ FAIL", "FAIL sha256: expected 9f2c41d07be3"]),
}  # fmt: skip


@pytest.mark.parametrize("name", RESULTS)
async def test_a_result_says_its_verdict_and_what_follows(name):
    result, expected = RESULTS[name]
    app = Journal(result).host()
    async with app.run_test(size=(80, 24)) as pilot:
        await showing(pilot, "gateway ✓ healthy")
        page = " ".join(text(app).split())
        for words in expected:
            assert " ".join(words.split()) in page, words


async def test_y_copies_the_lines_that_undo_by_hand():
    app = Journal(RESULTS["not-undone"][0]).host()
    async with app.run_test(size=(80, 24)) as pilot:
        await showing(pilot, "NOT UNDONE")
        await pilot.press("y")
        assert app.clipboard.split("\n") == NOT_UNDONE_LINES


async def test_y_copies_the_page_of_any_other_result():
    app = Journal(rolled_back()).host()
    async with app.run_test(size=(80, 24)) as pilot:
        await showing(pilot, "ROLLED BACK")
        await pilot.press("y")
        assert app.clipboard.splitlines()[0].startswith(" ! ROLLED BACK")


async def test_enter_shows_every_step_of_a_result():
    app = Journal(rolled_back()).host()
    async with app.run_test(size=(140, 45)) as pilot:
        await showing(pilot, "ROLLED BACK")
        await pilot.press("enter")
        for words in ("✗ 7  start, wait for healthy", "3 starts", "put the old file back"):
            assert words in text(app)


async def test_what_was_cut_is_followed_on_when_another_process_finishes_it():
    journal = Journal(entry(state="cut", steps=steps_until(7, "cut")))
    app = journal.host()
    async with app.run_test(size=(80, 24)) as pilot:
        await showing(pilot, "CUT SHORT")
        journal.entry = restored()
        await showing(pilot, "RESTORED")


async def test_a_journal_that_cannot_be_read_is_said_and_tried_again():
    journal = Journal(entry())
    journal.problem = "There is no journal [/x]."
    app = journal.host()
    async with app.run_test(size=(80, 24)) as pilot:
        await showing(pilot, "There is no journal [/x].")
        journal.problem = None
        await showing(pilot, "2 of 8")


async def test_the_gateway_line_of_a_result_is_of_now():
    down = (
        GatewayState(running="running", text=""),
        Health(verdict="unhealthy", text="Database connection error"),
    )
    app = Journal(restored(), gateway=down).host()
    async with app.run_test(size=(80, 24)) as pilot:
        await showing(pilot, "now      gateway ✗ unhealthy: Database connection error")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("state", ["running", "done", "failed", "cut"])
async def test_hostile_text_is_shown_and_does_nothing(state, size):
    steps = tuple(
        StepLine(step=HOSTILE, title=HOSTILE, state=name, text=HOSTILE, done=1, unit=HOSTILE)
        for name in ("done", "running", "failed", "pending")
    )
    hostile = dict.fromkeys(
        ("operation", "subject", "title", "who", "outcome", "sentence", "id"), HOSTILE
    )
    result = {
        **dict.fromkeys(("why", "safety", "undo_until"), HOSTILE),
        **{key: [HOSTILE] for key in ("log", "next", "by_hand", "changed_since_start")},
        "safety_ok": True,
    }
    code = {"done": 0, "failed": 5}.get(state)
    journal = Journal(entry(state=state, exit_code=code, steps=steps, result=result, **hostile))
    journal.gateway = (
        GatewayState(running="running", text=HOSTILE),
        Health(verdict="unhealthy", text=HOSTILE),
    )
    app = journal.host()
    async with app.run_test(size=size) as pilot:
        await showing(pilot, "\\x1b[31mb")
        for key in ("enter", "y", "question_mark"):
            assert not [c for c in FORBIDDEN if c in text(app)]
            await pilot.press(key)
        assert not [c for c in FORBIDDEN if c in app.clipboard]


PICTURES = {
    "running": (entry(), 6.5),
    "down": (
        entry(
            cancellable=False,
            down_since=BEGAN + timedelta(seconds=10),
            steps=steps_until(
                7, started=BEGAN + timedelta(seconds=12), done=5, total=60, unit="seconds"
            ),
        ),
        17.3,
    ),
    **{name: (result, 90) for name, (result, _) in RESULTS.items()},
}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", PICTURES)
def test_operation_looks_right(snap_compare, name, size):
    shown_entry, seconds = PICTURES[name]
    theme = "mcpdb-light" if name in ("running", "rolled-back") else "mcpdb-dark"
    still_words = "journal" if shown_entry.state == "running" else "gateway ✓ healthy"

    async def ready(pilot):
        await showing(pilot, still_words)
        await until(pilot, lambda: pilot.app.screen.entry is not None)
        await pilot.pause()

    shown_entry = replace(shown_entry)
    assert snap_compare(
        Journal(shown_entry, seconds).host(theme), run_before=ready, terminal_size=size
    )


# --- undo -----------------------------------------------------------------------------------


def undoing(entries, said):
    """The verbs of a shell that knows these entries."""
    return Seen(deployment=FORGE, activity=tuple(entries), undo=said)


class Undoing(Host):
    """Notes what the result page asks for."""

    seen = Seen()
    asked = ()

    def on_pane_do(self, message):
        self.asked = (*self.asked, message.make)


@pytest.mark.parametrize("operation", ["restore", "upgrade", "bootstrap"])
async def test_z_on_a_result_asks_for_the_undo_of_it(operation):
    result = {"made": True} if operation == "bootstrap" else restored().result
    found = restored(operation=operation, result=result)
    app = Undoing(Journal(found).screen())
    app.seen = undoing([found], "Nothing to undo: looked at before this one had ended.")
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "Z undo…" in shown(app)[-1])
        await pilot.press("Z")
        await until(pilot, lambda: app.asked)
    assert app.asked == (verbs.undo,)


async def test_z_says_why_where_the_result_is_not_the_last_one():
    found = restored()
    app = Undoing(Journal(found).screen())
    later = replace(found, id="later", number=found.number + 1, operation="upgrade")
    app.seen = undoing([later, found], "")
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "(Z undo…)" in shown(app)[-1])
        await pilot.press("Z")
        await showing(pilot, "came after it and has to be undone first")
    assert app.asked == ()


async def test_a_result_that_left_nothing_to_undo_has_no_z():
    app = Journal(rolled_back()).host()
    async with app.run_test(size=(80, 24)) as pilot:
        await showing(pilot, "ROLLED BACK")
        assert "undo…" not in shown(app)[-1]


def test_what_came_after_has_to_be_undone_first():
    found = restored()
    later = replace(found, id="later", number=found.number + 1, operation="upgrade")
    why = verbs.why_not_undo_this(undoing([later, found], ""), found)
    assert f"upgrade (op {later.number}) came after it" in why
    assert verbs.undo_words(undoing([later, found], "")) == "undo the upgrade…"
    assert verbs.undo_words(undoing([later, found], "nothing")) == "undo…"
