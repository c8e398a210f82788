"""`stats`: what the database is made of, and how it grew."""

from __future__ import annotations

import click

from tui.cli.click_parts import Command
from tui.cli.commands.sources import browser_of
from tui.cli.interruptible import interruptible
from tui.cli.report.emit import emit
from tui.cli.report.stats import growth_lines, index_lines, stats_data, stats_lines
from tui.cli.session import Session
from tui.operations.measuring.figures import measure
from tui.operations.measuring.growth import read_growth


@click.command(cls=Command)
@click.option("--growth", "grew", is_flag=True, help="How it grew: a plot, and every point.")
@click.option("--indexes", is_flag=True, help="Each index by size, and the other that it repeats.")
@click.pass_obj
def stats(session: Session, grew: bool, indexes: bool) -> int:
    """Pages, tables by size, unused space, indexes that repeat others, and growth.

    Reads every page once. One reading a day is kept in the state folder (figures.db, which may be
    deleted at any time); the other points come from the backups' manifests and from the journals.
    """
    browser = browser_of(session, None)
    figures = interruptible(lambda: measure(browser), browser.cancel, "stats")
    growth = read_growth(session.deployment, figures=figures)
    console = session.console
    if indexes:
        lines = index_lines(figures)
    elif grew:
        lines = growth_lines(growth, console.width, ascii_only=console.ascii)
    else:
        lines = stats_lines(figures, growth)
    return emit(session, stats_data(figures, growth), lines)
