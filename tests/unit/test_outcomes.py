"""How an operation ended is worded once, and both front ends say it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.app.screen_plans import entry
from tui.app.screens.result_words import verdict
from tui.cli.report.activity import list_lines
from tui.cli.report.outcome import outcome_lines
from tui.core.operation import Plan, PlannedStep, Tier
from tui.wording import plans
from tui.wording.outcomes import outcome_of

ENDS = [
    ({"state": "failed", "exit_code": 5}, "✗", "NOT UNDONE"),
    ({"state": "cut", "outcome": "not undone"}, "✗", "NOT UNDONE"),
    ({"state": "cut", "exit_code": 13, "outcome": "gateway down"}, "✗", "GATEWAY DOWN"),
    ({"state": "cut"}, "!", "CUT SHORT"),
    ({"state": "failed", "exit_code": 4, "outcome": "rolled back"}, "!", "ROLLED BACK"),
    ({"state": "failed", "exit_code": 1, "outcome": "cancelled"}, "·", "CANCELLED"),
    (
        {"state": "failed", "exit_code": 14, "outcome": "rolled back, gateway not healthy"},
        "✗",
        "ROLLED BACK, GATEWAY NOT HEALTHY",
    ),
    ({"state": "failed", "exit_code": 14, "outcome": "gateway not back"}, "✗", "GATEWAY NOT BACK"),
    ({"state": "failed", "exit_code": 14, "outcome": "left unhealthy"}, "✗", "LEFT UNHEALTHY"),
    ({"state": "failed", "exit_code": 11, "outcome": "refused"}, "!", "NOT DONE"),
    ({"state": "failed", "exit_code": 15, "outcome": "partly done"}, "!", "PARTLY DONE"),
    ({"state": "failed", "exit_code": 3, "outcome": "failed"}, "✗", "FAIL"),
    ({"state": "failed", "exit_code": 12, "outcome": "refused"}, "✗", "FAIL"),
]


@pytest.mark.parametrize(("values", "sign", "word"), ENDS)
def test_both_front_ends_give_the_same_verdict(
    values: dict[str, object], sign: str, word: str
) -> None:
    ended = entry(sentence="What happened.", **values)
    outcome = outcome_of(ended)
    assert (outcome.sign, outcome.word) == (sign, word)
    assert outcome.meaning
    assert outcome_lines(ended)[0] == f"{sign} {word}: What happened."
    screen = verdict(ended)
    assert (screen[0], screen[2], screen[3]) == (sign, word, outcome.meaning)


@pytest.mark.parametrize(
    ("operation", "word"),
    [("restore", "RESTORED"), ("delete", "DELETED"), ("adopt", "ADOPTED"), ("drill", "PROVEN"),
     ("backup-cold", "BACKED UP"), ("verify-all", "VERIFIED"), ("start", "DONE"),
     ("undo", "UNDONE"), ("rehearse", "REHEARSED"), ("upgrade", "UPGRADED"),
     ("downgrade", "DOWNGRADED"), ("stamp", "STAMPED"), ("bootstrap", "DATABASE MADE"),
     ("reset", "RESET")],
)  # fmt: skip
def test_what_went_well_has_a_word_of_its_own(operation: str, word: str) -> None:
    ended = entry(state="done", exit_code=0, operation=operation, sentence="It went well.")
    outcome = outcome_of(ended)
    assert (outcome.sign, outcome.word, outcome.meaning) == ("✓", word, "It went well.")


def test_an_operation_without_words_of_its_own_is_told_by_its_sentence() -> None:
    ended = entry(state="done", exit_code=0, operation="adopt", sentence="adopted x\x1b[31m")
    assert outcome_lines(ended) == ["✓ adopted x\\x1b[31m"]


@pytest.mark.parametrize(
    ("operation", "put"),
    [("restore", "restored"), ("upgrade", "upgraded"), ("downgrade", "downgraded"),
     ("stamp", "stamped"), ("bootstrap", "new"), ("reset", "new")],
)  # fmt: skip
def test_a_file_that_stays_though_the_gateway_is_unhealthy_is_called_by_what_it_is(
    operation: str, put: str
) -> None:
    ended = entry(state="failed", exit_code=14, outcome="left unhealthy", operation=operation)
    assert outcome_of(ended).meaning.startswith(f"the {put} database is in place and whole")


def test_the_verdict_is_not_said_twice() -> None:
    ended = entry(state="done", exit_code=0, operation="upgrade", sentence="Upgraded a → b.")
    assert outcome_of(ended).meaning == "a → b."


def test_an_undo_is_called_by_what_it_undid_with_its_number_and_by_whom() -> None:
    undoes = {
        "operation": "upgrade",
        "number": 24,
        "at": "2026-07-09T20:16:00+00:00",
        "who": "dana",
    }
    ended = entry(state="done", exit_code=0, operation="undo", result={"undoes": undoes})
    lines = outcome_lines(ended)
    assert lines[0].startswith("✓ undone: upgrade op 24 of Jul 09 ")
    assert lines[1] == "  undid    work of dana, from safety copy k7m2qd"
    outcome = outcome_of(ended)
    assert outcome.word == "UNDONE"
    assert outcome.meaning.startswith("the upgrade, op 24 of Jul 09 ")
    assert outcome.meaning.endswith(", by dana")
    assert "undo of upgrade op 24" in "".join(list_lines([ended], 1))


def test_an_undo_of_a_bootstrap_names_no_empty_copy() -> None:
    undoes = {"operation": "bootstrap", "number": 3, "at": "", "who": ""}
    ended = entry(
        state="done", exit_code=0, operation="undo", subject="", result={"undoes": undoes}
    )
    assert outcome_lines(ended) == ["✓ undone: bootstrap op 3, took 0.0 s"]


def test_an_undo_of_an_older_journal_is_still_told() -> None:
    ended = entry(state="done", exit_code=0, operation="undo", result={})
    assert outcome_lines(ended)[0].startswith("✓ undone: the last change, took ")
    hostile = entry(state="done", exit_code=0, operation="undo", result={"undoes": {
        "operation": "x\x1b[31m", "number": "24", "at": "never", "who": "\x1b[2J"}})  # fmt: skip
    assert "\x1b" not in "".join(outcome_lines(hostile)) + outcome_of(hostile).meaning


def test_a_downtime_of_which_a_part_was_measured_tells_that_part() -> None:
    steps = (
        PlannedStep("stop", "stop", gateway_up=False),
        PlannedStep("migrate", "run", gateway_up=False, seconds=3.0),
        PlannedStep("start", "start", gateway_up=False),
    )
    rehearsed = {"rehearsal": {"ok": True}, "seconds": {"migrate": 3.0}}
    plan = Plan(
        operation="upgrade",
        title="",
        tier=Tier.REPLACING,
        subject="forge",
        basis={},
        steps=steps,
        downtime=None,
        facts=rehearsed,
    )
    told = "about 3 s (of it migrate 3.0 s) and its stop and its start, never timed here"
    assert plans.down(plan) == f"{told}; calls to the gateway fail meanwhile"
    unknown = replace(plan, facts={})
    assert plans.down(unknown).startswith("how long is not known; ")
