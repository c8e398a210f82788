"""Every setting that matters to the database: what the file keeps, what the gateway has, who can.

Three kinds. What the file keeps (journal mode, page size, auto_vacuum) `tune` can change while the
gateway is stopped. What belongs to a connection the gateway sets itself, each time: from outside
nothing can be done about it, and nothing here pretends to. And variables, of which the guide names
some that no release has ever read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from tui.core.errors import McpdbError
from tui.core.models import Deployment, GatewayState, Setting
from tui.operations.finding.gateways import gateway_of, state_of
from tui.operations.measuring.figures import AUTO_VACUUM
from tui.operations.measuring.releases import BUSY_VARIABLE, DRIVER_BUSY, Sets, sets_of
from tui.operations.reads.looking import LiveDatabase
from tui.services.sqlite.connections import translating
from tui.wording.clean import one_line

PAGE_SIZES = tuple(str(2**power) for power in range(9, 17))
"""Bytes that a page may have."""

CHOICES: Mapping[str, tuple[str, ...]] = {
    "journal_mode": ("wal", "delete"),
    "page_size": PAGE_SIZES,
    "auto_vacuum": AUTO_VACUUM,
}
"""What `tune` can change, since the file keeps it: name to values."""

_FILE = "only in the file"
_CONNECTION = "not from outside: set per connection"
_TUNE = "tune, gateway stopped"

_PER_CONNECTION: Mapping[str, tuple[str, str]] = {
    "synchronous": ("full", "normal is safe with WAL"),
    "cache_size": ("-2000", "-64000 (64 MB) suits; 10000 pages as the guide says is less"),
    "temp_store": ("default", "leave it: memory may be scarce in a container"),
    "foreign_keys": ("off", "on keeps rows from pointing nowhere"),
    "wal_autocheckpoint": ("1000", "1000 pages are right"),
    "mmap_size": ("0", "leave it at 0 on shared folders"),
}
"""Per connection: SQLite's own default, and what to think of it."""

_VARIABLES = (
    ("SQLITE_TIMEOUT", "remove it: it does nothing"),
    ("SQLITE_BUSY_TIMEOUT", f"remove it; from 1.0.0 on {BUSY_VARIABLE} is meant"),
)
"""Variables of the guide that no release reads, and what to do about them."""

_CACHES = ("database", "memory", "redis", "none")


def read_tuning(deployment: Deployment, state: GatewayState | None = None) -> tuple[Setting, ...]:
    """Gather what is set, and where; reads only.

    Args:
        deployment: Whose database.
        state: The gateway's, where it is known already.

    Raises:
        McpdbError: The database cannot be read.
    """
    gateway = gateway_of(deployment)
    state = state_of(gateway) if state is None else state
    try:
        environment = dict(gateway.environment()) if gateway is not None else {}
    except McpdbError:
        environment = {}
    return tuple(settings_of(kept_in_file(deployment), state.release, environment))


def kept_in_file(deployment: Deployment) -> dict[str, str]:
    """What the live file keeps, by PRAGMA.

    Raises:
        McpdbError: It cannot be read.
    """
    live = LiveDatabase(deployment)
    with live.opened() as opened, translating(live.path):
        values = {
            name: str(opened.connection.execute(f"PRAGMA main.{name}").fetchone()[0])
            for name in ("page_size", "auto_vacuum", "encoding", "user_version", "application_id")
        }
        values["journal_mode"] = opened.journal_mode or str(
            opened.connection.execute("PRAGMA main.journal_mode").fetchone()[0]
        )
    values["auto_vacuum"] = AUTO_VACUUM[int(values["auto_vacuum"]) % 3]
    return values


def why_not_from_outside(name: str) -> str:
    """Why a setting cannot be changed here, in a sentence that says what to do."""
    known = ", ".join(CHOICES)
    if name == "busy_timeout":
        return (
            f"busy_timeout is set per connection, by the gateway itself: from 1.0.0 on "
            f"{BUSY_VARIABLE} in its .env sets it. From outside nothing can."
        )
    if name in _PER_CONNECTION:
        return (
            f"{name} is set per connection: setting it from here would change nothing for the "
            f"gateway. In the file are kept {known}."
        )
    if name.upper() in {variable for variable, _advice in _VARIABLES}:
        return f"{name.upper()} is a variable that no release of the gateway reads."
    if name in ("encoding", "user_version", "application_id"):
        return f"{name} is not changed from here. What can be: {known}."
    return f"{one_line(name) or 'Nothing'} is no setting that can be changed; {known} are."


