"""The README says what the program does: its tables, its command lines, its settings, its tree."""

from __future__ import annotations

import re
import tomllib

import pytest

from tests.readme import README, TABLES, marks, parsed
from tui.core.errors import ExitCode
from tui.core.setting_keys import KEYS

TEXT = README.read_text(encoding="utf-8")
ROOT = README.parent


def section(title: str) -> str:
    """What stands below a heading, up to the next one."""
    return TEXT.split(f"### {title}\n")[1].split("\n##")[0]


def command_lines() -> list[str]:
    """Every `mcpdb-tui …` of the code blocks, what is chained with && taken apart."""
    found = []
    for block in re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL):
        for line in block.splitlines():
            for part in line.split(" && "):
                _, name, words = part.partition("mcpdb-tui ")
                if name and not words.startswith("demo") and not part.lstrip().startswith("#"):
                    found.append(words)
    return sorted(set(found))


@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_as_the_program_is(name: str) -> None:
    begin, end = marks(name)
    assert TEXT.count(begin) == TEXT.count(end) == 1
    found = TEXT.partition(begin)[2].partition(end)[0]
    assert found == "\n".join(TABLES[name]()) + "\n", "python -m tests.readme --write"


@pytest.mark.parametrize("line", command_lines())
def test_a_command_line_is_one_that_the_program_takes(line: str) -> None:
    parsed(line)


def test_its_settings_are_settings() -> None:
    blocks = re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)
    assert len(blocks) >= 2
    known = {*KEYS, *(key.partition(".")[0] for key in KEYS)}
    for block in blocks:
        for key, value in tomllib.loads(block).items():
            names = [f"{key}.{name}" for name in value] if isinstance(value, dict) else [key]
            assert key in known or set(names) <= set(KEYS), (key, sorted(KEYS))


def test_every_exit_code_is_told() -> None:
    told = {int(code) for code in re.findall(r"^\| (\d+) \|", section("Exit codes"), re.MULTILINE)}
    assert told == {int(code) for code in ExitCode}


@pytest.mark.parametrize("layer", ["services", "operations"])
def test_the_building_names_every_folder(layer: str) -> None:
    text = section("The building")
    folders = [path.parent.name for path in (ROOT / "tui" / layer).glob("*/__init__.py")]
    assert folders
    assert not [name for name in folders if f"{name}/" not in text]
