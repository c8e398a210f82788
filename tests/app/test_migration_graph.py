"""Merges and branches as lanes, for the usual shapes and for any graph at all."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tui.app.listing.migration_graph import FOLD, branches, drawn, ordered
from tui.core.models import Revision


def graph(**edges):
    """Revisions newest first, from what each follows."""
    return [
        Revision(revision=name, down=tuple(downs.split()), message=name)
        for name, downs in edges.items()
    ]


def picture(nodes):
    mark = {True: "┊", False: "●"}
    return [f"{n.before}{mark[bool(n.folded)]}{n.after}".ljust(9) + n.key for n in nodes]


MERGE = graph(
    t="m", m="l r1", l="x", r1="r2", r2="r3", r3="r4", r4="x", x="z", z=""
)  # fmt: skip


def test_a_line_takes_one_column():
    chain = graph(c="b", b="a", a="")
    assert not branches(chain)
    assert picture(drawn(chain)) == ["●        c", "●        b", "●        a"]


def test_a_merge_opens_a_lane_and_its_branch_point_closes_it():
    assert branches(MERGE)
    assert picture(drawn(MERGE, unfolded=None)) == [
        "●        t",
        "●──╮     m",
        "●  │     l",
        "│  ●     r1",
        "│  ●     r2",
        "│  ●     r3",
        "│  ●     r4",
        "●──╯     x",
        "●        z",
    ]


def test_the_middle_of_a_long_branch_is_folded_and_opens_on_demand():
    nodes = drawn(MERGE)
    assert picture(nodes)[3:6] == ["│  ●     r1", "│  ┊     fold:r2", "│  ●     r4"]
    assert nodes[4].folded == ("r2", "r3")
    assert len(drawn(MERGE, unfolded={nodes[4].key})) == len(MERGE)


def test_what_must_be_seen_is_never_folded():
    assert not [node for node in drawn(MERGE, keep={"r3"}) if node.folded]


def test_lanes_that_pass_are_crossed_and_several_ends_are_drawn():
    three = graph(m="a b c", a="x", b="x", c="x", x="")
    assert picture(drawn(three)) == [
        "●──┬──╮  m",
        "●  │  │  a",
        "│  ●  │  b",
        "│  │  ●  c",
        "●──┴──╯  x",
    ]
    crossed = graph(m="a b", a="p", n="p", b="q", p="q", q="")
    assert len(drawn(crossed)) == 6


def test_two_heads_have_a_lane_each():
    assert picture(drawn(graph(h="a", i="a", a=""))) == ["●        h", "│  ●     i", "●──╯     a"]


def test_what_follows_an_unknown_revision_is_drawn_as_the_first_one():
    assert picture(drawn(graph(b="gone", a="gone"))) == ["●        b", "●        a"]


def test_the_chain_decides_over_the_order_they_come_in():
    assert [item.revision for item in ordered(graph(a="", c="b", b="a"))] == ["c", "b", "a"]


@st.composite
def graphs(draw):
    size = draw(st.integers(0, 24))
    names = [f"r{n}" for n in range(size)]
    items = []
    for number, name in enumerate(names):
        below = names[number + 1 :]
        downs = draw(st.lists(st.sampled_from(below), max_size=4)) if below else []
        items.append(Revision(revision=name, down=tuple(downs), message=name))
    return draw(st.permutations(items))


@given(graphs(), st.booleans())
def test_any_graph_is_drawn_with_each_revision_once_and_in_the_chains_order(revisions, folded):
    nodes = drawn(revisions, unfolded=() if folded else None)
    shown = [name for node in nodes for name in (node.folded or (node.key,))]
    assert sorted(shown) == sorted(item.revision for item in revisions)
    place = {name: number for number, name in enumerate(shown)}
    assert all(place[item.revision] < place[down] for item in revisions for down in item.down)
    assert all(node.key.startswith(FOLD) == bool(node.folded) for node in nodes)


@given(graphs())
def test_every_lane_that_opens_leads_somewhere_and_none_is_left_at_the_end(revisions):
    nodes = drawn(revisions, unfolded=None)
    for above, node in pairwise(nodes):
        # A lane goes on below exactly where the next line has something in it.
        for at, character in enumerate(above.below):
            if character == "│":
                line = f"{node.before}●{node.after}"
                assert at < len(line) and line[at] != " "
    assert not nodes or not nodes[-1].below
