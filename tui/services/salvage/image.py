"""The pages of a damaged database: a raw copy, and over it what its WAL or journal says.

The copy is read with `pread`, one page at a time; no SQLite connection ever opens it. Numbers of
pages begin at 1, as in the file format (https://www.sqlite.org/fileformat2.html).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tui.core.errors import VerificationError
from tui.services.files import open_regular
from tui.services.salvage import overlays
from tui.wording.clean import one_line

MAGIC = b"SQLite format 3\0"
SIZES = tuple(1 << power for power in range(9, 17))
LEAVES = {10: "index", 13: "table"}
INNER = {2: "index", 5: "table"}
_SAMPLES = 512
"""Pages that are looked at where the size of a page must be guessed."""


@dataclass(frozen=True, slots=True)
class Header:
    """What the first 100 bytes say, as far as they make sense."""

    is_sound: bool
    """Whether every field that is needed makes sense."""
    page_size: int = 4096
    reserved: int = 0
    pages: int = 0
    freelist: int = 0
    free_pages: int = 0
    encoding: int = 1
    auto_vacuum: bool = False
    incremental: bool = False
    user_version: int = 0
    application_id: int = 0
    wal: bool = False


def parse_header(raw: bytes) -> Header:
    """Understand the file's header; what makes no sense has its usual value."""
    if len(raw) < 100:
        return Header(False)
    size = _number(raw, 16, 2)
    size = 65536 if size == 1 else size
    encoding, reserved = _number(raw, 56), raw[20]
    # A database without any table has no encoding yet.
    sound = (
        raw.startswith(MAGIC)
        and size in SIZES
        and raw[21:24] == b"\x40\x20\x20"
        and encoding in (0, 1, 2, 3)
        and size - reserved >= 480
    )
    if not sound:
        return Header(False, page_size=size if size in SIZES else 0)
    return Header(
        True,
        page_size=size,
        reserved=reserved,
        pages=_number(raw, 28) if raw[24:28] == raw[92:96] else 0,
        freelist=_number(raw, 32),
        free_pages=_number(raw, 36),
        encoding=encoding or 1,
        auto_vacuum=_number(raw, 52) != 0,
        incremental=_number(raw, 64) != 0,
        user_version=_number(raw, 60),
        application_id=_number(raw, 68),
        wal=raw[18:20] == b"\x02\x02",
    )


def _number(raw: bytes, at: int, size: int = 4) -> int:
    return int.from_bytes(raw[at : at + size], "big")


