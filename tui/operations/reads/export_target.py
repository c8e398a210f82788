"""Where an export goes: a name that is safe and free, and what stands at one that was typed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tui.core.errors import McpdbError, UsageError
from tui.core.models import Deployment
from tui.services import files
from tui.services.rows_out.folder import MANIFEST
from tui.services.rows_out.formats import Format, file_name
from tui.wording.clean import one_line
from tui.wording.quantities import size, when

SIDECARS = ("", "-wal", "-shm", "-journal")
_MOST_TRIES = 1_000


@dataclass(frozen=True, slots=True)
class Target:
    """A place to write to, as it is now."""

    path: Path
    taken: str = ""
    """What stands there and would be replaced: `1.2M of Aug 11 02:00`; empty where nothing is."""
    problem: str = ""
    """Why nothing can be written there, in one sentence."""


def home_of(deployment: Deployment) -> Path:
    """The folder that exports go to unless another is named."""
    return (deployment.project_dir or Path.cwd()).absolute()


def name_for(
    deployment: Deployment, tables: Sequence[str], kind: Format, source: str, now: datetime
) -> str:
    """What an export is called: `tools.csv`, `tools-k7m2qd.csv`; of several tables a folder.

    Args:
        deployment: Whose.
        tables: What is exported; one is a file, none or several are a folder.
        kind: Of the files.
        source: `live`, or a backup's id.
        now: For the folder's name.
    """
    of = "" if source == "live" else f"-{source}"
    if len(tables) == 1:
        return file_name(f"{tables[0]}{of}", kind)
    folder = file_name(f"{deployment.name}-tables{of}", kind).rpartition(".")[0]
    return f"{folder}-{now:%Y%m%d-%H%M}"


def typed_path(text: str, home: Path) -> Path:
    """A path as it was typed: `~` is the operator's own home; else in `home` unless absolute."""
    try:
        return home / Path(text.strip()).expanduser()
    except RuntimeError:  # nobody is called that
        return home / text.strip()


def meant(text: str, home: Path, name: str) -> Path:
    """The place that was typed: in `home` unless it is absolute; of a folder, `name` in it.

    Args:
        text: As it was typed; `~` is the operator's own home.
        home: See `home_of`.
        name: What it is called without one.
    """
    path = typed_path(text, home)
    is_folder = text.strip().endswith("/") or files.is_folder(path)
    exported = is_folder and files.is_file(path / MANIFEST)
    return path / name if is_folder and not exported else path


def why_not(deployment: Deployment, path: Path) -> str:
    """Why no export may stand at a place, whoever asks for it; empty when one may.

    A file that takes the name of the database or of its WAL loses all that is in them, and one
    among the backups may be taken for one of them.
    """
    place, name = _real(path), one_line(str(path))
    if any(
        place == _real(deployment.database.with_name(deployment.database.name + suffix))
        for suffix in SIDECARS
    ):
        return f"{name} is the live database's own name; an export goes elsewhere."
    if _real(deployment.state_dir) in (place, *place.parents):
        return f"{name} is where mcpdb-tui keeps its journals; an export goes elsewhere."
    for folder in (deployment.backup_dir, deployment.second_dir):
        if folder is None or _real(folder) not in place.parents:
            continue
        if files.identity(path) is not None or path.name.startswith("mcp_"):
            return f"Backups lie in {one_line(str(folder))}; {one_line(path.name)} is none."
    return ""


def require_harmless(deployment: Deployment, path: Path, source: Path) -> None:
    """Refuse a place where an export would do harm.

    Args:
        deployment: Whose.
        path: Where it is to go.
        source: What is read: a backup may lie anywhere.

    Raises:
        UsageError: It is the database's, a backup's, ours, or what is read.
    """
    why = why_not(deployment, path.absolute())
    if not why and _real(path.absolute()) == _real(source):
        why = f"{one_line(str(path))} is what is exported; an export goes elsewhere."
    if why:
        raise UsageError(f"{why} Nothing was written.")


def _real(path: Path) -> Path:
    """The place without links on the way to it; what it is itself stays."""
    try:
        return path.parent.resolve() / path.name
    except (OSError, RuntimeError):
        return path.absolute()


def looked_at(deployment: Deployment, path: Path, *, is_folder: bool) -> Target:
    """What stands at a place; nothing is made by looking."""
    try:
        if why := why_not(deployment, path):
            return Target(path, problem=why)
        found = files.identity(path)
        parent = files.is_folder(path.parent)
    except McpdbError as error:
        return Target(path, problem=str(error))
    name = one_line(str(path))
    if not parent:
        return Target(path, problem=f"There is no folder {one_line(str(path.parent))}.")
    if found is None:
        return Target(path)
    of = f"of {when(datetime.fromtimestamp(found.mtime_ns / 1e9).astimezone(), _now())}"
    if is_folder and files.is_file(path / MANIFEST):
        return Target(path, taken=f"an export {of}")
    if not is_folder and files.is_regular(found):
        return Target(path, taken=f"{size(found.size)} {of}")
    what = "no export" if is_folder else "no plain file"
    return Target(path, problem=f"{name} is there already and is {what}; name another.")


def free(deployment: Deployment, path: Path, *, is_folder: bool) -> Target:
    """The place, or the first one beside it that nothing has: `tools-2.csv`."""
    found = looked_at(deployment, path, is_folder=is_folder)
    stem, dot, ending = ("", "", "") if is_folder else path.name.rpartition(".")
    for number in range(2, _MOST_TRIES):
        if not found.taken and files.identity(found.path) is None:
            break
        name = f"{stem}-{number}{dot}{ending}" if stem else f"{path.name}-{number}"
        found = looked_at(deployment, path.with_name(name), is_folder=is_folder)
    return found


def _now() -> datetime:
    return datetime.now().astimezone()
