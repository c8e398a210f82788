"""Knowing the guide's scripts by what they do, and whether they do it to this deployment.

The guide's backup script removes `mcp_backup_*.db` after 7 days, a name that cold backups have;
its weekly script runs VACUUM on a file that the gateway has open; its log script renames logs
away from under who writes them. A name of a script says nothing: what counts is its text.
"""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from itertools import pairwise
from pathlib import Path

from tui.core.models import Deployment, Need
from tui.core.verdict import Verdict
from tui.services import cron_places, files
from tui.services.cron_places import Entry
from tui.wording.clean import one_line

HARMS: Mapping[str, str] = {
    "backups": "would delete our backups",
    "sidecars": "removes -wal and -shm: committed rows are lost",
    "database": "writes over or removes the live database",
    "vacuum": "runs VACUUM while the gateway has the file open",
    "logs": "takes logs away from under who writes them",
}
"""What a line does, behind its subject; the worst first."""
_DEPTH = 2
"""A script that is called by a script is looked at, too."""
_NAMES = ("mcp_backup_20260811_020000.db", "mcp_hotbackup_20260811_020000.db")
"""Names that our backups have."""
_ASSIGNED = re.compile(r"^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)=(\"[^\"]*\"|'[^']*'|[^\s;&|]*)")
_VARIABLE = re.compile(r"\$\{?([A-Za-z_][A-Za-z0-9_]*)\}?")
_CHANGES = re.compile(
    r"(?:^|[;&|]|\bdo\b|\bthen\b)\s*cd\s+(?:--\s+)?(\"[^\"]+\"|'[^']+'|[^\s;&|]+)"
)
_WORTH = re.compile(r"\b(?:find|rm|cp|mv|sqlite3)\b|\.sh\b|/", re.ASCII)
"""What a line must have to be worth a closer look: every other one is passed over."""
_SYSTEM = ("/bin/", "/sbin/", "/usr/", "/lib", "/dev/", "/etc/", "/proc/", "/sys/", "/run/")
"""Where the system's own programs lie; `/usr/local/` is an operator's."""
_VACUUM = re.compile(r"\bvacuum\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class GuideLine:
    """A line of cron's that does what the guide says, to this deployment."""

    entry: Entry
    harm: str
    """`backups`, `sidecars`, `database`, `vacuum` or `logs`: what it destroys or endangers."""
    said: str
    """The command that does it, as it stands there."""
    script: Path | None = None
    """Where it stands, if not in the table itself."""

    @property
    def is_deadly(self) -> bool:
        """Whether data is lost by it."""
        return self.harm in ("backups", "sidecars", "database")


def guide_lines(deployment: Deployment) -> tuple[GuideLine, ...]:
    """Everything cron runs here that would do harm, the worst of each line; changes nothing.

    Args:
        deployment: Whose files are meant.
    """
    found = []
    for place in cron_places.places(deployment.cron_files):
        for entry in cron_places.entries(place):
            if (worst := _worst(deployment, entry)) is not None:
                found.append(worst)
    return tuple(found)


def guide_needs(lines: Sequence[GuideLine]) -> tuple[Need, ...]:
    """For NEEDS YOU: the first line that loses data."""
    deadly = next((line for line in lines if line.is_deadly), None)
    if deadly is None:
        return ()
    where = one_line(str(deadly.entry.place))
    return (
        Need(
            verdict=Verdict.WARN,
            # The harm first: a small screen cuts the end.
            text=f"A cron line of the guide {HARMS[deadly.harm]}: {where}.",
            key="6",
            action="Doctor shows the fix",
            command="mcpdb-tui doctor --fix cron",
        ),
    )


def _worst(deployment: Deployment, entry: Entry) -> GuideLine | None:
    bases = _bases(deployment, entry)
    if entry.place.kind == "script":
        text = cron_places.read(entry.place)
        hits = list(_harms(deployment, text, bases, entry, entry.place.path, _DEPTH))
    else:
        hits = list(_harms(deployment, entry.command, bases, entry, None, _DEPTH))
    order = list(HARMS)
    return min(hits, key=lambda hit: order.index(hit.harm), default=None)


def _bases(deployment: Deployment, entry: Entry) -> tuple[Path, ...]:
    """Where a relative path of it may begin: where it changes to, else everything likely."""
    home = cron_places.home(entry.user)
    likely = [home] if home is not None else []
    if deployment.project_dir is not None:
        likely.append(deployment.project_dir)
    return tuple(likely)


def _harms(
    deployment: Deployment,
    text: str,
    bases: tuple[Path, ...],
    entry: Entry,
    script: Path | None,
    depth: int,
) -> Iterator[GuideLine]:
    values: dict[str, str] = {}
    for line in text.replace("\\\n", " ").split("\n"):
        if line.lstrip().startswith("#"):
            continue
        for name, value in _ASSIGNED.findall(line):
            values[name] = _filled(value.strip("\"'"), values)
        for where in _CHANGES.findall(line):
            bases = _moved(_filled(where.strip("\"'"), values), bases)
        if not _WORTH.search(line):
            continue
        for before, words in pairwise([[""], *_commands(_filled(line, values))]):
            harm = _harm(deployment, words, bases)
            if words[0] == "xargs" and "rm" in words and before[0] == "find":
                harm = _found(deployment, [*before, "-delete"], bases)
            if harm:
                yield GuideLine(entry, harm, " ".join(words), script)
            elif depth:
                yield from _called(deployment, words, bases, entry, depth)


def _called(
    deployment: Deployment, words: Sequence[str], bases: tuple[Path, ...], entry: Entry, depth: int
) -> Iterator[GuideLine]:
    """What the scripts do that a command names."""
    for word in words[:4]:
        if ("/" not in word and not word.endswith(".sh")) or _is_system(word):
            continue
        for base in bases:
            path = base / word
            text = cron_places.read_text(path) if files.is_file(path) else ""
            if not text or not (text.startswith("#!") or path.suffix == ".sh"):
                continue
            around = (*bases, path.parent)
            yield from _harms(deployment, text, around, entry, path, depth - 1)
            break


def _is_system(word: str) -> bool:
    return word.startswith(_SYSTEM) and not word.startswith("/usr/local/")


def _moved(where: str, bases: tuple[Path, ...]) -> tuple[Path, ...]:
    """Where relative paths begin behind a `cd`."""
    if where.startswith("/"):
        return (Path(where),)
    return tuple(base / where for base in bases)


def _filled(text: str, values: dict[str, str]) -> str:
    """Put in what was assigned before; what is not known stays."""
    return _VARIABLE.sub(lambda match: values.get(match[1], match[0]), text)


def _commands(line: str) -> Iterator[list[str]]:
    """The simple commands of a line; `sudo` in front is left out."""
    # What is escaped belongs to `find`, whose brackets change nothing here.
    bare = re.sub(r"\\[;()]", " ", line)
    try:
        lexer = shlex.shlex(bare, posix=True, punctuation_chars=";|&()")
        lexer.whitespace_split, lexer.commenters = True, ""
        words = list(lexer)
    except ValueError:
        words = bare.split()
    command: list[str] = []
    for word in [*words, ";"]:
        if word and set(word) <= set(";|&()"):
            if command:
                yield command
            command = []
        elif word != "sudo" or command:
            command.append(word)


# --- what a command does --------------------------------------------------------------------


def _harm(deployment: Deployment, words: Sequence[str], bases: tuple[Path, ...]) -> str:
    program = posixpath.basename(words[0])
    if program == "find":
        return _found(deployment, words, bases)
    database = str(deployment.database)
    meant = [one for word in words[1:] for one in _resolved(word, bases)]
    if program == "rm":
        beside = {f"{database}{suffix}" for suffix in ("-wal", "-shm", "-journal")}
        if beside & set(meant):
            return "sidecars"
        return "database" if database in meant else ""
    if program in ("cp", "mv") and words[1:] and database in _resolved(words[-1], bases):
        return "database"
    if program == "sqlite3" and database in meant and _VACUUM.search(" ".join(words)):
        return "vacuum"
    return ""


def _found(deployment: Deployment, words: Sequence[str], bases: tuple[Path, ...]) -> str:
    """What a `find` does to what it finds."""
    paths, index = [], 1
    while index < len(words) and not words[index].startswith(("-", "!", "(")):
        paths.append(words[index])
        index += 1
    rest = words[index:]
    patterns = [b for a, b in pairwise(rest) if a in ("-name", "-iname")]
    removes = "-delete" in rest or any(
        a in ("-exec", "-execdir", "-ok") and posixpath.basename(b) in ("rm", "unlink", "shred")
        for a, b in pairwise(rest)
    )
    packs = any(
        a in ("-exec", "-execdir") and posixpath.basename(b) in ("gzip", "bzip2", "xz", "zstd")
        for a, b in pairwise(rest)
    )
    where = {one for path in paths or ["."] for one in _resolved(path, bases)}
    kept = [path for path in (deployment.backup_dir, deployment.second_dir) if path is not None]
    if removes and _takes(patterns) and any(_holds(where, path) for path in kept):
        return "backups"
    if packs and any(_holds(where, log) for log in deployment.log_files):
        return "logs"
    return ""


def _takes(patterns: Sequence[str]) -> bool:
    """Whether what is looked for has names that backups have."""
    return not patterns or any(fnmatch(name, pattern) for name in _NAMES for pattern in patterns)


def _holds(folders: set[str], path: Path) -> bool:
    return any(path.is_relative_to(folder) for folder in folders if folder != "/")


def _resolved(word: str, bases: tuple[Path, ...]) -> list[str]:
    """What a path may mean; nothing for what holds a variable that is not known."""
    if "$" in word or word.startswith("-"):
        return []
    return [posixpath.normpath(str(base / word)) for base in bases or (Path("/"),)]
