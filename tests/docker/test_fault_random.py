"""kill -9 at random moments of restores of the real gateway; a hundred of them: `tests.soak`."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.docker.site import RealSite
from tests.injection.chance import kill_one
from tui.core.errors import McpdbError
from tui.operations.backup import BackupCreate
from tui.operations.restore import Restore

pytestmark = [pytest.mark.docker, pytest.mark.timeout(900)]

COUNT = 8


def test_restores_killed_at_any_moment_are_old_or_new_and_lose_nothing(
    shared_site: RealSite,
) -> None:
    site = shared_site
    made = site.do(BackupCreate(site.deployment))
    assert made.exit_code == 0, made.sentence
    backup = Path(str(made.result["path"]))
    last = site.do(Restore(site.deployment, str(backup)))
    assert last.exit_code == 0, last.sentence
    assert last.seconds is not None
    seed = random.SystemRandom().randrange(10**9)
    draw = random.Random(seed)
    for turn in range(COUNT):
        site.wait_healthy()
        if "between" not in site.tools():
            site.add_tool("between")
        try:
            print(kill_one(site, backup, last.seconds, draw))
        except (AssertionError, McpdbError) as error:
            raise AssertionError(f"seed {seed}, turn {turn}: {error}") from error
