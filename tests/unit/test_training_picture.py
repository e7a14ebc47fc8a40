"""The picture of learning curves, and the list of variants it is drawn from."""

from __future__ import annotations

import json
import subprocess
import xml.etree.ElementTree as ET

import pytest

from training import ablate, picture

SVG = "{http://www.w3.org/2000/svg}"


def test_a_curve_ends_at_the_top_right_when_all_is_learnt():
    root = ET.fromstring(picture.curves({"ternary": [(0, 0), (1, 50), (2, 100)]}))  # noqa: S314 - our own text
    line = root.find(f"{SVG}polyline")
    assert line is not None
    points = [tuple(map(float, p.split(","))) for p in line.attrib["points"].split()]
    right, bottom = picture.WIDTH - picture.RIGHT, picture.HEIGHT - picture.BOTTOM
    assert points == [
        (picture.LEFT, bottom),
        ((picture.LEFT + right) / 2, (picture.TOP + bottom) / 2),
        (right, picture.TOP),
    ]


def test_names_and_round_numbers_are_written():
    root = ET.fromstring(picture.curves({"a<b": [(0, 1), (30, 2)], "c": []}))  # noqa: S314
    texts = [t.text for t in root.iter(f"{SVG}text")]
    assert {"a<b", "c", "0 %", "100 %", "0", "10", "20", "30"} <= set(texts)


def test_a_log_becomes_a_curve(tmp_path):
    log = tmp_path / "log.jsonl"
    log.write_text("".join(json.dumps({"tokens": t, "average_exact": e}) + "\n" for t, e in ((1e6, 0.5), (2e6, 0.75))))
    assert picture.learning_curve(log) == [(1.0, 50.0), (2.0, 75.0)]


@pytest.mark.parametrize("name", ablate.VARIANTS)
def test_a_variant_is_trained_with_its_own_options(name, tmp_path, monkeypatch):
    commands = []
    monkeypatch.setattr(subprocess, "run", lambda command, **_: commands.append(command))
    (tmp_path / "ternary").mkdir()
    (tmp_path / "ternary" / "vocabulary.json").write_text("[]")
    checkpoint = ablate.train(name, tmp_path, 6, 1, ["--workers", "1"])
    assert checkpoint == tmp_path / name / "checkpoint.pt"
    (command,) = commands
    assert command[-2:] == ["--workers", "1"]
    assert not any("{" in word for word in command)
    assert (tmp_path / name / "vocabulary.json").exists() == (name != "bytes")
