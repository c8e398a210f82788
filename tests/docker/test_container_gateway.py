"""The container gateway on a real engine: state, health, stop, start and its log."""

import contextlib
import threading
import time

import psutil
import pytest

from tui.core.errors import DockerError, NotFoundError
from tui.core.models import ContainerRef
from tui.services.containers.engine_exec import execute
from tui.services.gateways import connect
from tui.services.gateways.container import ContainerGateway

COUNTER = """
import itertools, signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: sys.exit({exit}))
for n in itertools.count(int(time.time() * 1000)):
    print(n)
    time.sleep({pause})
"""

SERVER = """
import http.server, json
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = {body!r}.encode()
        self.send_response({code})
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
http.server.HTTPServer(("127.0.0.1", {port}), Answer).serve_forever()
"""


def gateway(name, docker_host, **more):
    return ContainerGateway(ContainerRef(container=name, docker_host=docker_host, **more))


def until(condition, seconds=20):
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)
    return value


class Following:
    """Follows a log in a thread; `seen` has (when it was seen, line)."""

    def __init__(self, gateway, **options):
        self.seen = []
        self._over = threading.Event()
        self._gateway, self._options = gateway, options
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self):
        for line in self._gateway.logs(follow=True, stop=self._over.is_set, **self._options):
            self.seen.append((time.time(), line))

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *error):
        self._over.set()
        self._thread.join(5)
        assert not self._thread.is_alive(), "it does not stop when asked"

    def texts(self):
        return [line.text for _, line in self.seen]

    def events(self):
        return [line.text for _, line in self.seen if line.event]

    def numbers(self):
        return [int(line.text) for _, line in self.seen if not line.event]


# --- the real gateway ---------------------------------------------------------------------


def test_the_real_gateway_is_seen_as_it_is(deployment, gateway_ref):
    state = connect(gateway_ref).state()
    assert state.running in ("running", "starting")
    assert state.identity == deployment.container_id()
    assert (state.release, state.user) == ("1.0.7", "10001:10001")
    assert state.image == deployment.image and state.image_id.startswith("sha256:")
    assert state.restarts == 0 and state.since is not None
    assert "/app/data" in state.details["mounts"]
    assert state.details["restart policy"] == "unless-stopped"
    assert state.pids and all(psutil.pid_exists(pid) for pid in state.pids)
    assert any("mcpgateway" in " ".join(psutil.Process(pid).cmdline()) for pid in state.pids)


def test_the_real_gateways_health_is_its_json(deployment, gateway_ref):
    answer = connect(gateway_ref).health()
    assert answer.verdict == "healthy" and '"status":"healthy"' in answer.text
    assert answer.address == deployment.health_url
    assert answer.learnt == "command, host network"


def test_the_real_gateways_log_is_taken_apart(gateway_ref):
    lines = list(connect(gateway_ref).logs(tail=200))
    assert 0 < len(lines) <= 200
    assert all(line.time is not None and line.source == "gw" for line in lines)
    assert {"info"} <= {line.level for line in lines}
    assert any(line.logger.startswith("mcpgateway") for line in lines)
    assert [line.time for line in lines] == sorted(line.time for line in lines)


def test_a_restart_of_the_real_gateway_is_followed_and_its_exit_is_clean(deployment, gateway_ref):
    real = connect(gateway_ref)
    with Following(real, tail=5) as following:
        until(lambda: following.seen)
        stopped = real.stop()
        assert stopped.exit_code == 0 and stopped.clean and stopped.seconds > 0
        state = real.state()
        assert (state.running, state.exit_code, state.pids) == ("stopped", 0, ())
        assert real.health().verdict == "unreachable"
        real.start()
        deployment.wait_healthy()
        until(lambda: any("Application startup complete" in text for text in following.texts()))
    assert any("container restarted" in text and "(exit 0)" in text for text in following.events())
    raw = list(connect(gateway_ref).logs(tail=100_000))
    first = next(i for i, line in enumerate(raw) if line.text == following.texts()[0])
    seen = [line.text for _, line in following.seen if not line.event]
    # Nothing is lost and nothing comes twice.
    assert seen == [line.text for line in raw[first:]][: len(seen)]


def test_starting_what_runs_and_stopping_what_is_stopped_is_harmless(deployment, gateway_ref):
    real = connect(gateway_ref)
    identity = real.state().identity
    real.start()
    assert real.state().identity == identity
    real.stop()
    again = real.stop()
    assert (again.exit_code, again.seconds) == (0, 0.0)
    real.start()
    deployment.wait_healthy()


