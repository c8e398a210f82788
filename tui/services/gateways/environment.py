"""The variables that a gateway process runs with: they hold secrets and are never shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

_QUOTES = ("'", '"')


def of_process(pids: Iterable[int], folder: Path) -> Mapping[str, str]:
    """The variables of a gateway's processes; names in capitals, as the gateway reads them.

    What their environment does not say the gateway takes from the `.env` in its folder.

    Args:
        pids: Its processes; the first that may be looked into counts.
        folder: Where it runs.
    """
    for pid in pids:
        with suppress(OSError):
            content = Path(f"/proc/{pid}/environ").read_bytes().decode(errors="surrogateescape")
            pairs = (item.partition("=") for item in content.split("\0"))
            found = {name.upper(): value for name, equals, value in pairs if equals}
            if found:
                return {**_of_file(folder), **found}
    return _of_file(folder)


def _of_file(folder: Path) -> dict[str, str]:
    """`NAME=value` lines; `export`, quotes and comments as everybody writes them."""
    try:
        text = (folder / ".env").read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return {}
    found = {}
    for line in text.splitlines():
        name, equals, value = line.strip().removeprefix("export ").partition("=")
        if not equals or name.startswith("#"):
            continue
        value = value.strip()
        if value[:1] in _QUOTES and value[-1:] == value[:1] and len(value) > 1:
            value = value[1:-1]
        found[name.strip().upper()] = value
    return found
