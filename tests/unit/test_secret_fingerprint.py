"""Which encryption secret was in force: told by a fingerprint that gives nothing away."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import Site
from tests.faults import without_code
from tui.core.models import ProcessRef
from tui.demo import control
from tui.demo import deployment as demo
from tui.operations.backup import BackupCreate
from tui.operations.cataloguing import secret
from tui.operations.cataloguing.catalogue import read_catalogue
from tui.operations.cataloguing.secret import fingerprint_of, match
from tui.operations.reads.holding import HOLD, hold_for
from tui.services import fingerprint
from tui.services.gateways import connect
from tui.services.gateways.environment import of_process


@pytest.fixture(autouse=True)
def asked_anew() -> None:
    secret.forget()


@pytest.mark.parametrize(
    ("backup", "own", "told"),
    [
        ("1:ab", "1:ab", "same"),
        ("1:ab", "1:cd", "other"),
        # Made with a salt that was lost: nothing can be said.
        ("1:ab", "2:cd", "unknown"),
        ("", "1:ab", "unknown"),
        ("1:ab", "", "unknown"),
        ("", "", "unknown"),
    ],
)
def test_two_fingerprints_are_the_same_another_or_not_known(
    backup: str, own: str, told: str
) -> None:
    assert match(backup, own) == told


def test_another_secret_or_another_salt_gives_another_fingerprint(tmp_path: Path) -> None:
    salt, other = fingerprint.make_salt(tmp_path), bytes(32)
    found = fingerprint.fingerprint("a secret", salt)
    tag, _colon, digits = found.partition(":")
    assert (len(tag), len(digits)) == (4, 16)
    assert int(digits, 16) >= 0
    assert found == fingerprint.fingerprint("a secret", salt)
    assert fingerprint.make_salt(tmp_path) == salt, "one salt for ever"
    assert len({found, fingerprint.fingerprint("a secret", other)}) == 2
    assert found != fingerprint.fingerprint("a secreu", salt)
    path = fingerprint.salt_path(tmp_path)
    assert (path.stat().st_mode & 0o777, path.stat().st_size) == (0o600, 32)
    # Bytes that are no text are a secret like any other.
    assert fingerprint.fingerprint(os.fsdecode(b"\xff\xfe"), salt) != found


def test_looking_makes_no_salt_and_so_knows_nothing(site: Site) -> None:
    deployment = without_code(site.deployment)
    assert fingerprint_of(deployment) == ""
    assert not deployment.state_dir.exists()
    made = fingerprint_of(deployment, make_salt=True) if deployment.state_dir.exists() else ""
    assert made == ""
    assert site.do(BackupCreate(deployment)).exit_code == 0
    secret.forget()
    (backup,) = read_catalogue(deployment).backups
    assert backup.manifest is not None
    own = fingerprint_of(deployment)
    assert own != ""
    assert match(backup.manifest.secret_fingerprint, own) == "same"


def test_another_secret_at_the_next_start_is_another_one(site: Site) -> None:
    deployment = without_code(site.deployment)
    assert site.do(BackupCreate(deployment)).exit_code == 0
    (backup,) = read_catalogue(deployment).backups
    assert backup.manifest is not None
    demo.stop(site.folder)
    # Stopped, its file still tells.
    assert match(backup.manifest.secret_fingerprint, fingerprint_of(deployment)) == "same"
    (site.folder / control.ENV_FILE).write_text("AUTH_ENCRYPTION_SECRET=changed\n")
    site.start()
    secret.forget()
    assert match(backup.manifest.secret_fingerprint, fingerprint_of(deployment)) == "other"
    (site.folder / control.ENV_FILE).write_text("AUTH_ENCRYPTION_SECRET=\n")
    demo.stop(site.folder)
    site.start()
    secret.forget()
    assert fingerprint_of(deployment) == "", "none is set: nothing is known"


def test_the_secret_is_in_no_argument_and_the_running_process_counts(site: Site) -> None:
    gateway = connect(site.deployment.gateway)  # type: ignore[arg-type]
    told = control.variables(site.folder)["AUTH_ENCRYPTION_SECRET"]
    (site.folder / control.ENV_FILE).write_text("AUTH_ENCRYPTION_SECRET=later\n")
    assert gateway.environment()["AUTH_ENCRYPTION_SECRET"] == told
    for pid in gateway.state().pids:
        assert told.encode() not in Path(f"/proc/{pid}/cmdline").read_bytes()


def test_a_file_of_variables_is_read_as_everybody_writes_it(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(
        "# AUTH_ENCRYPTION_SECRET=no\n\n"
        "export Auth_Encryption_Secret = 'a = b'\nX=\"\"\nY='\nnone\n"
    )
    found = of_process((), tmp_path)
    assert found == {"AUTH_ENCRYPTION_SECRET": "a = b", "X": "", "Y": "'"}
    assert of_process((), tmp_path / "nowhere") == {}


def test_a_process_that_may_not_be_looked_into_leaves_the_file(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("A=file\nB=file\n")
    assert of_process((2**22 + 1,), tmp_path) == {"A": "file", "B": "file"}
    child = subprocess.Popen(
        [sys.executable, "-c", "import sys; print(flush=True); sys.stdin.read()"],
        env={"A": "'kept as it is'"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        # Until it runs its own program it still has our environment.
        assert child.stdout is not None
        assert child.stdout.readline() == b"\n"
        assert of_process((child.pid,), tmp_path)["A"] == "'kept as it is'"
        assert of_process((child.pid,), tmp_path)["B"] == "file"
    finally:
        child.communicate()


@pytest.mark.parametrize(
    ("line", "seconds"),
    [
        ("", HOLD),
        ("DB_SQLITE_BUSY_TIMEOUT=10000\n", 8.0),
        ("DB_SQLITE_BUSY_TIMEOUT=1000\n", 0.8),
        ("DB_SQLITE_BUSY_TIMEOUT=0\n", 0.0),
        ("DB_SQLITE_BUSY_TIMEOUT=many\n", HOLD),
        ("DB_SQLITE_BUSY_TIMEOUT=-1\n", HOLD),
        ("DB_SQLITE_BUSY_TIMEOUT=99999999\n", 30.0),
    ],
)
def test_writes_are_held_up_for_less_than_the_gateway_s_own_busy_timeout(
    line: str, seconds: float, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text(line)
    ref = ProcessRef(folder=str(tmp_path), start=("true",), stop=("true",), running=("false",))
    assert hold_for(connect(ref)) == pytest.approx(seconds)
    assert hold_for(None) == HOLD < 5.0


def test_no_fault_prints_the_secret(site: Site, faulty_runner: Callable[..., None]) -> None:
    """A backup that fails is told with its error; journals keep no values of variables."""
    told = control.variables(site.folder)["AUTH_ENCRYPTION_SECRET"]
    broken = replace(without_code(site.deployment), group="no-such-group")
    plan = BackupCreate(broken).plan()
    assert plan.forbidden is not None
    assert "no group no-such-group" in plan.forbidden.text
    assert told not in str(plan.as_json())
    assert told not in repr(site.deployment)
