"""Settings: who wins, where a value came from, and what is said about nonsense."""

import os
from pathlib import Path

import pytest

from tui.core.errors import UsageError
from tui.core.setting_keys import KEYS
from tui.core.settings import Flags, load


@pytest.fixture
def project(tmp_path):
    folder = tmp_path / "forge"
    folder.mkdir()
    return folder


@pytest.fixture
def user(tmp_path):
    folder = tmp_path / "config" / "mcpdb-tui"
    folder.mkdir(parents=True)
    return folder / "config.toml"


@pytest.fixture
def environ(tmp_path):
    return {"XDG_CONFIG_HOME": str(tmp_path / "config"), "HOME": str(tmp_path)}


def toml(project, text):
    path = project / "mcpdb.toml"
    path.write_text(text)
    return path


def test_each_source_beats_the_ones_below_it(project, user, environ):
    found = []
    settings = load(Flags(), environ, project)
    settings = settings.discovered({"name": "from docker"}, "container forge-gateway-1")
    found.append(settings.setting("name"))
    user.write_text('name = "from user"\n')
    found.append(load(Flags(), environ, project).setting("name"))
    path = toml(project, 'name = "from project"\n')
    found.append(load(Flags(), environ, project).setting("name"))
    environ["MCPDB_NAME"] = "from environment"
    found.append(load(Flags(), environ, project).setting("name"))
    found.append(load(Flags(name="from flag"), environ, project).setting("name"))
    assert [(item.value, item.origin) for item in found] == [
        ("from docker", "discovered: container forge-gateway-1"),
        ("from user", str(user)),
        ("from project", str(path)),
        ("from environment", "MCPDB_NAME"),
        ("from flag", "flag --name"),
    ]


def test_discovery_does_not_override_what_was_written_down(project, environ):
    toml(project, 'name = "mine"\n')
    settings = load(Flags(), environ, project).discovered({"name": "theirs", "container": "c"})
    assert settings["name"] == "mine"
    assert (settings["container"], settings.origin("container")) == ("c", "discovered")


def test_every_setting_has_a_row_with_its_origin(project, environ):
    rows = load(Flags(read_only=True), environ, project).rows()
    assert [row[0] for row in rows] == list(KEYS)
    assert ("read_only", "yes", "flag --read-only") in rows
    assert ("package", "mcpgateway", "default") in rows


def test_the_project_file_is_found_upwards_and_its_folder_is_the_project(project, environ):
    path = toml(project, "")
    below = project / "data" / "deeper"
    below.mkdir(parents=True)
    settings = load(Flags(), environ, below)
    assert settings.project_file == path
    assert settings["project_dir"] == project


def test_a_database_given_by_flag_is_looked_after_by_the_project_around_it(project, environ):
    toml(project, 'name = "around"\n')
    flags = Flags(database=str(project / "data" / "mcp.db"))
    assert load(flags, environ, Path("/"))["name"] == "around"


def test_relative_paths_start_where_they_were_written(project, user, environ, tmp_path):
    toml(project, 'database = "data/mcp.db"\nlog_files = ["logs"]\npython = "venv/bin/python"\n')
    user.write_text('backup_dir = "backups"\n')
    settings = load(Flags(project_dir="forge"), environ, tmp_path)
    assert settings["database"] == project / "data/mcp.db"
    assert settings["log_files"] == (project / "logs",)
    assert settings["python"] == str(project / "venv/bin/python")
    assert settings["backup_dir"] == user.parent / "backups"
    assert load(Flags(database="x.db"), environ, tmp_path)["database"] == tmp_path / "x.db"


def test_an_empty_variable_is_not_set(project, environ):
    environ["MCPDB_READ_ONLY"] = ""
    assert load(Flags(), environ, project).origin("read_only") == "default"


@pytest.mark.parametrize(
    ("raw", "word"),
    [("true", "PROD"), ('"yes"', "PROD"), ("false", ""), ('"0"', ""), ('"PROD-EU"', "PROD-EU")],
)
def test_production_is_a_flag_or_a_word(project, environ, raw, word):
    toml(project, f"production = {raw}\n")
    assert load(Flags(), environ, project)["production"] == word


