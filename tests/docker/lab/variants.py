"""Images of releases that never were: the newest real one with one more revision.

- `1.0.7-next`: it works. A table more, and a batch migration that copies a table.
- `1.0.7-broken`: its batch migration raises in the middle, once the copy of the table is made:
  what it has done until then stays, as SQLite does not take it back. This is how a database
  comes to `_alembic_tmp_*`.
- `1.0.7-sick`: migrates as `1.0.7-next` does, and its gateway ends with code 1 at every start.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

from docker import DockerClient
from docker.errors import DockerException, ImageNotFound

from .base import LabError, locked, log, scratch
from .releases import RELEASES, Release

BUILT = "mcpdb-lab/gateway"
LABEL = "mcpdb.lab.revision"
TABLE = "migration_metadata"
"""The table that both rebuild: it has rows in every real database, and nothing points to it."""

_HEAD = '''"""{doc}

Revision ID: {revision}
Revises: {down}
Create Date: 2026-11-22 12:00:00.000000
"""

import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = "{down}"
branch_labels = None
depends_on = None

'''

_NEXT = f'''
def upgrade() -> None:
    op.create_table(
        "lab_notes",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("note", sa.String(255), nullable=False),
    )
    with op.batch_alter_table("{TABLE}", recreate="always") as batch:
        batch.add_column(sa.Column("lab_note", sa.String(255), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("{TABLE}", recreate="always") as batch:
        batch.drop_column("lab_note")
    op.drop_table("lab_notes")
'''

_BROKEN = f'''
def upgrade() -> None:
    with op.batch_alter_table("{TABLE}", recreate="always") as batch:
        batch.create_check_constraint("lab_never", "1 = 0")


def downgrade() -> None:
    with op.batch_alter_table("{TABLE}", recreate="always") as batch:
        batch.drop_constraint("lab_never", type_="check")
'''

_SICK = "RUN printf '#!/bin/sh\\nexit 1\\n' > $(command -v mcpgateway)"

_DOCKERFILE = """\
FROM {base}
USER 0:0
COPY revision.py /tmp/revision.py
RUN python3 -c "import importlib.util, pathlib, shutil; \\
  package = pathlib.Path(importlib.util.find_spec('mcpgateway').origin).parent; \\
  shutil.copy('/tmp/revision.py', package / 'alembic' / 'versions' / '{revision}_{slug}.py')"
{extra}
LABEL {label}="{digest}" org.opencontainers.image.version="{version}"
USER {user}
"""


@dataclass(frozen=True)
class Variant:
    """A release with one more revision.

    Attributes:
        of: The release it is made from.
        revision: The id of its revision, which is its head.
        doc: The revision's message.
        body: The revision's functions.
        extra: One more line of its Dockerfile.
    """

    of: str
    revision: str
    doc: str
    body: str
    extra: str = ""

    @property
    def text(self) -> str:
        """The revision's file."""
        down = RELEASES[self.of].head
        return _HEAD.format(doc=self.doc, revision=self.revision, down=down) + self.body


VARIANTS = {
    "1.0.7-next": Variant("1.0.7", "1ab0c0de0001", "add notes of the laboratory", _NEXT),
    "1.0.7-broken": Variant("1.0.7", "1ab0bad0c0de", "forbid everything in a batch", _BROKEN),
    "1.0.7-sick": Variant("1.0.7", "1ab0c0de0001", "add notes of the laboratory", _NEXT, _SICK),
}
"""By the name of the release they pretend to be."""


def variant_release(version: str) -> Release:
    """Return what a variant has in common with releases: its user, its head."""
    variant = VARIANTS[version]
    return replace(RELEASES[variant.of], version=version, head=variant.revision)


def variant_image(version: str, base: str, client: DockerClient) -> str:
    """Return the name of a variant's image in the engine, built if need be.

    Args:
        version: A key of `VARIANTS`.
        base: The image of the release that it is made from.
        client: Of the engine that is to have it.

    Raises:
        LabError: It could not be built.
    """
    variant, name = VARIANTS[version], f"{BUILT}:{version}"
    digest = hashlib.sha256(
        (base + variant.text + variant.extra + _DOCKERFILE).encode()
    ).hexdigest()
    with locked(f"image-{version}"):
        try:
            if client.images.get(name).labels.get(LABEL) == digest:
                return name
        except ImageNotFound:
            pass
        log.info("building %s", name)
        with scratch(f"image-{version}") as context:
            (context / "revision.py").write_text(variant.text)
            told = _DOCKERFILE.format(
                base=base,
                revision=variant.revision,
                slug=variant.doc.replace(" ", "_"),
                extra=variant.extra,
                label=LABEL,
                digest=digest,
                version=version,
                user=RELEASES[variant.of].user,
            )
            (context / "Dockerfile").write_text(told)
            try:
                client.images.build(path=str(context), tag=name, forcerm=True, network_mode="none")
            except DockerException as error:
                raise LabError(f"{name} could not be built: {error}") from error
    return name
