from pathlib import Path

import pytest
from textual.screen import Screen
from textual.widgets import Input

from tests.app.screen_host import FORBIDDEN, HOSTILE, SIZES, Host, still
from tests.app.screen_host import cest as cest
from tests.app.screen_host import text_of as text
from tui.app.screens import picker, trouble
from tui.app.screens.picker import PickerScreen
from tui.app.screens.too_small import TooSmallScreen, is_too_small
from tui.app.screens.trouble import Trouble, TroublePage
from tui.app.screens.welcome import WelcomeScreen
from tui.core.models import (
    ContainerRef,
    DatabaseFacts,
    Deployment,
    GatewayState,
    Health,
    Problem,
    Status,
)
from tui.core.operation import Verdict
from tui.core.settings import Settings
from tui.operations.finding.candidates import Candidate

pytestmark = pytest.mark.usefixtures("cest")


def deployment(name, **changes):
    values = {
        "name": name,
        "database": Path(f"/srv/{name}/data/mcp.db"),
        "backup_dir": Path(f"/srv/{name}/data/backups"),
        "gateway": ContainerRef(container=f"{name}-gateway-1", project=name),
    }
    return Deployment(**{**values, **changes})


def candidate(name, running="running", release="1.0.5", text="", where="", **changes):
    found = deployment(name, **changes)
    return Candidate(
        deployment=found,
        state=GatewayState(running=running, release=release),
        where=where or str(found.database),
        text=text,
        settings=Settings({}),
    )


CANDIDATES = [
    candidate("forge", production="PROD"),
    candidate("stage", release="1.0.7"),
    candidate(
        "lab",
        "restarting",
        "1.0.7",
        "restarted 14 times in 3 min: attempt to write a readonly database. Its user is 10001, "
        "the folder belongs to 1001.",
    ),
    candidate("vol", release="1.0.3", text="Only root reaches it.", where="volume vol_data"),
    candidate("pg", "stopped", where="PostgreSQL: use pg_dump"),
]

STATUS = Status(
    deployment=deployment("forge"),
    gateway=GatewayState(running="running", release="1.0.5"),
    health=Health(verdict="healthy", text="", address="http://127.0.0.1:4444/health"),
    database=DatabaseFacts(
        path=Path("/srv/forge/data/mcp.db"),
        exists=True,
        size=432_642_048,
        wal_size=8_493_466,
        revision="e198602c3c1e",
    ),
    head="",
    lock=None,
    running=None,
    unfinished=(),
    last_backup=None,
    backups=13,
    integrity="",
    integrity_at=None,
)


@pytest.fixture(autouse=True)
def host_name(monkeypatch):
    monkeypatch.setattr(picker.socket, "gethostname", lambda: "ctx-01")


def welcome(unverified=13):
    return WelcomeScreen(STATUS, [("rights", "you are root by sudo (dana)")], unverified=unverified)


# --- picker -----------------------------------------------------------------------------


async def test_the_picker_lists_all_with_state_and_what_stands_in_the_way():
    app = Host(PickerScreen(CANDIDATES))
    async with app.run_test(size=(80, 24)) as pilot:
        page = text(app)
        for words in (
            "Which gateway?  5 found on ctx-01",
            "▸✓ forge      forge-gateway-1",
            "[PROD] /srv/forge",
            "✗ lab",
            "restarting",
            "! vol",
            "· pg",
            "PostgreSQL: use pg_dump",
            "nothing stands in the way",
        ):
            assert words in page, words
        await pilot.press("j", "j")
        assert "attempt to write a readonly database" in text(app)


async def test_enter_opens_the_one_under_the_cursor():
    app = Host(PickerScreen(CANDIDATES))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("j", "down", "k", "enter")
        assert app.answers == [CANDIDATES[1]]


async def test_the_last_choice_is_under_the_cursor():
    app = Host(PickerScreen(CANDIDATES, last="vol"))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("enter")
        assert app.answers == [CANDIDATES[3]]


async def test_the_filter_keeps_what_matches_and_esc_clears_it():
    app = Host(PickerScreen(CANDIDATES))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("slash", *"restarting", "enter")
        assert "forge-gateway-1" not in text(app)
        await pilot.press("escape")
        assert "forge-gateway-1" in text(app)
        await pilot.press("slash", *"nobody")
        assert "None matches." in text(app)
        await pilot.press("enter", "enter")
        assert app.answers == []
        assert app.screen.query_one(Input).value == "nobody"


