"""A block of this user's crontab: its text, and putting it there.

Source: crontab(5), for `%`, which ends a command there, and for `@reboot`.
"""

from __future__ import annotations

import hashlib
import shlex
import shutil
import subprocess
from collections.abc import Iterable, Sequence

from tui.core.errors import PrecheckError, UsageError
from tui.services.timers import Job, no_controls, run
from tui.wording.clean import one_line

_LONGEST = 990
"""Bytes of a command in a crontab: cron cuts at its MAX_COMMAND of 1,000 without a word."""


def cron_lines(mark: str, jobs: Sequence[Job]) -> tuple[str, ...]:
    """The block of a crontab, from its begin line to its end line.

    Raises:
        UsageError: A word cannot be written into a crontab.
    """
    begin, end = _fences(mark)
    lines = [begin, "# Written by `mcpdb-tui schedule install`, which also replaces it."]
    for job in jobs:
        when = "@reboot" if job.at is None else job.at.cron()
        lines += [f"# {no_controls(job.what)}", f"{when} {cron_command(job.commands)}"]
    return (*lines, end)


def cron_command(commands: Iterable[Sequence[str]]) -> str:
    """Commands for a crontab line, the next only if the one before went well.

    Cron mails what is printed: nothing on success, all of it on failure.

    Raises:
        UsageError: A word has a character that has no place in a crontab.
    """
    chain = " && ".join(shlex.join(no_controls(word) for word in words) for words in commands)
    if "\\" in chain:
        # What a backslash means before another one differs between crons.
        raise UsageError("A backslash in a name cannot be written into a crontab; use systemd.")
    line = f'o=$({{ {chain}; }} 2>&1) || {{ c=$?; echo "$o"; exit $c; }}'.replace("%", "\\%")
    if len(line.encode()) > _LONGEST:
        raise UsageError("The paths are too long for a line of a crontab; use --systemd.")
    return line


def as_cron_runs_it(line: str) -> str:
    """What cron gives to the shell for a line of ours: without its time, `%` as it was."""
    fields = 1 if line.startswith("@") else 5
    return line.split(" ", fields)[fields].replace("\\%", "%")


def with_block(crontab: str, mark: str, block: Sequence[str]) -> str:
    """A crontab with our block replaced, added, or (when empty) removed; the rest as it was.

    Raises:
        PrecheckError: Our old block has lost its end: what belongs to it is not known.
    """
    begin, end = _fences(mark)
    lines = _lines(crontab)
    places = [index for index, line in enumerate(lines) if line in (begin, end)]
    if not places:
        kept = [*lines, *block]
    elif [lines[index] for index in places] == [begin, end]:
        kept = [*lines[: places[0]], *block, *lines[places[1] + 1 :]]
    else:
        raise PrecheckError(
            f"The crontab's lines {begin!r} and {end!r} are not a pair any more; put them right "
            "with crontab -e."
        )
    return "\n".join(kept) + "\n" if kept else ""


def block_in(crontab: str, mark: str) -> tuple[str, ...]:
    """Our block of a crontab; empty when there is none, or no whole one."""
    begin, end = _fences(mark)
    lines = _lines(crontab)
    if begin not in lines or end not in lines:
        return ()
    first, last = lines.index(begin), lines.index(end)
    return tuple(lines[first : last + 1])


def _lines(crontab: str) -> list[str]:
    """The lines as cron sees them: whatever else may break a line elsewhere is part of one."""
    return crontab.removesuffix("\n").split("\n") if crontab else []


def digest() -> str:
    """What tells this user's crontab from any other state of it.

    Raises:
        PrecheckError: There is no cron here, or it may not be read.
    """
    return hashlib.sha256(read_crontab().encode(errors="surrogateescape")).hexdigest()


def _fences(mark: str) -> tuple[str, str]:
    text = no_controls(mark)
    return f"# BEGIN mcpdb-tui schedule of {text}", f"# END mcpdb-tui schedule of {text}"


def read_crontab() -> str:
    """This user's crontab; empty when there is none.

    Raises:
        PrecheckError: There is no cron here, or it may not be read.
    """
    done = _crontab("-l")
    if done.returncode == 0:
        return done.stdout
    if "no crontab for" in done.stderr:
        return ""
    raise PrecheckError(f"crontab -l says: {one_line(done.stderr.strip())}")


def write_crontab(text: str) -> None:
    """Replace this user's crontab; cron takes it whole or refuses it whole.

    Raises:
        PrecheckError: It was refused; the old one still stands.
    """
    done = _crontab("-", stdin=text) if text else _crontab("-r")
    if done.returncode and not (not text and "no crontab for" in done.stderr):
        raise PrecheckError(f"crontab says: {one_line(done.stderr.strip())}")


def _crontab(word: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    if shutil.which("crontab") is None:
        raise PrecheckError("There is no crontab command here; install cron, or use --systemd.")
    return run(["crontab", word], stdin)
