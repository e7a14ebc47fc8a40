"""Sampling draws from the distribution it promises, and stop texts are cut exactly."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from edge.errors import EngineError, SamplingError
from edge.inference import Sampling
from edge.inference.generation import StopText
from edge.inference.sampling import Sampler

LOGITS = np.array([1.0, 3.0, 2.0, 3.0, -5.0], np.float32)


def draws(count: int, logits: np.ndarray = LOGITS, **values: Any) -> list[int]:
    sampler = Sampler(Sampling(seed=1, **values), [])
    return [sampler.pick(logits) for _ in range(count)]


def shares(**values: Any) -> np.ndarray:
    return np.bincount(draws(20000, **values), minlength=5) / 20000


def softmax(x: np.ndarray) -> np.ndarray:
    e = np.exp(x - x.max())
    return np.asarray(e / e.sum())


def test_greedy_takes_the_first_of_equals() -> None:
    assert draws(3) == [1, 1, 1]


def test_temperature() -> None:
    for t in (0.5, 1.0, 2.0):
        assert np.abs(shares(temperature=t) - softmax(LOGITS.astype(float) / t)).max() < 0.015


def test_top_k_keeps_the_first_of_equals() -> None:
    assert set(draws(500, temperature=1.0, top_k=1)) == {1}
    assert set(draws(500, temperature=1.0, top_k=2)) == {1, 3}
    assert set(draws(500, temperature=1.0, top_k=3)) == {1, 2, 3}


def test_top_p_keeps_the_fewest_that_reach_it() -> None:
    p = softmax(LOGITS.astype(float))
    assert set(draws(500, temperature=1.0, top_p=p[1] * 0.99)) == {1}
    assert set(draws(500, temperature=1.0, top_p=p[1] + p[3] * 0.5)) == {1, 3}
    assert set(draws(2000, temperature=1.0, top_p=0.9)) == {1, 2, 3}


def test_min_p_is_relative_to_the_likeliest() -> None:
    assert set(draws(2000, temperature=1.0, min_p=0.3)) == {1, 2, 3}
    assert set(draws(2000, temperature=1.0, min_p=0.5)) == {1, 3}


def test_repetition_penalty_counts_prompt_and_answer() -> None:
    sampler = Sampler(Sampling(repetition_penalty=4.0), [1])
    assert sampler.pick(LOGITS) == 3
    assert sampler.pick(LOGITS) == 2
    negative = np.array([-1.0, -1.5], np.float32)
    assert Sampler(Sampling(repetition_penalty=2.0), [0]).pick(negative) == 1


def test_same_seed_same_tokens() -> None:
    assert draws(50, temperature=1.0) == draws(50, temperature=1.0)
    a, b = (Sampler(Sampling(temperature=1.0), []) for _ in range(2))
    assert a.seed != b.seed
    again = Sampler(Sampling(temperature=1.0, seed=a.seed), [])
    assert [a.pick(LOGITS) for _ in range(30)] == [again.pick(LOGITS) for _ in range(30)]


def test_a_large_vocabulary_and_a_small_temperature() -> None:
    logits = np.random.default_rng(0).standard_normal(128256).astype(np.float32)
    assert set(draws(20, logits=logits, temperature=1e-6)) == {int(logits.argmax())}
    many = draws(200, logits=logits, temperature=1.0)
    assert len(set(many)) > 190


@pytest.mark.parametrize(
    "values",
    [
        {"temperature": -1}, {"temperature": math.nan}, {"temperature": "hot"}, {"temperature": True},
        {"top_k": -1}, {"top_k": 1.5}, {"top_p": 0}, {"top_p": 1.1}, {"min_p": -0.1}, {"min_p": 2},
        {"repetition_penalty": 0}, {"repetition_penalty": 1e-39}, {"max_tokens": 0}, {"seed": -1}, {"seed": 1 << 64},
        {"stop": [""]}, {"stop": [3]}, {"stop": None}, {"stop": 5},
    ],
)  # fmt: skip
def test_values_out_of_range(values: dict[str, Any]) -> None:
    with pytest.raises(SamplingError, match=f"^{next(iter(values))}") as caught:
        Sampling(**values)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_damaged_logits(bad: float) -> None:
    with pytest.raises(EngineError, match="not numbers"):
        draws(1, logits=np.array([0, bad, 1], np.float32))


def test_stop_text_is_cut_wherever_the_pieces_end() -> None:
    text = "one two<end> three"
    for size in range(1, len(text)):
        stop = StopText(["<end>", "zzz"])
        shown = ""
        for at in range(0, len(text), size):
            if not stop.hit:
                shown += stop.feed(text[at : at + size])
            assert "<end>".startswith(shown.removeprefix("one two")[:5]) or "one two".startswith(shown)
        assert stop.hit
        assert shown == "one two"


def test_what_only_looked_like_a_stop_text_is_shown_in_the_end() -> None:
    stop = StopText(["<end>"])
    assert stop.feed("a <en") == "a "
    assert stop.feed("core> b <") == "<encore> b "
    assert stop.flush() == "<"
    assert not stop.hit


def test_the_earliest_of_several_stop_texts_counts() -> None:
    stop = StopText(["d", "bc"])
    assert stop.feed("abcd") == "a"
    assert stop.hit