# --- stop and kill ------------------------------------------------------------------------


@pytest.mark.parametrize("code", [0, 3])
def test_the_exit_code_of_a_stop_is_the_programs_own(small, docker_host, code):
    name = small(COUNTER.format(exit=code, pause=0.1))
    until(lambda: list(gateway(name, docker_host).logs(tail=1)))
    stopped = gateway(name, docker_host).stop()
    assert stopped.exit_code == code and stopped.clean is (code == 0)


def test_what_does_not_stop_is_killed_after_its_own_timeout(small, docker_host):
    # The first process of a container ignores signals that it does not handle.
    name = small("import time; time.sleep(600)")
    one = gateway(name, docker_host)
    began = time.monotonic()
    stopped = one.stop()
    assert stopped.exit_code == 137 and not stopped.clean
    assert time.monotonic() - began < 20


def test_a_stop_suppresses_the_restart_policy(small, docker_host):
    program = COUNTER.format(exit=1, pause=0.1)
    name = small(program, restart_policy={"Name": "unless-stopped"})
    one = gateway(name, docker_host)
    until(lambda: list(one.logs(tail=1)))
    one.stop()
    with contextlib.suppress(AssertionError):
        until(lambda: one.state().is_up, seconds=2)
    assert one.state().running == "stopped"


def test_a_crash_loop_is_restarting_with_its_count_and_exit(small, docker_host):
    name = small("raise SystemExit(3)", restart_policy={"Name": "always"})
    one = gateway(name, docker_host)
    state = until(lambda: (s := one.state()).running == "restarting" and s.restarts and s)
    assert state.exit_code == 3 and "times, exit 3" in state.text
    assert one.health().verdict == "unreachable"
    assert one.stop().exit_code == 3


def test_a_kill_gives_137(small, docker_host):
    name = small("import time; time.sleep(600)")
    assert gateway(name, docker_host).kill().exit_code == 137


def test_a_container_that_is_gone_is_missing(docker_host):
    one = gateway("mcpdb-test-none", docker_host)
    assert one.state().running == "missing"
    assert one.health().verdict == "unreachable"
    assert one.stop().exit_code is None
    with pytest.raises(NotFoundError, match="cannot be started: there is no such container"):
        one.start()


# --- health -------------------------------------------------------------------------------


def test_health_is_asked_inside_where_no_address_can_be_reached(small, docker_host):
    name = small(SERVER.format(body='{"status": "healthy"}', code=200, port=4444))
    one = gateway(name, docker_host)
    answer = until(lambda: (a := one.health()).verdict == "healthy" and a)
    assert answer.learnt == "exec in the container"


def test_http_200_with_an_unhealthy_json_is_unhealthy_inside_too(small, docker_host):
    body = '{"status": "unhealthy", "error": "unable to open database file"}'
    name = small(SERVER.format(body=body, code=200, port=4444))
    one = gateway(name, docker_host)
    answer = until(lambda: (a := one.health()).verdict == "unhealthy" and a)
    assert answer.text.endswith("the JSON says unhealthy: unable to open database file")


def test_the_port_is_the_command_lines_not_the_variables(small, docker_host):
    program = SERVER.format(body='{"status": "healthy"}', code=200, port=5151)
    name = small(f"# mcpgateway --port 5151\n{program}", environment={"PORT": "9999"})
    one = gateway(name, docker_host)
    answer = until(lambda: (a := one.health()).verdict == "healthy" and a)
    assert ":5151/" in answer.address


def test_a_configured_address_is_the_only_one_that_is_asked(small, docker_host):
    name = small("import time; time.sleep(600)")
    answer = gateway(name, docker_host, health_url="http://127.0.0.1:9/health").health()
    assert (answer.verdict, answer.learnt) == ("unreachable", "configured")


# --- logs ---------------------------------------------------------------------------------


def test_a_new_line_is_seen_within_a_second_also_after_a_restart(small, docker_host, engine):
    name = small(COUNTER.format(exit=0, pause=0.05))
    one = gateway(name, docker_host)
    with Following(one) as following:
        until(lambda: len(following.seen) > 10)
        engine.stop(name, 5)
        engine.start(name)
        began = time.time()
        until(lambda: any(at > began and not line.event for at, line in following.seen))
        mark = len(following.seen)
        until(lambda: len(following.seen) > mark + 20)
    late = [at - line.time.timestamp() for at, line in following.seen if not line.event]
    assert max(late[10:]) < 1.0
    numbers = following.numbers()
    assert numbers == sorted(set(numbers))


