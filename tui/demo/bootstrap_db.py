"""Bring the database at `DATABASE_URL` to head, making it when it is missing.

The demo's counterpart of the gateway's program of the same name, so that what the product runs
for a real gateway (`python -m PACKAGE.bootstrap_db`) finds it here too. Unlike the real gateway,
the demo's does not run it at its own start: see `tui.demo.gateway`.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path


def main() -> int:
    """Run it; returns 0, or 1 when no database is named."""
    if not os.environ.get("DATABASE_URL"):
        sys.stderr.write("No database is named: set DATABASE_URL.\n")
        return 1
    from alembic import command
    from alembic.config import Config

    # `env.py` takes the address from the environment, as the gateway's does from its settings.
    command.upgrade(Config(Path(__file__).with_name("alembic.ini")), "head")
    return 0


if __name__ == "__main__":
    sys.exit(main())
