"""Taking back an operation that brought another image in: the old file with the image it fits.

Alone, the old file would be migrated again by the new image's start, and after a downgrade the
image could not even read it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from tui.core.errors import McpdbError
from tui.core.models import ContainerRef, Deployment, GatewayState
from tui.core.operation import Check, Plan, Verdict
from tui.operations.activity import read_activity
from tui.operations.execution.journaled import merged
from tui.operations.finding.gateways import gateway_of, state_of
from tui.operations.migrating.switch_target import short
from tui.services import journal
from tui.services.containers.engine import Engine
from tui.wording.clean import one_line


def switch_back(deployment: Deployment, safety: Path) -> dict[str, Any] | None:
    """The switch that belongs to going back to a safety copy; None where no image changed.

    Args:
        deployment: Whose database.
        safety: The safety copy that is put back.
    """
    if not isinstance(deployment.gateway, ContainerRef):
        return None
    facts = _facts_of(deployment, safety)
    switch = facts.get("switch")
    # Where only owners changed, the image is the one that runs now, and needs them so.
    if not isinstance(switch, Mapping) or switch.get("from") in (None, "", switch.get("to")):
        return None
    return _turned(switch, state_of(gateway_of(deployment)))


def _facts_of(deployment: Deployment, safety: Path) -> dict[str, Any]:
    """What the operation that kept this copy had recorded."""
    for entry in read_activity(deployment, steps=False):
        kept = str(entry.result.get("safety_path") or "")
        if kept and Path(kept).name == safety.name:
            path = journal.path_of(deployment.state_dir, entry.id)
            return merged(journal.read(path))
    return {}


def _turned(switch: Mapping[str, Any], state: GatewayState) -> dict[str, Any]:
    """The other direction: what is there now is what a failure goes back to."""
    current = state.image_id or str(switch["to"])
    give = {
        what: {"before": change["after"], "after": change["before"]}
        for what, change in (switch.get("give") or {}).items()
    }
    return {
        **switch,
        "to": switch["from"],
        "from": current,
        "to_name": switch.get("from_name", ""),
        "from_name": state.image or switch.get("to_name", ""),
        "give": give,
        # Compose names the newer image, mostly: the older one is pinned.
        "pinned": switch["from"] != current,
    }


def with_switch(plan: Plan, deployment: Deployment, switch: Mapping[str, Any] | None) -> Plan:
    """A plan that says with which image the gateway starts, and whether it is still there.

    Args:
        plan: Of the file alone.
        deployment: Whose.
        switch: What `switch_back` said.
    """
    if switch is None or switch["to"] == switch["from"]:
        return plan
    name = one_line(short(str(switch["to_name"])))
    other = one_line(short(str(switch.get("from_name") or ""))) or "another image"
    text = (
        f"the gateway starts with the image it had then: {name}. Compose files are not edited: "
        f"name {name} there, or the next `compose up` starts {other} on this database"
    )
    fits = Check("revision", Verdict.OK, text)
    try:
        _require_image(deployment, str(switch["to"]))
    except McpdbError as error:
        fits = Check("revision", Verdict.FAIL, f"image {name} is needed: {error}", error.exit_code)
    checks = tuple(fits if check.name == "revision" else check for check in plan.checks)
    return replace(plan, checks=checks, facts={**plan.facts, "migrations": 0, "image": name})


def _require_image(deployment: Deployment, image_id: str) -> None:
    ref = deployment.gateway
    if isinstance(ref, ContainerRef):
        engine = Engine(ref.docker_host)
        try:
            engine.image(image_id)
        finally:
            engine.close()
