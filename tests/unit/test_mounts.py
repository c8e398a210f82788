"""From DATABASE_URL to the file on the host, and what is said when there is none."""

import os

import pytest

from tui.services.mounts import filesystem, host_problems, inside_path, locate, on_host


def bind(source, destination="/app/data", **more):
    return {"Type": "bind", "Source": str(source), "Destination": destination, "RW": True, **more}


@pytest.fixture
def data(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "mcp.db").write_bytes(b"")
    return folder


@pytest.fixture
def ext4(tmp_path):
    return table(tmp_path, "ext4", "/")


def table(tmp_path, kind, point):
    path = tmp_path / "mountinfo"
    path.write_text(
        "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n"
        f"2 1 0:9 / {str(point).replace(' ', chr(92) + '040')} rw shared:1 - {kind} src rw\n"
    )
    return path


@pytest.mark.parametrize(
    ("url", "inside"),
    [
        ("sqlite:///./data/mcp.db", "/app/data/mcp.db"),
        ("sqlite:///data/mcp.db", "/app/data/mcp.db"),
        ("sqlite:////app/data/mcp.db", "/app/data/mcp.db"),
        ("sqlite:////app/x/../data/mcp.db", "/app/data/mcp.db"),
        ("sqlite+pysqlite:///./data/mcp.db?check_same_thread=false", "/app/data/mcp.db"),
        ("sqlite+aiosqlite:////app/data/mcp.db", "/app/data/mcp.db"),
        ("SQLite:////app/data/mcp.db", "/app/data/mcp.db"),
        ("sqlite:///file:/app/data/my%20db?mode=rw&uri=true", "/app/data/my db"),
        ("sqlite:///file:data/mcp.db?uri=true", "/app/data/mcp.db"),
        ("sqlite://", ""),
        ("sqlite:///:memory:", ""),
        ("postgresql://u:p@h/d", ""),
        ("", ""),
    ],
)
def test_urls(url, inside):
    assert inside_path(url, "/app") == inside


@pytest.mark.parametrize(
    "url",
    ["sqlite:///./data/mcp.db", "sqlite:////app/data/mcp.db", "sqlite+aiosqlite:///data/mcp.db"],
)
def test_a_mounted_folder_gives_the_file_on_the_host(data, ext4, url):
    found = locate(url, "/app", [bind("/elsewhere", "/app"), bind(data)], mountinfo=ext4)
    assert (found.path, found.inside) == (data / "mcp.db", "/app/data/mcp.db")
    assert found.problems == ()
    assert str(data) in found.how


def test_the_gateways_default_counts_when_nothing_is_set(data, ext4):
    found = locate("", "/app", [bind(data, "/app")], mountinfo=ext4)
    assert found.path == data / "mcp.db"


def test_a_folder_whose_name_only_begins_alike_is_not_the_mount(data):
    found = locate("sqlite:////app/data2/mcp.db", "/app", [bind(data)])
    assert found.problems[0].topic == "no-mount"


def test_a_symlinked_folder_and_file_are_resolved(data, ext4, tmp_path):
    (tmp_path / "link").symlink_to(data)
    (data / "alias.db").symlink_to("mcp.db")
    found = locate(
        "sqlite:////app/data/alias.db", "/app", [bind(tmp_path / "link")], mountinfo=ext4
    )
    assert found.path == data / "mcp.db"


@pytest.mark.parametrize(
    ("url", "mounts", "remote", "topic", "words"),
    [
        ("postgresql+psycopg://u:geheim@db/mcp", [], "", "postgresql", "pg_dump"),
        ("postgres://u:geheim@db/mcp", [], "", "postgresql", "pg_dump"),
        ("mysql+pymysql://u:geheim@db/mcp", [], "", "mysql", "mysqldump"),
        ("mariadb://u:geheim@db/mcp", [], "", "mysql", "mariadb-dump"),
        ("sqlite://", [], "", "memory", "gone when it stops"),
        ("sqlite:///data/mcp.db", [], "", "no-mount", "lives in the container"),
        (
            "sqlite:///data/mcp.db",
            [{"Type": "tmpfs", "Source": "", "Destination": "/app/data"}],
            "",
            "memory",
            "tmpfs",
        ),
        ("sqlite:///data/mcp.db", [bind("/x")], "10.0.0.5", "remote", "not on this machine"),
    ],
)
def test_a_database_that_is_no_file_here_is_said_and_greyed(url, mounts, remote, topic, words):
    found = locate(url, "/app", mounts, remote=remote)
    assert found.path is None
    (problem,) = found.problems
    assert problem.topic == topic and words in problem.text
    assert {"database", "replace", "migrations"} == set(problem.blocks)
    assert "geheim" not in repr(found)


