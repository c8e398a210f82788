"""One run of the command line: what is typed in, an exit code out.

Everything expected ends here in one sentence and its exit code. What is not expected passes
through, to the one place in `tui.__main__` that meets it.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator, Sequence
from typing import Any

import click

from tui.cli import failed, schema
from tui.cli.click_parts import command_words, subcommands
from tui.cli.console import Console, ReaderGoneError
from tui.cli.report.table import aligned
from tui.cli.root import cli
from tui.cli.session import Screen, Session, SeveralError
from tui.core.errors import ExitCode, McpdbError
from tui.wording.clean import one_line

PROGRAM = "mcpdb-tui"


def run(arguments: Sequence[str], screen: Screen | None = None) -> int:
    """Carry out one command line; returns the exit code.

    Args:
        arguments: Without the program's name.
        screen: Opens the screen.
    """
    # Options may be wrong before --json is reached: the wish is read off the words first.
    typed = arguments[: list(arguments).index("--")] if "--" in arguments else arguments
    session = Session(Console(json="--json" in typed), screen)
    session.scheduled = failed.is_scheduled(typed)
    code = int(ExitCode.FAILED)
    try:
        code = _run(session, arguments)
    finally:
        # Also where a fault of our own ends it.
        failed.tell(session, code)
    return code


def _run(session: Session, arguments: Sequence[str]) -> int:
    try:
        code = _invoke(session, arguments)
        session.console.flush()
    except ReaderGoneError:
        # Whoever read stdout has left; the interpreter must not stumble over it at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return session.exit_code if session.exit_code is not None else 128 + signal.SIGPIPE
    return code


def _invoke(session: Session, arguments: Sequence[str]) -> int:
    try:
        found = cli.main(list(arguments), prog_name=PROGRAM, standalone_mode=False, obj=session)
        return int(found or 0)
    except click.exceptions.Exit as ended:
        return int(ended.exit_code)
    except click.Abort:
        return _interrupted(session)
    except KeyboardInterrupt:
        return _interrupted(session)
    except click.ClickException as error:
        context = getattr(error, "ctx", None)
        session.command = session.command or command_words(context)
        return fail(session, _sentence(error, context), ExitCode.USAGE)
    except SeveralError as error:
        if not session.console.json:
            for line in candidate_lines(error.candidates):
                session.console.say(line)
        return fail(session, str(error), error.exit_code, candidates=error.candidates)
    except McpdbError as error:
        return fail(session, str(error), error.exit_code)


def fail(session: Session, sentence: str, code: int, **more: object) -> int:
    """Say what is wrong, the way that was asked for; returns `code`.

    Args:
        session: Where to.
        sentence: One sentence.
        code: The exit code.
        more: What else the JSON error holds.
    """
    session.sentence = one_line(sentence)
    console = session.console
    if console.json:
        data = session.partial or None
        told = schema.document(session.command, code, data, sentence, **more)
        console.out_json(schema.dumps(told))
    else:
        console.say(f"{PROGRAM}: {one_line(sentence)}")
    return int(code)


def candidate_lines(candidates: Sequence[dict[str, Any]]) -> Iterator[str]:
    """The gateways that are here, a line each."""
    keys = ("container", "name", "state", "where", "text")
    return aligned([[str(candidate[key]) for key in keys] for candidate in candidates])


def _interrupted(session: Session) -> int:
    # Once an operation has begun, signals are asked of it and never end up here.
    return fail(session, "Interrupted before anything began.", 128 + signal.SIGINT)


def _sentence(error: click.ClickException, context: click.Context | None) -> str:
    """Click's complaint as one sentence that says where help is."""
    text = " ".join(error.format_message().split()).rstrip(".")
    words = command_words(context)
    where = " ".join(filter(None, (PROGRAM, words)))
    if context is not None and text.startswith("Missing command"):
        return f"{words} needs a command: {', '.join(subcommands(context))}."
    return f"{text}; see {where} --help."
