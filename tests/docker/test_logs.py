"""The logs of the real gateway, JSON and text: tail, filter, error jump, a restart survived."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.docker.site import RealSite
from tests.terminal import Terminal
from tui.operations.backup import BackupCreate
from tui.operations.logs.feed import Feed
from tui.operations.logs.reading import Query, read
from tui.operations.logs.shown import show
from tui.operations.logs.sources import Held
from tui.operations.logs.terms import Terms

pytestmark = [pytest.mark.docker, pytest.mark.timeout(600)]

PATIENCE = 60.0


def until(condition: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


@pytest.fixture(scope="module")
def log(shared_site: RealSite) -> Path:
    return shared_site.lab.folder / "logs" / "mcpgateway.log"


def fail_loudly(site: RealSite) -> None:
    """Put an error in the gateway's own form among what the gateway's process prints."""
    line = "2026-08-11 03:04:11 - mcpgateway.services.gateway_service - ERROR - nobody answers"
    site.lab.container.execute("sh", "-c", f"echo '{line}' > /proc/1/fd/1")


def test_container_and_file_are_found_and_taken_apart(shared_site: RealSite, log: Path) -> None:
    shared_site.lab.register_tool("seen-in-the-log")
    found, *_ = read(shared_site.deployment, Query(lines=400))
    kinds = {source.kind for source, _ in found}
    assert kinds >= {"container", "file"}
    shown = [show(held) for held in found]
    times = [one.time for one in shown if one.time is not None]
    assert times == sorted(times)
    files = [one for one in shown if one.source.kind == "file"]
    assert all(one.more for one in files), "the gateway's file is JSON"
    assert {one.logger.split(".")[0] for one in files} >= {"mcpgateway"}
    texts = [one for one in shown if one.source.kind == "container" and not one.more]
    assert any(one.level == "info" for one in texts), "its container's lines are text"
    # Both were written by the same clock, which is not this host's in name.
    assert abs(max(times).timestamp() - time.time()) < 3_600


def test_an_error_is_found_by_level_and_by_word(shared_site: RealSite) -> None:
    fail_loudly(shared_site)

    def errors() -> list[Held]:
        return read(shared_site.deployment, Query(level="error", terms=Terms.parse("nobody")))[0]

    until(errors, "the gateway never logged it")
    done = shared_site.command("logs", "--level", "error", "--grep", "nobody", "--json")
    assert done.returncode == 0, done
    lines = json.loads(done.stdout)["data"]["lines"]
    assert lines
    assert {line["level"] for line in lines} == {"error"}


def test_no_secret_of_the_environment_is_told(shared_site: RealSite) -> None:
    out = shared_site.command("logs", "-n", "2000", "--raw").stdout
    assert out
    for name in ("JWT_SECRET_KEY", "AUTH_ENCRYPTION_SECRET", "BASIC_AUTH_PASSWORD"):
        assert shared_site.lab.env[name] not in out
    assert shared_site.lab.token() not in out


def test_a_restart_is_survived_with_its_line_and_nothing_comes_twice(
    shared_site: RealSite, log: Path
) -> None:
    feed = Feed(shared_site.deployment)
    feed.start()
    found: list[Held] = []

    def drained() -> list[Held]:
        found.extend(feed.drain().lines)
        return found

    def says(words: bytes, kind: str) -> bool:
        return any(words in raw for source, raw in drained() if source.kind == kind)

    try:
        until(lambda: drained() and feed.began, "nothing was read")
        start = len(found)
        shared_site.lab.compose("restart")
        shared_site.lab.wait_healthy()
        until(lambda: says(b"container restarted", "said"), "the restart was not told")
        shared_site.lab.register_tool("after-the-restart")
        until(lambda: says(b"after-the-restart", "file"), "the file was not read on")
        # Copied and emptied, as a rotation does it, while the gateway has it open.
        shutil.copyfile(log, log.with_name("mcpgateway-rotated.log"))
        os.truncate(log, 0)
        shared_site.lab.register_tool("after-the-rotation")
        until(lambda: says(b"after-the-rotation", "file"), "lost after the rotation")
        until(lambda: says(b"and emptied", "said"), "the rotation was not told")
    finally:
        feed.end()
    restarts = [raw for source, raw in found if source.kind == "said" and b"restarted" in raw]
    assert len(restarts) == 1
    assert b"(exit 0)" in restarts[0]
    new = [raw for source, raw in found[start:] if source.kind == "container"]
    assert len(new) == len(set(new)), "a line of the container came twice"
    of_file = [raw for source, raw in found[start:] if source.kind == "file"]
    stamped = [raw for raw in of_file if b"after-the-restart" in raw]
    assert len(stamped) == len(set(stamped))


@pytest.fixture
def following(shared_site: RealSite) -> Iterator[subprocess.Popen[str]]:
    words = ("--project-dir", str(shared_site.lab.folder), "logs", "-f", "-n", "0")
    process = subprocess.Popen(
        [sys.executable, "-m", "tui", *words, "--source", "container"],
        stdout=subprocess.PIPE, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler) and None,
    )  # fmt: skip
    yield process
    process.kill()
    process.wait()


def test_the_command_follows_through_a_restart_and_ends_with_130(
    shared_site: RealSite, following: subprocess.Popen[str]
) -> None:
    assert following.stdout is not None
    # The health check of the container writes every few seconds: it is being followed.
    first = following.stdout.readline()
    assert " gw " in first
    shared_site.lab.compose("restart")
    for line in following.stdout:
        if "container restarted" in line:
            break
    for line in following.stdout:
        if "Application startup complete" in line or "Started server process" in line:
            break
    following.send_signal(signal.SIGINT)
    assert following.wait(timeout=PATIENCE) == 130
    shared_site.lab.wait_healthy()


def test_by_keys_tail_filter_error_and_sources(shared_site: RealSite) -> None:
    fail_loudly(shared_site)
    # With a backup nobody is welcomed, whichever test came before.
    assert shared_site.do(BackupCreate(shared_site.deployment)).exit_code == 0
    program = [str(Path(sys.executable).parent / "mcpdb-tui")]
    with Terminal(program, cwd=shared_site.lab.folder) as screen:
        screen.wait_for("healthy", timeout=60)
        screen.send("5")
        screen.wait_for("[Merged]", "container ", "following", timeout=60)
        screen.wait_for(" gw ", " file ", timeout=60)
        screen.send("E")
        screen.wait_for("▸", "at error", "paused at", timeout=60)
        screen.send("/nobody\r")
        screen.wait_for("/ nobody", "keeps ", "nobody", timeout=60)
        screen.send("\x1b")
        screen.wait_for("/ nobody", gone=True, timeout=60)
        screen.send("]")
        screen.wait_for("[container ", timeout=60)
        screen.wait_for(" gw ", timeout=60)
        # Round the other way: what an earlier rotation left stands before the log itself.
        for shown in ("[Merged]", "[activity]"):
            screen.send("[")
            screen.wait_for(shown, timeout=60)
        screen.send("[")
        screen.wait_for("[logs/mcpgateway.log]", " file ", timeout=60)
