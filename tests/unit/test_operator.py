"""Who asks, and from where."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from tests.faults import ROOT

PROGRAM = (
    "import json; from tui.services.operator import origin; print(json.dumps(origin().as_json()))"
)
SSH = "10.20.0.9 51022 10.20.0.1 22"


def asked(
    *, outer: dict[str, str], inner: dict[str, str], strip: tuple[str, ...] = ()
) -> dict[str, str]:
    """What a process says whose parent has `outer` and which has `inner` instead."""
    words = ["env", *(f"-u{name}" for name in strip), *(f"{k}={v}" for k, v in inner.items())]
    # A shell that stays: the process is its child, as that of sudo is.
    line = '"$@"; exit $?'
    environ = {k: v for k, v in os.environ.items() if k not in ("SSH_CONNECTION", "SUDO_USER")}
    done = subprocess.run(
        ["sh", "-c", line, "sh", *words, sys.executable, "-c", PROGRAM],
        env={**environ, **outer}, cwd=ROOT, capture_output=True, text=True, check=True,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    found: dict[str, str] = json.loads(done.stdout)
    return found


def test_an_address_is_that_of_the_ssh_session() -> None:
    assert asked(outer={"SSH_CONNECTION": SSH}, inner={})["origin"] == "10.20.0.9"


def test_behind_sudo_the_person_and_the_address_are_those_of_the_session_before_it() -> None:
    found = asked(
        outer={"SSH_CONNECTION": SSH}, inner={"SUDO_USER": "li"}, strip=("SSH_CONNECTION",)
    )
    assert (found["who"], found["origin"]) == ("li via sudo", "10.20.0.9")


def test_without_sudo_a_parents_session_is_not_taken_for_ones_own() -> None:
    found = asked(outer={"SSH_CONNECTION": SSH}, inner={}, strip=("SSH_CONNECTION",))
    assert found["origin"] != "10.20.0.9"
