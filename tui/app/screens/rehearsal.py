"""The report of a rehearsal: revision by revision, what it means, schema and output."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, cast

from textual import events, on
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.message import Message
from textual.widget import Widget

from tui.app import rehearsal_reader
from tui.app.migration_steps import steps
from tui.app.panes.base import Pane
from tui.app.rehearsal_reader import Kept
from tui.app.screens import rehearsal_lines
from tui.app.screens.frame import WIDE, Dialog, TitleRow
from tui.app.screens.lines import Lines, glyphs_of, stack
from tui.app.screens.operation_calls import in_thread
from tui.app.screens.rehearsal_keys import KEYS, why_not_go_on
from tui.app.widgets.rows import RowList
from tui.core.errors import McpdbError
from tui.core.models import Deployment, Timeline
from tui.wording import rehearsal_facts, rehearsals
from tui.wording.clean import one_line
from tui.wording.rehearsal_facts import Fact

if TYPE_CHECKING:
    from tui.app.app import McpdbApp
    from tui.app.seen import Seen

_FRAME = 7
"""Lines of status, tab bar, title, tabs, message and keys."""
MIGRATIONS = 3
"""Number of the pane."""


class RehearsalScreen(Dialog[None]):
    """One report; from here one goes on to the operation that was rehearsed."""

    DEFAULT_CSS = """
    RehearsalScreen {
        & > TitleRow { margin-top: 3; }
        #tabs { height: 1; }
        #runs { height: 1fr; min-height: 4; }
        #facts { height: auto; max-height: 70%; scrollbar-size: 0 0; }
    }
    """
    AUTO_FOCUS = "#runs"
    BINDINGS: ClassVar[list[BindingType]] = KEYS

    @dataclass
    class Saved(Message):
        """A file was written, or could not be."""

        text: str
        problem: bool = False

    def __init__(self, deployment: Deployment, kept: Kept) -> None:
        """Show a report.

        Args:
            deployment: Whose database was rehearsed.
            kept: The report, with what a stop and a start took here.
        """
        super().__init__()
        self.deployment = deployment
        self.report = kept.report
        self._kept = kept
        self._tab = 0
        self._begun = False

    # --- drawing --------------------------------------------------------------------------

    def title_row(self) -> TitleRow:
        """The verdict."""
        return TitleRow(rehearsal_lines.title(self.report, self._total))

    @property
    def _total(self) -> int:
        """How many revisions were to be run; 0 when that cannot be told any more."""
        report, timeline = self.report, self._timeline
        if timeline is None or set(timeline.current) != set(report.before):
            return 0
        found = steps(timeline, report.action, report.target or "head", ahead=self._is_other)
        return len(found or ())

    @property
    def _timeline(self) -> Timeline | None:
        seen = self._seen
        return seen.timeline if seen is not None else None

    def compose_body(self) -> Iterable[Widget]:
        """Tabs, the list of one of them, what it means."""
        yield Lines(id="tabs")
        yield RowList(rehearsal_lines.RUNS, frame="none", cursor_at=1, id="runs")
        with VerticalScroll(id="facts", can_focus=False):
            yield Lines(id="means")

    def on_mount(self) -> None:
        """Begin once all parts are there: in the place of another screen they come later."""
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        self._begun = True
        self._draw()
        failed = self.report.failed
        if failed is not None:
            # What failed is what one wants to see.
            self.query_one(RowList).point_at(failed.revision)
        self.set_focus(self.query_one(RowList))
        # The heights were set after the first layout; nothing else may ask for another one.
        self.call_after_refresh(self.refresh, layout=True)

    def on_resize(self, _event: events.Resize) -> None:
        """Draw for the new width."""
        self._draw()

    def _draw(self) -> None:
        if not self._begun:
            return  # It is told its size before all of it is there.
        report, width = self.report, self.app.size.width
        self.query_one("#tabs", Lines).content = rehearsal_lines.tabs(report, self._tab, width)
        runs = self.query_one(RowList)
        runs.heading = self._tab < 2
        runs.show(
            rehearsal_lines.rows(report, self._tab, glyphs_of(self)),
            empty=rehearsal_lines.empty(report, self._tab),
            columns=rehearsal_lines.columns(report, self._tab, width),
        )
        if self._tab == 0:
            below = rehearsal_lines.facts(self.facts(), width)
        else:
            key = runs.cursor_key
            below = rehearsal_lines.summary(report, self._tab, width, key)
        self.query_one("#means", Lines).content = stack(below)
        # What it means stands right below the revisions, and those take what is left.
        room = max(4, self.app.size.height - _FRAME - len(below))
        runs.styles.height = min(len(runs.rows) + 2, room) if self._tab == 0 else "1fr"
        self.rest()

    def rest(self) -> None:
        """What the message line says when nothing else is to be said."""
        if self._tab == 0:
            # A wide row of tabs says it.
            wide = self.app.size.width >= WIDE
            self.tell("" if wide else rehearsals.rehearsed(self.report))
            return
        first, last, total = self.query_one(RowList).shown
        what = ("revisions", "changes", "lines")[self._tab]
        self.tell(f"{what} {first}-{last} of {total}" if total else "")

    @on(RowList.Moved)
    def _moved(self) -> None:
        if self._tab:
            width, key = self.app.size.width, self.query_one(RowList).cursor_key
            below = rehearsal_lines.summary(self.report, self._tab, width, key)
            self.query_one("#means", Lines).content = stack(below)
            self.rest()
        self.refresh_bindings()

    @property
    def _seen(self) -> Seen | None:
        return cast("Seen | None", getattr(self.app, "seen", None))

    def facts(self) -> list[Fact]:
        """What the report means for this deployment."""
        timeline = self._timeline
        known = (*timeline.revisions, *timeline.ahead) if timeline is not None else ()
        ran = {run.revision for run in self.report.runs}
        risks = [item.downgrade for item in known if item.revision in ran]
        return rehearsal_facts.facts(
            self.report,
            stop=self._kept.stop,
            start=self._kept.start,
            other_image=self._is_other,
            risks=risks if self.report.action == "upgrade" else (),
            moved_on=self._moved_on(),
        )

    @property
    def _is_other(self) -> bool:
        """Whether the gateway has another image than the one that was rehearsed."""
        seen, own = self._seen, self.deployment.image_id
        if seen is not None and seen.gateway is not None:
            own = seen.gateway.image_id or own
        return bool(self.report.image_id) and self.report.image_id != own

    # --- keys -----------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey what cannot be done."""
        if action == "open" and self.is_mounted:
            return self._tab == 0 and self._revision != ""
        if action == "go_on":
            if parameters != (self._key,):
                return False
            return None if self._why_not_go_on() else True
        return True

    @property
    def _revision(self) -> str:
        key = self.query_one(RowList).cursor_key
        return "" if key == rehearsal_lines.START else key

    @property
    def _goes_down(self) -> bool:
        return self.report.action == "downgrade"

    @property
    def _key(self) -> str:
        """What does for real what was rehearsed."""
        return "D" if self._goes_down else "U"

    def _why_not_go_on(self) -> str:
        return why_not_go_on(self.report, self._key, self._seen, self._moved_on())

    def _moved_on(self) -> str:
        """Where the database stands when that is not where the rehearsal began."""
        timeline, began = self._timeline, self.report.before
        if timeline is None or not timeline.current or set(timeline.current) == set(began):
            return ""
        return f"the database stands at {' + '.join(timeline.current)} now"

    def on_key(self, event: events.Key) -> None:
        """A greyed key says why; so does the one of `U` and `D` that was not rehearsed."""
        if event.key not in ("U", "D"):
            return
        why = self._why_not_go_on()
        if event.key != self._key:
            rehearsed = "a downgrade" if self._goes_down else "an upgrade"
            why = f"{event.key} is off: {rehearsed} was rehearsed; {self._key} does that."
        if why:
            event.stop()
            event.prevent_default()
            self.tell(why, attention=True)

    @on(RowList.Opened)
    def action_open(self) -> None:
        """Show the revision under the cursor in its pane."""
        if self._tab == 0 and (revision := self._revision):
            self.dismiss(None)
            self.app.post_message(Pane.Go(MIGRATIONS, revision))

    def action_tab(self, step: int) -> None:
        """Report, Schema diff, Output."""
        self._tab = (self._tab + step) % len(rehearsal_lines.TABS)
        self._draw()
        self.query_one(RowList).action_edge(-1)
        self.refresh_bindings()

    def action_scroll(self, lines: int) -> None:
        """Scroll what stands below the revisions."""
        self.query_one("#facts", VerticalScroll).scroll_relative(y=lines, animate=False)

    def action_go_on(self, key: str) -> None:
        """The same for real."""
        del key
        from tui.app.migrating import lead_on

        self.dismiss(None)
        lead_on(cast("McpdbApp", self.app), self.report, other_image=self._is_other)

    def action_again(self) -> None:
        """Rehearse again."""
        from tui.app.migrating import open_rehearse

        image = self.report.image_id if self._is_other else ""
        target = self.report.target if self._goes_down else ""
        self.dismiss(None)
        app = cast("McpdbApp", self.app)
        open_rehearse(app, self._timeline, target, image=image)

    def action_copy(self) -> None:
        """Copy the report as text."""
        self.copy(rehearsal_facts.as_text(self.report, self.facts()), "the report")

    def action_save(self) -> None:
        """Ask for a file's name."""
        from tui.app.screens.one_line import OneLine

        stamp = self.report.taken.astimezone().strftime("%Y%m%d-%H%M%S")
        name = f"rehearsal-{self.deployment.name}-{stamp}"
        proposed = str(unused(Path.cwd() / f"{name}.json"))
        hint = "a new file; JSON where it ends in .json, otherwise text"
        self.app.push_screen(OneLine("Save the report as", proposed, hint), self._save)

    def _save(self, text: str | None) -> None:
        if not text:
            return
        path = Path(text).expanduser()
        in_thread(partial(self._write, path, self.facts()))

    def _write(self, path: Path, found: list[Fact]) -> None:
        try:
            rehearsal_reader.save(path, self.report, found)
        except McpdbError as error:
            self.post_message(self.Saved(str(error), problem=True))
            return
        self.post_message(self.Saved(f"Saved as {one_line(str(path))}."))

    @on(Saved)
    def _saved(self, message: Saved) -> None:
        self.tell(message.text, attention=message.problem)

    def action_back(self) -> None:
        """Leave; the report is kept."""
        self.dismiss(None)


def unused(path: Path) -> Path:
    """The path, or the same with a number where there is such a file."""
    number, free = 2, path
    while free.exists():
        free = path.with_stem(f"{path.stem}-{number}")
        number += 1
    return free
