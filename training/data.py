r"""From sentences to tensors: byte tokens, packed several samples to a row.

One sample is  <bos> sentence "\\n" answer <eos>  with ids 0-255 = bytes, 256 = bos, 257 = eos.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .grammar import Sample, Split, samples

if TYPE_CHECKING:
    from collections.abc import Iterator

BOS, EOS, SUFFIX = 256, 257, "\n"

Ids = NDArray[np.int64]


def prompt_ids(sentence: str) -> list[int]:
    """The prompt's tokens; the answer's bytes and eos follow them."""
    return [BOS, *(sentence + SUFFIX).encode()]


@dataclass(frozen=True)
class Batch:
    """Packed rows, all [rows, length]. `segments` numbers the samples of a row (0 = padding)."""

    tokens: Ids
    positions: Ids
    segments: Ids
    answer: NDArray[np.bool_]
    """True at tokens that belong to an answer (eos included)."""


def pack(stream: Iterator[Sample], rows: int, length: int, lookahead: int = 24) -> Batch:
    """Fill `rows` rows from a stream, always with the longest waiting sample that still fits."""
    shape = (rows, length)
    batch = Batch(
        tokens=np.zeros(shape, np.int64),
        positions=np.zeros(shape, np.int64),
        segments=np.zeros(shape, np.int64),
        answer=np.zeros(shape, np.bool_),
    )
    waiting: list[tuple[list[int], int]] = []
    for row in range(rows):
        free, segment = length, 0
        while True:
            while len(waiting) < lookahead:
                entry = _encode(next(stream))
                if len(entry[0]) <= length:
                    waiting.append(entry)
            # the first of a row is the oldest one, so that nothing waits for ever
            fitting = waiting[:1] if free == length else [w for w in waiting if len(w[0]) <= free]
            if not fitting:
                break
            best = max(fitting, key=lambda w: len(w[0]))
            waiting.remove(best)
            ids, prompt = best
            start, stop, segment = length - free, length - free + len(ids), segment + 1
            batch.tokens[row, start:stop] = ids
            batch.positions[row, start:stop] = np.arange(len(ids))
            batch.segments[row, start:stop] = segment
            batch.answer[row, start + prompt : stop] = True
            free = length - stop
    return batch


def _encode(sample: Sample) -> tuple[list[int], int]:
    prompt = prompt_ids(sample.sentence)
    return [*prompt, *sample.answer.encode(), EOS], len(prompt)


def training_batch(seed: int, step: int, rows: int, length: int) -> Batch:
    """The batch of one step: a function of seed and step only, so a resumed run sees the same data."""
    return pack(samples(seed * 1_000_003 + step, Split.TRAIN), rows, length)