@dataclass(slots=True)
class Image:
    """A raw copy of a database, open for reading; use it as a context manager."""

    path: Path
    wal: Path | None = None
    journal: Path | None = None
    unreadable: tuple[tuple[int, int], ...] = ()
    """Byte ranges that the disk did not give: begin and end."""
    name: str = ""
    """What the file is called to a person; its own name by default."""
    page_size_hint: int = 0
    """The page size of a backup of it, for where the header is gone."""
    header: Header = field(init=False)
    guessed: bool = field(init=False, default=False)
    """Whether the size of a page was guessed."""
    page_size: int = field(init=False, default=0)
    usable: int = field(init=False, default=0)
    """Bytes of a page that are used."""
    count: int = field(init=False, default=0)
    """Pages, whole ones and a cut one at the end."""
    overlay: overlays.Overlay = field(init=False, default_factory=overlays.Overlay)
    short: bool = field(init=False, default=False)
    """Whether the file has fewer pages than its header says."""
    missing: int = field(init=False, default=0)
    """How many fewer."""
    _descriptor: int = field(init=False, default=-1)
    _overlaid: int = field(init=False, default=-1)
    _bad: set[int] = field(init=False, default_factory=set)

    def __enter__(self) -> Image:
        """Open it and find out how it is laid out.

        Raises:
            VerificationError: Nothing in it looks like a page of a database.
        """
        with open_regular(self.path) as descriptor:
            self._descriptor = os.dup(descriptor)
        try:
            self._lay_out()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_unused: object) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """Close its files."""
        for descriptor in (self._descriptor, self._overlaid):
            if descriptor >= 0:
                os.close(descriptor)
        self._descriptor = self._overlaid = -1

    @property
    def called(self) -> str:
        """What the file is called to a person."""
        return self.name or self.path.name

    def read(self, number: int) -> bytes:
        """One page as a reader of the database sees it; zeros where there is none."""
        at = self.overlay.pages.get(number)
        if at is not None:
            raw = os.pread(self._overlaid, self.page_size, at)
        elif 1 <= number <= self.count:
            raw = os.pread(self._descriptor, self.page_size, (number - 1) * self.page_size)
        else:
            raw = b""
        return raw.ljust(self.page_size, b"\0")

    def is_unreadable(self, number: int) -> bool:
        """Whether the disk did not give this page, or the file ends in it or before."""
        return number in self._bad and number not in self.overlay.pages

    @property
    def ignored(self) -> tuple[str, ...]:
        """Which of `wal` and `journal` has something to say that was not taken in."""
        found = []
        if self.wal is not None and self.overlay.kind != "wal" and self.wal.stat().st_size:
            found.append("wal")
        # An overlay of another kind than `wal` has looked into the journal.
        if self.journal is not None and self.overlay.kind == "wal":
            with open_regular(self.journal) as descriptor:
                found += ["journal"] if os.pread(descriptor, 1, 0).strip(b"\0") else []
        return tuple(found)

    # --- layout ---------------------------------------------------------------------------

    def _lay_out(self) -> None:
        size = os.fstat(self._descriptor).st_size
        first = os.pread(self._descriptor, 100, 0)
        self.header = parse_header(first)
        wal_size = overlays.wal_page_size(self.wal) if self.wal else 0
        self.page_size = self._size_of_pages(size, wal_size)
        if wal_size == self.page_size and self.wal is not None:
            self.overlay = overlays.read_wal(self.wal, self.page_size)
        elif self.journal is not None:
            self.overlay = overlays.read_journal(self.journal, self.page_size)
        if self.overlay.path is not None:
            with open_regular(self.overlay.path) as descriptor:
                self._overlaid = os.dup(descriptor)
        self.count = -(-size // self.page_size)
        if 1 in self.overlay.pages:
            self.header = parse_header(self.read(1)[:100])
        if self.overlay.size:
            # What a transaction has cut off, or a journal gives back; a hostile one may say
            # anything.
            there = self.count + len(self.overlay.pages)
            self.count = min(self.overlay.size, there)
            self.missing = self.overlay.size - self.count
        elif self.header.is_sound and self.header.pages:
            self.missing = max(0, self.header.pages - self.count)
        self.usable = self.page_size - (self.header.reserved if self.header.is_sound else 0)
        self.short = self.missing > 0 or bool(size % self.page_size)
        self._bad = set(self._pages_without_bytes(size))

    def _size_of_pages(self, size: int, wal_size: int) -> int:
        if self.header.is_sound:
            return self.header.page_size
        known = [wal_size, self.page_size_hint, self.header.page_size]
        scores = {each: self._score(each, size) for each in SIZES}
        best = max(scores, key=lambda each: (scores[each], each in known, each))
        if not scores[best]:
            raise VerificationError(
                f"{one_line(self.called)} has no page of a SQLite database in it: it is "
                "another kind of file, encrypted, or overwritten from end to end."
            )
        self.guessed = True
        return best

    def _score(self, page_size: int, size: int) -> float:
        """How much of a sample looks like b-tree pages of this size."""
        from tui.services.salvage.cells import Damaged, parse

        pages = size // page_size
        step = max(1, pages // _SAMPLES)
        good = looked = 0
        for index in range(0, pages, step):
            raw = os.pread(self._descriptor, page_size, index * page_size)
            looked += 1
            page = parse(raw, index + 1, page_size)
            # At a wrong size cells seem to lie outside their page.
            good += not isinstance(page, Damaged) and page.strict and bool(page.cells)
        return good / looked if looked else 0.0

    def _pages_without_bytes(self, size: int) -> list[int]:
        found = [
            number
            for begin, end in self.unreadable
            for number in range(begin // self.page_size + 1, -(-end // self.page_size) + 1)
        ]
        whole = size // self.page_size
        return [*found, *range(whole + 1, self.count + 1)]


def facts_of(image: Image) -> Mapping[str, object]:
    """What of the image belongs into a report."""
    return {
        "page_size": image.page_size,
        "pages": image.count,
        "pages_missing": image.missing,
        "header_damaged": not image.header.is_sound,
        "page_size_guessed": image.guessed,
        "cut": image.short,
        "wal_frames": image.overlay.frames,
        "wal_frames_unused": image.overlay.unused,
        "overlay": image.overlay.kind,
        "beside_ignored": list(image.ignored),
    }
