"""The message line: results, reasons for a greyed key, and the operation that runs."""

from __future__ import annotations

from datetime import timedelta

from textual.strip import Strip
from textual.timer import Timer

from tui.app.paint import Line, Span, spread, width_of, wrapped
from tui.app.widgets.painted import Painted
from tui.core.models import ActivityEntry, StepLine
from tui.wording import quantities

SAID_FOR = 6.0
"""Seconds after which a sentence makes room for the operation that runs."""


def progress_words(step: StepLine) -> str:
    """How far a step is: `61 %  98M/s  1.6 s left`; an amount where the total is not known."""
    if not step.done:
        return ""
    if step.unit.partition(" ")[0] == "revisions":
        return f"revision {step.done} of {step.total}"
    amount = _amount(step.done, step.unit)
    rate = step.done / step.seconds if step.seconds and step.unit != "seconds" else 0.0
    words = [f"{min(100, 100 * step.done // step.total)} %" if step.total else amount]
    if rate:
        words.append(f"{_amount(int(rate), step.unit)}/s")
        if step.total > step.done:
            words.append(f"{quantities.duration((step.total - step.done) / rate)} left")
    return "  ".join(words)


def _amount(number: int, unit: str) -> str:
    if unit == "bytes":
        return quantities.narrow_size(number)
    return f"{quantities.count(number)} {unit}"


def operation_line(entry: ActivityEntry, sign: str) -> Line:
    """`» restore k7m2qd 2 of 8  61 %  98M/s  1.6 s left · o shows it`."""
    number = next((i for i, step in enumerate(entry.steps, 1) if step.state == "running"), 0)
    where = f" {number} of {len(entry.steps)}" if number else ""
    progress = progress_words(entry.steps[number - 1]) if number else ""
    name = " ".join(word for word in (entry.operation, entry.subject) if word)
    text = f" {sign} {name}{where}" + (f"  {progress}" if progress else "")
    return (
        Span(text, "running", bold=True, action="app.operation"),
        Span(" · o shows it", "muted", action="app.operation"),
    )


class MessageLine(Painted):
    """The last line but one."""

    DEFAULT_CSS = "MessageLine { height: 1; width: 1fr; }"
    MOST = 3
    """Lines that a sentence takes where it is longer than the screen is wide."""

    def __init__(self) -> None:
        super().__init__(id="message")
        self._said: Line = ()
        self._fading: Timer | None = None
        self._standing: Line = ()
        self._broken: tuple[Line, ...] = ()
        """What is said, in lines that fit."""

    def on_mount(self) -> None:
        """Follow what is known, and the clock."""
        self.watch(self.app, "seen", self._changed)
        self.watch(self.app, "second", self._changed)

    def _changed(self) -> None:
        self.refresh()

    def say(self, text: str, role: str = "") -> None:
        """Show one sentence until the next key; what runs comes back after a while."""
        said: Line = (Span(f" {text}", role),) if text else ()
        if self._fading is not None:
            self._fading.stop()
            self._fading = None
        if text:
            self._fading = self.set_timer(SAID_FOR, self._fade)
        if said == self._said:
            return  # Every key wipes the line: a picture of it would hold up the key's own.
        self._said = said
        self._grow()
        self.refresh()

    def on_resize(self) -> None:
        """A sentence takes as many lines as it needs."""
        self._grow()

    def _grow(self) -> None:
        width = self.app.size.width
        lines = wrapped(self._said, width - 1) if self._said and width else ()
        # A line more hides one of the list for as long as the sentence stands; cut, its end,
        # which says what to do, would never be read.
        self._broken = tuple(lines)[: self.MOST]
        height = max(1, len(self._broken))
        if self.styles.height is None or self.styles.height.value != height:
            self.styles.height = height

    def _fade(self) -> None:
        if self.seen.running is not None:
            self.say("")

    def stand(self, text: Line) -> None:
        """What is shown while nothing else is to be said."""
        if text != self._standing:
            self._standing = text
            self.refresh()

    @property
    def text(self) -> str:
        """The words on the line."""
        return "".join(span.text for span in self._content()).strip()

    def _content(self) -> Line:
        if self._said:
            return self._said
        running = self.seen.running
        if running is not None:
            return operation_line(running, self.glyphs.sign("running"))
        return self._standing

    def _zone(self) -> Line:
        now = self.now()
        hours = (now.utcoffset() or timedelta()).total_seconds() / 3_600
        offset = f"UTC{hours:+g}" if hours else "UTC"
        name = now.strftime("%Z")
        zone = f"{name} ({offset})" if name and name != offset else offset
        return (Span(f"all times {zone} ", "muted"),)

    def render_line(self, y: int) -> Strip:
        """The sentence, and the zone of all times where there is room."""
        if self._said and len(self._broken) > 1:
            return self.draw(self._broken[y] if y < len(self._broken) else ())
        left, right = self._content(), self._zone()
        if width_of(left) + width_of(right) + 2 > self.size.width:
            right = ()
        return self.draw(spread(left, right, self.size.width))
