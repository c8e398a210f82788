"""The two kinds of gateway, container and process, behind one protocol."""

from __future__ import annotations

from tui.core.models import ContainerRef, GatewayRef
from tui.services.gateways.protocol import Gateway


def connect(ref: GatewayRef) -> Gateway:
    """Return the gateway that `ref` describes; talks to nobody yet."""
    if isinstance(ref, ContainerRef):
        # The Docker SDK costs half a second: imported only when a container is asked for.
        from tui.services.gateways.container import ContainerGateway

        return ContainerGateway(ref)
    from tui.services.gateways.process import ProcessGateway

    return ProcessGateway(ref)
