"""Which gateway is meant: several, one, none; asked of an engine by the real program."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.conftest import Cli
from tests.unit.fake_engine import bind, container, engine


@pytest.fixture
def folders(tmp_path: Path) -> dict[str, Path]:
    """Two projects, each with a database."""
    made = {}
    for name in ("forge", "stage"):
        folder = tmp_path / name
        (folder / "data").mkdir(parents=True)
        with closing(sqlite3.connect(folder / "data/mcp.db")) as connection:
            connection.execute(f"CREATE TABLE of_{name} (id)")
            connection.commit()
        made[name] = folder
    return made


def gateways(folders: dict[str, Path]) -> list[object]:
    return [
        container(f"{name}-gateway-1", project=name, folder=folder, mounts=[bind(folder / "data")])
        for name, folder in folders.items()
    ]


def test_several_and_none_chosen_are_listed_and_2(tmp_path: Path, folders: dict[str, Path]) -> None:
    with engine(tmp_path / "d.sock", gateways(folders)) as host:
        cli = Cli([], tmp_path, {"DOCKER_HOST": host})
        done = cli("tables")
        assert done.code == 2, done
        assert done.out == ""
        for name, folder in folders.items():
            assert f"{name}-gateway-1" in done.err
            assert str(folder / "data/mcp.db") in done.err
        assert "--container NAME" in done.err.splitlines()[-1]
        error = cli.json("tables").document["error"]
        assert error["code"] == "usage"
        assert [c["container"] for c in error["candidates"]] == [
            "forge-gateway-1",
            "stage-gateway-1",
        ]


def test_a_container_a_service_a_folder_or_standing_in_it_chooses(
    tmp_path: Path, folders: dict[str, Path]
) -> None:
    stage = folders["stage"]
    with engine(tmp_path / "d.sock", gateways(folders)) as host:
        env = {"DOCKER_HOST": host}
        for cli, words in (
            (Cli([], tmp_path, env), ("--container", "stage-gateway-1")),
            (Cli([], tmp_path, {**env, "MCPDB_CONTAINER": "stage-gateway-1"}), ()),
            (Cli([], tmp_path, env), ("--project-dir", str(stage))),
            (Cli([], tmp_path, env), ("--db", str(stage / "data/mcp.db"))),
            (Cli([], stage, env), ()),
        ):
            done = cli("tables", *words)
            assert done.code == 0, (words, done)
            assert "of_stage" in done.out
        shown = Cli([], stage, env).json("config", "show").document["data"]
        assert shown["candidates"] == ["stage"]
        unknown = Cli([], tmp_path, env)("tables", "--container", "nobody")
        assert unknown.code == 10
        assert "forge-gateway-1" in unknown.err


def test_an_engine_without_a_gateway_is_10_and_says_where_it_looked(tmp_path: Path) -> None:
    with engine(tmp_path / "d.sock", []) as host:
        cli = Cli([], tmp_path, {"DOCKER_HOST": host})
        for words in (("status",), ("tables",), ("backup", "create")):
            done = cli(*words)
            assert done.code == 10, (words, done)
            assert "Looked at: 0 containers" in done.err
            assert done.err.count("\n") == 1
        assert cli("config", "show").code == 0
