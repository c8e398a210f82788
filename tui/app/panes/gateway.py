"""9 Gateway: what it is, how it does, start, stop and restart, compose down and up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message

from tui.app import troubles, verbs
from tui.app.glyphs import SIGN_ROLES
from tui.app.paint import Line, Span, line
from tui.app.panes.base import Pane
from tui.app.seen import Seen
from tui.app.vitals import gateway_word, signed
from tui.app.widgets.groups import ASKS, EVERYWHERE, HERE
from tui.app.widgets.panel import TextPanel
from tui.core.models import ContainerRef, Deployment, ProcessRef
from tui.wording import quantities

if TYPE_CHECKING:
    from tui.app.screens.trouble import Trouble

MENU = ("start", "stop", "restart", "compose_up", "compose_down", "logs", "copy")
"""What the menu offers, in this order."""
EMPTY = " No gateway is known here; the file was given with --db."


class FormPanel(TextPanel, can_focus=True):
    """The form; takes the focus so that the pane's keys work."""

    class Menu(Message):
        """The right button was pressed."""

    def on_click(self, event: events.Click) -> None:
        """The right button asks what can be done."""
        if event.button == 3:
            self.post_message(self.Menu())


class GatewayPane(Pane):
    """One look at the gateway, again every five seconds."""

    NUMBER = 9
    TITLE = "Gateway"
    KEYLESS: ClassVar[Mapping[str, tuple[str, str]]] = {
        "compose_up": ("compose up", "makes what is missing of the project, starts it"),
        "compose_down": (
            "compose down…",
            "removes its containers and networks, no volume; asks y or n",
        ),
    }

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "start", "start", id="gateway.start", group=HERE, tooltip="start it"),
        Binding(
            "S", "stop", "stop…", id="gateway.stop", group=ASKS,
            tooltip="stop it; asks y/n. Nobody starts it again but you",
        ),
        Binding(
            "X", "restart", "restart…", id="gateway.restart", group=ASKS,
            tooltip="stop and start it; asks y/n, about 10 s down",
        ),
        Binding("l", "logs", "its log", id="gateway.logs", group=HERE, tooltip="5 Logs"),
        Binding(
            "a", "actions", "actions", id="list.actions", group=EVERYWHERE,
            tooltip="what can be done with the gateway; also the right button",
        ),
        Binding(
            "y", "copy", "copy name", id="gateway.copy", group=HERE,
            tooltip="copy the container's name or the process's folder (OSC 52)",
        ),
        Binding(
            "j,down", "scroll(1)", "down", show=False, id="gateway.down", group=HERE,
            tooltip="scroll down",
        ),
        Binding(
            "k,up", "scroll(-1)", "up", show=False, id="gateway.up", group=HERE,
            tooltip="scroll up",
        ),
    ]  # fmt: skip

    def compose(self) -> ComposeResult:
        """One form."""
        yield FormPanel(frame="none", id="form")

    def show(self, seen: Seen) -> None:
        """Draw the form."""
        self.query_one("#form", FormPanel).show(self._lines(seen))
        text = seen.health.text if seen.health else ""
        role = "danger" if seen.health and seen.health.verdict == "unhealthy" else "muted"
        self.stand((Span(f" {text}" if text else "", role),))

    def _lines(self, seen: Seen) -> tuple[Line, ...]:
        deployment = seen.deployment
        if deployment is None or deployment.gateway is None:
            return (line(Span(EMPTY, "muted")),)
        return (
            *self._identity(deployment, seen),
            (),
            *self._state(seen),
            (),
            *self._details(seen),
        )

    def _identity(self, deployment: Deployment, seen: Seen) -> list[Line]:
        ref = deployment.gateway
        result: list[Line] = []
        if isinstance(ref, ContainerRef):
            result.append(_labelled("container", ref.container))
            if ref.project:
                result.append(_labelled("compose", f"project {ref.project}, service {ref.service}"))
            if ref.config_files:
                result.append(_labelled("files", ", ".join(ref.config_files)))
        elif isinstance(ref, ProcessRef):
            result.append(_labelled("process", f"in {ref.folder}"))
        state = seen.gateway
        if state and state.image:
            ident = f"  {state.image_id.removeprefix('sha256:')[:12]}" if state.image_id else ""
            result.append(_labelled("image", f"{state.image}{ident}"))
        if state and state.release:
            result.append(_labelled("release", state.release))
        result.append(_labelled("database", str(deployment.database)))
        return result

    def _state(self, seen: Seen) -> list[Line]:
        problem = seen.problem("gateway")
        state = seen.gateway
        if state is None:
            return [line(Span(f" {problem}" if problem else " …", "attention"))]
        name, word = gateway_word(state, seen.health)
        since = ""
        if state.since is not None:
            local = state.since.astimezone(self.now().tzinfo)
            ago = quantities.age((self.now() - local).total_seconds())
            since = f"  since {local.strftime('%Y-%m-%d %H:%M:%S')}, {ago}"
        result = [line(Span(f" {'state':<16}", "muted"), *signed(self.glyphs, name, word), since)]
        if state.text:
            result.append(_labelled("", state.text, "attention"))
        health = seen.health
        if health is not None:
            result.append(_labelled("health", health.text, _health_role(health.verdict)))
            if health.address:
                learnt = f"  ({health.learnt})" if health.learnt else ""
                result.append(_labelled("asked at", f"{health.address}{learnt}"))
        if state.restarts is not None:
            role = "attention" if state.restarts else ""
            result.append(_labelled("restarts", quantities.count(state.restarts), role))
        if state.exit_code is not None and state.running != "running":
            killed = " (killed)" if state.exit_code == 137 else ""
            result.append(_labelled("last exit", f"{state.exit_code}{killed}"))
        if problem:
            result.append(_labelled("", problem, "attention"))
        return result

    def _details(self, seen: Seen) -> list[Line]:
        state = seen.gateway
        if state is None:
            return []
        result = [_labelled("user", state.user)] if state.user else []
        if state.pids:
            result.append(_labelled("processes", ", ".join(map(str, state.pids))))
        result += [_labelled(name, value) for name, value in state.details.items()]
        return result

    def trouble(self, seen: Seen) -> Trouble | None:
        """Docker cannot be asked."""
        return troubles.of_docker(seen)

    def focus_first(self) -> None:
        """The form has the focus."""
        self.screen.set_focus(self.query_one("#form", FormPanel))

    def why_not(self, action: str) -> str:
        """Why a key is greyed."""
        words = {"start": "s start", "stop": "S stop…", "restart": "X restart…"}
        if action in self.KEYLESS:
            return verbs.why_not_compose(self.seen, self.KEYLESS[action][0])
        if action == "copy" and not self.to_copy():
            return "There is nothing to copy."
        if action not in words:
            return ""
        if why := verbs.why_not_gateway(self.seen, words[action]):
            return why
        state = self.seen.gateway
        up = state is not None and state.is_up
        if action == "start" and up:
            return "s start is off: the gateway runs already."
        if action == "stop" and state is not None and not up:
            return "S stop… is off: the gateway does not run."
        return ""

    def by_hand(self, action: str) -> tuple[str, ...]:
        """The same as a command."""
        return verbs.by_hand(self.seen, action)

    def copied(self) -> str:
        """What the gateway is called."""
        ref = self.seen.deployment.gateway if self.seen.deployment else None
        if isinstance(ref, ContainerRef):
            return ref.container
        return ref.folder if isinstance(ref, ProcessRef) else ""

    @on(FormPanel.Menu)
    def action_actions(self) -> None:
        """Offer what can be done with the gateway."""
        from tui.app.screens.menu import items_of

        items = items_of(self, MENU)
        self.post_message(self.Offer("gateway", items))

    def action_start(self) -> None:
        """Start the gateway."""
        self.post_message(self.Do(verbs.start))

    def action_stop(self) -> None:
        """Stop the gateway."""
        self.post_message(self.Do(verbs.stop))

    def action_restart(self) -> None:
        """Restart the gateway."""
        self.post_message(self.Do(verbs.restart))

    def action_compose_up(self) -> None:
        """Bring the project up."""
        self.post_message(self.Do(verbs.compose_up))

    def action_compose_down(self) -> None:
        """Take the project down."""
        self.post_message(self.Do(verbs.compose_down))

    def action_logs(self) -> None:
        """Go to its log."""
        self.post_message(self.Go(5))

    def action_scroll(self, count: int) -> None:
        """Scroll the form."""
        self.query_one("#form", FormPanel).scroll_lines(count)


def _labelled(label: str, text: str, role: str = "") -> Line:
    return line(Span(f" {label:<16}", "muted"), Span(text, role))


def _health_role(verdict: str) -> str:
    return SIGN_ROLES[{"healthy": "ok", "unknown": "unknown"}.get(verdict, "fail")]
