"""Tuning of 7 Maintenance: every setting as a row, and what there is to say of one."""

from __future__ import annotations

from tui.app.glyphs import SIGN_ROLES, Glyphs
from tui.app.listing.row import Column, Row
from tui.app.paint import Line, Span
from tui.app.seen import Seen
from tui.core.models import Setting
from tui.operations.command import command_line

COLUMNS = (
    Column("setting", 22),
    Column("in the file", 11),
    Column("at the gateway", 20),
    Column("who can change it", 18, grows=True, gap=0),
)

KINDS = {
    "file": "kept in the file",
    "connection": "per connection: the gateway sets its own, nobody else's counts",
    "variable": "a variable of the gateway's environment",
}


def rows(seen: Seen, glyphs: Glyphs) -> list[Row]:
    """Every setting."""
    return [_row(setting, glyphs) for setting in seen.tuning or ()]


def _row(setting: Setting, glyphs: Glyphs) -> Row:
    role = SIGN_ROLES[setting.verdict]
    gateway = Span(setting.at_gateway) if setting.at_gateway else Span("not known", "attention")
    cells = (
        Span(setting.name, bold=bool(setting.choices)),
        Span(setting.in_file),
        gateway,
        # The detail says it in full.
        Span(setting.who.partition(":")[0], "" if setting.choices else "muted"),
    )
    return Row(setting.name, cells, Span(glyphs.sign(setting.verdict), role), words=setting.advice)


def find(seen: Seen, name: str) -> Setting | None:
    """The setting of a name."""
    return next((setting for setting in seen.tuning or () if setting.name == name), None)


def detail(setting: Setting, seen: Seen) -> tuple[Line, ...]:
    """Where it lives, what to think of it, and who can change it how."""
    who = f"by {setting.who}" if setting.choices else setting.who
    lines: list[Line] = [
        (Span(f" {KINDS[setting.kind]}", "muted"),),
        (Span(" advice   ", "muted"), Span(setting.advice)),
        (
            Span(" changed  ", "muted"),
            Span(who),
        ),
    ]
    if setting.choices and seen.deployment is not None:
        value = next((each for each in setting.choices if each != setting.in_file), "")
        words = command_line(seen.deployment, "tune", f"{setting.name}={value}", "--stop")
        lines.append((Span(" by hand  ", "muted"), Span(words)))
    return tuple(lines)


def stands(seen: Seen) -> str:
    """The message line."""
    settings = seen.tuning
    if settings is None:
        return ""
    can = [setting.name for setting in settings if setting.choices]
    what = f"Enter changes {', '.join(can)}; the rest" if can else "each"
    return f"{len(settings)} settings · {what} is the gateway's"
