"""What a prune's plan shows of each backup: which go, which stay, and by which rule."""

from __future__ import annotations

import pytest

from tests.app.screen_host import FORBIDDEN, HOSTILE
from tests.app.screen_plans import restore_plan
from tui.app.screens.plan_rulings import rulings_rows


def ruling(ident, keep, rule, name="mcp_hotbackup_20260811_020001.db"):
    return {"backup": ident, "name": name, "size": 432_118_784, "keep": keep, "rule": rule}


def shown(width, *rulings):
    plan = restore_plan(facts={"rulings": list(rulings)})
    return [row.plain for row in rulings_rows(plan, width)]


def test_a_plan_without_rulings_has_no_rows():
    assert rulings_rows(restore_plan(), 80) == []


@pytest.mark.parametrize("width", [80, 140])
def test_what_goes_stands_first_and_each_row_names_its_rule(width):
    rows = shown(
        width,
        ruling("k7m2qd", keep=True, rule="kept: last verified"),
        ruling("w4n8rt", keep=False, rule="dropped: older than 7 days"),
    )
    assert rows[0] == " GO  1 backup, 412M come free"
    assert rows[1].startswith("   - w4n8rt  412M")
    assert rows[1].rstrip().endswith("older than 7 days")
    assert rows[2] == " STAY  1 backup"
    assert rows[3].startswith("     k7m2qd  412M")
    assert rows[3].rstrip().endswith("last verified")
    assert max(map(len, rows)) <= width


def test_where_nothing_goes_that_is_said():
    assert "   nothing goes" in shown(80, ruling("k7m2qd", keep=True, rule="kept: pinned"))


def test_hostile_names_are_shown_as_text():
    text = "\n".join(shown(80, ruling(HOSTILE, keep=False, rule=HOSTILE, name=HOSTILE)))
    assert not [bad for bad in FORBIDDEN if bad in text]
