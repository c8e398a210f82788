"""Exports: rows of the live database or of a backup, written to a file, a folder or a stream.

All tables of an export are of one moment: they are read in one read transaction. A live database
is not held for as long as the writing takes, which a slow disk or a pager decides, for its WAL
grows meanwhile: what is wanted is copied aside first, see `tui.services.sqlite.spooling`. Nobody's
lock is taken and nothing is stopped, so this is no operation with a journal of its own; it is
noted in the activity log when it is done.

Secrets are left out: the columns themselves, named in the manifest, so that an import keeps what
is there. A mask in their place would be imported as a value one day. With `secrets=True` they are
written, and that is noted before the first of them leaves.

What is written is stated in `tui.services.rows_out`; a folder's `manifest.json` comes last:

- `format` 1, `program`, `kind` (csv …), `exact` (false for `--spreadsheet-safe`), `taken` (UTC)
- `source`: `database`, `name`, `from` (`live` or a backup's id); `revision`
- `secrets`: `left out` or `included`
- `tables`: of each `table`, `file`, `rows`, `bytes`, `sha256`, `columns` (`name`, `declared`),
  `left_out` (secret columns), `generated` (columns that nobody can write), `key`
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO, ClassVar, TypeVar

from tui.core.errors import UsageError
from tui.core.models import FORMAT, Deployment
from tui.operations.execution import noted
from tui.operations.reads.export_reading import Reading, described, files_of, open_source
from tui.operations.reads.export_target import require_harmless
from tui.operations.reads.exporting import Wanted
from tui.services import files
from tui.services.rows_out.folder import MANIFEST, Place, write_rows
from tui.services.rows_out.formats import SPREADSHEET, Format, file_name, writer
from tui.services.sqlite.spooling import Part, rows_of
from tui.wording.clean import one_line
from tui.wording.quantities import count, plural, size

T = TypeVar("T")
_NAMED = 4
"""Columns that the sentence names."""
Tick = Callable[[str, int], None]
"""Told which table is written and how many of its rows are; may raise to stop."""


def _quiet(_table: str, _rows: int) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export wrote."""

    manifest: dict[str, Any]
    """See the module; also where no folder was written."""
    path: Path | None
    """The file or folder; None for a stream."""
    sentence: str
    warning: str = ""
    """What did not go as it should and harms nothing; empty when all did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """Rows to be written out."""

    name: ClassVar[str] = "export"

    deployment: Deployment
    wanted: tuple[Wanted, ...] = ()
    """Tables, views or what a filter leaves of them; empty means every ordinary table."""
    source: str = "live"
    """`live`, or a backup's id, name or path."""
    kind: Format = "csv"
    secrets: bool = False
    """Write secrets in clear; noted in the activity log."""
    masks: tuple[str, ...] = ()
    """The operator's own patterns for secret columns."""
    safe: bool = False
    """Make formulas harmless; the result does not read back as what it was."""
    command: str = ""
    """The same as a command line, for the activity log."""

    def to_file(self, target: Path, *, replace: bool = False, tick: Tick = _quiet) -> Exported:
        """Write the rows of one table into one file.

        Args:
            target: Its name; seen only when it is whole.
            replace: Whether a file of that name may go.
            tick: Told how far it is; may raise to stop.

        Raises:
            UsageError: Several tables would go into it, or the name is taken or not for it.
            McpdbError: It cannot be read or written; nothing is left of it.
        """
        with self._reading(tick) as reading:
            require_harmless(self.deployment, target, reading.path)
            place = reading.enter(Place(target, is_folder=False, replace=replace))
            parts = reading.parts(place.scratch)
            wanted = self._only(reading.wanted)
            with files_of(place, "") as stream:
                found = self._write(stream, wanted, parts[0], reading, place.target, tick)
            return self._end(reading, [found], place)

    def to_folder(self, target: Path, *, replace: bool = False, tick: Tick = _quiet) -> Exported:
        """Write a file for each table into a new folder, and a manifest.

        Args:
            target: The folder's name; seen only when it is whole.
            replace: Whether an older export of that name may go.
            tick: Told how far it is; may raise to stop.

        Raises:
            UsageError: The name is taken, or not for it.
            McpdbError: It cannot be read or written; nothing is left of it.
        """
        with self._reading(tick) as reading:
            require_harmless(self.deployment, target, reading.path)
            place = reading.enter(Place(target, is_folder=True, replace=replace))
            found = []
            for wanted, part in zip(reading.wanted, reading.parts(place.scratch), strict=True):
                with files_of(place, file_name(wanted.name, self.kind)) as stream:
                    found.append(self._write(stream, wanted, part, reading, place.target, tick))
            text = json.dumps(self._manifest(reading, found), indent=1, ensure_ascii=True)
            with files_of(place, MANIFEST) as stream:
                stream.write(text.encode() + b"\n")
            return self._end(reading, found, place)

    def to_stream(self, stream: BinaryIO, *, tick: Tick = _quiet) -> Exported:
        """Write the rows of one table to a stream, as fast as it takes them.

        Args:
            stream: Takes bytes.
            tick: Told how far it is; may raise to stop.

        Raises:
            UsageError: Several tables were asked for.
            OSError: The stream does not take them.
            McpdbError: They cannot be read.
        """
        with self._reading(tick) as reading:
            folder = reading.enter(TemporaryDirectory(prefix="mcpdb-export-"))
            (part,) = reading.parts(Path(folder) / "rows.partial")
            wanted = self._only(reading.wanted)
            if self.secrets:
                self._note(reading, [])
            rows = rows_of(reading.connection, part, reading.path)
            written = write_rows(
                stream, self._writer(wanted), rows, lambda done: tick(wanted.name, done)
            )
            return self._end(reading, [described(wanted, "", written)], None)

    # --- reading ----------------------------------------------------------------------------

    def _reading(self, tick: Tick) -> AbstractContextManager[Reading]:
        if self.safe and self.kind not in SPREADSHEET:
            raise UsageError(f"No spreadsheet opens {self.kind}: --spreadsheet-safe is for csv.")
        return open_source(
            self.deployment,
            self.source,
            self.wanted,
            masks=self.masks,
            secrets=self.secrets,
            checkpoint=lambda: tick("", 0),
        )

    def _only(self, wanted: Sequence[Wanted]) -> Wanted:
        if len(wanted) != 1:
            raise UsageError(
                f"{plural(len(wanted), 'table')} do not fit into one file; name a folder, or "
                "one table. Nothing was written."
            )
        return wanted[0]

    # --- writing ----------------------------------------------------------------------------

    def _writer(self, wanted: Wanted) -> Any:  # noqa: ANN401
        return writer(self.kind, wanted.name, wanted.columns, safe=self.safe)

    def _write(
        self,
        stream: BinaryIO,
        wanted: Wanted,
        part: Part,
        reading: Reading,
        target: Path,
        tick: Tick,
    ) -> dict[str, Any]:
        rows = rows_of(reading.connection, part, reading.path)
        try:
            written = write_rows(
                stream, self._writer(wanted), rows, lambda done: tick(wanted.name, done)
            )
        except OSError as error:
            raise files.denied("write", target, error) from error
        return described(wanted, file_name(wanted.name, self.kind), written)

    def _manifest(self, reading: Reading, found: Sequence[dict[str, Any]]) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "program": "mcpdb-tui export",
            "kind": self.kind,
            "exact": not self.safe,
            "taken": reading.taken.isoformat(),
            "source": {
                "database": self.deployment.database.name,
                "name": self.deployment.name,
                "from": reading.kept,
            },
            "revision": reading.revision,
            "secrets": "included" if self.secrets else "left out",
            "tables": list(found),
        }

    def _end(
        self, reading: Reading, found: Sequence[dict[str, Any]], place: Place | None
    ) -> Exported:
        """Note it and show it: with secrets only what was noted is shown."""
        warning = ""
        if place is not None and self.secrets:
            self._note(reading, found)
        if place is not None:
            place.publish()
        if not self.secrets:
            warning = noted.note_if_possible(
                self.deployment,
                self.name,
                _subject(reading.wanted),
                self._sentence(found),
                command=self.command,
                began=reading.taken,
            )
        return Exported(
            self._manifest(reading, found),
            None if place is None else place.target,
            self._sentence(found),
            warning,
        )

    def _note(self, reading: Reading, found: Sequence[dict[str, Any]]) -> None:
        names = ", ".join(_subject((one,)) for one in reading.wanted[:5])
        sentence = self._sentence(found) if found else f"{names} with secrets."
        noted.note(
            self.deployment,
            self.name,
            _subject(reading.wanted),
            sentence,
            command=self.command,
            began=reading.taken,
        )

    def _sentence(self, found: Sequence[dict[str, Any]]) -> str:
        rows, written = (sum(int(one[key]) for one in found) for key in ("rows", "bytes"))
        of = f" of {plural(len(found), 'table')}" if len(found) > 1 else ""
        left = [str(name) for one in found for name in one["left_out"]]
        if self.secrets:
            secrets = "with secrets"
        elif left:
            few = len(found) == 1 and len(left) <= _NAMED
            what = ", ".join(map(one_line, left)) if few else plural(len(left), "column")
            secrets = f"secrets left out ({what})"
        else:
            secrets = "no secrets in it"
        safe = "; formulas made harmless, so it does not read back as it was" if self.safe else ""
        rows_word = "1 row" if rows == 1 else f"{count(rows)} rows"
        return f"{rows_word}{of}, {size(written)}, {secrets}{safe}."


def _subject(wanted: Sequence[Wanted]) -> str:
    return one_line(wanted[0].name) if len(wanted) == 1 else plural(len(wanted), "table")
