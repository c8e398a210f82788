"""What an inspect says about a gateway's container, read out of the engine's JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from tui.core.models import GatewayState, Running
from tui.services.containers.engine import ONE_OFF_LABEL, Facts
from tui.services.logs import moment

PORT = 4444
"""Where the gateway listens when nothing else is said."""
_PROJECT = "com.docker.compose.project"
_PORT_OPTION = re.compile(r"(?:^|\s)(?:--port[= ]|-p[= ]?)(\d{2,5})\b")
_BIND_OPTION = re.compile(r"(?:--bind[= ]|-b[= ]?)\S*?:(\d{2,5})\b")
_TLS_OPTION = re.compile(r"--(?:ssl-)?(?:keyfile|certfile)\b|--ssl\b")
_GATEWAY = re.compile(r"mcpgateway|mcp-?context-?forge|contextforge", re.IGNORECASE)
_OWN = ("MCPGATEWAY_", "PLATFORM_ADMIN_", "AUTH_ENCRYPTION_SECRET")
"""How variables begin that this gateway reads and hardly anything else."""
_VERSION = re.compile(r"v?\d+\.\d+\S*")
_STATES: Mapping[str, Running] = {
    "running": "running",
    "paused": "running",
    "restarting": "restarting",
    "created": "stopped",
    "exited": "stopped",
    "dead": "stopped",
    "removing": "stopped",
}


def environment(facts: Facts) -> dict[str, str]:
    """The container's variables; names in capitals, as the gateway reads them."""
    found = {}
    for item in facts["Config"].get("Env") or []:
        name, _, value = item.partition("=")
        found[name.upper()] = value
    return found


def labels(facts: Facts) -> Mapping[str, str]:
    """The container's labels, those of its image included."""
    return facts["Config"].get("Labels") or {}


def compose(facts: Facts, name: str) -> str:
    """One of Compose's labels: `compose(facts, "service")`; empty without Compose."""
    if name == "project":
        return labels(facts).get(_PROJECT, "")
    return labels(facts).get(f"{_PROJECT.removesuffix('.project')}.{name}", "")


def name_of(facts: Facts) -> str:
    """The container's name."""
    return str(facts["Name"]).lstrip("/")


def command_line(facts: Facts) -> str:
    """Entrypoint and command on one line."""
    config = facts["Config"]
    return " ".join([*(config.get("Entrypoint") or []), *(config.get("Cmd") or [])])


def may_be_gateway(summary: Facts) -> bool:
    """Whether a container of the list is worth an inspect: not ours, not a one-off of Compose."""
    found = summary.get("Labels") or {}
    return ONE_OFF_LABEL not in found and found.get("com.docker.compose.oneoff") != "True"


def is_gateway(facts: Facts) -> bool:
    """Whether a container is the gateway.

    Its image or command names it, or it has a `DATABASE_URL` and a variable that only this
    gateway reads: databases' own containers and other programs stay out.
    """
    image_labels = labels(facts).get("org.opencontainers.image.title", "")
    words = f"{facts['Config'].get('Image', '')} {image_labels} {command_line(facts)}"
    if _GATEWAY.search(words):
        return True
    found = environment(facts)
    return "DATABASE_URL" in found and any(name.startswith(_OWN) for name in found)


def ports(facts: Facts) -> list[int]:
    """Ports the gateway may listen on in its network, likeliest first.

    The command line counts more than the `PORT` variable, which many commands ignore.
    """
    line = command_line(facts)
    found = [int(match[1]) for match in _PORT_OPTION.finditer(line)]
    found += [int(match[1]) for match in _BIND_OPTION.finditer(line)]
    exposed = facts["Config"].get("ExposedPorts") or {}
    if not found:
        found = sorted(int(port.split("/")[0]) for port in exposed if port.endswith("/tcp"))
        variable = environment(facts).get("PORT", "")
        if variable.isdecimal():
            found.append(int(variable))
        found.append(PORT)
    return list(dict.fromkeys(found))


def paths(facts: Facts) -> list[str]:
    """Paths the health page may have, likeliest first; a root path may be stripped or not."""
    found = environment(facts)
    root = found.get("APP_ROOT_PATH") or found.get("ROOT_PATH") or ""
    root = "/" + root.strip("/") if root.strip("/") else ""
    return ["/health", *([f"{root}/health"] if root else [])]


def schemes(facts: Facts) -> list[str]:
    """`http` and `https`, likelier one first."""
    told = environment(facts).get("SSL", "").lower() in ("1", "true", "yes")
    tls = told or bool(_TLS_OPTION.search(command_line(facts)))
    return ["https", "http"] if tls else ["http", "https"]


def addresses(facts: Facts, hostname: str) -> Iterator[tuple[str, str]]:
    """Host and port pairs to ask for health, with how each was learnt.

    Args:
        facts: The container.
        hostname: Where the engine's published ports are reached.
    """
    network = facts.get("NetworkSettings") or {}
    for port in ports(facts):
        for bound in (network.get("Ports") or {}).get(f"{port}/tcp") or []:
            host = bound.get("HostIp") or ""
            host = hostname if host in ("", "0.0.0.0", "::") else host
            yield _pair(host, int(bound["HostPort"])), "published port"
    if facts["HostConfig"].get("NetworkMode") == "host":
        for port in ports(facts):
            yield _pair(hostname, port), "command, host network"
    for joined in (network.get("Networks") or {}).values():
        if joined.get("IPAddress"):
            for port in ports(facts):
                yield _pair(joined["IPAddress"], port), "container's address"


