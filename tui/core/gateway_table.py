"""The `[gateway]` table of `mcpdb.toml`: a gateway that is a process of this host."""

from __future__ import annotations

import shlex
from pathlib import Path

from tui.core.errors import UsageError
from tui.core.models import ProcessRef
from tui.core.setting_keys import path_from, texts

_COMMANDS = ("start", "stop", "running")
_GATEWAY_KEYS = (
    "kind",
    *_COMMANDS,
    "pid_file",
    "health_url",
    "health_timeout",
    "stop_timeout",
    "release",
    "migrates_at_start",
)


def process_ref(raw: object, path: Path) -> ProcessRef:
    """Read the `[gateway]` table of the file at `path`; its commands run in that folder.

    Raises:
        UsageError: A key is unknown, missing or of another type.
    """
    where = f"{path}: [gateway]"
    if not isinstance(raw, dict):
        raise UsageError(f"{where} must be a table.")
    unknown = next((name for name in raw if name not in _GATEWAY_KEYS), None)
    if unknown is not None:
        known = ", ".join(_GATEWAY_KEYS)
        raise UsageError(f"{where} {unknown} is not a setting; there are {known}.")
    if raw.get("kind") != "process":
        raise UsageError(f'{where} kind must be "process": containers are found through Docker.')
    commands = {name: _command(raw.get(name, []), f"{where} {name}") for name in _COMMANDS}
    for name in ("start", "stop"):
        if not commands[name]:
            raise UsageError(f"{where} {name} is missing: the command that does it.")
    if not commands["running"] and not raw.get("pid_file"):
        raise UsageError(f"{where} needs pid_file or running, to tell whether it runs.")
    pid_file = _text(raw.get("pid_file", ""), f"{where} pid_file")
    return ProcessRef(
        folder=str(path.parent),
        start=commands["start"],
        stop=commands["stop"],
        running=commands["running"],
        pid_file=str(path_from(pid_file, path.parent, f"{where} pid_file")) if pid_file else "",
        health_url=_text(raw.get("health_url", ""), f"{where} health_url"),
        health_timeout=_seconds(raw.get("health_timeout", 30.0), f"{where} health_timeout"),
        stop_timeout=_seconds(raw.get("stop_timeout", 30.0), f"{where} stop_timeout"),
        release=_text(raw.get("release", ""), f"{where} release"),
        migrates_at_start=_flag(raw.get("migrates_at_start", True), f"{where} migrates_at_start"),
    )


def _command(raw: object, where: str) -> tuple[str, ...]:
    if isinstance(raw, str):
        try:
            return tuple(shlex.split(raw))
        except ValueError as error:
            raise UsageError(f"{where} cannot be split into words: {error}.") from error
    return texts(raw, where)


def _text(raw: object, where: str) -> str:
    if not isinstance(raw, str):
        raise UsageError(f"{where} must be text, not {raw!r}.")
    return raw


def _flag(raw: object, where: str) -> bool:
    if not isinstance(raw, bool):
        raise UsageError(f"{where} must be true or false, not {raw!r}.")
    return raw


def _seconds(raw: object, where: str) -> float:
    if isinstance(raw, bool) or not isinstance(raw, int | float) or not 0 < raw <= 86_400:
        raise UsageError(f"{where} must be seconds between 0 and 86,400, not {raw!r}.")
    return float(raw)
