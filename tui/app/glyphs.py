"""Signs and lines of the screen, and what stands for them where only ASCII can be drawn."""

from __future__ import annotations

import locale
from dataclasses import dataclass

from tui.core.operation import Verdict

SIGN_ROLES: dict[str, str] = {
    "ok": "healthy",
    "warn": "attention",
    "fail": "danger",
    "unknown": "attention",
    "running": "running",
    "stale": "attention",
    "off": "muted",
}
"""The colour role of each sign's name."""

_VERDICTS = {
    Verdict.OK: "ok",
    Verdict.WARN: "warn",
    Verdict.FAIL: "fail",
    Verdict.UNKNOWN: "unknown",
}


def sign_of(verdict: Verdict) -> str:
    """The name of a verdict's sign."""
    return _VERDICTS[verdict]


@dataclass(frozen=True, slots=True)
class Box:
    """The characters of a frame: corners, horizontal, vertical."""

    top_left: str
    top_right: str
    bottom_left: str
    bottom_right: str
    across: str
    down: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Glyphs:
    """Every character that is not plain text; each is one column wide in every terminal."""

    signs: dict[str, str]
    cursor: str
    applied: str
    current: str
    ahead: str
    twig: str
    mark: str
    """In front of a row that is chosen with others."""
    null: str
    mask: str
    rule: str
    side: str
    more: str
    dash: str
    """Between words; drawn in titles."""
    box: Box
    heavy: Box
    bar_full: str
    bar_empty: str
    down: str
    ascii: bool = False

    def sign(self, name: str) -> str:
        """The sign called `name`, a blank for an unknown one."""
        return self.signs.get(name, " ")

    def plain(self, text: str) -> str:
        """Replace our own typography in `text` where only ASCII can be drawn."""
        return text.translate(_ASCII) if self.ascii else text


_ASCII = str.maketrans(
    {
        "…": "...",
        "·": "-",
        "→": "->",
        "─": "-",
        "━": "-",
        "│": "|",
        "↓": "v",
        "↑": "^",
        "▸": ">",
        "▾": "v",
        "◂": "<",
        "└": "`",
        "●": "*",
        "◉": "@",
        "○": "o",
        "✓": "+",
        "✗": "x",
        "»": "*",
        "∅": "NULL",
        "•": "*",
    }
)

UNICODE = Glyphs(
    signs={
        "ok": "✓",
        "warn": "!",
        "fail": "✗",
        "unknown": "?",
        "running": "»",
        "stale": "~",
        "off": "·",
    },
    cursor="▸",
    applied="●",
    current="◉",
    ahead="○",
    twig="└",
    mark="◆",
    null="∅",
    mask="••••",
    rule="─",
    side="│",
    more="…",
    dash="·",
    box=Box("┌", "┐", "└", "┘", "─", "│"),
    heavy=Box("┏", "┓", "┗", "┛", "━", "┃"),
    bar_full="█",
    bar_empty="░",
    down="↓",
)

ASCII = Glyphs(
    signs={
        "ok": "+",
        "warn": "!",
        "fail": "x",
        "unknown": "?",
        "running": "*",
        "stale": "~",
        "off": ".",
    },
    cursor=">",
    applied="*",
    current="@",
    ahead="o",
    twig="`",
    mark="#",
    null="NULL",
    mask="****",
    rule="-",
    side="|",
    more="...",
    dash="-",
    box=Box("+", "+", "+", "+", "-", "|"),
    heavy=Box("#", "#", "#", "#", "#", "#"),
    bar_full="#",
    bar_empty=".",
    down="v",
    ascii=True,
)


def choose(setting: str = "auto", encoding: str | None = None) -> Glyphs:
    """Pick the glyphs.

    Args:
        setting: `ascii`, `unicode`, or anything else for what the locale can show.
        encoding: The terminal's encoding; None asks the locale.
    """
    if setting == "ascii":
        return ASCII
    if setting == "unicode":
        return UNICODE
    name = (encoding or locale.getpreferredencoding(False)).lower().replace("-", "")
    return UNICODE if name.startswith("utf") else ASCII
