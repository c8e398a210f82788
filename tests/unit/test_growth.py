"""How a database grew: points of manifests, journals and a reading a day, and what they say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import Site
from tui.core.models import ActivityEntry, Growth, Point, TableFigures
from tui.operations.backup import BackupCreate
from tui.operations.measuring import growth as growing
from tui.operations.measuring.figures import measure
from tui.operations.reads.looking import LiveDatabase
from tui.operations.reads.short_reads import ShortReads
from tui.services.figures_store import FiguresStore
from tui.wording.measured import lasts_words, signed_size
from tui.wording.plots import plot

BEGIN = datetime(2026, 5, 21, tzinfo=UTC)
MIB = 2**20


def points(*sizes: int, every: float = 1.0) -> tuple[Point, ...]:
    return tuple(
        Point(key=f"daily:{n}", taken=BEGIN + timedelta(days=n * every), size=size)
        for n, size in enumerate(sizes)
    )


def figures_of(site: Site):
    return measure(ShortReads(LiveDatabase(site.deployment)))


def tools_in(site: Site) -> int:
    return LiveDatabase(site.deployment).count("tools")


@pytest.fixture
def stopped(make_site: Callable[..., Site]) -> Site:
    """A site with a backup, so with a state folder; nothing writes to it."""
    site = make_site(running=False)
    assert site.do(BackupCreate(site.deployment)).exit_code == 0
    return site


def test_each_backup_is_a_point_and_stays_one_when_it_is_pruned(stopped: Site) -> None:
    before = growing.read_growth(stopped.deployment)
    assert [point.source for point in before.points] == ["backup"]
    assert before.points[0].rows["tools"] == tools_in(stopped)
    for path in stopped.deployment.backup_dir.iterdir():
        path.unlink()
    assert growing.read_growth(stopped.deployment).points == before.points


def test_a_reading_is_kept_once_a_day(stopped: Site) -> None:
    figures = figures_of(stopped)
    later = replace(figures, taken=figures.taken.replace(hour=23, minute=59), pages=7)
    first = growing.read_growth(stopped.deployment, figures=figures)
    assert first.kept
    growing.read_growth(stopped.deployment, figures=later)
    tomorrow = replace(figures, taken=figures.taken + timedelta(days=1))
    found = growing.read_growth(stopped.deployment, figures=tomorrow)
    assert found.counted() == {"backup": 1, "daily": 2}
    assert [point.tables["tools"] > 0 for point in found.points if point.tables] == [True, True]


def test_the_derived_file_may_be_deleted_or_spoilt_at_any_time(stopped: Site) -> None:
    figures = figures_of(stopped)
    known = growing.read_growth(stopped.deployment, figures=figures)
    file = stopped.deployment.state_dir / "figures.db"
    file.unlink()
    assert growing.read_growth(stopped.deployment, figures=figures).points == known.points
    file.write_bytes(b"no database at all" * 1000)
    assert growing.read_growth(stopped.deployment, figures=figures).points == known.points
    assert FiguresStore(stopped.deployment.state_dir).points() == known.points
    assert file.stat().st_mode & 0o777 == 0o600


def test_looking_makes_no_state_folder_and_read_only_keeps_nothing(
    make_site: Callable[..., Site],
) -> None:
    site = make_site(running=False)
    found = growing.read_growth(site.deployment, figures=figures_of(site))
    assert (found.kept, len(found.points)) == (False, 1)
    assert not site.deployment.state_dir.exists()
    site.do(BackupCreate(site.deployment))
    growing.read_growth(replace(site.deployment, read_only=True), figures=figures_of(site))
    assert not (site.deployment.state_dir / "figures.db").exists()


def test_a_link_in_the_place_of_the_derived_file_is_not_followed(
    stopped: Site, tmp_path: Path
) -> None:
    target = tmp_path / "somebody-elses"
    target.write_bytes(b"untouched")
    (stopped.deployment.state_dir / "figures.db").symlink_to(target)
    found = growing.read_growth(stopped.deployment)
    assert (found.kept, len(found.points)) == (False, 1)
    assert target.read_bytes() == b"untouched"


def test_a_run_that_told_its_figures_is_a_point() -> None:
    entry = ActivityEntry(
        id="000001-vacuum", number=1, operation="vacuum", subject="", title="", started=BEGIN,
        who="", host="", origin="", pid=1, command="", state="done", seconds=5.0,
        result={"before": {"bytes": 90}, "after": {"bytes": 40_960, "pages": 10, "free_pages": 2}},
    )  # fmt: skip
    (point,) = growing.of_runs([entry, replace(entry, state="failed"), replace(entry, result={})])
    assert (point.key, point.size, point.unused) == ("run:000001-vacuum", 40_960, 8_192)
    assert point.taken == BEGIN + timedelta(seconds=5)


def test_a_days_growth_is_that_of_the_last_month() -> None:
    # It doubled long ago; since then it grows by a mebibyte a day.
    known = (*points(100 * MIB), *points(*(n * MIB for n in range(200, 240)))[5:])
    assert growing.a_day(known) == MIB
    assert growing.a_day(points(MIB)) is None
    assert growing.a_day(points(MIB, 2 * MIB, every=0.1)) is None
    before = growing.a_month_ago(known)
    assert before is not None
    assert before.taken == known[-1].taken - timedelta(days=30)


def test_how_long_the_disk_lasts() -> None:
    assert lasts_words(growing.lasts(100 * MIB, float(MIB)), float(MIB)) == "about 3 months"
    assert lasts_words(growing.lasts(100, 1e-9), 1e-9) == ">10 years"
    assert lasts_words(growing.lasts(100, -5.0), -5.0) == "it does not grow"
    assert lasts_words(None, None) == "not known yet"
    assert signed_size(-1.5 * MIB) == "-1.5M"


def test_a_tables_growth_is_measured_where_it_can_be_and_else_a_guess_by_rows(
    stopped: Site,
) -> None:
    figures = replace(
        figures_of(stopped), tables=(TableFigures(name="t", rows=100, data=6_000, indexes=4_000),)
    )
    by_rows = Point(key="backup:a", taken=figures.taken - timedelta(days=9), size=1, rows={"t": 50})
    known = Growth(points=(by_rows, growing.of_figures(figures)))
    assert growing.grown(known, figures, "t") == (5_000, True)
    exact = replace(by_rows, tables={"t": 8_000})
    known = Growth(points=(exact, growing.of_figures(figures)))
    assert growing.grown(known, figures, "t") == (2_000, False)
    assert growing.grown(known, figures, "gone") is None


# --- the plot ---------------------------------------------------------------------------------


def drawn(sizes: list[int], *, ascii_only: bool = False) -> list[str]:
    values = [(point.taken, point.size) for point in points(*sizes, every=10)]
    return plot(values, 60, 8, ascii_only=ascii_only)


def test_the_axis_begins_at_the_smallest_size_and_says_so() -> None:
    lines = drawn([327 * MIB, 350 * MIB, 420 * MIB])
    assert [line[:8] for line in lines[:6]] == [
        "  420M ┤", "       ┤", "       ┤", "  374M ┤", "       ┤", "  327M ┤",
    ]  # fmt: skip
    assert lines[0].endswith("█")
    assert lines[5].startswith("  327M ┤▁")
    assert lines[6].startswith("       └──")
    assert lines[7].split() == ["May", "21", "May", "26", "May", "31", "Jun", "04", "Jun", "10"]


def test_ascii_draws_with_five_letters_alone() -> None:
    text = "\n".join(drawn([327 * MIB, 340 * MIB, 350 * MIB, 420 * MIB], ascii_only=True))
    assert text.isascii()
    assert set("|".join(line.partition("|")[2] for line in text.splitlines()[:6])) <= set(" .:-=#|")
    assert "#" in text


def test_one_point_or_one_moment_is_no_plot() -> None:
    assert drawn([MIB]) == []
    assert plot([(BEGIN, MIB), (BEGIN, 2 * MIB)], 60, 8, ascii_only=False) == []


@given(
    sizes=st.lists(st.integers(1, 2**45), min_size=2, max_size=30),
    columns=st.integers(0, 150),
    lines=st.integers(0, 20),
)
def test_any_plot_fits_the_room_there_is(sizes: list[int], columns: int, lines: int) -> None:
    values = [(point.taken, point.size) for point in points(*sizes)]
    found = plot(values, columns, lines, ascii_only=False)
    assert len(found) in (0, lines)
    assert all(len(line) <= columns for line in found)
