"""The report about answers: what is counted, and what confidence is worth."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from training.evaluate import from_file, judge, questions
from training.report import Judged, calibration, report

Answer = Mapping[str, Any]


def test_the_report_counts():
    asked = questions(per_intent=3)
    answers = [(one.answer, 0.9) for one in asked]
    perfect = judge(asked, answers)
    assert perfect["exact_percent"] == perfect["valid_json_percent"] == 100
    assert perfect["commands_refused_percent"] == 0
    assert perfect["failures"] == []
    assert perfect["confusion"] == {}
    first = next(i for i, one in enumerate(asked) if one.intent == "HassTurnOn")
    answers[first] = ('{"intent": null}', 0.4)
    answers[first + 1] = ('{"intent": ', 0.3)
    spoiled = judge(asked, answers)
    commands = sum(one.intent is not None for one in asked)
    assert spoiled["exact_percent"] == round(100 * (len(asked) - 2) / len(asked), 2)
    assert spoiled["valid_json_percent"] == round(100 * (len(asked) - 1) / len(asked), 2)
    assert spoiled["commands_refused_percent"] == round(100 / commands, 2)
    assert spoiled["exact_percent_by_intent"]["HassTurnOn"] == round(100 / 3, 2)
    assert spoiled["confusion"] == {"HassTurnOn": {"null": 1, "no JSON": 1}}
    assert [f["answer"] for f in spoiled["failures"]] == [text for text, _ in answers[first : first + 2]]
    assert spoiled["calibration"]["ranking"] == 1
    assert json.dumps(spoiled)


def judged(expected: Answer, answer: Answer, confidence: float = 1.0) -> Judged:
    return Judged("said", json.dumps(expected), json.dumps(answer), confidence)


def test_slots_are_counted_one_by_one():
    wanted = {"intent": "HassLightSet", "slots": {"area": "kitchen", "brightness": 40}}
    got = {"intent": "HassLightSet", "slots": {"name": "kitchen", "brightness": 40}}
    slots = report([judged(wanted, wanted), judged(wanted, got)])["slots"]
    assert slots == {
        "name": {"expected": 0, "right_percent": 0.0, "unasked": 1},
        "area": {"expected": 2, "right_percent": 50.0, "unasked": 0},
        "brightness": {"expected": 2, "right_percent": 100.0, "unasked": 0},
    }


def test_an_answer_without_an_intent_is_not_null():
    expected = '{"intent": "HassTurnOn", "slots": {}}'
    wrong = report([Judged("x", expected, answer, 1.0) for answer in ("{}", '{"intent": "None"}')])
    assert wrong["confusion"] == {"HassTurnOn": {"no intent": 1, "None": 1}}
    assert wrong["commands_refused_percent"] == 0


def test_a_number_in_quotes_is_not_right():
    wanted = {"intent": "HassSetVolume", "slots": {"volume_level": 40}}
    got = {"intent": "HassSetVolume", "slots": {"volume_level": "40"}}
    assert report([judged(wanted, got)])["slots"]["volume_level"]["right_percent"] == 0


def test_calibration_of_an_honest_and_of_a_boastful_model():
    right, wrong = {"intent": "HassNevermind", "slots": {}}, {"intent": None}
    honest = [judged(right, right, 0.95)] * 95 + [judged(right, wrong, 0.95)] * 5
    assert calibration(honest)["expected_error"] == pytest.approx(0, abs=1e-6)
    boastful = [judged(right, right, 0.95)] * 50 + [judged(right, wrong, 0.95)] * 50
    assert calibration(boastful)["expected_error"] == pytest.approx(0.45, abs=1e-6)
    assert calibration(boastful)["ranking"] == 0.5


def test_thresholds_tell_what_asking_again_would_cost():
    right, wrong = {"intent": "HassNevermind", "slots": {}}, {"intent": None}
    found = calibration([judged(right, right, 0.97)] * 80 + [judged(right, wrong, 0.6)] * 20)["thresholds"]
    sure = next(row for row in found if row["at_least"] == 0.9)
    assert sure == {"at_least": 0.9, "answers_percent": 80.0, "right_percent": 100.0}


def test_sentences_of_a_file(tmp_path):
    path = tmp_path / "said.jsonl"
    path.write_text(
        '{"text": "lights on", "answer": {"slots": {"domain": "light"}, "intent": "HassTurnOn"}}\n\n'
        '{"text": "hello", "answer": {"intent": null}}\n'
    )
    first, second = from_file(path)
    assert first.answer == '{"intent": "HassTurnOn", "slots": {"domain": "light"}}'
    assert (second.sentence, second.intent) == ("hello", None)
    path.write_text('{"text": "x", "answer": {"intent": "HassTurnOn", "slots": {"colour": "red"}}}\n')
    with pytest.raises(ValueError, match=r"said\.jsonl:1.*colour"):
        from_file(path)
