"""One run of migrations, revision by revision, told before and after each.

Of Alembic's internals it uses those that its own commands `upgrade`, `downgrade` and `stamp` are
made of (`ScriptDirectory._upgrade_revs` …; the same from 1.8 to 1.20).
"""

from __future__ import annotations

import os
import re
import sqlite3
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from tui.services.migrations.beside.changes import TEMPORARY, Watch
from tui.services.migrations.beside.common import Answer, ProbeError
from tui.services.migrations.beside.revisions import describe

if TYPE_CHECKING:
    from alembic.script import ScriptDirectory

MAX_STATEMENT = 2_000
"""Characters of a failing statement that are passed on."""

WRITES = re.compile(
    r"\s*(?:(update)(?:\s+or\s+\w+)?|(insert|replace)(?:\s+or\s+\w+)?\s+into|(delete)\s+from)"
    r"\s+[\"`\[]?(\w+)",
    re.IGNORECASE,
)
VERBS = ("changed in", "added to", "removed from")


class Run:
    """One run of migrations, revision by revision.

    Args:
        request: `action`, `target`, `database` and the rest of what was asked for.
        answer: Where it is told.
        directory: The revisions.
    """

    def __init__(self, request: dict[str, Any], answer: Answer, directory: ScriptDirectory) -> None:
        self.request = request
        self.answer = answer
        self.directory = directory
        self.watch = Watch()
        self.asked = False
        """Whether `env.py` got as far as asking what to do."""
        self.wanted: tuple[str, ...] | None = None
        """Where it must end; None where only Alembic knows."""
        self.goal = self.aim()

    def work(self, heads: Any, context: Any) -> Iterator[Any]:  # noqa: ANN401
        """Be Alembic's work function: yield the steps, and tell of each before and after."""
        self.asked = True
        steps = self.steps(heads)
        raw = context.connection.connection
        self.watch.begin(raw)
        for number, step in enumerate(steps, 1):
            revision, message = self.named(step)
            self.answer.more.update(revision=revision)
            self.answer.say(
                {
                    "event": "revision",
                    "revision": revision,
                    "message": message,
                    "number": number,
                    "total": len(steps),
                }
            )
            self.answer.since = time.monotonic()
            yield step
            seconds, self.answer.since = self.answer.seconds(), 0.0
            self.answer.more.update(revision="", statement="")
            self.answer.say(
                {
                    "event": "done",
                    "revision": revision,
                    "number": number,
                    "total": len(steps),
                    "seconds": seconds,
                    "did": self.did(raw, heads),
                }
            )

    def steps(self, heads: Any) -> list[Any]:  # noqa: ANN401
        """Return Alembic's steps from where the database stands to the goal.

        Raises:
            ProbeError: It is not to be reached from here.
        """
        from alembic.util import CommandError

        of: dict[str, Any] = {
            "stamp": self.directory._stamp_revs,
            "upgrade": self.directory._upgrade_revs,
            "downgrade": self.directory._downgrade_revs,
        }
        try:
            return list(of[self.request["action"]](self.goal, heads))
        except CommandError as error:
            raise ProbeError("target", str(error).rstrip(".")) from error

    def aim(self) -> str:
        """Return what Alembic is told to reach, before anything is touched.

        Raises:
            ProbeError: There is no such revision.
        """
        target: str = self.request["target"]
        if self.request["action"] == "downgrade" and re.fullmatch(r"-\d+", target):
            return target
        if self.request["action"] == "downgrade" and target == "base":
            self.wanted = ()
            return target
        goal = self.resolved(target)
        self.wanted = (goal,)
        return goal

    def resolved(self, target: str) -> str:
        """Return the revision that a target means.

        Raises:
            ProbeError: There is none, or more than one.
        """
        from alembic.util import CommandError

        if target in ("head", "heads"):
            heads = sorted(self.directory.get_heads())
            if len(heads) != 1:
                names = " and ".join(heads)
                raise ProbeError("heads", f"there are {len(heads)} heads: {names}")
            return str(heads[0])
        try:
            script = self.directory.get_revision(target)
        except CommandError as error:
            raise ProbeError("target", str(error).splitlines()[0].rstrip(".")) from error
        if script is None:
            raise ProbeError("target", f"there is no revision {target}")
        return str(script.revision)

    def named(self, step: Any) -> tuple[str, str]:  # noqa: ANN401
        """Return a step's revision and its message."""
        if self.request["action"] == "stamp":
            revision = str((self.wanted or ("",))[0])
            script = self.directory.get_revision(revision)
        else:
            script = step.revision
        if script is None:
            return "", ""
        name = str(script.revision)
        file = os.path.basename(script.path)  # noqa: PTH119
        return name, describe(script.module.__doc__ or "", name, file)[0]

    def did(self, raw: Any, heads: Any) -> list[str]:  # noqa: ANN401
        """Say what the step that has ended did."""
        if self.request["action"] == "stamp":
            before = ", ".join(self.request["before"]) or "nothing"
            return [f"alembic_version: {before} -> {', '.join(self.wanted or ())}"]
        try:
            return self.watch.look(raw)
        except sqlite3.Error:
            return []  # what it did cannot be told; that it did it is another matter

    def arrived(self, after: list[str]) -> None:
        """Check where the database stands now.

        Raises:
            ProbeError: Somewhere else than it should.
        """
        wanted = self.wanted
        exact = self.request["action"] == "stamp" or self.request["target"] in ("head", "base")
        if wanted is None or (set(wanted) == set(after) if exact else set(wanted) <= set(after)):
            return
        names = ", ".join(after) or "no revision"
        raise ProbeError(
            "version", f"they ran to their end, but the database says {names}, not {wanted[0]}"
        )


def listen(watch: Watch, answer: Answer) -> None:
    """See every statement that SQLAlchemy sends: the running one, and how many rows it changed."""
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    def before(
        connection: Any,  # noqa: ANN401
        cursor: Any,  # noqa: ANN401
        statement: str,
        parameters: Any,  # noqa: ANN401
        context: Any,  # noqa: ANN401
        many: bool,
    ) -> None:
        answer.more["statement"] = statement[:MAX_STATEMENT]

    def after(
        connection: Any,  # noqa: ANN401
        cursor: Any,  # noqa: ANN401
        statement: str,
        parameters: Any,  # noqa: ANN401
        context: Any,  # noqa: ANN401
        many: bool,
    ) -> None:
        answer.more["statement"] = ""
        found = WRITES.match(statement)
        if found and not found.group(4).startswith((TEMPORARY, "alembic_version")):
            verb = VERBS[[bool(word) for word in found.groups()[:3]].index(True)]
            key = (verb, found.group(4))
            watch.rows[key] = watch.rows.get(key, 0) + max(0, cursor.rowcount)

    event.listen(Engine, "before_cursor_execute", before)
    event.listen(Engine, "after_cursor_execute", after)
