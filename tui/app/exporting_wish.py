"""What is to be exported and how: chosen in a dialog, said in words, carried out in a thread."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tui.core.models import Deployment
from tui.operations.command import command_line
from tui.operations.reads.export_target import Target, free, home_of, looked_at, meant, name_for
from tui.services.rows_out.formats import FORMATS, SPREADSHEET, Format, format_of
from tui.wording.clean import one_line
from tui.wording.quantities import count, duration, plural

if TYPE_CHECKING:
    from tui.core.models.rows import Order
    from tui.operations.export import Exported
    from tui.operations.reads.exporting import Wanted

Tick = Callable[[str, int], None]
"""Told which table is written and how many of its rows are; may raise to stop."""
NAMED = 6
"""Names that a sentence lists."""
UNNAMEABLE = "more rows are marked than a command line can name; a filter chooses rows there, too"


@dataclass(frozen=True, slots=True, kw_only=True)
class What:
    """Rows to be exported: of tables, or of one statement."""

    source: str = "live"
    """`live`, or a backup's id."""
    wanted: tuple[Wanted, ...] = ()
    sql: str = ""
    """One statement; then there is nothing in `wanted`."""
    line: str | None = ""
    """The filter of the one table as it is typed; None where no line can say it."""
    rows: int | None = None
    """How many there are, where that is known."""
    words: str = ""
    """What is shown of the table, besides its name: `that enabled = true lets in`."""
    secrets: tuple[str, ...] | None = None
    """Secret columns among them; None where that is not known."""

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the tables."""
        return tuple(one.name for one in self.wanted)

    @property
    def is_folder(self) -> bool:
        """Whether it makes several files."""
        return len(self.wanted) > 1

    @property
    def title(self) -> str:
        """`tools`, `3 tables`, `a query's result`."""
        if self.sql:
            return "the result of a query"
        one = one_line(self.names[0]) if len(self.names) == 1 else plural(len(self.names), "table")
        return one if self.source == "live" else f"{one} of backup {self.source}"

    @property
    def told(self) -> str:
        """`143 rows that enabled = true lets in, secrets among them`, as far as it is known."""
        rows = "rows" if self.rows is None else plural(self.rows, "row")
        if self.sql:
            return "all rows of the statement, not only those that are shown"
        if self.is_folder:
            names = ", ".join(map(one_line, self.names[:NAMED]))
            more = len(self.names) - NAMED
            rest = f" and {more} more" if more > 0 else ""
            return f"{names}{rest}: all rows, of one moment, a file each and a manifest"
        return f"{rows}{f' {self.words}' if self.words else ''}"


class ExportWish:
    """Format, place and the rest, as they are being chosen."""

    def __init__(
        self, deployment: Deployment, what: What, now: datetime, masks: tuple[str, ...] = ()
    ) -> None:
        """Begin with a CSV file in the project's folder, without secrets.

        Args:
            deployment: Whose.
            what: Which rows.
            now: For a folder's name.
            masks: The operator's own patterns of secret columns.
        """
        self.deployment, self.what, self._now, self._masks = deployment, what, now, masks
        self.kind: Format = "csv"
        self.secrets = self.safe = self.replace = False
        self.home = home_of(deployment)
        self._is_named = False
        self.target = Target(self.home / self._name())
        self.is_known = False
        """What stands at the target was looked at."""

    def _name(self) -> str:
        names = self.what.names or ("query",)
        return name_for(self.deployment, names, self.kind, self.what.source, self._now)

    # --- choosing -------------------------------------------------------------------------

    def turn(self, step: int) -> None:
        """Choose another format; a file's name goes along."""
        self.kind = FORMATS[(FORMATS.index(self.kind) + step) % len(FORMATS)]
        self.safe = self.safe and self.may_be_safe
        path = self.target.path
        if not self._is_named:
            path = self.home / self._name()
        elif not self.what.is_folder and format_of(path.name) is not None:
            path = path.with_suffix(f".{self.kind}")
        self._go(path)

    def aim(self, text: str) -> None:
        """Choose another place; its ending says the format. It may look at the disk."""
        path = meant(text, self.home, self._name()) if text.strip() else self.home / self._name()
        self._is_named = bool(text.strip())
        found = None if self.what.is_folder else format_of(path.name)
        if found is not None:
            self.kind = found
            self.safe = self.safe and self.may_be_safe
        self._go(path)

    def _go(self, path: Path) -> None:
        self.target, self.is_known, self.replace = Target(path), False, False

    def look(self) -> Target:
        """What stands at the place; beside one that nobody named, the first that is free."""
        path, is_folder = self.target.path, self.what.is_folder
        if self._is_named:
            return looked_at(self.deployment, path, is_folder=is_folder)
        return free(self.deployment, path, is_folder=is_folder)

    def know(self, target: Target) -> None:
        """It was looked at."""
        self.target, self.is_known = target, True

    @property
    def may_be_safe(self) -> bool:
        """Whether a spreadsheet opens this format."""
        return self.kind in SPREADSHEET

    # --- words ----------------------------------------------------------------------------

    def secrets_words(self) -> str:
        """What becomes of secrets."""
        known = self.what.secrets
        names = ", ".join(map(one_line, (known or ())[:NAMED]))
        more = f" and {len(known) - NAMED} more" if known and len(known) > NAMED else ""
        named = f": {names}{more}" if names else ""
        if self.what.sql:
            return "masked, as on the screen"
        if self.secrets:
            return f"in clear{named}; the activity log says so"
        return "none in it" if known == () else f"left out{named}"

    @property
    def command(self) -> str:
        """The same as a command line; empty where there is none."""
        what, path = self.what, str(self.target.path)
        if what.line is None:
            return ""
        words = ["--query", what.sql] if what.sql else []
        words += ["--to", path]
        if (None if what.is_folder else format_of(path)) != self.kind:
            words += ["--format", self.kind]
        if what.source != "live":
            words += ["--backup", what.source]
        if len(what.wanted) == 1:
            words += _narrowed(what.wanted[0], what.line)
        for flag, on in (
            ("--secrets", self.secrets),
            ("--spreadsheet-safe", self.safe),
            ("--replace", self.replace),
        ):
            words += [flag] if on else []
        names = what.names
        end = ["--"] if any(name.startswith("-") for name in names) else []
        if end:
            return command_line(self.deployment, "export", *words, *end, *names)
        return command_line(self.deployment, "export", *names, *words)

    # --- carrying it out ------------------------------------------------------------------

    def run(self, tick: Tick, cancelled: Callable[[], bool]) -> Exported:
        """Write it; for a thread.

        Args:
            tick: Told how far it is; may raise to stop.
            cancelled: Asked from another thread.

        Raises:
            Cancelled: It was; nothing is left of it.
            McpdbError: It cannot be read or written; nothing is left of it.
        """
        if self.what.sql:
            return self._run_query(tick, cancelled)
        from tui.operations.export import Export

        export = Export(
            deployment=self.deployment,
            wanted=self.what.wanted,
            source=self.what.source,
            kind=self.kind,
            secrets=self.secrets,
            masks=self._masks,
            safe=self.safe,
            command=self.command,
        )
        write = export.to_folder if self.what.is_folder else export.to_file
        return write(self.target.path, replace=self.replace, tick=tick)

    def _run_query(self, tick: Tick, cancelled: Callable[[], bool]) -> Exported:
        from tui.operations.cataloguing.catalogue import find_backup
        from tui.operations.export_result import ExportResult
        from tui.operations.reads.looking import BackupFile, LiveDatabase
        from tui.operations.reads.query import Query
        from tui.services.compression import unpacked

        def write(source: LiveDatabase | BackupFile) -> Exported:
            export = ExportResult(
                deployment=self.deployment,
                query=Query(source, self._masks),
                sql=self.what.sql,
                kind=self.kind,
                safe=self.safe,
                command=self.command,
            )
            return export.to_file(
                self.target.path,
                replace=self.replace,
                tick=lambda rows: tick("result", rows),
                cancelled=cancelled,
            )

        if self.what.source == "live":
            return write(LiveDatabase(self.deployment))
        backup = find_backup(self.deployment, self.what.source)
        with unpacked(backup.path) as plain:
            return write(BackupFile(plain))


