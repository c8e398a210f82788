"""The timeline on real images: what another local one is ahead, and no container for the second."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from tests.docker.lab import Deployment as Lab
from tests.docker.lab import engine_available, image_for
from tui.app.seen import Seen
from tui.app.timeline_look import TimelineLook
from tui.core.models import (
    ContainerRef,
    DatabaseFacts,
    Deployment,
    GatewayState,
    MigrationsRef,
    Timeline,
)

pytestmark = [
    pytest.mark.docker,
    pytest.mark.skipif(bool(engine_available()), reason=str(engine_available())),
]

OLD, NEW = "e75490e949b1", "7ab59991e017"


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    """A deployment of 0.3.1 whose container was never made; its image is there."""
    return Lab.create("0.3.1", tmp_path / "gateway")


def looked(lab: Lab, image: str | None = None) -> list[Timeline]:
    """Every timeline that a screen would have shown, one after the other."""
    with closing(lab.engine.docker_py()) as client:
        own = str(client.images.get(lab.image).id)
    deployment = Deployment(
        name=lab.name,
        database=lab.database,
        backup_dir=lab.folder / "backups",
        gateway=ContainerRef(
            container="gone", docker_host=lab.docker_host, database_inside="/app/data/mcp.db"
        ),
        migrations=MigrationsRef(package="mcpgateway"),
        image_id=own,
    )
    shown: list[Timeline] = []

    def saw(change) -> None:
        timeline = change(Seen()).timeline
        assert timeline is not None
        shown.append(timeline)

    look = TimelineLook(deployment, saw)
    if image is not None:
        look.want(image)
    facts = DatabaseFacts(path=lab.database, exists=True, revisions=(OLD,))
    look.look(facts, GatewayState(running="missing", image_id=own))
    look.look_at_images()
    return shown


def test_a_later_image_of_the_host_is_ahead_and_the_second_opening_needs_no_container(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(lab.engine.docker_py()) as client:
        newer = str(client.images.get(image_for("1.0.7", lab.engine)).id)
    alone, *_, both = looked(lab, newer)
    assert (alone.heads, alone.applied, alone.ahead, alone.problem) == ((OLD,), 3, (), "")
    assert both.ahead_heads == (NEW,)
    assert (len(both.ahead), both.ahead_release, both.pending) == (110, "1.0.7", 0)
    assert {item.state for item in both.ahead} == {"ahead"}
    assert both.ahead_image.endswith(":1.0.7")

    monkeypatch.setattr(
        "tui.services.migrations.probe.ask", lambda *_a, **_k: pytest.fail("a container was asked")
    )
    assert looked(lab, newer)[-1].ahead == both.ahead
    # Nobody chose: the newest release of the same name is.
    chosen = looked(lab)[-1]
    assert chosen.ahead_image_id == newer and len(chosen.ahead) == 110
