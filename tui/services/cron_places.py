"""Everything that cron runs on this host, as far as it may be read: tables and scripts.

Sources: crontab(5) and cron(8) of Debian and of cronie, run-parts(8). In `/etc/cron.d` Debian's
cron takes names of letters, digits, `_` and `-` alone; cronie takes all but those that begin with
a dot or `#` or end in `~`. A name that either of them takes is looked at.
"""

from __future__ import annotations

import os
import pwd
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tui.core.errors import McpdbError
from tui.services import crontab, files

ROOT = Path("/")
"""Under which `/etc` and `/var` are looked for."""
LARGEST = 256 * 1024
"""Bytes of a table or script that are read."""
_SPOOLS = ("var/spool/cron/crontabs", "var/spool/cron")
_PERIODS = ("cron.hourly", "cron.daily", "cron.weekly", "cron.monthly")
_SETTING = re.compile(r"\s*[A-Za-z_][A-Za-z0-9_]*\s*=")
_AT = re.compile(r"@(reboot|yearly|annually|monthly|weekly|daily|midnight|hourly)")

Kind = Literal["system", "user", "script"]


@dataclass(frozen=True, slots=True)
class Place:
    """One table of cron, or one script that it runs from a folder."""

    path: Path
    kind: Kind
    """`system` tables name a user before the command; `script` is run as a whole."""
    user: str
    """Whose it is run as, where the place alone says it."""

    def __str__(self) -> str:
        """As a person calls it."""
        return f"the crontab of {self.user}" if self.kind == "user" else str(self.path)


@dataclass(frozen=True, slots=True)
class Entry:
    """One command that cron runs."""

    place: Place
    number: int
    """Its line, from 1; 0 for a whole script."""
    line: str
    """As it stands there."""
    command: str
    when: str
    """As the table says it: `15 3,10 * * *`."""
    user: str


def places(more: Sequence[Path] = ()) -> list[Place]:
    """All that may be looked at; what may not is left out, see `unread`.

    Args:
        more: Tables elsewhere, in the form of `/etc/crontab`.
    """
    top, etc = ROOT, ROOT / "etc"
    found = [Place(etc / "crontab", "system", "root")]
    found += [Place(path, "system", "root") for path in _names(etc / "cron.d") if _runs(path.name)]
    for period in _PERIODS:
        found += [
            Place(path, "script", "root") for path in _names(etc / period) if _is_program(path)
        ]
    found += [Place(path, "user", path.name) for path in _user_tables(top)]
    found += [Place(path, "system", "root") for path in more]
    return [place for place in found if files.is_file(place.path) or place.kind == "user"]


def _user_tables(top: Path) -> list[Path]:
    tables = [path for spool in _SPOOLS for path in _names(top / spool) if files.is_file(path)]
    if os.geteuid() != 0 and top == Path("/"):
        # The spool is closed to others; one's own table is given by `crontab -l`.
        tables.append(top / _SPOOLS[0] / files.user_name(os.geteuid()))
    return tables


def unread() -> str:
    """What of other users could not be looked at; empty when everything was."""
    closed = [ROOT / spool for spool in _SPOOLS if (ROOT / spool).is_dir()]
    if any(not os.access(spool, os.R_OK | os.X_OK) for spool in closed):
        return "other users' crontabs may not be read"
    return ""


def _names(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def _runs(name: str) -> bool:
    return not name.startswith((".", "#")) and not name.endswith("~")


def _is_program(path: Path) -> bool:
    return _runs(path.name) and files.is_file(path) and os.access(path, os.X_OK)


def read(place: Place) -> str:
    """The text of a table or script; empty where it may not be read or is too large."""
    if place.kind == "user" and os.geteuid() != 0 and not os.access(place.path, os.R_OK):
        with suppress(McpdbError):
            return crontab.read_crontab()
        return ""
    return read_text(place.path)


def read_text(path: Path) -> str:
    """The text of a small plain file, whatever bytes it has; empty where that is not possible."""
    try:
        with files.open_regular(path.resolve()) as descriptor:
            content = os.pread(descriptor, LARGEST + 1, 0)
    except (McpdbError, OSError, RuntimeError):
        return ""
    if len(content) > LARGEST or b"\0" in content:
        return ""
    return content.decode(errors="surrogateescape")


def entries(place: Place) -> Iterator[Entry]:
    """The commands of a place."""
    text = read(place)
    if place.kind == "script":
        if text:
            when = place.path.parent.name.removeprefix("cron.")
            yield Entry(place, 0, "", str(place.path), when, place.user)
        return
    for number, line in enumerate(text.split("\n"), 1):
        bare = line.strip()
        if not bare or bare.startswith("#") or _SETTING.match(line):
            continue
        fields = 1 if _AT.match(bare) else 5
        words = bare.split(None, fields + (place.kind == "system"))
        if len(words) != fields + 1 + (place.kind == "system"):
            continue
        user = words[fields] if place.kind == "system" else place.user
        command = _command(words[-1])
        yield Entry(place, number, line, command, " ".join(words[:fields]), user)


def _command(text: str) -> str:
    """What the shell gets: an unescaped `%` ends it."""
    return re.split(r"(?<!\\)%", text, maxsplit=1)[0].replace("\\%", "%")


def home(user: str) -> Path | None:
    """Where a user's commands of a crontab begin."""
    try:
        return Path(pwd.getpwnam(user).pw_dir)
    except KeyError:
        return None
