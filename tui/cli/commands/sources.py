"""Which file a command looks into."""

from __future__ import annotations

from tui.cli.commands.arguments import backup_word
from tui.cli.session import Session
from tui.operations.cataloguing.catalogue import find_backup
from tui.operations.reads.browsing import Browser
from tui.operations.reads.looking import BackupFile, LiveDatabase


def browser_of(session: Session, backup: str | None) -> Browser:
    """Look into the live database, or into a backup.

    Raises:
        McpdbError: There is no such backup.
    """
    deployment = session.deployment
    source: LiveDatabase | BackupFile = LiveDatabase(deployment)
    if backup is not None:
        source = BackupFile(find_backup(deployment, backup_word(backup)).path)
    return Browser(source, more_secrets=tuple(session.settings["mask"]))
