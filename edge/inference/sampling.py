"""From logits to the next token."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cython_kernels import log_sum_exp
from edge.errors import EngineError, SamplingError

__all__ = ["Sampler", "Sampling", "log_probability"]

# A candidate with less than 2^-40 of the likeliest one's probability is never drawn: 128,000 of them together would
# be drawn once in ten million tokens, and leaving them out saves sorting the whole vocabulary.
_NEGLIGIBLE = 40 * math.log(2)


def _number(name: str, value: object, low: float, high: float, *, open_low: bool = False) -> None:
    # Compared as it is: a whole number may be too large to become a float, and NaN is in no range.
    good = isinstance(value, (int, float)) and not isinstance(value, bool) and low <= value <= high
    if not good or (open_low and value == low):
        above = "above" if open_low else "from"
        raise SamplingError(f"{name} is {value!r}; it must be a number {above} {low:g} to {high:g}")


def _whole(name: str, value: object, low: int, high: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise SamplingError(f"{name} is {value!r}; it must be a whole number from {low} to {high}")


@dataclass(frozen=True)
class Sampling:
    """How one answer is drawn and when it ends.

    ``max_tokens``: most tokens of the answer; None for as many as the context holds. ``temperature``: 0 always takes
    the likeliest token. ``top_k``: only the k likeliest (0: all). ``top_p``: only the likeliest that together have
    this probability. ``min_p``: only those with at least this share of the likeliest one's probability.
    ``repetition_penalty``: logits of tokens already seen are divided (if negative, multiplied) by it. ``seed``: same
    seed, same answer; None draws a new one. ``stop``: texts that end the answer and are not part of it.

    The filters apply in the order penalty, temperature, top_k, top_p, min_p, as in ``transformers``. Raises
    :class:`SamplingError` for a value out of its range.
    """

    max_tokens: int | None = None
    temperature: float = 0.0
    top_k: int = 0
    top_p: float = 1.0
    min_p: float = 0.0
    repetition_penalty: float = 1.0
    seed: int | None = None
    stop: Sequence[str] = ()

    def __post_init__(self) -> None:
        if self.max_tokens is not None:
            _whole("max_tokens", self.max_tokens, 1, 1 << 30)
        _number("temperature", self.temperature, 0, 100)
        _whole("top_k", self.top_k, 0, 1 << 30)
        _number("top_p", self.top_p, 0, 1, open_low=True)
        _number("min_p", self.min_p, 0, 1)
        _number("repetition_penalty", self.repetition_penalty, 0.01, 100)  # what no logit can overflow by
        if self.seed is not None:
            _whole("seed", self.seed, 0, (1 << 64) - 1)
        stop = (self.stop,) if isinstance(self.stop, str) else self.stop
        stop = tuple(stop) if isinstance(stop, Iterable) else (stop,)
        if not all(isinstance(s, str) and s for s in stop):
            raise SamplingError("stop must be one text or several, none of them empty")
        object.__setattr__(self, "stop", stop)


def log_probability(logits: npt.NDArray[np.float32], token: int) -> float:
    """Natural logarithm of the probability the model itself gives to a token: at temperature 1, with no filter.

    ``logits``: float32 ``[vocab]``, finite or minus infinity.
    """
    return min(0.0, float(logits[token]) - log_sum_exp(logits))  # rounded, a certain one could be above


class Sampler:
    """Draws the tokens of one answer; keeps the seed's state and the tokens already seen."""

    def __init__(self, sampling: Sampling, prompt: Iterable[int]) -> None:
        self.seed = random.SystemRandom().getrandbits(63) if sampling.seed is None else sampling.seed
        self._s = sampling
        self._random = random.Random(self.seed)  # noqa: S311 - reproducible on purpose; Mersenne Twister never changes
        self._seen = set(prompt) if sampling.repetition_penalty != 1 else None

    def pick(self, logits: npt.NDArray[np.float32]) -> int:
        """The next token: index into ``logits``, float32 ``[vocab]``. Raises :class:`EngineError` for NaN logits."""
        if self._seen is not None:
            logits = self._penalised(logits)
        token = int(logits.argmax())
        if not math.isfinite(logits[token]):
            raise EngineError(
                "the model computed values that are not numbers; its weights are damaged: convert it again"
            )
        if self._s.temperature > 0:
            token = self._draw(logits)
        if self._seen is not None:
            self._seen.add(token)
        return token

    def _penalised(self, logits: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        out = logits.copy()
        ids = np.fromiter(self._seen or (), np.int64)
        seen, penalty = out[ids], np.float32(self._s.repetition_penalty)
        out[ids] = np.where(seen > 0, seen / penalty, seen * penalty)
        return out

    def _draw(self, logits: npt.NDArray[np.float32]) -> int:
        s = self._s
        top = float(logits.max())
        (ids,) = np.nonzero(logits >= top - _NEGLIGIBLE * s.temperature)
        if 0 < s.top_k < len(ids):
            # Of equal logits at the edge, the lower ids stay: the choice must not depend on how numpy partitions.
            order = np.argsort(-logits[ids], kind="stable")[: s.top_k]
        else:
            order = np.argsort(-logits[ids], kind="stable")
        ids = ids[order]
        p = np.exp((logits[ids].astype(np.float64) - top) / s.temperature)
        keep = len(p)
        if s.top_p < 1:
            total = np.cumsum(p)
            keep = int(np.searchsorted(total, s.top_p * total[-1])) + 1
        if s.min_p > 0:
            keep = min(keep, int(np.count_nonzero(p >= s.min_p)))
        total = np.cumsum(p[: max(1, keep)])
        return int(
            ids[min(int(np.searchsorted(total, self._random.random() * total[-1], side="right")), len(total) - 1)]
        )
