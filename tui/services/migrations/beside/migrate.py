"""The command `migrate`: run migrations on a database, and what a start does behind them.

The gateway's own `env.py` is what runs, with a work function of ours.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import runpy
import sqlite3
import sys
import time
from typing import TYPE_CHECKING, Any

from tui.services.migrations.beside.common import COMMANDS, Answer, ProbeError, culprit, said
from tui.services.migrations.beside.package import configuration, package_version, scripts
from tui.services.migrations.beside.steps import MAX_STATEMENT, Run, listen

if TYPE_CHECKING:
    from alembic.config import Config

MAX_ERROR = 5
"""Lines of an error that are passed on."""


def current(database: str) -> list[str]:
    """Return the rows of `alembic_version`; none where there is no such table."""
    with contextlib.closing(sqlite3.connect(database, timeout=30)) as connection:
        try:
            rows = connection.execute("SELECT version_num FROM alembic_version").fetchall()
        except sqlite3.OperationalError:
            return []
    return sorted(str(row[0]) for row in rows)


def row_counts(database: str) -> dict[str, int]:
    """Count the rows of each ordinary table; what cannot be counted is left out."""
    found = {}
    with contextlib.closing(sqlite3.connect(database, timeout=30)) as connection:
        names = connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'alembic_version' "
            "AND name NOT LIKE 'sqlite~_%' ESCAPE '~' AND sql NOT LIKE 'CREATE VIRTUAL%'"
        ).fetchall()
        for (name,) in names:
            with contextlib.suppress(sqlite3.Error):
                quoted = '"' + name.replace('"', '""') + '"'
                (found[name],) = connection.execute("SELECT count(*) FROM " + quoted).fetchone()
    return found


def run_alembic(config: Config, run: Run) -> None:
    """Let the package's own `env.py` run the steps.

    Raises:
        ProbeError: It did not.
    """
    from alembic.runtime.environment import EnvironmentContext

    stamps = run.request["action"] == "stamp"
    with EnvironmentContext(
        config,
        run.directory,
        fn=run.work,
        destination_rev=run.request["target"],
        # What is stamped is that revision and no other: also where the database stands at one
        # that this code does not know, or at two.
        purge=stamps,
    ):
        run.directory.run_env()
    if not run.asked:
        raise ProbeError("code", "the package's env.py ran no migrations")


def run_bootstrap(package: str, answer: Answer, rows: dict[str, int]) -> float:
    """Run what the gateway runs at each start; the seconds it took.

    Args:
        package: The gateway's.
        answer: Where it is told.
        rows: Of each table before it.

    Raises:
        ProbeError: There is no such module, or it ended with a failure.
    """
    module = package + ".bootstrap_db"
    if importlib.util.find_spec(module) is None:
        raise ProbeError("bootstrap", "the package has no " + module)
    answer.more.update(revision="", statement="", bootstrap=True)
    answer.say({"event": "bootstrap", "rows": rows})
    began = time.monotonic()
    sys.argv = [module]
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except SystemExit as error:
        if error.code not in (None, 0):
            raise ProbeError("bootstrap", f"{module} ended with {error.code}") from error
    seconds = time.monotonic() - began
    answer.more.update(statement="", bootstrap=False)
    answer.say({"event": "bootstrapped", "seconds": seconds})
    return seconds


def failed(error: BaseException, answer: Answer, database: str) -> dict[str, Any]:
    """Return what is told of an exception: where it happened, in which statement, and why."""
    sql, reason = "", ""
    chain: list[BaseException] = []
    link: BaseException | None = error
    while link is not None and link not in chain:
        chain.append(link)
        link = link.__cause__ or link.__context__
    for item in chain:
        statement = getattr(item, "statement", None)
        if isinstance(statement, str) and statement:
            # SQLAlchemy repeats statement, parameters and a link: its cause says it alone.
            cause = getattr(item, "orig", None)
            sql, reason = statement, said(type(cause), cause) if cause is not None else ""
            break
        if isinstance(item, sqlite3.Error):
            sql = answer.more.get("statement", "")
            break
    if isinstance(error, ProbeError):
        text = str(error)
    elif isinstance(error, SystemExit):
        text = f"it ended itself with {error.code}"
    elif reason and getattr(error, "orig", None) is not None:
        text = reason
    else:
        text = "\n".join([said(type(error), error), *str(error).splitlines()[1:MAX_ERROR]])
    return {
        **answer.more,
        "kind": error.kind if isinstance(error, ProbeError) else "code",
        "text": text[:MAX_STATEMENT],
        "file": culprit(error, error.__traceback__),
        "statement": sql[:MAX_STATEMENT],
        "seconds": answer.seconds(),
        "after": current(database) if os.path.exists(database) else [],  # noqa: PTH110
    }


def migrate(request: dict[str, Any], answer: Answer) -> dict[str, Any]:
    """Run what was asked for; the answer says where the database stood and stands."""
    database = request["database"]
    # Before anything of the gateway is imported: it opens its database while that happens.
    os.environ["DATABASE_URL"] = "sqlite:///" + database
    made = request["action"] == "bootstrap"
    if not made and not (os.path.isfile(database) and os.path.getsize(database)):  # noqa: PTH113, PTH202
        raise ProbeError("database", f"there is no database {database}")
    before = current(database)
    request["before"] = before
    try:
        config = configuration(request["package"])
        directory = scripts(config)
        heads = sorted(directory.get_heads())
        version = package_version(request["package"])
        answer.more.update(before=before, heads=heads, version=version)
        answer.say(
            {
                "event": "start",
                "before": before,
                "heads": heads,
                "version": version,
                "user": [os.getuid(), os.getgid()],
            }
        )
        if not made:
            known = {str(script.revision) for script in directory.walk_revisions()}
            strangers = [name for name in before if name not in known]
            if strangers and request["action"] != "stamp":
                raise ProbeError("unknown", ", ".join(strangers))
            run = Run(request, answer, directory)
            listen(run.watch, answer)
            run_alembic(config, run)
            run.arrived(current(database))
        seconds = 0.0
        if request["bootstrap"]:
            rows = {} if made else row_counts(database)
            seconds = run_bootstrap(request["package"], answer, rows)
    except BaseException as error:  # a revision's SystemExit is one as well
        answer.give({"error": failed(error, answer, database)}, 1)
        raise
    after = current(database)
    return {"after": after, "bootstrap_seconds": seconds}


COMMANDS["migrate"] = migrate
