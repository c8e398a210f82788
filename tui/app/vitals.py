"""The words of rows 1 and 2: which gateway on which host, is it alive, what is true of the data."""

from __future__ import annotations

from datetime import datetime

from tui.app.glyphs import SIGN_ROLES, Glyphs, sign_of
from tui.app.paint import Line, Span, line
from tui.app.seen import Seen
from tui.core.models import GatewayState, Health
from tui.core.operation import Verdict
from tui.wording import quantities

LONG_AGO = 36 * 3_600
"""A newest verified backup older than this wants a person, seconds."""


def signed(glyphs: Glyphs, name: str, word: str, action: str = "") -> Line:
    """A sign with its word, both in the sign's colour."""
    role = SIGN_ROLES[name]
    bold = name == "fail"
    return (Span(f"{glyphs.sign(name)} {word}", role, bold, action),)


def gateway_word(state: GatewayState | None, health: Health | None) -> tuple[str, str]:
    """Sign and word of what the gateway is doing."""
    if state is None:
        return "running", "…"
    if state.running == "running":
        words = {
            "healthy": ("ok", "healthy"),
            "unhealthy": ("fail", "UNHEALTHY"),
            "unreachable": ("fail", "no answer"),
            "unknown": ("unknown", "health unknown"),
        }
        return words[health.verdict] if health else ("running", "checking")
    return {
        "starting": ("running", "starting"),
        "restarting": ("fail", "restarting"),
        "stopped": ("off", "stopped"),
        "missing": ("fail", "missing"),
        "unknown": ("unknown", "unknown"),
    }[state.running]


def _identity(seen: Seen) -> Line:
    deployment = seen.deployment
    if deployment is None:
        return (Span("looking for the gateway …", "muted"),)
    place = Span(f"{deployment.name}@{seen.host}", bold=True)
    if not deployment.production:
        return (place,)
    return (Span(f"[{deployment.production}]", "production"), Span(" "), place)


def _gateway(seen: Seen, glyphs: Glyphs, now: datetime, *, wide: bool) -> Line:
    blocked = seen.deployment.blocked("gateway") if seen.deployment else None
    if seen.deployment is not None and seen.deployment.gateway is None and blocked is None:
        return line(Span("gateway ", "muted"), *signed(glyphs, "off", "none known", "app.pane(9)"))
    name, word = gateway_word(seen.gateway, seen.health)
    state = seen.gateway
    if blocked is not None and blocked.topic == "no-gateway":
        return line(Span("gateway ", "muted"), *signed(glyphs, "off", "none known", "app.pane(9)"))
    no_docker = blocked is not None and blocked.topic == "docker"
    if no_docker or (name == "unknown" and state and state.text.startswith("Docker ")):
        name, word = "unknown", "unknown, no Docker"
    if seen.running is not None and seen.running.down_since is not None:
        # Its own journal knows sooner than the next look at the gateway.
        name, word = "running", f"down for {seen.running.operation}"
    parts: list[Span | str] = [
        Span("gateway ", "muted"),
        *signed(glyphs, name, word, "app.pane(9)"),
    ]
    if state and state.release:
        parts.append(("  " if wide else " ") + state.release)
    if wide and state and state.since and state.running == "running":
        parts.append(f"  up {quantities.age((now - state.since).total_seconds())}")
    return line(*parts)


def _read_only(seen: Seen) -> Line:
    deployment = seen.deployment
    if deployment is None or not deployment.read_only:
        return ()
    return (Span("READ-ONLY", "attention", bold=True),)


def identity_row(seen: Seen, glyphs: Glyphs, now: datetime, *, wide: bool) -> tuple[Line, Line]:
    """Both ends of row 1."""
    gap = Span("   " if wide else "  ")
    left = _identity(seen)
    if wide and seen.deployment:
        path = quantities.path(seen.deployment.database)
        left = (*left, gap, Span(path, action="app.pane(1)"))
    for part in (_read_only(seen), _gateway(seen, glyphs, now, wide=wide)):
        if part:
            left = (*left, gap, *part)
    zone = now.strftime("%Z") or "UTC"
    moment = now.strftime("%a %Y-%m-%d %H:%M:%S" if wide else "%H:%M:%S")
    right = line(Span(seen.who), "   " if wide else "  ", Span(f"{moment} {zone}"))
    return left, right


# --- row 2 ------------------------------------------------------------------------------


def revision_words(seen: Seen) -> tuple[str, str, str]:
    """Sign, word and the rest of `revision ✓ ok e198602c3c1e = head`."""
    facts, timeline = seen.database, seen.timeline
    if facts is None:
        return "running", "…", ""
    if facts.problem or not facts.exists:
        return "unknown", "unknown", ""
    if len(facts.revisions) > 1:
        return "fail", "FAIL", f"{len(facts.revisions)} at once"
    if not facts.revision:
        return "warn", "warn", "none"
    if timeline is None:
        return "running", "…", facts.revision
    if timeline.problem or not timeline.revisions:
        return "unknown", "head unknown", facts.revision
    if facts.revision in timeline.unknown:
        return "fail", "FAIL", f"{facts.revision} not in the image"
    if timeline.pending:
        return "warn", "warn", f"{facts.revision}, {timeline.pending} pending"
    return "ok", "ok", f"{facts.revision} = head"


def is_remembered(seen: Seen) -> bool:
    """Whether where the database stands is only known from before."""
    return seen.timeline is not None and (seen.released or seen.timeline.stale)


