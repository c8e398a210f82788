"""Our themes, and the roles that every Textual theme is given, legible in all of them.

A role is a theme variable of our own (`$healthy`, `$danger` …). Our themes set each of them; for
any other theme it is derived from Textual's variables and moved towards the foreground until it
has a contrast of 4.5:1 on every ground it is written on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from textual.color import Color
from textual.theme import Theme

CONTRAST = 4.5
"""The least contrast of text on its ground (WCAG AA)."""

ROLES = ("healthy", "attention", "danger", "running", "muted")
"""Roles of words; plain text is `text`."""

_SOURCES = {
    "healthy": "text-success",
    "attention": "text-warning",
    "danger": "text-error",
    "running": "text-primary",
    "muted": "text-muted",
}

DEFAULT = "mcpdb-dark"
NO_COLOR = "mcpdb-16-dark"


def _theme(
    name: str,
    *,
    dark: bool,
    background: str,
    surface: str,
    text: str,
    roles: Sequence[str],
    cursor: tuple[str, str],
    blurred: tuple[str, str],
    production: tuple[str, str],
    border: tuple[str, str],
) -> Theme:
    healthy, attention, danger, running, muted = roles
    return Theme(
        name=name,
        dark=dark,
        primary=cursor[1],
        secondary=running,
        accent=production[1],
        success=healthy,
        warning=attention,
        error=danger,
        foreground=text,
        background=background,
        surface=surface,
        panel=surface,
        variables={
            **dict(zip(ROLES, roles, strict=True)),
            "danger-style": "none",
            "text-muted": muted,
            "block-cursor-foreground": cursor[0],
            "block-cursor-background": cursor[1],
            "block-cursor-blurred-foreground": blurred[0],
            "block-cursor-blurred-background": blurred[1],
            "selection-text": cursor[0],
            "selection": cursor[1],
            "selection-style": "bold",
            "selection-blurred-text": blurred[0],
            "selection-blurred": blurred[1],
            "selection-blurred-style": "none",
            "production-text": production[0],
            "production": production[1],
            "production-style": "bold",
            "border-blurred": border[0],
            "border": border[1],
        },
    )


_DARK = _theme(
    "mcpdb-dark",
    dark=True,
    background="#101418",
    surface="#171c22",
    text="#d9dfe5",
    roles=("#7fcf9b", "#f0b95b", "#ff8a80", "#7cc0ff", "#9aa5b1"),
    cursor=("#ffffff", "#346fa5"),
    blurred=("#d9dfe5", "#2a333d"),
    production=("#ffffff", "#8a3ffc"),
    border=("#5b6875", "#7cc0ff"),
)
_LIGHT = _theme(
    "mcpdb-light",
    dark=False,
    background="#fbfbf9",
    surface="#f1f2f0",
    text="#1b1f24",
    roles=("#1a6b36", "#7a4b00", "#a8201a", "#0b559f", "#565d66"),
    cursor=("#ffffff", "#0b559f"),
    blurred=("#1b1f24", "#d5dbe1"),
    production=("#ffffff", "#7c3aed"),
    border=("#858a91", "#0b559f"),
)
_CONTRAST_THEME = _theme(
    "mcpdb-contrast",
    dark=True,
    background="#000000",
    surface="#000000",
    text="#ffffff",
    roles=("#5cff8f", "#ffd75e", "#ff9d94", "#8fd0ff", "#d0d0d0"),
    cursor=("#000000", "#ffffff"),
    blurred=("#ffffff", "#404040"),
    production=("#000000", "#ff8cff"),
    border=("#ffffff", "#ffd75e"),
)


def _ansi(name: str, *, dark: bool, roles: Sequence[str], danger_style: str) -> Theme:
    """A theme of the terminal's own 16 colours; nothing dim, it vanishes on some consoles."""
    healthy, attention, danger, running, _ = roles
    default = "ansi_default"
    variables = dict.fromkeys(
        (
            "text-muted",
            "text-disabled",
            "foreground-muted",
            "foreground-disabled",
            "block-cursor-foreground",
            "block-cursor-background",
            "block-cursor-blurred-foreground",
            "block-cursor-blurred-background",
            "selection-text",
            "selection",
            "selection-blurred-text",
            "selection-blurred",
            "production-text",
            "production",
            "border",
            "border-blurred",
            "scrollbar",
            "scrollbar-background",
        ),
        default,
    )
    return Theme(
        name=name,
        ansi=True,
        dark=dark,
        primary=running,
        secondary=running,
        success=healthy,
        warning=attention,
        error=danger,
        accent=default,
        foreground=default,
        background=default,
        surface=default,
        panel=default,
        boost=default,
        variables={
            **variables,
            **dict(zip(ROLES, roles, strict=True)),
            "ansi-background": default,
            "ansi-foreground": default,
            "danger-style": danger_style,
            "selection-style": "bold reverse",
            "selection-blurred-style": "bold",
            "production-style": "bold reverse",
            "block-cursor-text-style": "bold reverse",
            "block-cursor-blurred-text-style": "bold",
            "input-cursor-text-style": "reverse",
            "button-focus-text-style": "bold reverse",
        },
    )


