"""What a rotation came to, in words and facts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tui.core.errors import ExitCode, McpdbError
from tui.core.operation import Facts, Record
from tui.operations.execution.journaled import Failure
from tui.wording.clean import one_line
from tui.wording.quantities import count, narrow_size, plural

Result = Mapping[str, Any]
"""Of one file: `name`, `how` (`deleted`, `compressed`, `emptied`, `kept`, `failed`, `done`
while that is not known), `freed`, and
`file`, `lost`, `counted`, `window`, `lines`, `why`, `exit` where they matter."""

_VERBS = (
    ("compressed", "compressed"),
    ("emptied", "copied and emptied"),
    ("deleted", "deleted"),
    ("done", "rotated"),
)


def failed(mark: Mapping[str, Any], error: McpdbError) -> dict[str, Any]:
    """A file that was left as it was."""
    return {
        "name": mark["name"],
        "how": "failed",
        "why": str(error),
        "exit": int(error.exit_code),
    }


def result(found: Sequence[Result], others: int) -> Facts:
    """The operation's result.

    Args:
        found: Of each file.
        others: How many files were left alone by rule.
    """
    bad = [one for one in found if one["how"] in ("failed", "kept")]
    facts: dict[str, Any] = {"rotated": list(found), "left": others, "sentence": sentence(found)}
    if not found:
        facts["sentence"] = f"Nothing to rotate: {plural(others, 'file')} left as they are."
    if bad:
        done = len(bad) < len(found)
        code = ExitCode.PARTLY if done else ExitCode(int(bad[0].get("exit", ExitCode.FAILED)))
        facts |= {"ends_with": int(code), "outcome": "partly done" if done else "failed"}
    return facts


def sentence(found: Sequence[Result]) -> str:
    """What was done, what may be lost, what could not be done."""
    parts = []
    for how, verb in _VERBS:
        number = sum(one["how"] == how for one in found)
        if number:
            parts.append(f"{plural(number, 'log')} {verb}")
    freed = sum(int(one.get("freed") or 0) for one in found)
    text = f"{', '.join(parts)}, {narrow_size(freed)} freed." if parts else ""
    lost = [told for one in found if one["how"] == "emptied" and (told := loss(one))]
    bad = [one for one in found if one["how"] in ("failed", "kept")]
    if bad:
        more = f" (and {count(len(bad) - 1)} more)" if len(bad) > 1 else ""
        why = bad[0].get("why") or "its copy is gone"
        lost.append(f"Not rotated: {one_line(str(bad[0]['name']))}{more}. {why}")
    return " ".join(part for part in (text, *lost) if part)


def loss(one: Result) -> str:
    """What came in the moment of emptying; empty when it is known that nothing did."""
    name = one_line(str(one["name"]))
    if "lost" not in one:
        return f"{name}: what came in the moment of emptying it is not known."
    lost, lines = int(one["lost"]), int(one["lines"])
    window = f"{float(one['window']) * 1000:.2f} ms"
    if one["counted"]:
        if not lost:
            return ""
        return (
            f"{name}: {count(lost)} bytes, about {plural(lines, 'line')}, came in those {window}"
            " in which it was emptied, and are lost."
        )
    if not lost:
        return f"{name}: nobody was seen to write it; what came within {window} is not known."
    return (
        f"{name}: at most about {plural(lines, 'line')} ({count(lost)} bytes) of the {window} in"
        " which it was emptied may be lost."
    )


# --- out of a journal -------------------------------------------------------------------------


def results(records: Sequence[Record]) -> list[Result]:
    """Of each file whose last step has ended."""
    facts = [r.get("facts") or {} for r in records if r["kind"] == "step_finished"]
    return [fact["result"] for fact in facts if "result" in fact]


def recovered_results(records: Sequence[Record]) -> list[Result]:
    """Of files that a recovery finished."""
    facts = [r.get("facts") or {} for r in records if r["kind"] == "recovery_finished"]
    return [fact["rotated"] for fact in facts if "rotated" in fact]


def cut(
    found: Sequence[Result],
    total: int,
    cause: Failure | None,
    given_up: Failure | None,
) -> tuple[str, ExitCode, str]:
    """Sentence, exit code and outcome of a run that did not come to its end by itself."""
    cancelled = cause is not None and cause.outcome == "cancelled"
    if not found:
        if cause is not None:
            return cause.sentence, cause.exit_code, cause.outcome
        text = "A rotation of the logs was cut short; nothing was changed."
        return f"{text} {given_up.sentence}" if given_up else text, ExitCode.FAILED, "cut short"
    told = result(found, 0)
    if total and len(found) >= total and given_up is None:
        code = ExitCode(int(told.get("ends_with", ExitCode.DONE)))
        return str(told["sentence"]), code, str(told.get("outcome", "done"))
    word = "Cancelled" if cancelled else "A rotation of the logs was cut short"
    text = f"{word}: {count(len(found))} of {plural(total, 'file')} done. {told['sentence']}"
    if given_up is not None:
        text = f"{text} {given_up.sentence}"
    return text, ExitCode.PARTLY, "partly done"
