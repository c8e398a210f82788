"""The tables of the README that are made of the program: `python -m tests.readme --write`.

The map of the gateway's guide comes from `tests.guide`, the keys from the panes' own bindings.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

import click
from textual.binding import Binding

from tests import guide
from tui.app.app import McpdbApp
from tui.app.panes import PANES
from tui.cli.root import cli as root

README = Path(__file__).resolve().parents[1] / "README.md"

_PARTS = {1: ("table_rows", "TableRows")}
"""What a pane opens in its own place and that has keys of its own."""


def bindings(number: int) -> Iterator[Binding]:
    """The keys of a pane and of what it opens."""
    entry = next(entry for entry in PANES if entry.number == number)
    places = [(entry.module, entry.name)]
    if number in _PARTS:
        places.append(_PARTS[number])
    for module, name in places:
        kind = getattr(import_module(f"tui.app.panes.{module}"), name)
        for binding in kind.BINDINGS:
            if isinstance(binding, Binding):
                yield binding


def shown(binding: Binding) -> str:
    """A key as the footer writes it."""
    return (binding.key_display or binding.key.split(",")[0]).replace("|", "\\|")


def _told(found: Iterator[Binding]) -> str:
    said: dict[str, None] = {}
    for binding in found:
        if binding.description and binding.id:
            said.setdefault(f"`{shown(binding)}` {binding.description}")
    return " · ".join(said)


def keys() -> Iterator[str]:
    """The table of keys, a pane a row."""
    yield "| where | keys |"
    yield "| --- | --- |"
    everywhere = (each for each in McpdbApp.BINDINGS if isinstance(each, Binding))
    yield f"| everywhere | {_told(everywhere)} |"
    for entry in PANES:
        yield f"| {entry.number} {entry.title} | {_told(bindings(entry.number))} |"


def parsed(line: str) -> None:
    """Parse a command line as it would be typed behind `mcpdb-tui`; nothing is carried out.

    Raises:
        AssertionError: There is no such command.
        click.UsageError: It takes no such words.
    """
    words = shlex.split(line, comments=True)
    command: click.Command = root
    flags = {o for p in root.params if isinstance(p, click.Option) and p.is_flag for o in p.opts}
    while isinstance(command, click.Group):
        while words and words[0].startswith("--"):  # options of every command
            words = words[1 if words[0] in flags else 2 :]
        assert words, f"{line} names no command"
        found = command.get_command(click.Context(command), words[0])
        assert found is not None, f"there is no {line}"
        command, words = found, words[1:]
    command.make_context("mcpdb-tui", words)


TABLES: dict[str, Callable[[], Iterator[str]]] = {"keys": keys, "guide": guide.table}
"""What stands between `<!-- name -->` and `<!-- /name -->`."""


def marks(name: str) -> tuple[str, str]:
    """Where a table begins and ends."""
    return f"<!-- {name} -->\n", f"<!-- /{name} -->\n"


def written(text: str) -> str:
    """A README with its tables as they are now."""
    for name, table in TABLES.items():
        begin, end = marks(name)
        before, _, rest = text.partition(begin)
        _, _, after = rest.partition(end)
        text = before + begin + "\n".join(table()) + "\n" + end + after
    return text


if __name__ == "__main__":
    old = README.read_text(encoding="utf-8")
    if "--write" in sys.argv:
        README.write_text(written(old), encoding="utf-8")
    else:
        sys.exit(int(written(old) != old))
