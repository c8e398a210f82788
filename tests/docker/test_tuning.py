"""Tuning on the real gateway: what stays, what the gateway sets itself, and that no row is lost."""

from __future__ import annotations

import pytest

from tests.docker.site import RealSite, ask
from tui.core.operation import Verdict
from tui.operations.measuring.figures import measure
from tui.operations.measuring.tuning import kept_in_file, read_tuning
from tui.operations.reads.looking import LiveDatabase
from tui.operations.reads.short_reads import ShortReads
from tui.operations.tune import Tune

pytestmark = [pytest.mark.docker, pytest.mark.timeout(600)]


def mode_of(site: RealSite) -> str:
    return kept_in_file(site.deployment)["journal_mode"]


def test_0_3_1_goes_to_wal_and_back_healthy_each_time_with_the_same_rows(raise_site) -> None:
    site: RealSite = raise_site("0.3.1")
    site.add_tool("kept")
    owner, tables = site.owner_and_mode(), ask(site.lab.database, "SELECT name FROM tools")
    assert mode_of(site) == "delete"
    for mode in ("wal", "delete", "wal"):
        entry = site.do(Tune(site.deployment, setting="journal_mode", value=mode, stop=True))
        assert entry.exit_code == 0, entry.sentence
        assert site.healthy()
        # The release sets none itself: what the file keeps is what it works with.
        assert mode_of(site) == mode
        assert site.owner_and_mode() == owner
    assert ask(site.lab.database, "SELECT name FROM tools") == tables
    assert site.left_overs() == []


def test_1_0_7_sets_its_own_mode_and_takes_another_page_size(raise_site) -> None:
    site: RealSite = raise_site("1.0.7")
    site.add_tool("kept")
    tools = site.tools()
    plan = Tune(site.deployment, setting="journal_mode", value="delete", stop=True).plan()
    assert [c.name for c in plan.checks if c.verdict is Verdict.FAIL] == ["gateway sets"]
    found = {setting.name: setting for setting in read_tuning(site.deployment)}
    assert found["busy_timeout"].at_gateway == "5000 ms"
    assert found["SQLITE_TIMEOUT"].at_gateway == "not read by this release"
    entry = site.do(Tune(site.deployment, setting="page_size", value="8192", stop=True))
    assert entry.exit_code == 0, entry.sentence
    assert site.healthy()
    assert site.tools() == tools
    figures = measure(ShortReads(LiveDatabase(site.deployment)))
    assert (figures.page_size, figures.journal_mode) == (8192, "wal")
    assert len(figures.tables) > 70