def test_a_single_file_mount_blocks_replacing_and_names_the_change(data, ext4):
    found = locate(
        "sqlite:///data/mcp.db",
        "/app",
        [bind(data / "mcp.db", "/app/data/mcp.db")],
        mountinfo=ext4,
    )
    assert found.path == data / "mcp.db"
    (problem,) = found.problems
    assert problem.topic == "single-file" and "replace" in problem.blocks
    assert f"{data}:/app/data" in problem.text


def test_a_read_only_mount_is_said(data, ext4):
    found = locate("sqlite:///data/mcp.db", "/app", [bind(data, RW=False)], mountinfo=ext4)
    assert [problem.topic for problem in found.problems] == ["read-only"]


def volume(source):
    return {
        "Type": "volume",
        "Name": "vol_data",
        "Source": str(source),
        "Destination": "/app/data",
        "RW": True,
    }


def test_a_named_volume_works_for_who_may_look_into_it(data, ext4):
    found = locate("sqlite:///data/mcp.db", "/app", [volume(data)], mountinfo=ext4)
    assert (found.path, found.where) == (data / "mcp.db", "volume vol_data")
    assert found.problems == ()


def test_a_named_volume_is_for_root_otherwise():
    found = locate("sqlite:///data/mcp.db", "/app", [volume("/nowhere/_data")])
    assert found.where == "volume vol_data, root only"
    assert found.problems[0].topic == "volume" and "sudo" in found.problems[0].text


@pytest.mark.parametrize(
    "kind", ["nfs", "nfs4", "cifs", "smb3", "9p", "virtiofs", "fuse.sshfs", "vboxsf", "ceph"]
)
def test_network_filesystems_are_recognised(data, tmp_path, kind):
    (problem,) = host_problems(data / "mcp.db", table(tmp_path, kind, data))
    assert problem.topic == "network-fs" and kind in problem.text
    assert "replace" in problem.blocks


@pytest.mark.parametrize(
    "kind", ["ext4", "xfs", "btrfs", "zfs", "overlay", "tmpfs", "fuse.mergerfs"]
)
def test_local_filesystems_are_no_problem(data, tmp_path, kind):
    assert host_problems(data / "mcp.db", table(tmp_path, kind, data)) == []


def test_mount_points_with_blanks_are_understood(tmp_path):
    place = tmp_path / "my share"
    place.mkdir()
    assert filesystem(place / "x", table(tmp_path, "nfs4", place)) == "nfs4"


def test_the_filesystem_of_this_very_host_is_known(tmp_path):
    assert filesystem(tmp_path)
    assert filesystem(tmp_path / "x", tmp_path / "none") == ""


@pytest.mark.skipif(os.geteuid() != 0, reason="mounts a filesystem")
def test_a_read_only_filesystem_is_recognised(tmp_path):
    import subprocess

    place = tmp_path / "ro"
    place.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "ro", "none", place]).returncode:
        pytest.skip("this host lets nobody mount")
    try:
        (problem,) = host_problems(place / "mcp.db")
    finally:
        subprocess.run(["umount", place], check=True)
    assert problem.topic == "read-only" and str(place) in problem.text


def test_other_folders_of_the_container_are_found_on_the_host(data):
    assert on_host("logs", "/app", [bind("/srv/logs", "/app/logs")]).as_posix() == "/srv/logs"
    assert on_host("/app/data/x", "/", [bind(data)]) == data / "x"
    assert on_host("logs", "/app", []) is None
