"""Whether backups are made by themselves, looked up once in a thread of its own."""

from __future__ import annotations

import threading
from dataclasses import replace

from tui.app.seeing import Posts, Saw
from tui.core.models import Deployment


def look(deployment: Deployment, posts: Posts) -> None:
    """Post what is scheduled for the deployment; systemd and crontab may take their time."""
    threading.Thread(target=_look, args=(deployment, posts), daemon=True).start()


def _look(deployment: Deployment, posts: Posts) -> None:
    from tui.operations.scheduling.installed import installed

    words = " and ".join(dict.fromkeys(found.kind for found in installed(deployment)))
    posts.post_message(Saw(lambda seen: replace(seen, schedule=words)))