def _revision(seen: Seen, glyphs: Glyphs, *, wide: bool) -> Line:
    name, word, rest = revision_words(seen)
    action = "app.pane(3)"
    if is_remembered(seen) and word in ("ok", "warn", "FAIL"):
        # As it was known, and marked so.
        mark = glyphs.sign("stale")
        told = f"{mark} {word} {rest}" if wide else f"{mark}{_short(seen, name, word)}"
        label = "revision " if wide else "rev "
        return (Span(label, "muted"), Span(told, SIGN_ROLES["stale"], action=action))
    if wide:
        return (
            Span("revision ", "muted"),
            *signed(glyphs, name, word, action),
            Span(f" {rest}" if rest else "", action=action),
        )
    if word == "head unknown":
        return (Span("rev ", "muted"), Span(f"{rest}, head unknown", "attention", action=action))
    short = rest or word if name == "running" else _short(seen, name, word)
    return (Span("rev ", "muted"), Span(short, SIGN_ROLES[name], name == "fail", action))


def _short(seen: Seen, name: str, word: str) -> str:
    pending = seen.timeline.pending if seen.timeline else 0
    if name == "ok":
        return "ok head"
    return f"{pending} pending" if name == "warn" and pending else word


def _integrity(seen: Seen, glyphs: Glyphs, now: datetime, *, wide: bool) -> Line:
    label = Span("integrity " if wide else "check ", "muted")
    if seen.database is None:
        return (label, Span("…"))
    if not seen.integrity or not seen.database.exists:
        name, word = "unknown", "unknown"
    elif seen.integrity == "ok":
        name, word = "ok", "ok"
    else:
        name, word = "fail", "FAIL"
    age = ""
    if seen.integrity_at is not None and name != "unknown":
        ago = quantities.age((now - seen.integrity_at).total_seconds())
        age = f" {ago} ago" if wide else f" {ago}"
    action = "app.pane(6)"
    if wide:
        return (label, *signed(glyphs, name, word, action), Span(age, action=action))
    return (label, Span(word, SIGN_ROLES[name], name == "fail", action), Span(age, action=action))


def _backup(seen: Seen, glyphs: Glyphs, now: datetime, *, wide: bool) -> Line:
    label = Span("backup ", "muted")
    action = "app.pane(2)"
    if seen.catalogue is None:
        if seen.problem("catalogue"):
            return (label, *signed(glyphs, "unknown", "unknown", action))
        return (label, Span("…"))
    newest = seen.catalogue.newest_verified
    if newest is None:
        if seen.catalogue.backups:
            return (label, *signed(glyphs, "warn", "none verified", action))
        return (label, *signed(glyphs, "warn", "none", action))
    seconds = (now - newest.taken).total_seconds()
    name = "ok" if seconds < LONG_AGO else "warn"
    age = quantities.age(seconds)
    if wide:
        return (
            label,
            *signed(glyphs, name, name, action),
            Span(f" verified {age} ago", action=action),
        )
    return (label, Span(name, SIGN_ROLES[name], action=action), Span(f" {age}", action=action))


def _sizes(seen: Seen, *, wide: bool) -> tuple[Line, Line]:
    facts = seen.database
    if facts is None:
        return (Span("db …"),), (Span("disk …"),)
    free = quantities.narrow_size(facts.disk_free, "down") if facts.disk_free else "unknown"
    disk = (Span("disk ", "muted"), Span(free, action="app.space"))
    if not facts.exists:
        return (Span("db ", "muted"), Span("missing", "danger", bold=True)), disk
    if wide:
        wal = f" + {quantities.size(facts.wal_size)} wal" if facts.wal_size else ""
        return (Span("db ", "muted"), Span(f"{quantities.size(facts.size)}{wal}")), disk
    wal = f"+{quantities.narrow_size(facts.wal_size)} wal" if facts.wal_size else ""
    label: Line = () if wal else (Span("db ", "muted"),)
    return (*label, Span(f"{quantities.narrow_size(facts.size)}{wal}")), disk


def _lock(seen: Seen, *, wide: bool) -> Line:
    label = Span("lock ", "muted")
    if not seen.lock_known:
        return (label, Span("…"))
    if seen.state_problem:
        return (label, Span("unknown", "attention", action="app.pane(4)"))
    if seen.lock is None:
        return (label, _others_lock(seen, wide=wide))
    who = f"{seen.lock.who}, {seen.lock.what}" if wide else seen.lock.who
    return (label, Span(who, "running", action="app.operation"))


def _others_lock(seen: Seen, *, wide: bool) -> Span:
    """Nobody of ours works here; somebody else may hold the database, as the doctor saw."""
    found = next((one for one in seen.doctor or () if one.name == "lock"), None)
    if found is None or found.verdict is not Verdict.FAIL:
        return Span("none", action="app.locked")
    return Span("HELD, not by us" if wide else "HELD", "danger", True, "app.locked")


def vitals_row(
    seen: Seen, glyphs: Glyphs, now: datetime, *, wide: bool, gap: int = 3, least: bool = False
) -> Line:
    """Row 2, its facts `gap` blanks apart; with `least` what can be spared is left out."""
    size, disk = _sizes(seen, wide=wide)
    parts = [
        _revision(seen, glyphs, wide=wide),
        () if least and seen.integrity in ("", "ok") else _integrity(seen, glyphs, now, wide=wide),
        _backup(seen, glyphs, now, wide=wide),
        size,
        () if least else disk,
        _lock(seen, wide=wide),
    ]
    result: list[Span] = [Span(" ")]
    for part in filter(None, parts):
        if len(result) > 1:
            result.append(Span(" " * gap))
        result.extend(part)
    return tuple(result)


def verdict_sign(glyphs: Glyphs, verdict: Verdict) -> Span:
    """A verdict's sign in its colour."""
    name = sign_of(verdict)
    return Span(glyphs.sign(name), SIGN_ROLES[name], bold=name == "fail")
