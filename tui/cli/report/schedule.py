"""The reports of `schedule`: what is or would be installed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tui.cli.report.table import aligned
from tui.cli.report.words import local, signed
from tui.core.operation import Plan, Verdict
from tui.operations.backing_up.missed import MissedRun
from tui.operations.scheduling.installed import CRONTAB, Installed
from tui.operations.scheduling.runs import JobRun
from tui.wording.clean import one_line


def printed_lines(texts: Sequence[tuple[str, str]]) -> Iterator[str]:
    """Each file under its path; a crontab block stands alone, to be piped on."""
    for number, (path, text) in enumerate(texts):
        if path != CRONTAB:
            if number:
                yield ""
            yield f"# {path}"
        yield from text.splitlines()


def plan_lines(plan: Plan) -> Iterator[str]:
    """What would be written and removed, and what follows."""
    yield f"{plan.operation.upper()}  {one_line(plan.title)}"
    files = plan.facts.get("files") or ()
    if not files and plan.forbidden is None:
        yield "  nothing is installed"
    for file in files:
        before, after = file["before"], file["after"]
        if file["path"] == CRONTAB:
            yield "  crontab"
            yield from _difference(str(before or ""), str(after or ""))
        elif after is None:
            yield f"  {one_line(file['path'])}: goes"
        elif after == before:
            yield f"  {one_line(file['path'])}: is there already"
        else:
            yield f"  {one_line(file['path'])}"
            yield from (f"    {line}" for line in after.splitlines())
    for check in plan.checks:
        yield f"  {signed(check.verdict)}  {check.name}: {one_line(check.text)}"
    for command in plan.facts.get("commands") or ():
        yield f"  then     {command}"
    yield f"  by hand  {plan.command}"


def _difference(before: str, after: str) -> Iterator[str]:
    """Lines that come and go; the rest of a crontab is its owner's business."""
    old, new = before.splitlines(), after.splitlines()
    yield from (f"    - {line}" for line in old if line not in new)
    yield from (f"    + {line}" for line in new if line not in old)


def _job(run: JobRun) -> tuple[str, ...]:
    last = "never ran"
    if run.last is not None:
        code = "" if run.last_exit in (0, None) else f", exit {run.last_exit}"
        last = f"last {local(run.last)}{code}"
    return run.job, run.at, f"next {local(run.next)}", last, one_line(run.last_text)


def installed_lines(
    there: Sequence[Installed], jobs: Sequence[Sequence[JobRun]], missed: Sequence[MissedRun]
) -> Iterator[str]:
    """Each schedule of this database, then the runs that came to nothing."""
    if not there:
        yield "Nothing is scheduled for this database; mcpdb-tui schedule install does it."
    for found, runs in zip(there, jobs, strict=True):
        where = "the crontab of this user" if found.where == CRONTAB else found.where
        yield f"{signed(Verdict.OK, found.kind)}  in {where}"
        yield from (f"  {line}" for line in found.lines if not line.startswith("#"))
        yield from (f"  {line}" for line in aligned([_job(run) for run in runs]))
    for run in missed:
        word = "did not run" if run.refused else "failed"
        yield (
            f"{signed(Verdict.WARN, run.operation)} of {local(run.at)} {word}, "
            f"exit {run.exit_code}: {one_line(run.sentence)}"
        )
