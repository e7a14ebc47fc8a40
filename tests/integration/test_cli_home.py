"""The built-in model as the README shows it."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

EDGE = [sys.executable, "-m", "edge"]


def edge(*arguments: str, stdin: str = "") -> str:
    return subprocess.run(
        [*EDGE, *arguments], input=stdin, capture_output=True, text=True, check=True, timeout=60
    ).stdout


@pytest.mark.parametrize(
    ("sentence", "wanted"),
    [
        ("turn off the kitchen lights", {"intent": "HassTurnOff", "slots": {"area": "kitchen", "domain": "light"}}),
        (
            "set the bedroom lights to 40 percent",
            {"intent": "HassLightSet", "slots": {"area": "bedroom", "domain": "light", "brightness": 40}},
        ),
        ("what is the meaning of life", {"intent": None}),
    ],
)
def test_a_sentence_becomes_an_intent(sentence: str, wanted: dict[str, object]) -> None:
    assert json.loads(edge("run", sentence)) == wanted


def test_home_is_meant_when_no_model_is_named() -> None:
    sentence = "turn off the kitchen lights"
    answers = {edge("run", sentence), edge("run", "home", sentence), edge("run", stdin=sentence + "\n")}
    assert len(answers) == 1


def test_home_is_listed_first() -> None:
    assert json.loads(edge("list", "--json"))[0]["name"] == "home"
    assert edge("list").startswith("home")


def test_the_json_answer_names_model_and_figures() -> None:
    answer = json.loads(edge("run", "turn off the kitchen lights", "--json"))
    assert answer["model"] == "home"
    assert answer["finish_reason"] == "stop"
    assert json.loads(answer["text"])["intent"] == "HassTurnOff"
    assert answer["timings"]["decode_tok_s"] > 0
