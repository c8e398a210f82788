"""What runs when, and the systemd units for it: their text, and putting them in their folder.

Sources: systemd.service(5), systemd.timer(5) and systemd.syntax(7) for units and their quoting.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tui.core.errors import McpdbError, PrecheckError, UsageError
from tui.services import files
from tui.wording.clean import one_line

SYSTEM_UNITS = Path("/etc/systemd/system")
_MARK = "# mcpdb-tui schedule of"
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_PLAIN = re.compile(r"[A-Za-z0-9_@/:.,=+-]+")
_TIMEOUT = 30.0
"""Seconds within which `systemctl` and `crontab` must answer."""


@dataclass(frozen=True, slots=True)
class At:
    """A time of the host's clock; `day` is empty for every day."""

    hour: int
    minute: int
    day: str = ""

    @classmethod
    def parse(cls, text: str, *, weekly: bool = False) -> At:
        """Understand `02:00`, or `Sun 03:30` for a weekly one.

        Raises:
            UsageError: It is neither.
        """
        found = re.fullmatch(r"(?:([A-Za-z]{3,9})\s+)?(\d{1,2}):(\d{2})", text.strip())
        day = (found[1] or "").title()[:3] if found else ""
        if found is None or int(found[2]) > 23 or int(found[3]) > 59 or bool(day) != weekly:
            wanted = "'Sun 03:30'" if weekly else "02:00"
            raise UsageError(f"{text!r} is no time; write it like {wanted}.")
        if weekly and day not in _DAYS:
            raise UsageError(f"{found[1]!r} is no day; {', '.join(_DAYS)} are.")
        return cls(int(found[2]), int(found[3]), day)

    def calendar(self) -> str:
        """As `OnCalendar=` wants it."""
        day = f"{self.day} " if self.day else ""
        return f"{day}*-*-* {self.hour:02}:{self.minute:02}:00"

    def cron(self) -> str:
        """As the five fields of a crontab."""
        day = str((_DAYS.index(self.day) + 1) % 7) if self.day else "*"
        return f"{self.minute} {self.hour} * * {day}"

    def __str__(self) -> str:
        return f"{self.day} {self.hour:02}:{self.minute:02}".strip()


@dataclass(frozen=True, slots=True)
class Job:
    """Commands that run one after the other, each only if the one before went well."""

    word: str
    """Part of the units' names: `nightly`."""
    what: str
    """In words: `back up the database of forge, then prune`."""
    at: At | None
    """When; None means once after each boot."""
    commands: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class UnitFile:
    """A file that systemd reads."""

    name: str
    text: str


# --- systemd ----------------------------------------------------------------------------


def unit_prefix(name: str) -> str:
    """What the units of a deployment are called in front: `mcpdb-forge`."""
    return "mcpdb-" + (re.sub(r"[^A-Za-z0-9_.]+", "-", name).strip("-.") or "db")


def unit_files(name: str, mark: str, jobs: Sequence[Job], *, user: bool) -> tuple[UnitFile, ...]:
    """A service and a timer per job; one for the boot has no timer.

    Args:
        name: Of the deployment.
        mark: What the units are about, unique: the database's path. A comment in each file.
        jobs: What runs when.
        user: For a user's own systemd instead of the system's.

    Raises:
        UsageError: A word cannot be written into a unit.
    """
    found: list[UnitFile] = []
    prefix = unit_prefix(name)
    earlier: list[str] = []
    for job in sorted(jobs, key=lambda job: job.at is not None):
        unit = f"{prefix}-{job.word}"
        found.append(UnitFile(f"{unit}.service", _service(mark, job, earlier, user=user)))
        if job.at is not None:
            found.append(UnitFile(f"{unit}.timer", _timer(mark, job, job.at)))
        earlier.append(f"{unit}.service")
    return tuple(found)


def _head(mark: str, what: str) -> list[str]:
    return [
        f"{_MARK} {no_controls(mark)}",
        "# Written by `mcpdb-tui schedule install`, which also overwrites it.",
        "[Unit]",
        f"Description={no_controls(what).replace('%', '%%')}",
    ]


def _service(mark: str, job: Job, earlier: Sequence[str], *, user: bool) -> str:
    # Two that were both missed while the host was down run one after the other.
    after = [*(() if user else ("docker.service",)), *earlier]
    lines = [
        *_head(mark, job.what),
        *([f"After={' '.join(after)}"] if after else []),
        "",
        "[Service]",
        "Type=oneshot",
        *(f"ExecStart={systemd_command(words)}" for words in job.commands),
        # Asked to stop, the command passes it on to its operation, which knows whether it may.
        "KillMode=mixed",
        "TimeoutStopSec=10min",
        "UMask=0077",
        "Nice=10",
    ]
    if job.at is None:
        lines += ["", "[Install]", f"WantedBy={'default' if user else 'multi-user'}.target"]
    return "\n".join(lines) + "\n"


