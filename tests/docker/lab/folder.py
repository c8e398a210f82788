"""The files of a deployment's folder, as an operator has them.

- `docker-compose.yml`: the service `gateway`, with `./data` and `./logs` mounted into it;
- `.env`: the gateway's settings and the secrets of this deployment alone;
- `data/mcp.db`: the database, owned by the release's user;
- `boot/`: the laboratory's own folder, mounted read-only at `/lab`. The container refuses to start
  while `boot/broken` is there; `boot/lab.json` says what the deployment is.
"""

from __future__ import annotations

import json
import secrets
import socket
from dataclasses import asdict, dataclass
from pathlib import Path

from .base import LabError
from .releases import ADMIN, ADMIN_PASSWORD

LABEL = "mcpdb.lab.name"
LABEL_OWNER = "mcpdb.lab.owner"
PROJECT_PREFIX = "mcpdb-lab-"
SERVICE = "gateway"
COMPOSE_FILE = "docker-compose.yml"
DATABASE = Path("data", "mcp.db")

COMPOSE = """\
services:
  {service}:
    image: {image}
    restart: unless-stopped
    network_mode: host
    env_file: .env
    entrypoint: ["sh", "-c"]
    command:
      - |
        if test -e /lab/broken; then echo "start refused: /lab/broken is there" >&2; exit 1; fi
        exec mcpgateway --host 127.0.0.1 --port {port}
    volumes:
      - ./data:/app/data
      - ./logs:/app/logs
      - ./boot:/lab:ro
    healthcheck:
      test:
        - CMD
        - python3
        - -c
        - import urllib.request as u; u.urlopen("http://127.0.0.1:{port}/health", timeout=5)
      interval: 4s
      timeout: 6s
      retries: 9
      start_period: 20s
    labels:
      {label}: "{name}"
      {label_owner}: "{owner}"
"""


@dataclass(frozen=True)
class Facts:
    """What a deployment is; kept in `boot/lab.json`.

    Attributes:
        name: Its name.
        release: The gateway's release.
        port: Where it listens on 127.0.0.1.
        image: The image's name in the engine.
        owner: The process that a test run's deployment belongs to; 0 when made by hand.
    """

    name: str
    release: str
    port: int
    image: str
    owner: int = 0

    @property
    def project(self) -> str:
        """The Compose project's name."""
        return f"{PROJECT_PREFIX}{self.name}"


def make_folders(folder: Path) -> None:
    """Make a deployment's folder with what is mounted from it."""
    for name in ("data", "logs", "boot"):
        (folder / name).mkdir(parents=True, exist_ok=True)


def write_facts(folder: Path, facts: Facts) -> None:
    """Write the Compose file and then `boot/lab.json`; the data and `.env` stay as they are.

    Args:
        folder: The deployment's folder.
        facts: What it is from now on.
    """
    text = COMPOSE.format(
        service=SERVICE,
        image=facts.image,
        port=facts.port,
        name=facts.name,
        owner=facts.owner,
        label=LABEL,
        label_owner=LABEL_OWNER,
    )
    (folder / COMPOSE_FILE).write_text(text)
    (folder / "boot" / "lab.json").write_text(json.dumps(asdict(facts), indent=2) + "\n")


def read_facts(folder: Path) -> Facts:
    """Read what a deployment is.

    Raises:
        LabError: The folder is no deployment of the laboratory.
    """
    try:
        return Facts(**json.loads((folder / "boot" / "lab.json").read_text()))
    except (OSError, ValueError, TypeError) as error:
        raise LabError(f"{folder} is not a deployment of the laboratory.") from error


def write_env(folder: Path, facts: Facts) -> None:
    """Write `.env` with new random secrets, readable by its owner alone.

    Args:
        folder: The deployment's folder.
        facts: What the deployment is.
    """
    settings = {
        # Two folders of one name must not become one project.
        "COMPOSE_PROJECT_NAME": facts.project,
        "DATABASE_URL": "sqlite:///./data/mcp.db",
        "JWT_SECRET_KEY": secrets.token_urlsafe(36),
        "AUTH_ENCRYPTION_SECRET": secrets.token_urlsafe(36),
        "BASIC_AUTH_USER": "operator",
        "BASIC_AUTH_PASSWORD": secrets.token_urlsafe(18),
        "PLATFORM_ADMIN_EMAIL": ADMIN,
        "PLATFORM_ADMIN_PASSWORD": ADMIN_PASSWORD,
        "CACHE_TYPE": "memory",
        "LOG_LEVEL": "INFO",
        "LOG_TO_FILE": "true",
        "LOG_FOLDER": "logs",
        "LOG_FILE": "mcpgateway.log",
    }
    path = folder / ".env"
    path.touch(mode=0o600)
    path.write_text("".join(f"{key}={value}\n" for key, value in settings.items()))


def read_env(folder: Path) -> dict[str, str]:
    """Return the settings in a deployment's `.env`."""
    lines = [line.strip() for line in (folder / ".env").read_text().splitlines()]
    pairs = [line.partition("=") for line in lines if "=" in line and not line.startswith("#")]
    return {key: value for key, _, value in pairs}


def free_port() -> int:
    """Return a port of 127.0.0.1 that nothing listens on.

    It lies below the range that outgoing connections take, so it stays free while a gateway that
    is to come back on it is stopped.
    """
    for _ in range(200):
        port = 20000 + secrets.randbelow(10000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise LabError("No free port was found on 127.0.0.1.")
