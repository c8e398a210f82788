"""A host with an engine and a Compose that are small programs, for what the real ones seldom do.

Both work on one file of JSON: containers and images. What real ones do is tested in
`tests/docker/test_image_switch.py`.
"""

import contextlib
import fcntl
import http.server
import json
import sys
import threading
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from tests.unit.fake_engine import _Server
from tui.core.models import ContainerRef, Deployment

OLD, NEW, OTHER = (f"sha256:{letter * 64}" for letter in "abc")
PROJECT, SERVICE = "forge", "gateway"

PROGRAM = """\
#!{python} -IS
import json, os, pathlib, subprocess, sys, time
world = pathlib.Path({world!r})
words = sys.argv[1:]
name = pathlib.Path(sys.argv[0]).name
def as_yaml(value, indent=""):
    lines = []
    for key, one in value.items():
        nested = isinstance(one, dict)
        lines.append(indent + key + (":" if nested else ": '" + one + "'"))
        lines += [as_yaml(one, indent + "  ")] if nested else []
    return "\\n".join(lines)
told = json.loads((world / "compose.json").read_text())
if name == "docker":
    if words[:1] != ["compose"] or told["major"] == 1:
        sys.exit("docker: unknown command: docker compose")
    words = words[1:]
elif told["major"] != 1:
    sys.exit("not this one")
if words[:1] == ["version"]:
    print("1.29.2" if told["major"] == 1 else "v2.29.1")
    sys.exit(0)
with (world / "calls").open("a") as calls:
    calls.write(json.dumps(words) + "\\n")
files = [words[i + 1] for i, word in enumerate(words) if word == "-f"]
if told.get("hangs") in words:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    (world / "child").write_text(str(child.pid))
    time.sleep(600)
values = {{}}
for file in files:
    text = pathlib.Path(file).read_text()
    if file.endswith("mcpdb-tui-pinned.yml"):
        (world / "override").write_text(text)
        (world / "override-mode").write_text(oct(os.stat(file).st_mode & 0o777))
    for key, value in os.environ.items():
        text = text.replace("${{" + key + "}}", value)
    try:
        more = json.loads(text)
    except ValueError:
        sys.stderr.write("reading\\n\\033[31myaml: line 3: no\\n")
        sys.exit(15)
    for service, about in more.pop("services", {{}}).items():
        values.setdefault("services", {{}}).setdefault(service, {{}}).update(about)
    values.update(more)
if "config" in words:
    if told.get("garbage"):
        print(told["garbage"])
    elif told["major"] == 1:
        print(as_yaml(values))
    else:
        print(json.dumps(values))
    sys.exit(0)
state = json.loads((world / "state.json").read_text())
service = words[-1]
image = told.get("gives") or values["services"][service]["image"]
container = ("_" if told["major"] == 1 else "-").join(["{project}", service, "1"])
found = next((c for c in state["containers"] if c["Names"] == ["/" + container]), None)
if told.get("fails") == "early":
    sys.exit("no space left on device")
if found:
    found["Names"] = ["/0123456789ab_" + container]
    if told.get("fails") == "renamed":
        (world / "state.json").write_text(json.dumps(state))
        sys.exit("'ContainerConfig'")
    state["containers"].remove(found)
ids = {{name: id for id, names in state["images"].items() for name in [*names, id]}}
state["containers"].append({{
    "Id": ("new" + str(len((world / "calls").read_text())) + "0" * 64)[:64],
    "Names": ["/" + container],
    "Image": ids[image],
    "Running": False,
}})
(world / "state.json").write_text(json.dumps(state))
"""


