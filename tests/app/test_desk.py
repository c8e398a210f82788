"""What is asked to be read: what becomes of it when something else comes, or it is dropped."""

from __future__ import annotations

import pytest

from tui.app.desk import Desk, Job
from tui.core.errors import Cancelled


class Posts:
    """Keeps what is posted, and tells who asked."""

    def __init__(self):
        self.answers = []

    def post_message(self, message):
        self.answers.append((message.job.kind, message.value, message.problem))
        return True


class Browser:
    def cancel(self):
        """Nothing is being read here."""


@pytest.fixture
def posts():
    return Posts()


def job(run, kind="count", *, idle=True):
    return Job(kind, run, lambda _value: None, lambda _why: None, idle)


def test_what_is_dropped_while_it_runs_is_not_begun_anew(posts):
    desk = Desk(posts)

    def dropped(_browser):
        desk.drop("count")
        assert desk.is_cancelled()
        raise Cancelled("Cancelled.")

    desk.ask(job(dropped))
    assert desk.work(Browser())
    assert posts.answers == [("count", None, "")]
    assert not desk.work(Browser())


def test_what_came_between_is_done_first_and_then_it_is_begun_anew(posts):
    desk, runs = Desk(posts), []

    def interrupted(_browser):
        runs.append("count")
        if len(runs) == 1:
            desk.ask(job(lambda _: "rows", "page", idle=False))
            raise Cancelled("Cancelled.")
        return 7

    desk.ask(job(interrupted))
    while desk.work(Browser()):
        pass
    assert posts.answers == [("page", "rows", None), ("count", 7, None)]


def test_a_later_one_of_its_kind_takes_its_place_and_both_are_answered(posts):
    desk = Desk(posts)

    def replaced(_browser):
        desk.ask(job(lambda _: "new"))
        raise Cancelled("Cancelled.")

    desk.ask(job(replaced))
    while desk.work(Browser()):
        pass
    assert posts.answers == [("count", None, ""), ("count", "new", None)]
