"""What is not known of the migrations is shown as it was known, and never as "no"."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.conftest import Site
from tui.app.glyphs import UNICODE
from tui.app.model import Model
from tui.app.paint import Line
from tui.app.seen import Seen
from tui.app.timeline_look import TimelineLook
from tui.app.vitals import vitals_row
from tui.core.models import DatabaseFacts, GatewayState

HEAD = "d45c8b39e07f"
STOPPED = GatewayState(running="stopped")
NOW = datetime(2026, 8, 11, tzinfo=UTC)


def text(row: Line) -> str:
    return "".join(span.text for span in row)


def row(seen: Seen, *, wide: bool = True) -> str:
    return text(vitals_row(seen, UNICODE, NOW, wide=wide))


class Shown:
    """What was posted, put together as the screen does."""

    def __init__(self, seen: Seen) -> None:
        self.seen = seen

    def __call__(self, change: Any) -> None:
        self.seen = change(self.seen)


@pytest.fixture
def facts(make_site: Any) -> tuple[Site, DatabaseFacts]:
    site = make_site(running=False)
    return site, DatabaseFacts(
        path=site.database, exists=True, revision=HEAD, revisions=(HEAD,), inode=1
    )


def test_a_file_that_cannot_be_read_for_a_moment_leaves_the_timeline_as_it_was(facts) -> None:
    site, known = facts
    shown = Shown(Seen(deployment=site.deployment, database=known))
    look = TimelineLook(site.deployment, shown)
    assert look.look(known, STOPPED)
    assert f"revision ✓ ok {HEAD} = head" in row(shown.seen)
    busy = DatabaseFacts(path=site.database, exists=True, inode=1, problem="It is being replaced.")
    assert not look.look(busy, STOPPED)
    timeline = shown.seen.timeline
    assert timeline is not None
    assert (timeline.stale, timeline.pending, timeline.current) == (True, 0, (HEAD,))
    assert f"revision ~ ok {HEAD} = head" in row(shown.seen)
    assert "rev ~ok head" in row(shown.seen, wide=False)
    assert look.look(known, STOPPED), "the mark goes as soon as it can be read"
    assert f"revision ✓ ok {HEAD} = head" in row(shown.seen)


def test_a_file_that_was_never_read_has_no_revision_that_is_pending(facts) -> None:
    site, known = facts
    shown = Shown(Seen(deployment=site.deployment, database=known))
    damaged = DatabaseFacts(path=site.database, exists=True, problem="It is damaged.")
    TimelineLook(site.deployment, shown).look(damaged, STOPPED)
    timeline = shown.seen.timeline
    assert timeline is not None
    assert {revision.state for revision in timeline.revisions} == {"unknown"}


def test_what_is_pending_is_marked_while_the_connection_is_released(facts) -> None:
    site, known = facts
    older = replace(known, revision="1b7da6c4980e", revisions=("1b7da6c4980e",))
    shown = Shown(Seen(deployment=site.deployment, database=older))
    TimelineLook(site.deployment, shown).look(older, STOPPED)
    assert "rev 2 pending" in row(shown.seen, wide=False)
    assert "rev ~2 pending" in row(replace(shown.seen, released=True), wide=False)


def test_a_look_that_is_overtaken_by_a_release_says_nothing(facts) -> None:
    site, _known = facts
    posted: list[Any] = []

    class Posts:
        def post_message(self, message: Any) -> bool:
            posted.append(message)
            return True

    model = Model(site.deployment, Posts())
    live = model.live()
    reading, go_on = threading.Event(), threading.Event()
    read = live.facts

    def slow() -> DatabaseFacts:
        reading.set()
        assert go_on.wait(10)
        return read()

    live.facts = slow  # type: ignore[method-assign]
    for look in (model._look_at_migrations, model._look_at_database):
        reading.clear()
        go_on.clear()
        thread = threading.Thread(target=look)
        thread.start()
        assert reading.wait(10)
        model._obey(wanted=True)
        posted.clear()
        go_on.set()
        thread.join(10)
        assert posted == []
        model._obey(wanted=False)
