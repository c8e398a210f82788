"""Looks that do not exist are refused before anything is drawn."""

from __future__ import annotations

import pytest

from tui.app import run
from tui.core.errors import ExitCode, UsageError


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"theme": "mcpdb-drak"}, "No theme is called 'mcpdb-drak'. Ours: mcpdb-dark,"),
        ({"theme": "\x1b[31m"}, "No theme is called"),
        ({"glyphs": "emoji"}, "glyphs is one of auto, unicode, ascii, not 'emoji'."),
    ],
)
def test_an_unknown_one_is_a_sentence_and_exit_2(settings, words, monkeypatch):
    monkeypatch.setattr("tui.app.run.McpdbApp", None)
    with pytest.raises(UsageError) as raised:
        run.run_app(None, settings=settings)
    assert words in str(raised.value)
    assert "\x1b" not in str(raised.value)
    assert raised.value.exit_code is ExitCode.USAGE


@pytest.mark.parametrize("theme", ["", "mcpdb-contrast", "textual-light", "nord"])
def test_ours_and_those_of_textual_are_known(theme, monkeypatch):
    class Quiet:
        return_code = 0
        failure = None

        def __init__(self, *_args, **_options):
            pass

        def run(self):
            pass

    monkeypatch.setattr("tui.app.run.McpdbApp", Quiet)
    assert run.run_app(None, settings={"theme": theme, "glyphs": "auto"}) == 0
