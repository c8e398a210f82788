"""Settings: where a value comes from, and what it is worth.

Order: command line, `MCPDB_*`, `mcpdb.toml` of the project, the user's own `config.toml`,
what was discovered, default. Every value keeps its origin, so that `config show` can say it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from tui.core.ages import days
from tui.core.errors import UsageError
from tui.core.gateway_table import process_ref
from tui.core.hook_table import Hook
from tui.core.models import ProcessRef, Rotation
from tui.core.setting_files import PROJECT_FILE, ours, owner, read_toml, unless_open, user_file
from tui.core.setting_keys import GATEWAY, HARMLESS, KEYS, Key, Value, convert

__all__ = ["PROJECT_FILE", "Flags", "Setting", "Settings", "load"]

DEFAULT = "default"
DISCOVERED = "discovered"


@dataclass(frozen=True, slots=True, kw_only=True)
class Flags:
    """What the command line gave; None means that the option was not there."""

    project_dir: str | None = None
    database: str | None = None
    name: str | None = None
    service: str | None = None
    container: str | None = None
    python: str | None = None
    package: str | None = None
    read_only: bool | None = None
    production: str | None = None
    health_url: str | None = None
    backup_dir: str | None = None
    theme: str | None = None
    glyphs: str | None = None


@dataclass(frozen=True, slots=True)
class Setting:
    """A value and where it came from."""

    value: Value
    origin: str
    """`flag --db`, `MCPDB_DB`, the path of a file, `discovered: …` or `default`."""

    @property
    def given(self) -> bool:
        """Whether a person wrote it down somewhere."""
        return self.origin != DEFAULT and not self.origin.startswith(DISCOVERED)


@dataclass(frozen=True, slots=True)
class Source:
    """What settings were resolved from."""

    flags: Flags
    environ: Mapping[str, str]
    cwd: Path


class Settings(Mapping[str, Value]):
    """All settings, resolved; a mapping from key to value that never lacks a known key."""

    def __init__(
        self,
        values: Mapping[str, Setting],
        project_file: Path | None = None,
        source: Source | None = None,
    ) -> None:
        self._values = {
            name: values.get(name, Setting(key.default, DEFAULT)) for name, key in KEYS.items()
        }
        self.project_file = project_file
        """The project's `mcpdb.toml`, when there is one."""
        self.in_file: Mapping[str, Value] = {}
        """What that file says, also where a flag says something else."""
        self.source = source or Source(Flags(), {}, Path("/"))

    def __getitem__(self, key: str) -> Value:
        return self._values[key].value

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def origin(self, key: str) -> str:
        """Where the value of `key` came from.

        Raises:
            KeyError: There is no such setting.
        """
        return self._values[key].origin

    def setting(self, key: str) -> Setting:
        """Value and origin of `key`.

        Raises:
            KeyError: There is no such setting.
        """
        return self._values[key]

    def given(self, key: str) -> bool:
        """Whether a person wrote this value down: not discovered, not a default."""
        return self._values[key].given

    def from_flag(self, key: str) -> bool:
        """Whether the value came from the command line or the environment."""
        return self.origin(key).startswith(("flag ", "MCPDB_"))

    def process(self) -> ProcessRef | None:
        """The gateway of `[gateway] kind = "process"`, if the project has one."""
        value = self["gateway"]
        return value if isinstance(value, ProcessRef) else None

    def rotation(self) -> Rotation:
        """When logs are compressed and when they go.

        Raises:
            UsageError: An age is none.
        """
        return Rotation(
            folder=str(self["log_dir"] or ""),
            compress_after=days(self["log_compress_after"], "log_compress_after"),
            delete_after=days(self["log_delete_after"], "log_delete_after"),
        )

    def on_failure(self) -> Hook | None:
        """What is told of a scheduled run that failed."""
        value = self["on_failure"]
        return value if isinstance(value, Hook) else None

    def discovered(self, values: Mapping[str, Value], how: str = "") -> Settings:
        """Return settings where `values` fill what nobody wrote down.

        Args:
            values: Keys and values that were found out.
            how: Through what, e.g. `container forge-gateway-1`.
        """
        origin = f"{DISCOVERED}: {how}" if how else DISCOVERED
        found = {
            key: Setting(value, origin)
            for key, value in values.items()
            if not self.given(key) and value not in (None, "", ())
        }
        filled = Settings({**self._values, **found}, self.project_file, self.source)
        filled.in_file = self.in_file
        return filled

    def for_project(self, folder: Path) -> Settings:
        """The settings of a project that discovery found, its own `mcpdb.toml` included.

        A file there that belongs to a stranger is believed in harmless keys only.

        Raises:
            UsageError: The project's file is malformed.
        """
        if self.project_file is not None and self.project_file.parent == folder:
            return self
        return _load(self.source, folder)

    def rows(self) -> list[tuple[str, str, str]]:
        """Key, value as text and origin of every setting, in the order of the documentation."""
        return [
            (name, _as_text(setting.value), setting.origin)
            for name, setting in self._values.items()
        ]


