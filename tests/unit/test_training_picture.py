"""The picture of learning curves, and the list of variants it is drawn from."""

from __future__ import annotations

import json
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path

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


def test_the_log_of_a_killed_run(tmp_path):
    """It may go beyond the checkpoint that the run went on from, and end in half a line."""
    log = tmp_path / "log.jsonl"
    seen = ((1e6, 0.5), (2e6, 0.7), (1.5e6, 0.6), (3e6, 0.75))
    log.write_text("".join(json.dumps({"tokens": t, "average_exact": e}) + "\n" for t, e in seen) + '{"tokens": 4')
    assert picture.learning_curve(log) == [(1.0, 50.0), (1.5, 60.0), (3.0, 75.0)]


def test_the_command_writes_a_picture(tmp_path, monkeypatch):
    log, out = tmp_path / "log.jsonl", tmp_path / "a.svg"
    log.write_text('{"tokens": 0, "average_exact": 0}\n')
    monkeypatch.setattr("sys.argv", ["picture", str(out), f"run={log}"])
    picture.main()
    assert ET.parse(out).getroot().tag == f"{SVG}svg"  # noqa: S314 - our own text


def test_variants_that_were_trained_are_kept(tmp_path, monkeypatch):
    trained = []

    def train(name: str, out: Path, *_: object) -> Path:
        trained.append(name)
        (out / name).mkdir(exist_ok=True)
        (out / name / "log.jsonl").write_text('{"tokens": 6000000, "average_exact": 0.5}\n')
        return out / name / "checkpoint.pt"

    monkeypatch.setattr(ablate, "train", train)
    monkeypatch.setattr(ablate, "evaluate", lambda *_: {"exact_percent": 50.0})
    for only in (["ternary", "full"], ["full", "wide"]):
        monkeypatch.setattr("sys.argv", ["ablate", "--out", str(tmp_path), "--only", *only])
        ablate.main()
    assert trained == ["ternary", "full", "wide"]
    assert list(json.loads((tmp_path / "ablations.json").read_text())) == ["ternary", "full", "wide"]
    texts = [t.text for t in ET.parse(tmp_path / "accuracy.svg").iter(f"{SVG}text")]  # noqa: S314
    assert {"ternary", "full", "wide"} <= set(texts)


def test_a_student_needs_its_teacher(tmp_path):
    with pytest.raises(ValueError, match="train that first"):
        ablate.train("distilled", tmp_path, 6, 1, [])
    assert not (tmp_path / "distilled").exists()


@pytest.mark.parametrize("name", ablate.VARIANTS)
def test_a_variant_is_trained_with_its_own_options(name, tmp_path, monkeypatch):
    commands = []
    monkeypatch.setattr(subprocess, "run", lambda command, **_: commands.append(command))
    (tmp_path / "ternary").mkdir()
    (tmp_path / "ternary" / "vocabulary.json").write_text("[]")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "checkpoint.pt").touch()
    checkpoint = ablate.train(name, tmp_path, 6, 1, ["--workers", "1"])
    assert checkpoint == tmp_path / name / "checkpoint.pt"
    (command,) = commands
    assert command[-2:] == ["--workers", "1"]
    assert not any("{" in word for word in command)
    assert (tmp_path / name / "vocabulary.json").exists() == (name != "bytes")
