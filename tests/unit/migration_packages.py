"""Real Alembic packages, made in a folder, as a gateway ships them."""

from __future__ import annotations

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
