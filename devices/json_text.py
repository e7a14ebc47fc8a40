"""JSON from a board, which may be damaged or hostile: whatever cannot be worked with is a ValueError."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from typing import Any

__all__ = ["MOST", "begins_with", "read"]

#: The largest number that is taken for one, some thousand times what is on any board.
MOST = 1 << 53
#: Lists within lists; whoever walks through a value later may have less of Python's stack left than the decoder had.
_DEEPEST = 64


def read(text: str | bytes) -> Any:
    """The value that a text is. Raises ValueError: not JSON, nested too deep, not UTF-8, NaN, a number beyond MOST."""
    text = text.decode() if isinstance(text, bytes) else text
    try:
        return _checked(_DECODER.decode(text), text)
    except RecursionError:
        raise ValueError("it is nested too deep") from None


def begins_with(text: str, start: int) -> Any:
    """The value that begins at ``start``, whatever follows. Raises ValueError as :func:`read` does."""
    try:
        return _checked(_DECODER.raw_decode(text, start)[0], text)
    except RecursionError:
        raise ValueError("it is nested too deep") from None


def _checked(value: Any, text: str) -> Any:
    if "\\ud" in text or "\\uD" in text:  # halves of characters, which nobody could print
        json.dumps(value, ensure_ascii=False).encode()
    level = [value]
    for _ in range(_DEEPEST):
        level = [child for parent in level for child in _children(parent)]
        if not level:
            return value
    raise ValueError("it is nested too deep")


def _children(value: Any) -> Iterable[Any]:
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()


def _whole(digits: str) -> int:
    value = int(digits) if len(digits) < 20 else MOST + 1
    if abs(value) > MOST:
        raise ValueError(f"no number of a board is so large: {digits:.40}")
    return value


def _real(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value) or abs(value) > MOST:
        raise ValueError(f"no number of a board is so large: {digits:.40}")
    return value


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is no number")


_DECODER = json.JSONDecoder(parse_int=_whole, parse_float=_real, parse_constant=_refuse)
