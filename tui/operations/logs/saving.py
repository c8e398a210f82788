"""Lines of a log in a file of the operator's: secrets masked, private, never over another file."""

from __future__ import annotations

import os
import pwd
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from tui.core.errors import McpdbError, UsageError
from tui.core.models import Deployment
from tui.operations.logs.shown import raw_text
from tui.operations.logs.sources import Held
from tui.operations.reads.export_target import typed_path
from tui.services import files
from tui.wording.clean import one_line, printable
from tui.wording.quantities import plural

_PIECE = 1_000
"""Lines written at once."""


def offered(deployment: Deployment, now: datetime) -> Path:
    """Where lines are saved unless another place is named: the person's own home."""
    return home() / f"{deployment.name.replace('/', '-')}-{now:%Y%m%d-%H%M}.log"


def home() -> Path:
    """The home of the person, also behind sudo."""
    name = os.environ.get("SUDO_USER", "")
    if name and os.geteuid() == 0:
        with suppress(KeyError):
            return Path(pwd.getpwnam(name).pw_dir)
    with suppress(RuntimeError):
        return Path.home()
    return Path.cwd()


def save(text: str, lines: Sequence[Held]) -> str:
    """Write lines to a new file (0600) and say so in one sentence.

    Args:
        text: The path as it was typed.
        lines: What is written, oldest first.

    Raises:
        UsageError: A file is there already, or the name is none.
        PrecheckError: It cannot be written.
    """
    path = typed_path(text, home())
    if not path.name or "\0" in text:
        raise UsageError("A file name is missing.")
    if os.path.lexists(path):
        raise UsageError(f"{one_line(str(path))} is there already; another name, or remove it.")
    try:
        files.write_new(path, _pieces(lines))
    except McpdbError as error:
        # Half a file is none; one that another has just made there is not touched.
        if not isinstance(error.__cause__, FileExistsError):
            with suppress(McpdbError):
                files.remove(path)
        raise
    _give(path)
    return f"saved {plural(len(lines), 'line')} to {one_line(str(path))}, secrets masked"


def _pieces(lines: Sequence[Held]) -> Iterator[bytes]:
    for start in range(0, len(lines), _PIECE):
        texts = (printable(raw_text(line)) for line in lines[start : start + _PIECE])
        yield "".join(f"{text}\n" for text in texts).encode()


def _give(path: Path) -> None:
    """Behind sudo the file belongs to the person who asked for it."""
    name = os.environ.get("SUDO_USER", "")
    if name and os.geteuid() == 0:
        with suppress(KeyError, OSError):
            person = pwd.getpwnam(name)
            os.chown(path, person.pw_uid, person.pw_gid, follow_symlinks=False)
