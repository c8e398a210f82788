from __future__ import annotations

import re

import pytest

from tui.core.models import Revision
from tui.services.migrations.releases import (
    first_release_with,
    head_of,
    precedes,
    release_of,
    released_on,
    releases,
    releases_of,
    short,
    span_of,
)


def chain(*revisions: str) -> list[Revision]:
    """Revisions newest first, each following the next."""
    downs = [*revisions[1:], ""]
    return [
        Revision(revision=name, down=(down,) if down else (), message=name)
        for name, down in zip(revisions, downs, strict=True)
    ]


def test_every_line_of_the_table_is_whole() -> None:
    assert len(releases()) > 20
    for known in releases():
        assert re.fullmatch(r"\d+\.\d+\.\d+(-(BETA|RC)-?\d+)?", known.name)
        assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", known.date)
        assert re.fullmatch(r"([0-9a-z]{12})?", known.head)
        assert known.source in ("git", "pypi")


def test_the_table_is_in_the_order_of_the_releases() -> None:
    dates = [known.date for known in releases()]
    assert dates == sorted(dates)


def test_a_revision_of_one_release_has_its_name() -> None:
    assert releases_of("7ab59991e017") == ("1.0.7",)
    assert release_of("7ab59991e017") == "1.0.7"
    assert span_of("7ab59991e017") == "1.0.7"


def test_a_shared_head_names_its_first_release_and_says_that_there_are_more() -> None:
    assert releases_of("e75490e949b1") == ("0.3.0", "0.3.1", "0.4.0", "0.5.0")
    assert release_of("e75490e949b1") == "0.3.0+"
    assert span_of("e75490e949b1") == "0.3.0 to 0.5.0"


@pytest.mark.parametrize("revision", ["", "000000000000"])
def test_a_revision_that_is_no_head_has_no_release(revision: str) -> None:
    assert releases_of(revision) == ()
    assert release_of(revision) == span_of(revision) == first_release_with(revision) == ""


def test_a_package_that_is_ahead_of_its_tag_is_known_too() -> None:
    assert releases_of("3c89a45f32e5") == ("0.8.0",)
    assert releases_of("l6f7g8h9i0j1") == ("0.9.0", "1.0.0-BETA-1")
    assert head_of("0.9.0") == "l6f7g8h9i0j1"


def test_names_fit_a_narrow_column() -> None:
    assert short("1.0.0-RC-3") == "1.0.0rc3"
    assert short("1.0.0-BETA-2") == "1.0.0b2"
    assert max(len(release_of(known.head)) for known in releases()) <= 8


def test_a_release_is_found_however_it_is_written() -> None:
    assert head_of("v1.0.7") == head_of("1.0.7") == "7ab59991e017"
    assert head_of("v1.0.0-RC-3") == head_of("1.0.0rc3") == "d3e4f5a6b7c8"
    assert head_of("9.9.9") == ""
    assert released_on("v1.0.7") == "2026-08-05"
    assert released_on("9.9.9") == ""


def test_a_revision_between_two_heads_came_with_the_head_above_it() -> None:
    graph = chain("7ab59991e017", "middle", "e198602c3c1e", "below")
    assert first_release_with("middle", graph) == "1.0.7"
    assert first_release_with("below", graph) == "1.0.5"
    assert first_release_with("middle") == ""


def test_releases_have_an_order() -> None:
    assert precedes("0.9.0", "v1.0.0-RC1")
    assert precedes("1.0.5", "1.0.7")
    assert not precedes("1.0.7", "1.0.5")
    assert not precedes("1.0.7", "9.9.9")
