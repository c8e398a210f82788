"""Real Alembic packages, made in a folder, as a gateway ships them."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from pathlib import Path

INI = "[alembic]\nscript_location = %(here)s/alembic\n"

BODY = """
from alembic import op

revision = {revision!r}
down_revision = {down!r}
branch_labels = None
depends_on = {depends!r}


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
"""


ENV = """
from alembic import context
from sqlalchemy import create_engine, pool

from {name} import settings


def run():
    engine = create_engine(settings["url"], poolclass=pool.NullPool)
    with engine.connect() as connection:
        context.configure(connection=connection, render_as_batch=True)
        with context.begin_transaction():
            context.run_migrations()


run()
"""
"""As the gateway's: the address comes from settings that are read when it is imported."""

INIT = """
import os

__version__ = "2.0.0"
settings = {"url": os.environ["DATABASE_URL"]}
"""

BOOTSTRAP = """
import sqlite3

from alembic import command
from alembic.config import Config
from importlib.resources import files

from {name} import settings

if __name__ == "__main__":
    command.upgrade(Config(str(files("{name}") / "alembic.ini")), "head")
    with sqlite3.connect(settings["url"].removeprefix("sqlite:///")) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE IF NOT EXISTS started (at TEXT)")
        connection.execute("INSERT INTO started VALUES ('now')")
        connection.commit()
    {last}
"""
"""As the gateway's: to head, then what a first start adds; it leaves a write-ahead log."""


def make_runnable(site: Path, name: str, *, last: str = "pass", init: str = INIT) -> Path:
    """Write a package whose revisions can be run; they are added with `add_step`.

    Args:
        site: Where packages are.
        name: Its name.
        last: The last statement of its bootstrap.
        init: Its `__init__.py`.

    Returns:
        The folder of the revisions.
    """
    versions = make_package(site, name, {}, init=init)
    (site / name / "alembic" / "env.py").write_text(ENV.format(name=name))
    (site / name / "bootstrap_db.py").write_text(BOOTSTRAP.format(name=name, last=last))
    return versions


def add_step(
    versions: Path, revision: str, downs: tuple[str, ...], up: str = "pass", down: str = "pass"
) -> Path:
    """Write a revision that does something: bodies of its functions, with `op` and `sa`."""
    path = add_revision(versions, revision, downs, f"Does {revision}")
    text = path.read_text().replace(
        "from alembic import op\n", "import sqlalchemy as sa\nfrom alembic import op\n"
    )
    head, _, _ = text.partition("def upgrade()")
    bodies = (textwrap.indent(textwrap.dedent(body).strip(), "    ") for body in (up, down))
    functions = zip(("upgrade", "downgrade"), bodies, strict=True)
    path.write_text(head + "\n\n".join(f"def {name}():\n{body}\n" for name, body in functions))
    return path


def make_package(
    site: Path, name: str, edges: Mapping[str, tuple[str, ...]], init: str = "", ini: str = INI
) -> Path:
    """Write a package with a revision for each key, following its value.

    Returns:
        The folder of the revisions.
    """
    versions = site / name / "alembic" / "versions"
    versions.mkdir(parents=True)
    (site / name / "__init__.py").write_text(init)
    (site / name / "alembic.ini").write_text(ini)
    (site / name / "alembic" / "env.py").write_text("raise SystemExit('env.py was run')\n")
    for revision, downs in edges.items():
        add_revision(versions, revision, downs, f"Does {revision}")
    return versions


def add_revision(
    versions: Path,
    revision: str,
    downs: tuple[str, ...],
    doc: str,
    *,
    file: str = "",
    depends: str | None = None,
) -> Path:
    """Write one revision file with a docstring, and return its path."""
    down = downs[0] if len(downs) == 1 else downs or None
    path = versions / (file or f"{revision}_does_{revision}.py")
    text = BODY.format(revision=revision, down=down, depends=depends)
    path.write_text(f'"""{doc}\n"""\n{text}', encoding="utf-8")
    return path
