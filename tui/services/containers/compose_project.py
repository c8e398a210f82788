"""What a Compose project says of the gateway's service now, and how Compose is told which it is.

Compose files are read through Compose alone and never edited.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tui.core import foreign_json
from tui.core.errors import DockerError, NotFoundError
from tui.core.models import ContainerRef
from tui.services import files
from tui.services.containers import compose, compose_cli, container_facts
from tui.services.containers.compose_cli import Compose
from tui.services.containers.engine import Engine
from tui.wording.clean import one_line

PINNED = "mcpdb-tui-pinned.yml"
"""Name of the file that pins an image, in the database's state folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """The image that Compose names for a service now."""

    name: str = ""
    id: str = ""
    """Of the local image; empty where it is not here, or the name is not known."""
    problem: str = ""
    """Why it cannot be told or used, in one sentence."""
    user: str = ""
    """The user that Compose sets; empty leaves the image's own."""
    pulls: bool = False
    """Whether Compose would ask a registry before it makes the container."""
    words: tuple[str, ...] = ("docker", "compose")
    """The command that makes the project's containers as they are."""
    version: str = ""
    """What the project's files call theirs; Compose 1.x wants it in every file of a project."""
    askable: bool = True
    """Whether this host has the command and the files; without them only a person can do it."""


def named_image(ref: ContainerRef, timeout: float = compose.TIMEOUT) -> Named:
    """Ask Compose which image it would use now.

    Args:
        ref: The gateway's container.
        timeout: Seconds that Compose may take.

    Raises:
        DockerError: The engine does not answer.
    """
    if not ref.project or not ref.service:
        return Named(problem=f"{one_line(ref.container)} was not made by Compose.", askable=False)
    try:
        cli = cli_of(ref)
        service = service_of(ref, cli, timeout)
    except DockerError as error:
        return Named(problem=str(error))
    except NotFoundError as error:
        return Named(problem=str(error), askable=False)
    name = str(service.get("image") or _built(ref, cli))
    user = str(service.get("user") or "")
    pulls = service.get("pull_policy") not in (None, "", "missing", "if_not_present", "never")
    engine = Engine(ref.docker_host)
    try:
        image_id, problem = str(engine.image(name)["Id"]), ""
    except NotFoundError:
        text = f"The Compose file names {one_line(name)}, which is not on this host"
        image_id, problem = "", f"{text}: docker pull {shlex.quote(name)}"
    finally:
        engine.close()
    return Named(
        name=name,
        id=image_id,
        user=user,
        pulls=pulls,
        problem=problem,
        words=words_of(ref, cli),
        version=str(service[""]) if cli.major == 1 else "",
    )


def words_of(ref: ContainerRef, cli: Compose) -> tuple[str, ...]:
    """The command, with what makes it give a container the name that its maker gave it."""
    compatible = made_by(ref) == 1 and cli.major != 1
    return (*cli.words, *(("--compatibility",) if compatible else ()))


def _built(ref: ContainerRef, cli: Compose) -> str:
    """What Compose calls the image of a service that is built and has no name of its own."""
    return f"{ref.project}{'_' if cli.major == 1 else '-'}{ref.service}"


def cli_of(ref: ContainerRef, needed_by: str = "Another image needs") -> Compose:
    """The command that fits the project.

    Args:
        ref: The gateway's container.
        needed_by: What needs it, for the sentence that it is not here.

    Raises:
        NotFoundError: No Compose, or the project's files are not on this host.
    """
    needed = (*_files(ref), *_env_files(ref))
    missing = next((f for f in needed if not files.is_file(Path(f))), "")
    if not files.is_folder(Path(ref.working_dir or "/nowhere")) or missing:
        where = one_line(missing or ref.working_dir or ref.project)
        raise NotFoundError(f"The Compose project's {where} is not on this host.")
    cli = compose_cli.find(made_by(ref))
    if cli is None:
        raise NotFoundError(f"{needed_by} the compose command; it is not here.")
    return cli


