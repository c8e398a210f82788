"""6 Doctor: what was looked at, what is wrong, and how it is put right."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container

from tui.app import saving_report, verbs
from tui.app.listing import doctor as listing
from tui.app.panes.base import BESIDE
from tui.app.panes.doctor_keys import KEYLESS, KEYS, MENU
from tui.app.panes.listed import ListPane
from tui.app.seeing import Examine, FinishCut
from tui.app.seen import Seen
from tui.app.widgets.detail import DetailPanel
from tui.app.widgets.filter_line import FilterLine
from tui.app.widgets.rows import RowList
from tui.core.models import Diagnosis
from tui.core.verdict import Verdict
from tui.wording import quantities
from tui.wording.clean import one_line
from tui.wording.doctor import summary

LIST_WIDTH = 84
"""Columns of the list where the detail stands beside it."""
LEAST = 6
"""Lines of the detail below the list, its title among them."""
LEAD = 3
"""Columns of cursor, sign and mark."""
LEADS_ON = {"lock": "holder", "disk": "space"}
"""Checks that have a page of their own: what Enter does once the detail is open."""
NOTHING = "There is no check here."
FIX = "F fix…"
RESUME = "resume"
"""A remedy that is no operation: what finishes or undoes those that were cut."""


class DoctorPane(ListPane):
    """Every check, worst first, with the chosen one in detail."""

    NUMBER = listing.PANE
    TITLE = "Doctor"
    LIST = "checks"
    THING = "check"
    FIELDS = listing.FIELDS
    MENU = MENU
    KEYLESS = KEYLESS

    DEFAULT_CSS = """
    DoctorPane {
        layout: vertical;
        #around { layout: vertical; height: 1fr; width: 1fr; }
        RowList { height: 1fr; }
        DetailPanel { height: 6; }
        &.-beside #around { layout: horizontal; }
        &.-beside RowList { width: 84; height: 1fr; }
        &.-beside DetailPanel { width: 1fr; height: 1fr; }
        &.-whole RowList { display: none; }
        &.-whole DetailPanel { width: 1fr; height: 1fr; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = KEYS

    _asked: datetime | None = None
    """When the last look was made as `R` asked for another; None while nobody waits for one."""

    def compose(self) -> ComposeResult:
        """List, and detail below or beside it."""
        yield FilterLine("words of any check; -ok drops; verdict:fail  check:disk")
        with Container(id="around"):
            yield RowList(frame="none", heading=False, id="checks")
            yield DetailPanel(frame="rule", id="detail")

    # --- what is known --------------------------------------------------------------------

    def show(self, seen: Seen) -> None:
        """Draw the checks."""
        self.list_rows(
            listing.rows(seen, self.glyphs, self.now()),
            empty=listing.empty_words(seen),
            columns=listing.columns(seen.doctor or ()),
        )
        self._share_lines()
        self._show_detail(seen)
        if self._asked is not None and seen.doctor_at not in (None, self._asked):
            self._asked = None
            self.say(f"Looked again: {summary(seen.doctor or ())}.")
        self.stand(listing.stands(seen, self.now()))

    def _share_lines(self) -> None:
        """Below the list the detail has what the checks leave, and never less than a few lines."""
        styles = self.query_one("#detail", DetailPanel).styles
        if self.has_class("-beside") or self.has_class("-whole"):
            styles.clear_rule("height")
        else:
            spare = self.size.height - len(self._list.rows)
            styles.height = max(LEAST, spare)

    def tick(self) -> None:
        """A deep check says how long it has been going on."""
        if self.seen.deep_since is not None:
            self.update()

    @property
    def _chosen(self) -> Diagnosis | None:
        return listing.find(self.seen, self._list.cursor_key)

    def _show_detail(self, seen: Seen) -> None:
        panel = self.query_one("#detail", DetailPanel)
        chosen = self._chosen
        if chosen is None:
            panel.entitle("")
            panel.show(())
            return
        panel.entitle(chosen.name, listing.title_aside(seen, self.now()))
        panel.show(
            listing.detail(
                chosen,
                self.glyphs,
                text_shown=self._text_width(seen),
                heading=self.has_class("-whole") or self.has_class("-beside"),
            )
        )

    def _text_width(self, seen: Seen) -> int:
        """Columns that the list has for what a check found."""
        width = LIST_WIDTH if self.has_class("-beside") else self.size.width
        others = [column for column in listing.columns(seen.doctor or ()) if not column.grows]
        return width - LEAD - sum(column.width + column.gap for column in others) - 1

    # --- moving ---------------------------------------------------------------------------

    @on(RowList.Moved)
    def _follow_cursor(self) -> None:
        self._show_detail(self.seen)
        self.query_one("#detail", DetailPanel).to_top()
        self.refresh_bindings()

    @on(RowList.Opened)
    def _open_clicked(self) -> None:
        self.action_open()

    def on_resize(self, event: events.Resize) -> None:
        """Detail beside the list from 140 columns on."""
        beside = event.size.width >= BESIDE
        self.set_class(beside, "-beside")
        self.query_one("#detail", DetailPanel).frame = "side" if beside else "rule"
        self.update()

    def focus_first(self) -> None:
        """The list, or the detail when that has the whole pane."""
        panel = self.query_one("#detail", DetailPanel)
        self.screen.set_focus(panel if self.has_class("-whole") else self._list)

    def back(self) -> bool:
        """Esc: the list again, then without filter."""
        if not self.has_class("-whole"):
            return super().back()
        self._whole(False)
        return True

    def _whole(self, is_whole: bool) -> None:
        self.set_class(is_whole, "-whole")
        self._share_lines()
        self._show_detail(self.seen)
        self.query_one("#detail", DetailPanel).to_top()
        self.focus_first()

    # --- what is possible -----------------------------------------------------------------

    def why_not(self, action: str) -> str:
        """Why a key is greyed."""
        name = action.split("(")[0]
        chosen = self._chosen
        match name:
            case "open" | "fix" | "actions" if chosen is None:
                return NOTHING
            case "fix" if chosen is not None:
                return self._why_no_fix(chosen)
            case "save" if self.seen.doctor is None:
                return "Nothing was looked at yet."
            case "again" if self._is_deep and self.seen.deep_since is not None:
                return "Every page is being read already."
            case "copy" if chosen is not None and not self.copied():
                return "There is no command to copy: nothing is to be done by hand."
        return super().why_not(action)

    def _why_no_fix(self, chosen: Diagnosis) -> str:
        if chosen.remedy is None:
            fine = chosen.verdict is Verdict.OK
            return f"{chosen.name} is ok." if fine else f"No fix is known for {chosen.name}."
        return verbs.why_not_change(self.seen, FIX) if chosen.remedy.operation else ""

    def by_hand(self, action: str) -> tuple[str, ...]:
        """The same as a command."""
        return ("doctor", "--fix", self._list.cursor_key) if action == "fix" else ()

    def copied(self) -> str:
        """The lines that put it right by hand."""
        chosen = self._chosen
        remedy = chosen.remedy if chosen is not None else None
        return "\n".join(map(one_line, remedy.by_hand)) if remedy is not None else ""

    # --- keys -----------------------------------------------------------------------------

    def action_open(self) -> None:
        """Explain over the whole pane; what has a page of its own goes on to it."""
        if not self.has_class("-whole"):
            self._whole(True)
        elif (page := LEADS_ON.get(self._list.cursor_key)) is not None:
            self.run_worker(self.run_action(page))
        else:
            self._whole(False)

    def action_fix(self) -> None:
        """Ask, and put it right; what only a person can do is shown."""
        chosen = self._chosen
        remedy = chosen.remedy if chosen is not None else None
        if remedy is None:
            return
        if remedy.operation == RESUME:
            self.post_message(FinishCut(remedy.title, remedy.text))
        elif remedy.operation:
            words = (remedy.text,) if remedy.text else (remedy.title,)
            self.post_message(self.Do(verbs.remedy(remedy), words=words))
        else:
            self._whole(True)
            lines = quantities.plural(len(remedy.by_hand), "line")
            self.say(f"This is done by hand; y copies the {lines}.")

    @property
    def _is_deep(self) -> bool:
        return self._list.cursor_key == listing.DEEP

    def action_again(self) -> None:
        """Look again; on integrity read every page."""
        if not self._is_deep:
            self._asked = self.seen.doctor_at
            self.say("looking again …", "muted")
            self.post_message(Examine())
        elif verbs.why_not_change(self.seen, "R check again"):
            # Who may change nothing may look all the same; only nobody else is told of it.
            self.post_message(Examine(deep=True))
        else:
            self.post_message(self.Do(verbs.named("check")))

    def action_save(self) -> None:
        """Ask where to, and write what was found."""
        self.run_worker(saving_report.ask(self), group="report", exclusive=True)

    def action_holder(self) -> None:
        """Show who holds the database."""
        self.run_worker(self.run_action("app.locked"))

    def action_space(self) -> None:
        """Show what gives space back."""
        self.run_worker(self.run_action("app.space"))