THEMES: tuple[Theme, ...] = (
    _DARK,
    _LIGHT,
    _CONTRAST_THEME,
    _ansi(
        "mcpdb-16-dark",
        dark=True,
        roles=(
            "ansi_bright_green",
            "ansi_bright_yellow",
            "ansi_bright_red",
            "ansi_bright_cyan",
            "ansi_default",
        ),
        danger_style="bold",
    ),
    _ansi(
        "mcpdb-16-light",
        dark=False,
        roles=("ansi_default", "ansi_magenta", "ansi_red", "ansi_blue", "ansi_default"),
        danger_style="bold",
    ),
)


def contrast(first: Color, second: Color) -> float:
    """WCAG contrast of two opaque colours, 1 to 21."""

    def channel(value: float) -> float:
        return value / 12.92 if value <= 0.03928 else ((value + 0.055) / 1.055) ** 2.4

    def luminance(color: Color) -> float:
        red, green, blue = (channel(part) for part in color.normalized)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def legible(color: Color, grounds: Sequence[Color], towards: Color) -> Color:
    """Move `color` towards another until it can be read on every ground.

    First towards `towards`; where even that is too weak, on towards black or white.
    """

    def enough(candidate: Color) -> bool:
        return all(contrast(candidate, ground) >= CONTRAST for ground in grounds)

    start = color
    for target in (towards, _farthest(grounds)):
        for step in range(21):
            candidate = start.blend(target, step / 20)
            if enough(candidate):
                return candidate
        start = target
    return start


def _farthest(grounds: Sequence[Color]) -> Color:
    black, white = Color(0, 0, 0), Color(255, 255, 255)
    return max(black, white, key=lambda color: min(contrast(color, g) for g in grounds))


def role_defaults(theme: Theme) -> dict[str, str]:
    """The roles of a theme that does not set them itself, derived from its Textual variables."""
    if theme.ansi:
        return _ansi_defaults(theme)
    variables = {**theme.to_color_system().generate(), **theme.variables}
    background = _flat(variables["background"], Color(0, 0, 0))
    surface = _flat(variables["surface"], background)
    foreground = _flat(variables["foreground"], background)
    blurred = _flat(variables["block-cursor-blurred-background"], background)
    cursor = _flat(variables["block-cursor-background"], background)
    grounds = [background, surface, blurred]
    result = {
        role: legible(_flat(variables[source], background), grounds, foreground).hex
        for role, source in _SOURCES.items()
    }
    accent = _flat(variables["primary"], background)
    result |= {
        "danger-style": "none",
        "selection": cursor.hex,
        "selection-text": legible(
            _flat(variables["block-cursor-foreground"], cursor), [cursor], foreground
        ).hex,
        "selection-style": "bold",
        "selection-blurred": blurred.hex,
        "selection-blurred-text": legible(foreground, [blurred], foreground).hex,
        "selection-blurred-style": "none",
        "production": accent.hex,
        "production-text": legible(accent.get_contrast_text(1.0), [accent], foreground).hex,
        "production-style": "bold",
    }
    return result


def _ansi_defaults(theme: Theme) -> dict[str, str]:
    own = THEMES[3] if theme.dark else THEMES[4]
    return {
        name: value
        for name, value in own.variables.items()
        if name in ROLES or name.split("-")[0] in ("selection", "production", "danger")
    }


def _flat(value: str, ground: Color) -> Color:
    """Parse a CSS colour as it looks on `ground`: `auto 60%` and transparency worked out."""
    words = value.split()
    if words[0] == "auto":
        alpha = float(words[1].rstrip("%")) / 100 if len(words) > 1 else 1.0
        return ground.blend(ground.get_contrast_text(1.0), alpha)
    color = Color.parse(words[0])
    if len(words) > 1:
        color = color.with_alpha(float(words[1].rstrip("%")) / 100)
    return ground + color if color.a < 1 else color


def pairs(variables: Mapping[str, str]) -> dict[str, float]:
    """Contrast of every pair of roles that is drawn, worst ground each; for tests and tuning."""
    background = _flat(variables["background"], Color(0, 0, 0))
    surface = _flat(variables["surface"], background)
    blurred = _flat(variables["selection-blurred"], background)
    grounds = [background, surface, blurred]

    def worst(name: str, on: Sequence[Color]) -> float:
        return min(contrast(_flat(variables[name], ground), ground) for ground in on)

    cursor = _flat(variables["selection"], background)
    production = _flat(variables["production"], background)
    return {
        **{role: worst(role, grounds) for role in ROLES},
        "selection-text": worst("selection-text", [cursor]),
        "selection-blurred-text": worst("selection-blurred-text", [blurred]),
        "production-text": worst("production-text", [production]),
    }
