"""What a feed brings from real files: past and present, rotation, copies; nothing is lost."""

import os
import shutil
import time
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tests.app.shell_story import DEPLOYMENT
from tui.core.errors import NotFoundError
from tui.operations.logs.feed import Feed, Inbox
from tui.operations.logs.reading import Query, follow, read
from tui.operations.logs.saving import save
from tui.operations.logs.sources import LogSource, chosen, sources_of
from tui.operations.logs.terms import Terms
from tui.services.file_tail import LONGEST, FileTail, Note
from tui.services.file_tails import FileTails

PATIENCE = 60.0


@pytest.fixture
def deployment(tmp_path):
    """A gateway that is a file and a folder of logs."""
    (tmp_path / "logs").mkdir()
    return replace(
        DEPLOYMENT, gateway=None, project_dir=tmp_path, database=tmp_path / "data" / "mcp.db",
        log_files=(tmp_path / "logs",),
    )  # fmt: skip


@pytest.fixture
def log(deployment):
    return deployment.project_dir / "logs" / "mcpgateway.log"


def line(number, text="hello", level="INFO"):
    clock = f"{number // 3600 % 24:02}:{number // 60 % 60:02}:{number % 60:02}"
    return f"2026-08-11 {clock},000 - x - {level} - {text} {number}\n"


def append(path, *numbers):
    with path.open("a") as stream:
        stream.write("".join(line(number) for number in numbers))


class Reading:
    """Drains a feed until something came."""

    def __init__(self, deployment, **options):
        self.feed = Feed(deployment, **options)
        self.lines = []
        self.passed = 0

    def __enter__(self):
        self.feed.start()
        self.until(lambda: self.feed.began)
        return self

    def __exit__(self, *error):
        self.feed.end()

    def until(self, condition):
        deadline = time.monotonic() + PATIENCE
        while True:
            taken = self.feed.drain()
            self.lines += taken.lines
            self.passed += taken.passed
            if condition():
                taken = self.feed.drain()
                self.lines += taken.lines
                return
            assert time.monotonic() < deadline, self.texts()[-20:]
            time.sleep(0.01)

    def texts(self):
        return [raw.decode(errors="replace") for _, raw in self.lines]

    def numbers(self):
        found = [t.split(" ")[-1] for (s, _), t in zip(self.lines, self.texts(), strict=True)
                 if s.kind != "said"]  # fmt: skip
        return [int(number) for number in found]

    def said(self):
        return [t.partition(" ")[2] for (s, _), t in zip(self.lines, self.texts(), strict=True)
                if s.kind == "said"]  # fmt: skip

    def sees(self, number):
        self.until(lambda: any(t.rstrip().endswith(f" {number}") for t in self.texts()))


def test_the_past_and_what_comes_of_several_files_is_in_the_order_of_its_times(deployment, log):
    other = log.with_name("other.log")
    append(log, 1, 3, 5)
    append(other, 2, 4)
    with Reading(deployment) as reading:
        reading.sees(5)
        append(log, 6)
        reading.sees(6)
        append(other, 7)
        reading.sees(7)
    assert reading.numbers() == [1, 2, 3, 4, 5, 6, 7]
    assert [s.name for s in reading.feed.sources] == [
        "logs/mcpgateway.log", "logs/other.log", "activity",
    ]  # fmt: skip


def test_copied_and_emptied_while_it_is_written_nothing_is_lost_or_comes_twice(deployment, log):
    append(log, *range(100))
    with Reading(deployment) as reading:
        reading.sees(99)
        for turn in range(1, 4):
            first = turn * 100
            with log.open("a") as stream:
                for number in range(first, first + 50):
                    stream.write(line(number))
                stream.flush()
                # As a rotation does: copy beside it under a name that is a log's, then empty it.
                shutil.copyfile(log, log.with_name(f"mcpgateway-{turn}.log"))
                os.truncate(log, 0)
                for number in range(first + 50, first + 100):
                    stream.write(line(number))
            reading.sees(first + 99)
    assert reading.numbers() == list(range(400))
    assert len(reading.said()) == 3
    assert all("was copied to mcpgateway-" in text for text in reading.said())


def test_a_file_that_is_emptied_without_a_copy_says_that_lines_may_be_missing(deployment, log):
    append(log, *range(50))
    with Reading(deployment) as reading:
        reading.sees(49)
        os.truncate(log, 0)
        # It grows past our place at once: its size alone would not tell.
        append(log, *range(50, 200))
        reading.sees(199)
    assert reading.numbers() == list(range(200))
    assert reading.said() == [
        "logs/mcpgateway.log was cut to nothing; reading on from its start, "
        "the last lines before may be missing"
    ]


