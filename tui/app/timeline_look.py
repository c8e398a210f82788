"""Looks at the migrations for the model: what is remembered, then what the code says, then more.

Three looks, each shown as soon as it is there: the graph of an earlier start (`stale`), that of
the gateway's code with everything that our log and files tell of it, and what another local
image has beyond it. The last one may need a container of its own and has a thread of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from tui.app.seeing import Change
from tui.core.errors import McpdbError
from tui.core.models import (
    ContainerRef,
    DatabaseFacts,
    Deployment,
    GatewayState,
    MigrationFinding,
    Rehearsal,
    Timeline,
)

if TYPE_CHECKING:
    from tui.services.migrations.graph import MigrationGraph


class TimelineLook:
    """What is read of a deployment's migrations, from two threads."""

    def __init__(self, deployment: Deployment, saw: Callable[[Change], None]) -> None:
        """Remember whose they are.

        Args:
            deployment: Whose.
            saw: Takes each change of what is known, from any thread.
        """
        self._deployment = deployment
        self._saw = saw
        self._basis: tuple[object, ...] = ()
        self._image_id = deployment.image_id
        self._own: Timeline | None = None
        self._other: tuple[MigrationGraph, str, str] | None = None
        self._other_problem = ""
        self._wanted: str | None = None
        self._images_of: tuple[str, str | None] | None = None

    def forget(self) -> None:
        """Ask again at the next look."""
        self._basis, self._images_of = (), None

    def unsure(self) -> None:
        """Mark what is shown: the file cannot be looked at now; ask again when it can be."""
        self.forget()
        if self._own is not None and not self._own.stale:
            self._own = replace(self._own, stale=True)
            self._show()

    def want(self, image: str) -> None:
        """Compare with this image from now on.

        Args:
            image: A local image's id; empty: with none.
        """
        self._wanted = image

    # --- the gateway's code ---------------------------------------------------------------

    def look(self, facts: DatabaseFacts, state: GatewayState) -> bool:
        """Read the timeline if anything it rests on has changed; whether it was read.

        Raises:
            McpdbError: It cannot be read.
        """
        waits = state.running == "unknown" and not state.text
        if self._deployment.gateway is not None and waits:
            self._recall(facts, state)
            return False
        basis = (
            state.identity, state.image_id, state.running, state.since, facts.revisions,
            facts.inode,
        )  # fmt: skip
        if basis == self._basis:
            return False
        unread = facts.exists and bool(facts.problem)
        if unread and self._own is not None:
            # Not known is not "no revision": it stays as it was known.
            self.unsure()
            return False
        from tui.operations.timelines.timeline import read_timeline

        self._image_id = state.image_id or self._deployment.image_id
        timeline = read_timeline(self._deployment, state, facts.revisions)
        timeline = replace(timeline, rehearsals=self._rehearsals())
        if unread:
            unknown = tuple(replace(item, state="unknown") for item in timeline.revisions)
            timeline = replace(timeline, revisions=unknown)
        self._own = timeline
        self._show()
        # The doctor looks into the file and into logs: the timeline does not wait for it.
        self._own = replace(timeline, findings=self._findings(timeline, state))
        self._basis = basis
        self._show()
        return True

    def _recall(self, facts: DatabaseFacts, state: GatewayState) -> None:
        """What an earlier start was told, until somebody can be asked."""
        if self._own is not None or (facts.exists and facts.problem):
            return
        from tui.operations.timelines.timeline import recalled_timeline

        timeline = recalled_timeline(self._deployment, state, facts.revisions)
        if timeline is not None:
            self._own = replace(timeline, stale=True)
            self._show()

    def _rehearsals(self) -> tuple[Rehearsal, ...]:
        from tui.operations.timelines.rehearsals import listed

        try:
            return listed(self._deployment)
        except McpdbError:
            return ()  # the reports are an extra; the timeline is true without them

    def _findings(self, timeline: Timeline, state: GatewayState) -> tuple[MigrationFinding, ...]:
        from tui.operations.timelines.migration_doctor import examine

        return examine(self._deployment, timeline, state)

    # --- another image --------------------------------------------------------------------

    def look_at_images(self) -> None:
        """Read what the image that is wanted has beyond this one; none is wanted: a later one."""
        own, ref = self._own, self._deployment.gateway
        if own is None or own.stale or not own.revisions or not isinstance(ref, ContainerRef):
            return
        wanted = self._wanted
        basis = (self._image_id, wanted)
        if basis == self._images_of:
            return
        self._images_of = basis
        try:
            self._other, self._other_problem = self._read_other(ref, own, wanted), ""
        except McpdbError as error:
            self._other, self._other_problem = None, str(error)
        self._show()

    def _read_other(
        self, ref: ContainerRef, own: Timeline, wanted: str | None
    ) -> tuple[MigrationGraph, str, str] | None:
        if wanted == "":
            return None
        from tui.services.migrations.images import local_images, newer_than
        from tui.services.migrations.probe import read_image

        package = self._deployment.migrations.package
        images = local_images(ref, self._image_id, package)
        chosen = next((image for image in images if image.id == wanted), None)
        if wanted is None:
            chosen = newer_than(images, own.release)
        if chosen is None:
            return None
        return read_image(ref, package, chosen.id), chosen.name, chosen.id

    def _show(self) -> None:
        own, other = self._own, self._other
        if own is None:
            return
        from tui.operations.timelines.other_image import with_image

        timeline = with_image(own, *other) if other is not None else own
        timeline = replace(timeline, ahead_problem=self._other_problem)
        self._saw(lambda seen: replace(seen, timeline=timeline))
