"""Seconds from the start of a program to its first screen: ours, a bare Textual app, a peer."""

from __future__ import annotations

import subprocess
import sys
import time
import venv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench.typist import Took, Typist

BARE = """
from textual.app import App
from textual.widgets import Static

class Bare(App):
    def compose(self):
        yield Static("all there is")

Bare().run()
"""


@dataclass(frozen=True)
class Peer:
    """Another program that shows tables of a SQLite file."""

    package: str
    program: str
    words: tuple[str, ...]
    """Of the command line, before the file."""
    shows: str
    """What stands on its first screen."""


PEERS = (
    Peer("harlequin", "harlequin", ("--adapter", "sqlite"), "Data Catalog"),
    Peer("sqlit-tui", "sqlit", ("connect", "sqlite", "--file-path"), "Explorer"),
)


def first_screens(
    ours: Sequence[str],
    environment: Mapping[str, str],
    database: Path,
    cache: Path,
    times: int,
) -> tuple[dict[str, list[Took]], list[str]]:
    """How long each takes to its first screen, in turns; and what could not be measured."""
    why: list[str] = []
    if not times:
        return {}, ["First screens were not measured."]
    programs: dict[str, tuple[Sequence[str], Callable[[str], object]]] = {
        "ours": (ours, lambda s: "0 Home" in s),
        "bare Textual": ([sys.executable, "-c", BARE], lambda s: "all there is" in s),
    }
    for peer in PEERS:
        program = _installed(peer, cache, why)
        if program is not None:
            command = [str(program), *peer.words, str(database)]
            programs[peer.program] = (command, lambda s, shows=peer.shows: shows in s)
    home = cache / "home"
    home.mkdir(exist_ok=True)
    own = {**environment, "HOME": str(home), "XDG_CONFIG_HOME": str(home / ".config")}
    found: dict[str, list[Took]] = {}
    # The first round warms the file cache, and a peer writes its settings.
    for round_ in range(times + 1):
        for name, (command, there) in list(programs.items()):
            try:
                took = _first_screen(command, database.parent, own, there)
            except AssertionError as error:
                why.append(f"No first screen of {name}: {str(error).splitlines()[0]}")
                del programs[name]
                continue
            if round_:
                found.setdefault(name, []).append(took)
    return found, why


def _first_screen(
    command: Sequence[str], folder: Path, environment: Mapping[str, str],
    there: Callable[[str], object],
) -> Took:  # fmt: skip
    begun = time.perf_counter()
    with Typist(command, cwd=folder, environment=environment) as terminal:
        return terminal.until(there, begun)


def _installed(peer: Peer, cache: Path, why: list[str]) -> Path | None:
    """The peer's program, in an environment of its own that is kept; None where there is none."""
    folder = cache / f"peer-{peer.package}"
    program = folder / "bin" / peer.program
    if not program.exists():
        venv.create(folder, with_pip=True, clear=True)
        done = subprocess.run(
            [folder / "bin" / "pip", "install", "--quiet", peer.package],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode or not program.exists():
            said = (done.stderr.strip().splitlines() or ["pip said nothing"])[-1]
            why.append(f"{peer.package} could not be installed, so it is not compared: {said}")
            return None
    return program