def test_a_writer_that_keeps_its_place_leaves_a_hole_that_is_passed_over(deployment, log):
    with log.open("w") as stream:
        stream.write("".join(map(line, range(5_000))))
        stream.flush()
        with Reading(deployment) as reading:
            reading.sees(4_999)
            os.truncate(log, 0)
            stream.write(line(5_000))
            stream.flush()
            reading.sees(5_000)
    assert reading.numbers()[-1] == 5_000
    assert "\0" not in "".join(reading.texts())


def test_a_renamed_file_is_read_to_its_end_and_the_new_one_from_its_start(deployment, log):
    append(log, 1)
    with Reading(deployment) as reading:
        reading.sees(1)
        append(log, 2)
        log.rename(log.with_name("mcpgateway.log.1"))
        append(log, 3)
        reading.sees(3)
    assert reading.numbers() == [1, 2, 3]
    assert reading.said() == ["logs/mcpgateway.log was rotated; reading on in the new file"]


def test_a_file_that_comes_later_is_a_source_of_its_own(deployment, log):
    append(log, 1)
    with Reading(deployment) as reading:
        reading.sees(1)
        append(log.with_name("new.log"), 77)
        reading.sees(77)
        assert "logs/new.log" in [source.name for source in reading.feed.sources]


def test_a_traceback_that_comes_in_pieces_is_one_line(deployment, log):
    append(log, 1)
    with Reading(deployment) as reading:
        reading.sees(1)
        with log.open("a") as stream:
            stream.write(line(2, level="ERROR") + "Traceback (most recent call last):\n  File x\n")
            stream.write("ValueError: no\n" + line(3))
        reading.sees(3)
    assert [text.count("\n") for text in reading.texts()] == [0, 3, 0]


def test_what_is_not_taken_in_time_is_passed_over_counted_and_said():
    source = LogSource("file", "x", "file")
    inbox = Inbox(kept=100)
    for _ in range(5):
        inbox.put(source, [b"x"] * 60)
    runs, passed = inbox.take()
    assert sum(len(lines) for _, lines in runs) + passed == 300
    assert passed == 240
    assert inbox.take() == ([], 0)


def test_a_gap_is_a_line_in_the_view(deployment, log):
    append(log, 1)
    feed = Feed(deployment)
    feed._inbox = Inbox(kept=10)
    source = LogSource("file", "x", "file")
    for _ in range(3):
        feed._inbox.put(source, [b"INFO: x"] * 10)
    taken = feed.drain()
    assert taken.passed == 20
    assert taken.lines[0][1].endswith(b"20 lines came faster than they could be shown: passed over")


def test_a_file_is_read_from_its_start_a_piece_at_a_time(deployment, log):
    append(log, *range(30_000))
    source = sources_of(deployment)[0]
    with Reading(deployment, only=source, from_start=True) as reading:
        reading.until(lambda: reading.lines)
        assert reading.numbers()[0] == 0
        assert reading.feed.left > 0
        while reading.feed.left:
            count = len(reading.lines)
            reading.feed.want()
            reading.until(lambda n=count: len(reading.lines) > n)
        append(log, 30_000)
        reading.sees(30_000)
    assert reading.numbers() == list(range(30_001))


def test_the_end_of_a_huge_file_is_read_without_the_rest(tmp_path):
    path = tmp_path / "x.log"
    with path.open("wb") as stream:
        stream.truncate(5_000_000_000)  # a hole: reading it would take long
        stream.seek(0, os.SEEK_END)
        stream.write(b"\n" + b"".join(line(n).encode() for n in range(2_000)))
    tail = FileTail(path)
    assert len(tail.last_bytes(1_000)) == 1_000
    newest = next(FileTail(path).backwards())
    assert newest[-1] == line(1_999).strip().encode()


def test_a_line_of_five_megabytes_comes_in_pieces_backwards_too(tmp_path):
    path = tmp_path / "x.log"
    path.write_bytes(b"before\n" + b"x" * 5_000_000 + b"\nafter\n")
    found = [raw for lines in FileTail(path).backwards() for raw in reversed(lines)]
    assert (found[0], found[-1]) == (b"after", b"before")
    assert sum(map(len, found)) == 5_000_000 + len("beforeafter")
    assert max(map(len, found)) <= 2 * LONGEST
    assert sum(map(len, FileTail(path).last_bytes(10))) == 5_000_000 + len("beforeafter")


