"""The command line loads only what the command that was typed needs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.cli.conftest import Place

PROBE = """
import json, os, sys
target = os.dup(1)
os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
sys.argv = ["mcpdb-tui", *sys.argv[1:]]
from tui.__main__ import main
try:
    main()
except SystemExit as ended:
    code = ended.code
loaded = sorted({name.split(".")[0] for name in sys.modules} | set(sys.modules))
os.write(target, json.dumps([code, loaded]).encode())
"""

HEAVY = {"textual", "rich", "alembic", "sqlalchemy", "sqlite_utils", "docker", "requests", "yaml"}


def loaded(*words: str, cwd: Path) -> tuple[int, set[str]]:
    done = subprocess.run(
        [sys.executable, "-c", PROBE, *words],
        cwd=cwd,
        env={**os.environ, "DOCKER_HOST": "unix:///nowhere/docker.sock"},
        stdout=subprocess.PIPE,
        check=True,
        timeout=60,
    )
    code, names = json.loads(done.stdout)
    return code, set(names)


def test_status_of_a_process_gateway_loads_nothing_heavy(place: Place) -> None:
    code, names = loaded("--project-dir", str(place.folder), "status", "--json", cwd=place.folder)
    assert code == 0
    assert not names & HEAVY
    assert not any(name.startswith("tui.app") for name in names)
    assert not any(name.startswith("tui.demo") for name in names)
    assert "tui.operations.restore" not in names


def test_reading_and_planning_load_nothing_heavy(place: Place) -> None:
    place.back_up()
    for words in (
        ("tables",),
        ("rows", "tools"),
        ("schema", "tools"),
        ("query", "SELECT 1"),
        ("backup", "list"),
        ("migrations", "list"),
        ("gateway", "status"),
        ("activity",),
        ("logs",),
        ("config", "show"),
        ("restore", "latest", "--plan"),
        ("migrations", "stamp", "6ea2f05bd913", "--plan"),
        ("reset", "--plan"),
    ):
        code, names = loaded("--project-dir", str(place.folder), *words, cwd=place.folder)
        assert code == 0, words
        assert not names & HEAVY, words


def test_help_and_a_wrong_word_load_no_command(tmp_path: Path) -> None:
    for words, expected in ((("--help",), 0), (("nonsense",), 2), (("--version",), 0)):
        code, names = loaded(*words, cwd=tmp_path)
        assert code == expected
        assert not names & HEAVY
        assert not any(name.startswith("tui.operations") for name in names)
        assert not any(name.startswith("tui.cli.commands.") for name in names)


def test_docker_is_loaded_only_where_docker_is_asked(tmp_path: Path) -> None:
    code, names = loaded("status", cwd=tmp_path)
    assert code == 13
    assert "docker" in names or "urllib" in names
    assert not names & (HEAVY - {"docker", "requests"})
