"""What a scheduled run failed with reaches the hook, once, and the hook changes nothing of it."""

from __future__ import annotations

import http.server
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Done, Place
from tui.cli.failed import is_scheduled
from tui.operations.activity import read_activity
from tui.services.locks import DatabaseLock
from tui.services.operator import Origin

SECRET = "T0KEN-nobody-may-see"


class Receiver:
    """A server on this host, and what was posted to it."""

    def __init__(self) -> None:
        self.got: list[tuple[str, dict[str, str], Any]] = []
        self.answer: Callable[[http.server.BaseHTTPRequestHandler], None] = lambda it: (
            it.send_response(204),  # type: ignore[func-returns-value]
            it.end_headers(),  # type: ignore[func-returns-value]
        )[1]
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.append((self.path, dict(self.headers), json.loads(body)))
                receiver.answer(self)

            def do_GET(self) -> None:
                receiver.got.append(("GET " + self.path, {}, None))
                receiver.answer(self)

            def log_message(self, *_words: object) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/hooks/{SECRET}"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    found = Receiver()
    yield found
    found.server.shutdown()
    found.server.server_close()


def set_hook(place: Place, **hook: object) -> None:
    """Write `on_failure` into the project's file, before its first table."""
    path = place.folder / "mcpdb.toml"
    words = ", ".join(f"{key} = {json.dumps(value)}" for key, value in hook.items())
    path.write_text(f"on_failure = {{ {words} }}\n{path.read_text()}")


def command_that(place: Place, program: str) -> list[str]:
    script = place.folder / "hook.py"
    script.write_text(f"import json, os, sys, time\nplace = {str(place.folder)!r}\n{program}")
    return [sys.executable, str(script)]


KEEP = """
with open(place + "/told", "a") as told:
    facts = {k: v for k, v in os.environ.items() if k.startswith("MCPDB_FAILED_")}
    told.write(json.dumps([sys.argv[1:], facts, json.load(sys.stdin)]) + "\\n")
"""


def fails(place: Place) -> Done:
    """A nightly backup that cannot be made."""
    place.database.rename(place.database.with_name("away.db"))
    return place.cli("backup", "create", "--scheduled")


def test_command_and_webhook_are_told_once_with_the_facts(quiet: Place, receiver: Receiver) -> None:
    quiet.back_up()
    set_hook(quiet, command=command_that(quiet, KEEP), webhook=receiver.url)
    done = fails(quiet)
    assert done.code not in (0, 2), done
    (line,) = (quiet.folder / "told").read_text().splitlines()
    arguments, variables, facts = json.loads(line)
    assert arguments == []
    assert facts["deployment"] == quiet.deployment.name == variables["MCPDB_FAILED_DEPLOYMENT"]
    assert facts["exit"] == done.code == int(variables["MCPDB_FAILED_EXIT"])
    assert facts["sentence"] and facts["sentence"] in done.err
    assert (facts["command"], facts["operation"]) == ("backup create", "backup create")
    ((path, headers, posted),) = receiver.got
    assert path.endswith(SECRET) and headers["Content-Type"] == "application/json"
    assert posted == facts
    assert "on_failure" not in done.err and SECRET not in done.err
    told = [entry for entry in read_activity(quiet.deployment) if entry.operation == "on-failure"]
    assert len(told) == 1 and SECRET not in repr(told)


def test_a_run_that_goes_well_or_that_nobody_scheduled_calls_nothing(
    quiet: Place, receiver: Receiver
) -> None:
    set_hook(quiet, webhook=receiver.url)
    assert quiet.cli("backup", "create", "--scheduled").code == 0
    quiet.database.rename(quiet.database.with_name("away.db"))
    assert quiet.cli("backup", "create").code
    assert receiver.got == []


@pytest.mark.parametrize(
    ("words", "scheduled"),
    [
        ([], False),
        (["--trigger"], False),
        (["backup", "create", "--trigger", "hand"], False),
        (["backup", "create", "--trigger", "schedule"], True),
        (["--trigger=schedule"], True),
        (["--scheduled", "status"], True),
    ],
)
def test_what_a_schedule_runs_says_so_also_in_the_words_of_older_ones(
    words: list[str], scheduled: bool
) -> None:
    assert is_scheduled(words) is scheduled


def test_overlap_ends_with_11_and_is_told(quiet: Place, receiver: Receiver) -> None:
    set_hook(quiet, webhook=receiver.url)
    lock = DatabaseLock(quiet.deployment.state_dir)
    lock.acquire(Origin(who="dana", host="h", origin="t"), "restore", wait=0)
    try:
        done = quiet.cli("rotate-logs", "--compress-after", "0m", "--scheduled", "--yes")
        if done.code == 0:
            pytest.fail("the lock was not met")
    finally:
        lock.release()
    assert done.code == 11, done
    ((_path, _headers, facts),) = receiver.got
    assert (facts["exit"], facts["code"]) == (11, "busy") and "dana" in facts["sentence"]


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("print('no pager'); sys.exit(3)", "ended with exit 3: no pager"),
        ("time.sleep(600)", "did not end within 1 s and was killed"),
        ("os.kill(os.getpid(), 9)", "ended with exit -9"),
        ("sys.stdout.write('x' * 1000000); sys.exit(1)", "ended with exit 1"),
    ],
)
def test_a_hook_that_fails_itself_is_told_and_changes_no_exit_code(
    quiet: Place, program: str, said: str
) -> None:
    quiet.database.rename(quiet.database.with_name("away.db"))
    expected = quiet.cli("backup", "create").code
    set_hook(quiet, command=command_that(quiet, program), timeout=1)
    done = quiet.cli("backup", "create", "--scheduled")
    assert done.code == expected
    assert said in done.err and "Traceback" not in done.err


