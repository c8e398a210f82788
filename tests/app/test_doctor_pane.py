"""6 Doctor: what it says of frozen findings, what its keys do, and how it follows what changes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.app.doctor_story import (
    COMMENT_OUT,
    CRON,
    DOCKER_LOG,
    DOCTOR,
    FOUND,
    LOCK,
    OK,
    OWNER,
    VACUUM,
    examined,
    without,
)
from tests.app.shell_story import (
    DEPLOYMENT,
    FORBIDDEN,
    HOSTILE,
    NOW,
    SEEN,
    ago,
    changed,
    entry,
    screen_text,
    shell,
)
from tests.app.waiting import until
from tui.app.needs import with_needs
from tui.app.screens.menu import Menu
from tui.app.screens.one_line import OneLine
from tui.app.screens.trouble import TroubleBox
from tui.app.seeing import Examine
from tui.app.widgets.message import MessageLine
from tui.app.widgets.tabs import Tab, TabBar
from tui.core.models import Diagnosis, GatewayState, Health, Remedy
from tui.core.verdict import Verdict

SMALL, LARGE = (80, 24), (140, 45)


def message(app):
    return app.screen_stack[0].query_one(MessageLine).text


@pytest.fixture
def done(monkeypatch):
    """What would have been planned and started, with what is said of it."""
    found = []

    def do(_app, make, back=None, words=()):
        found.append((make, words))

    monkeypatch.setattr("tui.app.app.McpdbApp._do", do)
    return found


async def text_of(seen, *keys, size=SMALL, **settings):
    app = shell(seen, **settings)
    async with app.run_test(size=size) as pilot:
        await pilot.press("6", *keys)
        await pilot.pause()
        return screen_text(app)


async def message_after(seen, *keys):
    app = shell(seen)
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("6", *keys)
        await pilot.pause()
        return message(app)


# --- what is shown ------------------------------------------------------------------------


async def test_the_worst_stands_first_with_its_fix_and_its_explanation_below():
    lines = (await text_of(DOCTOR)).splitlines()
    assert lines[3].startswith("▸! warn    cron       the guide's script would delete our cold")
    assert lines[3].rstrip().endswith("F fix")
    assert lines[5].startswith(" ✓ ok      file       data/mcp.db, 412.6M = 105,626 pages")
    text = "\n".join(lines)
    assert "checked 03:14:18" in text
    assert "/etc/cron.d/mcp-backup, line 4, runs `find …" in text
    assert "20 checks: 18 ok, 2 warn, 0 FAIL, 0 unknown" in lines[-2]


async def test_where_all_is_well_one_line_says_so_and_when():
    assert "18 checks, all ok, 03:14:18." in await text_of(examined(*OK))


async def test_before_the_first_look_the_pane_says_that_it_looks():
    assert "looking: a moment" in await text_of(SEEN)


async def test_what_could_not_be_looked_at_is_said_and_the_last_findings_stay():
    problem = {"doctor": "The journals cannot be read."}
    assert "The journals cannot be read." in await text_of(changed(problems=problem))
    text = await text_of(examined(problems=problem))
    assert "cron" in text
    assert "not looked at since 03:14:18: The journals cannot be read." in text


async def test_a_text_that_the_list_cuts_is_whole_in_the_detail():
    text = " ".join((await text_of(examined(OWNER, *without("owner")))).split())
    assert "✗ FAIL data belongs to 1001, the container runs as 10001: it cannot write" in text
    assert "fix give the folder to 10001 (F): Folder, database and sidecars change" in text


async def test_what_cannot_be_known_is_unknown_and_never_counts_as_wanting_somebody():
    app = shell(examined(LOCK, *without("lock")))
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("6")
        await pilot.pause()
        text = screen_text(app)
        assert "▸? unknown lock       unknown from here (another PID namespace)" in text
        assert "17 ok, 0 warn, 0 FAIL, 1 unknown" in text
        assert "6Doctor]" in text.splitlines()[2]


async def test_evidence_comes_behind_the_fix_line_by_line():
    lines = (await text_of(examined(OWNER, *without("owner")), "enter")).splitlines()
    by_hand = next(n for n, row in enumerate(lines) if "gateway own" in row)
    assert any("drwxr-xr-x 1001 1001 /srv/forge/data" in row for row in lines[by_hand:])


async def test_hostile_findings_are_shown_as_text():
    evil = Diagnosis(
        name=HOSTILE, verdict=Verdict.FAIL, text=HOSTILE, explanation=(HOSTILE,),
        details=(HOSTILE,),
        remedy=Remedy(title=HOSTILE, text=HOSTILE, by_hand=(f"{HOSTILE}\nreboot",)),
    )  # fmt: skip
    app = shell(examined(evil, *OK))
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("6")
        await pilot.pause()
        assert not [c for c in FORBIDDEN if c in screen_text(app)]
        await pilot.press("y")
        assert not [c for c in FORBIDDEN + "\n" if c in app.clipboard]
        await pilot.press("a")
        await pilot.pause()
        assert not [c for c in FORBIDDEN if c in screen_text(app)]


# --- the list moves ------------------------------------------------------------------------


async def test_the_cursor_stays_on_its_check_when_another_one_becomes_the_worst():
    app = shell(DOCTOR)
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("6", "j")
        await pilot.pause()
        assert app.pane._list.cursor_key == "vacuum"
        app.seen = examined(OWNER, CRON, VACUUM, *without("owner"))
        await pilot.pause()
        assert app.pane._list.cursor_key == "vacuum"
        assert "▸! warn    vacuum" in screen_text(app)
        assert "6Doctor!3" in screen_text(app).splitlines()[2]


async def test_a_check_that_is_gone_leaves_the_cursor_where_it_was():
    app = shell(DOCTOR)
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("6", "j")
        app.seen = examined(CRON, *OK)
        await pilot.pause()
        assert app.pane._list.cursor_key == OK[0].name


async def test_a_filter_keeps_what_it_names_and_esc_brings_all_back():
    app = shell(DOCTOR)
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("6", "slash", *"-ok", "enter")
        await pilot.pause()
        assert [row.key for row in app.pane._list.rows] == ["cron", "vacuum"]
        await pilot.press("escape", "slash", *"check:disk", "enter")
        await pilot.pause()
        assert [row.key for row in app.pane._list.rows] == ["disk"]
        await pilot.press("escape")
        await pilot.pause()
        assert len(app.pane._list.rows) == len(FOUND)
        assert app.pane.NUMBER == 6


async def test_enter_explains_over_the_whole_pane_and_esc_goes_back():
    app = shell(DOCTOR)
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("6", "enter")
        await pilot.pause()
        text = screen_text(app)
        assert "✓ ok      file" not in text
        assert "doctor --fix cron" in text
        await pilot.press("escape")
        await pilot.pause()
        assert "✓ ok      file" in screen_text(app)
        await pilot.press("escape")
        await pilot.pause()
        assert app.pane.NUMBER == 0


async def test_a_double_click_explains_and_the_right_button_offers_what_can_be_done():
    app = shell(DOCTOR)
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("6")
        await pilot.pause()
        await pilot.click("#checks", offset=(20, 1), times=2)
        await pilot.pause()
        assert app.pane.has_class("-whole")
        assert app.pane._list.cursor_key == "vacuum"
        await pilot.press("escape")
        await pilot.click("#checks", offset=(20, 0), button=3)
        await pilot.pause()
        assert isinstance(app.screen, Menu)
        text = screen_text(app)
        assert "check cron" in text
        assert "who holds the lock" in text


# --- fixes ----------------------------------------------------------------------------------


async def test_f_starts_the_operation_of_the_remedy_with_what_it_does_in_the_question(done):
    app = shell(DOCTOR)
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("6", "F")
        await pilot.pause()
    ((make, words),) = done
    assert words == (COMMENT_OUT.text,)
    assert make(DEPLOYMENT).name == "backup"


async def test_a_fix_with_the_operations_own_fields_is_built_with_them(done):
    pin = Remedy(title="keep it", text="", operation="pin", params={"backup": "k7m2qd"})
    app = shell(examined(replace(CRON, remedy=pin), *OK))
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("6", "F")
        await pilot.pause()
    ((make, words),) = done
    assert (make(DEPLOYMENT).backup, words) == ("k7m2qd", ("keep it",))


async def test_what_only_a_person_can_do_is_shown_and_y_copies_its_lines(done):
    app = shell(examined(DOCKER_LOG, *OK))
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("6")
        await pilot.pause()
        assert "by hand" in screen_text(app).splitlines()[3]
        await pilot.press("F")
        await pilot.pause()
        assert message(app) == "This is done by hand; y copies the 2 lines."
        assert "logging.options.max-size: 50m" in screen_text(app)
        await pilot.press("y")
        assert app.clipboard == "\n".join(DOCKER_LOG.remedy.by_hand)
    assert not done


async def test_what_was_cut_short_leads_to_the_page_that_finishes_it(monkeypatch, done):
    shown = []
    monkeypatch.setattr("tui.app.app.McpdbApp._show_cut", lambda _, entry: shown.append(entry))
    cut = entry(40, operation="restore", state="cut", exit_code=None)
    resume = Remedy(title="resume", text="As its journal says.", operation="resume")
    found = Diagnosis(name="unfinished", verdict=Verdict.FAIL, text="op 40", remedy=resume)
    app = shell(examined(found, *without("unfinished"), activity=(cut,)))
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("6")
        await pilot.pause()
        before = len(shown)
        await pilot.press("F")
        await pilot.pause()
        await pilot.pause()
        assert shown[before:] == [cut]
    assert not done


@pytest.mark.parametrize(
    ("seen", "keys", "said"),
    [
        (examined(*OK), "F", "file is ok."),
        (examined(LOCK, *without("lock")), "F", "No fix is known for lock."),
        (SEEN, "F", "There is no check here."),
        (SEEN, "x", "Nothing was looked at yet."),
        (examined(*OK), "y", "There is no command to copy: nothing is to be done by hand."),
        (
            examined(deployment=replace(DEPLOYMENT, read_only=True)),
            "F",
            "F fix… is off: started with --read-only.",
        ),
        (
            examined(running=entry(40, operation="restore", who="li", pid=7, state="running")),
            "F",
            "F fix… waits: li runs restore (pid 7); o shows it.",
        ),
    ],
)
async def test_a_greyed_key_says_why(done, seen, keys, said):
    assert await message_after(seen, keys) == said
    assert not done


async def test_without_the_rights_f_shows_the_same_with_sudo(monkeypatch, done):
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    rights = "needs root: /srv/forge/data belongs to 10001, you are dana (1000)."
    app = shell(examined(rights=rights))
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("6", "F")
        await pilot.pause()
        assert isinstance(app.screen, TroubleBox)
        await pilot.press("y")
        assert app.clipboard == "sudo mcpdb-tui --project-dir /srv/forge doctor --fix cron"
    assert not done


# --- looking again --------------------------------------------------------------------------


async def examined_after(seen, monkeypatch, *keys):
    from tui.app.app import McpdbApp

    found = []
    post = McpdbApp.post_message

    def posted(self, message):
        if isinstance(message, Examine):
            found.append(message)
        return post(self, message)

    app = shell(seen)
    async with app.run_test(size=SMALL) as pilot:
        monkeypatch.setattr("tui.app.panes.doctor.DoctorPane.post_message", posted)
        await pilot.press("6", *keys)
        await pilot.pause()
    return found


INTEGRITY = ["j"] * [one.name for one in FOUND].index("integrity")


async def test_r_looks_again_and_on_integrity_starts_the_check_of_every_page(monkeypatch, done):
    assert await examined_after(DOCTOR, monkeypatch, "R") == [Examine()]
    assert not done
    assert await examined_after(DOCTOR, monkeypatch, *INTEGRITY, "R") == []
    ((make, _),) = done
    assert make(DEPLOYMENT).name == "check"


async def test_who_may_change_nothing_reads_every_page_all_the_same(monkeypatch, done):
    seen = examined(deployment=replace(DEPLOYMENT, read_only=True))
    assert await examined_after(seen, monkeypatch, *INTEGRITY, "R") == [Examine(deep=True)]
    assert not done


async def test_while_every_page_is_read_the_check_says_for_how_long():
    seen = examined(deep_since=ago(seconds=12))
    text = await text_of(seen)
    assert "» running integrity  reading every page, 12s so far" in text
    assert await message_after(seen, *INTEGRITY, "R") == "Every page is being read already."


# --- report -----------------------------------------------------------------------------------


async def test_x_saves_what_was_found_where_it_is_told_to(tmp_path):
    deployment = replace(DEPLOYMENT, project_dir=tmp_path, database=tmp_path / "data" / "mcp.db")
    app = shell(examined(deployment=deployment))
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("6", "x")
        await until(pilot, lambda: isinstance(app.screen, OneLine))
        await pilot.press("enter")
        await until(pilot, lambda: message(app).startswith("saved"))
        assert message(app).startswith("saved 20 checks to ")
        (saved,) = tmp_path.glob("*.txt")
        text = saved.read_text(encoding="utf-8")
        assert saved.name == "forge-doctor-20260811-0314.txt"
        assert saved.stat().st_mode & 0o777 == 0o600
        assert "doctor: forge@ctx-01, 2026-08-11 03:14:18 CEST" in text
        assert "20 checks: 18 ok, 2 warn, 0 FAIL, 0 unknown." in text
        assert "! warn    cron       the guide's script would delete our cold backups" in text
        assert "by hand  sudo mcpdb-tui --project-dir /srv/forge doctor --fix cron" in text


async def test_a_file_that_is_there_is_never_replaced_by_a_report(tmp_path):
    taken = tmp_path / "mine.txt"
    taken.write_text("mine", encoding="utf-8")
    deployment = replace(DEPLOYMENT, project_dir=tmp_path, database=tmp_path / "data" / "mcp.db")
    app = shell(examined(deployment=deployment))
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("6", "x")
        await until(pilot, lambda: isinstance(app.screen, OneLine))
        await pilot.press("ctrl+u", *"mine.txt", "enter")
        await until(pilot, lambda: "is there already" in message(app))
    assert taken.read_text(encoding="utf-8") == "mine"


# --- the tab and NEEDS YOU --------------------------------------------------------------------


NINE = tuple(
    Tab(number, title)
    for number, title in enumerate(
        ("Home", "Tables", "Backups", "Migrations", "Activity", "Logs", "Doctor", "Maintenance",
         "SQL", "Gateway")
    )
)  # fmt: skip


@pytest.mark.parametrize(
    ("current", "width", "badge", "count", "row"),
    [
        (6, 80, "", 2, " 1Tables 2Backups 3Migrations 4Activity 5Logs[6Doctor!2]7Maintain 8SQL "
                       "9Gateway "),
        (7, 80, "", 2, " 1Tables 2Backups 3Migrations 4Activity 5Logs 6Doctor!2[7Maintain]8SQL "
                       "9Gateway "),
        (1, 80, "", 0, "[1Tables]2Backups 3Migrations 4Activity 5Logs 6Doctor 7Maintain 8SQL "
                       "9Gateway "),
        (9, 80, "", 12, "1Tables 2Backups 3Migrations 4Activity 5Logs 6Doctor!12 7Maintain 8SQL"
                        "[9Gateway]"),
        (1, 80, "BACKUP k7m2qd", 2, "[BACKUP k7m2qd]2Backups 3Migr 4Activ 5Logs 6Doctor!2 7Maint "
                                    "8SQL 9Gateway "),
        (0, 140, "", 2, "[0 Home] 1 Tables  2 Backups  3 Migrations  4 Activity  5 Logs  "
                        "6 Doctor !2  7 Maintenance  8 SQL  9 Gateway "),
    ],
    ids=["doctor", "maintain", "tables", "twelve", "backup", "wide"],
)  # fmt: skip
def test_nine_panes_and_a_count_fit_the_tab_bar(current, width, badge, count, row):
    from tui.app.listing.doctor import tab_mark
    from tui.app.paint import text_of as words_of

    bar = TabBar(NINE)
    bar.set_reactive(TabBar.current, current)
    bar.set_reactive(TabBar.badge, badge)
    wants = tuple(replace(CRON, name=f"cron{n}") for n in range(count))
    bar._marks = tab_mark(examined(*wants, *OK))
    assert words_of(bar.words(width)) == row


async def test_a_click_on_the_count_opens_the_doctor():
    app = shell(DOCTOR)
    async with app.run_test(size=SMALL) as pilot:
        await pilot.pause()
        at = screen_text(app).splitlines()[2].index("!2")
        await pilot.click(TabBar, offset=(at, 0))
        await pilot.pause()
        assert app.pane.NUMBER == 6


async def test_a_click_on_a_line_of_needs_you_opens_the_check_that_it_tells_of():
    app = shell(examined(OWNER, replace(CRON, verdict=Verdict.FAIL), *without("owner")))
    async with app.run_test(size=LARGE) as pilot:
        await pilot.pause()
        row = screen_text(app).splitlines()[4]
        await pilot.click(offset=(row.index("6 Doctor"), 4))
        await until(pilot, lambda: app.pane.NUMBER == 6)
        await pilot.pause()
        assert app.pane._list.cursor_key == "cron"


def needs_of(seen):
    return [(need.text, need.key, need.action) for need in with_needs(seen, NOW).needs]


async def test_what_only_the_doctor_knows_stands_in_needs_you_behind_what_is_worse():
    found = needs_of(DOCTOR)
    assert found[0][1] == "c"
    assert (f"cron: {CRON.text}", "6", "Doctor shows the fix") in found


async def test_a_failing_check_comes_before_every_warning():
    assert needs_of(examined(OWNER, *without("owner")))[0] == (
        f"owner: {OWNER.text}",
        "6",
        "Doctor shows the fix",
    )


async def test_where_the_doctor_has_the_fix_a_restarting_gateway_leads_there():
    down = changed(
        gateway=GatewayState(running="restarting", text="attempt to write a readonly database"),
        health=Health(verdict="unreachable", text=""),
    )
    assert needs_of(down)[0][1:] == ("5", "its log")
    found = replace(down, doctor=(OWNER,), doctor_at=ago(seconds=1))
    assert needs_of(found)[0][1:] == ("6", "Doctor shows the fix")


async def test_what_another_line_tells_already_is_not_told_twice():
    stopped = changed(gateway=GatewayState(running="stopped"))
    twice = Diagnosis(name="gateway", verdict=Verdict.WARN, text="stopped with exit 0")
    found = needs_of(replace(stopped, doctor=(twice,), doctor_at=ago(seconds=1)))
    assert [key for _, key, _ in found].count("9") == 1
    assert not [text for text, _, _ in found if text.startswith("gateway:")]


async def test_where_there_is_little_room_needs_you_names_the_pane_of_the_key():
    app = shell(examined(replace(CRON, verdict=Verdict.FAIL, text="x" * 60), *OK))
    async with app.run_test(size=SMALL) as pilot:
        await pilot.pause()
        first = screen_text(app).splitlines()[3]
        assert first.rstrip().endswith("6 Doctor")
