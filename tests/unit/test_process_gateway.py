"""The process gateway on a real little gateway: a process that serves /health and logs."""

import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from tests.faults import wait_for
from tui.core.errors import McpdbError
from tui.core.models import ProcessRef
from tui.services.gateways import connect
from tui.services.gateways.process import ProcessGateway

SERVER = textwrap.dedent(
    """
    import http.server, json, os, signal, subprocess, sys, time
    port, log = int(sys.argv[1]), sys.argv[2]

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            body = json.dumps({"status": "healthy", "umask": os.umask(0o022)}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            pass

    def end(*_):
        with open(log, "a") as file:
            file.write("gateway ends\\n")
        os._exit(0)

    signal.signal(signal.SIGTERM, signal.SIG_IGN if "--deaf" in sys.argv else end)
    if "--child" in sys.argv:
        subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    server = http.server.HTTPServer(("127.0.0.1", port), Answer)
    with open(log, "a") as file:
        file.write("2026-08-11 03:04:11,902 - demo.gateway - INFO - gateway begins\\n")
    server.serve_forever()
    """
)

CONTROL = textwrap.dedent(
    """
    import os, pathlib, signal, subprocess, sys, time
    what, port, *more = sys.argv[1:]
    pid_file = pathlib.Path("gateway.pid")
    if what == "start":
        server = subprocess.Popen(
            [sys.executable, "server.py", port, "logs/gateway.log", *more],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )
        pid_file.write_text(f"{server.pid}\\n")
    else:
        pid = int(pid_file.read_text())
        os.kill(pid, signal.SIGTERM)
        while os.path.exists(f"/proc/{pid}") and "Z" not in open(f"/proc/{pid}/stat").read():
            time.sleep(0.02)
        pid_file.unlink()
    """
)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def until(condition, seconds=10):
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)
    return value


def ended(pid):
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


@pytest.fixture
def ref(tmp_path):
    (tmp_path / "server.py").write_text(SERVER)
    (tmp_path / "control.py").write_text(CONTROL)
    (tmp_path / "logs").mkdir()
    port = free_port()
    control = (sys.executable, "control.py")
    ref = ProcessRef(
        folder=str(tmp_path),
        start=(*control, "start", str(port)),
        stop=(*control, "stop", str(port)),
        pid_file=str(tmp_path / "gateway.pid"),
        health_url=f"http://127.0.0.1:{port}/health",
        stop_timeout=5,
        release="0.1",
        log_files=(str(tmp_path / "logs"),),
    )
    yield ref
    ProcessGateway(ref).kill()


def start(ref):
    gateway = ProcessGateway(ref)
    gateway.start()
    until(lambda: gateway.health(1).verdict == "healthy")
    return gateway


def test_connect_gives_a_process_gateway_for_a_process_ref(ref):
    assert isinstance(connect(ref), ProcessGateway)


def test_a_started_gateway_is_running_with_its_pid_and_healthy(ref):
    gateway = start(ref)
    state = gateway.state()
    pid = int(Path(ref.pid_file).read_text())
    assert (state.running, state.identity, state.pids) == ("running", str(pid), (pid,))
    assert state.user == f"{os.geteuid()}:{os.getegid()}"
    assert state.release == "0.1"
    assert state.since.timestamp() == pytest.approx(time.time(), abs=30)


def test_starting_what_runs_is_harmless(ref):
    gateway = start(ref)
    before = gateway.state().identity
    gateway.start()
    assert gateway.state().identity == before


def test_a_start_gives_the_gateway_an_ordinary_umask_and_a_session_of_its_own(ref):
    old = os.umask(0o077)
    try:
        gateway = start(ref)
    finally:
        os.umask(old)
    assert json.loads(gateway.health().text)["umask"] == 0o022
    assert os.getsid(int(gateway.state().identity)) != os.getsid(0)


def test_a_stop_waits_for_the_process_and_takes_the_commands_word_for_the_exit(ref):
    gateway = start(ref)
    pid = int(gateway.state().identity)
    stopped = gateway.stop()
    assert stopped.exit_code == 0 and stopped.clean
    assert ended(pid)
    assert gateway.state().running == "stopped"
    assert gateway.health(1).verdict == "unreachable"


def test_stopping_what_is_stopped_returns_at_once(ref):
    stopped = ProcessGateway(ref).stop()
    assert (stopped.exit_code, stopped.seconds) == (None, 0.0)


def test_a_gateway_that_will_not_stop_is_killed_after_its_timeout(ref):
    gateway = start(replace(ref, start=(*ref.start, "--deaf"), stop_timeout=1))
    stopped = gateway.stop()
    assert stopped.exit_code == 137 and not stopped.clean
    assert 1 <= stopped.seconds < 5
    assert gateway.state().running == "stopped"


