"""The one entry for every check: `python -m tests.check [--docker]`.

Runs the linters, the type checker, the import contracts and the tests, all of them even after a
failure, and ends with a line that says what failed. Docker tests need an engine with the real
gateway; without `--docker` they are left out and that is said.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
WORKERS = str((os.cpu_count() or 1) + 1)
"""One more than there are cores: these tests wait for other processes half of the time."""


def commands(docker: bool) -> list[tuple[str, list[str]]]:
    python = sys.executable
    pytest = [python, "-m", "pytest", "-q", "--durations=30"]
    found = [
        ("ruff check", [str(BIN / "ruff"), "check", "."]),
        ("ruff format", [str(BIN / "ruff"), "format", "--check", "."]),
        ("mypy --strict", [python, "-m", "mypy"]),
        ("import contracts", [str(BIN / "lint-imports"), "--no-cache"]),
        ("tests", [*pytest, "-m", "not docker", "-n", WORKERS, "--dist", "worksteal"]),
    ]
    if docker:
        found.append(("docker tests", [*pytest, "-m", "docker", "tests/docker"]))
    return found


def main() -> int:
    docker = "--docker" in sys.argv[1:]
    failed: list[str] = []
    for name, command in commands(docker):
        began = time.monotonic()
        print(f"== {name}", flush=True)
        if subprocess.run(command, cwd=ROOT, check=False).returncode:
            failed.append(name)
        print(f"   {time.monotonic() - began:.1f} s", flush=True)
    if not docker:
        print("== docker tests: left out; --docker runs them (they start or find an engine)")
    print(f"FAILED: {', '.join(failed)}" if failed else "All checks passed.")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
