"""Downgrades of a process gateway's database, and what a start of the gateway makes of them."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import ROOT, Site
from tests.unit.demo_package import BETWEEN, CURRENT, HEAD, OLDER, give_package
from tests.unit.test_upgrade import is_clean, revisions, verdicts
from tui.cli.report.plan import plan_lines
from tui.core.models import ProcessRef
from tui.core.operation import Verdict
from tui.operations.downgrade import Downgrade
from tui.operations.timelines import rehearsals
from tui.operations.undo import Undo


def migrating_at_its_start(site: Site) -> None:
    """Let the site's gateway run the pending migrations when it starts, as the real one does."""
    ref = site.deployment.gateway
    assert isinstance(ref, ProcessRef)
    migrate = shlex.join(
        [
            "env",
            f"PYTHONPATH={ROOT}",
            f"DATABASE_URL=sqlite:///{site.database}",
            sys.executable,
            "-m",
            "tui.demo.bootstrap_db",
        ]
    )
    start = ("sh", "-c", f"{migrate} && exec {shlex.join(ref.start)}")
    site.deployment = replace(
        site.deployment, gateway=replace(ref, start=start, migrates_at_start=True)
    )


def test_down_by_one_and_to_a_named_revision_keeps_rows_and_is_undone(site: Site) -> None:
    tools = site.tools()
    first = site.do(Downgrade(site.deployment, "-1"))
    assert first.exit_code == 0, first.sentence
    assert revisions(site) == (BETWEEN,)
    assert (first.result["before"], first.result["after"]) == ([HEAD], [BETWEEN])
    assert first.result["applied"] == [HEAD]
    assert site.healthy()

    second = site.do(Downgrade(site.deployment, OLDER[:8]))
    assert second.exit_code == 0, second.sentence
    assert revisions(site) == (OLDER,)
    assert second.result["applied"] == [BETWEEN, CURRENT]
    assert site.tools() == tools
    assert is_clean(site)

    for expected in (BETWEEN, OLDER):
        # An undo makes a safety copy of its own: the next one undoes the undo.
        undone = site.do(Undo(site.deployment))
        assert undone.exit_code == 0, undone.sentence
        assert revisions(site) == (expected,)
    assert site.tools() == tools
    assert site.healthy()


def test_a_gateway_that_migrates_at_its_start_goes_up_again_and_both_say_so(site: Site) -> None:
    migrating_at_its_start(site)
    operation = Downgrade(site.deployment, "-1")
    plan = operation.plan()
    assert plan.forbidden is None
    held = verdicts(plan)["holds"]
    assert held.verdict is Verdict.WARN
    assert f"migrates up again at its start, to {HEAD}." in held.text
    assert plan.facts["starts_again"] in plan.facts["notes"]
    last = site.do(operation)
    assert last.exit_code == 0, last.sentence
    assert f"Downgraded {HEAD} → {BETWEEN} (1 revision)." in last.sentence
    assert f"The gateway's start migrated it up again to {HEAD}." in last.sentence
    assert (last.result["after"], last.result["revision"]) == ([BETWEEN], HEAD)
    assert revisions(site) == (HEAD,)
    assert site.healthy()


def test_where_the_gateway_runs_none_at_its_start_the_plan_says_what_stays(site: Site) -> None:
    plan = Downgrade(site.deployment, "-1").plan()
    assert "holds" not in verdicts(plan)
    assert plan.facts["starts_again"] == ""
    then = "The gateway's start runs no migrations; 1 revision stays pending."
    assert plan.facts["notes"] == [then]
    assert any(then in line for line in plan_lines(plan))


def test_what_it_may_drop_is_told_before_it_is_confirmed(site: Site) -> None:
    plan = Downgrade(site.deployment, OLDER).plan()
    assert plan.forbidden is None
    judged = {r["revision"]: r["downgrade"] for r in plan.facts["revisions"]}
    assert judged[CURRENT] == "drops data"
    risk = verdicts(plan)["risk"]
    assert risk.verdict is Verdict.WARN
    assert plan.facts["risk"] in ("drops data", "may refuse")


def test_a_downgrade_that_refuses_stops_nothing(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = give_package(site, tmp_path, monkeypatch)
    (path,) = package.versions.glob(f"{HEAD}_*.py")
    text = path.read_text()
    begin = text.index("def downgrade() -> None:\n") + len("def downgrade() -> None:\n")
    path.write_text(f"{text[:begin]}    raise RuntimeError('two people hold it')\n{text[begin:]}")
    pid, inode = (site.folder / "gateway.pid").read_text(), site.database.stat().st_ino
    assert verdicts(Downgrade(site.deployment, "-1").plan())["risk"].text.startswith(HEAD)
    last = site.do(Downgrade(site.deployment, "-1"))
    assert last.exit_code == 1
    assert "two people hold it" in last.sentence
    assert (site.folder / "gateway.pid").read_text() == pid
    assert site.database.stat().st_ino == inode
    (report,) = rehearsals.listed(site.deployment)
    assert report.failed is not None
    assert is_clean(site)


def test_what_cannot_be_gone_down_to_is_refused_with_what_to_do(
    site: Site, make_site: Callable[..., Site]
) -> None:
    def refused(target: str, of: Site = site) -> tuple[str, int]:
        found = Downgrade(of.deployment, target).plan().forbidden
        assert found is not None
        return found.text, int(found.exit_code)

    assert refused("") == ("Say which revision to go down to, or -1.", 2)
    assert refused("base")[1] == 2
    assert "`reset`" in refused("base")[0]
    assert refused(HEAD) == (f"The database stands at {HEAD} already.", 12)
    assert refused("0000feed")[1] == 10
    old = make_site(revision="current", running=False)
    text, code = refused(HEAD, old)
    assert code == 12
    assert f"`migrations upgrade --to {HEAD}`" in text
    # Far down there is a merge: which of its two parents is meant?
    text, code = refused("-99", old)
    assert code == 2
    assert "joins" in text