def _timer(mark: str, job: Job, at: At) -> str:
    lines = [
        *_head(mark, f"{at}: {job.what}"),
        "",
        "[Timer]",
        f"OnCalendar={at.calendar()}",
        # Missed while the host was down: once after the next boot, however many were missed.
        "Persistent=true",
        "RandomizedDelaySec=2min",
        "AccuracySec=1min",
        "",
        "[Install]",
        "WantedBy=timers.target",
    ]
    return "\n".join(lines) + "\n"


def systemd_command(words: Iterable[str]) -> str:
    """A command for `ExecStart=`: no word is split, expanded or taken for a specifier.

    Raises:
        UsageError: A word has a character that has no place in a unit.
    """
    return " ".join(_systemd_word(word) for word in words)


def _systemd_word(word: str) -> str:
    if _PLAIN.fullmatch(word):
        return word
    text = no_controls(word).replace("\\", "\\\\").replace('"', '\\"')
    return '"' + text.replace("%", "%%").replace("$", "$$") + '"'


def no_controls(text: str) -> str:
    """Text that stays on its line.

    Raises:
        UsageError: It has a control character.
    """
    if any(ord(character) < 32 or ord(character) == 127 for character in text):
        raise UsageError(
            f"{one_line(text)!r} has a control character and cannot be written into a schedule."
        )
    return text


def units_folder(*, user: bool) -> Path:
    """Where units are put that an administrator, or this user, wrote."""
    if not user:
        return SYSTEM_UNITS
    base = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Path(base) / "systemd" / "user"


def owner_of(text: str) -> str | None:
    """What a unit file of ours is about; None when it is not ours."""
    first = text.split("\n", 1)[0]
    return first.removeprefix(_MARK).strip() if first.startswith(_MARK) else None


def read_unit(path: Path) -> str | None:
    """The text of a unit file; None when there is none.

    Raises:
        McpdbError: It may not be read, or is no plain file.
    """
    if files.identity(path) is None:
        return None
    with (
        files.open_regular(path) as descriptor,
        open(descriptor, encoding="utf-8", errors="replace", closefd=False) as stream,
    ):
        return stream.read(1 << 20)


def write_unit(path: Path, text: str) -> None:
    """Write a unit file, whole or not at all, readable as systemd wants it.

    Raises:
        PrecheckError: It cannot be written.
    """
    try:
        path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        files.write_atomically(path, text.encode())
        path.chmod(0o644)
    except OSError as error:
        raise files.denied("write", path, error) from error


def our_units(folder: Path, mark: str) -> tuple[Path, ...]:
    """The unit files that were written for this database, whatever they are called."""
    found = []
    try:
        paths = sorted(folder.glob("mcpdb-*"))
    except OSError as error:
        raise files.denied("read", folder, error) from error
    for path in paths:
        if path.suffix in (".service", ".timer") and owner_of(read_unit(path) or "") == mark:
            found.append(path)
    return tuple(found)


def systemd_runs(*, user: bool) -> bool:
    """Whether there is a systemd to tell."""
    if shutil.which("systemctl") is None or not Path("/run/systemd/system").is_dir():
        return False
    return not user or "XDG_RUNTIME_DIR" in os.environ


def systemctl_words(*words: str, user: bool) -> list[str]:
    """A `systemctl` command, to run or to be run by hand."""
    return ["systemctl", *(["--user"] if user else []), *words]


def enabling(names: Sequence[str], *, user: bool) -> list[list[str]]:
    """The commands after which new units count: timers begin now, the rest at the next boot."""
    timers = [name for name in names if name.endswith(".timer")]
    services = {name.removesuffix(".service") for name in names if name.endswith(".service")}
    boot = sorted(services - {name.removesuffix(".timer") for name in timers})
    return [
        systemctl_words("daemon-reload", user=user),
        *([systemctl_words("enable", "--now", *timers, user=user)] if timers else []),
        *(
            [systemctl_words("enable", *(f"{name}.service" for name in boot), user=user)]
            if boot
            else []
        ),
    ]


def run(words: Sequence[str], stdin: str = "") -> subprocess.CompletedProcess[str]:
    """Run a small program in plain English; what it says is in the answer.

    Raises:
        McpdbError: It cannot be started, or does not answer.
    """
    try:
        # Whatever bytes and line ends a crontab holds, they are written back as they were.
        done = subprocess.run(
            list(words),
            input=stdin.encode(errors="surrogateescape"),
            capture_output=True,
            check=False,
            timeout=_TIMEOUT,
            env={**os.environ, "LC_ALL": "C"},
        )
    except subprocess.TimeoutExpired as error:
        raise McpdbError(f"{words[0]} does not answer.") from error
    except OSError as error:
        raise PrecheckError(f"{words[0]} cannot be started: {error.strerror}.") from error
    out, err = (text.decode(errors="surrogateescape") for text in (done.stdout, done.stderr))
    return subprocess.CompletedProcess(done.args, done.returncode, out, err)
