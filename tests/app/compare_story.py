"""The comparison of a quarter past three: three gateways are gone; nothing is read."""

from __future__ import annotations

from dataclasses import replace

from tests.app.shell_story import HEAD, HOSTILE, ago
from tui.app.comparison_reader import Compared, RowsCame
from tui.core.models import Comparison, RowDifference, Side, TableDifference

A = Side(word="k7m2qd", name="mcp_hotbackup_20260811_020001.db",
         taken=ago(hours=1, minutes=14).isoformat(), revision=HEAD)  # fmt: skip
B = Side(word="live", name="live", taken=ago(seconds=13).isoformat(), revision=HEAD)


def table(name, removed=0, added=0, changed=0, *columns, **other):
    values = {"key": ("id",), "rows_first": 400, "rows_second": 400, **other}
    return TableDifference(
        table=name, removed=removed, added=added, changed=changed, columns_changed=columns, **values
    )


GATEWAYS = table("gateways", 3, ignored=("last_seen",), ignored_rows=11)
TOOLS = table("tools", 38, 0, 1, "url", "version", "updated_at")
TABLES = (
    GATEWAYS,
    TOOLS,
    table("server_tool_association", 21, key=("server_id", "tool_id")),
    table("mcp_sessions", 5, 9),
    table("tool_metrics", 21_455, 4_212),
    table("tool_metrics_hourly", 0, 21),
    table("structured_log_entries", 0, 611),
    table("email_auth_events", 0, 19),
)
FOUND = Comparison(
    first=A, second=B, tables=TABLES, same=63, rows=950_654, seconds=4.1,
    words=(
        "3 gateways removed with their 38 tools, 1 tool changed; the rest is traffic "
        "(metrics, sessions, sign-ins, log entries)"
    ),
)  # fmt: skip
SAME = replace(FOUND, tables=(), same=71, words="No difference in 71 tables")


def gone(ident, name, tools=0):
    values = {
        "id": ident, "name": name, "auth_value": "s3cret-" + name,
        "url": f"https://{name.removesuffix('-mcp')}.corp.example/mcp",
        "tools": tools, "enabled": 1, "capabilities": '{"tools": {"listChanged": true}}',
    }  # fmt: skip
    return RowDifference(kind="removed", key=(ident,), before=values, after=None, position=(0, 1))


def changed(ident, name, **other):
    before = {"id": ident, "name": name, "url": "https://old.example", "auth_value": "s3cret-a",
              "description": "same", "last_seen": "2026-08-11 01:00"}  # fmt: skip
    after = {**before, "url": "https://new.example", "auth_value": "s3cret-bcd",
             "last_seen": "2026-08-11 03:00", **other}  # fmt: skip
    return RowDifference(
        kind="changed", key=(ident,), before=before, after=after, columns=("url", "auth_value"),
        position=(0, 2),
    )  # fmt: skip


ROWS = {
    "gateways": (
        gone("5f1c0e9a-1111-4222-8333-444455556666", "crm-mcp", 16),
        gone("77b3d2c4-1111-4222-8333-444455556666", "billing-mcp", 13),
        gone("e08a91f6-1111-4222-8333-444455556666", "hr-mcp", 9),
    ),
    "tools": (
        *(gone(f"{n:08x}-1111-4222-8333-444455556666", f"crm-tool-{n}") for n in range(38)),
        changed("9a8b7c6d-1111-4222-8333-444455556666", "weather-get-forecast"),
    ),
}
HOSTILE_FOUND = replace(
    FOUND,
    tables=(
        table(HOSTILE + "表", 2, 0, 1, HOSTILE, key=(HOSTILE,)),
        table("plain", 1),
        table("broken", problem=HOSTILE),
    ),
    words=HOSTILE,
)


class Fake:
    """A reader that has everything at once, or never."""

    def __init__(self, found=FOUND, rows=None, first="k7m2qd", second="live", page=200):
        self.first, self.second = first, second
        self.found, self.given = found, ROWS if rows is None else rows
        self.asked, self.ended, self._page = [], False, page

    def start(self):
        self.asked.append("start")

    def compare(self, posts):
        self.asked.append("compare")
        if self.found is not None:
            posts.post_message(Compared(self.found) if isinstance(self.found, Comparison)
                               else self.found)  # fmt: skip

    def rows(self, posts, of, after=None, limit=200):
        self.asked.append(f"rows {of.table}")
        every = self.given.get(of.table)
        if every is None:
            every = tuple(gone(f"k{n}", f"row-{n}") for n in range(of.removed or 1))
        begin = next((n for n, row in enumerate(every, 1) if row is after), 0)
        limit = min(limit, self._page)
        page = tuple(every[begin : begin + limit])
        posts.post_message(RowsCame(of.table, after, page, begin + limit < len(every)))

    def stop(self):
        self.asked.append("stop")
        return True

    def end(self, wait=0.0):
        self.ended = True
