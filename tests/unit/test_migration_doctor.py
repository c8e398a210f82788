"""The doctor of migrations: on real files of the demo, with the revisions of its real package."""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.conftest import Site
from tests.faults import NOBODY, as_nobody, needs_root, print_of, wait_for
from tui.core.models import (
    Backup,
    Catalogue,
    GatewayState,
    Health,
    MigrationFinding,
    Revision,
    Timeline,
)
from tui.core.models.backups import BackupKind
from tui.core.operation import Verdict
from tui.demo import deployment as demo
from tui.operations.backup import BackupCreate
from tui.operations.cataloguing.recommended import recommended, told_copy
from tui.operations.finding.gateways import gateway_of
from tui.operations.timelines.migration_doctor import examine
from tui.operations.timelines.migration_stamp import looks_like, stamp_findings
from tui.operations.timelines.timeline import place
from tui.services.migrations.expected import Effect, effects, schema_of
from tui.services.migrations.graph import MigrationGraph
from tui.services.migrations.probe import read_local

HEAD, BEFORE = "d45c8b39e07f", "6ea2f05bd913"
STOPPED = GatewayState(running="stopped", exit_code=0)
HEALTHY = Health(verdict="healthy", text="healthy")


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> MigrationGraph:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        return read_local(sys.executable, "tui.demo")


@pytest.fixture
def stopped(make_site: Callable[..., Site]) -> Site:
    return make_site(running=False)


