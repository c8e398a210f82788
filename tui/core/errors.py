"""Errors a person can act on, each with the exit code of the command that meets it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from pathlib import Path
from types import MappingProxyType
from typing import ClassVar, Self


class ExitCode(IntEnum):
    """What a command's exit code says; a signal adds 128 to its number."""

    DONE = 0
    FAILED = 1
    """Failed or cancelled; nothing was changed."""
    USAGE = 2
    """The command line is wrong, or a confirmation is missing."""
    VERIFICATION = 3
    ROLLED_BACK = 4
    ROLLBACK_FAILED = 5
    NOT_FOUND = 10
    BUSY = 11
    """Locked, or changed since the plan was confirmed."""
    PRECHECK = 12
    """Space, permission or compatibility forbids it."""
    DOCKER = 13
    UNHEALTHY = 14
    PARTLY = 15


class McpdbError(Exception):
    """An expected failure; its text is one sentence fit to be shown as it is."""

    exit_code: ClassVar[ExitCode] = ExitCode.FAILED
    facts: Mapping[str, object] = MappingProxyType({})
    """What a journal keeps of it beside its text: JSON values."""

    def telling(self, **facts: object) -> Self:
        """The same error with facts for the journal."""
        self.facts = {**self.facts, **facts}
        return self


class Cancelled(McpdbError):
    """The operator cancelled before the point of no return."""


class UsageError(McpdbError):
    """The request itself is wrong, or its confirmation is missing."""

    exit_code = ExitCode.USAGE


class VerificationError(McpdbError):
    """A file is not what it should be: not SQLite, damaged, another hash."""

    exit_code = ExitCode.VERIFICATION


class NotFoundError(McpdbError):
    """A file, backup, container or revision does not exist."""

    exit_code = ExitCode.NOT_FOUND


class BusyError(McpdbError):
    """Somebody holds a lock, or something moved since the plan was made."""

    exit_code = ExitCode.BUSY


class PrecheckError(McpdbError):
    """Space, permission or compatibility forbids the operation."""

    exit_code = ExitCode.PRECHECK


class DockerError(McpdbError):
    """Docker is needed and does not do it."""

    exit_code = ExitCode.DOCKER


class UnhealthyError(McpdbError):
    """The gateway does not become healthy."""

    exit_code = ExitCode.UNHEALTHY


class DamagedError(VerificationError):
    """SQLite itself cannot read the file: damaged, encrypted or not a database."""


class DiskError(VerificationError):
    """The disk does not give or take what it should.

    `path` is the file it was about, where that is known: a live database is suspect from then on.
    """

    def __init__(self, text: str, path: Path | None = None) -> None:
        super().__init__(text)
        self.path = path


class RollbackFailedError(McpdbError):
    """An undo could not be carried through; nothing was deleted."""

    exit_code = ExitCode.ROLLBACK_FAILED


ERRORS_BY_CODE: dict[ExitCode, type[McpdbError]] = {
    ExitCode.FAILED: McpdbError,
    ExitCode.USAGE: UsageError,
    ExitCode.VERIFICATION: VerificationError,
    ExitCode.ROLLBACK_FAILED: RollbackFailedError,
    ExitCode.NOT_FOUND: NotFoundError,
    ExitCode.BUSY: BusyError,
    ExitCode.PRECHECK: PrecheckError,
    ExitCode.DOCKER: DockerError,
    ExitCode.UNHEALTHY: UnhealthyError,
}
"""The error that a code read back from another process stands for."""
