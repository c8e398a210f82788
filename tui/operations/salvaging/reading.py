"""From the damaged file to the new one: copied by bytes, then read page by page."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from tui.core.errors import McpdbError
from tui.core.models import Backup, Deployment
from tui.core.operation import Progress
from tui.operations.cataloguing.catalogue import read_catalogue
from tui.operations.salvaging.source import Source
from tui.services import compression, files
from tui.services.salvage.engine import salvage
from tui.services.salvage.image import Image
from tui.services.salvage.raw_copy import RawCopy, copy_raw
from tui.services.salvage.report import Report, TableReport
from tui.services.salvage.schema import Entry, read_donor

MAX_TABLES_TOLD = 500
"""Tables whose report goes into journal and manifest; the worst come first."""


def copied(source: Source, scratch: Path, progress: Progress) -> tuple[RawCopy, str]:
    """Copy the file and what belongs to it; a compressed one is unpacked as far as that goes.

    Returns:
        The copy, and why not all of a compressed file came out; empty where it did.

    Raises:
        McpdbError: It cannot be read, or there is no space.
    """
    if not source.compressed:
        raw = copy_raw(source.path, scratch, progress.tick, sidecars=True, lock=progress.lock)
        return raw, ""
    plain = scratch / "db"
    problem = compression.decompress_what_is_whole(source.path, plain, progress.tick)
    found = files.identity(plain)
    digest = files.sha256(source.path, progress.tick)
    return RawCopy(plain, None, None, (), False, digest, found.size if found else 0), problem


def read(
    deployment: Deployment,
    raw: RawCopy,
    name: str,
    scratch: Path,
    target: Path,
    progress: Progress,
) -> tuple[Report, bool]:
    """Put what can be read into `target`.

    Args:
        deployment: Whose newest backup knows the schema, should the file's own be damaged.
        raw: The copy.
        name: What the file is called.
        scratch: Where to work.
        target: The new file; a name that does not exist yet.
        progress: Told pages; may raise to cancel.

    Returns:
        What became of everything, and whether the database was in WAL mode.

    Raises:
        VerificationError: Nothing in the file is of a database.
        PrecheckError: No space.
    """
    donor = _newest(deployment)
    hint = donor.manifest.page_size if donor is not None and donor.manifest else 0
    image = Image(
        raw.database,
        wal=raw.wal,
        journal=raw.journal,
        unreadable=raw.unreadable,
        name=name,
        page_size_hint=hint,
    )
    with image:
        report = salvage(
            image,
            target,
            scratch / "work",
            _schema_of(donor, scratch),
            lambda done, total: progress.tick(done, total, "pages"),
        )
        files.fsync_file(target)
        return report, image.header.wal or image.overlay.kind == "wal"


def _newest(deployment: Deployment) -> Backup | None:
    with suppress(McpdbError):
        return read_catalogue(deployment).newest_verified
    return None


def _schema_of(donor: Backup | None, scratch: Path) -> Callable[[], tuple[Entry, ...]]:
    """The schema of the newest verified backup, read only when it is asked for."""

    def read_it() -> tuple[Entry, ...]:
        if donor is None:
            return ()
        with suppress(McpdbError), compression.unpacked(donor.path, folder=scratch) as plain:
            return read_donor(plain)
        return ()

    return read_it


def facts_of(
    report: Report, raw: RawCopy, source: Source, problem: str, *, hidden_wal: bool
) -> dict[str, Any]:
    """What manifest, journal and result say of it: plain JSON values, bounded.

    Args:
        report: What became of what was copied.
        raw: The copy.
        source: What was copied.
        problem: Why not all of a compressed file came out, or empty.
        hidden_wal: Whether its WAL is where the copy could not be made.
    """
    image = report.image
    # Commits may be missing from any table, whatever its tree and its indexes prove.
    whole = not (
        raw.torn
        or raw.unreadable_beside
        or image["wal_frames_unused"]
        or image["beside_ignored"]
        or hidden_wal
    )
    found = [table_facts(each, whole=whole) for each in report.tables]
    tables = sorted(found, key=lambda each: (each["complete"], each["name"]))
    told = tables[:MAX_TABLES_TOLD]
    return {
        "source": str(source.path),
        "source_live": source.live,
        "source_sha256": raw.sha256,
        "torn": raw.torn,
        "unreadable_bytes": sum(end - begin for begin, end in raw.unreadable),
        "source_problem": problem,
        "unreadable_beside": raw.unreadable_beside,
        "hidden_wal": hidden_wal,
        "complete": report.complete and whole and not problem,
        "tables": told,
        "tables_left_out": len(tables) - len(told),
        "rows_read": sum(each.read for each in report.tables),
        "rows_doubtful": sum(each.doubtful for each in report.tables),
        "rows_lost": sum(each["lost"] or 0 for each in found),
        "loss_unknown": sum(each["lost"] is None for each in found),
        "strays": report.strays,
        "pages": image["pages"],
        "pages_damaged": report.damaged_count,
        "damaged": [[number, why] for number, why in list(report.damaged.items())[:50]],
        "image": image,
        "schema_whole": report.schema_whole,
        "left_out": report.left_out[:50],
    }


def table_facts(each: TableReport, *, whole: bool) -> dict[str, Any]:
    """One table's report, with its first gaps.

    Args:
        each: The report.
        whole: Whether all that was committed was there to be read; else nothing is complete, and
            of rows that nothing shows to be lost that is not known.
    """
    return {
        "name": each.name,
        "read": each.read,
        "doubtful": each.doubtful,
        "lost": each.lost if whole else each.lost or None,
        "proof": each.proof,
        "complete": each.complete and whole,
        "gaps": each.gaps[:20],
        "gap_count": each.gap_count,
        "loose": each.loose,
        "definition": each.definition,
        "problem": each.problem,
    }