def _pair(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def health_deadline(facts: Facts) -> float:
    """Seconds from a start until the health check would have given up, at least 30."""
    check = facts["Config"].get("Healthcheck") or {}
    test = check.get("Test") or []
    if not test or test[0] == "NONE":
        return 60.0

    def seconds(key: str, default: float) -> float:
        return (check.get(key) or default * 1e9) / 1e9

    once = seconds("Interval", 30.0) + seconds("Timeout", 30.0)
    return max(30.0, seconds("StartPeriod", 0.0) + (check.get("Retries") or 3) * once)


def stop_timeout(facts: Facts) -> float:
    """Seconds the engine waits before it kills; Docker's default is 10."""
    told = facts["Config"].get("StopTimeout")
    return 10.0 if told is None else 600.0 if told < 0 else float(told)


def release(facts: Facts) -> str:
    """The image's version by its label or tag; empty when neither says one."""
    label = labels(facts).get("org.opencontainers.image.version", "")
    if _VERSION.fullmatch(label):
        return label.removeprefix("v")
    name = str(facts["Config"].get("Image", "")).partition("@")[0]
    tag = name.rpartition(":")[2] if ":" in name.rpartition("/")[2] else ""
    return tag.removeprefix("v") if _VERSION.fullmatch(tag) else ""


def state_of(facts: Facts, pids: tuple[int, ...]) -> GatewayState:
    """What the container is doing.

    Args:
        facts: One inspect.
        pids: Its processes on this host.
    """
    state = facts["State"]
    running: Running = _STATES.get(state.get("Status", ""), "unknown")
    word = (state.get("Health") or {}).get("Status", "")
    if running == "running" and word == "starting":
        running = "starting"
    up = running in ("running", "starting")
    return GatewayState(
        running=running,
        text=_why(facts),
        since=_moment(state.get("StartedAt" if up else "FinishedAt")),
        exit_code=None if up or not _moment(state.get("StartedAt")) else state.get("ExitCode"),
        restarts=facts.get("RestartCount"),
        identity=facts["Id"],
        image=str(facts["Config"].get("Image", "")),
        image_id=str(facts.get("Image", "")),
        release=release(facts),
        user=_user(facts, pids),
        pids=pids,
        details=_details(facts, word),
    )


def _why(facts: Facts) -> str:
    state = facts["State"]
    if state.get("Paused"):
        return "paused: it holds its files and answers nothing; `docker unpause` lets it go on"
    if state.get("OOMKilled") and not state.get("Running"):
        return "it was killed for want of memory"
    if state.get("Status") == "restarting":
        return f"restarted {facts.get('RestartCount')} times, exit {state.get('ExitCode')}"
    return str(state.get("Error") or "")


def _moment(text: str | None) -> datetime | None:
    found = moment(text or "")
    # The engine's way to say never is the year 1.
    return found if found is not None and found.year > 1 else None


def _user(facts: Facts, pids: tuple[int, ...]) -> str:
    """The user as this host numbers it; by the image's word when it does not run."""
    main = facts["State"].get("Pid")
    if main and main in pids:
        try:
            lines = Path(f"/proc/{main}/status").read_text().splitlines()
        except OSError:
            lines = []
        # "Uid:" is followed by the real, effective, saved and filesystem ids.
        ids = {line[:4]: line.split()[2] for line in lines if line[:4] in ("Uid:", "Gid:")}
        if len(ids) == 2:
            return f"{ids['Uid:']}:{ids['Gid:']}"
    return facts["Config"].get("User") or "0:0"


def _details(facts: Facts, health: str) -> dict[str, str]:
    policy = facts["HostConfig"].get("RestartPolicy") or {}
    network = facts.get("NetworkSettings") or {}
    published = [
        f"{bound.get('HostIp')}:{bound.get('HostPort')}->{inside}"
        for inside, bindings in (network.get("Ports") or {}).items()
        for bound in bindings or []
    ]
    found = {
        "docker health": health,
        "restart policy": policy.get("Name", ""),
        "network": str(facts["HostConfig"].get("NetworkMode", "")),
        "ports": ", ".join(published),
        "mounts": ", ".join(
            f"{m.get('Name') or m.get('Source')}->{m['Destination']}"
            + ("" if m.get("RW", True) else " (read-only)")
            for m in facts.get("Mounts") or []
        ),
        "project": compose(facts, "project"),
        "config files": compose(facts, "project.config_files"),
        "working dir": compose(facts, "project.working_dir"),
        "command": command_line(facts),
        "log driver": str((facts["HostConfig"].get("LogConfig") or {}).get("Type", "")),
    }
    return {name: value for name, value in found.items() if value}


def health_program(url: str) -> str:
    """A program for the container's own Python that asks `url` and prints code and answer."""
    return (
        "import ssl,sys,urllib.request as u,urllib.error as e\n"
        "c=ssl._create_unverified_context()\n"
        "o=u.build_opener(u.ProxyHandler({}),u.HTTPSHandler(context=c))\n"
        f"try: r=o.open({json.dumps(url)},timeout=4)\n"
        "except e.HTTPError as x: r=x\n"
        "sys.stdout.write(str(r.status)+'\\n');sys.stdout.flush()\n"
        "sys.stdout.buffer.write(r.read(262144))\n"
    )


def mounts(facts: Facts) -> list[Mapping[str, Any]]:
    """The container's mounts."""
    return list(facts.get("Mounts") or [])
