r"""From sentences to tensors: tokens, packed several samples to a row.

One sample is  <bos> sentence "\\n" answer <eos>  in the tokens of `vocabulary`.
"""

from __future__ import annotations

import itertools
import os
import random
import threading
from collections import deque
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import lru_cache, partial
from multiprocessing import connection, get_context, parent_process
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from . import vocabulary
from .grammar import Sample, Split, samples
from .vocabulary import EOS

if TYPE_CHECKING:
    from collections.abc import Iterator

Ids = NDArray[np.int64]

SPELLED_SENTENCES, SPELLED_WORDS = 0.05, 0.04
"""How many sentences, and how many words in the others, are given letter by letter although they have tokens: else
nobody would tell the network how its words are spelled, and a typing mistake would be a riddle."""


class Coder:
    """Samples to ids and back, with the tokens of one run."""

    def __init__(self, tokens: list[str]) -> None:
        self._codec = vocabulary.codec(tokens)
        self.size = self._codec.size

    def prompt(self, sentence: str) -> list[int]:
        """The prompt's ids; the answer's and eos follow them."""
        return self._codec.begin(self._codec.encode(sentence))

    def text(self, ids: list[int]) -> str:
        """The text of an answer's ids."""
        return self._codec.decode(ids)

    def encode(self, sample: Sample) -> tuple[list[int], int]:
        """(ids of the whole sample, length of its prompt)"""
        prompt = self.prompt(sample.sentence)
        return [*prompt, *self._codec.encode(sample.answer), EOS], len(prompt)

    def spelled(self, sample: Sample, rng: random.Random) -> tuple[list[int], int]:
        """As `encode`, now and then with words letter by letter: the same ones in sentence and answer."""
        ids, prompt = self.encode(sample)
        words = sorted(self._codec.words.intersection(ids))
        share = 1.0 if rng.random() < SPELLED_SENTENCES else SPELLED_WORDS
        chosen = {word for word in words if rng.random() < share}
        if not chosen:
            return ids, prompt
        front = self._spell(ids[:prompt], chosen)
        return front + self._spell(ids[prompt:], chosen), len(front)

    def _spell(self, ids: list[int], chosen: set[int]) -> list[int]:
        """The ids with the chosen words as bytes, and the spaces beside those that words do not need."""
        out: list[int] = []
        for before, token in zip([0, *ids], ids, strict=False):
            pair = token in self._codec.words and before in self._codec.words
            if pair and (token in chosen or before in chosen):
                out += b" "
            out += self._codec.decode([token]).encode() if token in chosen else [token]
        return out


@dataclass(frozen=True)
class Batch:
    """Packed rows, all [rows, length]. `segments` numbers the samples of a row (0 = padding)."""

    tokens: Ids
    positions: Ids
    segments: Ids
    answer: NDArray[np.bool_]
    """True at tokens that belong to an answer (eos included)."""

    def rows(self, first: int, stop: int) -> Batch:
        """Some of the rows."""
        part = slice(first, stop)
        return Batch(self.tokens[part], self.positions[part], self.segments[part], self.answer[part])


def pack(stream: Iterator[tuple[list[int], int]], rows: int, length: int, lookahead: int = 24) -> Batch:
    """Fill `rows` rows from a stream of (ids, length of the prompt), always with the longest that still fits."""
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
                entry = next(stream)
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


def training_batch(coder: Coder, seed: int, step: int, rows: int, length: int) -> Batch:
    """The batch of one step: a function of seed and step only, so a resumed run sees the same data."""
    rng = random.Random(f"spelling/{seed}/{step}")  # noqa: S311 - no secrets here
    stream = (coder.spelled(one, rng) for one in samples(seed * 1_000_003 + step, Split.TRAIN))
    return pack(stream, rows, length)


def probe_batch(coder: Coder, seed: int, rows: int, length: int) -> Batch:
    """Sentences that training never sees."""
    return pack((coder.encode(one) for one in samples(seed, Split.HELD_OUT)), rows, length)


class Batches:
    """The batches of a run, made here, or ahead of time by other processes."""

    def __init__(self, tokens: list[str], seed: int, rows: int, length: int, processes: int) -> None:
        self._make = partial(_make, tuple(tokens), seed, rows, length)
        context = get_context("spawn")
        self._pool = ProcessPoolExecutor(processes, context, _end_with_parent) if processes else None
        self._ahead = 8 * processes

    def stream(self, first: int, stride: int) -> Iterator[Batch]:
        """Batch `first`, `first + stride`, … without end."""
        numbers = itertools.count(first, stride)
        if self._pool is None:
            yield from map(self._make, numbers)
            return
        waiting = deque(self._pool.submit(self._make, next(numbers)) for _ in range(self._ahead))
        while True:
            batch = waiting.popleft().result()
            waiting.append(self._pool.submit(self._make, next(numbers)))
            yield batch

    def close(self) -> None:
        """End the processes; batches not asked for yet are forgotten."""
        if self._pool:
            self._pool.shutdown(cancel_futures=True)


def _end_with_parent() -> None:
    """A trainer that is killed cannot end its loaders, and they would wait for work for ever."""
    parent = parent_process()
    if parent is None:
        return

    def watch() -> None:
        connection.wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


@lru_cache(maxsize=1)
def _coder(tokens: tuple[str, ...]) -> Coder:
    return Coder(list(tokens))


def _make(tokens: tuple[str, ...], seed: int, rows: int, length: int, step: int) -> Batch:
    return training_batch(_coder(tokens), seed, step, rows, length)
