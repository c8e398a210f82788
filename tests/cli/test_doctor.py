"""`doctor`: the table, one check at length, a fix, and what it exits with."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing

from tests.cli.conftest import Cli, Place
from tui.demo.deployment import CRON_FILE
from tui.operations.doctor import CHECKS

GUIDE = "15 3 * * * root cd {} && find ./data/backups -name 'mcp_backup_*.db' -mtime +7 -delete\n"


def guided(place: Place) -> None:
    (place.folder / CRON_FILE).write_text(GUIDE.format(place.folder))


def test_the_table_has_a_line_a_check_worst_first_and_how_to_put_it_right(quiet: Place) -> None:
    guided(quiet)
    done = quiet.cli("doctor")
    assert (done.code, done.err) == (0, ""), done
    lines = done.out.splitlines()
    words = [line.split()[1] for line in lines if re.match(r"[✓!✗?] ", line)]
    order = ["FAIL", "warn", "unknown", "ok"]
    assert words == sorted(words, key=order.index)
    assert re.search(r"^! warn +cron +the guide's script would delete our backups$", done.out, re.M)
    assert re.search(r"^  cron +mcpdb-tui .* doctor --fix cron  comment it out$", done.out, re.M)
    assert re.fullmatch(r"\d+ checks: \d+ ok, \d+ warn, 0 FAIL, \d+ unknown\.", lines[-1])


def test_json_holds_each_check_with_its_remedy_and_exits_by_the_worst(quiet: Place) -> None:
    well = quiet.cli.json("doctor")
    assert (well.code, well.document["ok"]) == (0, True)
    quiet.database.with_name("mcp.db-wal").unlink(missing_ok=True)
    quiet.database.write_bytes(b"no database at all, " * 4_000)
    ill = quiet.cli.json("doctor")
    assert ill.code == 3
    assert ill.document["error"]["code"] == "verification"
    first, *_ = ill.document["data"]["checks"]
    assert (first["name"], first["verdict"], first["exit_code"]) == ("file", "FAIL", 3)
    assert {one["name"] for one in ill.document["data"]["checks"]} <= {name for name, _ in CHECKS}
    said = quiet.cli("doctor")
    assert said.code == 3
    assert said.err.startswith("mcpdb-tui: file: ")


def test_one_check_at_length(quiet: Place) -> None:
    guided(quiet)
    done = quiet.cli("doctor", "--explain", "cron")
    assert done.code == 0
    assert f"{CRON_FILE}, line 1, runs `find ./data/backups" in done.out
    assert "by hand" in done.out
    assert [
        one["name"]
        for one in quiet.cli.json("doctor", "--explain", "cron").document["data"]["checks"]
    ] == ["cron"]


def test_a_fix_asks_and_then_does_it_as_an_operation_in_the_log(quiet: Place) -> None:
    guided(quiet)
    refused = quiet.cli("doctor", "--fix", "cron")
    assert refused.code == 2
    assert "--yes confirms it" in refused.err
    assert (quiet.folder / CRON_FILE).read_text() == GUIDE.format(quiet.folder)
    done = quiet.cli.json("doctor", "--fix", "cron", "--yes")
    assert done.code == 0, done
    assert done.document["data"]["operation"]["operation"] == "uncron"
    assert (quiet.folder / CRON_FILE).read_text().startswith("# mcpdb-tui: 15 3")
    again = quiet.cli("doctor", "--fix", "cron", "--yes")
    assert (again.code, again.out) == (
        0, "cron is ok: none of the guide's scripts is in a crontab. Nothing was changed.\n"
    )  # fmt: skip
    assert "uncron" in quiet.cli("activity").out


def test_a_fix_that_replaces_data_wants_the_name(quiet: Place) -> None:
    quiet.back_up()
    quiet.database.unlink()
    for suffix in ("-wal", "-shm"):
        quiet.database.with_name(f"mcp.db{suffix}").unlink(missing_ok=True)
    assert quiet.cli("doctor").code == 10
    refused = quiet.cli("doctor", "--fix", "file", "--yes")
    assert refused.code == 2
    assert "--yes is not enough" in refused.err
    assert not quiet.database.exists()
    done = quiet.cli("doctor", "--fix", "file", "--confirm", quiet.deployment.name)
    assert done.code == 0, done
    with closing(sqlite3.connect(quiet.database)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_fix_of_what_was_cut_resumes(quiet: Place) -> None:
    quiet.deployment.backup_dir.mkdir(exist_ok=True)
    half = quiet.deployment.backup_dir / ".x.999999.partial"
    half.write_bytes(b"half")
    done = quiet.cli.json("doctor", "--fix", "partials")
    assert done.code == 0, done
    assert done.document["data"] == {"resumed": []}
    assert not half.exists()


def test_a_fix_by_hand_gives_its_lines_and_changes_nothing(
    quiet: Place, make_place: Callable[..., Place]
) -> None:
    with closing(sqlite3.connect(quiet.database, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        done = quiet.cli("doctor", "--fix", "lock")
        assert done.code == 12
        assert "by hand: sudo kill " in done.err
        assert quiet.cli("doctor").code == 11


def test_wrong_words_are_told(quiet: Place) -> None:
    wrong = quiet.cli("doctor", "--fix", "nonsense")
    assert wrong.code == 2
    assert "there are docker, mount, folder, file" in wrong.err
    both = quiet.cli("doctor", "--fix", "file", "--explain", "file")
    assert both.code == 2
    nothing = quiet.cli("doctor", "--fix", "docker-log")
    assert nothing.code == 12
    assert "nothing here that the check docker-log could look at" in nothing.err


def test_deep_reads_every_page(quiet: Place) -> None:
    done = quiet.cli("doctor", "--deep", "--explain", "integrity")
    assert done.code == 0
    assert "integrity_check ok, every foreign key fits, just now" in done.out


def test_read_only_looks_and_fixes_nothing(quiet: Place) -> None:
    guided(quiet)
    cli = Cli(["--project-dir", str(quiet.folder), "--read-only"], quiet.folder.parent)
    assert cli("doctor").code == 0
    refused = cli("doctor", "--fix", "cron", "--yes")
    assert refused.code == 12
    assert "--read-only" in refused.err


def test_the_shell_completes_the_names_of_the_checks(quiet: Place) -> None:
    env = {
        "_MCPDB_TUI_COMPLETE": "bash_complete",
        "COMP_WORDS": "mcpdb-tui doctor --fix d",
        "COMP_CWORD": "3",
    }
    found = Cli([], quiet.folder, env)().out.split()
    assert found == ["plain,docker", "plain,disk", "plain,drill", "plain,docker-log"]
