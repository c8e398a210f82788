"""The file itself: there, a database, as long as it says, and whom its mode lets in."""

from __future__ import annotations

import shlex
import stat
from pathlib import Path

from tui.core.errors import ExitCode
from tui.core.models import DatabaseFacts, Diagnosis, FileIdentity, Remedy
from tui.operations.command import command_line
from tui.operations.diagnosing.findings import (
    fail,
    fix_line,
    remedy,
    restoring,
    unknown,
    warn,
    well,
)
from tui.operations.diagnosing.owner_checks import giving, same_numbers
from tui.operations.diagnosing.patient import Patient
from tui.services import files
from tui.wording.clean import one_line
from tui.wording.quantities import count, size

_BY = "Looked at by a read-only connection of SQLite, and by the file's own size."


def file(patient: Patient) -> Diagnosis:
    """Whether there is a database, and whether its size is that of its pages."""
    deployment, facts = patient.deployment, patient.database
    blocked = deployment.blocked("database")
    if blocked is not None:
        return unknown("file", one_line(blocked.text))
    name = one_line(str(deployment.database))
    found = files.identity(deployment.database)
    if found is None:
        return _nothing(patient, f"there is no {name}")
    if files.is_regular(found) and found.size == 0:
        return _nothing(patient, f"{name} has 0 bytes: a start of the gateway was cut")
    if not files.is_regular(found):
        return fail("file", f"{name} is not a plain file", code=ExitCode.VERIFICATION)
    if facts.problem:
        return _unreadable(patient)
    tables = [finding for finding in patient.migrations if finding.name == "empty"]
    if tables:
        return fail(
            "file",
            f"{name} has no tables",
            one_line(tables[0].remedy),
            remedy=restoring(patient) or _reset(patient),
            code=ExitCode.VERIFICATION,
        )
    return _whole(patient, name)


def _whole(patient: Patient, name: str) -> Diagnosis:
    """Compare the size with the pages that the header tells."""
    facts = patient.database
    pages = facts.page_size * facts.pages
    # Pages that were added or given back stand in a WAL until it is taken in: the file may then
    # be shorter or longer than it will be, but never by a part of a page.
    off = facts.size % max(1, facts.page_size) if facts.wal_size else abs(facts.size - pages)
    if off:
        more = "longer" if facts.size > pages else "shorter"
        return fail(
            "file",
            f"{name} is {count(off)} bytes {more} than its pages",
            f"{count(facts.pages)} pages of {facts.page_size} bytes are {count(pages)} bytes, the "
            f"file has {count(facts.size)}. A copy that was cut, or something appended to it.",
            _BY,
            remedy=restoring(patient) if facts.size < pages else None,
            code=ExitCode.VERIFICATION,
        )
    equals = "=" if facts.size == pages else "and a WAL:"
    how = f"; read as {facts.how}" if facts.how not in ("", "live") else ""
    return well(
        "file",
        f"{name}, {size(facts.size)} {equals} {count(facts.pages)} pages, header good{how}",
        _BY,
    )


def _nothing(patient: Patient, text: str) -> Diagnosis:
    code = ExitCode.NOT_FOUND if "no " in text[:12] else ExitCode.VERIFICATION
    return fail(
        "file",
        text,
        "The gateway's next start would make an empty one, without a row of what was there."
        if restoring(patient)
        else "The gateway's next start makes a new one; a bootstrap makes it aside and whole.",
        remedy=restoring(patient) or _bootstrap(patient),
        code=code,
    )


def _unreadable(patient: Patient) -> Diagnosis:
    facts: DatabaseFacts = patient.database
    if "cannot be read as a database" in facts.problem:
        return fail(
            "file",
            one_line(facts.problem),
            "Damaged, encrypted, or not a database at all. It is kept as it is, whatever is done.",
            remedy=restoring(patient) or _salvage(patient),
            code=ExitCode.VERIFICATION,
        )
    if facts.problem.startswith("I/O error"):
        return fail(
            "file",
            one_line(facts.problem),
            "The disk does not give what was written to it. Its own messages are in `dmesg`.",
            remedy=restoring(patient) or _salvage(patient),
            code=ExitCode.VERIFICATION,
        )
    if "is locked by" in facts.problem:
        # Who it is and what to do is told by the check of the lock.
        return warn("file", one_line(facts.problem))
    return unknown("file", one_line(facts.problem))


def _salvage(patient: Patient) -> Remedy | None:
    return remedy(
        "salvage what can be read",
        "Every row that can be read goes into a new file; the damaged one is not written to.",
        "salvage",
        [command_line(patient.deployment, "salvage")],
    )


def _bootstrap(patient: Patient) -> Remedy | None:
    return remedy(
        "bootstrap",
        "The gateway's own bootstrap makes a complete, empty database aside and puts it there.",
        "bootstrap",
        [command_line(patient.deployment, "bootstrap")],
    )


def _reset(patient: Patient) -> Remedy | None:
    return remedy(
        "reset",
        "A complete, empty database is made aside and takes its place; this one is kept.",
        "reset",
        [command_line(patient.deployment, "reset")],
    )


def mode(patient: Patient) -> Diagnosis | None:
    """Whom the modes let write the database or read what it holds."""
    deployment = patient.deployment
    found = files.identity(deployment.database)
    folder = files.identity(deployment.database.parent)
    if found is None or folder is None:
        return None
    told = f"{stat.S_IMODE(found.mode):04o} in a folder of {stat.S_IMODE(folder.mode):04o}"
    path = one_line(shlex.quote(str(deployment.database)))
    both = ((deployment.database.parent, folder), (deployment.database, found))
    loose = [(where, one) for where, one in both if one.mode & stat.S_IWOTH]
    if loose:
        return _loose(patient, loose, f"Modes are {told}.")
    reached = found.mode & stat.S_IROTH and folder.mode & stat.S_IXOTH
    return well(
        "mode",
        f"{told}" + ("; every user of this host may read it" if reached else ""),
        f"Tokens and passwords stand in it, encrypted or hashed: `chmod o-r {path}` keeps others "
        "out."
        if reached
        else "Nobody but its owner and group may read it.",
    )


def _loose(patient: Patient, loose: list[tuple[Path, FileIdentity]], told: str) -> Diagnosis:
    """What everybody may write: the right goes, or first the gateway gets one of its own."""
    text = f"{one_line(shlex.quote(str(loose[0][0])))} may be written by every user of this host"
    why = f"{told} Whoever may write the folder may put another file in its place."
    user = patient.user
    needing = [
        (where, one)
        for where, one in loose
        if user is not None
        and files.lets_write(one.mode, (one.uid, one.gid), user)
        and not files.lets_write(one.mode, (one.uid, one.gid), user, everybody=False)
    ]
    if user is not None and needing and (patient.state.is_up or same_numbers(patient)):
        return warn(
            "mode",
            f"{text}, among them the gateway, which has no other right to",
            why,
            f"The gateway runs as {user[0]}:{user[1]}: it must own what it writes before that "
            "right is taken away.",
            remedy=giving(patient, "mode", *needing[0], user),
        )
    return warn(
        "mode",
        text,
        why,
        remedy=remedy(
            "take the right away",
            "Only the mode changes; the owner keeps every right.",
            "modes",
            [
                fix_line(patient.deployment, "mode"),
                *(f"sudo chmod o-w -- {shlex.quote(str(where))}" for where, _one in loose),
            ],
        ),
    )
