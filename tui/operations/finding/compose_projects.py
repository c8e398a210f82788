"""The Compose project of a gateway, also while it has no container: then a journal knows it."""

from __future__ import annotations

from contextlib import suppress

from tui.core.errors import McpdbError, NotFoundError, PrecheckError
from tui.core.models import ContainerRef, Deployment
from tui.services import journal
from tui.wording.clean import one_line

_STAMP = len("000001-20260811T010000Z-")
"""What stands before the operation in a journal's name."""


def project_of(deployment: Deployment) -> ContainerRef:
    """The project that is meant, also when it has no container any more.

    Raises:
        NotFoundError: No gateway is known here.
        PrecheckError: It was not made by Compose.
    """
    ref = deployment.gateway
    if isinstance(ref, ContainerRef) and ref.config_files:
        return _of_compose(ref)
    # Taken down: what Compose was given then stands in the journal, not in a label any more.
    remembered = _taken_down(deployment)
    if remembered is not None and (ref is None or isinstance(ref, ContainerRef)):
        return remembered
    if isinstance(ref, ContainerRef):
        return _of_compose(ref)
    if ref is not None:
        raise PrecheckError("compose down and up are for a gateway of Compose; this is a process.")
    blocked = deployment.blocked("gateway")
    raise NotFoundError(
        blocked.text if blocked else "No gateway is known here; the file was given with --db."
    )


def _of_compose(ref: ContainerRef) -> ContainerRef:
    if not ref.project or not ref.service:
        raise PrecheckError(f"{one_line(ref.container)} was not made by Compose.")
    return ref


def _taken_down(deployment: Deployment) -> ContainerRef | None:
    """The project that was last taken down here, if nothing has been brought up since."""
    for path in reversed(journal.paths(deployment.state_dir)):
        if not path.stem[_STAMP:].startswith(("down", "up")) or journal.is_refusal(path):
            continue
        with suppress(McpdbError, KeyError, TypeError, ValueError, IndexError):
            begun = journal.read(path)[0]
            if begun["operation"] not in ("down", "up"):
                continue
            found = Deployment.from_json(begun["deployment"]).gateway
            if isinstance(found, ContainerRef) and found.config_files:
                return found
    return None


def image_before(deployment: Deployment) -> str:
    """The image that ran when the project was taken down; empty when that is not known."""
    for path in reversed(journal.paths(deployment.state_dir)):
        if path.stem[_STAMP:].startswith("down") and not journal.is_refusal(path):
            with suppress(McpdbError, KeyError, IndexError):
                begun = journal.read(path)[0]
                # A downgrade begins with the same letters, and another image ran behind it.
                if begun["operation"] == "down":
                    return str(begun["deployment"]["image_id"])
    return ""
