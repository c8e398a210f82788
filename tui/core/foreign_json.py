"""JSON that others wrote: whatever is wrong with it is a `ValueError`."""

from __future__ import annotations

import json
from typing import Any


def loads(text: str | bytes) -> Any:  # noqa: ANN401 - any JSON value
    """Understand one JSON text.

    Raises:
        ValueError: It is none, is no UTF-8, has a number of thousands of digits, or is nested
            more deeply than Python can follow (`json` lets a RecursionError pass).
    """
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
