"""Many answers at once on one engine: every step advances all of them together.

There is no background thread. Whoever waits for a token of its own runs the next step for everybody, so answers that
are asked for at the same time read the weights once per step, and a single one pays nothing for the possibility.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import numpy.typing as npt

from cython_kernels import Engine
from edge.errors import EngineError

from .sampling import Sampler, log_probability

__all__ = ["Running", "Scheduler"]

# How many tokens an answer may run ahead of its reader. Enough that a slow reader does not fall out of the common
# step, little enough that an abandoned one wastes nothing to speak of.
_AHEAD = 4
# Seconds that a step shall take at most, and tokens that it may always have. Whoever else is being answered, a cancel,
# a watchdog: all wait for the step to end, and on a small board a full one of a large model takes a minute.
_STEP_S = 4.0
_LEAST_ROOM = 8


class Running:
    """One answer on its way: what has been fed, what has been drawn, and how long each part took.

    ``eos``: the ids that end it. ``tokens``: those drawn so far, ``log_probabilities`` theirs by the model's own
    reckoning; ``read``: how many of them its reader has had.
    ``position``: tokens in the KV cache; while the prompt is read, its progress. ``prefill_s`` and ``decode_s``:
    seconds of the steps it took part in. ``slot``, ``feed`` (tokens still to be run) and ``error`` are the scheduler's.
    """

    def __init__(self, prompt: Sequence[int], sampler: Sampler, limit: int, eos: frozenset[int]) -> None:
        self.prompt = tuple(prompt)
        self.tokens: list[int] = []
        self.log_probabilities: list[float] = []
        self.prefill_s = 0.0
        self.decode_s = 0.0
        self.done = False
        self._sampler = sampler
        self._limit = limit
        self.eos = eos
        self.feed = list(prompt)
        self.position = 0
        self.slot = -1
        self.read = 0
        self.error: EngineError | None = None

    @property
    def seed(self) -> int:
        """The seed its tokens are drawn with."""
        return self._sampler.seed

    def accept(self, logits: npt.NDArray[np.float32]) -> None:
        try:
            token = self._sampler.pick(logits)
        except EngineError as error:  # its reader hears of it; the other answers of the step go on
            self.error = error
            self.done = True
            return
        self.tokens.append(token)
        self.log_probabilities.append(log_probability(logits, token))
        self.done = token in self.eos or len(self.tokens) >= self._limit
        self.feed.append(token)


class Scheduler:
    """Shares an engine among answers. Safe to use from any number of threads."""

    def __init__(self, engine: Engine) -> None:
        self._engine: Engine | None = engine
        # Reentrant: the collector may end an abandoned stream, and so stop its answer, in the middle of a step.
        self._turn = threading.RLock()
        self._book = threading.RLock()  # over what is free and active
        self._slots = threading.Condition(self._book)
        self._free = list(range(engine.sequences - 1, -1, -1))
        self._active: list[Running] = []
        self._room = engine.max_batch  # tokens that a step may have, by how fast the one before was

    def start(self, answer: Running) -> None:
        """Let the answer take part in steps, once a sequence of the KV cache is free for it."""
        answer.slot = self._borrow()
        with self._slots:
            self._active.append(answer)

    def stop(self, answer: Running) -> None:
        """Forget the answer, finished or not; does nothing the second time."""
        with self._turn, self._slots:
            if answer in self._active:
                self._active.remove(answer)
                self._give_back(answer.slot)
        answer.done = True

    def _borrow(self) -> int:
        with self._slots:
            while not self._free and self._engine is not None:
                self._slots.wait()
            _ = self.engine  # closed meanwhile?
            return self._free.pop()

    def _give_back(self, slot: int) -> None:
        with self._slots:
            self._free.append(slot)
            self._free.sort(reverse=True)  # the lowest first: a sequence once used has its memory already
            self._slots.notify()

    def advance(self, answer: Running) -> None:
        """Run steps for everybody until this answer has gone on: a token, a part of its prompt, or its end."""
        position = answer.position
        while answer.read == len(answer.tokens) and not answer.done and answer.position == position:
            with self._turn:
                if answer.read == len(answer.tokens) and not answer.done:
                    self._step()

    def step(self) -> bool:
        """Run one step for everybody; False when there is nothing to do. For a caller that holds several answers."""
        with self._turn:
            return self._step()

    @contextmanager
    def exclusive(self) -> Iterator[tuple[Engine, int]]:
        """The engine for oneself, and one free sequence of it."""
        slot = self._borrow()
        try:
            with self._turn:
                yield self.engine, slot
        finally:
            self._give_back(slot)

    def close(self) -> None:
        """Let go of the engine once the current step is over; answers still running raise :class:`EngineError`."""
        with self._turn, self._slots:
            self._engine = None
            self._slots.notify_all()

    @property
    def engine(self) -> Engine:
        """The engine; raises :class:`EngineError` once closed."""
        if self._engine is None:
            raise EngineError("the model is closed; load it again")
        return self._engine

    def _step(self) -> bool:
        """One call of the engine for everything that can go on, if anything can. The caller holds the turn."""
        engine = self.engine
        with self._book:
            active = [a for a in self._active if not a.done and len(a.tokens) - a.read < _AHEAD]
        if not active:
            return False
        # Whoever decodes goes first, one token each: a long prompt fills what room is left and delays nobody much.
        if len(active) > 1:
            active.sort(key=lambda a: len(a.feed))
        parts: list[tuple[Running, list[int]]] = []
        room = min(engine.max_batch, max(self._room, len(active)))
        for answer in active:
            if room:
                part = answer.feed[:room]
                room -= len(part)
                parts.append((answer, part))
        # Lists, made arrays once: for a single token each call of numpy costs as much as a tenth of a small model.
        tokens: list[int] = []
        sequences: list[int] = []
        positions: list[int] = []
        rows: list[int] = []
        complete: list[Running] = []
        for answer, part in parts:
            tokens += part
            sequences += [answer.slot] * len(part)
            positions += range(answer.position, answer.position + len(part))
            if len(part) == len(answer.feed):
                rows.append(len(tokens) - 1)
                complete.append(answer)
        fed = np.array((tokens, sequences, positions), np.int32)
        started = time.perf_counter()
        logits = engine.step(fed[0], fed[1], fed[2], np.array(rows, np.int32))
        taken = time.perf_counter() - started
        self._room = max(_LEAST_ROOM, min(engine.max_batch, int(_STEP_S * len(tokens) / max(taken, 1e-9))))
        # Nothing has been changed so far: an interrupted step (Ctrl-C) leaves every answer as it was.
        for answer, part in parts:
            del answer.feed[: len(part)]
            answer.position += len(part)
            if answer.tokens:
                answer.decode_s += taken
            else:
                answer.prefill_s += taken
        for answer, row in zip(complete, logits, strict=True):
            answer.accept(row)
        return True
