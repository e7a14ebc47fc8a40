"""Tokens of sentences and answers, and packing samples into rows."""

from __future__ import annotations

import itertools
import random
from typing import TYPE_CHECKING

import numpy as np
import pytest

from training import vocabulary
from training.data import Coder, pack, training_batch
from training.evaluate import questions
from training.grammar import SHARES, Sample, Split, samples
from training.grammar.pattern import is_held_out
from training.vocabulary import BOS, EOS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from training.data import Batch


def split_rows(batch: Batch) -> Iterator[tuple[Any, Any, Any]]:
    """Every packed sample again as (ids, positions, answer flags)."""
    for row in range(len(batch.tokens)):
        for segment in range(1, batch.segments[row].max() + 1):
            inside = batch.segments[row] == segment
            yield batch.tokens[row][inside], batch.positions[row][inside], batch.answer[row][inside]


@pytest.fixture(scope="module")
def coder() -> Coder:
    return Coder(vocabulary.learn(seed=1, sentences=4000, copied=3, said=20))


@pytest.mark.parametrize("split", list(Split))
def test_tokens_say_what_the_text_said(coder, split):
    rng = random.Random(2)  # noqa: S311 - no secrets here
    for one in itertools.islice(samples(5, split), 1500):
        for ids, prompt in (coder.encode(one), coder.spelled(one, rng)):
            assert (ids[0], ids[-1]) == (BOS, EOS)
            assert coder.text(ids[1:prompt]) == one.sentence + vocabulary.SUFFIX
            assert coder.text(ids[prompt:-1]) == one.answer


class Always(random.Random):
    """Spells every word."""

    def random(self) -> float:
        return 0.0


def test_a_spelled_word_is_spelled_in_the_answer_too():
    coder = Coder(['{"intent": "HassTurnOn", "slots": {', '"area": "', "}}", "turn", "on", "the", "living", "room"])
    one = Sample(
        "turn on the living room", '{"intent": "HassTurnOn", "slots": {"area": "living room"}}', "HassTurnOn", ""
    )
    plain, prompt = coder.encode(one)
    assert (prompt, len(plain)) == (7, 14)
    spelled, prompt = coder.spelled(one, Always())
    assert bytes(spelled[1:prompt]) == b"turn on the living room\n"
    assert bytes(i for i in spelled[prompt:] if i < 256) == b'living room"'


def test_an_answer_is_few_tokens(coder):
    lengths, letters = 0, 0
    for one in itertools.islice(samples(1, Split.TRAIN), 500):
        ids, prompt = coder.encode(one)
        lengths += len(ids) - prompt
        letters += len(one.answer)
    assert lengths < letters / 5


def test_the_vocabulary_is_made_once_for_a_run(tmp_path, monkeypatch):
    monkeypatch.setattr(vocabulary, "learn", lambda seed: ["turn", "on", f"seed{seed}"])
    assert vocabulary.of_run(tmp_path, 4) == ["turn", "on", "seed4"]
    assert vocabulary.of_run(tmp_path, 5) == ["turn", "on", "seed4"]


def test_packed_samples_come_out_whole(coder):
    known = {}

    def watched() -> Iterator[tuple[list[int], int]]:
        for one in samples(1, Split.TRAIN):
            ids, prompt = coder.encode(one)
            known[tuple(ids)] = one
            yield ids, prompt

    batch = pack(watched(), rows=8, length=256)
    count = 0
    for ids, positions, answer in split_rows(batch):
        one = known[tuple(ids.tolist())]
        assert positions.tolist() == list(range(len(ids)))
        assert coder.text(ids[answer][:-1].tolist()) == one.answer
        assert (ids[0], ids[-1]) == (BOS, EOS)
        count += 1
    assert count > 50


def test_rows_are_nearly_full(coder):
    batch = training_batch(coder, seed=1, step=0, rows=16, length=256)
    assert (batch.segments > 0).mean() > 0.9


def test_padding_belongs_to_no_sample(coder):
    batch = training_batch(coder, seed=1, step=0, rows=4, length=256)
    outside = batch.segments == 0
    assert not batch.tokens[outside].any()
    assert not batch.answer[outside].any()


def test_a_step_always_has_the_same_batch(coder):
    a, b, other = (training_batch(coder, seed=1, step=step, rows=2, length=256) for step in (5, 5, 6))
    assert np.array_equal(a.tokens, b.tokens)
    assert not np.array_equal(a.tokens, other.tokens)


def test_evaluation_asks_every_intent_with_held_out_phrasings():
    asked = questions(per_intent=20)
    assert {one.intent for one in asked} == set(SHARES)
    assert all(is_held_out(one.phrasing) for one in asked)
    assert len({one.sentence for one in asked}) == len(asked)
    assert asked == questions(per_intent=20)
