"""What a comparison tells of the real gateway, after its own API changed its own rows."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.docker.lab.gateway_api import GatewayApi
from tests.docker.site import RealSite, ask
from tui.operations.backup import BackupCreate
from tui.operations.compare import compare, names, rows

pytestmark = [pytest.mark.docker, pytest.mark.timeout(600)]


def test_what_was_made_deleted_and_changed_since_the_backup_is_told_exactly(
    raise_site: Callable[..., RealSite],
) -> None:
    site = raise_site("1.0.7")
    changed_id = str(site.lab.register_tool("is-changed")["id"])
    deleted_id = str(site.lab.register_tool("is-deleted")["id"])
    made = site.do(BackupCreate(site.deployment))
    backup = str(made.result["backup"])
    site.lab.register_tool("is-made")
    api = GatewayApi(site.lab.port, site.lab.token())
    status, answer = api.call("DELETE", f"/tools/{deleted_id}")
    assert status == 200, answer
    status, answer = api.call("PUT", f"/tools/{changed_id}", {"description": "Another one"})
    assert status == 200, answer
    owners = {p.name: p.stat().st_uid for p in site.lab.database.parent.iterdir()}

    deployment = site.deployment
    found = compare(deployment, backup)

    tools = next(t for t in found.tables if t.table == "tools")
    assert (tools.removed, tools.added, tools.changed, tools.key) == (1, 1, 1, ("id",))
    assert "description" in tools.columns_changed
    assert (tools.columns_removed, tools.columns_added, tools.problem) == ((), (), "")
    told, more = rows(deployment, backup, "live", "tools")
    assert ([row.kind for row in told], more) == (["removed", "added", "changed"], False)
    removed, _added, changed = told
    assert (removed.key, changed.key) == ((deleted_id,), (changed_id,))
    assert changed.after is not None
    assert changed.after["description"] == "Another one"
    assert names(deployment, backup, "live", "tools", "removed") == ("is-deleted",)
    assert names(deployment, backup, "live", "tools", "added") == ("is-made",)
    assert found.words.startswith("1 tool removed, 1 tool added, 1 tool changed"), found.words
    assert not [t.table for t in found.tables if t.problem], found.tables
    assert found.first.revision == found.second.revision == "7ab59991e017"

    # Looking left nothing, and the gateway still writes.
    assert {p.name: p.stat().st_uid for p in site.lab.database.parent.iterdir()} == owners
    site.lab.register_tool("after-the-comparison")
    assert ask(site.lab.database, "PRAGMA integrity_check") == [("ok",)]
    assert "after-the-comparison" in site.lab.tools()
