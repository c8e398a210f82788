"""Exports of a statement's result: all its rows, not only those that a screen has read.

Secrets in it are masked as the console masks them, by SQLite itself: a result's columns cannot be
left out, for nobody knows which of them came from where. Only a file is written, never a pager:
the read transaction lasts as long as the writing does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tui.core.errors import BusyError, Cancelled, UsageError
from tui.core.models import Deployment
from tui.core.models.rows import Cell
from tui.operations.execution import noted
from tui.operations.export import Export, Exported
from tui.operations.reads.export_reading import files_of
from tui.operations.reads.export_target import require_harmless
from tui.operations.reads.query import Query
from tui.services import files
from tui.services.rows_out.folder import Place, write_rows
from tui.services.rows_out.formats import SPREADSHEET, Format, distinct, writer
from tui.services.sqlite.statements import Running
from tui.services.sqlite.stopping import never
from tui.wording.quantities import count, plural, size


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportResult:
    """One statement whose rows are written out."""

    deployment: Deployment
    query: Query
    sql: str
    kind: Format = "csv"
    safe: bool = False
    """Make formulas harmless; see `tui.operations.export.Export`."""
    command: str = ""
    """The same as a command line, for the activity log."""

    def to_file(
        self,
        target: Path,
        *,
        replace: bool = False,
        tick: Callable[[int], None] = lambda _rows: None,
        cancelled: Callable[[], bool] = never,
    ) -> Exported:
        """Run the statement and write its rows into one file.

        Args:
            target: Its name; seen only when it is whole.
            replace: Whether a file of that name may go.
            tick: Told how many rows are written.
            cancelled: Asked from another thread.

        Raises:
            UsageError: The statement does not merely read, or the name is taken or not for it.
            Cancelled: It was cancelled; nothing is left of it.
            McpdbError: It cannot be read or written; nothing is left of it.
        """
        if self.safe and self.kind not in SPREADSHEET:
            raise UsageError(f"No spreadsheet opens {self.kind}: --spreadsheet-safe is for csv.")
        require_harmless(self.deployment, target, self.query.source.path)
        began = datetime.now(UTC)
        with Place(target, is_folder=False, replace=replace) as place:
            with (
                files_of(place, "") as stream,
                self.query.running(self.sql, cancelled=cancelled) as running,
            ):
                columns = distinct(running.columns)
                if not columns:
                    raise UsageError("The statement gives no rows. Nothing was written.")
                pen = writer(self.kind, "result", columns, safe=self.safe)
                try:
                    written = write_rows(stream, pen, _rows(running, cancelled), tick)
                except OSError as error:
                    raise files.denied("write", place.target, error) from error
                masked = [f"{table}.{column}" for table, column in running.masked]
            place.publish()
        secrets = f", secrets masked ({plural(len(masked), 'column')})" if masked else ""
        rows = "1 row" if written.rows == 1 else f"{count(written.rows)} rows"
        sentence = f"{rows} of a query, {size(written.bytes)}{secrets}."
        warning = noted.note_if_possible(
            self.deployment, Export.name, "query", sentence, command=self.command, began=began
        )
        manifest = {
            "kind": self.kind,
            "exact": not self.safe and not masked,
            "taken": began.isoformat(),
            "sql": self.sql,
            "columns": list(columns),
            "masked": masked,
            "rows": written.rows,
            "bytes": written.bytes,
            "sha256": written.sha256,
        }
        return Exported(manifest, place.target, sentence, warning)


def _rows(running: Running, cancelled: Callable[[], bool]) -> Iterator[list[Any]]:
    for batch in running.batches():
        for row in batch:
            yield [_out(value) for value in row]
        if cancelled():
            break
    if running.ended == "cancelled" or cancelled():
        raise Cancelled("Cancelled. Nothing was written.")
    if running.ended != "complete":
        raise BusyError(
            "It took longer than it may hold up the gateway's writes; nothing was written. "
            "Export from a backup instead: --backup latest."
        )


def _out(value: Any) -> Any:  # noqa: ANN401
    if not isinstance(value, Cell):
        return value
    return f"•••• {value.length} ch" if value.secret else value.value
