"""What an answer is: its text as it comes, and everything about it at the end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

__all__ = ["Completion", "Piece", "StopText"]


@dataclass(frozen=True)
class Piece:
    """A bit of an answer as it comes: ``text`` is whole characters, and may be empty when ``token`` ended none.

    ``token``: the id just drawn, None for what is left at the end. ``prefilled``: while the prompt is still being
    read, how many of its tokens are done; None afterwards.
    """

    text: str
    token: int | None = None
    prefilled: int | None = None


@dataclass(frozen=True)
class Completion:
    """One answer.

    ``finish_reason``: ``"stop"`` (the model ended it, or a stop text came) or ``"length"``. ``tokens``: the ids drawn,
    an eos included. ``usage``: ``prompt_tokens``, ``completion_tokens``. ``timings``: ``load_s`` (weights),
    ``tokenizer_s``, ``prefill_s``, ``decode_s``, ``prefill_tok_s``, ``decode_tok_s`` (tokens after the first, per
    second; None for a single one), ``peak_memory_mb`` (of the process, mapped weights included). ``seed``: the one
    that was used. ``confidence``: the probability, 0 to 1, that the model gives to exactly these tokens, whatever the
    temperature; small for any long text, but of a short answer in a fixed form it tells a sure one from a guess.
    """

    text: str
    finish_reason: str
    tokens: list[int] = field(repr=False)
    usage: dict[str, int]
    timings: dict[str, float | None] = field(repr=False)
    seed: int = 0
    confidence: float = 0.0

    def __str__(self) -> str:
        return self.text


class StopText:
    """Cuts an answer at the first of some texts, and never shows a part of one."""

    def __init__(self, stops: Sequence[str]) -> None:
        self._stops = stops
        self._held = ""
        self.hit = False

    def feed(self, text: str) -> str:
        """Add text; returns what can be shown now. Once ``hit`` is set nothing more follows."""
        if not self._stops:
            return text
        self._held += text
        found = [at for s in self._stops if (at := self._held.find(s)) >= 0]
        if found:
            self.hit = True
            shown, self._held = self._held[: min(found)], ""
            return shown
        keep = max(self._tail(s) for s in self._stops)
        shown, self._held = self._held[: len(self._held) - keep], self._held[len(self._held) - keep :]
        return shown

    def flush(self) -> str:
        """What was held back for a stop text that did not come."""
        held, self._held = self._held, ""
        return held

    def _tail(self, stop: str) -> int:
        """Length of the longest end of what is held that could be the beginning of ``stop``."""
        for n in range(min(len(stop) - 1, len(self._held)), 0, -1):
            if self._held.endswith(stop[:n]):
                return n
        return 0
