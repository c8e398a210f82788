"""The gateway: what its JSON says, and whether it stays up."""

from __future__ import annotations

from datetime import timedelta

from tui.core.errors import ExitCode
from tui.core.models import Diagnosis
from tui.core.verdict import Verdict
from tui.operations.command import command_line
from tui.operations.diagnosing.findings import fail, remedy, unknown, warn, well
from tui.operations.diagnosing.migration_checks import remedy_of
from tui.operations.diagnosing.patient import Patient
from tui.operations.finding.gateways import RESTARTS_TOO_MANY
from tui.wording.clean import one_line
from tui.wording.quantities import age, plural

_LATELY = timedelta(hours=1)
_JSON = "Its JSON counts: it answers HTTP 200 also where that says unhealthy."


def gateway(patient: Patient) -> Diagnosis:
    """Whether it runs and calls itself healthy."""
    state, health = patient.state, patient.health
    if state.running == "unknown":
        return unknown("gateway", one_line(state.text) or "what it does is not known")
    if state.running == "missing":
        text = one_line(state.text) or "there is no container"
        return fail("gateway", f"missing: {text}", code=ExitCode.NOT_FOUND)
    if state.running == "stopped":
        code = "" if state.exit_code is None else f" with exit {state.exit_code}"
        killed = " (killed)" if state.exit_code == 137 else ""
        return warn(
            "gateway",
            f"stopped{code}{killed}",
            one_line(state.text) or "Nothing serves the database now.",
            remedy=remedy(
                "start it",
                "It is started and waited for until its JSON says healthy.",
                "start",
                [command_line(patient.deployment, "gateway", "start")],
            ),
        )
    if state.running == "starting":
        return unknown("gateway", "it is just starting", _JSON)
    if health.verdict == "healthy":
        release = f" {one_line(state.release)}" if state.release else ""
        return well(
            "gateway", f"JSON says healthy{release}", _JSON, details=[one_line(health.text)]
        )
    if health.verdict == "unknown":
        return unknown("gateway", one_line(health.text), _JSON)
    word = "restarting" if state.running == "restarting" else health.verdict
    return fail("gateway", f"{word}: {one_line(health.text)}", _JSON, code=ExitCode.UNHEALTHY)


def restarts(patient: Patient) -> Diagnosis | None:
    """How often it restarted, and why, as far as its log says it."""
    state = patient.state
    loop = next((f for f in patient.migrations if f.name == "crash-loop"), None)
    if loop is not None:
        return Diagnosis(
            name="restarts",
            verdict=Verdict(loop.verdict),
            text=one_line(loop.text),
            explanation=(one_line(loop.remedy),) if loop.remedy else (),
            remedy=remedy_of(patient, loop, "restarts"),
            details=tuple(map(one_line, loop.details)),
            exit_code=ExitCode.UNHEALTHY,
        )
    if state.restarts is None:
        return None
    up = ""
    if state.since is not None and state.running == "running":
        up = f", up {age((patient.now - state.since).total_seconds())}"
    text = f"{plural(state.restarts, 'restart')}{up}"
    if state.running == "restarting":
        return fail("restarts", f"again and again: {text}", code=ExitCode.UNHEALTHY)
    lately = state.since is not None and patient.now - state.since < _LATELY
    if state.restarts >= RESTARTS_TOO_MANY and lately:
        return warn("restarts", text, "Its log (5) tells why it ended before.")
    return well("restarts", text)
