"""Which backups are kept, by which rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from tui.core.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How many backups to keep; 0 means that a rule keeps none. Empty when every rule is 0."""

    keep_last: int = 0
    """The newest so many, whatever their age."""
    daily: int = 0
    """The newest of each of so many days (of the host's zone) that have one."""
    weekly: int = 0
    """The same for ISO weeks."""
    monthly: int = 0
    """The same for calendar months."""
    max_age_days: float = 0.0
    """Keep what is younger than so many days."""
    minimum: int = 3
    """Never fewer verified backups than this, whatever the rules say; at least 1."""

    @property
    def is_empty(self) -> bool:
        """Whether no rule keeps anything: pruning by it is refused."""
        return not (
            self.keep_last or self.daily or self.weekly or self.monthly or self.max_age_days
        )

    def as_json(self) -> dict[str, Any]:
        """Plain JSON values; `from_table` reads them back."""
        return asdict(self)

    @classmethod
    def from_table(cls, table: Mapping[str, Any], where: str = "retention") -> Policy:
        """Read `[retention]`; an empty table is `DEFAULT_POLICY`.

        Raises:
            UsageError: A key is not known, or a value is no number or out of range.
        """
        known = {field.name for field in fields(cls)}
        for key, value in table.items():
            if key not in known:
                raise UsageError(f"{where}: {key!r} is no rule; known: {', '.join(sorted(known))}.")
            whole = isinstance(value, int) and not isinstance(value, bool)
            if not (whole or (key == "max_age_days" and isinstance(value, float))):
                raise UsageError(f"{where}: {key} must be a number, not {value!r}.")
            least = 1 if key == "minimum" else 0
            if not least <= value <= 100_000:
                raise UsageError(f"{where}: {key} must be {least} to 100,000, not {value!r}.")
        return cls(**table) if table else DEFAULT_POLICY


DEFAULT_POLICY = Policy(keep_last=3, daily=7, weekly=4, monthly=12)
"""What is used where nobody wrote one down: the guide's 7 days, and something older as well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """What a policy says about one backup."""

    backup: str
    """Id of the backup."""
    name: str
    """Its file name."""
    size: int
    keep: bool
    rule: str
    """In words: `kept: daily 3 of 7`, `dropped: older than 7 days`, `kept: last verified`."""
