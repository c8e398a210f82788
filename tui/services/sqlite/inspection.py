"""What one read of a database tells: header, revision, tables, counts, rows, checks."""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tui.core.errors import Cancelled, DamagedError, VerificationError
from tui.core.models import Rows, TableInfo
from tui.core.secrets import is_secret
from tui.services import files
from tui.services.hashing import BackgroundHash
from tui.services.sqlite.connections import finished, translating
from tui.wording.clean import one_line
from tui.wording.quantities import count as count_text

MAGIC = b"SQLite format 3\x00"
VALUE_CAP = 4_096
"""Characters or bytes of one value that a preview reads; longer ones arrive cut."""

CORE_TABLES = (
    "gateways",
    "servers",
    "tools",
    "resources",
    "prompts",
    "a2a_agents",
    "email_users",
    "email_teams",
    "oauth_tokens",
    "roles",
)
"""The gateway's own order: what an operator looks for first."""

_OPS_PER_CALL = 20_000
Checkpoint = Callable[[], None]


def quote(identifier: str) -> str:
    """An identifier as SQL: in double quotes, each of its own doubled."""
    return '"' + identifier.replace('"', '""') + '"'


def revisions(connection: sqlite3.Connection, schema: str = "main") -> tuple[str, ...]:
    """All rows of `alembic_version`; empty when there is no such table."""
    try:
        rows = connection.execute(
            f"SELECT version_num FROM {schema}.alembic_version ORDER BY 1"
        ).fetchall()
    except sqlite3.OperationalError as error:
        if "no such table" in str(error) or "no such column" in str(error):
            return ()
        raise
    return tuple(str(value) for (value,) in rows)


def tables(connection: sqlite3.Connection, schema: str = "main") -> tuple[TableInfo, ...]:
    """Tables and views, the gateway's core first, then by name, internals last."""
    found: list[TableInfo] = []
    for kind, name, sql in connection.execute(
        f"SELECT type, name, sql FROM {schema}.sqlite_schema WHERE type IN ('table', 'view')"
    ):
        text = name if isinstance(name, str) else name.decode(errors="replace")
        if text.startswith("sqlite_") or text == "alembic_version":
            found.append(TableInfo(name=text, kind="internal"))
        elif kind == "view":
            found.append(TableInfo(name=text, kind="view"))
        elif isinstance(sql, str) and sql[:20].upper().startswith("CREATE VIRTUAL"):
            found.append(TableInfo(name=text, kind="virtual"))
        else:
            found.append(TableInfo(name=text, kind="table"))
    return tuple(sorted(found, key=_order))


def _order(table: TableInfo) -> tuple[int, int, str]:
    rank = {"table": 0, "virtual": 1, "view": 2, "internal": 3}[table.kind]
    core = CORE_TABLES.index(table.name) if table.name in CORE_TABLES else len(CORE_TABLES)
    return (rank, core, table.name)


def count(connection: sqlite3.Connection, table: str, *, by_index: bool = True) -> int:
    """Count a table's rows; `Connection.interrupt` stops it. See `counts`."""
    source = quote(table) if by_index else f"{quote(table)} NOT INDEXED"
    (number,) = connection.execute(f"SELECT count(*) FROM {source}").fetchone()
    return int(number)


def counts(
    connection: sqlite3.Connection, checkpoint: Checkpoint, *, by_index: bool = True
) -> dict[str, int]:
    """Rows of every ordinary table, `alembic_version` included.

    Args:
        connection: Of the database.
        checkpoint: Asked before each table.
        by_index: SQLite may count the entries of a table's smallest index: that is quicker, and
            wrong where the index is damaged.
    """
    found: dict[str, int] = {}
    for table in tables(connection):
        if table.kind == "table" or table.name == "alembic_version":
            checkpoint()
            found[table.name] = count(connection, table.name, by_index=by_index)
    return found


class Nowhere:
    """Rows of one table that point nowhere: how many, and whether they are the same ones."""

    def __init__(self) -> None:
        self.rows = 0
        self._digest = hashlib.blake2b(digest_size=16)

    def add(self, row: int | None) -> None:
        """One more, by its rowid; SQLite names them in the order of the table."""
        self.rows += 1
        self._digest.update(f"{row};".encode())

    def is_same(self, other: Nowhere) -> bool:
        """Whether it is the very same rows."""
        return self.rows == other.rows and self._digest.digest() == other._digest.digest()


def nowhere(connection: sqlite3.Connection) -> dict[tuple[str, str], Nowhere]:
    """Find the rows whose foreign key points nowhere, by table and the table they point to.

    Table by table, for where a parent has no such key SQLite ends the whole check; that counts
    as one row, pointing to a table without a name.
    """
    found: dict[tuple[str, str], Nowhere] = {}
    for table in tables(connection):
        if table.kind not in ("table", "internal"):
            continue
        own: dict[tuple[str, str], Nowhere] = {}
        try:
            # Bound: as an identifier, `parent` would be a column of the answer.
            for parent, row in connection.execute(
                "SELECT parent, rowid FROM pragma_foreign_key_check(?)", (table.name,)
            ):
                own.setdefault((table.name, str(parent)), Nowhere()).add(row)
        except sqlite3.OperationalError as error:
            if "foreign key mismatch" not in str(error):
                raise
            own = {(table.name, ""): Nowhere()}
            own[table.name, ""].add(None)
        found |= own
    return found


def pointing_nowhere(connection: sqlite3.Connection) -> int:
    """Count the rows whose foreign key points nowhere, as `nowhere` finds them."""
    return sum(each.rows for each in nowhere(connection).values())


def columns(connection: sqlite3.Connection, table: str) -> tuple[str, ...]:
    """Names of a table's or view's columns, generated ones included."""
    rows = connection.execute(f"PRAGMA table_xinfo({quote(table)})").fetchall()
    return tuple(
        row[1] if isinstance(row[1], str) else row[1].decode(errors="replace") for row in rows
    )


