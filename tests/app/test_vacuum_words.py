"""What the question of VACUUM says of its two ways, from their plans."""

from __future__ import annotations

from tui.app.maintaining import online_words, stop_words
from tui.core.operation import Check, Plan, Tier, Verdict


def plan(**other) -> Plan:
    values = {"operation": "vacuum", "title": "", "tier": Tier.DISRUPTIVE, "subject": "forge",
              "basis": {}}  # fmt: skip
    return Plan(**{**values, **other})


def test_how_long_the_gateway_is_down_or_that_nobody_knows() -> None:
    assert stop_words(plan(downtime=15.7)) == "about 16 s down, safe"
    assert stop_words(plan(downtime=185.0)) == "about 3 min 05 s down, safe"
    assert stop_words(plan(downtime=None)) == "how long it is down is not known yet; safe"
    assert stop_words(plan(downtime=0.0)) == "it is down already, safe"


def test_how_long_writers_wait_and_what_it_needs() -> None:
    facts = {"locked": 5.9, "needs": 825 * 2**20}
    assert online_words(plan(facts=facts)) == "locks writers about 6 s; needs 825M"
    assert online_words(plan(facts={"locked": 0.01, "needs": None})) == "locks writers about 1 s"


def test_a_way_that_cannot_be_gone_says_why() -> None:
    check = Check("online", Verdict.FAIL, "The gateway keeps its file in journal mode delete.")
    words = "not now: The gateway keeps its file in journal mode delete."
    assert online_words(plan(checks=(check,))) == words
    assert stop_words(plan(checks=(check,))) == words
