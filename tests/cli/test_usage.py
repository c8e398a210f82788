"""Help, completion, wrong command lines, and what is asked where nobody can answer."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from tests.cli.conftest import Cli, Place
from tui.cli.click_parts import Root
from tui.cli.commands import COMMANDS
from tui.cli.root import cli as root
from tui.cli.schema import DATA
from tui.core.errors import ExitCode
from tui.core.setting_keys import KEYS

README = Path(__file__).resolve().parents[2] / "README.md"


def leaves(command: click.Command, words: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The words of every command that does something by itself."""
    if not isinstance(command, click.Group):
        yield words
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        found = command.get_command(context, name)
        assert found is not None
        yield from leaves(found, (*words, name))


LEAVES = list(leaves(root))


def test_every_command_has_a_documented_schema_and_no_other_has() -> None:
    assert {" ".join(words) for words in LEAVES} == set(DATA)


def test_every_command_stands_in_the_readme() -> None:
    table = README.read_text(encoding="utf-8").split("### Commands")[1].split("###")[0]
    for words in LEAVES:
        rows = [row for row in table.splitlines() if re.search(rf"`{words[0]}[` ]", row)]
        assert rows, words
        assert any(re.search(rf"\b{words[-1]}\b", row) for row in rows), words


def test_the_registry_says_what_the_command_itself_says() -> None:
    context = click.Context(root)
    assert isinstance(root, Root)
    for name, entry in COMMANDS.items():
        command = root.get_command(context, name)
        assert command is not None
        assert command.name == name
        first = " ".join((command.help or "").split("\n\n")[0].split())
        assert first == entry.help


@pytest.mark.parametrize("words", LEAVES, ids=" ".join)
def test_help_of_every_command_documents_each_option(
    words: tuple[str, ...], tmp_path: Path
) -> None:
    command: click.Command = root
    for word in words:
        assert isinstance(command, click.Group)
        found = command.get_command(click.Context(command), word)
        assert found is not None
        command = found
    text = root_help(words)
    for param in command.params:
        if isinstance(param, click.Option) and param.expose_value:
            assert param.help, param.opts
            assert all(name in text for name in param.opts), param.opts
    for key in DATA[" ".join(words)]:
        assert key in text


def root_help(words: tuple[str, ...]) -> str:
    from click.testing import CliRunner

    done = CliRunner().invoke(root, [*words, "--help"], prog_name="mcpdb-tui")
    assert done.exit_code == 0
    return done.output


def test_the_programs_help_has_every_command_option_and_exit_code(tmp_path: Path) -> None:
    done = Cli([], tmp_path)("--help")
    assert done.code == 0
    for name in COMMANDS:
        assert re.search(rf"^  {name} ", done.out, re.MULTILINE), name
    for key in KEYS.values():
        assert key.flag in done.out
    for code in ExitCode:
        assert re.search(rf"\b{int(code)}  [a-zD]", done.out), code
    assert "_MCPDB_TUI_COMPLETE" in done.out
    assert Cli([], tmp_path)("-h").out == done.out


def test_the_version_is_data(tmp_path: Path) -> None:
    done = Cli([], tmp_path)("--version")
    assert re.fullmatch(r"mcpdb-tui \d+\.\d+\.\d+\S*\n", done.out)


def test_the_shell_completes_commands_and_options(tmp_path: Path) -> None:
    def complete(line: str) -> list[str]:
        env = {
            "_MCPDB_TUI_COMPLETE": "bash_complete",
            "COMP_WORDS": line,
            "COMP_CWORD": str(len(line.split(" ")) - 1),
        }
        return Cli([], tmp_path, env)().out.split()

    assert "plain,restore" in complete("mcpdb-tui res")
    assert "plain,create" in complete("mcpdb-tui backup ")
    assert "plain,--confirm" in complete("mcpdb-tui restore --con")
    assert "plain,--json" in complete("mcpdb-tui status --js")


@pytest.mark.parametrize(
    "line",
    [
        "nonsense",
        "status --nonsense",
        "status extra",
        "backup",
        "backup nonsense",
        "backup show",
        "restore",
        "tables x --limit 0",
        "tables x --limit many",
        "logs --tail -1",
        "--db",
        "--glyphs nonsense status",
        "--project-dir /nowhere/at/all status",
        "status --name",
        "demo",
        "",
    ],
)
def test_a_wrong_command_line_gets_one_sentence_and_2(line: str, tmp_path: Path) -> None:
    done = Cli([], tmp_path)(*line.split())
    assert done.code == 2, done
    assert done.out == ""
    assert re.fullmatch(r"mcpdb-tui: [^\n]+\.\n", done.err), done.err
    answer = Cli([], tmp_path).json(*line.split())
    if line not in ("--db", "status --name"):  # these take --json for their value
        assert answer.code == 2
        assert answer.document["error"]["code"] == "usage"


