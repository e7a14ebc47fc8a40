"""How much a step may take on: all of it on a fast machine, what is done in seconds on a slow one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from edge.inference.sampling import Sampler, Sampling
from edge.inference.scheduler import Running, Scheduler


class SlowEngine:
    """An engine that takes a given time for each token, by a clock that only it moves."""

    max_batch, sequences, context = 128, 4, 4096

    def __init__(self, token_s: float) -> None:
        self.now = 0.0
        self.token_s = token_s
        self.steps: list[int] = []

    def step(self, tokens: Any, _sequences: Any, _positions: Any, rows: Any) -> Any:
        self.now += self.token_s * len(tokens)
        self.steps.append(len(tokens))
        return np.zeros((len(rows), 8), np.float32)


def answer(scheduler: Scheduler, prompt: int, tokens: int = 1) -> Running:
    running = Running([1] * prompt, Sampler(Sampling(max_tokens=tokens), []), tokens, frozenset())
    scheduler.start(running)
    return running


@pytest.mark.parametrize(
    ("token_s", "later"), [(1 / 1024, {128}), (1 / 32, {128}), (1 / 8, {32}), (1 / 4, {16}), (1, {8}), (64, {8})]
)
def test_a_long_prompt_is_read_in_steps_of_seconds(
    monkeypatch: pytest.MonkeyPatch, token_s: float, later: set[int]
) -> None:
    engine = SlowEngine(token_s)
    monkeypatch.setattr("edge.inference.scheduler.time.perf_counter", lambda: engine.now)
    scheduler = Scheduler(engine)  # type: ignore[arg-type]
    for _ in range(2):  # the first showed how slow it is, as reading a model ahead does
        before = len(engine.steps)
        running = answer(scheduler, 640)
        while scheduler.step():
            running.read = len(running.tokens)
        scheduler.stop(running)
    assert sum(engine.steps) == 1280
    assert set(engine.steps[before:]) == later


def test_nobody_waits_longer_because_the_machine_is_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever is being answered gets a token in every step, beside however little of a prompt."""
    engine = SlowEngine(30.0)
    monkeypatch.setattr("edge.inference.scheduler.time.perf_counter", lambda: engine.now)
    scheduler = Scheduler(engine)  # type: ignore[arg-type]
    writing = [answer(scheduler, 1, tokens=50) for _ in range(3)]
    scheduler.step()
    answer(scheduler, 640)
    for _ in range(5):
        before = [len(one.tokens) for one in writing]
        scheduler.step()
        for one in writing:
            one.read = len(one.tokens)
        assert [len(one.tokens) for one in writing] == [n + 1 for n in before]
    assert engine.steps[1:] == [8] * 5