def first_rows(connection: sqlite3.Connection, table: str, limit: int) -> Rows:
    """The first rows of a table, long values cut at `VALUE_CAP` by SQLite itself."""
    names = columns(connection, table)
    # Cut inside SQLite: a blob of a gigabyte must not be read to show its beginning.
    wanted = ", ".join(
        f"CASE WHEN typeof({c}) IN ('text', 'blob') AND length({c}) > {VALUE_CAP} "
        f"THEN substr({c}, 1, {VALUE_CAP}) ELSE {c} END"
        for c in map(quote, names)
    )
    if not names:
        return Rows(table=table, columns=(), rows=())
    found = connection.execute(
        f"SELECT {wanted} FROM {quote(table)} LIMIT {int(limit) + 1}"
    ).fetchall()
    return Rows(
        table=table,
        columns=names,
        rows=tuple(tuple(row) for row in found[:limit]),
        cut=any(
            isinstance(value, str | bytes) and len(value) >= VALUE_CAP
            for row in found[:limit]
            for value in row
        ),
        masked=frozenset(name for name in names if is_secret(table, name)),
        more=len(found) > limit,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a full look at a finished file found; every field was read from the file itself."""

    size: int
    page_size: int
    pages: int
    sha256: str
    revision: str
    journal_mode: str
    rows: dict[str, int]
    check: str
    foreign_key_errors: int


def check_header(path: Path) -> tuple[int, int]:
    """Check magic and size of a finished file; SQLite itself accepts trailing garbage.

    Returns:
        Page size and number of pages.

    Raises:
        VerificationError: Says which check failed.
    """
    name = one_line(path.name)
    with files.open_regular(path) as descriptor:
        head, size = os.pread(descriptor, 100, 0), os.fstat(descriptor).st_size
    if size == 0:
        raise VerificationError(f"{name} has 0 bytes.")
    if len(head) < 100 or head[:16] != MAGIC:
        kind = "gzip" if head[:2] == b"\x1f\x8b" else "no known header: encrypted or damaged"
        raise DamagedError(f"{name} is not a SQLite database ({kind}).")
    page_size = int.from_bytes(head[16:18], "big")
    page_size = 65_536 if page_size == 1 else page_size
    pages = int.from_bytes(head[28:32], "big")
    if page_size * pages != size:
        raise VerificationError(
            f"{name} has {count_text(size)} bytes, its header says "
            f"{count_text(pages)} pages of {count_text(page_size)}: truncated, or something "
            "was appended."
        )
    return page_size, pages


def _header_mode(path: Path) -> str:
    """The journal mode a finished file would be opened in: an immutable look cannot tell."""
    with files.open_regular(path) as descriptor:
        return "wal" if os.pread(descriptor, 2, 18) == b"\x02\x02" else "delete"


def inspect(path: Path, tick: files.Tick, checkpoint: Checkpoint, *, full: bool = False) -> Report:
    """Verify a finished file by every check, for each of them alone misses damage.

    Magic, size = pages × page size, SHA-256, quick or full check, foreign keys, tables, rows.

    Args:
        path: A file that nobody writes and that has no sidecars.
        tick: Bytes hashed and in all.
        checkpoint: Called often; raises to stop.
        full: `integrity_check` instead of `quick_check`: ten times slower, finds a damaged
            index.

    Raises:
        VerificationError: Says which check failed.
    """
    page_size, pages = check_header(path)
    mode = _header_mode(path)
    check = "integrity_check" if full else "quick_check"

    def look() -> None:
        checkpoint()
        tick(hashing.done, hashing.total)

    with finished(path) as connection, BackgroundHash(path) as hashing, translating(path):
        connection.set_progress_handler(_stopper(look), _OPS_PER_CALL)
        try:
            verdicts = connection.execute(f"PRAGMA {check}(1)").fetchall()
            if verdicts != [("ok",)]:
                raise DamagedError(
                    f"{one_line(path.name)} is damaged: {check} says "
                    f"{one_line(str(verdicts[0][0]) if verdicts else 'nothing')}."
                )
            broken = pointing_nowhere(connection)
            found = counts(connection, checkpoint)
            digest = hashing.result(tick)
            return Report(
                size=page_size * pages,
                page_size=page_size,
                pages=pages,
                sha256=digest,
                revision=" ".join(revisions(connection)),
                journal_mode=mode,
                rows=found,
                check=check,
                foreign_key_errors=broken,
            )
        except sqlite3.OperationalError:
            # An interrupted statement is our own wish to stop, if there is one.
            checkpoint()
            raise


def _stopper(checkpoint: Checkpoint) -> Callable[[], int]:
    """A progress handler for SQLite: it cannot raise, so it asks for an interrupt."""

    def handler() -> int:
        try:
            checkpoint()
        except Cancelled:
            return 1
        return 0

    return handler


def expect(report: Report, expected: dict[str, object], names: Sequence[str]) -> None:
    """Compare a report with what a manifest says, for the fields in `names`.

    Raises:
        VerificationError: Names the first field that differs, with both values.
    """
    for name in names:
        wanted, found = expected[name], getattr(report, name)
        if wanted == found:
            continue
        if isinstance(wanted, dict) and isinstance(found, dict):
            table = next(t for t in {**wanted, **found} if wanted.get(t) != found.get(t))
            raise VerificationError(
                f"FAIL rows: table {one_line(table)} should have {wanted.get(table, 'no')} rows, "
                f"it has {found.get(table, 'none')}."
            )
        raise VerificationError(
            f"FAIL {name}: expected {str(wanted)[:12]}, found {str(found)[:12]}."
        )
