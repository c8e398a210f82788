"""The gateway's package: where its `alembic.ini` is, and Alembic's view of its revisions."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from tui.services.migrations.beside.common import ProbeError, culprit

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.script import ScriptDirectory


def ini_path(package: str) -> str:
    """Return where the package's `alembic.ini` is.

    Raises:
        ProbeError: There is no such package, or no such file in it.
    """
    from importlib import resources

    try:
        folder = resources.files(package)
    except ModuleNotFoundError as error:
        if error.name and (package + ".").startswith(error.name + "."):
            raise ProbeError("package", "has no package " + package) from error
        raise
    path = str(folder.joinpath("alembic.ini"))
    if not os.path.isfile(path):  # noqa: PTH113
        raise ProbeError("ini", "the package " + package + " holds no alembic.ini")
    return path


def package_version(package: str) -> str:
    """Return what the package or its distribution calls its version, else nothing."""
    said = getattr(sys.modules.get(package), "__version__", "")
    if said or "." in package:
        return str(said)
    from importlib import metadata

    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


def configuration(package: str) -> Config:
    """Return Alembic's configuration of a package, from wherever this program runs.

    Raises:
        ProbeError: There is no such package, no `alembic.ini` in it, or no Alembic.
    """
    ini = ini_path(package)
    try:
        from alembic.config import Config
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] != "alembic":
            raise
        raise ProbeError("alembic", "has no Alembic") from error
    config = Config(ini)
    place = config.get_main_option("script_location") or "alembic"
    if not os.path.isabs(place) and ":" not in place:  # noqa: PTH117
        # Alembic takes a relative folder from the working directory; ours is anywhere.
        config.set_main_option(
            "script_location",
            os.path.join(os.path.dirname(ini), place).replace("%", "%%"),  # noqa: PTH118, PTH120
        )
    return config


def scripts(config: Config) -> ScriptDirectory:
    """Return the revisions of a configuration, all of them loaded.

    Raises:
        ProbeError: One of them follows a revision that is not there.
    """
    from alembic.script import ScriptDirectory

    directory = ScriptDirectory.from_config(config)
    try:
        list(directory.walk_revisions())
    except KeyError as error:
        if culprit(error, error.__traceback__):
            raise  # a file's own
        raise ProbeError("graph", f"a revision follows {error}, which is not there") from error
    return directory
