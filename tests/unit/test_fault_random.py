"""kill -9 at a hundred random moments of a restore, with a client writing until the stop."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from tests.injection.arena import Arena
from tests.injection.chance import kill_one
from tui.core.errors import McpdbError
from tui.operations.cataloguing.catalogue import read_catalogue
from tui.operations.restore import Restore

ROUNDS, EACH = 10, 10


@pytest.mark.timeout(600)
@pytest.mark.parametrize("number", range(ROUNDS))
def test_a_restore_killed_at_any_moment_is_old_or_new_and_loses_nothing(
    number: int, arena: Callable[..., Arena]
) -> None:
    seed = random.SystemRandom().randrange(10**9)
    draw = random.Random(seed)
    ground = arena()
    last = ground.site.do(Restore(ground.deployment, "latest"))
    assert last.exit_code == 0, last.sentence
    assert last.seconds is not None
    length = last.seconds
    for turn in range(EACH):
        site = ground.ready()
        (backup,) = (b for b in read_catalogue(site.deployment).backups if b.kind == "hot")
        try:
            result = kill_one(site, backup.path, length, draw)
        except (AssertionError, McpdbError) as error:
            raise AssertionError(
                f"seed {seed}, turn {turn}, length {length:.2f}: {error}"
            ) from error
        print(number, turn, result)
