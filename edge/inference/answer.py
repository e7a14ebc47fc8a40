"""One answer from its first step to its completion: tokens to text, stop texts, timings."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from .generation import Completion, Piece, StopText
from .machine import peak_memory
from .scheduler import Running, Scheduler

if TYPE_CHECKING:
    from edge.text import Decoder

__all__ = ["Answer"]


class Answer:
    """An answer that is being written; made by :meth:`Model.prepare`.

    ``completion`` is None until :meth:`poll` has returned the last piece. ``seed`` is the one it is drawn with.
    """

    def __init__(
        self,
        running: Running,
        scheduler: Scheduler,
        decoder: Decoder,
        stop: StopText,
        opening: Mapping[str, float],
    ) -> None:
        self.completion: Completion | None = None
        self.seed = running.seed
        self._running = running
        self._scheduler = scheduler
        self._decoder = decoder
        self._stop = stop
        self._opening = opening
        self._shown: list[str] = []
        self._prefilled = 0

    @property
    def prompt_tokens(self) -> int:
        """Tokens of the prompt."""
        return len(self._running.prompt)

    def start(self) -> None:
        """Take part in steps from now on; waits while all sequences of the engine are in use."""
        self._scheduler.start(self._running)

    def advance(self) -> None:
        """Run steps until there is something to poll."""
        self._scheduler.advance(self._running)

    def stop(self) -> None:
        """Give the sequence back, whether the answer is complete or not; does nothing the second time."""
        self._scheduler.stop(self._running)

    def poll(self) -> list[Piece]:
        """What is new since the last time, without waiting; raises :class:`~edge.errors.EngineError` if it failed."""
        running, pieces = self._running, []
        while running.read < len(running.tokens) and not self._stop.hit:
            token = running.tokens[running.read]
            running.read += 1
            text = "" if token in running.eos else self._stop.feed(self._decoder.feed(token))
            pieces.append(Piece(text, token))
        if running.error:
            raise running.error
        if not running.tokens and running.position > self._prefilled:
            self._prefilled = running.position
            pieces.append(Piece("", prefilled=running.position))
        complete = self.completion is None and (self._stop.hit or running.done)
        if complete and not self._stop.hit and (rest := self._rest()):
            pieces.append(Piece(rest))
        self._shown += [piece.text for piece in pieces]
        if complete:
            self.completion = self._complete()
        return pieces

    def _rest(self) -> str:
        rest = self._stop.feed(self._decoder.flush())
        return rest if self._stop.hit else rest + self._stop.flush()

    def _complete(self) -> Completion:
        running = self._running
        tokens, later = running.tokens[: running.read], len(running.tokens) - 1
        ended = bool(tokens) and tokens[-1] in running.eos
        return Completion(
            text="".join(self._shown),
            finish_reason="stop" if self._stop.hit or ended else "length",
            tokens=tokens,
            usage={"prompt_tokens": len(running.prompt), "completion_tokens": len(tokens)},
            timings={
                **self._opening,
                "prefill_s": round(running.prefill_s, 6),
                "decode_s": round(running.decode_s, 6),
                "prefill_tok_s": round(len(running.prompt) / running.prefill_s, 2),
                "decode_tok_s": round(later / running.decode_s, 2) if later else None,
                "peak_memory_mb": round(peak_memory() / 1e6, 1),
            },
            seed=running.seed,
            confidence=math.exp(sum(running.log_probabilities[: running.read])),
        )