def test_a_growing_copy_is_not_taken_for_a_log_of_its_own(tmp_path):
    log, copy = tmp_path / "a.log", tmp_path / "a-1.log"
    append(log, *range(100))
    tails = FileTails([tmp_path])
    tails.tails[log].last_bytes(1)
    copy.touch()
    assert list(tails.batches()) == []
    copy.write_bytes(log.read_bytes()[:500])
    assert list(tails.batches()) == []
    shutil.copyfile(log, copy)
    assert [b for _, b in tails.batches() if not isinstance(b, Note)] == []


# --- what the command line asks -----------------------------------------------------------


def asked(deployment, **query):
    found, more = read(deployment, Query(**query))
    return [int(raw.split()[-1]) for source, raw in found if source.kind == "file"], more


def test_the_last_lines_that_pass_are_found_however_far_back(deployment, log):
    with log.open("w") as stream:
        stream.writelines(line(n, "rare" if n % 9_000 == 1 else "x") for n in range(40_000))
    found, more = asked(deployment, terms=Terms.parse("rare"), lines=3)
    assert (found, more) == ([18_001, 27_001, 36_001], True)
    found, more = asked(deployment, terms=Terms.parse("rare"), lines=10)
    assert (found, more) == ([1, 9_001, 18_001, 27_001, 36_001], False)


def test_since_and_until_bound_the_past(deployment, log):
    append(log, *range(0, 7_200, 60))
    zone = datetime.now().astimezone().tzinfo
    since = datetime(2026, 8, 11, 0, 30, tzinfo=zone)
    until = datetime(2026, 8, 11, 0, 32, tzinfo=zone)
    assert asked(deployment, since=since, until=until) == ([1_800, 1_860, 1_920], False)


def test_levels_are_this_one_and_worse(deployment, log):
    levels = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
    log.write_text("".join(line(n, level=level) for n, level in enumerate(levels)))
    assert asked(deployment, level="error")[0] == [3, 4]
    assert asked(deployment, level="warn")[0] == [2, 3, 4]
    assert asked(deployment, level="info")[0] == [1, 2, 3, 4]
    assert asked(deployment, level="debug")[0] == [0, 1, 2, 3, 4]


def test_tracebacks_stay_whole_when_a_file_is_read_backwards(deployment, log):
    trace = "Traceback (most recent call last):\n" + '  File "x"\n' * 3 + "ValueError: no\n"
    log.write_text("".join(line(n, level="ERROR") + trace for n in range(20_000)))
    found, _ = read(deployment, Query(lines=15_000))
    assert len(found) == 15_000
    assert {raw.count(b"\n") for _, raw in found} == {5}


def test_an_unknown_source_is_named_with_those_there_are(deployment, log):
    append(log, 1)
    with pytest.raises(
        NotFoundError, match=r"no log nope; there are: merged, logs/mcpgateway\.log, activity"
    ):
        chosen(sources_of(deployment), "nope")
    for name in ("mcpgateway.log", "logs/mcpgateway.log", str(log)):
        assert chosen(sources_of(deployment), name)[0].path == log


def test_following_gives_the_past_and_then_every_line(deployment, log):
    append(log, 1, 2, 3)
    over, seen = [], []
    for held in follow(deployment, Query(lines=2), lambda: bool(over)):
        if held is None:
            continue
        seen.append(int(held[1].split()[-1]))
        if len(seen) == 2:
            append(log, *range(4, 20_000))
        if seen[-1] == 19_999:
            over.append(1)
    assert seen == list(range(2, 20_000))


# --- saving -------------------------------------------------------------------------------


def test_lines_are_saved_private_cleaned_masked_and_over_nothing(tmp_path):
    source = LogSource("file", "x", "file", zone=UTC)
    held = [(source, b"INFO: password=hunter2-hunter2 \x1b]52;c;eA==\x07"), (source, b"a\nb")]
    target = tmp_path / "out.log"
    said = save(str(target), held)
    assert said == f"saved 2 lines to {target}, secrets masked"
    assert target.read_text() == "INFO: password=•••• \\x1b]52;c;eA==\\x07\na\nb\n"
    assert target.stat().st_mode & 0o777 == 0o600
    with pytest.raises(Exception, match="is there already"):
        save(str(target), held)
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Exception, match="is there already"):
        save(str(tmp_path / "link"), held)
    with pytest.raises(Exception, match=r"There is no|Cannot write"):
        save(str(tmp_path / "none" / "x.log"), held)