def test_a_word_that_is_no_option_any_more_is_not_taken_for_one(quiet: Place) -> None:
    done = quiet.cli("tables", "--", "--json")
    assert done.code == 10
    assert done.err.startswith("mcpdb-tui: There is no table --json")


def test_without_a_terminal_a_stop_wants_yes(place: Place) -> None:
    for verb in ("stop", "restart"):
        done = place.cli("gateway", verb, stdin="y\n")
        assert done.code == 2
        assert "--yes" in done.err
    assert place.running()


def test_without_a_terminal_a_restore_wants_the_name_and_yes_is_not_enough(place: Place) -> None:
    backup = place.back_up()
    before = place.database.stat().st_ino
    for words in (
        ("restore", backup),
        ("restore", backup, "--yes"),
        ("restore", backup, "--confirm", "Demo"),
        ("restore", backup, "--confirm", ""),
        ("undo", "--yes"),
    ):
        done = place.cli(*words, stdin="demo\n")
        assert done.code == (10 if words[0] == "undo" else 2), (words, done)
        assert done.err.splitlines()[-1].startswith("mcpdb-tui: ")
        assert done.out == ""
    assert place.database.stat().st_ino == before
    refused = place.cli.json("restore", backup).document
    assert refused["error"]["code"] == "usage"
    assert refused["data"]["plan"]["subject"] == "demo"


@pytest.mark.parametrize(
    "words",
    [
        ("backup", "create"),
        ("backup", "verify", "latest"),
        ("restore", "latest", "--confirm", "demo"),
        ("gateway", "start"),
        ("gateway", "stop", "--yes"),
        ("gateway", "restart", "--yes"),
    ],
    ids=" ".join,
)
def test_read_only_refuses_every_change_with_12(place: Place, words: tuple[str, ...]) -> None:
    place.back_up()
    state = sorted((place.database.parent / ".mcpdb" / "journal").glob("*.jsonl"))
    done = place.cli(*words, "--read-only")
    assert done.code == 12, done
    assert "--read-only" in done.err
    assert sorted((place.database.parent / ".mcpdb" / "journal").glob("*.jsonl")) == state
    assert place.running()


def test_what_is_not_there_is_10(place: Place) -> None:
    place.back_up()
    for words in (
        ("tables", "nothing"),
        ("backup", "show", "nothing"),
        ("backup", "verify", "/nowhere/x.db"),
        ("restore", "nothing", "--confirm", "demo"),
        ("undo", "--confirm", "demo"),
        ("activity", "99"),
    ):
        done = place.cli.json(*words)
        assert done.code == 10, (words, done)
        assert done.document["error"]["code"] == "not-found"


def test_a_reader_that_leaves_is_no_fault(place: Place) -> None:
    words = place.cli.words("activity")
    for _ in range(3):
        place.back_up()
    process = subprocess.Popen(
        words, cwd=place.cli.cwd, env=place.cli.environ(), stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    said = process.stderr.read()
    assert process.wait(timeout=60) == 141
    assert said == b""


def test_a_reader_that_leaves_does_not_change_how_an_operation_ended(place: Place) -> None:
    process = place.cli.start("backup", "create")
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    said = process.stderr.read().decode()
    assert process.wait(timeout=60) == 0
    assert "Traceback" not in said
    assert "Broken" not in said


def test_a_fault_of_our_own_is_one_sentence_and_a_traceback_on_wish(tmp_path: Path) -> None:
    broken = tmp_path / "sitecustomize.py"
    broken.write_text(
        "import tui.core.settings as s\n"
        "def load(*a): raise RuntimeError('oh \\x1b[31mno')\n"
        "s.load = load\n"
    )
    env = {"PYTHONPATH": str(tmp_path)}
    done = Cli([], tmp_path, env)("status")
    assert done.code == 1
    assert re.fullmatch(r"mcpdb-tui: A fault in mcpdb-tui itself: [^\n]+\n", done.err)
    assert "\x1b" not in done.err
    answer = Cli([], tmp_path, env).json("status")
    assert answer.document["error"]["code"] == "failed"
    loud = Cli([], tmp_path, {**env, "MCPDB_DEBUG": "1"})("status")
    assert loud.code == 1
    assert "Traceback" in loud.err