async def test_q_chooses_none():
    app = Host(PickerScreen(CANDIDATES))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("q")
        assert app.answers == [None]


async def test_problems_of_a_deployment_are_told_once():
    known = candidate("x", text="No Docker.", problems=(Problem("docker", "No Docker."),))
    assert picker.detail(known) == "No Docker."


# --- welcome ----------------------------------------------------------------------------


async def test_the_first_start_says_what_was_found_and_offers_what_can_be_done():
    app = Host(welcome())
    async with app.run_test(size=(80, 24)):
        page = text(app)
        for words in (
            "This is its first start here. It has only looked; nothing was written.",
            "found     forge-gateway-1, image 1.0.5, healthy on",
            "http://127.0.0.1:4444/health",
            "/srv/forge/data/mcp.db, 412.6M + 8.1M wal, revision e198602c3c1e",
            "13 files in /srv/forge/data/backups, 13 not verified",
            "you are root by sudo (dana)",
            "Not known yet: can any of those backups be restored?",
            "▸ b    back up now",
            "t    verify the 13 files",
            "Esc  just look",
            "Production? Set production = true",
        ):
            assert words in page, words


@pytest.mark.parametrize(
    ("keys", "answer"),
    [
        (["b"], "b"),
        (["t"], "t"),
        (["enter"], "b"),
        (["j", "enter"], "t"),
        (["s"], "s"),
        (["j", "j", "enter"], "s"),
        (["j", "j", "j", "enter"], None),
        (["k", "enter"], None),
        (["escape"], None),
    ],
)
async def test_a_choice_is_its_key(keys, answer):
    app = Host(welcome())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*keys)
        assert app.answers == [answer]


async def test_without_unverified_files_there_is_nothing_to_verify():
    app = Host(welcome(unverified=0))
    async with app.run_test(size=(80, 24)) as pilot:
        assert "verify" not in text(app)
        await pilot.press("t")
        assert app.answers == []


# --- trouble ----------------------------------------------------------------------------

TROUBLES = {
    "missing": trouble.missing(
        deployment("forge"),
        before="412M at 01:58",
        newest="backup of Aug 11 02:00, 412M",
        ident="k7m2qd",
    ),
    "missing-without-backup": trouble.missing(deployment("forge")),
    "not-a-database": trouble.not_a_database(
        Path("/srv/forge/data/mcp.db"), "1f 8b 08 00   gzip, 118M", newest="backup of Aug 11 02:00"
    ),
    "empty": trouble.empty_file(
        Path("/srv/forge/data/mcp.db"), newest="safety copy of Aug 11 02:00"
    ),
    "no-docker": trouble.no_docker(
        "permission denied on /var/run/docker.sock.",
        command="sudo mcpdb-tui --project-dir /srv/forge",
    ),
    "locked": trouble.locked(
        "python report.py (pid 51877, stage-report-1)",
        since="since 03:13:40, for 42 s",
        waits="forge-gateway-1",
    ),
    "read-only": trouble.read_only(
        "B restore…",
        "needs root: /srv/forge/data belongs to 10001, you are dana (1000).",
        command="sudo mcpdb-tui --project-dir /srv/forge restore k7m2qd --confirm forge",
    ),
}
WORDS = {
    "missing": ["✗ FAIL  There is no database at /srv/forge/data/mcp.db.", "Looking made nothing.",
        "▸ B", "Aug 11 02:00, 412M", "restore k7m2qd --confirm forge"],
    "missing-without-backup": ["✗ FAIL  There is no database at /srv/forge/data/mcp.db."],
    "not-a-database": ["✗ FAIL  /srv/forge/data/mcp.db is not a SQLite database.", "1f 8b 08 00",
        "It was not opened and stays as it is."],
    "empty": ["has 0 bytes.", "A start of the gateway was cut; its next start fills it."],
    "no-docker": ["? unknown  Docker does not answer: permission denied", "Works:", "Greyed:",
        "sudo mcpdb-tui --project-dir /srv/forge"],
    "locked": ["! warn  The database is locked by one writer since 03:13:40, for 42 s.",
        "python report.py (pid 51877, stage-report-1)", "committed rows are in"],
    "read-only": ["! warn  B restore… is off: needs root", "--confirm forge"],
}  # fmt: skip