def test_a_command_that_is_not_there_and_an_address_that_nobody_answers(quiet: Place) -> None:
    set_hook(quiet, command="/nowhere/pager", webhook=f"http://127.0.0.1:9/{SECRET}")
    done = fails(quiet)
    assert "/nowhere/pager cannot be started" in done.err
    assert "the webhook http://127.0.0.1:9/… cannot be reached" in done.err
    assert SECRET not in done.err


def redirecting(target: str) -> Callable[[http.server.BaseHTTPRequestHandler], None]:
    def answer(it: http.server.BaseHTTPRequestHandler) -> None:
        it.send_response(302)
        it.send_header("Location", target)
        it.end_headers()

    return answer


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://127.0.0.1/x", "/elsewhere"])
def test_a_redirect_is_not_followed(quiet: Place, receiver: Receiver, target: str) -> None:
    receiver.answer = redirecting(target)
    set_hook(quiet, webhook=receiver.url)
    done = fails(quiet)
    assert "answered 302: redirects are not followed" in done.err
    assert len(receiver.got) == 1


def test_an_answer_that_never_ends_is_given_up(quiet: Place, receiver: Receiver) -> None:
    over = threading.Event()

    def drip(it: http.server.BaseHTTPRequestHandler) -> None:
        while not over.is_set():
            try:
                it.wfile.write(b"H")
                it.wfile.flush()
            except OSError:
                return
            over.wait(0.2)

    receiver.answer = drip
    set_hook(quiet, webhook=receiver.url, timeout=1)
    try:
        done = fails(quiet)
    finally:
        over.set()
    assert "did not answer within 1 s" in done.err


def test_a_hook_that_calls_us_does_not_call_itself(quiet: Place) -> None:
    again = [sys.executable, "-m", "tui", "--project-dir", str(quiet.folder)]
    program = (
        f"open(place + '/told', 'a').write('x')\nimport subprocess\n"
        f"subprocess.run({again!r} + ['backup', 'create', '--scheduled'])\n"
    )
    set_hook(quiet, command=command_that(quiet, program))
    fails(quiet)
    assert (quiet.folder / "told").read_text() == "x"


@pytest.mark.parametrize(
    "hook",
    [
        'on_failure = { webhook = "ftp://example.org/T0KEN" }',
        'on_failure = { webhook = "https://user:T0KEN@" }',
        "on_failure = { timeout = 3 }",
        'on_failure = { command = "x", retries = 3 }',
        'on_failure = "unbalanced \'"',
        'on_failure = { command = "x", timeout = 0 }',
    ],
)
def test_a_hook_that_is_none_is_refused_without_repeating_it(quiet: Place, hook: str) -> None:
    path = quiet.folder / "mcpdb.toml"
    path.write_text(f"{hook}\n{path.read_text()}")
    done = quiet.cli("status")
    assert done.code == 2 and "on_failure" in done.err and "T0KEN" not in done.err


def test_config_show_does_not_show_the_webhook(quiet: Place, receiver: Receiver) -> None:
    set_hook(quiet, command=["/bin/page", "--key", SECRET], webhook=receiver.url)
    for words in (("config", "show"), ("config", "show", "--json")):
        done = quiet.cli(*words)
        assert done.code == 0 and "/bin/page" in done.out and SECRET not in done.out


# --- as systemd and cron start it ----------------------------------------------------------------


def exec_lines(place: Place) -> dict[str, list[str]]:
    """The commands of each unit."""
    files = place.cli.json("schedule", "print", "--systemd").document["data"]["files"]
    return {
        Path(file["path"]).stem.rpartition("-")[2]: [
            line.removeprefix("ExecStart=")
            for line in file["text"].splitlines()
            if line.startswith("ExecStart=")
        ]
        for file in files
        if file["path"].endswith(".service")
    }


def bare(command: str, place: Place) -> subprocess.CompletedProcess[str]:
    """Run it with nothing in its environment, no terminal and no home."""
    return subprocess.run(
        ["/usr/bin/env", "-i", "/bin/sh", "-c", command],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        timeout=120,
    )


def test_every_unit_runs_without_terminal_environment_and_home(
    place: Place, receiver: Receiver
) -> None:
    old = place.folder / "logs" / "old.log"
    old.write_text("a line\n")
    os.utime(old, (time.time() - 2 * 86_400,) * 2)
    set_hook(place, webhook=receiver.url)
    for word in ("nightly", "weekly", "maintain", "logs", "resume"):
        for command in exec_lines(place)[word]:
            done = bare(command, place)
            assert done.returncode == 0, (command, done)
    done_of = [entry.operation for entry in read_activity(place.deployment)]
    assert {"backup", "prune", "drill", "maintain", "rotate-logs"} <= set(done_of)
    assert not old.exists() and list(old.parent.glob("old-*.log.gz"))
    assert receiver.got == []
    # And what fails there reaches the hook.
    place.database.with_name("backups").rename(place.database.with_name("backups-away"))
    place.database.with_name("backups").write_text("no folder")
    done = bare(exec_lines(place)["nightly"][0], place)
    assert done.returncode not in (0, 127), done
    assert [facts["operation"] for _path, _headers, facts in receiver.got] != []