def test_every_line_of_many_quick_restarts_comes_exactly_once(small, docker_host, engine):
    name = small(COUNTER.format(exit=0, pause=0.001))
    one = gateway(name, docker_host)
    with Following(one, tail=100_000) as following:
        for _ in range(4):
            mark = len(following.seen)
            until(lambda mark=mark: len(following.seen) > mark + 100)
            engine.api().restart(name, timeout=5)
        engine.stop(name, 5)
        raw = [int(line.text) for line in one.logs(tail=1_000_000)]
        until(lambda: len(following.numbers()) >= len(raw))
        until(lambda: "container stopped" in following.texts()[-1])
    assert following.numbers() == raw
    restarts = [text for text in following.events() if "restarted" in text]
    assert len(restarts) == 4 and all("(exit 0)" in text for text in restarts), restarts


def test_a_crash_loop_is_followed_without_losing_or_repeating_a_line(small, docker_host):
    program = "import time\nprint(time.time_ns())\nraise SystemExit(4)"
    name = small(program, restart_policy={"Name": "always"})
    one = gateway(name, docker_host)
    with Following(one) as following:
        until(lambda: len(following.numbers()) >= 5)
        one.stop()
        raw = [int(line.text) for line in one.logs()]
        until(lambda: len(following.numbers()) >= len(raw))
    assert following.numbers() == raw
    assert any("(exit 4)" in text for text in following.events())


def test_a_container_that_is_made_anew_is_followed_on_by_its_name(small, docker_host, engine):
    name = small(COUNTER.format(exit=7, pause=0.02))
    one = gateway(name, docker_host)
    with Following(one) as following:
        until(lambda: len(following.numbers()) > 5)
        old = one.state().identity
        engine.stop(name, 5)
        mark = max(following.numbers())
        small("print('anew')\n" + COUNTER.format(exit=0, pause=0.02), name=name)
        until(lambda: "anew" in following.texts())
        assert one.state().identity != old
        assert mark > 0
    assert any("restarted" in text for text in following.events())


def test_long_lines_and_both_streams_arrive_whole(small, docker_host):
    name = small(
        "import sys\n"
        "print('a' * 50_000)\n"
        "print('b' * 40_000, file=sys.stderr)\n"
        "print('end', end='')\n"
    )
    one = gateway(name, docker_host)
    until(lambda: one.state().running == "stopped")
    texts = sorted(line.text for line in one.logs())
    assert texts == ["a" * 50_000, "b" * 40_000, "end"]


def test_a_log_of_a_container_with_a_terminal_is_read_too(small, docker_host):
    name = small("print('hello'); print('you')", tty=True)
    one = gateway(name, docker_host)
    until(lambda: one.state().running == "stopped")
    assert [line.text for line in one.logs()] == ["hello", "you"]


def test_a_log_that_the_driver_does_not_keep_is_said(small, docker_host):
    name = small("print('lost')", log_config={"type": "none", "config": {}})
    one = gateway(name, docker_host)
    with pytest.raises(DockerError, match="does not support reading"):
        list(one.logs())
    with Following(one) as following:
        until(lambda: any("does not support reading" in text for text in following.events()))


def test_only_lines_after_a_moment_come_when_asked(small, docker_host):
    name = small("import time\nfor n in range(5): print(n); time.sleep(.05)")
    one = gateway(name, docker_host)
    until(lambda: one.state().running == "stopped")
    lines = list(one.logs())
    assert [line.text for line in one.logs(since=lines[2].time)] == ["3", "4"]
    assert [line.text for line in one.logs(tail=2)] == ["3", "4"]


# --- exec and one-offs --------------------------------------------------------------------


def test_a_command_in_the_container_gives_output_and_exit(small, engine):
    name = small("import time; time.sleep(600)")
    done = execute(engine, name, ["sh", "-c", "echo out; echo err >&2; exit 5"])
    assert (done.exit_code, done.stdout, done.stderr) == (5, b"out\n", b"err\n")


def test_a_command_that_does_not_end_is_given_up_and_killed(small, engine, docker_host):
    name = small("import time; time.sleep(600)")
    before = gateway(name, docker_host).state().pids
    began = time.monotonic()
    with pytest.raises(DockerError, match=r"did not end within 0\.5 s"):
        execute(engine, name, ["sleep", "600"], timeout=0.5)
    assert time.monotonic() - began < 5
    until(lambda: gateway(name, docker_host).state().pids == before)
