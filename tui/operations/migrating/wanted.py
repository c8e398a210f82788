"""What is asked for when a database is to be migrated."""

from __future__ import annotations

from dataclasses import dataclass

from tui.core.models import Deployment, MigrationAction


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """An upgrade, a downgrade or a stamp."""

    deployment: Deployment
    action: MigrationAction
    target: str
    """A revision, the beginning of one, `head`, or `-1` for a downgrade."""
    image: str = ""
    """The local image that migrates; an upgrade also starts it."""
    leftovers: bool = False
    """Put `_alembic_tmp_*` tables right first."""
    start: bool = False
    """Start the gateway afterwards even if it was stopped before."""

    def words(self) -> tuple[str, ...]:
        """The command line's words, without the confirmation."""
        found = ["migrations", self.action]
        if self.action == "upgrade":
            found += ["--to", self.target] if self.target not in ("", "head", "heads") else []
        else:
            found.append(self.target)
        found += ["--image", self.image] if self.image else []
        found += ["--repair"] if self.leftovers else []
        found += ["--start"] if self.start else []
        return tuple(found)
