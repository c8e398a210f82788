"""A picture that differs says where: the lines of both, for who has only the output."""

from __future__ import annotations

import difflib
import html
import pickle
import re

import pytest
from pytest_textual_snapshot import node_to_report_path

_PIECE = re.compile(r'<text[^>]*x="([\d.]+)"[^>]*clip-path="url\(#[^)]*line-(\d+)\)"[^>]*>([^<]*)')


def lines_of(svg: str) -> list[str]:
    """The text of a picture, line by line; colours are left out."""
    lines: dict[int, list[tuple[float, str]]] = {}
    for left, line, text in _PIECE.findall(svg):
        lines.setdefault(int(line), []).append((float(left), html.unescape(text)))
    return ["".join(text for _, text in sorted(lines[line])).rstrip() for line in sorted(lines)]


@pytest.fixture
def snap_compare(snap_compare, request):
    """The plugin's comparison; one that fails prints both as text."""

    def compare(*arguments, **settings):
        same = snap_compare(*arguments, **settings)
        if not same:
            expected, found = pickle.loads(node_to_report_path(request.node).read_bytes())[1:3]
            difference = list(
                difflib.unified_diff(
                    lines_of(expected), lines_of(found), "expected", "found", lineterm="", n=1
                )
            )
            print("\n".join(difference) or "the same text, in other colours")
        return same

    return compare
