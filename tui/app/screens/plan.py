"""Shows what would happen, and starts nothing before the name of what changes is typed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input

from tui.app.screens import plan_words
from tui.app.screens.frame import WIDE, Choice, Dialog, TitleRow
from tui.app.screens.lines import (
    ATTENTION,
    BOLD,
    DANGER,
    MUTED,
    Lines,
    hanging,
    headline,
    line,
    say,
    stack,
)
from tui.app.screens.plan_field import NameField, PageRule
from tui.app.widgets.groups import HERE
from tui.core.errors import McpdbError
from tui.core.operation import Plan
from tui.wording.clean import one_line

AGAIN = 2.0
"""Seconds between two looks at what may change while a plan is being read."""

NAME_FIRST = "type the name first"
FAIL_ABOVE = "FAIL above"


class PlanScreen(Dialog[bool]):
    """A plan, its command, and the field; dismissed with True once the name was typed."""

    DEFAULT_CSS = """
    PlanScreen {
        #plan { height: 1fr; scrollbar-size: 0 0; }
        #verdict { min-height: 100%; }
        #ask { height: auto; }
        &.-wide #field { margin-top: 1; }
        #field { height: auto; padding: 0 1; align-horizontal: right; }
        #prompt { width: 1fr; }
        .bracket { width: 2; }
        #cancel { margin-left: 2; }
        #confirm { margin-left: 1; }
        #why { height: 1; text-align: right; padding-right: 2; }
    }
    """
    AUTO_FOCUS = "#cancel"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "tab",
            "next(1)",
            "field, buttons",
            key_display="Tab",
            id="plan.next",
            group=HERE,
            tooltip="Cancel, the field, the button",
            # Priority: over a slow line Tab and the name arrive in one piece, and without it
            # the letters would still go to Cancel.
            priority=True,
        ),
        Binding(
            "shift+tab",
            "next(-1)",
            "back",
            show=False,
            id="plan.previous",
            group=HERE,
            priority=True,
        ),
        Binding(
            "escape,q",
            "cancel",
            "cancel",
            key_display="Esc",
            id="plan.cancel",
            group=HERE,
            tooltip="cancel, nothing is changed",
        ),
        Binding(
            "y",
            "copy",
            "copy command",
            id="plan.copy",
            group=HERE,
            tooltip="copy the command (OSC 52)",
        ),
        Binding(
            "j,pagedown,space,ctrl+d",
            "page(1)",
            "more",
            key_display="j",
            id="plan.down",
            group=HERE,
            tooltip="steps and checks in full",
        ),
        Binding(
            "k,pageup,ctrl+u",
            "page(-1)",
            "back",
            key_display="k",
            id="plan.up",
            group=HERE,
            tooltip="the page before",
        ),
        Binding("down", "line(1)", "line down", show=False, id="plan.line_down", group=HERE),
        Binding("up", "line(-1)", "line up", show=False, id="plan.line_up", group=HERE),
    ]

    @dataclass
    class Looked(Message):
        """What was looked at again while the plan is being read has changed."""

        plan: Plan

    def __init__(
        self,
        plan: Plan,
        *,
        now: datetime | None = None,
        again: Callable[[Plan], Plan | None] | None = None,
    ) -> None:
        """Show a plan.

        Args:
            plan: What would happen; the screen knows nothing beyond it.
            now: When it was made, for ages; the present unless given.
            again: Looks again at what may change meanwhile: a new plan, or None if nothing did.
                Called in a thread.
        """
        super().__init__()
        self.plan = plan
        """What is confirmed in the end: the newest one that was shown."""
        self._again = again
        self._looking = False
        self._astray = False
        """Letters were typed beside the field."""
        self._made = now or datetime.now(UTC)
        self._command = one_line(plan.command)
        self._forbidden = plan.forbidden is not None

    # --- drawing ------------------------------------------------------------------------

    def title_row(self) -> TitleRow:
        """What would be done, and that nothing has happened."""
        words = line(" ", headline(self.plan.operation, self.plan.title))
        return TitleRow(words, say("nothing has changed yet ", MUTED))

    def compose_body(self) -> Iterable[Widget]:
        """The plan scrolls; command, field and buttons never do."""
        with VerticalScroll(id="plan", can_focus=False):
            yield Lines(id="verdict")
            yield Lines(id="details")
        yield PageRule()
        with Vertical(id="ask"):
            yield Lines(id="command")
            yield from self._compose_field()
            yield Lines(id="why")

    def _compose_field(self) -> ComposeResult:
        with Horizontal(id="field"):
            yield Lines(id="prompt")
            if not self._forbidden:
                yield Lines(id="open", classes="bracket")
                yield NameField()
                yield Lines(id="close", classes="bracket")
            yield Choice("Cancel", id="cancel")
            if not self._forbidden:
                button = Choice(plan_words.verb(self.plan), id="confirm", replaces=True)
                button.disabled = True
                yield button

    def on_mount(self) -> None:
        """Say why the button is off."""
        self._set_up()
        if self._again is not None:
            self.set_interval(AGAIN, self._look)
        again = "checked again before the first step"
        if self.app.size.width >= WIDE:
            again = f"it is {again}; if anything moved, nothing is done"
        self.tell(f"plan made {self._made.astimezone():%H:%M:%S}, {again}")

    def _set_up(self) -> None:
        self._say_why(FAIL_ABOVE if self._forbidden else NAME_FIRST)
        self.watch(self.query_one("#plan"), "scroll_y", self._show_page, init=False)

    def _look(self) -> None:
        if not self._looking:
            self._looking = True
            self._look_in_thread(self.plan)

    @work(thread=True, group="again", exit_on_error=False)
    def _look_in_thread(self, plan: Plan) -> None:
        try:
            found = self._again(plan) if self._again is not None else None
        except McpdbError:
            # It cannot be told now; the plan is made again under the lock in any case.
            found = None
        self._looking = False
        if found is not None:
            self.post_message(self.Looked(found))

    @on(Looked)
    async def _show_what_changed(self, message: Looked) -> None:
        """Write the new plan; where it rests on something else, the name is typed again."""
        moved = message.plan.fingerprint != self.plan.fingerprint
        was, self.plan = self._forbidden, message.plan
        self._forbidden = message.plan.forbidden is not None
        if was is not self._forbidden:
            await self.recompose()
            self._set_up()
            self.set_focus(self.query_one("#cancel"))
        elif moved and not self._forbidden:
            self.query_one(NameField).value = ""
        self.on_resize()
        if moved:
            self.tell("Something moved since the plan was made; this is the new plan.")

    def on_resize(self) -> None:
        """Write everything for the new width."""
        width = self.app.size.width
        wide = width >= WIDE
        self.set_class(wide, "-wide")
        verdict, details = self.query_one("#verdict", Lines), self.query_one("#details", Lines)
        if wide:
            verdict.content = stack(plan_words.wide_page(self.plan, width, self._made))
        else:
            verdict.content = stack(plan_words.verdict_page(self.plan, width, self._made))
            details.content = stack(plan_words.details_page(self.plan, width))
        details.display = not wide
        command = hanging(line(" ", ("by hand", MUTED)), say(self._command, BOLD), width - 1, 10)
        self.query_one("#command", Lines).content = stack(command)
        self.query_one("#prompt", Lines).content = self._prompt(wide=wide)
        self.call_after_refresh(self._show_page)

    def _prompt(self, *, wide: bool) -> Content:
        if self._forbidden:
            return line(("This cannot be done now.", DANGER))
        kind = self.plan.facts.get("subject_kind") or "gateway"
        tail = f", the name of the {kind} that changes:" if wide else " to go on:"
        return line("Type ", (self.plan.subject, BOLD), tail)

    def _show_page(self) -> None:
        plan = self.query_one("#plan", VerticalScroll)
        height = max(1, plan.size.height)
        pages = -(-plan.virtual_size.height // height)
        page = -(-(round(plan.scroll_y) + height) // height)
        arrow = " ↓ j" if page < pages else " ↑ k"
        self.query_one(PageRule).show(f"{page} of {pages}{arrow}" if pages > 1 else "")
        self.refresh_bindings()

    def _say_why(self, why: str) -> None:
        self.query_one("#why", Lines).content = say(why, DANGER if self._forbidden else ATTENTION)

    # --- the field ----------------------------------------------------------------------

    @on(Input.Changed)
    def _compare(self, event: Input.Changed) -> None:
        right = self._is_right(event.value)
        self.query_one("#confirm", Choice).disabled = not right
        self._say_why("" if right else NAME_FIRST)

    def _is_wrong(self, value: str) -> bool:
        return bool(value.strip()) and not self._is_right(value)

    def _is_right(self, value: str) -> bool:
        return not self._forbidden and value.strip() == self.plan.subject.strip() != ""

    @on(Input.Submitted)
    def _enter_moves_on(self, event: Input.Submitted) -> None:
        """Enter in the field goes to the button, after what else was pasted has been read."""
        if self._is_right(event.value):
            self.call_after_refresh(self.query_one("#confirm").focus)
        else:
            self._say_wrong(event.value)

    def _say_wrong(self, value: str) -> None:
        """Say what is wrong with what was typed; the next letter begins anew."""
        typed = one_line(value).strip()
        says = f"{typed} is not {self.plan.subject}." if typed else self._told_name()
        self.tell(says, attention=True)
        field = self.query_one(NameField)
        self.set_focus(field)
        field.select_all()

    def _told_name(self) -> str:
        return f"{NAME_FIRST}: {self.plan.subject}"

    def on_descendant_focus(self, _event: events.DescendantFocus) -> None:
        """The field's brackets say where the focus is."""
        if self._forbidden:
            return
        inside = isinstance(self.focused, Input)
        self.query_one("#open", Lines).content = say("▸[" if inside else " [", BOLD)
        self.query_one("#close", Lines).content = say("]◂" if inside else "] ", BOLD)

    def on_key(self, event: events.Key) -> None:
        """A letter that is no key of this page says where letters go."""
        if event.key in self.active_bindings:
            return
        if event.is_printable and not self._forbidden and not isinstance(self.focused, Input):
            self._astray = True
            self.tell("Tab goes to the field.", attention=True)

    def on_paste(self, _event: events.Paste) -> None:
        """What is pasted beside the field goes nowhere."""
        if not self._forbidden:
            self._astray = True
            self.tell("Tab goes to the field.", attention=True)

    # --- keys ---------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Pages turn only where there is another one."""
        if action == "next" and self._forbidden:
            return False
        if action == "page" and self.is_mounted:
            plan = self.query_one("#plan", VerticalScroll)
            return plan.scroll_y < plan.max_scroll_y if parameters == (1,) else plan.scroll_y > 0
        return True

    def action_next(self, step: int) -> None:
        """Go round: Cancel, field, button."""
        ring = [w for w in self.query("#cancel, #name, #confirm") if not w.disabled]
        order = ["cancel", "name", "confirm"]
        ring.sort(key=lambda widget: order.index(widget.id or ""))
        at = ring.index(self.focused) if self.focused in ring else 0
        self._astray = False
        field = self.focused
        if step > 0 and isinstance(field, NameField) and self._is_wrong(field.value):
            # Who goes on from a wrong name meant to go on: Cancel is not what they meant.
            self._say_wrong(field.value)
            return
        # At once: `Widget.focus` would wait its turn behind the letters that follow in a burst.
        self.set_focus(ring[(at + step) % len(ring)])

    def action_page(self, pages: int) -> None:
        """Turn the page."""
        plan = self.query_one("#plan", VerticalScroll)
        plan.scroll_to(y=plan.scroll_y + pages * plan.size.height, animate=False)

    def action_line(self, lines: int) -> None:
        """Scroll by lines."""
        self.query_one("#plan", VerticalScroll).scroll_relative(y=lines, animate=False)

    def action_copy(self) -> None:
        """Copy the command."""
        self.copy(self._command, "the command")

    @on(Choice.Pressed, "#cancel")
    def _cancel_unless_typed(self) -> None:
        """Cancel; whoever typed the name beside the field and then Enter did not mean that."""
        if self._astray:
            self._astray = False
            self.set_focus(self.query_one(NameField))
            self.tell(f"The name goes here: type {self.plan.subject}.", attention=True)
        else:
            self.action_cancel()

    def action_cancel(self) -> None:
        """Leave; nothing was changed."""
        self.dismiss(False)

    @on(Choice.Pressed, "#confirm")
    def _confirm(self) -> None:
        if self._is_right(self.query_one(NameField).value):
            self.dismiss(True)
