"""The report of `tune` without a value: every setting, where it is set, and who can change it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tui.cli.report.table import aligned
from tui.core.models import Setting

SIGNS = {"ok": "✓", "warn": "!", "unknown": "?", "off": "·"}


def tuning_lines(settings: Sequence[Setting]) -> Iterator[str]:
    """A line of each, and what can be changed by `tune`."""
    rows = [("", "setting", "in the file", "at the gateway", "who can change it")]
    rows += [
        (
            SIGNS[setting.verdict],
            setting.name,
            setting.in_file,
            setting.at_gateway or "not known",
            setting.who,
        )
        for setting in settings
    ]
    yield from aligned(rows)
    yield ""
    for setting in settings:
        if setting.verdict == "warn":
            yield f"! {setting.name}: {setting.advice}"
    for setting in settings:
        if setting.choices:
            yield f"tune {setting.name}={'|'.join(setting.choices)} --stop"
