"""What a revision's upgrade creates, drops and renames on SQLite, read from its source.

Only what is written there in literal names is known, so an absence in the answer proves nothing.
It serves to compare a database with its stamp: tables and columns that applied revisions left,
and those that only pending ones make.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from tui.services.migrations.downgrades import asks_for_sqlite
from tui.services.migrations.parsing import parse

_NAME = r"[\"`\[]?(\w+)[\"`\]]?"
_SQL = (
    (re.compile(rf"\bcreate\s+table\s+(?:if\s+not\s+exists\s+)?{_NAME}", re.I), "create"),
    (re.compile(rf"\bdrop\s+table\s+(?:if\s+exists\s+)?{_NAME}", re.I), "drop"),
    (re.compile(rf"\balter\s+table\s+{_NAME}\s+rename\s+to\s+{_NAME}", re.I), "rename"),
    (re.compile(rf"\balter\s+table\s+{_NAME}\s+add\s+(?:column\s+)?{_NAME}", re.I), "add"),
    (re.compile(rf"\balter\s+table\s+{_NAME}\s+drop\s+column\s+{_NAME}", re.I), "take"),
)
"""Statements that change a table, and what they do to it."""


_NAMING = (
    "create_index",
    "drop_index",
    "create_unique_constraint",
    "create_check_constraint",
    "create_foreign_key",
    "drop_constraint",
)
"""Operations on indexes and constraints; their first argument is the name."""


@dataclass(frozen=True, slots=True)
class Effect:
    """One change of the schema."""

    does: Literal["create", "drop", "rename", "add", "take", "name", "unname"]
    """Of a table: `create`, `drop`, `rename`; of a column: `add`, `take` (away); of an index or a
    constraint that has a name: `name`, `unname`."""
    table: str
    """Empty where its name is computed."""
    name: str = ""
    """The column's, the table's new name, or `index:x`, `constraint:x`."""


INDEX, CONSTRAINT = "index:", "constraint:"
"""What stands before the name of an index or a constraint, in an effect and in a thing."""
Thing = tuple[str, str]
"""Table and column, index or constraint; empty where the table itself is meant. In lower case."""


@dataclass(slots=True)
class Schema:
    """What a row of revisions has left behind, each with the revision that made it last."""

    things: dict[Thing, str]
    touched: set[Thing]
    """Everything they ever made, dropped or renamed."""

    def apply(self, revision: str, effects: Iterable[Effect]) -> None:
        """Take in one more revision."""
        found = tuple(effects)
        # A table that is rebuilt in a loop is dropped by a computed name and made again by one.
        rebuilds = any(e.does in ("create", "rename") and not e.table for e in found)
        for effect in found:
            table, name = effect.table.lower(), effect.name.lower()
            match effect.does:
                case "drop" if not table:
                    if not rebuilds:
                        self.things.clear()  # whichever it was
                case _ if not table:
                    continue
                case "create":
                    self._forget(table)
                    self._make((table, ""), revision)
                case "drop":
                    self._forget(table)
                    self.touched.add((table, ""))
                case "rename":
                    self._rename(table, name, revision)
                case "add":
                    self._make((table, name), revision)
                case "take":
                    self.things.pop((table, name), None)
                    self.touched.add((table, name))
                case "name" | "unname":
                    # Never missed: a new database is made from the models, which name other ones.
                    self.touched.add((table, name))

    def _make(self, thing: Thing, revision: str) -> None:
        self.things[thing] = revision
        self.touched.add(thing)

    def _forget(self, table: str) -> None:
        for thing in [thing for thing in self.things if thing[0] == table]:
            del self.things[thing]

    def _rename(self, table: str, name: str, revision: str) -> None:
        columns = {column: made for (known, column), made in self.things.items() if known == table}
        self._forget(table)
        self.touched |= {(table, ""), (name, "")}
        # The table it takes the place of keeps its columns as far as anybody can tell: a rebuilt
        # one was made with them.
        if columns.pop("", None) is not None:
            self.things[name, ""] = revision
        self.things |= {(name, column): made for column, made in columns.items()}


def schema_of(revisions: Iterable[tuple[str, str]]) -> Schema:
    """Compute what revisions leave behind.

    Args:
        revisions: Ids and sources, in the order in which they are applied.
    """
    found = Schema({}, set())
    for revision, source in revisions:
        found.apply(revision, effects(source))
    return found


@lru_cache(maxsize=1024)
def effects(source: str) -> tuple[Effect, ...]:
    """Return what the upgrade of a revision file does, in its order; nothing if unreadable.

    Args:
        source: Text of the file.
    """
    try:
        module = parse(source)
    except (SyntaxError, ValueError):
        return ()
    functions = {node.name: node for node in module.body if isinstance(node, ast.FunctionDef)}
    if "upgrade" not in functions:
        return ()
    reader = _Reader(functions, _constants(module.body))
    return tuple(reader.read(functions["upgrade"], frozenset({"upgrade"})))


def _constants(body: Iterable[ast.stmt]) -> dict[str, str]:
    """Names that are assigned one literal text, and only once."""
    found: dict[str, str] = {}
    often: set[str] = set()
    for statement in body:
        for node in ast.walk(statement):
            if isinstance(node, ast.Assign) and len(node.targets) == 1:
                target, value = node.targets[0], node.value
                if isinstance(target, ast.Name):
                    often |= {target.id} & found.keys()
                    found[target.id] = (
                        value.value
                        if isinstance(value, ast.Constant) and isinstance(value.value, str)
                        else ""
                    )
            elif isinstance(node, ast.For | ast.comprehension):
                names = [n.id for n in ast.walk(node.target) if isinstance(n, ast.Name)]
                often.update(names)
    return {name: text for name, text in found.items() if text and name not in often}


class _Reader:
    """Follows an upgrade and the functions of its own file that it calls."""

    def __init__(
        self, functions: Mapping[str, ast.FunctionDef], constants: Mapping[str, str]
    ) -> None:
        self._functions = functions
        self._constants = constants
        self._batches: dict[str, str] = {}
        """Names of batch operations and the tables they rebuild."""
        self._asked = 0
        """How many conditions and handlers stand around what is read: it copes with any."""

    def read(self, function: ast.FunctionDef, seen: frozenset[str]) -> Iterator[Effect]:
        """Yield what a function does."""
        for node in self._nodes(function.body):
            if isinstance(node, ast.Call):
                name = _name(node.func)
                if name in self._functions and isinstance(node.func, ast.Name):
                    if name not in seen:
                        yield from self.read(self._functions[name], seen | {name})
                else:
                    yield from self._call(name, node)

    def _nodes(self, body: Iterable[ast.stmt]) -> Iterator[ast.AST]:
        """Yield the nodes that SQLite may reach, in the order of the text."""
        for statement in body:
            if isinstance(statement, ast.If):
                sqlite = asks_for_sqlite(statement.test)
                # One node at a time is asked for, so this holds while each of them is read.
                self._asked += sqlite is None
                if sqlite is not False:
                    yield from self._nodes(statement.body)
                if sqlite is not True:
                    yield from self._nodes(statement.orelse)
                self._asked -= sqlite is None
                taken = statement.body if sqlite else statement.orelse if sqlite is False else []
                if taken and isinstance(taken[-1], ast.Return):
                    return
            elif isinstance(statement, ast.With):
                for item in statement.items:
                    self._batch(item)
                yield from self._nodes(statement.body)
            elif isinstance(statement, ast.For | ast.While):
                yield from self._nodes(statement.body)
            elif isinstance(statement, ast.Try):
                # What a handler does instead was not done by the body.
                self._asked += bool(statement.handlers)
                yield from self._nodes([*statement.body, *statement.orelse])
                self._asked -= bool(statement.handlers)
                yield from self._nodes(statement.finalbody)
            elif not isinstance(statement, ast.FunctionDef | ast.ClassDef):
                yield from ast.walk(statement)

    def _batch(self, item: ast.withitem) -> None:
        call = item.context_expr
        if (
            isinstance(call, ast.Call)
            and _name(call.func) == "batch_alter_table"
            and isinstance(item.optional_vars, ast.Name)
        ):
            self._batches[item.optional_vars.id] = self._text(_argument(call, 0, "table_name"))

    def _call(self, name: str, call: ast.Call) -> Iterator[Effect]:
        match name:
            case "create_table":
                yield Effect("create", self._text(_argument(call, 0, "table_name")))
            case "drop_table":
                yield Effect("drop", self._text(_argument(call, 0, "table_name")))
            case "rename_table":
                old = self._text(_argument(call, 0, "old_table_name"))
                new = self._text(_argument(call, 1, "new_table_name"))
                # Half a name known is none: the table of that name was dropped for it.
                yield Effect("rename", old if new else "", new)
            case "add_column" | "drop_column" | "alter_column":
                yield from self._column(name, call)
            case _ if name in _NAMING:
                yield from self._naming(name, call)
            case "execute" | "exec_driver_sql":
                yield from self._statement(call)

    def _batched(self, call: ast.Call) -> str | None:
        """The table that a batch operation rebuilds; None where it is no batch operation."""
        batch = call.func.value if isinstance(call.func, ast.Attribute) else None
        return self._batches.get(batch.id) if isinstance(batch, ast.Name) else None

    def _naming(self, does: str, call: ast.Call) -> Iterator[Effect]:
        """Yield what becomes of an index or a constraint that has a name."""
        kind = INDEX if does.endswith("index") else CONSTRAINT
        key = "source_table" if does == "create_foreign_key" else "table_name"
        named = _argument(call, 0, "index_name" if kind == INDEX else "constraint_name")
        if isinstance(named, ast.Call) and _name(named.func) == "f" and named.args:
            named = named.args[0]  # op.f: the name as it stands
        table = self._batched(call)
        if table is None:
            table = self._text(_argument(call, 1, key))
        name = self._text(named)
        if does.startswith("drop"):
            yield Effect("unname", table, kind + name)
        elif name and table and not self._asked and _argument(call, -1, "if_not_exists") is None:
            yield Effect("name", table, kind + name)

    def _column(self, name: str, call: ast.Call) -> Iterator[Effect]:
        batched = self._batched(call)
        if batched is not None:
            table, at = batched, 0
        else:
            table, at = self._text(_argument(call, 0, "table_name")), 1
        if name == "add_column":
            column = _argument(call, at, "column")
            named = column.args[0] if isinstance(column, ast.Call) and column.args else None
            if text := self._text(named):
                yield Effect("add", table, text)
            return
        if text := self._text(_argument(call, at, "column_name")):
            new = self._text(_argument(call, -1, "new_column_name"))
            if name == "drop_column" or new:
                yield Effect("take", table, text)
            if new:
                yield Effect("add", table, new)

    def _statement(self, call: ast.Call) -> Iterator[Effect]:
        """Yield what an executed statement does, as far as its text can be read."""
        for argument in call.args[:1]:
            text = ""
            for node in ast.walk(argument):
                if isinstance(node, ast.JoinedStr):
                    text = _joined(node)
                    break
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    text = node.value
                    break
                if isinstance(node, ast.Name) and node.id in self._constants:
                    text = self._constants[node.id]
                    break
            for pattern, does in _SQL:
                for found in pattern.finditer(text):
                    # A computed name stands as a sign that no name has.
                    table, *name = (
                        group if _COMPUTED not in group else "" for group in found.groups()
                    )
                    yield Effect(does, table, *name)  # type: ignore[arg-type]

    def _text(self, node: ast.expr | None) -> str:
        """A literal text, or a name that stands for one."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return node.value
        if isinstance(node, ast.Name):
            return self._constants.get(node.id, "")
        return ""


_COMPUTED = "mcpdb_computed"


def _joined(node: ast.JoinedStr) -> str:
    """The text of an f-string, with `_COMPUTED` where something is filled in."""
    return "".join(
        str(part.value) if isinstance(part, ast.Constant) else _COMPUTED for part in node.values
    )


def _name(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _argument(call: ast.Call, place: int, name: str) -> ast.expr | None:
    """An argument by its place (-1: it has none) or by its name."""
    if 0 <= place < len(call.args):
        return call.args[place]
    return next((word.value for word in call.keywords if word.arg == name), None)
