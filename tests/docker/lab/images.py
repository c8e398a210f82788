"""Images of the real gateway: found, loaded, pulled or built, in that order.

A built image is Debian 12 with its Python 3.11 and the release's package from PyPI in `/app/.venv`,
with the user, working directory and port of the published one.
"""

from __future__ import annotations

import platform
import tarfile
from contextlib import closing
from pathlib import Path

from docker import DockerClient
from docker.errors import APIError, DockerException, ImageNotFound

from .base import LabError, cache_dir, locked, log, run, scratch
from .engine import Engine
from .packages import need
from .releases import PACKAGE, Release, install, release
from .variants import VARIANTS, variant_image

PUBLISHED = "ghcr.io/ibm/mcp-context-forge"
BUILT = "mcpdb-lab/gateway"
BASE = "mcpdb-lab/base:bookworm"
SUITE = "bookworm"
MIRROR = "http://deb.debian.org/debian"
PYTHON = "3.11.2"  # Debian 12's
PULL_SECONDS = 20  # without any answer; a download that moves may take longer

DOCKERFILE = """\
FROM {base}
LABEL org.opencontainers.image.version="{version}" org.opencontainers.image.title="{package}"
ENV PATH=/app/.venv/bin:/usr/local/bin:/usr/bin:/bin HOME=/app PYTHONUNBUFFERED=1
WORKDIR /app
COPY --chown={user} app /app
USER {user}
# Some packages carry files that are templates, not Python; those alone stay uncompiled.
RUN python -m compileall -qq .venv/lib; python -c "import mcpgateway"
EXPOSE 4444
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --retries=3 \\
  CMD ["python3", "-c", \\
  "import urllib.request as u; u.urlopen('http://localhost:4444/health', timeout=5)"]
CMD ["mcpgateway", "--host", "0.0.0.0", "--port", "4444"]
"""


def image_for(version: str, engine: Engine) -> str:
    """Return the name of a release's image in the engine, after getting it there if need be.

    The published image or the built one that the engine has; else the built one's archive in the
    cache; else the published one is pulled; else it is built.

    Args:
        version: The release's number.
        engine: The engine that is to have it.

    Raises:
        LabError: The release is unknown, or its image cannot be had.
    """
    if version in VARIANTS:
        base = image_for(VARIANTS[version].of, engine)
        with closing(engine.docker_py(timeout=600)) as client:
            return variant_image(version, base, client)
    wanted = release(version)
    published, built = f"{PUBLISHED}:{version}", f"{BUILT}:{version}"
    with locked(f"image-{version}"):
        client = engine.docker_py(timeout=600)
        try:
            for name in (published, built):
                if _has(client, name):
                    return name
            if _load(client, _archive(version)) and _has(client, built):
                return built
            if _pull(engine, version):
                return published
            _build(client, wanted, built)
            _save(client, built, _archive(version))
            return built
        finally:
            client.close()


def _has(client: DockerClient, name: str) -> bool:
    try:
        client.images.get(name)
    except ImageNotFound:
        return False
    return True


def _archive(version: str) -> Path:
    return cache_dir() / "images" / f"gateway-{version}.tar"


def _load(client: DockerClient, archive: Path) -> bool:
    if not archive.exists():
        return False
    log.info("loading %s", archive.name)
    with archive.open("rb") as stream:
        client.images.load(stream)
    return True


def _save(client: DockerClient, name: str, archive: Path) -> None:
    archive.parent.mkdir(exist_ok=True)
    partial = archive.with_suffix(".partial")
    with partial.open("wb") as stream:
        for piece in client.images.get(name).save(named=True):
            stream.write(piece)
    partial.rename(archive)


def _pull(engine: Engine, version: str) -> bool:
    log.info("asking the registry for %s:%s", PUBLISHED, version)
    client = engine.docker_py(timeout=PULL_SECONDS)
    try:
        client.images.pull(PUBLISHED, tag=version)
    except (DockerException, OSError) as error:
        log.info("the registry did not give it: %s", _first_line(error))
        return False
    finally:
        client.close()
    return True


def _build(client: DockerClient, wanted: Release, name: str) -> None:
    _import_base(client)
    log.info("building %s", name)
    with scratch(f"image-{wanted.version}") as context:
        fill = {"base": BASE, "user": wanted.user, "version": wanted.version, "package": PACKAGE}
        (context / "Dockerfile").write_text(DOCKERFILE.format(**fill))
        app = context / "app"
        for folder in ("data", "logs", ".venv/bin"):
            (app / folder).mkdir(parents=True)
        _make_venv(wanted, app / ".venv")
        try:
            client.images.build(path=str(context), tag=name, forcerm=True, network_mode="none")
        except DockerException as error:
            raise LabError(f"{name} could not be built: {_first_line(error)}") from error


def _make_venv(wanted: Release, venv: Path) -> None:
    """Lay out a virtual environment for the image's Python, whatever Python this host has."""
    packages = venv / "lib" / "python3.11" / "site-packages"
    machine = "aarch64" if platform.machine() in ("arm64", "aarch64") else "x86_64"
    target: list[str | Path] = ["--python-version", PYTHON, "--target", packages]
    target += ["--python-platform", f"{machine}-manylinux_2_36", "--only-binary", ":all:"]
    install(wanted, target)
    (venv / "pyvenv.cfg").write_text(
        f"home = /usr/bin\ninclude-system-site-packages = false\nversion = {PYTHON}\n"
    )
    for link in ("python", "python3", "python3.11"):
        (venv / "bin" / link).symlink_to("/usr/bin/python3.11")
    for script in sorted((packages / "bin").iterdir()):
        text = script.read_bytes()
        first, _, rest = text.partition(b"\n")
        if first.startswith(b"#!") and b"python" in first:
            text = b"#!/app/.venv/bin/python\n" + rest
        (venv / "bin" / script.name).write_bytes(text)
        (venv / "bin" / script.name).chmod(0o755)


def _import_base(client: DockerClient) -> None:
    with locked("base"):
        if _has(client, BASE):
            return
        archive = _base_archive()
        log.info("importing %s", archive.name)
        repository, _, tag = BASE.partition(":")
        client.api.import_image_from_file(str(archive), repository=repository, tag=tag)


def _base_archive() -> Path:
    archive = cache_dir() / f"base-{SUITE}.tar"
    if archive.exists():
        return archive
    debootstrap = need("debootstrap")
    log.info("making a Debian base system (about a minute)")
    with scratch("base") as folder:
        root = folder / "root"
        include = "--include=python3,ca-certificates"
        run([debootstrap, "--variant=minbase", include, SUITE, root, MIRROR], timeout=900)
        partial = archive.with_suffix(".partial")
        with tarfile.open(partial, "w") as tar:
            tar.add(root, arcname=".", filter=_without_leftovers)
        partial.rename(archive)
    return archive


def _without_leftovers(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    """Leave out what the installation needed and the running system does not."""
    within = ("./var/cache/apt/", "./var/lib/apt/lists/", "./usr/share/doc/", "./usr/share/locale/")
    return None if member.name.startswith((*within, "./proc/", "./sys/", "./dev/")) else member


def _first_line(error: Exception) -> str:
    told = error.explanation if isinstance(error, APIError) else None
    return next(iter(str(told or error).splitlines()), type(error).__name__)
