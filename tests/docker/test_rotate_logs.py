"""Rotation of the log that a real gateway writes, while it writes it."""

from __future__ import annotations

import gzip
import json
import threading

import pytest

from tests.docker.site import RealSite
from tests.faults import wait_for

pytestmark = [pytest.mark.docker, pytest.mark.timeout(300)]


def test_the_gateway_s_own_log_is_emptied_while_it_goes_on_writing(shared_site: RealSite) -> None:
    site = shared_site
    place = site.lab.folder / "logs"
    log = place / "mcpgateway.log"
    site.add_tool("before-the-rotation")
    wait_for(lambda: log.stat().st_size > 0, "the gateway has logged")
    inode, owner = log.stat().st_ino, (log.stat().st_uid, log.stat().st_gid)
    before = log.read_bytes()
    busy = threading.Event()

    def ask() -> None:
        while not busy.is_set():
            site.tools()

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        plan = site.command("rotate-logs", "--dry-run", "--compress-after", "0m", "--json")
        done = site.command("rotate-logs", "--compress-after", "0m", "--yes", "--json")
    finally:
        busy.set()
        asking.join()

    told = {one["name"]: one for one in json.loads(plan.stdout)["data"]["plan"]["facts"]["logs"]}
    assert told[log.name]["action"] == "empty" and "has it open" in told[log.name]["why"]
    assert done.returncode == 0, done.stderr
    (result,) = [
        one
        for one in json.loads(done.stdout)["data"]["operation"]["result"]["rotated"]
        if one["name"] == log.name
    ]
    assert result["how"] == "emptied"
    packed = place / result["file"]
    assert (packed.stat().st_uid, packed.stat().st_gid) == owner
    assert gzip.decompress(packed.read_bytes()).startswith(before)
    site.add_tool("after-the-rotation")
    wait_for(lambda: log.stat().st_size > 0, "the gateway goes on in the same file")
    assert log.stat().st_ino == inode
    assert not log.read_bytes().startswith(b"\0")
    assert site.healthy()
    assert b"after-the-rotation" in log.read_bytes() + gzip.decompress(packed.read_bytes())
