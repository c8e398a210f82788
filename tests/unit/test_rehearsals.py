"""Reports of rehearsals: the newest twenty, kept whole; what else lies there is harmless."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tui.core.errors import NotFoundError, VerificationError
from tui.core.models import BrokenKey, Deployment, Rehearsal, RevisionRun, SchemaChange
from tui.operations.timelines.rehearsals import KEPT, folder, listed, load, matching, save
from tui.wording.rehearsal_failures import failure

NOW = datetime.now(UTC).replace(microsecond=0)
OLD, NEW = "e198602c3c1e", "7ab59991e017"


@pytest.fixture
def deployment(tmp_path: Path) -> Deployment:
    data = tmp_path / "data"
    data.mkdir()
    return Deployment(name="x", database=data / "mcp.db", backup_dir=data / "backups")


def ident(number: int) -> str:
    return f"{number:06}-20260811T011402Z-rehearse"


def report(number: int = 1, **more: Any) -> Rehearsal:
    values: dict[str, Any] = {
        "id": ident(number),
        "taken": NOW - timedelta(minutes=5),
        "who": "dana",
        "action": "upgrade",
        "target": NEW,
        "image": "mcp:1.0.7",
        "image_id": "sha256:abc",
        "release": "1.0.7",
        "before": (OLD,),
        "after": (NEW,),
        "runs": (
            RevisionRun(revision=NEW, direction="up", seconds=0.3, ok=True, did=("+ table a",)),
        ),
        "planned": 1,
        "schema": (SchemaChange(sign="+", kind="table", table="a", name="a", detail="1 column"),),
        "rows": {"tools": (3, 4), "a": (None, 0)},
        "start_rows": {"tool_metrics": (500, 20)},
        "rolled_up": ("tool_metrics",),
        "foreign_keys": (4, 4),
        "broken_keys": (BrokenKey(table="links", parent="tools", before=4, after=4, same=True),),
        "integrity": "ok",
        "heads": (NEW,),
        "size": (4096, 8192),
        "seconds": {"copy": 1.0, "migrate": 0.5, "check": 0.25},
        "leftovers": ("_alembic_tmp_tools",),
        "live_inode": 42,
        "output": ("INFO ran",),
    }
    return Rehearsal(**{**values, **more})


def like(deployment: Deployment, **more: Any) -> Rehearsal | None:
    wanted = {"action": "upgrade", "target": NEW, "image_id": "sha256:abc", "before": [OLD]}
    return matching(deployment, **{**wanted, **more})  # type: ignore[arg-type]


def test_what_is_kept_is_read_again_as_it_was(deployment: Deployment) -> None:
    path = save(deployment, report())
    assert load(deployment, ident(1)) == load(deployment, "1") == load(deployment, "latest")
    assert load(deployment, "1") == report()
    assert path.stat().st_mode & 0o777 == 0o600
    assert folder(deployment).stat().st_mode & 0o777 == 0o700


def test_no_folder_is_made_by_looking(deployment: Deployment) -> None:
    assert listed(deployment) == ()
    assert like(deployment) is None
    with pytest.raises(NotFoundError):
        load(deployment, "latest")
    assert not deployment.state_dir.exists()


def test_the_newest_twenty_are_kept_by_number_whatever_the_clock_said(
    deployment: Deployment,
) -> None:
    for number in range(1, KEPT + 4):
        save(deployment, report(number, taken=NOW - timedelta(days=number)))
    numbers = [int(one.id[:6]) for one in listed(deployment)]
    assert numbers == list(range(KEPT + 3, 3, -1))
    assert len(list(folder(deployment).iterdir())) == KEPT
    assert load(deployment, "latest").id == ident(KEPT + 3)


@pytest.mark.parametrize("name", ["", "nothing", "../lock", "7", "0", ident(7), "1.json"])
def test_a_name_that_none_has_is_not_found(deployment: Deployment, name: str) -> None:
    save(deployment, report())
    with pytest.raises(NotFoundError):
        load(deployment, name)


def written(path: Path, **changes: Any) -> None:
    values = json.loads(path.read_bytes())
    values["report"].update(changes)
    path.write_text(json.dumps(values))


DAMAGE: list[dict[str, Any]] = [
    {"taken": "2026-08-11T01:14:02"},
    {"taken": 5},
    {"action": "explode"},
    {"who": None},
    {"runs": [{"revision": NEW}]},
    {"runs": "all"},
    {"schema": [{"sign": "?", "kind": "table", "table": "a", "name": "a", "detail": ""}]},
    {"rows": {"tools": [1]}},
    {"rows": {"tools": [1, "2"]}},
    {"foreign_keys": [1]},
    {"broken_keys": [{"table": "links", "parent": "tools", "before": 4}]},
    {"seconds": {"copy": "long"}},
    {"seconds": {"copy": float("nan")}},
    {"before": "x"},
    {"live_inode": True},
    {"id": ident(9)},
]


@pytest.mark.parametrize("changes", DAMAGE, ids=lambda changes: str(changes)[:40])
def test_a_damaged_report_is_told_and_does_not_hide_the_others(
    deployment: Deployment, changes: dict[str, Any]
) -> None:
    save(deployment, report(1))
    written(save(deployment, report(2)), **changes)
    assert [one.id for one in listed(deployment)] == [ident(1)]
    assert like(deployment) is not None
    with pytest.raises(VerificationError):
        load(deployment, "2")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"format": 1}',
        b'{"format": 1, "report": 3}',
    ],
    ids=lambda content: repr(content[:12]),
)
def test_a_file_that_is_no_report_is_passed_over(deployment: Deployment, content: bytes) -> None:
    save(deployment, report(2)).write_bytes(content)
    save(deployment, report(1))
    assert [one.id for one in listed(deployment)] == [ident(1)]
    with pytest.raises(VerificationError):
        load(deployment, "2")


def test_a_newer_format_is_said_to_be_that(deployment: Deployment) -> None:
    path = save(deployment, report())
    values = json.loads(path.read_bytes())
    path.write_text(json.dumps({**values, "format": 2}))
    assert listed(deployment) == ()
    with pytest.raises(VerificationError, match="newer mcpdb-tui"):
        load(deployment, "1")


def test_fields_of_a_later_time_are_ignored_and_those_added_later_may_be_missing(
    deployment: Deployment,
) -> None:
    path = save(deployment, report())
    values = json.loads(path.read_bytes())
    for key in ("start_rows", "rolled_up", "planned"):
        del values["report"][key]
    path.write_text(json.dumps({**values, "report": {**values["report"], "colour": "blue"}}))
    assert load(deployment, "1") == report(start_rows={}, rolled_up=(), planned=0)


def test_strangers_and_links_are_neither_read_nor_removed(
    deployment: Deployment, tmp_path: Path
) -> None:
    elsewhere = save(deployment, report(3)).rename(tmp_path / "elsewhere.json")
    (folder(deployment) / f"{ident(3)}.json").symlink_to(elsewhere)
    (folder(deployment) / "notes.json").write_text("mine")
    (folder(deployment) / "a folder.json").mkdir()
    for number in range(4, KEPT + 8):
        save(deployment, report(number))
    assert (folder(deployment) / "notes.json").read_text() == "mine"
    assert (folder(deployment) / "a folder.json").is_dir()
    assert elsewhere.exists()
    (folder(deployment) / f"{ident(9_999)}.json").symlink_to(elsewhere)
    assert listed(deployment)[0].id == ident(KEPT + 7)
    with pytest.raises(VerificationError, match="symbolic link"):
        load(deployment, "9999")


def test_hostile_text_stays_in_the_file_and_is_cleaned_where_it_is_shown(
    deployment: Deployment,
) -> None:
    run = RevisionRun(
        revision=NEW,
        direction="up",
        seconds=0.1,
        ok=False,
        message="red \x1b[31m",
        statement="CREATE\x1b]0;x\x07 TABLE\n t",
        error="no \u202etable\x9b",
    )
    save(deployment, report(runs=(run,), problem="it raised", integrity=""))
    found = load(deployment, "1")
    assert found.runs == (run,)
    told = failure(found)
    assert told.isprintable()
    assert "\\x1b" in told and "\\u202e" in told


# --- which report speaks for a change -----------------------------------------------------


def test_a_good_report_of_this_day_and_of_the_same_thing_matches(deployment: Deployment) -> None:
    save(deployment, report())
    assert like(deployment) == report()


@pytest.mark.parametrize(
    "other",
    [
        {"action": "downgrade"},
        {"target": OLD},
        {"image_id": "sha256:def"},
        {"image_id": ""},
        {"before": ["6c0e5f8a9b1d"]},
        {"before": []},
    ],
    ids=str,
)
def test_another_action_target_image_or_start_does_not(
    deployment: Deployment, other: dict[str, Any]
) -> None:
    save(deployment, report())
    assert like(deployment, **other) is None


@pytest.mark.parametrize(
    "bad",
    [
        {"problem": "it raised"},
        {"integrity": "row 3 missing"},
        {"integrity": ""},
        {"rows": {"tools": (3, 2)}},
        {"taken": NOW - timedelta(hours=24, minutes=1)},
        {"taken": NOW + timedelta(hours=1)},
    ],
    # Not by their values: two workers would not begin in the same second.
    ids=["it failed", "damaged", "never checked", "lost a row", "too old", "of the future"],
)
def test_one_that_failed_or_is_old_or_of_the_future_does_not(
    deployment: Deployment, bad: dict[str, Any]
) -> None:
    save(deployment, report(**bad))
    assert like(deployment) is None


def test_a_newer_failure_of_the_same_thing_outweighs_an_older_success(
    deployment: Deployment,
) -> None:
    save(deployment, report(1))
    save(deployment, replace(report(2), problem="it raised"))
    save(deployment, replace(report(3), action="downgrade"))
    assert like(deployment) is None
    save(deployment, report(4))
    found = like(deployment)
    assert found is not None and found.id == ident(4)


def test_rows_that_only_the_start_changes_are_not_lost() -> None:
    found = report()
    assert found.lost == {}
    assert found.ok
