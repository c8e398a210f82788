"""What `rotate-logs` does to each file, in lines."""

from __future__ import annotations

from collections.abc import Iterator

from tui.cli.report.table import aligned
from tui.core.operation import Plan
from tui.wording.clean import one_line
from tui.wording.quantities import size

_WORDS = {
    "delete": "delete",
    "compress": "compress",
    "empty": "copy, empty",
    "leave": "leave",
    "skip": "not ours",
}


def file_lines(plan: Plan) -> Iterator[str]:
    """A line for each file: what happens to it, and why."""
    for folder in plan.facts["folders"]:
        yield one_line(folder)
        yield from (
            f"  {line}"
            for line in aligned(
                [
                    (
                        _WORDS[one["action"]],
                        one_line(one["name"]),
                        size(int(one["size"])),
                        one_line(one["why"]),
                    )
                    for one in plan.facts["logs"]
                    if one["folder"] == folder
                ],
                right=(2,),
            )
        )
