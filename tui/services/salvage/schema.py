"""Which tables there are: from the file itself, from pages no tree leads to, from a backup.

What the schema's own tree holds is sure. Where that tree has a gap, rows that look like its own
are searched for in all pages, and what is still missing is taken from a backup of the same
database: a copy through SQLite keeps every root page where it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from tui.services.salvage.cells import LEAF_TABLE, Damaged
from tui.services.salvage.records import MalformedError, Row, Text, decode
from tui.services.salvage.trees import Gap, Walk, payload_of
from tui.services.salvage.usage import Checkpoint, Pages
from tui.services.sqlite.connections import connect, translating

KINDS = ("table", "index", "view", "trigger")
_CODECS = {1: "utf-8", 2: "utf-16-le", 3: "utf-16-be"}
MAX_ENTRIES = 20_000
"""Objects of a schema that are looked at; a hostile file may name any number."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One object of the schema."""

    kind: str
    name: str
    table: str
    root: int
    """Its tree's first page; 0 for none, or where it is not known."""
    sql: str
    origin: str = "file"
    """`file`, `stray page` or `backup`."""


@dataclass(frozen=True, slots=True)
class Schema:
    """What is known of the schema."""

    entries: tuple[Entry, ...]
    whole: bool
    """Whether the file's own schema could be read without a gap."""

    def of(self, kind: str) -> tuple[Entry, ...]:
        """The objects of one kind."""
        return tuple(entry for entry in self.entries if entry.kind == kind)


def text_of(value: object, encoding: int) -> str:
    """A text value as a string, whatever its bytes are."""
    if isinstance(value, Text):
        return bytes(value).decode(_CODECS.get(encoding, "utf-8"), errors="replace")
    return value if isinstance(value, str) else ""


def read_schema(
    pages: Pages, donor: Callable[[], Sequence[Entry]], checkpoint: Checkpoint
) -> Schema:
    """Find the schema.

    Args:
        pages: Of the damaged file.
        donor: Gives the schema of its newest verified backup; only asked where it is needed.
        checkpoint: May raise to cancel.
    """
    encoding, found, whole = pages.image.header.encoding, dict[str, Entry](), True
    for item in Walk(pages, True, checkpoint).of(1):
        if isinstance(item, Gap):
            whole = False
            continue
        entry = _entry(item.values, encoding)
        if entry is None or item.doubt:
            whole = False
        if entry is not None and len(found) < MAX_ENTRIES:
            found.setdefault(entry.name.casefold(), entry)
    if not whole:
        for entry in _strays(pages, encoding, checkpoint):
            if len(found) < MAX_ENTRIES:
                found.setdefault(entry.name.casefold(), entry)
        taken = {entry.root for entry in found.values()}
        for entry in donor():
            # Its tree may stand elsewhere by now; then its pages are found without one.
            root = 0 if entry.root in taken else _plausible(pages, entry)
            found.setdefault(entry.name.casefold(), replace(entry, root=root))
    return Schema(tuple(found.values()), whole)


def read_donor(path: Path) -> tuple[Entry, ...]:
    """The schema of a finished, verified backup.

    Raises:
        McpdbError: It cannot be read.
    """
    with translating(path), closing(connect(path, "immutable=1")) as connection:
        rows = connection.execute(
            "SELECT type, name, tbl_name, rootpage, sql FROM sqlite_schema"
        ).fetchall()
    return tuple(
        Entry(str(kind), str(name), str(table), int(root or 0), str(sql or ""), "backup")
        for kind, name, table, root, sql in rows
    )


def _entry(values: Row, encoding: int, origin: str = "file") -> Entry | None:
    """A row of `sqlite_schema`; None when it cannot be one."""
    if len(values) != 5:
        return None
    kind, name, table, root, sql = values
    if text_of(kind, encoding) not in KINDS or not isinstance(root, int | None):
        return None
    words = text_of(sql, encoding)
    if not text_of(name, encoding) or (sql is not None and not words.upper().startswith("CREATE")):
        return None
    if "\N{REPLACEMENT CHARACTER}" in words or "\0" in words:
        return None
    return Entry(
        text_of(kind, encoding),
        text_of(name, encoding),
        text_of(table, encoding),
        root or 0,
        words,
        origin,
    )


def is_entry(values: Sequence[object], encoding: int) -> bool:
    """Whether a stray row is one of the schema's own, which is no row of any table."""
    return len(values) == 5 and text_of(values[0], encoding) in KINDS


def _strays(pages: Pages, encoding: int, checkpoint: Checkpoint) -> Iterator[Entry]:
    """Rows of the schema on pages that the schema's tree does not lead to."""
    for number in range(1, pages.image.count + 1):
        checkpoint()
        page = pages.page(number)
        if isinstance(page, Damaged) or page.kind != LEAF_TABLE or not page.strict:
            continue
        for cell in page.cells:
            try:
                entry = _entry(decode(payload_of(pages, cell)[0]), encoding, "stray page")
            except MalformedError:
                break
            if entry is None:
                break
            yield entry


def _plausible(pages: Pages, entry: Entry) -> int:
    """The root page that a backup says, if a page of the right kind stands there."""
    page = pages.page(entry.root)
    if isinstance(page, Damaged):
        return 0
    if entry.kind == "table" and not page.is_table and "WITHOUT" not in entry.sql.upper():
        return 0
    return entry.root