def _as_text(value: object) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(str(item) for item in value)
    if isinstance(value, Hook):
        return value.told
    if isinstance(value, ProcessRef):
        return f"process, {' '.join(value.start)}"
    if isinstance(value, Mapping):
        return ", ".join(f"{key}={item}" for key, item in value.items())
    return str(value)


def load(flags: Flags, environ: Mapping[str, str], cwd: Path) -> Settings:
    """Resolve every setting; reads at most two files and asks nobody.

    Args:
        flags: The command line.
        environ: The environment.
        cwd: Relative paths of flags and environment start here.

    Raises:
        UsageError: A file is malformed, or a value is not what its key needs.
    """
    return _load(Source(flags, environ, cwd), None)


def _load(source: Source, found: Path | None) -> Settings:
    """Resolve everything; `found` is the folder of a project that discovery found."""
    values: dict[str, Setting] = {}
    _take(values, _from_flags(source.flags, source.cwd))
    _take(values, _from_environ(source.environ, source.cwd))
    project = _project_file(values, source, found)
    said: dict[str, Setting] = {}
    if project is not None:
        said = _from_file(project)
        if found is not None and owner(project) not in ours(source.environ):
            said = {key: setting for key, setting in said.items() if key in HARMLESS}
        _take(values, said)
        values.setdefault("project_dir", Setting(project.parent, f"{DISCOVERED}: {project}"))
    user = user_file(source.environ)
    if user is not None and _is_there(user):
        _take(values, _from_file(user))
    settings = Settings(values, project, source)
    settings.in_file = {key: setting.value for key, setting in said.items()}
    return settings


def _is_there(path: Path) -> bool:
    """Whether it is a file; behind a folder that may not be entered there is nothing for us."""
    try:
        return path.is_file()
    except OSError:
        return False


def _take(values: dict[str, Setting], more: Mapping[str, Setting]) -> None:
    """Add what a weaker source says about keys that no stronger source named."""
    for key, setting in more.items():
        values.setdefault(key, setting)


def _from_flags(flags: Flags, cwd: Path) -> dict[str, Setting]:
    found = {}
    for field in fields(flags):
        raw = getattr(flags, field.name)
        if raw is not None:
            key = KEYS[field.name]
            found[key.name] = Setting(convert(key, raw, cwd, key.flag), f"flag {key.flag}")
    return found


def _from_environ(environ: Mapping[str, str], cwd: Path) -> dict[str, Setting]:
    found = {}
    for key in KEYS.values():
        raw = environ.get(key.environ, "") if key.environ else ""
        # An empty variable is how a shell or a unit file says "not set".
        if raw:
            found[key.name] = Setting(convert(key, raw, cwd, key.environ), key.environ)
    return found


def _from_file(path: Path) -> dict[str, Setting]:
    table = read_toml(path)
    found = {}
    for name, raw in table.items():
        if name == GATEWAY:
            found[name] = Setting(process_ref(raw, path), str(path))
            continue
        key = _known_key(name, path)
        where = f"{path}: {name}"
        found[key.name] = Setting(convert(key, raw, path.parent, where), str(path))
    return found


def _known_key(name: str, path: Path) -> Key:
    key = KEYS.get(name)
    if key is None:
        known = ", ".join(KEYS)
        raise UsageError(f"{path}: {name} is not a setting; there are {known}.")
    return key


def _project_file(values: Mapping[str, Setting], source: Source, found: Path | None) -> Path | None:
    """Find the project's file: in `--project-dir`, else upwards from the database or from here.

    A file that was only met on the way up names commands that we would run, perhaps as root:
    it must belong to us, to root or to whoever called sudo.

    Raises:
        UsageError: Such a file belongs to somebody else, or everybody may write it.
    """
    if "project_dir" in values:
        chosen = values["project_dir"]
        if not chosen.value.is_dir():
            raise UsageError(
                f"{chosen.value} ({chosen.origin}) is not a folder; give the folder of the "
                "Compose project."
            )
        return unless_open(chosen.value / PROJECT_FILE)
    if found is not None:
        return unless_open(found / PROJECT_FILE)
    start = values["database"].value.parent if "database" in values else source.cwd
    start = start.resolve()
    for folder in (start, *start.parents):
        path = unless_open(folder / PROJECT_FILE)
        if path is None:
            continue
        if owner(path) not in ours(source.environ):
            raise UsageError(
                f"{path} belongs to uid {owner(path)}, not to you; if you trust the commands "
                f"in it, say so with --project-dir {folder}."
            )
        return path
    return None
