"""A walk over a whole database, as somebody does it who looks at everything."""

from __future__ import annotations

import os
import pickle
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, TypeVar

from tests.faults import all_imported
from tui.core.models.rows import After, Around, At, Before, Bottom, Order, PageRow, Relation, Top
from tui.operations.reads.browsing import Browser, View

LIMIT = 40
STEP = 0.05
"""Seconds for which rows are numbered at a time, as the screen does it."""
T = TypeVar("T")


def tables(browser: Browser) -> list[str]:
    """Names of all tables and views."""
    return [table.name for table in browser.source.tables()]


def tour(browser: Browser) -> Iterator[object]:
    """Look at every table in every way; gives all that was read, one short read at a time."""
    for name in tables(browser):
        yield from visit(browser, browser.relation(name))
    yield browser.schema()
    yield browser.sizes()
    yield browser.search_all("a")


def visit(browser: Browser, relation: Relation) -> Iterator[object]:
    """Look at one table: pages, rows, an order, a filter, numbers, keys, statistics."""
    names = tuple(column.name for column in relation.columns if not column.hidden)
    view = View(relation=relation, columns=names)
    yield browser.count(view)
    yield (first := browser.page(view, Top(), LIMIT))
    yield browser.page(view, Bottom(), LIMIT)
    yield browser.page(view, At(len(first.rows) // 2), LIMIT)
    if first.rows:
        row = first.rows[-1]
        yield browser.page(view, After(row.anchor), LIMIT)
        yield browser.page(view, Before(row.anchor), LIMIT)
        yield browser.page(view, Around(row.identity), LIMIT)
        yield from _row(browser, view, row)
    while not browser.step(view, STEP):
        yield browser.numbered(view)
    for column in relation.columns[:3]:
        if not column.secret and column.name in names:
            ordered = View(
                relation=relation, columns=names,
                order=(Order(column=column.name, descending=True),),
            )  # fmt: skip
            yield browser.page(browser.settle(ordered), Top(), LIMIT)
            yield browser.statistics(relation, column.name)
    found = View(relation=relation, columns=names, condition=browser.condition("a", relation))
    yield browser.page(browser.settle(found), Top(), LIMIT)
    yield browser.details(relation.name)


def _row(browser: Browser, view: View, row: PageRow) -> Iterator[object]:
    yield browser.row(view, row.identity)
    if not row.identity:
        return
    for column in view.columns:
        yield browser.value(view.relation, row.identity, column)
    yield browser.pointing(view.relation, row.identity)


def as_user(uid: int, function: Callable[[], T]) -> T:
    """Do something as another user, in a process of its own; what it returns, or its traceback."""
    all_imported()
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        with suppress(BaseException):
            os.close(reading)
            os.setgroups([])
            os.setresgid(uid, uid, uid)
            os.setresuid(uid, uid, uid)
            answer: tuple[bool, Any]
            try:
                answer = (True, function())
            except Exception:  # noqa: BLE001 - whatever it was, it is told
                answer = (False, traceback.format_exc())
            with os.fdopen(writing, "wb") as stream:
                pickle.dump(answer, stream)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as stream:
        said = stream.read()
    os.waitpid(pid, 0)
    worked, value = pickle.loads(said)
    assert worked, value
    return value  # type: ignore[no-any-return]
