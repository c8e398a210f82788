"""Commands of the palette that name a backup: `restore k7m2qd`, `label k7m2qd nightly`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tui.app import verbs
from tui.app.panes.base import Pane
from tui.app.seen import Seen
from tui.core.models import Backup
from tui.wording.clean import one_line

if TYPE_CHECKING:
    from tui.app.verbs import Make

_OPERATIONS: dict[str, Callable[[str], Make]] = {
    "verify": verbs.verify,
    "drill": verbs.drill,
    "salvage": verbs.salvage,
    "adopt": verbs.adopt,
    "delete": verbs.delete,
    "restore": verbs.restore,
}


def wanted(seen: Seen, verb: str, value: str) -> Pane.Do | str:
    """What a command asks for, or in a sentence why it cannot be done.

    Args:
        seen: What is known.
        verb: `restore`, `pin` …
        value: What was typed behind it: a backup's id, its file's name or `latest`; for `label`
            the text after that.
    """
    reason = verbs.why_not_replace(seen, verb) if verb == "restore" else ""
    if reason := reason or verbs.why_not_change(seen, verb):
        return reason
    if verb == "backup":
        return Pane.Do(verbs.back_up_labelled(one_line(value)))
    if verb == "verify" and value == "all":
        return Pane.Do(verbs.verify_all())
    if verb in _OPERATIONS:
        return Pane.Do(_OPERATIONS[verb](value))
    word, _, text = value.partition(" ")
    backup = _find(seen, word)
    if backup is None:
        return f"No backup is called {one_line(word)}; 2 Backups lists them."
    if verb == "label":
        make = verbs.relabel(backup.id, one_line(text.strip()))
        return Pane.Do(make, verbs.label_again(backup))
    pinned = verb == "pin"
    make = verbs.pin(backup.id, pinned=pinned)
    return Pane.Do(make, verbs.unpin_again(backup, pinned=pinned))


def _find(seen: Seen, word: str) -> Backup | None:
    if seen.catalogue is None:
        return None
    if word == "latest":
        return seen.catalogue.newest_verified
    names = (b for b in seen.catalogue.backups if not b.link_to)
    return next((b for b in names if word in (b.id, b.path.name)), None)
