"""The demo gateway's HTTP side: `/health`, and just enough of tools and gateways to try with."""

from __future__ import annotations

import json
import socketserver
import sqlite3
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

from tui.demo.store import Store

Log = Callable[[str, str], object]
"""Called with a logger's name and a text."""

_TABLES = ("tools", "gateways")


class Server(ThreadingHTTPServer):
    """Answers on one address for one store.

    - `GET /health`: `{"status": "healthy" | "unhealthy", …}`, HTTP 200 either way.
    - `GET /tools`, `GET /gateways`: `[{"id", "name"}]`.
    - `POST /tools` with `{"name": …}`: 201, 409 when the name is taken.
    - `DELETE /tools/NAME`, `DELETE /gateways/NAME`: 200, 404; takes what hangs on it along.

    Args:
        address: Host and port to listen on.
        store: The database.
        log: Where access lines go.
        broken: Why it never becomes healthy; empty to ask the database.

    Raises:
        OSError: The port is taken.
    """

    daemon_threads = True

    def __init__(self, address: tuple[str, int], store: Store, log: Log, broken: str) -> None:
        self.store = store
        self.log = log
        self.broken = broken
        super().__init__(address, _Handler)

    def server_bind(self) -> None:
        """Bind without asking the name service who we are, which can take seconds."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = "localhost", self.server_address[1]


class _Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        if self.path == "/health":
            problem = self.server.broken or self.server.store.problem()
            status = {"status": "unhealthy", "error": problem} if problem else _HEALTHY
            self._answer(HTTPStatus.OK, status)
        elif self.path.strip("/") in _TABLES:
            self._from_store(lambda store: (HTTPStatus.OK, store.names(self.path.strip("/"))))
        else:
            self._answer(HTTPStatus.NOT_FOUND, {"detail": "Not Found"})

    def do_POST(self) -> None:
        name = self._posted_name()
        if self.path.strip("/") != "tools":
            self._answer(HTTPStatus.NOT_FOUND, {"detail": "Not Found"})
        elif name is None:
            self._answer(HTTPStatus.UNPROCESSABLE_ENTITY, {"detail": "name is missing"})
        else:
            self._from_store(lambda store: self._add(store, name))

    def do_DELETE(self) -> None:
        table, _, name = unquote(self.path).strip("/").partition("/")
        if table not in _TABLES or not name:
            self._answer(HTTPStatus.NOT_FOUND, {"detail": "Not Found"})
        else:
            self._from_store(lambda store: self._remove(store, table, name))

    def _add(self, store: Store, name: str) -> tuple[HTTPStatus, Any]:
        identity = store.add_tool(name)
        if identity is None:
            return HTTPStatus.CONFLICT, {"detail": f"Tool already exists with name: {name}"}
        self.server.log("mcpgateway.services.tool_service", f"Registered tool: {name}")
        return HTTPStatus.CREATED, {"id": identity, "name": name}

    def _remove(self, store: Store, table: str, name: str) -> tuple[HTTPStatus, Any]:
        identity = store.remove(table, name)
        if identity is None:
            return HTTPStatus.NOT_FOUND, {"detail": f"{name} not found"}
        kind = table.removesuffix("s")
        self.server.log(
            f"mcpgateway.services.{kind}_service", f"Permanently deleted {kind}: {name}"
        )
        return HTTPStatus.OK, {"status": "success", "id": identity}

    def _posted_name(self) -> str | None:
        try:
            posted = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))))
        except ValueError:
            return None
        name = posted.get("name") if isinstance(posted, dict) else None
        return name if isinstance(name, str) and name else None

    def _from_store(self, work: Callable[[Store], tuple[HTTPStatus, Any]]) -> None:
        try:
            status, body = work(self.server.store)
        except sqlite3.Error as error:
            status, body = HTTPStatus.INTERNAL_SERVER_ERROR, {"detail": str(error)}
        self._answer(status, body)

    def _answer(self, status: HTTPStatus, body: Any) -> None:  # noqa: ANN401
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Write an access line as uvicorn does."""
        status = HTTPStatus(int(code))
        host, port = self.client_address[:2]
        text = f'{host}:{port} - "{self.requestline}" {status.value} {status.phrase}'
        self.server.log("uvicorn.access", text)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: ANN401
        """Pass what went wrong with a request on to the log."""
        self.server.log("uvicorn.error", format % args)


_HEALTHY = {"status": "healthy", "demo": True}