def done_words(found: Exported) -> str:
    """`Exported to /srv/forge/tools.csv: 143 rows, 12.4K, secrets left out (auth_value).`."""
    warning = f" It is not in the activity log: {found.warning}" if found.warning else ""
    return f"Exported to {one_line(str(found.path))}: {found.sentence}{warning}"


def _narrowed(wanted: Wanted, line: str | None) -> list[str]:
    words = ["--where", line] if line else []
    for name in wanted.columns:
        words += ["--column", name]
    for order in wanted.order:
        words += ["--sort", _sorted_by(order)]
    return words


def _sorted_by(order: Order) -> str:
    if order.descending:
        return f"{order.column}:desc"
    # A column may be called `a:desc`.
    return f"{order.column}:asc" if ":" in order.column else order.column


def progress_words(rows: int, total: int | None, seconds: float) -> str:
    """`412,000 of 752,640 rows  54 %  98,000 rows/s  3.5 s left`."""
    of = f" of {count(total)}" if total is not None and total >= rows else ""
    words = [f"{count(rows)}{of} rows"]
    if of and total:
        words.append(f"{100 * rows // total} %")
    if seconds > 0 and rows:
        words.append(f"{count(int(rows / seconds))} rows/s")
        if of and total and total > rows:
            words.append(f"{duration((total - rows) * seconds / rows)} left")
    return "  ".join(words)
