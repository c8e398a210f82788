"""The demo's migrations as a package of another name, with more or other revisions."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest

import tui.demo
from tests.conftest import ROOT, Site
from tui.core.models import Deployment, MigrationsRef

HEAD = "d45c8b39e07f"
CURRENT = "1b7da6c4980e"
"""Two revisions before the demo's head."""
BETWEEN = "6ea2f05bd913"
OLDER = "f83e15d7a20c"

_REVISION = '''"""{message}

Revision ID: {revision}
"""

import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = "{down}"
branch_labels = None
depends_on = None


def upgrade() -> None:
{up}


def downgrade() -> None:
    pass
'''


class Package:
    """A package in a folder of its own, which the gateway's interpreter can import."""

    def __init__(self, folder: Path, name: str) -> None:
        self.name = name
        self.folder = folder / name
        demo = Path(tui.demo.__file__).parent
        shutil.copytree(
            demo / "migrations",
            self.folder / "migrations",
            ignore=shutil.ignore_patterns("__pycache__"),
        )
        for file in ("alembic.ini", "bootstrap_db.py"):
            shutil.copy(demo / file, self.folder / file)
        (self.folder / "__init__.py").write_text('"""A gateway."""\n')

    @property
    def versions(self) -> Path:
        return self.folder / "migrations" / "versions"

    def add(self, revision: str, up: str, *, down: str = HEAD, message: str = "one more") -> None:
        """Add a revision; `up` is the body of its upgrade."""
        body = "\n".join(f"    {line}" for line in up.splitlines())
        text = _REVISION.format(revision=revision, down=down, up=body, message=message)
        (self.versions / f"{revision}_one_more.py").write_text(text)

    def prepend(self, revision: str, line: str) -> None:
        """Make an upgrade do something first."""
        (path,) = self.versions.glob(f"{revision}_*.py")
        text = path.read_text()
        begin = text.index("def upgrade() -> None:\n") + len("def upgrade() -> None:\n")
        path.write_text(f"{text[:begin]}    {line}\n{text[begin:]}")


def give_package(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Package:
    """Let a site's migrations be those of such a package."""
    place = tmp_path / "code"
    package = Package(place, "gateway_of_tests")
    monkeypatch.syspath_prepend(str(place))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join((str(ROOT), str(place))))
    site.deployment = with_package(site.deployment, package.name)
    return package


def with_package(deployment: Deployment, name: str = "tui.demo") -> Deployment:
    """The same deployment with the code of a package beside it."""
    return replace(deployment, migrations=MigrationsRef(python=sys.executable, package=name))
