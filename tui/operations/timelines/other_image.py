"""What another local image has beyond the gateway's own, put into its timeline."""

from __future__ import annotations

from dataclasses import replace

from tui.core.models import RevisionState, Timeline
from tui.operations.timelines.timeline import own_release
from tui.services.migrations.graph import MigrationGraph, upto


def with_image(
    timeline: Timeline, graph: MigrationGraph, name: str, image_id: str = ""
) -> Timeline:
    """Put in what another local image has beyond this one.

    Args:
        timeline: Of the code beside the database.
        graph: Of the other image.
        name: What a person calls the other image.
        image_id: The other image's id.
    """
    known = {item.revision for item in timeline.revisions}
    below = upto(graph.revisions, timeline.current)
    own = own_release(graph)

    def state(revision: str, otherwise: RevisionState) -> RevisionState:
        # An old image on a newer file: the other image knows how it came there.
        if revision in timeline.current:
            return "current"
        return "applied" if revision in below else otherwise

    ahead = tuple(
        replace(
            item,
            state=state(item.revision, "ahead"),
            release=own if own and item.revision in graph.heads else item.release,
        )
        for item in graph.revisions
        if item.revision not in known
    )
    placed = tuple(
        replace(item, state=state(item.revision, "unknown")) if item.state == "unknown" else item
        for item in timeline.revisions
    )
    return replace(
        timeline,
        revisions=placed,
        ahead=ahead,
        ahead_image=name,
        ahead_image_id=image_id,
        ahead_release=own or graph.version,
        ahead_heads=graph.heads,
        ahead_problem="",
    )
