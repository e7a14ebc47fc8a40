"""Packing samples into rows, and judging answers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np

from training.data import BOS, EOS, pack, prompt_ids, training_batch
from training.evaluate import judge, questions
from training.grammar import SHARES, Sample, Split, samples
from training.grammar.pattern import is_held_out

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


def test_packed_samples_come_out_whole():
    known = {}
    stream = samples(1, Split.TRAIN)

    def watched() -> Iterator[Sample]:
        for one in stream:
            known[(*prompt_ids(one.sentence), *one.answer.encode(), EOS)] = one
            yield one

    batch = pack(watched(), rows=8, length=256)
    count = 0
    for ids, positions, answer in split_rows(batch):
        one = known[tuple(ids.tolist())]
        assert positions.tolist() == list(range(len(ids)))
        assert bytes(ids[answer][:-1].tolist()).decode() == one.answer
        assert (ids[0], ids[-1]) == (BOS, EOS)
        count += 1
    assert count > 12


def test_rows_are_nearly_full():
    batch = training_batch(seed=1, step=0, rows=16, length=256)
    assert (batch.segments > 0).mean() > 0.9


def test_padding_belongs_to_no_sample():
    batch = training_batch(seed=1, step=0, rows=4, length=256)
    outside = batch.segments == 0
    assert not batch.tokens[outside].any()
    assert not batch.answer[outside].any()


def test_a_step_always_has_the_same_batch():
    a, b, other = (training_batch(seed=1, step=step, rows=2, length=256) for step in (5, 5, 6))
    assert np.array_equal(a.tokens, b.tokens)
    assert not np.array_equal(a.tokens, other.tokens)


def test_evaluation_asks_every_intent_with_held_out_phrasings():
    asked = questions(per_intent=20)
    assert {one.intent for one in asked} == set(SHARES)
    assert all(is_held_out(one.phrasing) for one in asked)
    assert len({one.sentence for one in asked}) == len(asked)
    assert asked == questions(per_intent=20)


def test_the_report_counts():
    asked = questions(per_intent=3)
    answers = [one.answer for one in asked]
    perfect = judge(asked, answers)
    assert perfect["exact_percent"] == perfect["valid_json_percent"] == 100
    assert perfect["commands_refused_percent"] == 0
    assert perfect["failures"] == []
    first = next(i for i, one in enumerate(asked) if one.intent == "HassTurnOn")
    answers[first] = '{"intent": null}'
    answers[first + 1] = '{"intent": '
    spoiled = judge(asked, answers)
    commands = sum(one.intent is not None for one in asked)
    assert spoiled["exact_percent"] == round(100 * (len(asked) - 2) / len(asked), 2)
    assert spoiled["valid_json_percent"] == round(100 * (len(asked) - 1) / len(asked), 2)
    assert spoiled["commands_refused_percent"] == round(100 / commands, 2)
    assert spoiled["exact_percent_by_intent"]["HassTurnOn"] == round(100 / 3, 2)
    assert [f["answer"] for f in spoiled["failures"]] == answers[first : first + 2]
    assert json.dumps(spoiled)
