"""The command line; imports the screen only when the screen is asked for."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tui.core.settings import Settings
    from tui.operations.finding.candidates import Discovery

DEBUG = "MCPDB_DEBUG"
"""Set to 1, a fault prints its traceback."""


def main() -> None:
    """Run the command line and end the process with its exit code."""
    os.umask(0o077)
    try:
        from tui.cli.main import run

        code = run(sys.argv[1:], _screen)
    except KeyboardInterrupt:
        # Whoever is that quick meets us while we are still loading.
        with suppress(OSError, ValueError):
            sys.stderr.write("mcpdb-tui: Interrupted before anything began.\n")
        code = 130
    except Exception as error:
        if os.environ.get(DEBUG) == "1":
            raise
        _crashed(error)
        code = 1
    _let_go()
    raise SystemExit(code)


def _let_go() -> None:
    """Flush what was said; to nobody, where the terminal is gone.

    Python would otherwise fail to flush at its end and make 120 of our exit code.
    """
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            with suppress(OSError, ValueError):
                null = os.open(os.devnull, os.O_WRONLY)
                os.dup2(null, stream.fileno())
                os.close(null)


def _screen(find: Callable[[], Discovery], *, settings: Settings) -> int:
    import gc

    # What one key changes comes in two pictures at times: a hundred and twentieth of a second apart
    # they are one. Textual reads it when it is imported; its own is 60. A slow line gets few.
    os.environ.setdefault("TEXTUAL_FPS", "15" if settings["slow_link"] else "120")
    # Nothing that is imported is ever garbage: it is not looked through, now or later.
    gc.disable()
    from tui.app.run import run_app

    gc.freeze()
    gc.enable()
    return run_app(find=find, settings=settings)


def _crashed(error: Exception) -> None:
    """Say that it is our fault, in one sentence; as JSON too where that was asked for."""
    from tui.cli import schema
    from tui.cli.console import Console
    from tui.wording.clean import one_line

    console = Console()
    told = one_line(f"{type(error).__name__}: {error}")[:300]
    sentence = f"A fault in mcpdb-tui itself: {told} ({DEBUG}=1 shows where)."
    console.say(f"mcpdb-tui: {sentence}")
    if "--json" in sys.argv[1:]:
        console.out_json(schema.dumps(schema.document("", 1, None, sentence)))


if __name__ == "__main__":
    main()
