"""What a confirmed plan rests on, and what is said when it moved."""

from __future__ import annotations

import pytest

from tui.core.errors import BusyError
from tui.core.operation import Plan, Tier
from tui.operations.execution.runner import _check


def plan(**basis: object) -> Plan:
    return Plan(operation="x", title="x", tier=Tier.REPLACING, subject="forge", basis=basis)


def test_the_same_facts_in_another_order_are_the_same():
    one, other = plan(live=[1, 2], gateway="up"), plan(gateway="up", live=[1, 2])
    assert one.fingerprint == other.fingerprint
    assert one.moved_since(other.fingerprint) == ()


def test_what_moved_is_named_by_the_part_it_stands_in():
    was = plan(live=[1, 2], gateway="up", backup="a")
    assert plan(live=[1, 3], gateway="up", backup="a").moved_since(was.fingerprint) == ("live",)
    assert plan(live=[1, 3], backup="a").moved_since(was.fingerprint) == ("gateway", "live")


def test_a_plan_that_rests_on_nothing_is_confirmed_all_the_same():
    assert plan().fingerprint
    assert plan().moved_since(plan().fingerprint) == ()


def test_a_refusal_names_what_moved():
    was = plan(live=[1, 2], gateway="up")
    with pytest.raises(BusyError, match="since the plan was made: gateway, live"):
        _check(plan(live=[1, 3], gateway="down"), was.fingerprint)
