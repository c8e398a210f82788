"""The text of the program that runs beside the gateway's code, made of the parts in `beside`.

The parts are ordinary modules here, so that they are checked and tested as such; sent, they stand
behind one another in one text, without what they import from each other.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

_REVISIONS = ("common", "package", "revisions")
_MIGRATE = (*_REVISIONS, "changes", "steps", "migrate")

_OWN = re.compile(r"^from (?:__future__|tui\.[\w.]+) import (?:\([^)]*\)|[^\n]*)\n", re.MULTILINE)


@cache
def revisions_program() -> str:
    """Return the program that knows the command `revisions`."""
    return _text(_REVISIONS)


@cache
def migrate_program() -> str:
    """Return the program that knows the command `migrate` as well."""
    return _text(_MIGRATE)


def _text(parts: tuple[str, ...]) -> str:
    folder = files(f"{__package__}.beside")
    texts = [folder.joinpath(f"{part}.py").read_text(encoding="utf-8") for part in parts]
    bodies = [_OWN.sub("", text) for text in texts]
    return "\n".join(["from __future__ import annotations", *bodies, "main(sys.argv[1:])\n"])
