"""The files that settings are read from, and whose files are believed."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tui.core.errors import UsageError

PROJECT_FILE = "mcpdb.toml"


def read_toml(path: Path) -> dict[str, Any]:
    """Read a settings file.

    Raises:
        UsageError: It cannot be read, or is not TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        reason = error.strerror or str(error)
        raise UsageError(f"{path} cannot be read: {reason}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} is not valid TOML: {error}.") from error


def unless_open(path: Path) -> Path | None:
    """Return the file, or None when it is not there.

    Raises:
        UsageError: Everybody may write it.
    """
    try:
        if not path.is_file():
            return None
        mode = path.stat().st_mode
    except OSError:
        return None  # a folder that may not be entered holds nothing for us
    if mode & 0o002:
        raise UsageError(
            f"{path} can be written by everybody and names commands that would run as you; "
            f"run `chmod o-w {path}` once you have read it."
        )
    return path


def owner(path: Path) -> int:
    """The user a file belongs to."""
    return path.stat().st_uid


def ours(environ: Mapping[str, str]) -> set[int]:
    """Users whose files are believed: root, this one, and the one who called sudo."""
    owners = {0, os.geteuid()}
    if os.geteuid() == 0 and environ.get("SUDO_UID", "").isdecimal():
        owners.add(int(environ["SUDO_UID"]))
    return owners


def user_file(environ: Mapping[str, str]) -> Path | None:
    """The user's own file in the XDG configuration folder; None when there is no home."""
    base = environ.get("XDG_CONFIG_HOME", "")
    if not base.startswith("/"):  # the XDG specification: a relative path is to be ignored
        home = environ.get("HOME", "")
        if not home:
            return None
        base = f"{home}/.config"
    return Path(base) / "mcpdb-tui" / "config.toml"