class World:
    """An engine, a Compose project and what one may ask of both."""

    def __init__(self, folder, major=2):
        self.folder = folder
        self.project = folder / "forge"
        self.data = self.project / "data"
        self.data.mkdir(parents=True)
        (self.data / "mcp.db").write_bytes(b"")
        self.bin = folder / "bin"
        self.bin.mkdir()
        self.host = f"unix://{folder / 'docker.sock'}"
        self.major = major
        self.behave()
        self.write_state(
            {
                "containers": [
                    {
                        "Id": "old" + "0" * 61,
                        "Names": [f"/{self.name}"],
                        "Image": OLD,
                        "Running": False,
                    }
                ],
                "images": {OLD: ["gateway:1.0.5"], NEW: ["gateway:1.0.7"], OTHER: ["other:1"]},
                "users": {OLD: "1001:0", NEW: "10001:10001", OTHER: "0:0"},
            }
        )
        self.names("gateway:1.0.5")
        self.install()

    @property
    def name(self):
        line = "_" if self.major == 1 else "-"
        return f"{PROJECT}{line}{SERVICE}{line}1"

    @property
    def file(self):
        return self.project / "compose.yaml"

    @property
    def ref(self):
        return ContainerRef(
            container=self.name,
            project=PROJECT,
            service=SERVICE,
            docker_host=self.host,
            config_files=(str(self.file),),
            working_dir=str(self.project),
            database_inside="/app/data/mcp.db",
        )

    @property
    def deployment(self):
        return Deployment(
            name=PROJECT,
            database=self.data / "mcp.db",
            project_dir=self.project,
            gateway=self.ref,
            backup_dir=self.data / "backups",
        )

    def behave(self, **how):
        (self.folder / "compose.json").write_text(json.dumps({"major": self.major, **how}))

    def names(self, image, **more):
        """What the operator's Compose file says from now on."""
        service = {"image": image, **more.pop("service", {})}
        self.file.write_text(json.dumps({"services": {SERVICE: service}, **more}))

    def install(self):
        """Put the commands on the PATH that `bin` is."""
        text = PROGRAM.format(python=sys.executable, world=str(self.folder), project=PROJECT)
        for command in ("docker", "docker-compose"):
            (self.bin / command).write_text(text)
            (self.bin / command).chmod(0o755)

    def write_state(self, state):
        (self.folder / "state.json").write_text(json.dumps(state))

    def state(self):
        return json.loads((self.folder / "state.json").read_text())

    def containers(self):
        """Names and images."""
        return {c["Names"][0].lstrip("/"): c["Image"] for c in self.state()["containers"]}

    def running(self):
        return [c["Names"][0].lstrip("/") for c in self.state()["containers"] if c["Running"]]

    def set_container(self, **values):
        state = self.state()
        state["containers"][0].update(values)
        self.write_state(state)

    def tags(self, image):
        return self.state()["images"][image]

    def calls(self, verb=""):
        path = self.folder / "calls"
        lines = path.read_text().splitlines() if path.exists() else []
        found = [json.loads(line) for line in lines]
        return [words for words in found if not verb or verb in words]

    # --- the engine -------------------------------------------------------------------------

    def change(self, what):
        state = self.state()
        answer = what(state)
        self.write_state(state)
        return answer

    def container(self, state, word):
        for one in state["containers"]:
            if word in (one["Id"], one["Names"][0].lstrip("/")):
                return one
        return None

    def image_id(self, state, word):
        for image_id, names in state["images"].items():
            if word in (image_id, *names):
                return image_id
        return None

    def facts(self, state, one):
        prefix = "com.docker.compose"
        return {
            "Id": one["Id"],
            "Name": one["Names"][0],
            "Image": one["Image"],
            "RestartCount": 0,
            "State": {
                "Status": "running" if one["Running"] else "exited",
                "Running": one["Running"],
                "Pid": 0,
                "ExitCode": 0,
            },
            "Config": {
                "Image": next(iter(state["images"][one["Image"]]), one["Image"]),
                "User": state["users"][one["Image"]],
                "Labels": {
                    f"{prefix}.project": PROJECT,
                    f"{prefix}.service": SERVICE,
                    f"{prefix}.version": "1.29.2" if self.major == 1 else "2.29.1",
                    f"{prefix}.oneoff": "False",
                },
            },
            "HostConfig": {"NetworkMode": "bridge"},
            "NetworkSettings": {},
            "Mounts": [
                {
                    "Type": "bind",
                    "Source": str(self.project / name),
                    "Destination": f"/app/{name}",
                    "RW": True,
                }
                for name in ("data", "logs")
            ],
        }

    def get(self, path):
        state = self.state()
        if path[-1] == "version":
            return {"ApiVersion": "1.41"}
        if path[-1] == "info":
            return {"SecurityOptions": ["name=seccomp,profile=default"]}
        if path[-2:] == ["containers", "json"]:
            return [
                {**one, "Labels": self.facts(state, one)["Config"]["Labels"]}
                for one in state["containers"]
            ]
        if path[-1] == "networks":
            return []
        if path[-1] == "volumes":
            return {"Volumes": []}
        if path[-2:] == ["images", "json"]:
            return [{"Id": i, "RepoTags": names} for i, names in state["images"].items()]
        word = (
            path[-2] if path[-3] == "containers" else "/".join(path[path.index("images") + 1 : -1])
        )
        if "containers" in path and (one := self.container(state, word)):
            return self.facts(state, one)
        if "images" in path and (image := self.image_id(state, word)):
            config = {"User": state["users"][image]}
            return {"Id": image, "RepoTags": state["images"][image], "Config": config}
        return None

    def post(self, path, query):
        def do(state):
            if path[-1] == "tag":
                image = self.image_id(state, "/".join(path[path.index("images") + 1 : -1]))
                state["images"][image].append(f"{query['repo'][0]}:{query['tag'][0]}")
                return True
            one = self.container(state, path[-2])
            if one is None:
                return None
            if path[-1] == "rename":
                one["Names"] = ["/" + query["name"][0].lstrip("/")]
            if path[-1] in ("start", "stop"):
                one["Running"] = path[-1] == "start"
            return True

        return self.change(do)

    def delete(self, path):
        def do(state):
            if "images" in path:
                name = "/".join(path[path.index("images") + 1 :])
                state["images"][self.image_id(state, name)].remove(name)
            else:
                state["containers"].remove(self.container(state, path[-1]))
            return True

        return self.change(do)


@contextlib.contextmanager
def served(world):
    """Serve the world's engine at its socket."""

    class Answer(http.server.BaseHTTPRequestHandler):
        def route(self, do):
            parts = urlsplit(self.path)
            path = [unquote(piece) for piece in parts.path.split("/")]
            value = do(path, parse_qs(parts.query)) if do != world.get else do(path)
            code = 404 if value is None else 200
            body = json.dumps({"message": "No such thing"} if value is None else value).encode()
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self):
            self.route(world.get)

        def do_POST(self):
            self.route(world.post)

        def do_DELETE(self):
            self.route(lambda path, _query: world.delete(path))

        def address_string(self):
            return "unix"

        def log_message(self, *args):
            pass

    server = _Server(str(world.folder / "docker.sock"), Answer)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def hold_lock(path, seconds):
    """A thread that holds the lock of a Compose run for a while; gives when it has it."""
    held = threading.Event()

    def hold():
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            held.set()
            threading.Event().wait(seconds)

    threading.Thread(target=hold, daemon=True).start()
    assert held.wait(5)


def read(path):
    """A file's text."""
    return Path(path).read_text()
