"""From 0.3.1 to 1.0.7 on a real gateway by keys alone, in a real terminal."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from tests.docker.migration_site import NEW, OLD, give_logs, image_id, image_of, stands_at
from tests.docker.site import RealSite
from tests.docker.test_keys import ENTER, PROGRAM, TAB, leave_welcome
from tests.terminal import Terminal
from tui.operations.timelines import rehearsals

pytestmark = [pytest.mark.docker, pytest.mark.timeout(600)]

CHOSEN = re.compile(r"image\s+\S*1\.0\.7(?![-\w.])")


def choose_1_0_7(screen: Terminal) -> None:
    """Go on to the next image until it is the one."""
    for _image in range(8):
        screen.wait_for("image ", "target ")
        if CHOSEN.search(screen.text):
            return
        before = screen.text
        screen.send("i")
        screen.wait_until(lambda seen=before: screen.text != seen, 30, "another image")
    raise AssertionError(f"1.0.7 is not offered:\n{screen.text}")


def test_rehearsed_and_upgraded_with_another_image_by_keys_alone(
    raise_site: Callable[..., RealSite],
) -> None:
    site = raise_site("0.3.1")
    site.add_tool("from-the-old-release")
    name = site.deployment.name
    with Terminal(PROGRAM, cwd=site.lab.folder) as screen:
        leave_welcome(screen)
        screen.wait_for("✓ healthy", f"{OLD} = head", timeout=60)
        screen.send("3")
        # The other image on this host is seen by itself; its head is on top.
        screen.wait_for("[3 Migrations]", "image 1.0.7 on this host is 110 ahead", timeout=60)
        screen.send("r")
        choose_1_0_7(screen)
        screen.send("y")
        screen.wait_for(f"{OLD} → {NEW}", "110 revisions", "foreign_key_check ok", timeout=120)
        assert stands_at(site.lab.database) == [OLD]
        assert rehearsals.listed(site.deployment)[0].ok

        # In another terminal the operator names the image in the Compose file.
        site.lab.name_release("1.0.7")
        give_logs(site, "1.0.7")
        screen.send("U")
        screen.wait_for("UPGRADE", "Type " + name, "type the name first", timeout=60)
        screen.send(TAB + name + ENTER)
        screen.wait_for("▸[ Upgrade ]◂")
        screen.send(ENTER)
        screen.wait_for("UPGRADED", timeout=180)
        screen.send("q")
        screen.wait_for("✓ healthy", NEW, timeout=60)
    assert stands_at(site.lab.database) == [NEW]
    assert image_of(site) == image_id(site, "1.0.7")
    assert site.tools() == {"from-the-old-release"}
    assert site.lab.health()["status"] == "healthy"
