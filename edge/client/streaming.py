"""The pieces of an answer in their order, each once, whatever is lost, repeated or begun again on the way."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from edge.errors import DeviceFailed

from .question import Reply

__all__ = ["Pieces"]

_MOST_AHEAD = 4096


class Pieces:
    """Collects the pieces of one question. All that was handed out is always the beginning of the reply's text."""

    def __init__(self, *, wanted: bool) -> None:
        self._wanted = wanted
        self._out = ""  # handed out
        self._text = ""  # of the present run, as far as it is known without gaps
        self._next = 0
        self._ahead: dict[int, str] = {}
        self._device: str | None = None

    def restart(self, device: str) -> None:
        """A device begins, which may be another one; its pieces count from 0."""
        if device != self._device:
            self._device, self._text, self._next, self._ahead = device, "", 0, {}

    def take(self, seq: Any, text: Any) -> None:
        """One piece. Those we had are ignored: a restarted agent counts from 0 again, with the same text."""
        if not isinstance(seq, int) or not isinstance(text, str) or seq < self._next or len(self._ahead) > _MOST_AHEAD:
            return
        self._ahead[seq] = text
        while self._next in self._ahead:
            self._text += self._ahead.pop(self._next)
            self._next += 1

    def ready(self) -> Iterator[str]:
        """What can be handed out now. A lost piece holds back those behind it until the reply is there."""
        if self._wanted and len(self._text) > len(self._out) and self._text.startswith(self._out):
            new, self._out = self._text[len(self._out) :], self._text
            yield new

    def agrees(self, text: Any) -> bool:
        """Whether a whole text goes on as what was handed out."""
        return isinstance(text, str) and text.startswith(self._out)

    def rest(self, reply: Reply) -> Iterator[str]:
        """What is left to be handed out. Raises :class:`DeviceFailed` if it does not fit what came before."""
        if not self.agrees(reply.text):
            raise DeviceFailed(
                f"{reply.device}: the answer goes on otherwise than it was begun (on another model or processor?);"
                " ask again, without streaming",
                "internal",
                reply.device,
            )
        if self._wanted and (new := reply.text[len(self._out) :]):
            self._out = reply.text
            yield new
