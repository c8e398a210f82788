"""What is in the file: whether its pages are sound, and how many of them hold nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from tui.core.errors import ExitCode, McpdbError
from tui.core.models import ActivityEntry, Diagnosis, Remedy
from tui.operations.cataloguing.suspicion import why_suspect
from tui.operations.diagnosing.findings import fail, remedy, restoring, unknown, warn, well
from tui.operations.diagnosing.patient import Patient
from tui.operations.reads.looking import LiveDatabase
from tui.operations.status import last_check
from tui.services.sqlite import inspection
from tui.services.sqlite.connections import translating
from tui.wording.clean import one_line
from tui.wording.quantities import age, plural, size, when

STALE_DAYS = 14
"""Without a full check for so long somebody is told; the routine makes one every week."""
UNUSED_SHARE, UNUSED_BYTES = 0.05, 8 * 1024 * 1024
"""From both of these on a VACUUM is worth its downtime."""
_MOST = 20
_CHECKS = ("check", "maintain")
"""Operations that read every page of the live file."""
_HOW = (
    "integrity_check reads every page and compares every index with its table; it finds no broken "
    "foreign key, which foreign_key_check does."
)


def integrity(patient: Patient) -> Diagnosis | None:
    """As the last check on record says it, or as one says that is made now."""
    if not patient.is_readable:
        return None
    suspect = why_suspect(patient.deployment)
    if suspect:
        return fail(
            "integrity",
            f"the disk failed under it: {one_line(suspect)}",
            "Prune, VACUUM and whatever overwrites the file refuse until a full check has passed "
            "or another file stands there.",
            remedy=_remedy(patient, [suspect]),
            code=ExitCode.VERIFICATION,
        )
    return _now(patient) if patient.deep else _recorded(patient)


def _recorded(patient: Patient) -> Diagnosis:
    said, at = last_check(patient.catalogue, patient.activity)
    checked = next((e for e in patient.activity if e.operation in _CHECKS and _is_verdict(e)), None)
    if checked is not None and (at is None or checked.started > at):
        at = checked.started
        if checked.exit_code == ExitCode.VERIFICATION:
            text = f"{one_line(checked.sentence)} ({when(at, patient.now)})"
            why = _remedy(patient, [checked.sentence])
            return fail("integrity", text, _HOW, remedy=why, code=ExitCode.VERIFICATION)
        said = "ok"
    make = _check()
    if at is None:
        text = "never checked: a verified backup, or --deep, reads every page"
        return unknown("integrity", text, _HOW, remedy=make)
    old = patient.now - at
    text = f"{one_line(said)}, {when(at, patient.now)}"
    if old.days >= STALE_DAYS:
        told = f"{text}: {age(old.total_seconds())} ago"
        return warn("integrity", told, _HOW, remedy=make)
    return well("integrity", text, _HOW, "A verified backup's pages are those of the database.")


def _is_verdict(entry: ActivityEntry) -> bool:
    return entry.exit_code in (ExitCode.DONE, ExitCode.VERIFICATION)


def _check() -> Remedy | None:
    return remedy("check it", "Every page is read; nothing is changed.", "check")


def _now(patient: Patient) -> Diagnosis:
    """Really look: every page, then every foreign key."""
    live = LiveDatabase(patient.deployment)
    try:
        with live.opened() as opened, translating(live.path):
            said = list(_complaints(opened.connection))
            broken = inspection.pointing_nowhere(opened.connection)
    except McpdbError as error:
        return unknown("integrity", one_line(str(error)))
    if said:
        return fail(
            "integrity",
            said[0],
            _HOW,
            remedy=_remedy(patient, said),
            details=said,
            code=ExitCode.VERIFICATION,
        )
    if broken:
        return warn(
            "integrity",
            f"ok, just now; {plural(broken, 'row')} point to rows that are not there",
            "The gateway does not enforce every foreign key: such rows are harmless as a rule, and "
            "may stop a migration.",
            _HOW,
        )
    return well("integrity", "integrity_check and foreign keys ok, just now", _HOW)


def _complaints(connection: sqlite3.Connection) -> Iterator[str]:
    for (text,) in connection.execute(f"PRAGMA integrity_check({_MOST})"):
        yield from (one_line(line) for line in str(text).splitlines() if line != "ok")


def _remedy(patient: Patient, said: list[str]) -> Remedy | None:
    """Indexes are made anew where they alone are wrong; else what can be read is saved."""
    indexes = ("missing from index", "wrong # of entries in index", "non-unique entry in index")
    if said and all(any(word in line for word in indexes) for line in said):
        rebuilt = remedy(
            "rebuild the indexes",
            "The tables are whole: their indexes are made anew from them, after a safety copy.",
            "reindex",
        )
        if rebuilt is not None:
            return rebuilt
    return remedy(
        "salvage",
        "What can be read goes into a new file, table by table; the damaged one is not written to.",
        "salvage",
    ) or restoring(patient)


def vacuum(patient: Patient) -> Diagnosis | None:
    """Pages that hold nothing."""
    facts = patient.database
    if not patient.is_readable or not facts.pages:
        return None
    unused, share = facts.unused_pages * facts.page_size, facts.unused_pages / facts.pages
    whole = facts.pages * facts.page_size
    last = next(
        (
            e
            for e in patient.activity
            if e.operation in ("vacuum", "maintain") and e.state == "done"
        ),
        None,
    )
    ago = f"; last VACUUM {when(last.started, patient.now)}" if last is not None else ""
    text = f"{size(unused)} of {size(whole)} unused{ago}"
    if share < UNUSED_SHARE or unused < UNUSED_BYTES:
        return well("vacuum", text)
    return warn(
        "vacuum",
        text,
        "Rows that were deleted leave pages behind that new rows fill again. A VACUUM gives them "
        "back to the disk; it needs the gateway stopped and about twice the space meanwhile.",
        remedy=remedy(
            "vacuum",
            "The gateway is stopped, a verified copy is made, the file is written anew.",
            "vacuum",
        ),
    )