def test_a_gateway_table_becomes_a_process_gateway(project, environ):
    toml(
        project,
        """
        [gateway]
        kind = "process"
        start = "python -m gateway 'with space'"
        stop = ["python", "stop.py"]
        pid_file = "gateway.pid"
        health_url = "http://127.0.0.1:1/health"
        stop_timeout = 5
        """,
    )
    ref = load(Flags(), environ, project).process()
    assert ref.folder == str(project)
    assert ref.start == ("python", "-m", "gateway", "with space")
    assert ref.stop == ("python", "stop.py")
    assert ref.pid_file == str(project / "gateway.pid")
    assert (ref.stop_timeout, ref.health_timeout) == (5.0, 30.0)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("name = ", "is not valid TOML"),
        ("nmae = 'x'", "nmae is not a setting"),
        ("read_only = 'perhaps'", "read_only must be true or false"),
        ("name = 3", "name must be text"),
        ("database = ''", "database must be a path"),
        ("log_files = [1]", "log_files must be a list of texts"),
        ("glyphs = 'runes'", "glyphs must be one of auto, unicode, ascii"),
        ("production = 3", "production must be true, false or a word"),
        ("retention = 3", "retention must be a table"),
        ("gateway = 3", "[gateway] must be a table"),
        ("[gateway]\nkind = 'ship'", 'kind must be "process"'),
        ("[gateway]\nkind = 'process'", "start is missing"),
        ("[gateway]\nkind = 'process'\nstart = 'a'\nstop = 'b'", "needs pid_file or running"),
        ("[gateway]\nkind = 'process'\nstart = \"a 'b\"\nstop = 'b'", "start cannot be split"),
        ("[gateway]\nkind = 'process'\ncolour = 'red'", "colour is not a setting"),
        (
            "[gateway]\nkind='process'\nstart='a'\nstop='b'\npid_file='p'\nstop_timeout=-1",
            "stop_timeout must be seconds",
        ),
    ],
)
def test_a_mistake_in_the_file_is_one_sentence_with_file_and_key(project, environ, text, complaint):
    path = toml(project, text)
    with pytest.raises(UsageError) as caught:
        load(Flags(), environ, project)
    assert complaint in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_file_that_is_not_text_is_one_sentence(project, environ):
    (project / "mcpdb.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match=r"mcpdb\.toml is not valid TOML"):
        load(Flags(), environ, project)


def test_a_mistake_in_the_environment_names_the_variable(project, environ):
    environ["MCPDB_READ_ONLY"] = "maybe"
    with pytest.raises(UsageError, match="MCPDB_READ_ONLY must be true or false"):
        load(Flags(), environ, project)


def test_a_project_dir_that_is_none_is_a_mistake(tmp_path, environ):
    with pytest.raises(UsageError, match=r"nowhere \(flag --project-dir\) is not a folder"):
        load(Flags(project_dir=str(tmp_path / "nowhere")), environ, tmp_path)


def test_a_file_that_everybody_may_write_is_refused(project, environ):
    toml(project, "").chmod(0o666)
    with pytest.raises(UsageError, match="can be written by everybody"):
        load(Flags(project_dir=str(project)), environ, project)


needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="gives a file to another user")


@needs_root
def test_a_strangers_file_met_on_the_way_up_is_refused_unless_it_is_named(project, environ):
    path = toml(project, 'name = "theirs"\n')
    os.chown(path, 12345, 12345)
    with pytest.raises(UsageError, match="belongs to uid 12345, not to you"):
        load(Flags(), environ, project)
    assert load(Flags(project_dir=str(project)), environ, project)["name"] == "theirs"
    environ["SUDO_UID"] = "12345"
    assert load(Flags(), environ, project)["name"] == "theirs"


@needs_root
def test_a_strangers_file_of_a_discovered_project_gives_harmless_keys_alone(
    project, environ, tmp_path
):
    path = toml(project, 'production = true\npython = "/tmp/evil"\n')
    os.chown(path, 12345, 12345)
    settings = load(Flags(), environ, tmp_path).for_project(project)
    assert (settings["production"], settings["python"]) == ("PROD", "")


def test_a_discovered_projects_own_file_counts(project, environ, tmp_path):
    toml(project, 'production = "EU"\nbackup_dir = "b"\n')
    settings = load(Flags(), environ, tmp_path).for_project(project)
    assert (settings["production"], settings["backup_dir"]) == ("EU", project / "b")
