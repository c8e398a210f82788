"""How long the timeline takes: `python -m tests.bench.bench_timeline`.

A chain of 117 revisions with merges, each with a source of 80 lines, as an image would give it.
Measured are the parts between the answer and the drawn screen (placing it, the rows, one picture
of the pane), and a second opening, which reads the remembered answer. The measure is 150 ms.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.app.shell_story import HEAD, SEEN, shell
from tui.app.listing import migration_table
from tui.app.seeing import Saw
from tui.operations.timelines.timeline import place
from tui.services.migrations import cache
from tui.services.migrations.graph import MigrationGraph, graph_from, judged

REVISIONS = 117
BRANCHES = 4
MOST = 0.150
"""Seconds from the answer to the screen."""
BODY = """
from alembic import op
import sqlalchemy as sa

def upgrade():
    with op.batch_alter_table("table_{number}") as batch_op:
        batch_op.add_column(sa.Column("column_{number}", sa.String(32)))
{filling}

def downgrade():
    op.drop_column("table_{number}", "column_{number}")
"""


def answer(revisions: int = REVISIONS) -> dict[str, Any]:
    """What a probe would say: a chain, newest first, with a few branches of three."""
    names = [f"{number:012x}" for number in range(revisions, 0, -1)]
    downs: dict[str, list[str]] = {
        name: names[number + 1 : number + 2] for number, name in enumerate(names)
    }
    for branch in range(1, BRANCHES + 1):
        at = branch * revisions // (BRANCHES + 2)
        # at merges its two followers, of which the second has a branch of three.
        downs[names[at]] = [names[at + 1], names[at + 2]]
        downs[names[at + 1]] = [names[at + 5]]
    items = [
        {
            "revision": name, "down": downs[name], "message": f"does number {number}",
            "created": "2026-06-12 08:00:00", "doc": f"does number {number}\n" * 8,
            "branch_labels": [], "file": f"/app/versions/{name}.py",
            "source": BODY.format(number=number, filling="    x = 1\n" * 70),
        }
        for number, name in enumerate(names)
    ]  # fmt: skip
    told = {
        "revisions": items, "heads": [names[0]], "bases": [names[-1]], "version": "1.0.8",
        "ini": "/app/alembic.ini", "python": "/app/.venv/bin/python",
    }  # fmt: skip
    return judged(told)


def timed(work: Callable[[], object], times: int = 7) -> float:
    """Median seconds of some runs."""
    took = []
    for _ in range(times):
        begun = time.perf_counter()
        work()
        took.append(time.perf_counter() - begun)
    return statistics.median(took)


async def on_screen(graph: MigrationGraph) -> float:
    """Seconds from the answer in hand to the drawn pane."""
    app = shell(replace(SEEN, timeline=None))
    async with app.run_test(size=(140, 45)) as pilot:
        await pilot.press("3")
        await pilot.pause()
        begun = time.perf_counter()
        timeline = place(graph, [graph.revisions[6].revision])
        app.post_message(Saw(lambda seen: replace(seen, timeline=timeline)))
        last = graph.revisions[7].revision
        while last not in "\n".join(s.text for s in app.screen._compositor.render_strips()):
            await asyncio.sleep(0)
        return time.perf_counter() - begun


def main() -> int:
    """Measure, print, and fail where the screen takes longer than it may."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--answer", type=Path, help="a remembered answer of a real image")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    told = json.loads(chosen.answer.read_text())["answer"] if chosen.answer else answer()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_CACHE_HOME"] = folder
        graph = graph_from(told, "forge-gateway-1 (exec)", 1.9)
        key = cache.image_key("sha256:1", "mcpgateway")
        cache.remember(key, told, "forge-gateway-1 (exec)")
        timeline = place(graph, [graph.revisions[6].revision])
        seen = replace(SEEN, timeline=timeline)
        glyphs, now = shell().glyphs, shell().now()
        found = {
            "revisions": len(graph.revisions),
            "place": timed(lambda: place(graph, [HEAD])),
            "rows": timed(lambda: migration_table.table(seen, glyphs, now, width=84)),
            "screen": statistics.median(asyncio.run(on_screen(graph)) for _ in range(5)),
            "second opening": timed(lambda: cache.recall(key)),
        }
    if chosen.json:
        print(json.dumps(found))
    else:
        for name, value in found.items():
            print(f"{name:<15} {value if name == 'revisions' else f'{value * 1000:8.1f} ms'}")
    return int(found["screen"] > MOST)


if __name__ == "__main__":
    sys.exit(main())
