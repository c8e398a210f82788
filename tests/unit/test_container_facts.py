"""What an inspect says: where to ask for health, how long to wait, whether it is a gateway."""

import pytest

from tests.unit.fake_engine import container
from tui.services.containers import container_facts


def facts(**config):
    found = container("gw")
    found["Config"].update(config)
    return found


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"Cmd": ["mcpgateway", "--host", "0.0.0.0", "--port", "5000"]}, [5000]),
        ({"Cmd": ["sh", "-c", "exec mcpgateway --port=5000"]}, [5000]),
        ({"Cmd": ["gunicorn", "--bind", "0.0.0.0:8000", "mcpgateway.main:app"]}, [8000]),
        ({"Cmd": ["mcpgateway"], "ExposedPorts": {"4445/tcp": {}, "9/udp": {}}}, [4445, 4444]),
        # The variable is only tried where the command says nothing.
        ({"Cmd": ["mcpgateway", "--port", "5000"], "Env": ["PORT=9999"]}, [5000]),
        ({"Cmd": ["run.sh"], "Env": ["PORT=9999"]}, [9999, 4444]),
    ],
)
def test_ports_come_from_the_command_line_before_anything_else(config, expected):
    assert container_facts.ports(facts(**config)) == expected


def test_a_published_port_is_asked_before_the_containers_address():
    found = facts()
    found["NetworkSettings"] = {
        "Ports": {
            "4444/tcp": [
                {"HostIp": "0.0.0.0", "HostPort": "8080"},
                {"HostIp": "::1", "HostPort": "8081"},
            ],
            "9/tcp": None,
        },
        "Networks": {"forge_default": {"IPAddress": "172.18.0.2"}, "none": {"IPAddress": ""}},
    }
    assert list(container_facts.addresses(found, "127.0.0.1")) == [
        ("127.0.0.1:8080", "published port"),
        ("[::1]:8081", "published port"),
        ("172.18.0.2:4444", "container's address"),
    ]


def test_on_the_hosts_network_the_command_lines_port_is_asked():
    found = facts()
    found["HostConfig"]["NetworkMode"] = "host"
    assert list(container_facts.addresses(found, "10.0.0.5")) == [
        ("10.0.0.5:4444", "command, host network")
    ]


@pytest.mark.parametrize(
    ("env", "expected"),
    [
        ([], ["/health"]),
        (["APP_ROOT_PATH=/mcp/"], ["/health", "/mcp/health"]),
        (["ROOT_PATH=gw"], ["/health", "/gw/health"]),
        (["APP_ROOT_PATH=/"], ["/health"]),
    ],
)
def test_a_root_path_is_tried_too(env, expected):
    assert container_facts.paths(facts(Env=env)) == expected


@pytest.mark.parametrize(
    ("config", "first"),
    [
        ({}, "http"),
        ({"Env": ["SSL=true"]}, "https"),
        ({"Cmd": ["uvicorn", "--ssl-keyfile", "/k", "mcpgateway.main:app"]}, "https"),
    ],
)
def test_tls_is_told_by_variable_or_command(config, first):
    assert container_facts.schemes(facts(**config))[0] == first


def test_the_deadline_is_that_of_the_health_check_and_at_least_thirty_seconds():
    second = 1_000_000_000
    check = {"Test": ["CMD", "x"], "StartPeriod": 60 * second, "Interval": 30 * second}
    check |= {"Timeout": 10 * second, "Retries": 5}
    assert container_facts.health_deadline(facts(Healthcheck=check)) == 60 + 5 * 40
    quick = {"Test": ["CMD", "x"], "Interval": second, "Timeout": second, "Retries": 1}
    assert container_facts.health_deadline(facts(Healthcheck=quick)) == 30
    # Docker's own defaults stand where nothing is said.
    assert container_facts.health_deadline(facts(Healthcheck={"Test": ["CMD", "x"]})) == 180
    for none in (None, {}, {"Test": ["NONE"]}):
        assert container_facts.health_deadline(facts(Healthcheck=none)) >= 30


@pytest.mark.parametrize(("told", "seconds"), [(None, 10), (45, 45), (0, 0), (-1, 600)])
def test_the_stop_timeout_is_the_containers_own(told, seconds):
    assert container_facts.stop_timeout(facts(StopTimeout=told)) == seconds


@pytest.mark.parametrize(
    ("image", "labels", "expected"),
    [
        ("ghcr.io/ibm/mcp-context-forge:1.0.5", {}, "1.0.5"),
        ("host:5000/forge:v0.9.0-rc1", {}, "0.9.0-rc1"),
        ("forge:latest", {"org.opencontainers.image.version": "1.0.7"}, "1.0.7"),
        ("host:5000/forge", {}, ""),
        ("forge@sha256:1234", {}, ""),
        ("forge:latest", {}, ""),
    ],
)
def test_the_release_is_the_images_label_or_tag(image, labels, expected):
    assert container_facts.release(facts(Image=image, Labels=labels)) == expected


def test_a_container_that_never_ran_has_no_exit_and_no_since():
    found = facts()
    found["State"] = {"Status": "created", "Running": False, "ExitCode": 0}
    found["State"]["StartedAt"] = found["State"]["FinishedAt"] = "0001-01-01T00:00:00Z"
    state = container_facts.state_of(found, ())
    assert (state.running, state.exit_code, state.since) == ("stopped", None, None)


def test_a_paused_container_still_holds_its_files():
    found = facts()
    found["State"] |= {"Status": "paused", "Paused": True}
    state = container_facts.state_of(found, ())
    assert state.is_up and "docker unpause" in state.text
