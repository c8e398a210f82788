"""What a revision's downgrade would do on SQLite, judged from its source and never run.

A judgement for a badge: it names what is written there. Where the source cannot be followed the
answer is `unknown`, never `no loss`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping

from tui.services.migrations.parsing import parse

_CHANGES = ("add_", "alter_", "batch_alter", "bulk_", "create_", "drop_", "rename_")
"""How Alembic's operations that change something begin."""

_LOSES = re.compile(r"\b(drop\s+(table|column)|delete\s+from|truncate)\b", re.IGNORECASE)
_READS = re.compile(r"\s*(select|pragma|with|explain)\b", re.IGNORECASE)
_WRITES = re.compile(r"\s*(update|insert|create|drop\s+index|alter|delete)\b", re.IGNORECASE)


def judge(source: str) -> str:
    """Return `no loss`, `drops data`, `no-op`, `may refuse` or `unknown`.

    Args:
        source: Text of a revision file.
    """
    try:
        module = parse(source)
    except (SyntaxError, ValueError):
        return "unknown"
    functions = {node.name: node for node in module.body if isinstance(node, ast.FunctionDef)}
    if "downgrade" not in functions:
        return "unknown"
    found = set(_effects(functions["downgrade"], functions, frozenset({"downgrade"})))
    for word in ("may refuse", "drops data", "unknown", "no loss"):
        if word in found:
            return word
    return "no-op"


def _effects(
    function: ast.FunctionDef, functions: Mapping[str, ast.FunctionDef], seen: frozenset[str]
) -> Iterator[str]:
    """Yield what the statements of a function do, following functions of the same file."""
    for node in reached(function.body):
        if isinstance(node, ast.Raise) and node.exc is not None:
            yield "may refuse"
        elif isinstance(node, ast.Call):
            name = _name(node.func)
            if name in functions and name not in seen:
                yield from _effects(functions[name], functions, seen | {name})
            elif name in ("drop_table", "drop_column"):
                yield "drops data"
            elif name in ("execute", "exec_driver_sql"):
                yield _statement(node)
            elif name.startswith(_CHANGES):
                yield "no loss"
            elif name in ("delete", "merge", "commit", "flush"):
                yield "unknown"  # the object-relational way: what it deletes is not to be read


def reached(body: Iterable[ast.stmt]) -> Iterator[ast.AST]:
    """Yield the nodes that SQLite reaches: not another dialect's, none after its early return."""
    for statement in body:
        if isinstance(statement, ast.If):
            sqlite = asks_for_sqlite(statement.test)
            yield from ast.walk(statement.test)
            if sqlite is not False:
                yield from reached(statement.body)
            if sqlite is not True:
                yield from reached(statement.orelse)
            taken = statement.body if sqlite else statement.orelse if sqlite is False else []
            if taken and isinstance(taken[-1], ast.Return):
                return
        elif isinstance(statement, ast.For | ast.While | ast.With):
            heads = [statement.iter] if isinstance(statement, ast.For) else []
            heads += [statement.test] if isinstance(statement, ast.While) else []
            items = statement.items if isinstance(statement, ast.With) else []
            for head in [*heads, *(item.context_expr for item in items)]:
                yield from ast.walk(head)
            yield from reached(statement.body)
        elif isinstance(statement, ast.Try):
            yield from reached(statement.body)
            for handler in statement.handlers:
                yield from reached(handler.body)
            yield from reached([*statement.orelse, *statement.finalbody])
        elif not isinstance(statement, ast.FunctionDef | ast.ClassDef):
            yield from ast.walk(statement)


def asks_for_sqlite(test: ast.expr) -> bool | None:
    """Return what a condition on the dialect's name is on SQLite; None if it asks other things."""
    if not (isinstance(test, ast.Compare) and len(test.ops) == 1):
        return None
    if "dialect" not in ast.unparse(test.left):
        return None
    try:
        named = ast.literal_eval(test.comparators[0])
    except ValueError:
        return None
    names = [named] if isinstance(named, str) else named
    there = isinstance(names, list | tuple | set) and "sqlite" in names
    if isinstance(test.ops[0], ast.Eq | ast.In):
        return there
    return not there if isinstance(test.ops[0], ast.NotEq | ast.NotIn) else None


def _name(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _statement(call: ast.Call) -> str:
    """Return what an executed statement does, as far as its text can be read."""
    texts = [
        node.value
        for argument in call.args[:1]
        for node in ast.walk(argument)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    text = " ".join(texts)
    if _LOSES.search(text):
        return "drops data"
    built = [_name(node.func) for node in ast.walk(call) if isinstance(node, ast.Call)]
    if _READS.match(text) or "select" in built:
        return ""
    if "delete" in built:
        return "drops data"
    return "no loss" if _WRITES.match(text) or "update" in built else "unknown"
