"""Health: the gateway's JSON is believed, never the HTTP status alone."""

import contextlib
import http.server
import socket
import ssl
import subprocess
import threading
import time

import pytest

from tui.services import health


@contextlib.contextmanager
def serving(body=b"{}", code=200, headers=(), context=None, path=None):
    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            if path is not None and self.path != path:
                self.send_error(404)
                return
            self.send_response(code)
            for name, value in headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            with contextlib.suppress(OSError):
                self.wfile.write(body)

        def log_message(self, *args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextlib.contextmanager
def raw(answer):
    """A server of bytes: `answer(connection)` in a thread per connection."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve():
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listening.accept()
                    threading.Thread(target=answer, args=(connection,), daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/health"


def test_healthy_is_what_the_json_says():
    with serving(b'{"status": "healthy", "more": 1}') as address:
        answer = health.ask(f"http://{address}/health", learnt="published port")
    assert answer.verdict == "healthy"
    assert answer.text == '{"status":"healthy","more":1}'
    assert (answer.address, answer.learnt) == (f"http://{address}/health", "published port")


def test_http_200_with_an_unhealthy_json_is_unhealthy_in_its_own_words():
    body = b'{"status": "unhealthy", "error": "Database connection error: unable to open"}'
    with serving(body) as address:
        answer = health.ask(f"http://{address}/health")
    assert answer.verdict == "unhealthy"
    assert answer.text == (
        "HTTP 200 but the JSON says unhealthy: Database connection error: unable to open"
    )


@pytest.mark.parametrize(
    ("code", "body", "verdict"),
    [
        (200, b"<html>hello</html>", "unknown"),
        (200, b"", "unknown"),
        (200, b"[1]", "unknown"),
        (200, b'{"status": 3}', "unknown"),
        (200, b"[" * 100_000, "unknown"),
        (200, b"\xff\xfe", "unknown"),
        (404, b"not here", "unknown"),
        (401, b'{"detail": "no"}', "unknown"),
        (500, b"oops", "unhealthy"),
        (503, b'{"status": "not ready"}', "unhealthy"),
        (503, b'{"status": "healthy"}', "unhealthy"),
        (200, b'{"status": "HEALTHY"}', "healthy"),
    ],
)
def test_answers_that_are_not_plainly_healthy(code, body, verdict):
    with serving(body, code) as address:
        assert health.ask(f"http://{address}/health").verdict == verdict


def test_nobody_listening_is_unreachable():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/health"
    answer = health.ask(url)
    assert answer.verdict == "unreachable" and "connection refused" in answer.text


def test_a_server_that_never_answers_is_given_up():
    held = []
    with raw(held.append) as url:
        began = time.monotonic()
        answer = health.ask(url, timeout=0.5)
    assert answer.verdict == "unreachable" and "no answer within 0.5 s" in answer.text
    assert time.monotonic() - began < 3


def test_an_answer_that_drips_for_ever_is_given_up():
    def drip(connection):
        with contextlib.suppress(OSError):
            connection.recv(4096)
            connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            while True:
                connection.sendall(b" ")
                time.sleep(0.05)

    with raw(drip) as url:
        began = time.monotonic()
        assert health.ask(url, timeout=0.5).verdict == "unreachable"
        assert time.monotonic() - began < 3


def test_an_endless_answer_is_cut():
    def flood(connection):
        with contextlib.suppress(OSError):
            connection.recv(4096)
            connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            while True:
                connection.sendall(b"x" * 65_536)

    with raw(flood) as url:
        assert health.ask(url, timeout=5).verdict == "unknown"


def test_what_is_not_http_is_unreachable():
    def babble(connection):
        connection.recv(4096)
        connection.sendall(b"SSH-2.0-OpenSSH\r\n")
        connection.close()

    with raw(babble) as url:
        answer = health.ask(url, timeout=2)
    assert answer.verdict == "unreachable" and "not HTTP" in answer.text


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/x", "file:///etc/passwd", "nonsense", "http://"])
def test_only_http_addresses_are_asked(url):
    assert health.ask(url).verdict == "unknown"


def test_proxies_of_the_environment_are_not_asked(monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "")
    with serving(b'{"status": "healthy"}') as address:
        assert health.ask(f"http://{address}/health").verdict == "healthy"


def test_a_redirect_to_another_host_is_not_followed():
    with serving(code=302, headers=[("Location", "http://localhost:1/health")]) as address:
        assert health.ask(f"http://{address}/health").verdict == "unknown"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", "/CN=gateway", "-keyout", folder / "key.pem", "-out", folder / "cert.pem"),
        ],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context


def test_a_self_signed_certificate_is_fine_on_loopback_alone(certificate):
    with serving(b'{"status": "healthy"}', context=certificate) as address:
        assert health.ask(f"https://{address}/health").verdict == "healthy"
    assert health._tls("gateway.example").verify_mode == ssl.CERT_REQUIRED


def test_http_spoken_to_a_tls_port_and_the_other_way_round_is_unreachable(certificate):
    with serving(b'{"status": "healthy"}', context=certificate) as address:
        assert health.ask(f"http://{address}/health", timeout=2).verdict == "unreachable"
    with serving(b'{"status": "healthy"}') as address:
        answer = health.ask(f"https://{address}/health", timeout=2)
    assert answer.verdict == "unreachable" and "does not speak TLS" in answer.text
