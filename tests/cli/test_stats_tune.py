"""`stats` and `tune`: what they print, their JSON, and the exit codes of what is refused."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Place
from tui.cli.schema import DATA
from tui.operations.measuring.tuning import kept_in_file


def test_stats_tells_tables_unused_pages_and_where_its_points_come_from(place: Place) -> None:
    place.back_up()
    done = place.cli("stats")
    assert done.code == 0, done
    for words in ("database", "unused", "tool_metrics", "points: 1 manifest, 1 daily reading"):
        assert words in done.out, words
    data = place.cli("--json", "stats").document["data"]
    assert set(data) == set(DATA["stats"])
    found = data["database"]
    assert found["pages"] * found["page_size"] == found["size"]
    assert {table["name"] for table in found["tables"]} >= {"tools", "gateways"}
    assert data["growth"]["kept"] is True


def test_growth_is_a_plot_once_there_are_two_moments(place: Place) -> None:
    place.back_up()
    done = place.cli("stats", "--growth")
    assert done.code == 0, done
    assert "daily" in done.out
    assert "┤" in done.out or "|" in done.out


def test_each_index_stands_with_its_size_and_the_one_that_it_repeats(quiet: Place) -> None:
    done = quiet.cli("stats", "--indexes")
    assert done.code == 0, done
    assert "ix_tools_gateway_id" in done.out
    assert "1 index repeats another" in done.out


def test_looking_at_the_figures_makes_no_state_folder(quiet: Place) -> None:
    done = quiet.cli("stats")
    assert done.code == 0, done
    assert not quiet.deployment.state_dir.exists()


def test_tune_lists_who_can_change_what(place: Place) -> None:
    done = place.cli("tune")
    assert done.code == 0, done
    assert "SQLITE_TIMEOUT" in done.out
    assert "tune page_size=" in done.out
    data = place.cli("--json", "tune").document["data"]
    names = {setting["name"]: setting for setting in data["settings"]}
    assert names["page_size"]["in_file"] == "4096"
    assert names["busy_timeout"]["choices"] == []


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("busy_timeout=9000", "--stop"), 2, "per connection"),
        (("nothing=1",), 2, "no setting"),
        (("page_size",), 2, "PRAGMA=VALUE"),
        (("--stop",), 2, "what is to be changed"),
        (("page_size=4096", "--stop"), 2, "is 4096 already"),
        (("page_size=8192",), 11, "--stop allows"),
        (("journal_mode=delete", "--stop"), 12, "not from outside"),
        (("page_size=8192", "--plan"), 11, "--stop allows"),
    ],
)
def test_what_is_refused_says_why_and_changes_nothing(
    place: Place, words: tuple[str, ...], code: int, said: str
) -> None:
    before = kept_in_file(place.deployment)
    done = place.cli("--yes", "tune", *words)
    assert (done.code, said in done.err + done.out) == (code, True), done
    assert kept_in_file(place.deployment) == before


def test_a_page_size_is_changed_and_read_back(quiet: Place) -> None:
    done = quiet.cli("tune", "page_size=8192")
    assert done.code == 0, done
    assert "page_size is 8192 now, it was 4096" in done.out
    assert kept_in_file(quiet.deployment)["page_size"] == "8192"
