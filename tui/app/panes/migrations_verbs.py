"""The verbs of 3 Migrations that ask first: what they open for the revision under the cursor."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from tui.app import verbs
from tui.app.listing import migration_words as words
from tui.app.panes.listed import ListPane

if TYPE_CHECKING:
    from tui.app.app import McpdbApp
    from tui.core.models import Revision


class MigrationVerbs(ListPane):
    """A list of revisions that can be rehearsed, migrated to, and stamped."""

    @property
    def _revision(self) -> Revision | None:
        return words.find(self.seen, self._list.cursor_key)

    def by_hand(self, action: str) -> tuple[str, ...]:
        """The same as a command."""
        name = self.seen.deployment.name if self.seen.deployment else ""
        key = self._list.cursor_key
        match action:
            case "rehearse":
                return ("migrations", "rehearse")
            case "upgrade":
                return ("migrations", "upgrade", "--confirm", name)
            case "undo":
                return verbs.by_hand(self.seen, "undo")
            case "downgrade" | "stamp":
                return ("migrations", action, key, "--confirm", name)
        return ()

    @property
    def _asker(self) -> McpdbApp:
        return cast("McpdbApp", self.app)

    def action_rehearse(self) -> None:
        """Ask for image and target, then run the migrations on a copy."""
        from tui.app.migrating import open_rehearse

        revision, timeline = self._revision, self.seen.timeline
        image = timeline.ahead_image_id if timeline and revision in timeline.ahead else ""
        open_rehearse(self._asker, timeline, self._key, image=image)

    def action_upgrade(self) -> None:
        """Show the plan of an upgrade."""
        from tui.app.migrating import open_upgrade

        open_upgrade(self._asker, self.seen.timeline, self._key)

    def action_downgrade(self) -> None:
        """Show the plan of going down to this revision."""
        from tui.app.migrating import open_downgrade

        open_downgrade(self._asker, self.seen.timeline, self._key)

    def action_stamp(self) -> None:
        """Show the plan of stamping."""
        from tui.app.migrating import open_stamp

        open_stamp(self._asker, self.seen.timeline, self._key)

    def action_undo(self) -> None:
        """Show the plan of undoing what was put in place last."""
        self.post_message(self.Do(verbs.undo))

    @property
    def _key(self) -> str | None:
        revision = self._revision
        return revision.revision if revision else None
