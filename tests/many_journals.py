"""Thousands of journals, as years of nightly work leave them; written straight to the disk."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tui.core.models import FORMAT, Deployment
from tui.services import journal, processes

KINDS = ("backup", "prune", "verify", "backup", "drill")
NEWEST = datetime(2026, 8, 11, 2, 0, tzinfo=UTC)


def write_journal(
    deployment: Deployment,
    number: int,
    operation: str,
    began: datetime,
    *,
    subject: str = "",
    ended: bool = True,
    result: dict[str, object] | None = None,
    facts: dict[str, object] | None = None,
    exit_code: int = 0,
    outcome: str = "done",
    who: str = "cron",
    suffix: str = "",
    alive: bool = False,
) -> Path:
    """One journal of four steps; without `ended` it was cut, or runs where it is `alive`."""
    tail = f"-{subject}" if subject else ""
    name = f"{number:06d}-{began:%Y%m%dT%H%M%SZ}-{operation}{tail}{suffix}"
    steps = [
        {"step": step, "title": f"{step} the database", "cancellable": True}
        for step in ("space", "copy", "verify", "publish")
    ]
    at = began.isoformat()
    records: list[dict[str, object]] = [
        {
            "kind": "begun", "at": at, "format": FORMAT, "number": number,
            "operation": operation, "title": f"{operation} of {deployment.name}",
            "subject": subject, "steps": steps, "pid": 1, "started": 0.0, "boot": "gone",
            "who": who, "host": "ctx-01", "origin": "cron",
            "command": f"mcpdb-tui {operation}",
        }
    ]  # fmt: skip
    records[0]["deployment"] = deployment.as_json()
    if alive:
        pid, started, boot = processes.me()
        records[0].update(pid=pid, started=started, boot=boot)
    for step in steps:
        records.append({"kind": "step_started", "at": at, "facts": facts or {}, **step})
        records.append({"kind": "step_finished", "at": at, "step": step["step"], "facts": {}})
    if ended:
        end = (began + timedelta(seconds=8.4)).isoformat()
        records.append(
            {
                "kind": "ended", "at": end, "exit": exit_code, "outcome": outcome,
                "sentence": f"{operation} {number}", "result": result or {},
            }
        )  # fmt: skip
    folder = journal.folder(deployment.state_dir)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"{name}.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


def write_many(
    deployment: Deployment, count: int, *, newest: datetime = NEWEST, hours: float = 12.0
) -> list[Path]:
    """So many journals, oldest first, so many hours apart."""
    return [
        write_journal(
            deployment,
            number,
            KINDS[number % len(KINDS)],
            newest - timedelta(hours=hours * (count - number)),
        )
        for number in range(1, count + 1)
    ]
