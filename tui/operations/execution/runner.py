"""The process that carries out one operation: `python -m tui.operations.execution.runner`.

It has a session of its own, so a dropped terminal does not reach it. It reads its request from
stdin, answers on stdout in JSON lines (`recovering`, then `journal` or `error`) and from then on
speaks through the journal alone. SIGINT asks it to cancel; SIGTERM too, as far as that is still
safe.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from tui.core.errors import BusyError, ExitCode, McpdbError
from tui.core.models import FORMAT, Deployment
from tui.core.operation import Operation, Plan, Tier
from tui.operations.execution.recovery import finish_all
from tui.operations.execution.registry import build, parameters
from tui.operations.execution.running import Run
from tui.services import journal, processes
from tui.services.locks import DatabaseLock
from tui.services.operator import Origin
from tui.services.sharing import share_state
from tui.wording.clean import one_line

LOCK_GRACE = 2.0
"""Seconds to wait for a lock whose owner is just ending."""


class _Wish:
    """The wish to stop, set by a signal."""

    def __init__(self) -> None:
        self._asked = False
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._ask)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)

    def _ask(self, _number: int, _frame: object) -> None:
        self._asked = True

    def __call__(self) -> bool:
        return self._asked


def _answer(**values: object) -> None:
    """One line for whoever started us; they may be gone already, which is no reason to stop."""
    with suppress(OSError, ValueError):
        sys.stdout.write(json.dumps(values, default=str) + "\n")
        sys.stdout.flush()


def _hang_up() -> None:
    """Let go of the starter's pipe: from now on the journal speaks."""
    with suppress(OSError):
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, sys.stdout.fileno())
        os.dup2(null, sys.stdin.fileno())
        os.close(null)


def begin(
    operation: Operation, deployment: Deployment, plan: Plan, origin: Origin
) -> tuple[journal.Journal, list[Any]]:
    """Open the journal of an operation and write its first record.

    Raises:
        PrecheckError: The journal cannot be written: nothing may begin.
    """
    subject = str(plan.facts.get("from", {}).get("id") or "") if plan.facts else ""
    subject = subject or (plan.subject if plan.subject != deployment.name else "")
    number, journal_id = journal.next_id(deployment.state_dir, operation.name, subject)
    writer = journal.Journal.create(deployment.state_dir, journal_id)
    pid, started, boot = processes.me()
    record = writer.append(
        "begun",
        format=FORMAT,
        number=number,
        operation=operation.name,
        title=plan.title,
        subject=subject,
        params=parameters(operation),
        deployment=deployment.as_json(),
        steps=[asdict(step) for step in plan.steps],
        pid=pid,
        started=started,
        boot=boot,
        **{**origin.as_json(), "command": origin.command or plan.command},
    )
    return writer, [record]


def _refuse(deployment: Deployment, request: dict[str, Any], error: McpdbError) -> None:
    origin = request.get("origin", {})
    journal.record_refusal(
        deployment.state_dir,
        {
            "operation": request["operation"],
            "title": request["operation"],
            # Whether a schedule asked for it: what it missed is told.
            "params": request.get("params", {}),
            "pid": os.getpid(),
            **origin,
        },
        {"exit": int(error.exit_code), "outcome": "refused", "sentence": str(error)},
    )


def _recovering(journal_id: str) -> None:
    _answer(recovering=journal_id)


def serve(request: dict[str, Any]) -> ExitCode:
    """Carry out one request; the answer to its starter is given on the way."""
    wish = _Wish()
    deployment = Deployment.from_json(request["deployment"])
    origin = Origin(**request["origin"])
    lock = DatabaseLock(deployment.state_dir)
    name = str(request["operation"])
    try:
        lock.acquire(origin, " ".join([name, *request.get("about", [])]), wait=LOCK_GRACE)
        ended = finish_all(deployment, lock.descriptor, _recovering)
        if name == "resume":
            _answer(resumed=[[journal_id, int(code)] for journal_id, code in ended])
            return ended[-1][1] if ended else ExitCode.DONE
        operation = build(name, deployment, request["params"])
        plan = operation.plan()
        _check(plan, str(request.get("fingerprint", "")), str(request.get("agreed", "")))
        writer, records = begin(operation, deployment, plan, origin)
        share_state(deployment.state_dir, deployment.group)
    except McpdbError as error:
        _refuse(deployment, request, error)
        _answer(error=str(error), exit=int(error.exit_code))
        lock.release()
        return error.exit_code
    _answer(journal=writer.id)
    _hang_up()
    run = Run(operation, writer, records, cancelled=wish, lock=lock.descriptor)
    code = run.execute()
    writer.close(ended=journal.has_ended(records))
    if journal.has_ended(records):
        _keep_in_bounds(deployment)
    lock.release()
    return code


def _keep_in_bounds(deployment: Deployment) -> None:
    """Let old journals go; whatever stands in the way says nothing of the operation that ended."""
    from tui.operations.recording.pruning import prune_journals

    with suppress(OSError, McpdbError):
        prune_journals(deployment)


def _check(plan: Plan, fingerprint: str, agreed: str = "") -> None:
    """Refuse what the plan forbids, or what is not what was confirmed (I10).

    What was cut and is finished first may bring the gateway back: then an operation that nobody had
    to be asked for would stop it.
    """
    forbidden = plan.forbidden
    if forbidden is not None:
        raise _error(forbidden.exit_code, forbidden.text)
    if fingerprint and fingerprint != plan.fingerprint:
        moved = one_line(", ".join(plan.moved_since(fingerprint)))
        raise BusyError(
            f"Something moved since the plan was made: {moved}. Nothing was done; make a new plan."
        )
    tiers = list(Tier)
    if not fingerprint and agreed and tiers.index(plan.tier) > tiers.index(Tier(agreed)):
        raise BusyError(
            "It has to be confirmed now, and did not when the plan was made. Nothing was done; "
            "make a new plan."
        )


def _error(code: ExitCode, text: str) -> McpdbError:
    from tui.core.errors import ERRORS_BY_CODE

    return ERRORS_BY_CODE.get(code, McpdbError)(text)


def main() -> None:
    """Read one request from stdin and serve it."""
    os.umask(0o077)
    request = json.loads(sys.stdin.readline())
    try:
        code = serve(request)
    except McpdbError as error:
        _answer(error=str(error), exit=int(error.exit_code))
        code = error.exit_code
    raise SystemExit(int(code))


if __name__ == "__main__":
    main()
