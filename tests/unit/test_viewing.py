"""JSON that folds, text in pieces, bytes as hexadecimal."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from tui.app.paint import text_of
from tui.app.viewing.json_tree import NotJsonError, Tree, parse
from tui.app.viewing.texts import BEYOND, PIECE, broken, decoded, hex_lines


def shown(tree: Tree, width: int = 76) -> list[str]:
    return [text_of(line) for node in tree.nodes for line in tree.lines(node, width)]


def test_a_value_opens_as_far_as_that_takes_few_lines():
    tree = Tree(parse('{"type": "object", "p": {"a": {"x": 1}, "b": {}}, "r": ["city"]}'))
    assert shown(tree) == [
        "▾ { 3 keys",
        '  "type": "object",',
        '  ▾ "p": { 2 keys',
        '    ▾ "a": { 1 key',
        '      "x": 1',
        '    "b": {}',
        '  ▸ "r": [ 1 item: "city" ]',
    ]
    many = Tree(parse('{"a": {"x": 1, "y": 2}, "b": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]}'))
    assert shown(many) == ["▾ { 2 keys", '  ▸ "a": { 2 keys }', '  ▸ "b": [ 10 items ]']


def test_what_is_written_is_shown_also_what_a_parser_would_drop():
    tree = Tree(parse('{"a": 1.10, "a": 1e400, "b": 12345678901234567890123, "c": NaN, "d": null}'))
    assert shown(tree)[1:] == [
        '  "a": 1.10,', '  "a": 1e400,', '  "b": 12345678901234567890123,', '  "c": NaN,',
        '  "d": null',
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"a": 1,}', "JSON is not valid at character 9; shown as text."),
        ("{" + " " * 208 + "x", "JSON is not valid at character 210; shown as text."),
        ("[" * 100_000, "JSON is nested too deeply; shown as text."),
    ],
)
def test_what_is_no_json_says_where(text, words):
    with pytest.raises(NotJsonError) as caught:
        parse(text)
    assert str(caught.value) == words


def test_parts_open_and_close_and_a_long_text_opens_over_lines():
    tree = Tree(parse('{"long": "' + "lorem ipsum " * 30 + '", "l": [1, [2]]}'))
    tree.toggle(tree.nodes[0])
    assert shown(tree) == ["▸ { 2 keys }"]
    tree.toggle(tree.nodes[0])
    assert len(shown(tree)[1]) < 100
    tree.toggle(tree.nodes[1])
    assert len(tree.lines(tree.nodes[1], 76)) > 4
    assert all(len(line) <= 76 for line in shown(tree))


def test_a_text_is_found_in_names_and_values_and_what_hides_it_opens():
    tree = Tree(parse('{"a": {"b": {"City": 1}}, "c": [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, "in city"]}'))
    tree.toggle(tree.nodes[0])
    first = tree.find("city", None, 1)
    assert first.path == (0, 0, 0)
    assert tree.nodes[tree.index(first)] is first
    second = tree.find("city", first.path, 1)
    assert second.path == (1, 10)
    assert tree.find("city", second.path, 1) is first, "from the last to the first"
    assert tree.find("city", first.path, -1) is second
    assert tree.find("nowhere", None, 1) is None


def test_hostile_json_is_text():
    tree = Tree(parse('{"[/x]\\u001b[31m": "\\u202e\\u0007[bold]", "\\ud800": 1}'))
    joined = "".join(shown(tree))
    assert not [c for c in joined if c in "\x1b\u202e\x07\ud800"]
    assert "[/x]" in joined


@settings(deadline=None, max_examples=200)
@given(st.text(), st.integers(2, 40))
def test_no_line_is_wider_than_the_room_and_nothing_but_blanks_is_lost(text, width):
    lines = broken(text, width)
    assert all(cell_len(line) <= width for line in lines)
    if "\\" not in text and text.isprintable() and not any(cell_len(c) == 0 for c in text):
        assert "".join(lines).replace(" ", "") == text.replace(" ", "")


@settings(deadline=None, max_examples=100)
@given(
    st.lists(st.sampled_from("aé€😀\n"), min_size=1, max_size=40),
    st.sampled_from(("utf-8", "utf-16le", "utf-16be")),
)
def test_pieces_put_together_are_the_text(some, encoding):
    text = "".join(some) * (3 * PIECE // len("".join(some).encode(encoding)))
    raw = text.encode(encoding)
    pieces = [
        decoded(raw[at : at + PIECE + BEYOND], number, encoding)
        for number, at in enumerate(range(0, len(raw), PIECE))
    ]
    assert "".join(piece for piece, _ in pieces) == text
    assert not any(wrong for _, wrong in pieces)


def test_what_is_not_valid_is_shown_and_its_byte_told():
    assert decoded(b"ab\xffc", 0, "utf-8") == ("ab\\xffc", 2)
    assert decoded(b"a\xe2\x82", 0, "utf-8") == ("a\\xe2\\x82", 1)
    assert decoded(b"a\xffb", 3, "utf-8") == ("a\\xffb", 3 * PIECE + 1)


def test_bytes_are_shown_with_their_place():
    lines = [text_of(line) for line in hex_lines(bytes(range(40, 60)), 0x3B9AC9F0, 8)]
    assert lines[0] == (
        " 3b9ac9f0  28 29 2a 2b 2c 2d 2e 2f  30 31 32 33 34 35 36 37  |()*+,-./01234567|"
    )
    assert lines[1].startswith(" 3b9aca00  38 39 3a 3b ")
    assert len(lines[1].rstrip()) < len(lines[0])
