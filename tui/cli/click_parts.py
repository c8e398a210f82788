"""The parts that every command is made of: options that stand anywhere, groups that load late.

An operator writes `mcpdb-tui --json status` as well as `mcpdb-tui status --json`, so each
command takes the global options too and hands them to the `Session`; the last one wins.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

import click
from click.core import ParameterSource

from tui.cli import schema
from tui.cli.commands import COMMANDS
from tui.cli.session import Session
from tui.core.setting_keys import KEYS

HELP_NAMES = {"help_option_names": ["-h", "--help"]}


def _take(context: click.Context, parameter: click.Parameter, value: Any) -> None:  # noqa: ANN401
    """Hand a global option to the session, if it was typed here."""
    name = str(parameter.name).removeprefix("global_")
    if context.get_parameter_source(str(parameter.name)) is not ParameterSource.COMMANDLINE:
        return
    session = context.ensure_object(Session)
    if name == "json":
        session.console.json = True
    elif name == "yes":
        session.assume_yes = True
    elif name == "scheduled":
        session.scheduled = True
    else:
        session.flags[name] = value


def global_options() -> list[click.Option]:
    """The options that stand before or after any command."""
    found = [
        click.Option(
            [f"global_{key.name}", key.flag],
            help=key.help,
            # Not False: click would then take the option without a value too.
            is_flag=True if key.kind == "flag" else None,
            metavar=None if key.kind == "flag" else _metavar(key.kind),
            type=click.Choice(key.choices) if key.choices else None,
            expose_value=False,
            callback=_take,
        )
        for key in KEYS.values()
        if key.flag
    ]
    for name, text in (
        ("json", "Print one JSON document on stdout; errors too."),
        ("yes", "Answer y to a y/n question; never enough where a name is to be typed."),
        ("scheduled", "A schedule runs it: a failure is told to what on_failure names."),
    ):
        found.append(
            click.Option(
                [f"global_{name}", f"--{name}"],
                help=text,
                is_flag=True,
                expose_value=False,
                callback=_take,
            )
        )
    return found


def _metavar(kind: str) -> str:
    return {"path": "PATH", "program": "PROGRAM", "word": "WORD"}.get(kind, "TEXT")


class Command(click.Command):
    """A command that also takes the global options."""

    def __init__(self, *arguments: Any, **values: Any) -> None:  # noqa: ANN401
        super().__init__(*arguments, **{"context_settings": HELP_NAMES, **values})
        self.own = list(self.params)
        self.params = [*self.own, *global_options()]

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401
        """Run it; the session knows from now on which command this is."""
        ctx.ensure_object(Session).command = _words(ctx)
        return super().invoke(ctx)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the command's own options; the global ones stand in `mcpdb-tui --help`."""
        own = [p for p in (*self.own, self.get_help_option(ctx)) if isinstance(p, click.Option)]
        records = [record for param in own if (record := param.get_help_record(ctx)) is not None]
        with formatter.section("Options"):
            formatter.write_dl(records)
        _write_elsewhere(formatter)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Say what `--json` gives."""
        keys = schema.DATA.get(_words(ctx))
        if keys:
            with formatter.section("With --json, data holds"):
                formatter.write_dl(list(keys.items()))
        super().format_epilog(ctx, formatter)


class Group(click.Group):
    """A command that has commands."""

    command_class = Command

    def __init__(self, *arguments: Any, **values: Any) -> None:  # noqa: ANN401
        super().__init__(
            *arguments, **{"context_settings": HELP_NAMES, "no_args_is_help": False, **values}
        )
        self.params = [*self.params, *global_options()]

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands; the global options stand in `mcpdb-tui --help`."""
        found = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl([(name, _first_sentence(command)) for name, command in found])
        _write_elsewhere(formatter)


class Root(Group):
    """`mcpdb-tui`: knows its commands by name and imports the one that is typed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All commands, in the order of the registry."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        module = import_module(f"tui.cli.commands.{entry.module}")
        found: click.Command = getattr(module, entry.function or cmd_name)
        return found

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List every option and every command; imports none of them."""
        click.Command.format_options(self, ctx, formatter)
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.help) for name, entry in COMMANDS.items()])


def _first_sentence(command: click.Command | None) -> str:
    """The first paragraph of a command's help, whole: click would cut it."""
    text = command.help if command is not None and command.help else ""
    return " ".join(text.split("\n\n")[0].split())


def _words(ctx: click.Context) -> str:
    """`backup list` for the context of that command."""
    names: list[str] = []
    at: click.Context | None = ctx
    while at is not None and at.parent is not None:
        names.insert(0, at.info_name or "")
        at = at.parent
    return " ".join(names)


def _write_elsewhere(formatter: click.HelpFormatter) -> None:
    formatter.write_paragraph()
    formatter.write_text("Every option of mcpdb-tui --help may stand here too, --json among them.")


def command_words(ctx: click.Context | None) -> str:
    """The command that a context belongs to, e.g. `backup list`; empty for the program itself."""
    return "" if ctx is None else _words(ctx)


def subcommands(ctx: click.Context) -> Sequence[str]:
    """What may follow a group."""
    command = ctx.command
    return command.list_commands(ctx) if isinstance(command, click.Group) else ()
