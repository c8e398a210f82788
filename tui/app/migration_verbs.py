"""The operations on migrations that keys and palette start; imported only when asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.core.models import Deployment, MigrationAction

if TYPE_CHECKING:
    from tui.app.verbs import Make
    from tui.core.operation import Operation

MIGRATES = ("upgrade", "downgrade", "stamp", "bootstrap", "reset")
"""Operations that put a migrated file in the place of the live one."""


def rehearse(action: MigrationAction, target: str, image: str, *, leftovers: bool = False) -> Make:
    """Run migrations on a copy that is thrown away."""

    def make(deployment: Deployment) -> Operation:
        from tui.operations.rehearse import Rehearse

        return Rehearse(deployment, action=action, target=target, image=image, leftovers=leftovers)

    return make


def upgrade(target: str = "head", image: str = "", *, leftovers: bool = False) -> Make:
    """Migrate up; with `leftovers`, what a cut migration left is put right first."""

    def make(deployment: Deployment) -> Operation:
        from tui.operations.upgrade import Upgrade

        return Upgrade(deployment, target=target, image=image, leftovers=leftovers)

    return make


def downgrade(target: str, image: str = "") -> Make:
    """Migrate down to a revision, or by one with `-1`."""

    def make(deployment: Deployment) -> Operation:
        from tui.operations.downgrade import Downgrade

        return Downgrade(deployment, target=target, image=image)

    return make


def stamp(target: str) -> Make:
    """Write a revision into the database and change nothing else."""

    def make(deployment: Deployment) -> Operation:
        from tui.operations.stamp import Stamp

        return Stamp(deployment, target=target)

    return make


def bootstrap(deployment: Deployment) -> Operation:
    """Make the database where there is none."""
    from tui.operations.bootstrap import Bootstrap

    return Bootstrap(deployment)


def reset(deployment: Deployment) -> Operation:
    """Start with an empty database."""
    from tui.operations.bootstrap import Reset

    return Reset(deployment)
