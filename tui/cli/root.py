"""`mcpdb-tui` itself: the screen when nothing else is typed, and the help of everything."""

from __future__ import annotations

import click

from tui.cli.click_parts import Root
from tui.cli.session import Session

HELP = """\
Operations console for the SQLite database of an MCP Context Forge gateway.

Without a command: the screen. Options may stand before or after the command. Settings are taken
from options, then MCPDB_* variables, mcpdb.toml of the project, the user's config.toml, and what
is discovered; `config show` says which.
"""

EPILOG = """\
\b
Exit codes:
  0  done                                   10  not found
  1  failed or cancelled, nothing changed   11  locked or busy
  2  usage, or no confirmation              12  space, permission or compatibility forbids it
  3  verification failed                    13  Docker
  4  failed and rolled back                 14  gateway unhealthy
  5  rollback failed                        15  partly done
  128+N  signal N

\b
Data goes to stdout, narration and progress to stderr. With --json stdout is one document:
  {"format": 1, "command": "…", "ok": true, "exit": 0, "data": {…}, "error": null}
  error is {"text": "one sentence", "code": "not-found"}; data is described by each command's
  --help. Times are UTC, sizes bytes, durations seconds.

\b
Confirmation: what interrupts the gateway asks y/n (--yes answers it); what replaces data wants
the deployment's name typed (--confirm NAME gives it). Without a terminal and without these:
exit 2. While an operation runs ctrl-c asks it to cancel; a lost terminal does not stop it.

\b
Shell completion (bash; zsh and fish likewise):
  eval "$(_MCPDB_TUI_COMPLETE=bash_source mcpdb-tui)"
"""


def _version(context: click.Context, _parameter: click.Parameter, wanted: bool) -> None:
    if not wanted or context.resilient_parsing:
        return
    from importlib.metadata import PackageNotFoundError, version

    session = context.ensure_object(Session)
    try:
        found = version("mcpdb-tui")
    except PackageNotFoundError:
        found = "unknown (not installed)"
    session.console.out(f"mcpdb-tui {found}")
    context.exit()


@click.group(cls=Root, name="mcpdb-tui", help=HELP, epilog=EPILOG, invoke_without_command=True)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_version,
    help="Print the version.",
)
@click.pass_context
def cli(context: click.Context) -> int:
    """Open the screen when no command was typed."""
    if context.invoked_subcommand is not None:
        return 0
    session = context.ensure_object(Session)
    session.require_terminal("mcpdb-tui --help lists the commands that do without")
    return session.open_screen()
