"""The source of an export while it is read: of one moment, and let go as soon as it is copied."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from tui.core.errors import NotFoundError, UsageError
from tui.core.models import Deployment
from tui.operations.cataloguing.catalogue import find_backup
from tui.operations.reads.exporting import Wanted, everything, wanted_of
from tui.operations.reads.looking import LiveDatabase
from tui.services.compression import unpacked
from tui.services.rows_out.folder import Place, Written, finish
from tui.services.sqlite.connections import Opened, finished, translating
from tui.services.sqlite.inspection import revisions
from tui.services.sqlite.spooling import Part, spooled

T = TypeVar("T")


@contextmanager
def open_source(
    deployment: Deployment,
    source: str,
    wanted: Sequence[Wanted],
    *,
    masks: Sequence[str],
    secrets: bool,
    checkpoint: Callable[[], None],
) -> Iterator[Reading]:
    """Open what an export reads.

    Args:
        deployment: Whose.
        source: `live`, or a backup's id, name or path.
        wanted: What is read; empty means every ordinary table.
        masks: The operator's own patterns for secret columns.
        secrets: Whether secret columns are read too.
        checkpoint: Called often; raises to stop.

    Raises:
        NotFoundError: There is no such backup, table or column.
        McpdbError: It cannot be read.
    """
    with ExitStack() as stack:
        sources = stack.enter_context(ExitStack())
        if source == "live":
            path, kept = deployment.database, "live"
            opened = sources.enter_context(LiveDatabase(deployment).opened())
        else:
            backup = find_backup(deployment, source)
            path, kept = backup.path, backup.id
            plain = sources.enter_context(unpacked(path))
            opened = Opened(sources.enter_context(finished(plain)), "backup")
        with translating(path):
            found = tuple(
                wanted_of(opened.connection, one, masks=masks, secrets=secrets)
                for one in wanted or everything(opened.connection)
            )
            if not found:
                raise NotFoundError("There is no table to export.")
            if len({one.name for one in found}) != len(found):
                raise UsageError("A table is named twice. Nothing was written.")
            yield Reading(stack, sources, opened, path, kept, found, checkpoint)


class Reading:
    """The source while it is read."""

    def __init__(
        self,
        stack: ExitStack,
        source: ExitStack,
        opened: Opened,
        path: Path,
        kept: str,
        wanted: tuple[Wanted, ...],
        checkpoint: Callable[[], None],
    ) -> None:
        self._stack, self._source, self._opened = stack, source, opened
        self._checkpoint = checkpoint
        self.connection, self.path, self.kept, self.wanted = opened.connection, path, kept, wanted
        self.taken = datetime.now(UTC)
        self.revision = " ".join(revisions(opened.connection))

    def enter(self, context: AbstractContextManager[T]) -> T:
        """Enter something that ends with the reading."""
        return self._stack.enter_context(context)

    def parts(self, scratch: Path) -> Sequence[Part]:
        """What is read, from now on of one moment."""
        parts = [one.part for one in self.wanted]
        if self._opened.how == "backup":
            # Nobody else can write to it, or waits for it.
            self.connection.execute("BEGIN")
            return parts
        self.connection, copied = self.enter(
            spooled(self._opened, self.path, parts, scratch, self._checkpoint)
        )
        # Whoever puts another file in its place does not wait for the writing.
        self._source.close()
        return copied


@contextmanager
def files_of(place: Place, name: str) -> Iterator[BinaryIO]:
    """One file of a place, durable and closed afterwards."""
    with place.file(name) as stream:
        yield stream
        finish(stream, place.target)


def described(wanted: Wanted, file: str, written: Written) -> dict[str, Any]:
    """What a manifest says of one table."""
    return {
        "table": wanted.name,
        "file": file,
        "rows": written.rows,
        "bytes": written.bytes,
        "sha256": written.sha256,
        "columns": [
            {"name": name, "declared": declared}
            for name, declared in zip(wanted.columns, wanted.declared, strict=True)
        ],
        "left_out": list(wanted.left_out),
        "generated": list(wanted.generated),
        "key": list(wanted.key),
    }
