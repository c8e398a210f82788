"""The settings there are: names, kinds, defaults, and how a raw value becomes theirs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

from tui.core.ages import days
from tui.core.errors import UsageError
from tui.core.hook_table import hook

Kind: TypeAlias = Literal[
    "text", "path", "paths", "texts", "flag", "word", "choice", "table", "program", "age", "hook"
]

Value: TypeAlias = Any
"""What a setting holds: text, a path, a flag, a tuple of those or a table, as its kind says."""

GATEWAY = "gateway"
"""The one table that becomes a `ProcessRef`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One setting."""

    name: str
    kind: Kind
    help: str
    default: Any = ""
    flag: str = ""
    """The command-line option; empty when there is none."""
    environ: str = ""
    """The variable; empty for what only a file can say."""
    choices: tuple[str, ...] = ()


def _keys(*keys: Key) -> dict[str, Key]:
    return {key.name: key for key in keys}


KEYS: Mapping[str, Key] = _keys(
    Key(
        name="project_dir",
        kind="path",
        default=None,
        flag="--project-dir",
        environ="MCPDB_PROJECT_DIR",
        help="Folder of the Compose project.",
    ),
    Key(
        name="database",
        kind="path",
        default=None,
        flag="--db",
        environ="MCPDB_DB",
        help="The live database file.",
    ),
    Key(
        name="name",
        kind="text",
        flag="--name",
        environ="MCPDB_NAME",
        help="What the deployment is called, and what is typed to confirm.",
    ),
    Key(
        name="service",
        kind="text",
        flag="--service",
        environ="MCPDB_SERVICE",
        help="Compose service of the gateway.",
    ),
    Key(
        name="container",
        kind="text",
        flag="--container",
        environ="MCPDB_CONTAINER",
        help="Container of the gateway, by name.",
    ),
    Key(
        name="python",
        kind="program",
        flag="--python",
        environ="MCPDB_PYTHON",
        help="Interpreter that has the gateway's code, for migrations without a container.",
    ),
    Key(
        name="package",
        kind="text",
        default="mcpgateway",
        flag="--package",
        environ="MCPDB_PACKAGE",
        help="Python package that holds the migrations.",
    ),
    Key(
        name="read_only",
        kind="flag",
        default=False,
        flag="--read-only",
        environ="MCPDB_READ_ONLY",
        help="Hide everything that changes something.",
    ),
    Key(
        name="production",
        kind="word",
        flag="--production",
        environ="MCPDB_PRODUCTION",
        help="true shows [PROD]; a word shows that word.",
    ),
    Key(
        name="health_url",
        kind="text",
        flag="--health-url",
        environ="MCPDB_HEALTH_URL",
        help="The gateway's health address.",
    ),
    Key(
        name="backup_dir",
        kind="path",
        default=None,
        flag="--backup-dir",
        environ="MCPDB_BACKUP_DIR",
        help="Where backups are kept; `backups` beside the database.",
    ),
    Key(
        name="second_dir",
        kind="path",
        default=None,
        environ="MCPDB_SECOND_DIR",
        help="Second folder that each verified backup is copied to.",
    ),
    Key(
        name="group",
        kind="text",
        environ="MCPDB_GROUP",
        help="Group that may read state and backups.",
    ),
    Key(
        name="theme",
        kind="text",
        flag="--theme",
        environ="MCPDB_THEME",
        help="Theme of the screen.",
    ),
    Key(
        name="glyphs",
        kind="choice",
        default="auto",
        choices=("auto", "unicode", "ascii"),
        flag="--glyphs",
        environ="MCPDB_GLYPHS",
        help="Signs and boxes: auto, unicode or ascii.",
    ),
    Key(
        name="slow_link",
        kind="flag",
        default=False,
        environ="MCPDB_SLOW_LINK",
        help="Draw less often and animate nothing.",
    ),
    Key(
        name="utc",
        kind="flag",
        default=False,
        environ="MCPDB_UTC",
        help="Show times in UTC.",
    ),
    Key(
        name="compress",
        kind="flag",
        default=False,
        environ="MCPDB_COMPRESS",
        help="Compress backups with zstd.",
    ),
    Key(
        name="log_files",
        kind="paths",
        default=(),
        environ="MCPDB_LOG_FILES",
        help="Files and folders with the gateway's own logs; `:` between them.",
    ),
    Key(
        name="cron_files",
        kind="paths",
        default=(),
        environ="MCPDB_CRON_FILES",
        help="More tables in the form of /etc/crontab that the doctor looks through.",
    ),
    Key(
        name="log_dir",
        kind="path",
        default=None,
        environ="MCPDB_LOG_DIR",
        help="Folder whose logs are rotated; the one that the gateway logs to.",
    ),
    Key(
        name="log_compress_after",
        kind="age",
        default="1d",
        environ="MCPDB_LOG_COMPRESS_AFTER",
        help="Age at which rotate-logs compresses a log: 1d, 36h.",
    ),
    Key(
        name="log_delete_after",
        kind="age",
        default="30d",
        environ="MCPDB_LOG_DELETE_AFTER",
        help="Age at which rotate-logs deletes a compressed log.",
    ),
    Key(
        name="on_failure",
        kind="hook",
        default=None,
        help="What is told of a scheduled run that failed: a command, or command and webhook.",
    ),
    Key(
        name="mask",
        kind="texts",
        default=(),
        help="More columns to mask, as `table.column` or `*pattern*`.",
    ),
    Key(
        name="ignore",
        kind="texts",
        default=(),
        help="Columns whose changes a comparison does not count, as `column` or `table.column`.",
    ),
    Key(name="retention", kind="table", default={}, help="Which backups prune keeps."),
    Key(name="keys", kind="table", default={}, help="Other keys for actions."),
    Key(
        name=GATEWAY,
        kind="table",
        default=None,
        help='A gateway that is no container: kind = "process", start, stop …',
    ),
)
"""Every setting, in the order `config show` prints them."""

HARMLESS = ("name", "production", "read_only", "theme", "glyphs", "slow_link", "utc")
"""What is believed of a file that belongs to a stranger: nothing that is run or written to."""

_YES = ("1", "true", "yes", "on")
_NO = ("0", "false", "no", "off")


def convert(key: Key, raw: object, base: Path, where: str) -> Value:
    """Turn a raw value into what `key` holds.

    Args:
        key: The setting.
        raw: A string from the command line or environment, or a TOML value.
        base: Folder that relative paths start from.
        where: What to name when it is wrong, e.g. `/srv/forge/mcpdb.toml: read_only`.

    Raises:
        UsageError: The value is of another kind.
    """
    if key.kind == "flag":
        return _flag(raw, where)
    if key.kind == "word":
        return _word(raw, where)
    if key.kind == "paths":
        items = raw.split(":") if isinstance(raw, str) else raw
        return tuple(path_from(item, base, where) for item in texts(items, where))
    if key.kind == "texts":
        return texts([raw] if isinstance(raw, str) else raw, where)
    if key.kind == "hook":
        return hook(raw, where)
    if key.kind == "table":
        if not isinstance(raw, dict):
            raise UsageError(f"{where} must be a table.")
        return dict(raw)
    if not isinstance(raw, str):
        raise UsageError(f"{where} must be text, not {raw!r}.")
    if key.kind == "path":
        return path_from(raw, base, where)
    if key.kind == "program":
        # A bare name is looked up in PATH; anything with a slash is a file.
        return str(path_from(raw, base, where)) if "/" in raw else raw
    if key.kind == "age":
        days(raw, where)
        return raw
    if key.choices and raw not in key.choices:
        raise UsageError(f"{where} must be one of {', '.join(key.choices)}, not {raw!r}.")
    return raw


def _flag(raw: object, where: str) -> bool:
    if isinstance(raw, bool):
        return raw
    if isinstance(raw, str) and raw.lower() in (*_YES, *_NO):
        return raw.lower() in _YES
    raise UsageError(f"{where} must be true or false, not {raw!r}.")


def _word(raw: object, where: str) -> str:
    """True becomes `PROD`, false nothing, any other word itself."""
    text = str(raw).lower() if isinstance(raw, bool) else raw
    if not isinstance(text, str):
        raise UsageError(f"{where} must be true, false or a word, not {raw!r}.")
    if text.lower() in _YES:
        return "PROD"
    return "" if text.lower() in _NO else text


def texts(raw: object, where: str) -> tuple[str, ...]:
    """A list of texts without its empty ones.

    Raises:
        UsageError: It is something else.
    """
    if not isinstance(raw, Sequence) or not all(isinstance(item, str) for item in raw):
        raise UsageError(f"{where} must be a list of texts, not {raw!r}.")
    return tuple(item for item in raw if item)


def path_from(raw: str, base: Path, where: str) -> Path:
    """A path, relative ones from `base`.

    Raises:
        UsageError: It is empty, or names an unknown home.
    """
    if not raw or "\0" in raw:
        raise UsageError(f"{where} must be a path, not {raw!r}.")
    try:
        return base / Path(raw).expanduser()
    except RuntimeError as error:
        raise UsageError(f"{where} names a home folder that is not known: {raw}.") from error
