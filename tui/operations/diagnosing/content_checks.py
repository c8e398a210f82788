"""What is in the file: whether its pages are sound, and how many of them hold nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tui.core.errors import DamagedError, DiskError, ExitCode, McpdbError
from tui.core.models import Diagnosis, Remedy
from tui.core.operation import Progress
from tui.operations.cataloguing.suspicion import mark, why_suspect
from tui.operations.command import command_line
from tui.operations.diagnosing.findings import fail, remedy, unknown, warn, well
from tui.operations.diagnosing.patient import Patient
from tui.operations.maintaining.checked import last_found, last_vacuum
from tui.operations.maintaining.checking import (
    check_words,
    foreign_keys_of,
    found_words,
    integrity_of,
    is_damaged,
)
from tui.operations.status import last_check
from tui.wording.clean import one_line
from tui.wording.quantities import age, size, when

STALE_DAYS = 14
"""Without a full check for so long somebody is told; the routine makes one every week."""
UNUSED_SHARE, UNUSED_BYTES = 0.05, 8 * 1024 * 1024
"""From both of these on a VACUUM is worth its downtime."""
_HOW = (
    "integrity_check reads every page and compares every index with its table; it finds no broken "
    "foreign key, which foreign_key_check does."
)


def integrity(patient: Patient) -> Diagnosis | None:
    """As the last check on record says it, or as one says that is made now."""
    if not patient.is_readable:
        return None
    if patient.deep:
        return _now(patient)
    recorded = last_found(patient.activity) or {}
    suspect = one_line(why_suspect(patient.deployment))
    if suspect:
        return fail(
            "integrity",
            suspect,
            "Prune, VACUUM and whatever overwrites the file refuse until a full check has passed "
            "or another file stands there.",
            remedy=_remedy(patient, recorded),
            code=ExitCode.VERIFICATION,
        )
    said, at = last_check(patient.catalogue, patient.activity)
    if at is None:
        text = "never checked: a verified backup, or --deep, reads every page"
        return unknown("integrity", text, _HOW, remedy=_check(patient))
    when_ = when(at, patient.now)
    if said != "ok":
        return _damaged(patient, f"{one_line(said)} ({when_})", recorded)
    text, old = f"ok, {when_}", patient.now - at
    if old.days >= STALE_DAYS:
        told = f"{text}: {age(old.total_seconds())} ago"
        return warn("integrity", told, _HOW, remedy=_check(patient))
    return well("integrity", text, _HOW, "A verified backup's pages are those of the database.")


def _now(patient: Patient) -> Diagnosis:
    """Really look: every page, then every foreign key.

    What is found wrong makes the live file suspect, as it does when `check` finds it.
    """
    nobody = Progress(lambda _done, _total, _unit: None, patient.stop)
    try:
        found = integrity_of(patient.deployment, nobody, quick=False)
        if not is_damaged(found):
            found |= foreign_keys_of(patient.deployment, nobody)
    except (DamagedError, DiskError) as error:
        if isinstance(error, DiskError) and error.path != patient.deployment.database:
            return unknown("integrity", one_line(str(error)))
        _mark(patient, str(error))
        return _damaged(patient, one_line(str(error)), {})
    except McpdbError as error:
        return unknown("integrity", one_line(str(error)))
    if is_damaged(found):
        _mark(patient, found_words(found))
        return _damaged(patient, str(found["integrity"]), found)
    text = f"{check_words(found).rstrip('.')}, just now"
    if suspect := one_line(why_suspect(patient.deployment)):
        return warn(
            "integrity",
            f"{text}; still held suspect",
            suspect,
            "Prune, VACUUM and whatever overwrites the file refuse until `check`, which writes "
            "down what it finds, has passed.",
            remedy=_check(patient),
        )
    if found["foreign_keys"]:
        return warn(
            "integrity",
            text,
            "The gateway does not enforce every foreign key: such rows are harmless as a rule, and "
            "may stop a migration.",
            _HOW,
        )
    return well("integrity", text, _HOW)


def _mark(patient: Patient, why: str) -> None:
    if not patient.deployment.read_only:
        mark(patient.deployment, why)


def _damaged(patient: Patient, text: str, found: Mapping[str, Any]) -> Diagnosis:
    return fail(
        "integrity",
        text,
        _HOW,
        remedy=_remedy(patient, found),
        details=[one_line(str(line)) for line in found.get("problems") or ()],
        code=ExitCode.VERIFICATION,
    )


def _check(patient: Patient) -> Remedy | None:
    return remedy(
        "check it",
        "Every page is read; nothing is changed.",
        "check",
        [command_line(patient.deployment, "check")],
    )


def _remedy(patient: Patient, found: Mapping[str, Any]) -> Remedy | None:
    """Indexes are made anew where they alone are wrong; else what can be read is saved."""
    if found.get("indexes"):
        return remedy(
            "rebuild the indexes",
            "The tables are whole: their indexes are made anew from them, after a safety copy.",
            "reindex",
            [command_line(patient.deployment, "reindex")],
        )
    return remedy(
        "salvage",
        "What can be read goes into a new file, table by table; the damaged one is not written "
        "to. A restore puts that file, or the newest good backup, in its place.",
        "salvage",
        [command_line(patient.deployment, "salvage")],
    )


def vacuum(patient: Patient) -> Diagnosis | None:
    """Pages that hold nothing."""
    facts = patient.database
    if not patient.is_readable or not facts.pages:
        return None
    unused, share = facts.unused_pages * facts.page_size, facts.unused_pages / facts.pages
    whole = facts.pages * facts.page_size
    last = last_vacuum(patient.activity)
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
            [command_line(patient.deployment, "vacuum")],
        ),
    )
