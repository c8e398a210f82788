"""Any number of rows: moves at once, asks for one thing at a time, holds few, loses none."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.app.row_grid_stage import read, tools
from tui.app.grid import cache
from tui.app.grid.feed import Feed
from tui.app.grid.layout import GAP, first_for, lay_out
from tui.core.models.rows import Order
from tui.services.sqlite import paging
from tui.services.sqlite.relations import relation


class Source:
    """Answers the wishes of a feed, each when it is told to."""

    def __init__(self, connection, **view):
        self.connection = connection
        table = relation(connection, "tools")
        self.view = paging.View(relation=table, columns=("id", "name"), **view)
        self.asked, self.dropped, self.limits = [], [], []
        self.feed = Feed(self.ask, self.dropped.append)
        self.feed.columns = 2
        self.feed.resize(10)

    def ask(self, wish):
        self.asked.append(wish)
        self.limits.append(wish.limit)
        assert len(self.asked) == 1, "one wish at a time"

    def answer(self):
        wish = self.asked.pop()
        return self.feed.take(read(self.connection, self.view, wish), wish)

    def run(self):
        taken = None
        while self.asked:
            taken = self.answer()
        return taken

    @property
    def ids(self):
        """The ids of the rows in sight; None where one is on its way."""
        feed = self.feed
        slots = range(feed.sight.top, feed.sight.last + 1)
        held = [feed.window.at(slot) for slot in slots if feed.can_be(slot)]
        return [row.row.cells[0] if row else None for row in held]

    @property
    def at(self):
        return self.feed.row.cells[0] if self.feed.row else None


@pytest.fixture(scope="module")
def connection(tmp_path_factory):
    return tools(tmp_path_factory.mktemp("rows") / "tools.db", 3_000)


@pytest.fixture
def source(connection):
    source = Source(connection)
    source.feed.show()
    return source


@pytest.mark.parametrize(
    "order", [(), (Order(column="type", descending=True), Order(column="size"))], ids=str
)
def test_going_through_a_table_shows_each_row_once_and_holds_few(connection, order, monkeypatch):
    monkeypatch.setattr(cache, "ROWS", 300)
    source = Source(connection, order=order)
    by = " ORDER BY type DESC, size" if order else ""
    expected = [row[0] for row in connection.execute(f"SELECT id FROM tools{by}")]
    source.feed.show()
    source.run()
    for page in range(300):
        assert source.ids == expected[page * 10 : page * 10 + 10]
        assert len(source.feed.window) <= 300
        source.feed.turn(10)
        source.run()
    for page in range(299, -1, -1):
        assert source.ids == expected[page * 10 : page * 10 + 10]
        source.feed.turn(-10)
        source.run()
    assert source.feed.window.number(source.feed.sight.cursor) == 0


def test_a_held_key_asks_for_more_at_once_not_more_often(source):
    source.run()
    asked = len(source.limits)
    for _ in range(50):
        source.feed.turn(10)
    assert source.ids == [None] * 10, "the cursor went on over placeholders"
    assert len(source.limits) == asked + 1
    source.run()
    assert source.at == 5_000
    assert len(source.limits) <= asked + 4
    assert max(source.limits) <= 1_000


def test_the_cursor_is_only_so_far_ahead(source):
    source.run()
    held = source.feed.window.end
    for _ in range(500):
        source.feed.turn(10)
    assert source.feed.sight.cursor <= held + 1_000


def test_a_page_ahead_is_there_before_it_is_needed(source):
    source.run()
    for page in range(1, 100):
        source.feed.turn(10)
        assert source.ids == list(range(page * 100, page * 100 + 100, 10)), "no placeholder"
        source.run()


def test_of_jumps_the_newest_wins(source):
    source.feed.to_edge(1)
    source.feed.to_number(1_000)
    assert [wish.kind for wish in source.dropped] == ["top"], "that read may be stopped"
    source.feed.to_number(2_000)
    assert not source.answer().used
    assert source.asked[0].kind == "row"
    assert source.asked[0].number == 2_000
    source.run()
    assert source.at == 20_000


def test_a_dropped_read_that_failed_is_no_failure(source):
    source.feed.to_edge(1)
    source.feed.failed(source.asked.pop(), "interrupted")
    assert not source.feed.problem
    source.run()
    assert source.at == 29_990


def test_after_a_failure_nothing_is_asked_until_a_key_is_pressed(source):
    source.run()
    source.feed.turn(60)
    source.feed.failed(source.asked.pop(), "disk I/O error")
    source.feed.count(3_000)
    assert not source.asked
    assert source.feed.problem == "disk I/O error"
    source.feed.move(1)
    source.run()
    assert source.at == 610


def test_the_end_has_numbers_once_the_rows_are_counted(source):
    source.run()
    source.feed.to_edge(1)
    source.run()
    feed = source.feed
    assert source.at == 29_990
    assert feed.window.number(feed.sight.cursor) is None
    feed.count(3_000)
    assert feed.window.number(feed.sight.cursor) == 2_999
    assert feed.window.about, "the count may be older"


@pytest.mark.parametrize(("number", "found"), [(0, 0), (5, 50), (2_999, 29_990), (9_999, 29_990)])
def test_row_n_or_the_last_one(source, number, found):
    source.run()
    source.feed.to_edge(1)
    source.run()
    source.feed.to_number(number)
    source.run()
    assert source.at == found


def test_a_late_answer_for_another_view_is_not_taken(source):
    late = source.asked.pop()
    source.feed.show()
    page = read(source.connection, source.view, late)
    assert not source.feed.take(page, late).used
    assert source.run().used


@pytest.mark.parametrize("seed", range(6))
def test_whatever_keys_come_while_answers_are_late(connection, seed, monkeypatch):
    monkeypatch.setattr(cache, "ROWS", 250)
    chance = random.Random(seed)
    source = Source(connection)
    feed = source.feed
    feed.show()
    moves = (
        lambda: feed.turn(chance.choice((-10, 10))),
        lambda: feed.move(chance.choice((-1, 1))),
        lambda: feed.scroll(chance.choice((-3, 3))),
        lambda: feed.to_edge(chance.choice((-1, 1))),
        lambda: feed.to_number(chance.randrange(3_100)),
        lambda: feed.to_row_of((chance.randrange(3_000) * 10,)),
        lambda: feed.resize(chance.randrange(1, 40)),
        feed.read_again,
        lambda: feed.count(chance.choice((None, 2_990, 3_000, 3_010))),
    )
    for _ in range(400):
        chance.choices(moves, (9, 9, 5, 1, 1, 1, 1, 1, 1))[0]()
        while source.asked and chance.random() < 0.5:
            source.answer()
        there = [number for number in source.ids if number is not None]
        assert there == list(range(there[0], there[0] + 10 * len(there), 10)) if there else True
        assert feed.sight.top <= feed.sight.cursor <= feed.sight.last
        if feed.row is not None and not feed.window.about:
            assert feed.window.number(feed.sight.cursor) in (None, source.at // 10)
    if source.asked:
        source.run()
    assert source.at is not None
    assert None not in source.ids


# --- reading again ------------------------------------------------------------------------


@pytest.fixture
def changing(tmp_path):
    source = Source(tools(tmp_path / "tools.db", 200))
    source.feed.show()
    source.run()
    for _ in range(3):
        source.feed.turn(10)
        source.run()
    source.feed.move(4)
    return source


def test_reading_again_stays_on_the_row_and_its_line_and_tells_what_changed(changing):
    before, line = changing.ids, changing.feed.sight.cursor - changing.feed.sight.top
    changing.connection.execute("UPDATE tools SET name = 'other' WHERE id = 350")
    changing.connection.execute("INSERT INTO tools (id, name) VALUES (345, 'new'), (5, 'new')")
    changing.feed.read_again()
    while changing.asked:
        assert changing.ids == before, "the old rows stay until the new ones are there"
        taken = changing.answer()
    assert changing.at == 340
    assert changing.feed.sight.cursor - changing.feed.sight.top == line
    assert changing.ids == [300, 310, 320, 330, 340, 345, 350, 360, 370, 380]
    assert taken.changed == {(350,): frozenset({"name"})}
    assert not taken.gone


@pytest.mark.parametrize("order", [(), (Order(column="name"),)], ids=["by key", "by name"])
def test_a_row_that_is_gone_gives_way_to_the_next(changing, order):
    if order:
        changing.view = paging.View(
            relation=changing.view.relation, columns=("id", "name"), order=order
        )
        changing.feed.show()
        changing.run()
        changing.feed.to_number(34)
        changing.run()
    assert changing.at == 340
    changing.connection.execute("DELETE FROM tools WHERE id = 340")
    changing.feed.read_again()
    assert changing.run().gone
    assert changing.at == 350


def test_the_last_row_that_is_gone_gives_way_to_the_one_before(changing):
    changing.feed.to_edge(1)
    changing.run()
    changing.connection.execute("DELETE FROM tools WHERE id = 1990")
    changing.feed.read_again()
    assert changing.run().gone
    assert changing.at == 1980
    assert changing.ids[-1] == 1980


def test_all_rows_gone(changing):
    changing.connection.execute("DELETE FROM tools")
    changing.feed.read_again()
    changing.run()
    assert changing.feed.is_empty
    assert changing.at is None


def test_keys_that_come_while_rows_are_read_again_are_not_lost(changing):
    changing.feed.read_again()
    changing.feed.move(1)
    changing.run()
    assert changing.at == 350
    changing.feed.read_again()
    for _ in range(6):
        changing.feed.turn(10)
    changing.run()
    assert changing.at == 950


def test_a_view_without_a_key_goes_by_number(tmp_path):
    connection = tools(tmp_path / "tools.db", 300)
    connection.execute("CREATE VIEW some AS SELECT id, name FROM tools WHERE type IS NULL")
    source = Source(connection)
    source.view = paging.View(relation=relation(connection, "some"), columns=("id", "name"))
    source.feed.show()
    for _ in range(4):
        source.run()
        source.feed.turn(10)
    assert source.ids == list(range(1_200, 1_500, 30)), "which begins at row 41"
    source.feed.read_again()
    source.run()
    assert source.ids == list(range(1_200, 1_500, 30))
    source.feed.to_edge(1)
    source.run()
    assert source.at == 2_970


# --- columns ------------------------------------------------------------------------------


@given(
    st.lists(st.integers(1, 300), min_size=1, max_size=60),
    st.integers(4, 250),
    st.integers(0, 5),
    st.data(),
)
def test_columns_never_overlap_and_the_cursor_s_is_in_sight(widths, room, frozen, data):
    column = data.draw(st.integers(0, len(widths) - 1))
    before = data.draw(st.integers(0, len(widths) - 1))
    first = first_for(column, before, len(widths), widths.__getitem__, room, frozen)
    layout = lay_out(len(widths), widths.__getitem__, room, first=first, frozen=frozen)
    edge = 0
    for place in layout.places:
        assert place.x >= edge
        assert place.width >= 1
        edge = place.x + place.width + GAP
    assert edge - GAP <= room
    place = layout.of(column)
    assert place is not None
    alone = place == layout.places[layout.frozen] if column >= layout.frozen else False
    assert place.width >= min(widths[column], 32) or alone


def test_only_columns_in_sight_are_asked_for_their_width():
    asked = []

    def wanted(column):
        asked.append(column)
        return 10

    lay_out(2_000, wanted, 100, first=first_for(1_500, 0, 2_000, wanted, 100, 1), frozen=1)
    assert len(set(asked)) < 40
