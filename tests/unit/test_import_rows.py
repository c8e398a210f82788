"""Imports under a gateway: all rows of a file or none, and nothing that the file has not."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Site
from tests.contents import content
from tests.faults import Held, without_code
from tui.core.errors import McpdbError
from tui.core.operation import Plan
from tui.operations.activity import unfinished
from tui.operations.execution.launch import follow, launch, launch_resume
from tui.operations.export import Export
from tui.operations.finding.gateways import gateway_of, state_of
from tui.operations.import_rows import ImportRows
from tui.operations.reads.exporting import Wanted
from tui.operations.undo import Undo

TRAFFIC = ("tool_metrics", "gateways.last_seen")
"""What the gateway writes by itself."""


@pytest.fixture
def ready(site: Site) -> Site:
    site.deployment = without_code(site.deployment)
    return site


def exported(site: Site, *tables: str) -> Path:
    target = site.folder.parent / "exported"
    wanted = tuple(Wanted(name=table) for table in tables)
    Export(deployment=site.deployment, wanted=wanted, kind="json").to_folder(target, replace=True)
    return target


def execute(site: Site, sql: str) -> None:
    with closing(sqlite3.connect(site.database, timeout=10)) as connection, connection:
        connection.execute(sql)


def before(site: Site) -> dict[str, list[str]]:
    return content(site.database, without=TRAFFIC)


def untouched(site: Site, stood: dict[str, list[str]]) -> None:
    site.wait_healthy()
    assert before(site) == stood
    assert site.integrity() == "ok"
    assert site.left_overs() == []
    assert unfinished(site.deployment) == ()


def refused(operation: ImportRows, code: int, says: str) -> None:
    """By its plan, or already while it is made."""
    try:
        plan: Plan = operation.plan()
        assert plan.forbidden is not None
        found: tuple[int, str] = (plan.forbidden.exit_code, plan.forbidden.text)
    except McpdbError as error:
        found = (error.exit_code, str(error))
    assert (found[0], says in found[1]) == (code, True), found


def test_rows_go_in_secrets_stay_and_undo_takes_it_back(ready: Site) -> None:
    execute(ready, "UPDATE gateways SET auth_value = 's3cret'")
    stood = before(ready)
    folder = exported(ready, "gateways", "tools")
    assert "s3cret" not in (folder / "gateways.json").read_text()
    execute(ready, "UPDATE gateways SET name = 'spoilt ' || name")
    execute(ready, "DELETE FROM tools WHERE id = (SELECT max(id) FROM tools)")
    spoilt = before(ready)
    identity, pid = ready.database.stat(), state_of(gateway_of(ready.deployment)).identity

    operation = ImportRows(ready.deployment, str(folder), table="gateways", mode="upsert")
    plan = operation.plan()
    assert plan.forbidden is None, plan.forbidden
    assert plan.facts["effect"][0]["replaced"] == len(stood["gateways"])
    assert "auth_value" in plan.facts["columns"]["secrets"]
    last = ready.do(operation)
    assert last.exit_code == 0, last.sentence
    assert "Imported gateways.json into gateways: 0 rows added, " in last.sentence
    assert before(ready)["gateways"] == stood["gateways"]

    last = ready.do(ImportRows(ready.deployment, str(folder / "tools.json"), mode="upsert"))
    assert "into tools: 1 row added, 0 replaced" in last.sentence
    assert before(ready)["tools"] == stood["tools"]
    assert ready.healthy()
    assert ready.integrity() == "ok"
    now = ready.database.stat()
    assert (now.st_ino, now.st_uid, now.st_mode) == (
        identity.st_ino, identity.st_uid, identity.st_mode
    )  # fmt: skip
    assert state_of(gateway_of(ready.deployment)).identity != pid
    assert ready.left_overs() == []
    assert ready.do(Undo(ready.deployment)).exit_code == 0
    assert before(ready)["tools"] == spoilt["tools"]
    assert before(ready)["gateways"] == stood["gateways"]


def test_a_bad_row_stops_nothing_and_names_its_line(ready: Site, tmp_path: Path) -> None:
    stood, pid = before(ready), state_of(gateway_of(ready.deployment)).identity
    folder = exported(ready, "tools")
    rows: list[dict[str, Any]] = json.loads((folder / "tools.json").read_text())
    path = tmp_path / "rows.ndjson"

    def written(*found: dict[str, Any]) -> ImportRows:
        path.write_text("".join(json.dumps(row) + "\n" for row in found))
        return ImportRows(ready.deployment, str(path), table="tools", mode="upsert")

    new = {**rows[0], "id": "new", "name": "new", "gateway_id": "nowhere"}
    refused(written(rows[0], new), 3, "rows.ndjson, line 2: its gateway_id points to a row of")
    refused(written(rows[0], {**rows[1], "nix": 1}), 3, "line 2: it has also nix")
    refused(written(*rows), 12, "there is nothing to import")
    refused(replace(written(*rows), mode="insert"), 3, "line 1: a row with its key is there")
    refused(replace(written(*rows), path=str(tmp_path / "nix.csv")), 10, "There is no")
    refused(replace(written(*rows), path=__file__, table="tools"), 2, "its name does not say it")
    (folder / "tools.json").write_text("[]")
    refused(ImportRows(ready.deployment, str(folder)), 3, "FAIL sha256 of tools.json")
    watching = replace(ready.deployment, read_only=True)
    refused(replace(written({**rows[0], "name": "x"}), deployment=watching), 12, "--read-only")
    assert state_of(gateway_of(ready.deployment)).identity == pid
    untouched(ready, stood)


def test_a_file_that_was_changed_since_the_plan_needs_a_new_one(
    ready: Site, hold: Callable[..., Held]
) -> None:
    folder = exported(ready, "tools")
    execute(ready, "UPDATE tools SET description = 'spoilt'")
    operation = ImportRows(ready.deployment, str(folder / "tools.json"), mode="upsert")
    fingerprint = operation.plan().fingerprint
    text = (folder / "tools.json").read_text()
    (folder / "tools.json").write_text(text + "\n")
    with pytest.raises(McpdbError, match="Something moved") as raised:
        launch(operation, fingerprint)
    assert raised.value.exit_code == 11
    stood = before(ready)
    held = hold(ready.deployment, "after:step_finished:check")
    held.begin(operation)
    execute(ready, "DELETE FROM tools")
    last = held.end()
    assert (last.exit_code, "0 added in the plan" in last.sentence) == (11, True), last.sentence
    assert before(ready)["tools"] == []
    assert stood["gateways"] == before(ready)["gateways"]
    assert ready.left_overs() == []


@pytest.mark.parametrize(
    ("place", "kept"),
    [("after:step_started:write", False), ("before:step_finished:commit", True)],
)
def test_a_kill_leaves_the_old_rows_or_the_new_ones(
    place: str,
    kept: bool,
    ready: Site,
    faulty_runner: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stood = before(ready)
    folder = exported(ready, "tools")
    execute(ready, "UPDATE tools SET description = 'spoilt'")
    spoilt = before(ready)
    operation = ImportRows(ready.deployment, str(folder), mode="upsert")
    with monkeypatch.context():
        faulty_runner("kill-" + place.partition(":")[0], place.partition(":")[2])
        *_, last = follow(ready.deployment, launch(operation, operation.plan().fingerprint))
        assert last.state == "cut"
    monkeypatch.undo()
    ((journal_id, code),) = launch_resume(ready.deployment)
    *_, last = follow(ready.deployment, journal_id)
    assert code == (0 if kept else 1), last.sentence
    words = "Imported tools.json into tools" if kept else "The import was cut short"
    assert words in last.sentence or kept
    untouched(ready, stood if kept else spoilt)
