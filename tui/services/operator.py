"""Who asks: the person, the host, and where the session comes from."""

from __future__ import annotations

import getpass
import os
import socket
import sys
from dataclasses import asdict, dataclass

import psutil


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Who asked for an operation, kept in its journal."""

    who: str
    """`dana`, or `dana via sudo`."""
    host: str
    origin: str
    """An address for SSH, a terminal's name, `cron`, `systemd`, or empty."""
    command: str = ""
    """The same request as a command line."""

    def as_json(self) -> dict[str, str]:
        """Plain JSON values."""
        return asdict(self)


def who() -> str:
    """The person: `SUDO_USER` behind sudo, else the user we run as."""
    sudo = os.environ.get("SUDO_USER", "")
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = str(os.geteuid())
    return f"{sudo} via sudo" if sudo and sudo != user else user


def host() -> str:
    """This host's short name."""
    return socket.gethostname().split(".")[0]


def origin(command: str = "") -> Origin:
    """Describe the present session."""
    return Origin(
        who=who(), host=host(), origin=_address() or _terminal() or _cron(), command=command
    )


def _address() -> str:
    """Where the SSH session comes from; sudo takes that out of the environment, its parent has it.

    Source: sudoers(5), `env_reset`.
    """
    told = os.environ.get("SSH_CONNECTION", "")
    if not told and "SUDO_USER" in os.environ:
        told = _of_parents("SSH_CONNECTION")
    return told.split(" ")[0]


def _of_parents(name: str) -> str:
    """A variable of the nearest parent process that has it."""
    try:
        parents = psutil.Process().parents()
    except psutil.Error:
        return ""
    for parent in parents:
        try:
            if found := parent.environ().get(name, ""):
                return found
        except (psutil.Error, OSError):
            continue
    return ""


def _terminal() -> str:
    for stream in (sys.stdin, sys.stderr):
        try:
            return os.ttyname(stream.fileno()).removeprefix("/dev/")
        except (AttributeError, OSError, ValueError):
            continue
    return ""


def _cron() -> str:
    try:
        names = {parent.name() for parent in psutil.Process().parents()}
    except psutil.Error:
        return ""
    if names & {"cron", "crond"}:
        return "cron"
    # Set for everything that a unit of systemd runs: systemd.exec(5).
    return "systemd" if "INVOCATION_ID" in os.environ and "systemd" in names else ""