class Pane(Screen[None]):
    """A pane that cannot show its own."""

    def __init__(self, what):
        super().__init__()
        self._what = what

    def compose(self):
        yield TroublePage(self._what)


@pytest.mark.parametrize("name", TROUBLES)
async def test_a_trouble_says_what_is_and_what_to_do(name):
    app = Host(Pane(TROUBLES[name]))
    async with app.run_test(size=(80, 24)):
        page = " ".join(text(app).split())
        for words in WORDS[name]:
            assert " ".join(words.split()) in page, words
        assert ("▸ B" in text(app)) == ("B" in dict(TROUBLES[name].choices))


async def test_the_page_follows_newer_facts():
    app = Host(Pane(TROUBLES["locked"]))
    async with app.run_test(size=(80, 24)) as pilot:
        app.screen.query_one(TroublePage).show(TROUBLES["empty"])
        await pilot.pause()
        assert "has 0 bytes." in text(app)


# --- too small --------------------------------------------------------------------------


async def test_too_small_says_so_and_goes_away_when_there_is_room():
    app = Host(TooSmallScreen())
    async with app.run_test(size=(71, 20)) as pilot:
        assert "71x20 is too small: mcpdb-tui needs 80x24." in text(app)
        assert "pane below" not in text(app)
        await pilot.resize_terminal(79, 30)
        assert "79x30 is too small" in text(app)
        await pilot.resize_terminal(80, 24)
        await pilot.pause()
        assert app.answers == [None]
        assert "pane below" in text(app)


def test_80x24_is_enough():
    from textual.geometry import Size

    assert not is_too_small(Size(80, 24))
    assert is_too_small(Size(79, 24))
    assert is_too_small(Size(80, 23))


# --- all of them ------------------------------------------------------------------------

HOSTILE_STATUS = Status(
    **{
        **{name: getattr(STATUS, name) for name in STATUS.__dataclass_fields__},
        "deployment": deployment("x", backup_dir=Path("/" + HOSTILE.replace("/", ""))),
        "gateway": GatewayState(running="running", release=HOSTILE),
        "health": Health(verdict="healthy", text=HOSTILE, address=HOSTILE),
        "database": DatabaseFacts(path=Path(HOSTILE), exists=True, revision=HOSTILE),
    }
)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    "screen",
    [
        lambda: PickerScreen(
            [candidate("y"), candidate("[/x]" + HOSTILE, release=HOSTILE, text=HOSTILE)], last="y"
        ),
        lambda: WelcomeScreen(HOSTILE_STATUS, [(HOSTILE, HOSTILE)]),
        lambda: Pane(
            Trouble(
                verdict=Verdict.FAIL,
                headline=HOSTILE,
                facts=[(HOSTILE, HOSTILE)],
                choices=[(HOSTILE, HOSTILE)],
                works=HOSTILE,
                greyed=HOSTILE,
                command=HOSTILE,
            )
        ),
    ],
)
async def test_hostile_text_is_shown_and_does_nothing(screen, size):
    app = Host(screen())
    async with app.run_test(size=size) as pilot:
        await pilot.press("j")
        assert "[/x]" in text(app)
        assert not [c for c in FORBIDDEN if c in text(app)]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("theme", ["mcpdb-dark", "mcpdb-light"])
@pytest.mark.parametrize(
    "screen",
    [lambda: PickerScreen(CANDIDATES, last="lab"), welcome],
    ids=["picker", "welcome"],
)
def test_first_screens_look_right(snap_compare, screen, theme, size, monkeypatch):
    from tui.app.screens import welcome as module

    monkeypatch.setattr(module, "version", lambda name: "1.0.0")

    async def calm(pilot):
        still(pilot)
        await pilot.pause()

    assert snap_compare(Host(screen(), theme), run_before=calm, terminal_size=size)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", TROUBLES)
def test_troubles_look_right(snap_compare, name, size):
    assert snap_compare(Host(Pane(TROUBLES[name])), terminal_size=size)
