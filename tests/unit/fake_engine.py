"""A stand-in for the Docker engine: the few answers discovery asks for, on a unix socket.

What the real engine says is tested in `tests/docker`; here it is about shapes that a test host
does not have, such as PostgreSQL beside a named volume, and about engines that misbehave.
"""

import contextlib
import http.server
import json
import socketserver
import threading
from urllib.parse import urlsplit


def container(name, **more):
    """One inspect answer, as much of it as anything reads."""
    facts = {
        "Id": f"{name}-id".ljust(64, "0"),
        "Name": f"/{name}",
        "Image": "sha256:1",
        "RestartCount": 0,
        "State": {
            "Status": "running",
            "Running": True,
            "Pid": 0,
            "ExitCode": 0,
            "StartedAt": "2026-08-11T01:00:00.123456789Z",
            "FinishedAt": "0001-01-01T00:00:00Z",
        },
        "Config": {
            "Image": more.get("image", "ghcr.io/ibm/mcp-context-forge:1.0.5"),
            "Cmd": more.get("command", ["mcpgateway", "--port", "4444"]),
            "Entrypoint": None,
            "Env": more.get("env", ["DATABASE_URL=sqlite:///./data/mcp.db"]),
            "WorkingDir": "/app",
            "User": "10001:10001",
            "Labels": {},
        },
        "HostConfig": {"NetworkMode": "bridge", "RestartPolicy": {"Name": "unless-stopped"}},
        "NetworkSettings": {"Ports": {}, "Networks": {}},
        "Mounts": more.get("mounts", []),
    }
    facts["State"].update(more.get("state", {}))
    if "project" in more:
        prefix = "com.docker.compose"
        facts["Config"]["Labels"] |= {
            f"{prefix}.project": more["project"],
            f"{prefix}.service": more.get("service", "gateway"),
            f"{prefix}.project.working_dir": str(more.get("folder", "/nowhere")),
        }
    facts["Config"]["Labels"] |= more.get("labels", {})
    return facts


def bind(source, destination="/app/data", **more):
    return {"Type": "bind", "Source": str(source), "Destination": destination, "RW": True, **more}


class _Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    request_queue_size = 16


@contextlib.contextmanager
def engine(socket_path, containers):
    """Serve `containers` at a unix socket; gives its DOCKER_HOST."""

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            path = urlsplit(self.path).path.split("/")
            if path[-1] == "version":
                return self.say({"ApiVersion": "1.41"})
            if path[-2:] == ["containers", "json"]:
                return self.say(
                    [
                        {"Id": c["Id"], "Names": [c["Name"]], "Labels": c["Config"]["Labels"]}
                        for c in containers
                    ]
                )
            for one in containers:
                if path[-1] == "json" and path[-2] in (one["Id"], one["Name"].lstrip("/")):
                    return self.say(one)
            return self.say({"message": "No such container"}, 404)

        def say(self, value, code=200):
            body = json.dumps(value).encode()
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def address_string(self):
            return "unix"

        def log_message(self, *args):
            pass

    server = _Server(str(socket_path), Answer)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"unix://{socket_path}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
