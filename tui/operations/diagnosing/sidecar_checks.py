"""What SQLite keeps beside the database: whose it is, and what it holds that the file has not."""

from __future__ import annotations

from tui.core.errors import ExitCode, McpdbError
from tui.core.models import Diagnosis, FileIdentity, Remedy
from tui.operations.backing_up import inside_container
from tui.operations.command import command_line
from tui.operations.diagnosing.findings import fail, remedy, unknown, warn, well
from tui.operations.diagnosing.owner_checks import giving, same_numbers
from tui.operations.diagnosing.patient import Patient
from tui.services import files
from tui.services.sqlite.connections import sidecar
from tui.services.sqlite.wal_frames import frames
from tui.wording.clean import one_line
from tui.wording.quantities import count, plural, size

HUGE = 256 * 1024 * 1024
"""Bytes of a WAL from which on somebody keeps it from being taken in."""
_NEVER = (
    "Never delete a -wal or -journal: committed rows may stand in it alone, and a check of the "
    "file says ok without them. Never copy another file over the database while it is there: "
    "SQLite would replay it into that file."
)


def sidecars(patient: Patient) -> Diagnosis | None:
    """Look at `-wal`, `-shm` and `-journal`."""
    live = patient.deployment.database
    hidden = patient.deployment.blocked("live")
    if hidden is not None and patient.state.running not in ("stopped", "missing"):
        return unknown("sidecars", "not all of them are seen from here", one_line(hidden.text))
    found = {
        suffix: one
        for suffix in ("-wal", "-shm", "-journal")
        if (one := files.identity(sidecar(live, suffix))) is not None
    }
    kept = _kept_inside(patient)
    if not found:
        return kept or well("sidecars", "none")
    told = " and ".join(
        f"{suffix} {size(one.size)}" if suffix != "-shm" else suffix
        for suffix, one in found.items()
    )
    if (wedged := _wedged(patient, found)) is not None:
        return wedged
    if not patient.database.exists:
        return fail(
            "sidecars",
            f"{told} without their database: they are kept, never deleted",
            _NEVER,
            "A restore or a bootstrap puts them aside before it puts a file there.",
            code=ExitCode.VERIFICATION,
        )
    if patient.state.running in ("stopped", "missing") or patient.deployment.gateway is None:
        return kept or _at_rest(patient, found, told)
    if (wal := found.get("-wal")) is not None and wal.size > HUGE:
        return warn(
            "sidecars",
            f"-wal {size(wal.size)}: a reader keeps it from being taken in",
            "SQLite takes it into the file once no older reader is left; the check of the lock "
            "names who has it open. Taking it in makes a stop longer.",
        )
    return well("sidecars", f"{told}, owner {_owner(found)}", _NEVER)


def _owner(found: dict[str, FileIdentity]) -> str:
    return " and ".join(dict.fromkeys(str(one.uid) for one in found.values()))


def _wedged(patient: Patient, found: dict[str, FileIdentity]) -> Diagnosis | None:
    """Sidecars that the gateway's user cannot write keep the whole database from being written."""
    user = patient.user
    if user is None:
        return None
    for suffix, one in found.items():
        if files.lets_write(one.mode, (one.uid, one.gid), user):
            continue
        if patient.state.running not in ("running", "starting") and not same_numbers(patient):
            return None
        path = sidecar(patient.deployment.database, suffix)
        return fail(
            "sidecars",
            f"{suffix} belongs to {one.uid}:{one.gid}, the gateway runs as {user[0]}:{user[1]}",
            "Somebody else looked at the database while the gateway was stopped, and SQLite made "
            "them. The gateway then fails with `attempt to write a readonly database`.",
            _NEVER,
            remedy=giving(patient, "sidecars", path, one, user),
            code=ExitCode.PRECHECK,
        )
    return None


def _kept_inside(patient: Patient) -> Diagnosis | None:
    """What a stopped container keeps to itself, where only the file is mounted into it."""
    deployment = patient.deployment
    hidden = deployment.blocked("live")
    if hidden is None or hidden.topic != inside_container.TOPIC:
        return None
    unseen = "what the stopped container keeps beside the file is not seen from here"
    if not inside_container.is_single_file(deployment):
        return unknown("sidecars", unseen, one_line(hidden.text))
    try:
        left = inside_container.left_behind(deployment)
    except McpdbError as error:
        return unknown("sidecars", f"{unseen}: {one_line(str(error))}", one_line(hidden.text))
    if not left:
        return None
    name = one_line(deployment.database.name)
    return warn(
        "sidecars",
        f"{name}{left} lies in the stopped container alone: committed rows may stand in it",
        "It goes with the container: `compose down` or a new container would lose them. The next "
        "start takes them in.",
        _NEVER,
        remedy=_start(patient),
    )


def _start(patient: Patient) -> Remedy | None:
    if patient.deployment.gateway is None or patient.state.running == "missing":
        return None
    return remedy(
        "start the gateway",
        "SQLite takes in what is there, as it was made to; nothing is lost by it.",
        "start",
        [command_line(patient.deployment, "gateway", "start")],
    )


def _at_rest(patient: Patient, found: dict[str, FileIdentity], told: str) -> Diagnosis:
    """What is beside the database of a gateway that does not run."""
    live = patient.deployment.database
    start = _start(patient)
    journal = found.get("-journal")
    if journal is not None and journal.size:
        return warn(
            "sidecars",
            f"-journal {size(journal.size)}: a transaction was cut; the next start rolls it back",
            _NEVER,
            remedy=start,
        )
    wal = found.get("-wal")
    if wal is None or not wal.size:
        return well("sidecars", f"{told}, empty, owner {_owner(found)}", _NEVER)
    held = frames(sidecar(live, "-wal"))
    if held is None:
        return unknown("sidecars", f"{told}; what it holds could not be read", _NEVER)
    if not held.commits:
        return well("sidecars", f"{told}, without a commit, owner {_owner(found)}", _NEVER)
    many = f"{'' if held.whole else 'at least '}{plural(held.commits, 'commit')}"
    told = (
        f"{plural(held.pages, 'page')} of {many}, which {one_line(live.name)} may not have yet; "
        f"{count(held.open_pages)} more of a transaction that was cut. The next start takes them "
        "in, and a backup of ours has them."
    )
    if patient.state.exit_code == 0:
        return well("sidecars", f"-wal {size(wal.size)} with {many}, of a clean stop", told, _NEVER)
    how = f"exit {patient.state.exit_code}" if patient.state.exit_code else "a kill or a stop"
    return warn(
        "sidecars",
        f"-wal {size(wal.size)} was left by {how}: {many} in it",
        told,
        _NEVER,
        remedy=start,
    )
