"""Sources of migrations taken apart by several threads, as timeline and doctor do."""

from __future__ import annotations

import ast
import gc
import threading
import time

from tui.services.migrations.parsing import parse

DEEP = (
    "x = "
    + "(" * 60
    + "1"
    + ")" * 60
    + "\n"
    + "def f():\n    return [[[[[{'a': (1, 2)}]]]]]\n" * 200
)


class Litter:
    """Garbage that lets another thread run while it is collected, in the midst of a parse."""

    def __init__(self) -> None:
        self.itself = self

    def __del__(self) -> None:
        time.sleep(0)


def test_threads_that_parse_at_once_each_get_their_tree():
    faults: list[BaseException] = []
    trees: list[str] = []

    def work() -> None:
        try:
            for _ in range(10):
                _ = [Litter() for _ in range(50)]
                trees.append(type(parse(DEEP)).__name__)
        except (SystemError, RecursionError) as error:
            faults.append(error)

    threads = [threading.Thread(target=work) for _ in range(6)]
    before = gc.get_threshold()
    gc.set_threshold(50)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        gc.set_threshold(*before)
    assert not faults
    assert trees == [ast.Module.__name__] * 60
