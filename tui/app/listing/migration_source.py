"""The source of a revision, with line numbers and a light hand on its colours."""

from __future__ import annotations

import io
import keyword
import token
import tokenize
from functools import lru_cache

from tui.app.paint import Line, Span
from tui.core.models import Revision

NONE = " Its source is not in the image, only the compiled form."


def source(revision: Revision) -> tuple[Line, ...]:
    """Every line of the file; what is no Python is shown as it is."""
    return highlighted(revision.source) if revision.source else ((Span(NONE, "muted"),),)


@lru_cache(32)
def highlighted(text: str) -> tuple[Line, ...]:
    """Comments and docstrings muted, keywords bold, texts in their own colour."""
    # A page break or a lone return is one character of a line, not its end.
    lines = [part.rstrip("\r").expandtabs(4) for part in text.split("\n")]
    if lines and not lines[-1]:
        lines.pop()
    looks: list[list[tuple[int, int, str, bool]]] = [[] for _ in lines]
    for first, last, role, bold in _tokens("\n".join(lines) + "\n"):
        for number in range(first[0] - 1, min(last[0], len(lines))):
            begin = first[1] if number == first[0] - 1 else 0
            end = last[1] if number == last[0] - 1 else len(lines[number])
            looks[number].append((begin, end, role, bold))
    width = len(str(len(lines)))
    return tuple(
        (Span(f" {number:>{width}} ", "muted"), *_painted(line, looks[number - 1]))
        for number, line in enumerate(lines, 1)
    )


def _tokens(text: str) -> list[tuple[tuple[int, int], tuple[int, int], str, bool]]:
    """What is not plain, with its place; as far as the text is Python."""
    found = []
    alone = True
    try:
        for part in tokenize.generate_tokens(io.StringIO(text).readline):
            if part.type == token.COMMENT:
                found.append((part.start, part.end, "muted", False))
            elif part.type == token.STRING:
                found.append((part.start, part.end, "muted" if alone else "running", False))
            elif part.type == token.NAME and keyword.iskeyword(part.string):
                found.append((part.start, part.end, "", True))
            if part.type not in (token.COMMENT, token.NL):
                alone = part.type in (token.NEWLINE, token.INDENT, token.DEDENT, token.ENCODING)
    except (tokenize.TokenError, SyntaxError):
        return found
    return found


def _painted(text: str, looks: list[tuple[int, int, str, bool]]) -> list[Span]:
    spans, at = [], 0
    for begin, end, role, bold in looks:
        if begin > at:
            spans.append(Span(text[at:begin]))
        spans.append(Span(text[begin:end], role, bold))
        at = max(at, end)
    if at < len(text) or not spans:
        spans.append(Span(text[at:]))
    return spans
