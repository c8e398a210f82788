"""An upgrade with another image, killed on the real gateway: old or new, whole, gateway back."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docker.migration_site import (
    NEW,
    NEXT,
    as_kept,
    assert_left_nothing,
    image_id,
    image_of,
    keep,
    left_in,
    stands_at,
)
from tests.docker.site import RealSite
from tests.injection.fault import Fault
from tests.injection.inject import inject
from tests.injection.whole import assert_whole, look_at
from tui.operations.rehearse import Rehearse
from tui.operations.upgrade import Upgrade

pytestmark = [pytest.mark.docker, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def kept(shared_site: RealSite, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The module's database as each test shall find it."""
    shared_site.add_tool("mine")
    return keep(shared_site, tmp_path_factory.mktemp("kept") / "mcp.db")


@pytest.fixture
def site(shared_site: RealSite, kept: Path) -> RealSite:
    """Gateway 1.0.7, healthy; the Compose file names the next release by now."""
    site = shared_site
    if image_of(site) != image_id(site, "1.0.7") or stands_at(site.lab.database) != [NEW]:
        as_kept(site, kept, release="1.0.7")
    else:
        site.lab.name_release("1.0.7")
    site.lab.up()
    site.lab.name_release("1.0.7-next")
    return site


@pytest.mark.parametrize(
    ("kind", "place", "new"),
    [
        ("kill-all", "tick:migrate", False),
        ("kill", "after:step_started:swap", False),
        ("kill", "after:step_started:start", True),
        ("cancel", "after:step_finished:stop", False),
    ],
)
def test_an_upgrade_that_is_killed_or_cancelled(
    kind: str, place: str, new: bool, site: RealSite
) -> None:
    before = look_at(site)

    outcome = inject(site, Upgrade(site.deployment), Fault(kind, place))

    assert outcome.code == (0 if new else 1), outcome.said
    site.wait_healthy()
    # The tools are the same before and after: what tells them apart is the revision.
    assert_whole(site, before, new=before.names)
    assert stands_at(site.lab.database) == [NEXT if new else NEW]
    assert image_of(site) == image_id(site, "1.0.7-next" if new else "1.0.7")
    assert (site.lab.database.stat().st_ino == before.inode) is not new
    assert left_in(site.lab.database) == []
    assert site.tools() == {"mine"}
    assert_left_nothing(site)


def test_a_rehearsal_that_is_killed_leaves_no_container_and_the_gateway_alone(
    site: RealSite,
) -> None:
    before, identity = look_at(site), site.lab.container_id()
    operation = Rehearse(site.deployment, image=site.lab.image)
    outcome = inject(site, operation, Fault("kill", "tick:migrate"))
    assert outcome.code == 1, outcome.said
    assert site.lab.container_id() == identity
    assert assert_whole(site, before) == "old"
    assert_left_nothing(site)
