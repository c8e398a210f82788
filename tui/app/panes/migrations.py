"""3 Migrations: every revision, where the database stands, and what happened on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container

from tui.app import verbs
from tui.app.listing import (
    migration_detail,
    migration_findings,
    migration_source,
    migration_table,
)
from tui.app.listing import migration_words as words
from tui.app.listing.migration_graph import FOLD
from tui.app.listing.migration_marks import REHEARSED
from tui.app.migrating import open_report
from tui.app.paint import Line, Span, line
from tui.app.panes import migrations_reasons
from tui.app.panes.base import BESIDE
from tui.app.panes.migrations_keys import KEYS, MENU
from tui.app.panes.migrations_offers import ask_for_image, lead_to
from tui.app.panes.migrations_verbs import MigrationVerbs
from tui.app.seeing import WantImage
from tui.app.seen import Seen
from tui.app.widgets.detail import DetailPanel
from tui.app.widgets.filter_line import FilterLine
from tui.app.widgets.heading import HeadLine
from tui.app.widgets.rows import RowList

if TYPE_CHECKING:
    from tui.core.models import MigrationFinding

LIST_WIDTH = 84
"""Columns of the list where the detail stands beside it."""
ABOUT, SOURCE = 0, 1


class MigrationsPane(MigrationVerbs):
    """The timeline, newest first."""

    NUMBER = 3
    TITLE = "Migrations"
    LIST = "timeline"
    THING = "revision"
    FIELDS = migration_table.FIELDS
    MENU = MENU

    DEFAULT_CSS = """
    MigrationsPane {
        layout: vertical;
        #around { layout: vertical; height: 1fr; width: 1fr; }
        RowList { height: 1fr; }
        DetailPanel { height: 11; display: none; }
        &.-open DetailPanel { display: block; }
        &.-beside #around { layout: horizontal; }
        &.-beside RowList { width: 84; height: 1fr; }
        &.-beside DetailPanel { display: block; width: 1fr; height: 1fr; }
        &.-whole RowList { display: none; }
        &.-whole DetailPanel { display: block; height: 1fr; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = KEYS

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._unfolded: set[str] = set()
        self._tab = ABOUT
        self._reading = ""
        """Id of the image whose migrations were asked for and are not there yet."""
        self._first: str | None = None
        """What the cursor was put on at first; None as long as it was not."""

    def compose(self) -> ComposeResult:
        """What is true of all, the list, and detail below or beside it."""
        yield FilterLine("pending, drops, 1.0.6, oauth; -word drops")
        yield HeadLine()
        with Container(id="around"):
            yield RowList(frame="none", id="timeline")
            yield DetailPanel(frame="rule", id="detail")

    # --- what is known --------------------------------------------------------------------

    def show(self, seen: Seen) -> None:
        """Draw the timeline."""
        self.query_one(HeadLine).show(lambda width: words.header(self.seen, width))
        table = migration_table.table(
            seen,
            self.glyphs,
            self.now(),
            width=self._list_width,
            # A filter looks into the folds.
            unfolded=self._unfolded if self._terms.is_empty else None,
        )
        rows = [
            *migration_findings.rows(seen, self.glyphs, self.now(), self._list_width),
            *table.rows,
        ]
        self.list_rows(rows, empty=words.empty_words(seen), columns=table.columns)
        self._point_first(seen)
        self._show_detail(seen)
        self.stand(words.stands(seen, self.size.width))
        self._tell_read(seen)

    @property
    def _list_width(self) -> int:
        return LIST_WIDTH if self.has_class("-beside") else self.size.width

    def _point_first(self, seen: Seen) -> None:
        """At first the cursor stands on what is wrong, else where the database stands."""
        timeline = seen.timeline
        # The doctor comes later than the timeline; a cursor that was moved stays where it is.
        moved = self._first is not None and self._list.cursor_key != self._first
        if timeline is None or timeline.stale or not self._list.rows or moved:
            return
        found = migration_findings.findings(seen, self.now())
        if found and (found[0].verdict == "FAIL" or found[0].operation):
            self._list.action_edge(-1)
        elif self._first is None and timeline.current:
            self._list.point_at(timeline.current[0])
        self._first = self._list.cursor_key

    def rests_at(self) -> str:
        """What is wrong, else where the database stands."""
        timeline = self.seen.timeline
        found = migration_findings.findings(self.seen, self.now())
        if timeline is None or (found and (found[0].verdict == "FAIL" or found[0].operation)):
            return ""
        return timeline.current[0] if timeline.current else ""

    def _show_detail(self, seen: Seen) -> None:
        panel = self.query_one("#detail", DetailPanel)
        title, lines = self._detail(seen)
        panel.entitle(title, self._tabs() if self._revision is not None else "")
        panel.show(lines)

    def _detail(self, seen: Seen) -> tuple[str, tuple[Line, ...]]:
        key = self._list.cursor_key
        revision, finding = self._revision, self._finding
        if revision is not None:
            if self._tab == SOURCE:
                return key, migration_source.source(revision)
            return key, migration_detail.about(revision, seen, self.glyphs, self.now())
        if finding is not None:
            return finding.name, migration_findings.detail(finding, self.glyphs)
        if key.startswith(migration_table.UNKNOWN):
            text = " In the database, but in no image of this host: start an image that knows it."
            return key.removeprefix(migration_table.UNKNOWN), (line(text),)
        if key.startswith(REHEARSED):
            return "rehearsal", migration_detail.of_rehearsal(key, seen, self.now())
        if key.startswith(FOLD):
            return "folded branch", (line(" Enter unfolds it, and folds it again."),)
        return "", ()

    def _tabs(self) -> Line:
        names = ("About", "Source")
        return tuple(
            Span(f"[{name}]" if n == self._tab else f" {name} ", "focus" if n == self._tab else "",
                 n == self._tab, "app.press('right_square_bracket')")
            for n, name in enumerate(names)
        )  # fmt: skip

    @property
    def _finding(self) -> MigrationFinding | None:
        return migration_findings.find(self.seen, self._list.cursor_key, self.now())

    # --- moving ---------------------------------------------------------------------------

    @on(RowList.Moved)
    def _follow_cursor(self) -> None:
        self._show_detail(self.seen)
        self.query_one("#detail", DetailPanel).to_top()
        self.refresh_bindings()

    @on(RowList.Opened)
    def _open_clicked(self) -> None:
        if not self.why_not("open"):
            self.action_open()

    def on_resize(self, event: events.Resize) -> None:
        """Detail beside the list from 140 columns on."""
        beside = event.size.width >= BESIDE
        self.set_class(beside, "-beside")
        self.query_one("#detail", DetailPanel).frame = "side" if beside else "rule"
        self.update()

    def point_at(self, key: str) -> None:
        """Put the cursor on a revision; a fold that hides it opens."""
        self._first = self._first or key
        if self.seen.timeline is not None and not self._list.point_at(key):
            folds = [row.key for row in self._list.rows if row.key.startswith(FOLD)]
            self._unfolded.update(folds)
            self.update()
        super().point_at(key)

    def focus_first(self) -> None:
        """The list, or the detail when that has the whole pane."""
        panel = self.query_one("#detail", DetailPanel)
        self.screen.set_focus(panel if self.has_class("-whole") else self._list)

    def back(self) -> bool:
        """Esc: the list again, then without detail below it, then without filter."""
        if self.has_class("-whole"):
            self.remove_class("-whole")
        elif self.has_class("-open") and not self.has_class("-beside"):
            self.remove_class("-open")
        else:
            return super().back()
        self.focus_first()
        return True

    # --- what is possible -----------------------------------------------------------------

    def why_not(self, action: str) -> str:
        """Why a key is greyed."""
        name = action.split("(")[0]
        reason = migrations_reasons.why_not(name, self.seen, self._list.cursor_key)
        return reason or super().why_not(action)

    def copied(self) -> str:
        """The revision."""
        key = self._list.cursor_key
        if self._finding is not None:
            return self._finding.text
        return (
            ""
            if key.startswith(FOLD)
            else key.removeprefix(REHEARSED).removeprefix(migration_table.UNKNOWN)
        )

    def title_of(self, action: str) -> str:
        """An undo is named after what it undoes."""
        return verbs.undo_words(self.seen) if action == "undo" else ""

    def thing_words(self) -> str:
        """The row in a few words."""
        finding, key = self._finding, self._list.cursor_key
        if finding is not None:
            return finding.name
        return key.removeprefix(migration_table.UNKNOWN).removeprefix(REHEARSED)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The key of the tabs stands early in the footer while the detail is in sight."""
        if action == "turn" or (action == "tab" and parameters == (1,)):
            opened = self.has_class("-open") or self.has_class("-whole")
            if opened is not (action == "turn"):
                return False
        return super().check_action(action, parameters)

    # --- keys -----------------------------------------------------------------------------

    def action_open(self) -> None:
        """The remedy of a finding, a fold's revisions, or more of a revision's detail."""
        key, finding = self._list.cursor_key, self._finding
        if key.startswith(REHEARSED):
            open_report(self._asker, key.removeprefix(REHEARSED))
        elif key.startswith(FOLD):
            self._unfolded ^= {key}
            self.update()
        elif finding is not None and migration_findings.is_offered(finding):
            lead_to(self._asker, self.seen, finding)
        else:
            self._open_detail()

    def _open_detail(self) -> None:
        """Below the list, then alone, then the list alone again."""
        if self.has_class("-whole"):
            self.remove_class("-whole", "-open")
        elif self.has_class("-open") or self.has_class("-beside"):
            self.add_class("-whole")
        else:
            self.add_class("-open")
        self.focus_first()

    def action_tab(self, step: int) -> None:
        """About, or the source."""
        del step  # there are two
        self._tab = SOURCE if self._tab == ABOUT else ABOUT
        if not self.has_class("-beside"):
            self.add_class("-open")
        self._show_detail(self.seen)
        self.query_one("#detail", DetailPanel).to_top()
        self.refresh_bindings()

    def action_turn(self) -> None:
        """The other tab of a detail that is in sight."""
        self.action_tab(1)

    def action_current(self) -> None:
        """Go to where the database stands."""
        if self.seen.timeline:
            self.point_at(self.seen.timeline.current[0])

    def action_image(self) -> None:
        """Offer the other local images."""
        self.run_worker(ask_for_image(self), group="images", exclusive=True)

    def action_take_image(self, image: str) -> None:
        """Show what an image has beyond this one; without one, this one alone."""
        self._reading = image
        self.say("reading its migrations …" if image else "", "muted")
        self.post_message(WantImage(image))

    def _tell_read(self, seen: Seen) -> None:
        """Say what came of reading another image."""
        timeline = seen.timeline
        if not self._reading or timeline is None:
            return
        if timeline.ahead_problem:
            self.say(timeline.ahead_problem, "danger")
        elif timeline.ahead_image_id == self._reading:
            other = migration_detail.other_image(timeline)
            self.say(f"{other}: {len(timeline.ahead) or 'nothing'} ahead.")
        else:
            return
        self._reading = ""
