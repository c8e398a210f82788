"""A real gateway's missing database, and what the doctor says of its real schemas."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.docker.lab import fresh_database, gateway_python
from tests.docker.lab.releases import ADMIN_PASSWORD
from tests.docker.migration_site import NEW, findings, one_offs, stands_at
from tests.docker.site import RealSite, ask_finished
from tui.core.models import Deployment, GatewayState, MigrationFinding, MigrationsRef
from tui.operations.bootstrap import Bootstrap
from tui.operations.cataloguing.catalogue import safety_dir
from tui.operations.execution.launch import launch_resume
from tui.operations.timelines.migration_doctor import examine
from tui.operations.timelines.timeline import read_timeline
from tui.operations.undo import Undo
from tui.services.migrations.running import Job, run

pytestmark = [pytest.mark.docker, pytest.mark.timeout(600)]

DOWN = GatewayState(running="stopped", exit_code=0)


def beside(database: Path, release: str) -> Deployment:
    """A database with the code of a release beside it, and no gateway."""
    return Deployment(
        name="forge",
        database=database,
        backup_dir=database.parent / "backups",
        migrations=MigrationsRef(python=str(gateway_python(release)), package="mcpgateway"),
    )


def said(database: Path, release: str = "1.0.7") -> dict[str, MigrationFinding]:
    deployment = beside(database, release)
    stamp = ask_finished(database, "SELECT version_num FROM alembic_version")
    timeline = read_timeline(deployment, DOWN, [str(row[0]) for row in stamp])
    assert timeline.revisions, timeline.problem
    return {finding.name: finding for finding in examine(deployment, timeline, DOWN)}


def test_real_schemas_fit_their_stamps_and_one_that_does_not_is_told(tmp_path: Path) -> None:
    """Fresh ones, which the release makes from its models and not by its migrations."""
    for release, code in (("0.3.1", "0.3.1"), ("0.3.1", "1.0.7"), ("1.0.7", "1.0.7")):
        database = fresh_database(release, tmp_path / f"{release}-{code}.db")
        assert said(database, code) == {}, f"a database of {release} with the code of {code}"

    old = tmp_path / "0.3.1-1.0.7.db"
    with closing(sqlite3.connect(old)) as connection, connection:
        connection.execute("CREATE TABLE _alembic_tmp_tools AS SELECT * FROM tools LIMIT 0")
    left = said(old)["leftover"]
    assert (left.operation, left.params) == ("upgrade", {"leftovers": True})
    # The first pending revision that rebuilds `tools`.
    assert "_alembic_tmp_tools is left from a migration that was cut (" in left.text

    new = tmp_path / "1.0.7-1.0.7.db"
    with closing(sqlite3.connect(new)) as connection, connection:
        connection.execute("DROP TABLE mcp_app_sessions")
    behind = said(new)["behind-stamp"]
    assert "table mcp_app_sessions is not there, which b6c7d8e9f0a1 made" in behind.text
    with closing(sqlite3.connect(new)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '279184dfd71d'")
    ahead = said(new)["ahead-of-stamp"]
    assert "gateways.add_headers" in " ".join(ahead.details)
    older = said(new, "0.3.1")["unknown-revision"]
    assert "This image does not know 279184dfd71d" in older.text


def test_a_real_database_that_is_migrated_fits_its_stamp_on_the_way(tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    folder.mkdir()
    database = fresh_database("0.3.1", folder / "mcp.db")
    secret = "of-the-laboratory-alone-0123456789-ABCDEFGHIJ"
    (tmp_path / ".env").write_text(
        f"JWT_SECRET_KEY={secret}\nAUTH_ENCRYPTION_SECRET={secret[::-1]}\n"
        f"PLATFORM_ADMIN_PASSWORD={ADMIN_PASSWORD}\n"
    )
    deployment = replace(beside(database, "1.0.7"), project_dir=tmp_path)
    # In the middle of the branches of 0.8, and at the end.
    for target in ("z1a2b3c4d5e6", "head"):
        run(deployment, Job(action="upgrade", target=target), database)
        assert said(database) == {}, target
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("DROP TABLE alembic_version")
    timeline = read_timeline(deployment, DOWN, ())
    (lost,) = examine(deployment, timeline, DOWN)
    assert (lost.name, lost.verdict, lost.operation) == ("no-version", "FAIL", "stamp")


def test_a_missing_database_is_made_while_the_gateway_is_stopped_and_taken_back(
    raise_site: Callable[..., RealSite],
) -> None:
    site = raise_site("1.0.7")
    site.lab.register_tool("lost-for-good")
    owner = site.owner_and_mode()
    site.lab.compose("stop")
    for path in site.lab.database.parent.glob("mcp.db*"):
        path.unlink()
    assert findings(site)["missing"].operation == "bootstrap"
    assert not site.lab.database.exists()

    made = site.do(Bootstrap(site.deployment))

    assert made.exit_code == 0, made.sentence
    assert not site.running()
    assert stands_at(site.lab.database) == [NEW]
    assert site.owner_and_mode()[:2] == owner[:2]
    assert ask_finished(site.lab.database, "PRAGMA integrity_check") == [("ok",)]
    assert (site.left_overs(), one_offs(site)) == ([], [])

    site.lab.up()
    site.lab.register_tool("the-first")
    site.lab.compose("stop")
    undone = site.do(Undo(site.deployment))
    assert undone.exit_code == 0, undone.sentence
    assert list(site.lab.database.parent.glob("mcp.db*")) == []
    kept = safety_dir(site.deployment) / str(undone.result["safety"])
    assert ask_finished(kept, "SELECT count(*) FROM tools") == [(1,)]

    again = site.do(Undo(site.deployment))
    assert again.exit_code == 0, again.sentence
    site.lab.up()
    assert site.lab.tools() == ["the-first"]
    assert site.owner_and_mode()[:2] == owner[:2]
    assert launch_resume(site.deployment) == []
