"""The running gateway's HTTP API, as far as the tests need it."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from .base import LabError

TOOL_ADDRESS = "https://192.88.99.1"
"""Where registered tools claim to be: the gateway wants a public address, and offline it must be
a literal one. This one is a retired anycast address that leads nowhere, and no tool is called."""


@dataclass(frozen=True)
class GatewayApi:
    """One gateway's HTTP API.

    Attributes:
        port: Where it listens on 127.0.0.1.
        token: The bearer token, or an empty string.
        timeout: Seconds that one answer may take.
    """

    port: int
    token: str = ""
    timeout: float = 15

    def call(
        self, method: str, path: str, body: Mapping[str, object] | None = None
    ) -> tuple[int, object]:
        """Make one request and return its status and its JSON.

        Args:
            method: The HTTP method.
            path: The path with its query.
            body: What to send as JSON.

        Raises:
            OSError: Nothing answers.
            LabError: The answer is no HTTP or no JSON.
        """
        headers = {"Accept": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        sent = None
        if body is not None:
            sent = json.dumps(body)
            headers["Content-Type"] = "application/json"
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=self.timeout)
        try:
            connection.request(method, path, sent, headers)
            answer = connection.getresponse()
            text = answer.read()
            return answer.status, json.loads(text) if text else None
        except (http.client.HTTPException, ValueError) as error:
            raise LabError(f"{method} {path} was not answered in JSON: {error!r}") from error
        finally:
            connection.close()

    def health(self) -> dict[str, object]:
        """Return the JSON of `/health`; its `status` says whether the database answers.

        Raises:
            OSError: Nothing answers.
            LabError: The answer is no JSON object.
        """
        _, answer = self.call("GET", "/health")
        if not isinstance(answer, dict):
            raise LabError(f"/health answered {answer!r}.")
        return cast("dict[str, object]", answer)

    def register_tool(self, name: str) -> dict[str, object]:
        """Register a REST tool, so that a row is written by the gateway itself.

        Args:
            name: The tool's name; unique in its gateway.

        Returns:
            The gateway's answer.

        Raises:
            LabError: The gateway refused; its answer is told.
        """
        tool = {
            "name": name,
            "url": f"{TOOL_ADDRESS}/{name}",
            "description": f"The tool {name} of the laboratory",
            "integration_type": "REST",
            "request_type": "POST",
        }
        # 1.0.x takes the tool as one of several parts of the body, 0.3.1 as the body itself.
        status, answer = self.call("POST", "/tools", {"tool": tool})
        if status == 422:
            status, answer = self.call("POST", "/tools", tool)
        if status not in (200, 201) or not isinstance(answer, dict):
            raise LabError(f"The gateway did not take the tool {name} ({status}): {answer}")
        return cast("dict[str, object]", answer)

    def delete_tool(self, identifier: str) -> None:
        """Delete a tool.

        Args:
            identifier: Its id.

        Raises:
            LabError: The gateway refused; its answer is told.
        """
        status, answer = self.call("DELETE", f"/tools/{identifier}")
        if status not in (200, 204):
            raise LabError(f"The gateway did not delete {identifier} ({status}): {answer}")

    def tools(self) -> list[str]:
        """Return the names of the registered tools, sorted.

        Raises:
            LabError: The gateway refused; its answer is told.
        """
        status, answer = self.call("GET", "/tools?include_inactive=true&limit=0")
        if status != 200 or not isinstance(answer, list):
            raise LabError(f"The gateway did not list its tools ({status}): {answer}")
        return sorted(str(tool["name"]) for tool in answer)
