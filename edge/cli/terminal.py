"""What may be shown on a terminal."""

from __future__ import annotations

__all__ = ["printable"]

_CONTROL: dict[int, None] = {c: None for c in (*range(32), 127, *range(128, 160)) if chr(c) not in "\n\t"}


def printable(text: str) -> str:
    """The text without control characters: what comes from elsewhere must not be able to command a terminal."""
    return text.translate(_CONTROL)
