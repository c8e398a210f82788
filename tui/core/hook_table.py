"""The `on_failure` setting: what is told of a scheduled run that failed."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from urllib.parse import urlsplit

from tui.core.errors import UsageError

_KEYS = ("command", "webhook", "timeout")
_SECONDS = 20.0
_LONGEST = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """A command, an address, or both."""

    command: tuple[str, ...] = ()
    webhook: str = ""
    """An address of http or https; its path may be a secret and is shown nowhere."""
    timeout: float = _SECONDS
    """Seconds that each of them may take."""

    @property
    def host(self) -> str:
        """The address without what may be secret in it: scheme, host and port."""
        parts = urlsplit(self.webhook)
        port = f":{parts.port}" if parts.port else ""
        return f"{parts.scheme}://{parts.hostname}{port}/…" if self.webhook else ""

    @property
    def told(self) -> str:
        """Both in words, without arguments and without the address's path."""
        parts = [f"command {self.command[0]}"] if self.command else []
        return ", ".join([*parts, *([f"webhook {self.host}"] if self.webhook else [])])


def hook(raw: object, where: str) -> Hook:
    """Read it: a command line, a list of words, or a table of command, webhook and timeout.

    Raises:
        UsageError: A key is unknown, of another type, or there is nothing in it.
    """
    table = raw if isinstance(raw, dict) else {"command": raw}
    unknown = next((name for name in table if name not in _KEYS), None)
    if unknown is not None:
        raise UsageError(f"{where} {unknown} is not a setting; there are {', '.join(_KEYS)}.")
    found = Hook(
        command=_words(table.get("command", ()), f"{where} command"),
        webhook=_address(table.get("webhook", ""), f"{where} webhook"),
        timeout=_seconds(table.get("timeout", _SECONDS), f"{where} timeout"),
    )
    if not found.command and not found.webhook:
        raise UsageError(f"{where} needs a command or a webhook.")
    return found


def _words(raw: object, where: str) -> tuple[str, ...]:
    if isinstance(raw, str):
        try:
            return tuple(shlex.split(raw))
        except ValueError as error:
            raise UsageError(f"{where} cannot be split into words: {error}.") from error
    if not isinstance(raw, list | tuple) or not all(isinstance(word, str) for word in raw):
        raise UsageError(f"{where} must be a command, as text or as a list of words.")
    return tuple(raw)


def _address(raw: object, where: str) -> str:
    """An address; what stands in it is never repeated, for it may be a secret."""
    if raw == "":
        return ""
    text = raw if isinstance(raw, str) else ""
    try:
        parts = urlsplit(text)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        good = False
    if not good or any(ord(character) <= 32 or ord(character) == 127 for character in text):
        raise UsageError(f"{where} must be an address that begins with http:// or https://.")
    return text


def _seconds(raw: object, where: str) -> float:
    if isinstance(raw, bool) or not isinstance(raw, int | float) or not 0 < raw <= _LONGEST:
        raise UsageError(f"{where} must be seconds between 0 and {_LONGEST:g}, not {raw!r}.")
    return float(raw)
