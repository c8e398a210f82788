"""The command line that does the same as a key, for people who type it by hand."""

from __future__ import annotations

import shlex

from tui.core.models import Deployment


def command_line(deployment: Deployment, *words: str) -> str:
    """`mcpdb-tui --project-dir /srv/forge restore k7m2qd --confirm forge`.

    Args:
        deployment: Named by its project folder, or by its file where there is none.
        words: The command and its arguments; quoted for a shell where they need it.
    """
    if deployment.project_dir is not None:
        where = ["--project-dir", str(deployment.project_dir)]
    else:
        where = ["--db", str(deployment.database)]
    return shlex.join(["mcpdb-tui", *where, *words])
