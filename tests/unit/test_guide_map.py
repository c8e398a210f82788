"""The map of the gateway's guide: every line leads to a command and to a key that exist."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.app.shell_story import shell
from tests.guide import LINES, SECTIONS, Line
from tests.readme import bindings, parsed
from tui.app.commands import commands
from tui.app.panes import PANES
from tui.app.screens.palette import find

DOCKER = Path(__file__).resolve().parents[1] / "docker"
COMMANDS = sorted({command for line in LINES for command in line.commands})
KEYS = sorted({key for line in LINES for key in line.keys})


def test_every_section_and_every_block_of_the_guide_is_in_the_map() -> None:
    assert list(dict.fromkeys(line.section for line in LINES)) == list(SECTIONS)
    for section, blocks in SECTIONS.items():
        found = {line.block for line in LINES if line.section == section}
        assert found == set(range(min(1, blocks), blocks + 1)), section
    ids = [line.id for line in LINES]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_of_the_map_exists_with_its_options(line: str) -> None:
    parsed(line)


def keys_of(number: int) -> set[str]:
    """What is pressed in a pane and in what it opens, as it is shown and as Textual calls it."""
    found: set[str] = set()
    for binding in bindings(number):
        found.update([*(binding.key_display or "").split(), *binding.key.split(",")])
    return found


@pytest.mark.parametrize("path", KEYS)
async def test_a_way_of_the_map_exists_on_the_screen(path: str) -> None:
    if not path.startswith(":"):
        number, *keys = path.split()
        assert int(number) in {entry.number for entry in PANES}, f"there is no pane {number}"
        there = keys_of(int(number))
        assert not [key for key in keys if key not in there], (path, sorted(there))
        return
    app = shell()
    async with app.run_test(size=(80, 24)):
        offered, places = commands(app.pane)
        first = find(offered, path.removeprefix(":"))
        assert first, path
        assert first[0].command.id in places
        wanted = re.sub(r"[^a-z]", "", path)
        best = first[0].command
        words = re.sub(r"[^a-z]", "", " ".join((best.title, best.id, *best.words)).lower())
        assert wanted in words, (path, best)


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.id)
def test_a_line_of_the_map_is_run_on_the_real_gateway(line: Line) -> None:
    """By a test that exists; `test_guide.py` names those of its own by the line's id."""
    if line.proof:
        file, _, name = line.proof.partition("::")
        assert name in functions(file), line.proof
    else:
        assert f"test_{line.id.replace('-', '_')}" in functions("test_guide.py"), line.id


def functions(file: str) -> set[str]:
    """The tests of a file; nothing is run."""
    tree = ast.parse((DOCKER / file).read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
