"""A prompt that is piped in."""

from __future__ import annotations

import sys

from edge.errors import PromptError, PromptTooLong

__all__ = ["piped"]

_MOST = 4 << 20
"""Bytes read from a pipe; no model's context holds so much text."""


def piped() -> str:
    """What is piped into standard input, as a prompt. Raises :class:`PromptError`."""
    data = sys.stdin.buffer.read(_MOST + 1) if sys.stdin else b""
    if len(data) > _MOST:
        raise PromptTooLong(f"more than {_MOST} bytes were piped in; no model reads so much at once: send a part of it")
    try:
        return data.decode().removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError as error:
        raise PromptError(f"what was piped in is not UTF-8 text (byte {error.start}); convert it first") from None
