"""One-off containers that a killed process left behind."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Mapping

from tui.core import foreign_json
from tui.core.errors import NotFoundError
from tui.services.containers.engine import ONE_OFF_LABEL, Engine
from tui.services.migrations.one_off import MAKER_LABEL
from tui.services.processes import is_alive


def remove_left_behind(engine: Engine) -> list[str]:
    """Remove the one-off containers whose maker is dead; their names.

    One that still runs for another host, or says nothing of its maker, is left alone.

    Raises:
        DockerError: The engine does not answer.
    """
    gone = []
    for found in engine.containers():
        labels = found.get("Labels") or {}
        if ONE_OFF_LABEL not in labels:
            continue
        if _is_orphan(labels, ended=found.get("State") in ("exited", "dead")):
            with contextlib.suppress(NotFoundError):
                engine.remove(found["Id"])
            gone.append(str(found["Names"][0]).lstrip("/"))
    return gone


def _is_orphan(labels: Mapping[str, str], *, ended: bool) -> bool:
    """Whether its maker was a process of this host that has died; if unknown, whether it ended."""
    try:
        host, pid, started, boot = foreign_json.loads(labels.get(MAKER_LABEL, ""))
    except (ValueError, TypeError):
        return ended
    if host != socket.gethostname():
        return ended
    return not is_alive(pid, started, boot)