def test_a_child_that_outlives_the_gateway_is_ended_too(ref):
    gateway = start(replace(ref, start=(*ref.start, "--child"), stop_timeout=1))
    family = until(lambda: len(pids := gateway.state().pids) == 2 and pids)
    assert gateway.stop().exit_code == 137
    assert all(ended(pid) for pid in family)


def test_a_stop_command_that_fails_leaves_the_gateway_and_says_what_it_said(ref):
    gateway = start(replace(ref, stop=("sh", "-c", "echo not allowed here >&2; exit 4")))
    with pytest.raises(McpdbError, match=r"exit 4 .*not allowed here"):
        gateway.stop()
    assert gateway.state().running == "running"


def test_a_start_command_that_fails_names_itself(ref):
    gateway = ProcessGateway(replace(ref, start=("sh", "-c", "exit 7")))
    with pytest.raises(McpdbError, match=r"exit 7.*sh -c 'exit 7'"):
        gateway.start()


def test_a_start_command_that_does_not_exist_is_one_sentence(ref):
    gateway = ProcessGateway(replace(ref, start=("/nowhere/gateway",)))
    with pytest.raises(McpdbError, match=r"/nowhere/gateway: No such file or directory"):
        gateway.start()


def test_a_pid_file_of_an_earlier_life_is_stale(ref):
    other = subprocess.Popen(["sleep", "600"], cwd="/")
    try:
        told = Path(f"/proc/{other.pid}/cmdline")
        wait_for(lambda: told.read_bytes().startswith(b"sleep"), "it is another program")
        Path(ref.pid_file).write_text(f"{other.pid}\n")
        os.utime(ref.pid_file, (time.time() - 3600, time.time() - 3600))
        gateway = ProcessGateway(ref)
        state = gateway.state()
        assert state.running == "stopped" and state.pids == ()
        assert "another program now (sleep 600)" in state.text
        assert gateway.stop().exit_code is None
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_the_gateway_is_recognised_after_the_clock_was_set(ref):
    gateway = start(ref)
    os.utime(ref.pid_file, (time.time() - 3600, time.time() - 3600))
    assert gateway.state().running == "running"


@pytest.mark.parametrize("content", ["", "\n"])
def test_an_empty_pid_file_means_stopped(ref, content):
    Path(ref.pid_file).write_text(content)
    assert ProcessGateway(ref).state().running == "stopped"


@pytest.mark.parametrize("content", ["abc", "-1", "0", "1", "99999999999999", "\xff"])
def test_a_pid_file_with_nonsense_says_so(ref, content):
    Path(ref.pid_file).write_bytes(content.encode("latin-1"))
    state = ProcessGateway(ref).state()
    assert state.running == "stopped" and "holds no process number" in state.text


def test_a_killed_gateway_is_stopped_even_while_nobody_has_reaped_it(ref):
    gateway = start(ref)
    os.kill(int(gateway.state().identity), signal.SIGKILL)
    until(lambda: gateway.state().running == "stopped")


def test_a_running_command_decides_where_there_is_one(ref):
    told = replace(ref, pid_file="", running=("test", "-e", "up"))
    gateway = ProcessGateway(told)
    assert gateway.state().running == "stopped"
    (Path(ref.folder) / "up").touch()
    assert gateway.state().running == "running"
    stopping = ProcessGateway(replace(told, stop=("rm", "up")))
    assert stopping.stop().exit_code == 0
    assert gateway.state().running == "stopped"


def test_a_running_command_that_cannot_run_leaves_the_state_unknown(ref):
    state = ProcessGateway(replace(ref, running=("/nowhere/check",))).state()
    assert state.running == "unknown" and "/nowhere/check" in state.text


def test_an_answer_while_the_gateway_is_stopped_is_somebody_elses(ref):
    start(ref)
    elsewhere = ProcessGateway(replace(ref, pid_file=f"{ref.folder}/none.pid"))
    answer = elsewhere.health()
    assert answer.verdict == "unknown" and "another program answers" in answer.text


def test_the_log_goes_on_through_a_restart_and_says_so(ref):
    gateway = start(ref)
    lines = gateway.logs(follow=True)
    assert next(lines).text.endswith("gateway begins")
    gateway.stop()
    gateway.start()
    seen = []
    deadline = time.monotonic() + 10
    while sum(line.text.endswith("gateway begins") for line in seen) < 1:
        assert time.monotonic() < deadline
        seen.append(next(lines))
    texts = [line.text for line in seen]
    assert "gateway ends" in texts
    assert any(line.event and "gateway restarted" in line.text for line in seen), texts
    begun = seen[-1]
    assert (begun.source, begun.level, begun.logger) == ("gw", "info", "demo.gateway")
