"""JSON that folds, with a cursor on one line."""

from __future__ import annotations

from bisect import bisect_left

from textual import events
from textual.message import Message
from textual.strip import Strip

from tui.app.paint import Line, Span, fit
from tui.app.viewing.json_tree import Node, Tree
from tui.app.widgets.painted import Painted


class TreeView(Painted, can_focus=True):
    """Draws what is in sight of a tree."""

    DEFAULT_CSS = "TreeView { height: 1fr; width: 1fr; }"

    class Moved(Message):
        """The cursor stands on another line, or something was folded."""

    def __init__(self) -> None:
        super().__init__()
        self.tree_shown: Tree | None = None
        self.cursor = 0
        self._first = 0
        self._starts: list[int] = []
        self._tall: dict[int, list[Line]] = {}
        """Nodes of several lines, by their place."""
        self._count = 0
        self._laid_out: tuple[object, ...] = ()

    def show(self, tree: Tree) -> None:
        """Show another value from its top."""
        self.tree_shown, self.cursor, self._first = tree, 0, 0
        self._again()

    def _again(self) -> None:
        self._laid_out = ()
        self._settle()

    def _lay_out(self) -> None:
        """Find out at which line each node begins."""
        tree, width = self.tree_shown, max(20, self.size.width - 3)
        if tree is None or self._laid_out == (tree.nodes, width):
            return
        self._laid_out = (tree.nodes, width)
        self._starts, self._tall, at = [], {}, 0
        for number, node in enumerate(tree.nodes):
            self._starts.append(at)
            if node.is_open and isinstance(node.value, str):
                self._tall[number] = tree.lines(node, width)
                at += len(self._tall[number])
            else:
                at += 1
        self._count = at

    def _at(self, line: int) -> tuple[int, int]:
        """The node of a line, and which of its lines that is."""
        number = bisect_left(self._starts, line + 1) - 1
        return number, line - self._starts[number]

    @property
    def node(self) -> Node | None:
        """What the cursor stands on."""
        self._lay_out()
        tree = self.tree_shown
        return tree.nodes[self._at(self.cursor)[0]] if tree is not None else None

    @property
    def below(self) -> int:
        """Lines below what is in sight."""
        self._lay_out()
        return max(0, self._count - self._first - self.size.height)

    # --- moving ---------------------------------------------------------------------------

    def move(self, step: int) -> None:
        """Move by lines."""
        self.cursor += step
        self._settle()

    def page(self, direction: int) -> None:
        """Move by half a screen."""
        step = direction * max(1, self.size.height // 2)
        self.cursor += step
        self._first += step
        self._settle()

    def edge(self, direction: int) -> None:
        """Go to the first or last line."""
        self._lay_out()
        self.cursor = self._count if direction > 0 else 0
        self._settle()

    def fold(self) -> bool:
        """Open or close what the cursor stands on, or else what that stands in."""
        node, tree = self.node, self.tree_shown
        if node is None or tree is None:
            return False
        if not node.folds:
            if node.parent is None:
                return False
            node = node.parent
        tree.toggle(node)
        self._to(node)
        return True

    def find(self, text: str, step: int, *, afresh: bool = False) -> bool:
        """Go to the next place of a text; False where there is none."""
        node, tree = self.node, self.tree_shown
        if node is None or tree is None:
            return False
        found = tree.find(text, None if afresh else node.path, step)
        if found is None:
            return False
        self._to(found)
        return True

    def _to(self, node: Node) -> None:
        tree = self.tree_shown
        self._laid_out = ()
        self._lay_out()
        if tree is not None:
            self.cursor = self._starts[tree.index(node)]
        self._settle()

    def _settle(self) -> None:
        self._lay_out()
        height = max(1, self.size.height)
        self.cursor = max(0, min(self.cursor, self._count - 1))
        self._first = max(self.cursor - height + 1, min(self._first, self.cursor))
        self._first = max(0, min(self._first, self._count - height))
        self.refresh()
        self.post_message(self.Moved())

    def on_resize(self) -> None:
        """Break the lines anew."""
        self._settle()

    def on_mouse_scroll_down(self) -> None:
        """Move with the wheel."""
        self.move(3)

    def on_mouse_scroll_up(self) -> None:
        """Move with the wheel."""
        self.move(-3)

    def on_click(self, event: events.Click) -> None:
        """Point at a line; a click on the cursor's folds it."""
        line = self._first + event.y
        if line >= self._count:
            return
        if line == self.cursor:
            self.fold()
        else:
            self.cursor = line
            self._settle()

    # --- drawing --------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        """One line."""
        self._lay_out()
        line = self._first + y
        tree = self.tree_shown
        if tree is None or line >= self._count:
            return self.draw(())
        number, part = self._at(line)
        lines = self._tall.get(number) or tree.lines(tree.nodes[number], self.size.width - 3)
        here = line == self.cursor
        mark = self.glyphs.cursor if here else " "
        spans = (Span(f"{mark} ", bold=here), *lines[part])
        row = fit(spans, self.size.width, self.glyphs.more)
        return self.draw(row, over="selection" if here and self.has_focus else "")
