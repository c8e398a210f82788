"""What a revision does to the schema, told from its source and never run.

A hint for a person who reads the revision's page: what is written there, in the order it is
written. What cannot be followed is left out or said to be other code; a rehearsal is what proves.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal, TypeAlias

from tui.services.migrations.downgrades import reached
from tui.services.migrations.parsing import parse

Sign: TypeAlias = Literal["+", "-", "~", "!", "?"]
_UNTOLD = "…"
_MOST = 60
"""Effects of one direction that are told."""


@dataclass(frozen=True, slots=True)
class Effect:
    """One thing that a direction of a revision does."""

    sign: Sign
    """`+` new, `-` gone, `~` changed, `!` refuses, `?` other code."""
    what: str
    """`table`, `column`, `index`, `unique`, `foreign key`, `check`, `constraint`, `rows`, `sql`,
    `raise`."""
    name: str
    table: str = ""
    detail: str = ""
    batch: bool = False
    """Done in batch mode: SQLite makes the table anew and copies every row."""
    line: int = 0


@lru_cache(512)
def effects(source: str, direction: Literal["upgrade", "downgrade"]) -> tuple[Effect, ...]:
    """Read what a direction does, in the order it is written; empty when it does nothing.

    Args:
        source: Text of a revision file; one that is no Python has no effects.
        direction: Which function is read.
    """
    try:
        module = parse(source)
    except (SyntaxError, ValueError):
        return ()
    functions = {node.name: node for node in module.body if isinstance(node, ast.FunctionDef)}
    if direction not in functions:
        return ()
    reader = _Reader(functions, _constants(module))
    told = dict.fromkeys(reader.of(functions[direction], frozenset({direction})))
    return tuple(told)[:_MOST]


def _constants(module: ast.Module) -> dict[str, str]:
    """Names that the file gives to texts."""
    return {
        target.id: node.value.value
        for node in module.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name) and isinstance(node.value.value, str)
    }


class _Reader:
    def __init__(
        self, functions: Mapping[str, ast.FunctionDef], constants: Mapping[str, str]
    ) -> None:
        self._functions = functions
        self._constants = constants

    def of(self, function: ast.FunctionDef, seen: frozenset[str]) -> Iterator[Effect]:
        """What a function does, following functions of the same file."""
        batches = self._batches(function)
        for node in reached(function.body):
            if isinstance(node, ast.Raise) and node.exc is not None:
                yield Effect("!", "raise", _raised(node), line=node.lineno)
            elif isinstance(node, ast.Call):
                yield from self._call(node, batches, seen)

    def _batches(self, function: ast.FunctionDef) -> dict[str, str]:
        """Variables of `with op.batch_alter_table("t") as batch_op`, each with its table."""
        return {
            item.optional_vars.id: self._text(item.context_expr.args[:1])
            for node in ast.walk(function)
            if isinstance(node, ast.With)
            for item in node.items
            if isinstance(item.context_expr, ast.Call)
            and _called(item.context_expr) == "batch_alter_table"
            and isinstance(item.optional_vars, ast.Name)
        }

    def _call(
        self, call: ast.Call, batches: Mapping[str, str], seen: frozenset[str]
    ) -> Iterator[Effect]:
        name = _called(call)
        if name in self._functions:
            if name not in seen:
                yield from self.of(self._functions[name], seen | {name})
            return
        tell = _TOLD.get(name)
        if tell is None:
            return
        owner = call.func.value if isinstance(call.func, ast.Attribute) else None
        table = batches.get(owner.id) if isinstance(owner, ast.Name) else None
        effect = tell(self, call, table)
        if effect is not None:
            yield replace(effect, batch=table is not None, line=call.lineno)

    # --- arguments ------------------------------------------------------------------------

    def _text(self, nodes: Sequence[ast.expr]) -> str:
        """The text of the first of some expressions; `…` where it is worked out at run time."""
        node = nodes[0] if nodes else None
        if isinstance(node, ast.Call) and _called(node) in ("f", "text") and node.args:
            node = node.args[0]
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return node.value
        if isinstance(node, ast.Name):
            return self._constants.get(node.id, _UNTOLD)
        if isinstance(node, ast.JoinedStr):
            parts = [v.value if isinstance(v, ast.Constant) else _UNTOLD for v in node.values]
            return "".join(map(str, parts))
        return _UNTOLD

    def argument(self, call: ast.Call, place: int, *names: str) -> str:
        """A text argument by its place or by its name."""
        named = [word.value for word in call.keywords if word.arg in names]
        return self._text(named or call.args[place : place + 1])

    def names(self, call: ast.Call, place: int, *names: str) -> str:
        """A list of names as `(a, b)`; empty when it is none."""
        named = [word.value for word in call.keywords if word.arg in names]
        given = named or call.args[place : place + 1]
        node = given[0] if given else None
        if not isinstance(node, ast.List | ast.Tuple):
            return ""
        return f"({', '.join(self._text([item]) for item in node.elts)})"

    def table_of(self, call: ast.Call, table: str | None, place: int) -> str:
        """The table: that of the batch, else an argument."""
        return table if table is not None else self.argument(call, place, "table_name")


def _called(call: ast.Call) -> str:
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return call.func.id if isinstance(call.func, ast.Name) else ""


def _raised(node: ast.Raise) -> str:
    """What is raised: its text, else its name."""
    if isinstance(node.exc, ast.Call):
        for argument in node.exc.args:
            for part in ast.walk(argument):
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    return " ".join(part.value.split())
        return _called(node.exc)
    return ast.unparse(node.exc) if node.exc is not None else ""


_Tell: TypeAlias = Callable[[_Reader, ast.Call, "str | None"], "Effect | None"]


def _create_table(reader: _Reader, call: ast.Call, _table: str | None) -> Effect:
    columns = sum(isinstance(a, ast.Call) and _called(a) == "Column" for a in call.args[1:])
    detail = f"{columns} columns" if columns > 1 else "1 column" if columns else ""
    name = reader.argument(call, 0, "table_name")
    return Effect("+", "table", name, name, detail)


def _drop_table(reader: _Reader, call: ast.Call, _table: str | None) -> Effect:
    name = reader.argument(call, 0, "table_name")
    return Effect("-", "table", name, name)


def _rename_table(reader: _Reader, call: ast.Call, _table: str | None) -> Effect:
    old = reader.argument(call, 0, "old_table_name")
    return Effect("~", "table", old, old, f"becomes {reader.argument(call, 1, 'new_table_name')}")


def _add_column(reader: _Reader, call: ast.Call, table: str | None) -> Effect:
    place = 0 if table is not None else 1
    given = [w.value for w in call.keywords if w.arg == "column"] or call.args[place : place + 1]
    column = given[0] if given and isinstance(given[0], ast.Call) else None
    name = reader.argument(column, 0, "name") if column else _UNTOLD
    return Effect("+", "column", name, reader.table_of(call, table, 0))


def _drop_column(reader: _Reader, call: ast.Call, table: str | None) -> Effect:
    place = 0 if table is not None else 1
    name = reader.argument(call, place, "column_name")
    return Effect("-", "column", name, reader.table_of(call, table, 0))


def _alter_column(reader: _Reader, call: ast.Call, table: str | None) -> Effect:
    place = 0 if table is not None else 1
    changed = [w.arg for w in call.keywords if w.arg and not w.arg.startswith("existing_")]
    name = reader.argument(call, place, "column_name")
    detail = ", ".join(word for word in changed if word not in ("table_name", "column_name"))
    return Effect("~", "column", name, reader.table_of(call, table, 0), detail)


def _create_index(reader: _Reader, call: ast.Call, table: str | None) -> Effect:
    place = 1 if table is not None else 2
    unique = any(
        w.arg == "unique" and isinstance(w.value, ast.Constant) and w.value.value is True
        for w in call.keywords
    )
    columns = reader.names(call, place, "columns")
    detail = " ".join(filter(None, ["unique" if unique else "", columns]))
    name = reader.argument(call, 0, "index_name")
    return Effect("+", "index", name, reader.table_of(call, table, 1), detail)


def _drop_index(reader: _Reader, call: ast.Call, table: str | None) -> Effect:
    where = reader.table_of(call, table, 1)
    return Effect("-", "index", reader.argument(call, 0, "index_name"), where.strip(_UNTOLD))


def _constraint(what: str) -> _Tell:
    def tell(reader: _Reader, call: ast.Call, table: str | None) -> Effect:
        place = 1 if table is not None else 2
        name = reader.argument(call, 0, "constraint_name").strip(_UNTOLD)
        columns = reader.names(call, place, "columns", "local_cols")
        return Effect("+", what, name, reader.table_of(call, table, 1), columns)

    return tell


def _drop_constraint(reader: _Reader, call: ast.Call, table: str | None) -> Effect:
    name = reader.argument(call, 0, "constraint_name").strip(_UNTOLD)
    return Effect("-", "constraint", name, reader.table_of(call, table, 1))


def _bulk_insert(reader: _Reader, call: ast.Call, _table: str | None) -> Effect:
    del reader
    return Effect("+", "rows", ast.unparse(call.args[0])[:40] if call.args else _UNTOLD)


def _execute(reader: _Reader, call: ast.Call, _table: str | None) -> Effect | None:
    text = " ".join(reader._text(call.args[:1]).split())
    word = text.partition(" ")[0].upper()
    if word in ("SELECT", "PRAGMA", "WITH", "EXPLAIN"):
        return None  # it only reads
    return Effect("?", "sql", "" if text == _UNTOLD else text[:120])


_TOLD: Mapping[str, _Tell] = {
    "create_table": _create_table,
    "drop_table": _drop_table,
    "rename_table": _rename_table,
    "add_column": _add_column,
    "drop_column": _drop_column,
    "alter_column": _alter_column,
    "create_index": _create_index,
    "drop_index": _drop_index,
    "create_unique_constraint": _constraint("unique"),
    "create_foreign_key": _constraint("foreign key"),
    "create_check_constraint": _constraint("check"),
    "create_primary_key": _constraint("primary key"),
    "drop_constraint": _drop_constraint,
    "bulk_insert": _bulk_insert,
    "execute": _execute,
    "exec_driver_sql": _execute,
}
