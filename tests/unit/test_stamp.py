"""Stamping a process gateway's database: the version alone changes."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing

from tests.conftest import Site
from tests.unit.demo_package import BETWEEN, HEAD
from tests.unit.test_upgrade import is_clean, revisions, safety, verdicts, write
from tui.core.operation import Verdict
from tui.operations.control import GatewayStop
from tui.operations.stamp import Stamp
from tui.operations.undo import Undo


def schema(site: Site) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(f"{site.database.as_uri()}?mode=ro", uri=True)) as connection:
        return connection.execute("SELECT name, sql FROM sqlite_schema ORDER BY 1").fetchall()


def test_a_stamp_changes_the_version_alone_says_so_and_is_undone(site: Site) -> None:
    before, tools, inode = schema(site), site.tools(), site.database.stat().st_ino
    plan = Stamp(site.deployment, BETWEEN).plan()
    assert plan.forbidden is None
    assert plan.tier == "replacing"
    target = verdicts(plan)["target"]
    assert target.verdict is Verdict.WARN
    assert target.text.startswith("Stamping tells Alembic that changes are there. It makes none.")
    assert [r["revision"] for r in plan.facts["revisions"]] == [HEAD]
    assert plan.facts["runs"] == 0

    last = site.do(Stamp(site.deployment, BETWEEN))
    assert last.exit_code == 0, last.sentence
    assert f"Stamped {HEAD} → {BETWEEN}." in last.sentence
    assert last.result["applied"] == []
    assert revisions(site) == (BETWEEN,)
    assert schema(site) == before
    assert site.tools() == tools
    assert [path.stat().st_ino for path in safety(site)] == [inode]
    assert is_clean(site)

    assert site.do(Undo(site.deployment)).exit_code == 0
    assert revisions(site) == (HEAD,)


def test_what_a_stamp_takes_for_granted_and_is_not_there_is_named(
    make_site: Callable[..., Site],
) -> None:
    site = make_site(revision="current", running=False)
    plan = Stamp(site.deployment, "head").plan()
    assert plan.facts["missing"] == [
        "column gateways.add_headers",
        "column gateways.remove_headers",
    ]
    text = verdicts(plan)["target"].text
    assert "Missing here: column gateways.add_headers, column gateways.remove_headers." in text


def test_a_version_that_nobody_knows_and_a_missing_one_can_be_stamped(site: Site) -> None:
    """The remedies for what no upgrade can begin from."""
    assert site.do(GatewayStop(site.deployment)).exit_code == 0
    for broken in (
        "UPDATE alembic_version SET version_num = 'ffffffffffff'",
        f"INSERT INTO alembic_version VALUES ('{BETWEEN}')",
        "DELETE FROM alembic_version",
        "DROP TABLE alembic_version",
    ):
        write(site, broken)
        last = site.do(Stamp(site.deployment, "head"))
        assert last.exit_code == 0, (broken, last.sentence)
        assert revisions(site) == (HEAD,)
    assert not site.running()


def test_a_stamp_that_is_there_already_or_unknown_is_refused(site: Site) -> None:
    there = Stamp(site.deployment, "head").plan().forbidden
    assert there is not None
    assert (there.text, int(there.exit_code)) == (f"The database is stamped {HEAD} already.", 12)
    unknown = Stamp(site.deployment, "0000feed").plan().forbidden
    assert unknown is not None
    assert int(unknown.exit_code) == 10