def change(site: Site, *statements: str) -> None:
    with closing(sqlite3.connect(site.database)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


def stamps(site: Site) -> tuple[str, ...]:
    with closing(sqlite3.connect(f"{site.database.as_uri()}?mode=ro", uri=True)) as connection:
        try:
            rows = connection.execute("SELECT version_num FROM alembic_version").fetchall()
        except sqlite3.OperationalError:
            return ()
        return tuple(sorted(str(row[0]) for row in rows))


def seen_files(site: Site) -> dict[str, tuple[int, int, str]]:
    """All but the state folder, where a backup's own process may still be ending."""
    return {k: v for k, v in print_of(site.folder).items() if ".mcpdb" not in k}


def seen(site: Site, graph: MigrationGraph) -> dict[str, MigrationFinding]:
    """What the doctor says of a stopped gateway's database, which it leaves as it is."""
    before = seen_files(site)
    timeline = place(graph, stamps(site)) if site.database.exists() else place(graph, ())
    found = examine(site.deployment, timeline, STOPPED)
    after = seen_files(site)
    assert {**after, **before} == after, "looking changed it"
    return {finding.name: finding for finding in found}


@pytest.mark.parametrize("revision", ["27d9ce43a1f8", "current", "head"])
def test_a_database_in_order_has_nothing_to_be_said(
    revision: str, make_site: Callable[..., Site], graph: MigrationGraph
) -> None:
    assert seen(make_site(running=False, revision=revision), graph) == {}


def test_a_gateway_that_is_well_has_nothing_to_be_said(site: Site, graph: MigrationGraph) -> None:
    gateway = gateway_of(site.deployment)
    assert gateway is not None
    timeline = place(graph, stamps(site))
    assert examine(site.deployment, timeline, gateway.state()) == ()


# --- the file -----------------------------------------------------------------------------


def test_a_missing_database_is_bootstrapped_and_not_made_by_looking(
    stopped: Site, graph: MigrationGraph
) -> None:
    stopped.database.unlink()
    finding = seen(stopped, graph)["missing"]
    assert (finding.verdict, finding.operation) == ("FAIL", "bootstrap")
    assert not stopped.database.exists()


def test_an_empty_file_is_bootstrapped_and_a_backup_is_named_where_there_is_one(
    stopped: Site, graph: MigrationGraph
) -> None:
    assert stopped.do(BackupCreate(stopped.deployment)).exit_code == 0
    (backup,) = stopped.deployment.backup_dir.glob("*.db")
    stopped.database.write_bytes(b"")
    finding = seen(stopped, graph)["empty"]
    assert finding.operation == "bootstrap"
    assert "has 0 bytes" in finding.text
    assert "restore" in finding.remedy
    assert backup.exists()


def test_a_database_without_tables_is_reset(stopped: Site, graph: MigrationGraph) -> None:
    stopped.database.unlink()
    change(stopped, "CREATE TABLE x (id)", "DROP TABLE x")
    assert seen(stopped, graph)["empty"].operation == "reset"


def test_what_is_no_database_is_unknown_and_says_why(stopped: Site, graph: MigrationGraph) -> None:
    stopped.database.write_bytes(b"no database at all, " * 4_000)
    (finding,) = examine(stopped.deployment, place(graph, ()), STOPPED)
    assert (finding.name, finding.verdict) == ("unknown-revision", "unknown")
    assert "cannot be read as a database" in finding.text


@needs_root
def test_a_file_that_may_not_be_read_is_unknown(stopped: Site, graph: MigrationGraph) -> None:
    stopped.database.chmod(0o600)
    for folder in (stopped.folder, *stopped.folder.parents):
        if folder.stat().st_uid == 0 and folder != Path("/"):
            folder.chmod(folder.stat().st_mode | 0o005)
    stopped.database.parent.chmod(0o755)
    timeline = place(graph, (HEAD,))
    found = as_nobody(lambda: examine(stopped.deployment, timeline, STOPPED))
    assert [finding.verdict for finding in found] == ["unknown"]
    assert "could not be looked at" in found[0].text


def test_a_torn_page_is_told_and_not_raised(stopped: Site, graph: MigrationGraph) -> None:
    content = bytearray(stopped.database.read_bytes())
    content[100:2_000] = os.urandom(1_900)
    stopped.database.write_bytes(content)
    (finding,) = examine(stopped.deployment, place(graph, (HEAD,)), STOPPED)
    assert finding.verdict == "unknown"


# --- leftovers ----------------------------------------------------------------------------


def test_a_leftover_is_named_with_the_revision_that_was_cut(
    make_site: Callable[..., Site], graph: MigrationGraph
) -> None:
    site = make_site(running=False, revision=BEFORE)
    change(site, "CREATE TABLE _alembic_tmp_oauth_tokens AS SELECT * FROM oauth_tokens LIMIT 0")
    finding = seen(site, graph)["leftover"]
    assert (finding.operation, finding.params) == ("upgrade", {"leftovers": True})
    assert HEAD in finding.text
    assert "drops it on a copy" in finding.remedy


def test_the_only_rows_are_given_their_name_back(
    make_site: Callable[..., Site], graph: MigrationGraph
) -> None:
    site = make_site(running=False, revision=BEFORE)
    change(site, "ALTER TABLE tools RENAME TO _alembic_tmp_tools")
    finding = seen(site, graph)["leftover"]
    assert finding.operation == "upgrade"
    assert "tools is gone" in finding.text
    assert "Never drop it" in finding.remedy


def test_where_both_have_rows_a_person_must_look(
    make_site: Callable[..., Site], graph: MigrationGraph
) -> None:
    site = make_site(running=False)
    change(
        site,
        "CREATE TABLE _alembic_tmp_roles AS SELECT * FROM tools",
        "DELETE FROM roles",
    )
    finding = seen(site, graph)["leftover"]
    assert (finding.operation, finding.params) == ("", {})
    assert "which is right is not known" in finding.text


# --- the stamp ----------------------------------------------------------------------------


def test_an_image_that_is_older_than_the_database_names_release_and_backup(
    stopped: Site, graph: MigrationGraph
) -> None:
    assert stopped.do(BackupCreate(stopped.deployment)).exit_code == 0
    change(stopped, "UPDATE alembic_version SET version_num = '7ab59991e017'")
    finding = seen(stopped, graph)["unknown-revision"]
    assert finding.verdict == "FAIL"
    assert "does not know 7ab59991e017 (release 1.0.7)" in finding.text
    assert finding.remedy.startswith("Start 1.0.7, or restore")
    assert finding.operation == "restore"
    assert finding.params["backup"]


def test_without_a_backup_it_says_that_there_is_none(stopped: Site, graph: MigrationGraph) -> None:
    change(stopped, "UPDATE alembic_version SET version_num = '000000000000'")
    finding = seen(stopped, graph)["unknown-revision"]
    assert finding.remedy.startswith("Start the release that made it")
    assert (finding.operation, "none is known" in finding.remedy) == ("", True)


def test_code_that_could_not_be_asked_leaves_it_unknown(stopped: Site) -> None:
    timeline = Timeline(revisions=(), heads=(), current=(HEAD,), problem="Docker is down.")
    (finding,) = examine(stopped.deployment, timeline, STOPPED)
    assert (finding.name, finding.verdict) == ("unknown-revision", "unknown")
    assert "Docker is down." in finding.text


def test_what_the_stamp_says_and_the_schema_lacks(
    make_site: Callable[..., Site], graph: MigrationGraph
) -> None:
    site = make_site(running=False, revision="current")
    change(site, f"UPDATE alembic_version SET version_num = '{HEAD}'")
    finding = seen(site, graph)["behind-stamp"]
    assert finding.verdict == "warn"
    assert "column gateways.add_headers" in finding.text
    assert BEFORE in finding.text
    assert (finding.operation, finding.params) == ("stamp", {"target": "1b7da6c4980e"})


def test_what_is_missing_in_the_middle_has_no_automatic_remedy(
    stopped: Site, graph: MigrationGraph
) -> None:
    change(stopped, "DROP TABLE email_api_tokens")
    finding = seen(stopped, graph)["behind-stamp"]
    assert "table email_api_tokens is not there" in finding.text
    assert finding.operation == ""


def test_what_a_pending_revision_makes_and_is_there_already(
    stopped: Site, graph: MigrationGraph
) -> None:
    change(stopped, "UPDATE alembic_version SET version_num = '1b7da6c4980e'")
    finding = seen(stopped, graph)["ahead-of-stamp"]
    assert (finding.verdict, finding.operation) == ("warn", "rehearse")
    assert "column gateways.add_headers" in finding.text
    assert any(BEFORE in line for line in finding.details)


def test_a_schema_one_constraint_ahead_of_its_stamp_is_seen(
    stopped: Site, graph: MigrationGraph
) -> None:
    change(stopped, f"UPDATE alembic_version SET version_num = '{BEFORE}'")
    finding = seen(stopped, graph)["ahead-of-stamp"]
    assert (finding.verdict, finding.operation) == ("warn", "rehearse")
    assert "constraint uq_oauth_gateway_app_user of oauth_tokens is there already" in finding.text
    assert HEAD in finding.text


@pytest.mark.parametrize(
    ("upgrade", "told"),
    [
        ("op.create_index('ix_new', 'a', ['x'])", True),
        ("op.create_index(op.f('ix_new'), 'a', ['x'])", True),
        ("with op.batch_alter_table('a') as b:\n        b.create_index('ix_new', ['x'])", True),
        ("if asked():\n        op.create_index('ix_new', 'a', ['x'])", False),
        ("op.create_index('ix_new', 'a', ['x'], if_not_exists=True)", False),
        ("op.drop_index('ix_new')\n    op.create_index('ix_new', 'a', ['x'])", False),
        ("op.drop_index(name)\n    op.create_index('ix_new', 'a', ['x'])", False),
        ("op.create_index('ix_old', 'a', ['x'])", False),
        (
            "op.create_index('ix_new', 'a', ['x'])\n    op.create_index('ix_no', 'a', ['y'])",
            False,
        ),
    ],
)
def test_an_index_speaks_of_its_revision_only_where_nothing_else_could_have_made_it(
    upgrade: str, told: bool
) -> None:
    first = "def upgrade():\n    op.create_table('a')\n    made_elsewhere('ix_old')\n"
    revisions = (
        Revision(revision="b", down=("a",), message="", source=f"def upgrade():\n    {upgrade}\n"),
        Revision(revision="a", down=(), message="", source=first),
    )
    timeline = Timeline(revisions=revisions, heads=("b",), current=("a",), unknown=())
    have = {("a", ""), ("a", "index:ix_new"), ("a", "index:ix_old")}
    assert [f.name for f in stamp_findings(timeline, have)] == ["ahead-of-stamp"] * told


def test_where_the_file_is_gone_the_newest_copy_is_named_of_whatever_kind() -> None:
    now = datetime(2026, 8, 11, 3, tzinfo=UTC)

    def copy(ident: str, kind: BackupKind, hour: int, verdict: Verdict = Verdict.OK) -> Backup:
        return Backup(
            id=ident, path=Path(ident), kind=kind, taken=now.replace(hour=hour), size=1,
            sequence=hour, verdict=verdict,
        )  # fmt: skip

    backups = (
        copy("bad", "hot", 2, Verdict.FAIL),
        copy("backup", "hot", 0),
        copy("safety", "safety", 1),
    )
    newest = recommended(Catalogue(backups=backups))
    assert newest is not None
    assert newest.id == "safety"
    assert told_copy(newest, now).startswith("the safety copy safety of ")


@pytest.mark.parametrize("statement", ["DROP TABLE alembic_version", "DELETE FROM alembic_version"])
def test_a_database_without_a_stamp_is_told_what_it_looks_like(
    statement: str, make_site: Callable[..., Site], graph: MigrationGraph
) -> None:
    site = make_site(running=False, revision="current")
    change(site, statement)
    finding = seen(site, graph)["no-version"]
    assert finding.verdict == "FAIL"
    # 1b7da6c4980e comes before it and makes the last thing that is there.
    assert (finding.operation, finding.params) == ("stamp", {"target": "1b7da6c4980e"})


def test_a_stranger_s_database_looks_like_nothing(stopped: Site, graph: MigrationGraph) -> None:
    stopped.database.unlink()
    change(stopped, "CREATE TABLE mine (id)")
    finding = seen(stopped, graph)["no-version"]
    assert finding.operation == ""
    assert "1 table" in finding.text


def test_two_rows_of_which_one_is_too_much(stopped: Site, graph: MigrationGraph) -> None:
    change(stopped, f"INSERT INTO alembic_version VALUES ('{BEFORE}')")
    finding = seen(stopped, graph)["two-versions"]
    assert (finding.verdict, finding.operation) == ("FAIL", "stamp")
    assert finding.params == {"target": HEAD}


def test_two_rows_on_branches_that_are_joined_later_are_no_fault(
    make_site: Callable[..., Site], graph: MigrationGraph
) -> None:
    site = make_site(running=False, revision="27d9ce43a1f8")
    change(
        site,
        "DELETE FROM alembic_version",
        "INSERT INTO alembic_version VALUES ('c7910e5d3af4'), ('5af3d2187b60')",
    )
    finding = seen(site, graph)["two-versions"]
    assert (finding.verdict, finding.operation) == ("warn", "rehearse")


def test_several_heads_are_the_package_s_fault(stopped: Site, graph: MigrationGraph) -> None:
    extra = Revision(revision="ffffffffffff", down=(BEFORE,), message="another way")
    forked = replace(graph, revisions=(extra, *graph.revisions), heads=(HEAD, "ffffffffffff"))
    finding = seen(stopped, forked)["heads"]
    assert finding.text.startswith(f"Two heads: {HEAD} and ffffffffffff.")
    assert "another release" in finding.remedy


# --- the gateway --------------------------------------------------------------------------


LINE = "2026-08-11 03:14:{:02d},000 - mcpgateway.bootstrap_db - ERROR - {}\n"


@pytest.mark.parametrize(
    ("said", "means", "operation"),
    [
        (
            'Database migration failed: (sqlite3.OperationalError) table "_alembic_tmp_tools" '
            "already exists",
            "a table that a cut migration left",
            "upgrade",
        ),
        ("Can't locate revision identified by '7ab59991e017'", "does not know", ""),
        ("(sqlite3.OperationalError) attempt to write a readonly database", "may not write", "own"),
        ("(sqlite3.OperationalError) unable to open database file", "cannot open", "own"),
        ("Database not ready after 3 attempts", "does not get the database", ""),
        ("Database migration failed: no such column: x", "a migration fails", "rehearse"),
    ],
)
def test_a_gateway_that_does_not_come_up_is_explained_by_its_log(
    said: str, means: str, operation: str, stopped: Site, graph: MigrationGraph
) -> None:
    log = next((stopped.folder / "logs").glob("*"), stopped.folder / "logs/gateway.log")
    with log.open("a") as stream:
        stream.write(LINE.format(22, "table _alembic_tmp_old already exists"))
        stream.write("2026-08-11 03:14:23,000 - x - INFO - Application startup complete.\n")
        stream.write(LINE.format(24, said))
    ended = GatewayState(running="stopped", exit_code=3)
    (finding,) = examine(stopped.deployment, place(graph, (HEAD,)), ended)
    assert (finding.name, finding.verdict) == ("crash-loop", "FAIL")
    assert finding.text.startswith("The gateway ended with exit 3: ")
    assert means in finding.text
    assert finding.operation == operation
    assert said[:40] in finding.details[0]


def test_a_gateway_that_was_told_to_fail_is_seen(site: Site, graph: MigrationGraph) -> None:
    """A real process that runs and is not healthy; its own log says why."""
    demo.stop(site.folder)
    demo.break_next_start(site.folder)
    demo.start(site.folder)
    gateway = gateway_of(site.deployment)
    assert gateway is not None
    wait_for(lambda: gateway.health().verdict == "unhealthy", "it says that it is not well")
    (finding,) = examine(site.deployment, place(graph, (HEAD,)), gateway.state())
    assert finding.name == "crash-loop"
    assert "is not healthy" in finding.text
    assert "Database not ready" in finding.details[0]


def test_the_log_of_a_gateway_that_is_well_is_not_read(
    stopped: Site, graph: MigrationGraph, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_words: object, **_more: object) -> Iterator[object]:
        raise AssertionError("it was read")

    monkeypatch.setattr("tui.services.gateways.process.ProcessGateway.logs", never)
    up = GatewayState(running="running", since=datetime.now(UTC))
    assert examine(stopped.deployment, place(graph, (HEAD,)), up, HEALTHY) == ()
    assert examine(stopped.deployment, place(graph, (HEAD,)), STOPPED) == ()


@needs_root
@pytest.mark.parametrize("what", ["folder", "file"])
def test_a_folder_or_file_of_another_user_is_given_away(
    what: str, stopped: Site, graph: MigrationGraph
) -> None:
    path = stopped.database.parent if what == "folder" else stopped.database
    for one in (stopped.database.parent, stopped.database):
        os.chown(one, NOBODY, NOBODY)
    assert examine(stopped.deployment, place(graph, (HEAD,)), _user(NOBODY)) == ()
    os.chown(path, 1001, 0)
    (finding,) = examine(stopped.deployment, place(graph, (HEAD,)), _user(NOBODY))
    assert (finding.name, finding.verdict, finding.operation) == ("owner", "FAIL", "own")
    assert f"may not write the {what}" in finding.text
    assert "1001:0" in finding.text
    # One that runs had opened it before: nothing is broken yet.
    up = replace(_user(NOBODY), running="running")
    (finding,) = examine(stopped.deployment, place(graph, (HEAD,)), up, HEALTHY)
    assert finding.verdict == "warn"
    assert examine(stopped.deployment, place(graph, (HEAD,)), _user(0)) == ()


def _user(uid: int) -> GatewayState:
    return replace(STOPPED, user=f"{uid}:{uid}")


# --- what a revision makes ----------------------------------------------------------------


SOURCE = '''
"""Rebuilds."""
from alembic import op
import sqlalchemy as sa

NEW = "new_table"
LOOPED = ["a", "b"]


def _add(table):
    op.add_column(table, sa.Column("computed", sa.Text()))


def upgrade():
    bind = op.get_bind()
    if "later" not in sa.inspect(bind).get_table_names():
        op.create_table("later", sa.Column("id", sa.Integer()))
    if bind.dialect.name == "postgresql":
        op.create_table("elsewhere")
    op.create_table(NEW)
    op.create_table("tmp")
    op.drop_table("old")
    op.rename_table("tmp", "old")
    with op.batch_alter_table("tools", schema=None) as batch_op:
        batch_op.add_column(sa.Column("note", sa.Text()))
        batch_op.alter_column("template", new_column_name="uri_template")
        batch_op.alter_column("name", nullable=False)
        batch_op.drop_column("gone")
    op.execute("ALTER TABLE tools ADD COLUMN raw TEXT")
    op.execute(sa.text("CREATE TABLE IF NOT EXISTS by_hand (id INTEGER)"))
    op.execute(f"DROP TABLE {NEW}_x")
    _add("tools")


def downgrade():
    op.drop_table("later")
'''


def test_an_upgrade_is_read_in_its_order_as_far_as_names_are_written_there() -> None:
    assert effects(SOURCE) == (
        Effect("create", "later"),
        Effect("create", "new_table"),
        Effect("create", "tmp"),
        Effect("drop", "old"),
        Effect("rename", "tmp", "old"),
        Effect("add", "tools", "note"),
        Effect("take", "tools", "template"),
        Effect("add", "tools", "uri_template"),
        Effect("take", "tools", "gone"),
        Effect("add", "tools", "raw"),
        Effect("create", "by_hand"),
        Effect("drop", ""),
        Effect("add", "", "computed"),
    )


def test_later_drops_and_renames_count() -> None:
    def source(*lines: str) -> str:
        body = "\n".join(f"    {line}" for line in lines)
        return f"from alembic import op\ndef upgrade():\n{body}\n"

    schema = schema_of(
        [
            ("r1", source("op.create_table('a')", "op.add_column('a', Column('x'))")),
            ("r2", source("op.create_table('b')", "op.rename_table('a', 'c')")),
            ("r3", source("op.drop_table('b')", "op.drop_column('c', 'x')")),
        ]
    )
    assert schema.things == {("c", ""): "r2"}
    unknown = schema_of(
        [("r1", source("op.create_table('a')")), ("r2", source("op.drop_table(n)"))]
    )
    assert unknown.things == {}


@pytest.mark.parametrize("source", ["", "def upgrade(:", "x = 1", "def upgrade():\n    pass\n"])
def test_what_cannot_be_read_promises_nothing(source: str) -> None:
    assert effects(source) == ()


def test_a_stamp_is_not_judged_where_the_code_does_not_know_it(graph: MigrationGraph) -> None:
    assert stamp_findings(place(graph, ("000000000000",)), frozenset()) == []
    assert stamp_findings(place(graph, ()), frozenset()) == []
    assert looks_like(place(graph, ()), frozenset()) == ""