def _files(ref: ContainerRef) -> list[str]:
    """The operator's own Compose files.

    A container that was made with a pinned image names our file for ever; it is gone.
    """
    return [file for file in ref.config_files if Path(file).name != PINNED]


def _env_files(ref: ContainerRef) -> list[str]:
    """Files of variables that Compose was given with `--env-file`.

    Without them the same project names another image, or has other secrets. The one that is
    taken anyway needs no naming, and may be gone.
    """
    told = [file for file in _label(ref, "project.environment_file").split(",") if file]
    default = str(Path(ref.working_dir, ".env"))
    found = [str(Path(ref.working_dir, file)) for file in told]
    return [] if found == [default] else found


def made_by(ref: ContainerRef) -> int:
    """The major version of the Compose that made the container; 0 where it does not say."""
    first = _label(ref, "version").lstrip("v").partition(".")[0]
    return int(first) if first.isdecimal() else 0


def _label(ref: ContainerRef, name: str) -> str:
    """What Compose wrote on the container; empty where nobody can say."""
    engine = Engine(ref.docker_host)
    try:
        return container_facts.compose(engine.inspect(ref.container), name)
    except (DockerError, NotFoundError):
        return ""
    finally:
        engine.close()


def service_of(ref: ContainerRef, cli: Compose, timeout: float) -> Mapping[str, Any]:
    """What Compose says of the service, with all variables filled in.

    Raises:
        DockerError: Compose does not understand the project, or has no such service.
    """
    words = ["config"] if cli.major == 1 else ["config", "--format", "json"]
    done = compose_cli.run(
        [*cli.words, *project_words(ref), *words],
        cwd=Path(ref.working_dir),
        deadline=timeout,
        environ=environ_of(ref),
    )
    where = one_line(ref.working_dir)
    if done.code:
        said = done.said or f"it ended with exit {done.code}"
        raise DockerError(f"Compose does not understand the project in {where}: {said}.")
    try:
        values = _read(done.output, cli)
        services = values["services"]
        found = _unescaped(services.get(ref.service))
        if found is None:
            raise DockerError(
                f"The Compose file in {where} has no service {one_line(ref.service)} any more."
            )
        return {**found, "": str(values.get("version") or "")}
    except (ValueError, AttributeError, TypeError, KeyError) as error:
        raise DockerError(f"Compose's answer for {where} is not what it should be.") from error


def _unescaped(value: Any) -> Any:  # noqa: ANN401 - any part of a project
    """What is meant: Compose prints each `$` twice, so that its output may be read once more."""
    if isinstance(value, str):
        return value.replace("$$", "$")
    if isinstance(value, list):
        return [_unescaped(one) for one in value]
    if isinstance(value, dict):
        return {key: _unescaped(one) for key, one in value.items()}
    return value


def _read(output: str, cli: Compose) -> Any:  # noqa: ANN401 - another program's answer
    if cli.major != 1:
        return foreign_json.loads(output)
    import yaml

    try:
        return yaml.safe_load(output)
    except yaml.YAMLError as error:
        raise ValueError("no YAML") from error


def project_words(ref: ContainerRef, *more: Path) -> list[str]:
    """The options that make Compose mean this project, whatever folder or variables say."""
    words = ["-p", ref.project, "--project-directory", ref.working_dir]
    for file in _env_files(ref):
        words += ["--env-file", file]
    for file in (*_files(ref), *map(str, more)):
        words += ["-f", file]
    return words


def environ_of(ref: ContainerRef) -> dict[str, str]:
    """Variables that lead Compose to the gateway's engine; all others are the operator's."""
    return {"DOCKER_HOST": ref.docker_host} if ref.docker_host else {}


def command(ref: ContainerRef, *more: Path) -> str:
    """What a person types to remake the container and start it."""
    words = ["docker", "compose", *project_words(ref, *more), "up", "-d", "--no-deps", ref.service]
    return shlex.join(words)
