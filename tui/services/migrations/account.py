"""What the program says of migrations while they run, line by line, and what came of it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Literal

from tui.core import foreign_json
from tui.core.models import MigrationAction, RevisionRun
from tui.services.migrations.job import Event, Job, MigrationFailedError, Ran
from tui.wording.clean import one_line, printable

KEPT_LINES = 200
"""Lines of third parties' output that are kept."""
_LONGEST = 500
"""Characters of such a line."""
_MAX_STATEMENT = 2_000
_ALARM = (-14, 128 + 14)
"""Exit codes of a program that its own alarm ended, of a process and of a container."""
_KILLED = (-9, 128 + 9)
_DIRECTIONS: Mapping[MigrationAction, Literal["up", "down", "stamp"]] = {
    "upgrade": "up",
    "bootstrap": "up",
    "downgrade": "down",
    "stamp": "stamp",
}


class Account:
    """Takes both streams of a run piece by piece.

    Args:
        job: What was asked for.
        marker: What stands before the program's own lines.
        where: What a person calls the image or interpreter.
        on_event: Told of what begins and ends.
    """

    def __init__(
        self, job: Job, marker: str, where: str, on_event: Callable[[Event], None]
    ) -> None:
        self._job = job
        self._marker = marker.encode()
        self._where = where
        self._on_event = on_event
        self._pieces = {"out": b"", "err": b""}
        self._lines: deque[str] = deque(maxlen=KEPT_LINES)
        self._runs: list[RevisionRun] = []
        self._running: Mapping[str, Any] = {}
        self._start: Mapping[str, Any] = {}
        self._final: Mapping[str, Any] = {}
        self._bootstrap_seconds = 0.0
        self._rows: dict[str, int] = {}

    # --- hearing --------------------------------------------------------------------------

    def hear(self, stdout: bytes = b"", stderr: bytes = b"") -> None:
        """Take what came on either stream."""
        for line in self._whole("out", stdout):
            if line.startswith(self._marker):
                self._told(line[len(self._marker) :])
            elif line:
                self._keep(line)
        for line in self._whole("err", stderr):
            self._keep(line)

    def _whole(self, stream: str, piece: bytes) -> list[bytes]:
        *lines, rest = (self._pieces[stream] + piece).split(b"\n")
        # A line without an end is no answer of ours, and must not fill the memory.
        self._pieces[stream] = rest if len(rest) < 1 << 20 else b""
        return lines

    def _keep(self, line: bytes) -> None:
        text = one_line(line.decode("utf-8", "replace").rstrip())
        if text:
            self._lines.append(text[:_LONGEST])

    def _told(self, line: bytes) -> None:
        try:
            said = foreign_json.loads(line)
        except ValueError:
            return  # cut by a kill
        kind = said.get("event")
        if kind is None:
            self._final = said
        elif kind == "start":
            self._start = said
        elif kind == "revision":
            self._running = said
            self._on_event(_event("revision", said))
        elif kind == "done":
            self._runs.append(self._run(said, ok=True))
            self._running = {}
            self._on_event(_event("done", said))
        elif kind in ("bootstrap", "bootstrapped"):
            self._bootstrap_seconds = float(said.get("seconds") or 0.0)
            self._rows = {str(k): int(n) for k, n in (said.get("rows") or self._rows).items()}
            self._on_event(Event(kind=kind, seconds=self._bootstrap_seconds))

    def _run(self, said: Mapping[str, Any], *, ok: bool, **more: str) -> RevisionRun:
        return RevisionRun(
            revision=_clean(said.get("revision")),
            direction=_DIRECTIONS[self._job.action],
            seconds=float(said.get("seconds") or 0.0),
            ok=ok,
            message=_clean(self._running.get("message")),
            did=tuple(_clean(word) for word in said.get("did") or ()),
            **more,
        )

    # --- what came of it ------------------------------------------------------------------

    @property
    def missing(self) -> str:
        """Why another interpreter may do, in words; empty when this one has the package."""
        error = self._final.get("error") or {}
        kind = error.get("kind")
        return _clean(error.get("text")) if kind in ("package", "alembic") else ""

    @property
    def user(self) -> tuple[int, int] | None:
        """Uid and gid that the program ran as; None when it never said."""
        said = self._start.get("user")
        return (int(said[0]), int(said[1])) if said else None

    def ran(self, seconds: float, **of: Any) -> Ran:  # noqa: ANN401
        """Return how far it came.

        Args:
            seconds: All of it.
            of: What the caller knows of the image.
        """
        error = self._final.get("error") or {}
        return Ran(
            runs=tuple(self._runs),
            before=_names(self._start.get("before") or error.get("before")),
            after=_names(self._final.get("after") or error.get("after")),
            heads=_names(self._start.get("heads") or error.get("heads")),
            seconds=seconds,
            bootstrap_seconds=self._bootstrap_seconds,
            rows=self._rows,
            release=_clean(self._start.get("version")),
            output=tuple(self._lines),
            **of,
        )

    def conclude(self, exit_code: int, seconds: float, **of: Any) -> Ran:  # noqa: ANN401
        """Return what came of it.

        Raises:
            MigrationFailedError: It did not run to its end.
        """
        for stream in ("out", "err"):
            rest, self._pieces[stream] = self._pieces[stream], b""
            self._keep(rest)
        if self._final and "error" not in self._final:
            return self.ran(seconds, **of)
        error = self._final.get("error") or {}
        text = self._why(error, exit_code)
        if self._running:
            taken = float(error.get("seconds") or 0.0)
            self._runs.append(
                self._run(
                    {**self._running, "seconds": taken},
                    ok=False,
                    statement=printable(str(error.get("statement") or ""))[:_MAX_STATEMENT],
                    error=_clean_lines(error.get("text")) or text,
                )
            )
        raise MigrationFailedError(text, self.ran(seconds, **of))

    def _why(self, error: Mapping[str, Any], exit_code: int) -> str:
        """Return one sentence for a run that did not come to its end."""
        kind, text = str(error.get("kind") or ""), _first_line(error.get("text"))
        revision = _clean(error.get("revision") or self._running.get("revision"))
        package = "its bootstrap_db" if error.get("bootstrap") else ""
        what = f"revision {revision}" if revision else package or "the migration"
        if not error and exit_code in _ALARM:
            error, kind = {"kind": "deadline"}, "deadline"
        if not error:
            last = f": {self._lines[-1]}" if self._lines else ""
            return _sentence(
                f"{self._where} ended in {what} without a word (exit code {exit_code}"
                f"{', killed, perhaps for want of memory' if exit_code in _KILLED else ''}){last}"
            )
        sentences = {
            "deadline": f"{self._where}: {what} did not end in time and was ended",
            "unknown": f"This code does not know {text}, where the database stands",
            "target": f"The target {one_line(self._job.target)} cannot be reached: {text}",
            "heads": f"This code cannot migrate to its head: {text}",
            "database": "The copy to migrate is not there, or it is empty",
            "version": f"The migrations did not arrive: {text}",
            "graph": f"The migrations of {self._where} cannot be read: {text}",
            "bootstrap": f"The bootstrap of {self._where} failed: {text}",
            "ini": f"{self._where}: {text}",
        }
        if kind in sentences:
            return _sentence(sentences[kind])
        if revision:
            return _sentence(f"Revision {revision} failed: {text}")
        subject = "Its bootstrap_db" if package else "The migration"
        if error.get("file"):
            text = f"{_clean(error.get('file'))}: {text}"
        return _sentence(f"{subject} failed: {text}")


def _event(kind: str, said: Mapping[str, Any]) -> Event:
    return Event(
        kind=kind,
        revision=_clean(said.get("revision")),
        number=int(said.get("number") or 0),
        total=int(said.get("total") or 0),
        seconds=float(said.get("seconds") or 0.0),
    )


def _names(values: Any) -> tuple[str, ...]:  # noqa: ANN401
    return tuple(_clean(value) for value in values or ())


def _clean(value: Any) -> str:  # noqa: ANN401
    return one_line(str(value or ""))[:_LONGEST]


def _clean_lines(value: Any) -> str:  # noqa: ANN401
    return printable(str(value or "")).strip()[:_MAX_STATEMENT]


def _first_line(value: Any) -> str:  # noqa: ANN401
    lines = str(value or "").strip().splitlines()
    return _clean(lines[0]) if lines else ""


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else text + "."
