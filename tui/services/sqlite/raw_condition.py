"""An SQL condition of the operator's own, taken as it is if it stays inside `WHERE (…)`.

SQLite's own rules for what a token is: https://www.sqlite.org/src/file/src/tokenize.c.
"""

from __future__ import annotations

import re

from tui.services.sqlite.filter_language import FilterError, require_text

_RAW = re.compile(
    r"""(?P<whole>'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]
    |[\w$\x80-\U0010ffff]+|\s+)
    |(?P<comment>--|/\*)
    |(?P<sign>.)""",
    re.VERBOSE | re.DOTALL,
)
_RAW_SIGNS = {
    ";": "a condition is one expression, without ;",
    "?": "there is no value for ?",
    ":": "there is no value for :",
    "@": "there is no value for @",
    "#": "# is no SQL",
}


def read_raw(text: str, begin: int) -> str:
    """Take an SQL expression as it is, if it stays inside `WHERE (…)`.

    Strings, names and brackets must be closed; comments, `;` and parameters are refused. What it
    means is SQLite's to say.

    Args:
        text: The whole line.
        begin: Where the expression begins in it, from 0.

    Raises:
        FilterError: It would not stay inside; says where.
    """
    require_text(text)
    opened: list[int] = []
    for found in _RAW.finditer(text, begin):
        at, sign = found.start(), found["sign"]
        if found["comment"]:
            raise FilterError("a condition has no comments", at)
        if sign in _RAW_SIGNS or found.group().startswith("$"):
            raise FilterError(_RAW_SIGNS.get(sign, "there is no value for $"), at)
        if sign and sign in "'\"`[":
            raise FilterError("this quote is not closed", at)
        if sign == "(":
            opened.append(at)
        elif sign == ")":
            if not opened:
                raise FilterError("this bracket closes nothing", at)
            opened.pop()
    if opened:
        raise FilterError("this bracket is not closed", opened[-1])
    if not text[begin:].strip():
        raise FilterError("an SQL condition is missing after where", begin)
    return text[begin:].strip()