def settings_of(
    in_file: Mapping[str, str], release: str, environment: Mapping[str, str]
) -> Iterable[Setting]:
    """The settings, those that can be changed first.

    Args:
        in_file: What the file keeps, by PRAGMA.
        release: The gateway's, as it says it.
        environment: The gateway's variables; of them only those here are told.
    """
    sets = sets_of(release)
    yield _journal_mode(in_file["journal_mode"], release, sets)
    yield Setting(
        name="auto_vacuum",
        kind="file",
        in_file=in_file["auto_vacuum"],
        at_gateway=_FILE,
        advice="none, with a VACUUM now and then; incremental gives nothing back by itself",
        who=_TUNE,
        choices=CHOICES["auto_vacuum"],
    )
    page_size = in_file["page_size"]
    yield Setting(
        name="page_size",
        kind="file",
        in_file=page_size,
        at_gateway=_FILE,
        advice="4096 is right" if page_size == "4096" else "4096 suits nearly every disk",
        who=_TUNE,
        choices=CHOICES["page_size"],
        verdict="ok" if page_size in ("4096", "8192") else "warn",
    )
    yield _busy_timeout(sets, environment)
    for name, (default, advice) in _PER_CONNECTION.items():
        yield _connection(name, default, advice, sets)
    for name, advice in (("encoding", "cannot change"), ("user_version", "the gateway uses none")):
        yield Setting(
            name=name, kind="file", in_file=in_file[name], at_gateway=_FILE, advice=advice,
            who="nobody once there are tables" if name == "encoding" else "not ours to change",
        )  # fmt: skip
    yield from _variables(sets, environment)


def _journal_mode(mode: str, release: str, sets: Sets | None) -> Setting:
    own = sets.pragmas.get("journal_mode", "") if sets is not None else ""
    advice = "wal: readers and the writer do not wait for each other"
    who = _TUNE
    if own:
        who = f"the gateway: {release} sets {own} at each connection"
    return Setting(
        name="journal_mode",
        kind="file",
        in_file=mode,
        at_gateway=own or ("as the file has it" if sets is not None else ""),
        advice=advice,
        who=who,
        # Anything else lasts until the gateway's next connection.
        choices=CHOICES["journal_mode"] if not own else () if own == mode else (own,),
        verdict="ok" if mode == "wal" else "warn",
    )


def _busy_timeout(sets: Sets | None, environment: Mapping[str, str]) -> Setting:
    asked = environment.get(BUSY_VARIABLE, "")
    who, value, verdict = _CONNECTION, "", "unknown"
    if sets is not None:
        value, verdict = sets.pragmas.get("busy_timeout", DRIVER_BUSY), "ok"
        if sets.busy_variable:
            who = f"{sets.busy_variable} in .env, then a restart"
            value = _milliseconds(asked) or value
    return Setting(
        name="busy_timeout",
        kind="connection",
        at_gateway=f"{value} ms" if value else "",
        advice="more than the longest write; 5000 ms will do",
        who=who,
        verdict="ok" if verdict == "ok" else "unknown",
    )


def _milliseconds(text: str) -> str:
    """A number within what the gateway takes; anything else it refuses, and does not start."""
    return text if text.isdecimal() and 1_000 <= int(text) <= 60_000 else ""


def _connection(name: str, default: str, advice: str, sets: Sets | None) -> Setting:
    value = "" if sets is None else sets.pragmas.get(name, f"{default} (SQLite's)")
    return Setting(
        name=name,
        kind="connection",
        at_gateway=value,
        advice=advice,
        who=_CONNECTION,
        verdict="unknown" if sets is None else "ok",
    )


def _variables(sets: Sets | None, environment: Mapping[str, str]) -> Iterable[Setting]:
    busy = environment.get(BUSY_VARIABLE, "")
    reads = sets is not None and bool(sets.busy_variable)
    unread = "not read by this release"
    yield Setting(
        name=BUSY_VARIABLE,
        kind="variable",
        at_gateway=_state(busy, number=True) if reads else "" if sets is None else unread,
        advice="1000 to 60000 ms" if reads else "from 1.0.0 on",
        who="whoever owns .env",
        verdict="unknown" if sets is None else "ok" if reads else "off",
    )
    for name, advice in _VARIABLES:
        there = name in environment
        yield Setting(
            name=name,
            kind="variable",
            at_gateway="" if sets is None else f"{'set, and ' if there else ''}{unread}",
            advice=advice if there else "leave it out",
            who="whoever owns .env",
            verdict="unknown" if sets is None else "warn" if there else "off",
        )
    yield Setting(
        name="CACHE_TYPE",
        kind="variable",
        at_gateway="" if sets is None else _cache(sets, environment.get("CACHE_TYPE", "")),
        advice="redis or memory spares the database its writes",
        who="whoever owns .env",
        verdict="unknown" if sets is None else "ok" if sets.cache else "off",
    )


def _cache(sets: Sets, asked: str) -> str:
    """What it is; a word that the gateway does not know is not told."""
    if not sets.cache:
        return "not read by this release"
    if not asked:
        return sets.cache
    return asked if asked in _CACHES else "set to something else"


def _state(value: str, *, number: bool) -> str:
    if not value:
        return "not set"
    return value if not number or value.isdecimal() else "set to what is no number"


def changeable(settings: Sequence[Setting]) -> tuple[Setting, ...]:
    """Those that `tune` can change."""
    return tuple(setting for setting in settings if setting.choices)
