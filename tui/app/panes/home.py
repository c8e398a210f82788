"""0 Home: the first lines of four panes, as a dashboard where the terminal is large enough."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from rich.cells import cell_len
from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container

from tui.app import verbs
from tui.app.baseline import baseline
from tui.app.listing import activity, backups, migration_words, migrations, tables
from tui.app.listing.row import Row
from tui.app.paint import Line, Span, cell
from tui.app.panes.base import NO_BASELINE, Pane
from tui.app.seen import Seen
from tui.app.widgets.groups import EVERYWHERE, HERE
from tui.app.widgets.needs import NeedsYou
from tui.app.widgets.rows import RowList
from tui.wording.clean import one_line

DASHBOARD = (120, 36)
"""From this size of the terminal on the four panes are a dashboard."""

NO_FILE = "There is no database file now."
_PANES = {"home-tables": 1, "home-backups": 2, "home-migrations": 3, "home-activity": 4}


class TablesGlance(RowList):
    """Tables three abreast where only a few lines are to be had; a list on the dashboard."""

    ABREAST = 3
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "l,right", "sideways(1)", "right", show=False, key_display="h l", id="glance.right",
            group=EVERYWHERE, tooltip="columns of tables; arrows",
        ),
        Binding("h,left", "sideways(-1)", "", show=False, id="glance.left", group=EVERYWHERE),
    ]  # fmt: skip

    @property
    def _is_list(self) -> bool:
        return self.frame == "box"

    def action_sideways(self, step: int) -> None:
        """Move by a column of tables."""
        if not self._is_list:
            target = self._cursor + step * self.inner_height
            if 0 <= target < len(self._rows):
                self._go(target)

    def content_line(self, y: int) -> tuple[Line, str]:
        """One line through all columns."""
        if self._is_list or not self._rows:
            return super().content_line(y)
        height = max(1, self.inner_height)
        first = max(0, self._cursor // height - self.ABREAST + 1)
        parts = [
            self._rows[(first + i) * height : (first + i + 1) * height] for i in range(self.ABREAST)
        ]
        wanted = [sum(_widest(part)) + 6 for part in parts]
        spare = (self.inner_width - sum(wanted)) // self.ABREAST
        result: list[Span] = []
        for column, part in enumerate(parts):
            index = (first + column) * height + y
            result += self._abreast(index, wanted[column] + spare, part)
        return tuple(result), ""

    def _abreast(self, index: int, width: int, column: Sequence[Row]) -> list[Span]:
        if index >= len(self._rows):
            return [Span(" " * max(0, width))]
        _, counts, changes = _widest(column)
        name, rows, change = self._rows[index].cells
        here = index == self._cursor and self.has_focus
        mark = self.glyphs.cursor if here else " "
        more = self.glyphs.more
        room = max(4, width - counts - changes - 6)
        return [
            Span(f"{mark} {cell(name.text, room, more=more)}", name.role, here),
            Span(" " + cell(rows.text, counts, "right", more), "", rows.bold),
            Span(" " + cell(change.text, changes, "right", more) + "  ", change.role),
        ]


def _of_what_is_there(seen: Seen) -> Seen:
    """What is known, without counts and times of a file that is gone."""
    facts = seen.database
    if facts is None or facts.exists or seen.released:
        return seen
    problems = {**seen.problems, "tables": NO_FILE}
    return replace(seen, tables=(), counted_at=None, changed_at=None, problems=problems)


def _widest(rows: Sequence[Row]) -> tuple[int, int, int]:
    """Columns that name, count and change of some tables take."""
    name, count, change = (
        max((cell_len(one_line(row.cells[i].text)) for row in rows), default=0) for i in range(3)
    )
    return name, count, change


class HomePane(Pane):
    """NEEDS YOU, tables, backups, migrations and activity at one glance."""

    NUMBER = 0
    TITLE = "Home"

    DEFAULT_CSS = """
    HomePane {
        #glance { layout: vertical; height: 1fr; }
        &.-dashboard #glance {
            layout: grid; grid-size: 2 2; grid-rows: 1fr 1fr; grid-columns: 1fr 1fr;
        }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter", "open", "open", key_display="Enter", id="home.open", group=HERE,
            tooltip="the thing under the cursor, in its own pane",
        ),
        Binding(
            "tab", "app.focus_next", "next", key_display="Tab", id="home.next", group=HERE,
            tooltip="next part; shift+Tab back",
        ),
        Binding(
            "1", "app.pane(1)", "pane", key_display="1-9", id="home.pane", group=HERE,
            tooltip="a pane in full size",
        ),
        Binding(
            "slash", "there('filter')", "filter", key_display="/", id="home.filter",
            group=EVERYWHERE, tooltip="in the pane of this part: keep the rows that match",
        ),
        Binding(
            "a", "there('actions')", "actions", id="home.actions", group=EVERYWHERE,
            tooltip="in the pane of this part: actions for this row; also the right button",
        ),
        Binding(
            "y", "copy", "copy", show=False, id="home.copy", group=HERE,
            tooltip="copy table, path, revision or command (OSC 52)",
        ),
        Binding(
            "b", "back_up", "back up", id="home.back_up", group=HERE,
            tooltip="back up now: hot, the gateway keeps running",
        ),
        Binding(
            "c", "compare", "compare", id="home.compare", group=HERE,
            tooltip="what differs from the backup that the rows are compared with, or this one",
        ),
    ]  # fmt: skip

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._activity = activity.Rows()

    def compose(self) -> ComposeResult:
        """Four lists under what needs a person."""
        yield NeedsYou()
        with Container(id="glance"):
            yield TablesGlance(
                frame="rule", cursor_at=0, signed=False, heading=False, id="home-tables"
            )
            yield RowList(backups.COLUMNS, frame="rule", heading=False, id="home-backups")
            yield RowList(migrations.COLUMNS, frame="rule", heading=False, id="home-migrations")
            yield RowList(activity.COLUMNS, frame="rule", heading=False, id="home-activity")

    def _part(self, name: str) -> RowList:
        return self.query_one(f"#home-{name}", RowList)

    # --- what is known --------------------------------------------------------------------

    def show(self, seen: Seen) -> None:
        """Fill each part as far as its own data is there."""
        seen = _of_what_is_there(seen)
        glyphs, now = self.glyphs, self.now()
        dashboard = self.has_class("-dashboard")
        since = tables.since_title(seen, now)
        counted = seen.counted_at
        clock = f"counted {counted.astimezone(now.tzinfo):%H:%M:%S}" if counted else "counting"
        if seen.tables == ():
            since = clock = ""  # nothing was counted, nothing is compared
        part = self._part("tables")
        part.entitle(
            tables.title(seen),
            clock if dashboard else (f"change {since}" if since else ""),
        )
        part.show(
            tables.rows(seen),
            columns=tables.columns(since),
            empty=tables.empty_words(seen),
            note=dashboard and (lambda below: tables.note(seen, below)),
        )
        part = self._part("backups")
        part.entitle(backups.title(seen), backups.aside(seen, now))
        part.show(
            backups.rows(seen, glyphs, now),
            empty=backups.empty_words(seen),
            note=dashboard and (lambda below: backups.note(seen, below)),
        )
        self._show_migrations(seen, dashboard=dashboard)
        part = self._part("activity")
        part.entitle(activity.title(seen), activity.aside(seen))
        part.show(
            self._activity.of(seen, glyphs, now),
            empty=activity.empty_words(seen),
            note=None if dashboard else False,
        )
        for part in self.query(RowList):
            # The newest and the current are in sight, however many came in above them. Where
            # somebody is, the cursor stays on its thing.
            if part is not self.screen.focused:
                self._rest(part)
        self._stand(seen)

    def _rest(self, part: RowList, *, anyway: bool = False) -> None:
        timeline = self.seen.timeline
        current = timeline.current if timeline is not None else ()
        at_current = part.id == "home-migrations" and bool(current)
        part.rest(current[0] if at_current else "", anyway=anyway)

    def rest(self) -> None:
        """Every part shows its newest, but the one that somebody moved in last."""
        for part in self.query(RowList):
            self._rest(part, anyway=part is not self._last)

    def _show_migrations(self, seen: Seen, *, dashboard: bool) -> None:
        part = self._part("migrations")
        part.entitle(
            migrations.title(seen, dashboard=dashboard),
            migrations.aside(seen, dashboard=dashboard),
        )
        rows = migrations.rows(seen, self.glyphs, self.now())
        if not dashboard:
            rows = [row for row in rows if row.is_thing]
        part.show(rows, empty=migration_words.empty_words(seen), note=None if dashboard else False)

    def tick(self) -> None:
        """Ages on the message line count up."""
        self._stand(self.seen)

    def _stand(self, seen: Seen) -> None:
        seen, now = _of_what_is_there(seen), self.now()
        words = [] if seen.tables != () else [seen.problem("tables")]
        if seen.changed_at is not None:
            ago = int((now - seen.changed_at).total_seconds())
            words.append(f"data changed {ago} s ago" if ago < 60 else "data unchanged for a while")
        if seen.counted_at is not None:
            words.append(f"counts {seen.counted_at.astimezone(now.tzinfo):%H:%M:%S}")
        if seen.catalogue_at is not None and self.has_class("-dashboard"):
            words.append(f"catalogue {seen.catalogue_at.astimezone(now.tzinfo):%H:%M:%S}")
        self.stand((Span(" " + " · ".join(filter(None, words)), "muted"),))

    # --- moving ---------------------------------------------------------------------------

    def on_mount(self) -> None:
        """Arranged before the first paint: the summary must not flash where there is room."""
        self._arrange()

    def on_resize(self, event: events.Resize) -> None:
        """Dashboard or summary, by the terminal's size."""
        self._arrange()
        self.update()

    def _arrange(self) -> None:
        size = self.app.size
        dashboard = size.width >= DASHBOARD[0] and size.height >= DASHBOARD[1]
        self.set_class(dashboard, "-dashboard")
        for part in self.query(RowList):
            part.frame = "box" if dashboard else "rule"
            part.heading = dashboard
        self._part("tables").cursor_at = int(dashboard)

    def focus_first(self) -> None:
        """The part that had the focus last, or the tables."""
        self.screen.set_focus(self._last)

    @property
    def _last(self) -> RowList:
        return self.query_one(f"#{self._last_focused}", RowList)

    _last_focused = "home-tables"

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Remember the part, so that coming back finds every cursor where it was."""
        if event.widget.id in _PANES and event.widget.id != self._last_focused:
            left, self._last_focused = self._last, event.widget.id
            self._rest(left, anyway=True)

    @on(RowList.Opened)
    def _open_clicked(self, message: RowList.Opened) -> None:
        self._open(message.rows)

    def action_open(self) -> None:
        """Open what is under the cursor; first of all what NEEDS YOU says Enter shows."""
        if any(need.key == "Enter" for need in self.seen.needs[:2]):
            self.post_message(self.LookAtCut())
            return
        self._open(self._last)

    def _open(self, part: RowList) -> None:
        self.post_message(self.Go(_PANES[part.id or ""], part.cursor_key))

    @on(RowList.Menu)
    def _offer(self, message: RowList.Menu) -> None:
        self.screen.set_focus(message.rows)
        self.action_there("actions", message.rows)

    def action_there(self, action: str, part: RowList | None = None) -> None:
        """Do in a part's own pane what needs room."""
        chosen = part or self._last
        self.post_message(self.Go(_PANES[chosen.id or ""], chosen.cursor_key, action))

    def copied(self) -> str:
        """The thing under the cursor, as its own pane copies it."""
        key = self._last.cursor_key
        match self._last.id:
            case "home-backups":
                backup = backups.find(self.seen, key)
                return str(backup.path) if backup else ""
            case "home-activity":
                entry = activity.find(self.seen, key)
                return entry.command if entry else ""
        return key

    def why_not(self, action: str) -> str:
        """Why a key is greyed."""
        if action == "compare":
            return "" if self._to_compare else NO_BASELINE
        return verbs.why_not_change(self.seen, "b back up") if action == "back_up" else ""

    def by_hand(self, action: str) -> tuple[str, ...]:
        """The same as a command."""
        return verbs.by_hand(self.seen, action)

    @property
    def _to_compare(self) -> str:
        """Id of the backup under the cursor, or of the one that the rows are compared with."""
        if self._last.id == "home-backups" and backups.find(self.seen, self._last.cursor_key):
            return self._last.cursor_key
        backup = baseline(self.seen)
        return backup.id if backup else ""

    def action_compare(self) -> None:
        """Show what differs between a backup and live."""
        table = self._last.cursor_key if self._last.id == "home-tables" else ""
        self.post_message(self.Compare(self._to_compare, table=table))

    def action_back_up(self) -> None:
        """Back up now."""
        self.post_message(self.Do(verbs.back_up))
