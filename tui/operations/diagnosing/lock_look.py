"""One look at who holds the database locked, for whoever waits for it: again and again."""

from __future__ import annotations

import os
from dataclasses import dataclass

from tui.core.errors import McpdbError
from tui.core.models import ContainerRef, Deployment, GatewayState, Holder
from tui.operations.finding.gateways import gateway_of
from tui.operations.reads.holding import busy_timeout
from tui.services import files
from tui.services.containers.container_facts import name_of
from tui.services.containers.engine import Engine
from tui.services.gateways.container_stream import assembler, parts
from tui.services.live.holders import container_of, holders, inodes
from tui.services.live.locked import is_first_namespace, locks

LINES = 12
"""Lines of a holder's log that are shown."""
_BLOCK = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class LockLook:
    """Who writes, who has it open, and whether that is all there is."""

    writer: Holder | None = None
    """Who holds the write lock now; None for nobody that can be seen."""
    container: str = ""
    """Name of the writer's container; its id where the engine does not tell."""
    is_gateway: bool = False
    """Whether the writer is the gateway itself."""
    on: str = ""
    """The file that the lock lies on: `mcp.db-shm`."""
    others: tuple[Holder, ...] = ()
    """Who else has it open and is neither ours nor the gateway."""
    unseen: str = ""
    """Why "nobody" is not known to be true; empty where it is."""
    gateway: str = ""
    """Who waits: the gateway's container or folder; empty without one."""
    patience: float = 0.0
    """Seconds after which a call of the gateway that waits fails."""

    @property
    def end(self) -> str:
        """The command that ends the writer, to be run by hand; empty for the gateway's and ours."""
        if self.writer is None or self.is_gateway or self.writer.ours:
            return ""
        if self.container:
            return f"docker stop {self.container}"
        return f"sudo kill {self.writer.pid}"


class LockEye:
    """Looks at the locks of one database; what the engine was asked once is not asked again."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self._names: dict[str, str] = {}
        self._patience: float | None = None

    def look(self, state: GatewayState | None) -> LockLook:
        """Look once; blocks for some milliseconds, and never raises for what cannot be seen.

        Args:
            state: The gateway's, as it is known.
        """
        database = self._deployment.database
        writing = sorted(one.pid for one in locks(database) if one.does == "writes")
        found, complete = holders(inodes(database), ignore=(os.getpid(),))
        writer = self._writer(writing, found)
        gateway = [one for one in found if _is_gateways(state, one)]
        return LockLook(
            writer=writer,
            container=self._name(writer.container) if writer and writer.container else "",
            is_gateway=writer is not None and _is_gateways(state, writer),
            on=self._locked_file(),
            others=tuple(
                one for one in found if one != writer and not one.ours and one not in gateway
            ),
            unseen=self._unseen(complete, bool(gateway), state),
            gateway=self._gateway(),
            patience=self._waits(),
        )

    def _writer(self, writing: list[int], found: list[Holder]) -> Holder | None:
        """Another file of the same number may be locked elsewhere: who has ours open counts."""
        for pid in writing:
            known = next((one for one in found if one.pid == pid), None)
            if known is not None:
                return known
        hidden = [pid for pid in writing if not os.access(f"/proc/{pid}/fd", os.R_OK)]
        if not hidden:
            return None
        pid = hidden[0]
        return Holder(pid=pid, command="a process", user="", container=container_of(pid)[:12])

    def _locked_file(self) -> str:
        shm = self._deployment.database.with_name(f"{self._deployment.database.name}-shm")
        return shm.name if files.identity(shm) is not None else self._deployment.database.name

    def _unseen(self, complete: bool, gateway_seen: bool, state: GatewayState | None) -> str:
        if not is_first_namespace() and isinstance(self._deployment.gateway, ContainerRef):
            up = state is not None and state.is_up
            if not (up and gateway_seen):
                return "this is another PID namespace than the gateway's; run it on the host"
        return "" if complete else "other users' processes may not be looked into: sudo mcpdb-tui"

    # --- what the engine knows ----------------------------------------------------------------

    def _engine(self) -> Engine:
        ref = self._deployment.gateway
        return Engine(ref.docker_host if isinstance(ref, ContainerRef) else "")

    def _name(self, ident: str) -> str:
        if ident not in self._names:
            engine = self._engine()
            try:
                self._names[ident] = name_of(engine.inspect(ident))
            except McpdbError:
                self._names[ident] = ident
            finally:
                engine.close()
        return self._names[ident]

    def log(self, container: str) -> tuple[str, ...]:
        """The last lines of a container's log.

        Raises:
            McpdbError: The engine does not give it.
        """
        engine = self._engine()
        try:
            taken = assembler(engine.inspect(container))
            entries = []
            with engine.log_stream(container, tail=LINES) as response:
                for block in response.iter_content(_BLOCK):
                    entries += taken(block)
            entries += taken(b"")
        finally:
            engine.close()
        return tuple(parts(entry)[1] for entry in entries[-LINES:])

    def _gateway(self) -> str:
        ref = self._deployment.gateway
        if ref is None:
            return ""
        return ref.container if isinstance(ref, ContainerRef) else "the gateway"

    def _waits(self) -> float:
        if self._patience is None:
            self._patience = busy_timeout(gateway_of(self._deployment))
        return self._patience


def _is_gateways(state: GatewayState | None, one: Holder) -> bool:
    if state is None:
        return False
    return one.pid in state.pids or bool(one.container and state.identity.startswith(one.container))
