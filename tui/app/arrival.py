"""What is shown at a first start, told from what is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.app.needs import status_of
from tui.app.seen import Seen
from tui.wording.quantities import path

if TYPE_CHECKING:
    from tui.app.screens.welcome import WelcomeScreen


def is_first_start(seen: Seen) -> bool:
    """Neither a state folder nor a manifest: nothing of ours was ever written here."""
    deployment, catalogue = seen.deployment, seen.catalogue
    if deployment is None or catalogue is None:
        return False
    # Trouble comes before manners: what cannot be read has its own page.
    if seen.database is None or seen.database.problem:
        return False
    known = any(backup.manifest is not None for backup in catalogue.backups)
    return not known and not seen.activity and not deployment.state_dir.exists()


def welcome(seen: Seen) -> WelcomeScreen | None:
    """The page of the first start; None where nothing may be changed, or not enough is known."""
    from tui.app.screens.welcome import WelcomeScreen

    deployment, status = seen.deployment, status_of(seen)
    if deployment is None or status is None or deployment.read_only:
        return None
    backups = seen.catalogue.backups if seen.catalogue else ()
    unverified = sum(1 for backup in backups if backup.verified is None and not backup.link_to)
    state = path(deployment.state_dir, 30)
    keeps = f"state in {state}, backups in {path(deployment.backup_dir, 30)}"
    return WelcomeScreen(status, [("keeps", keeps)], unverified=unverified)
