"""Python source taken apart, one text at a time.

CPython 3.11 keeps the depth of the tree it builds for all threads together: two that parse at once
make it raise `SystemError: AST constructor recursion depth mismatch` (seen here; python/cpython
106905). Timeline and doctor read migrations side by side.
"""

from __future__ import annotations

import ast
import threading

_ALONE = threading.Lock()


def parse(source: str) -> ast.Module:
    """The tree of a source.

    Raises:
        SyntaxError: It is no Python.
        ValueError: It has null bytes.
    """
    with _ALONE:
        return ast.parse(source)
