"""The built-in model as shipped, through the engine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import edge
import training
from training.evaluate import MAX_ANSWER, judge, questions

FOLDER = Path(edge.__file__).parent / "models" / "home"


@pytest.fixture(scope="module")
def home():
    with edge.load("home") as model:
        yield model


@pytest.mark.parametrize(
    ("sentence", "answer"),
    [
        ("turn off the kitchen lights", {"intent": "HassTurnOff", "slots": {"area": "kitchen", "domain": "light"}}),
        ("Please turn on the coffee machine.", {"intent": "HassTurnOn", "slots": {"name": "coffee machine"}}),
        (
            "bedroom lights to forty percent",
            {"intent": "HassLightSet", "slots": {"area": "bedroom", "domain": "light", "brightness": 40}},
        ),
        ("set the heating to 21.5 degrees", {"intent": "HassClimateSetTemperature", "slots": {"temperature": 21.5}}),
        ("set a timer for five minutes", {"intent": "HassStartTimer", "slots": {"minutes": 5}}),
        ("add oat milk to the shopping list", {"intent": "HassShoppingListAddItem", "slots": {"item": "oat milk"}}),
        ("what's the weather like", {"intent": "HassGetWeather", "slots": {}}),
        ("never mind", {"intent": "HassNevermind", "slots": {}}),
        ("it's too dark in the kitchen", {"intent": "HassTurnOn", "slots": {"area": "kitchen", "domain": "light"}}),
        ("lock the back door", {"intent": "HassTurnOn", "slots": {"name": "back door", "domain": "lock"}}),
        (
            "open the garage door",
            {"intent": "HassTurnOn", "slots": {"domain": "cover", "device_class": "garage"}},
        ),
        (
            "is the front door locked",
            {"intent": "HassGetState", "slots": {"name": "front door", "domain": "lock", "state": "locked"}},
        ),
        ("where is ada", {"intent": "HassGetState", "slots": {"name": "ada", "domain": "person"}}),
        (
            "open the blinds in Ada's room halfway",
            {
                "intent": "HassSetPosition",
                "slots": {"area": "Ada's room", "domain": "cover", "device_class": "blind", "position": 50},
            },
        ),
        ("how long is left on the pasta timer", {"intent": "HassTimerStatus", "slots": {"name": "pasta"}}),
        (
            "add five minutes to the ten minute timer",
            {"intent": "HassIncreaseTimer", "slots": {"minutes": 5, "start_minutes": 10}},
        ),
        ("pause the tv", {"intent": "HassMediaPause", "slots": {"name": "tv"}}),
        ("next song please", {"intent": "HassMediaNext", "slots": {}}),
        ("set the volume to thirty percent", {"intent": "HassSetVolume", "slots": {"volume_level": 30}}),
        ("vacuum the hallway", {"intent": "HassVacuumStart", "slots": {"area": "hallway"}}),
        ("send the robot back to its dock", {"intent": "HassVacuumReturnToBase", "slots": {"name": "robot"}}),
        ("who wrote that book", {"intent": None}),
        ("turn off the lights at eight", {"intent": None}),
    ],
)  # fmt: skip
def test_everyday_sentences(home, sentence, answer):
    assert home.generate(sentence, max_tokens=MAX_ANSWER, temperature=0.0).text == json.dumps(answer)


@pytest.mark.slow
def test_unseen_phrasings_with_unseen_names(home):
    asked = questions(per_intent=40)
    completions = [home.generate(one.sentence, max_tokens=MAX_ANSWER, temperature=0.0) for one in asked]
    report = judge(asked, [(c.text, c.confidence) for c in completions])
    assert report["exact_percent"] >= 95, report["exact_percent_by_intent"]
    assert report["valid_json_percent"] >= 99
    assert report["exact_percent_by_intent"]["null"] >= 92
    assert report["commands_refused_percent"] <= 2


@pytest.mark.parametrize("name", ["home-report.json", "home-handwritten.json"])
def test_the_page_says_what_the_report_says(name):
    training_folder = Path(training.__file__).parent
    report = json.loads((training_folder / name).read_text(encoding="utf-8"))
    (row,) = (r for r in (training_folder / "README.md").read_text(encoding="utf-8").splitlines() if f"({name})" in r)
    null = report["exact_percent_by_intent"]["null"]
    figures = [report[f"{key}_percent"] for key in ("exact", "valid_json", "commands_refused")]
    assert [float(cell.removesuffix(" %")) for cell in row.split(" | ")[1:4]] == figures
    assert float(row.split(" | ")[4].removesuffix(" % |")) == null


def test_the_model_is_small_and_needs_no_tokenizer_file():
    assert (FOLDER / "model.safetensors").stat().st_size <= 4_000_000
    names = {path.name for path in FOLDER.iterdir()}
    assert names == {"model.safetensors", "config.json", "tokenizer_config.json", "generation_config.json"}
