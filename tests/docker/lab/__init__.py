"""The laboratory: real gateways in a real Docker engine, for the tests and for use by hand.

It brings up deployments of the MCP gateway as an operator has them: a folder with a Compose file,
an `.env`, `./data` and `./logs`, and a container of the real release. An engine that answers is
used (`DOCKER_HOST`, then the system's socket); where none does, root on a Debian system gets a
private one, installed by apt-get and kept apart from everything else. Images are pulled where a
registry answers and built from PyPI where none does.

By hand:

    python -m tests.docker.lab up                      # 1.0.7 on a free port of 127.0.0.1
    python -m tests.docker.lab up --release 0.3.1 --dir /tmp/gateway
    python -m tests.docker.lab up --release 1.0.7 --dir /tmp/gateway   # the same data, upgraded
    python -m tests.docker.lab list
    python -m tests.docker.lab down /tmp/gateway --purge
    python -m tests.docker.lab break /tmp/gateway      # its next start cannot become healthy
    python -m tests.docker.lab mend /tmp/gateway
    python -m tests.docker.lab build                   # both images
    python -m tests.docker.lab engine start|stop|status
    python -m tests.docker.lab sweep                   # what crashed test runs left behind

In tests:

    reason = engine_available()                        # None, or the sentence to skip with
    gateway = Deployment.create("1.0.7", tmp_path / "gateway")
    gateway.up()
    gateway.register_tool("weather")
    assert "weather" in gateway.tools()
    gateway.down()

Whatever is downloaded or built lies in `$MCPDB_LAB_CACHE`, by default `~/.cache/mcpdb-lab`.
Building happens once; removing the folder (after `engine stop`) starts afresh.
"""

from .base import LabError, cache_dir
from .by_hand import migrate_by_hand
from .deployment import Deployment
from .engine import Engine, compose_command, engine, engine_available
from .images import image_for
from .inventory import Found, deployments, sweep
from .releases import RELEASES, Release, fresh_database, gateway_python, release
from .variants import TABLE, VARIANTS

__all__ = [
    "RELEASES",
    "TABLE",
    "VARIANTS",
    "Deployment",
    "Engine",
    "Found",
    "LabError",
    "Release",
    "cache_dir",
    "compose_command",
    "deployments",
    "engine",
    "engine_available",
    "fresh_database",
    "gateway_python",
    "image_for",
    "migrate_by_hand",
    "release",
    "sweep",
]
