"""The self-check: the same tokens wherever a model is right, a clear line wherever it is not."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from cython_kernels import isa_names
from edge.cli import main
from edge.errors import CheckFailed, ModelTooLarge
from edge.inference.selfcheck import PROMPT, TOKENS, check, expected
from tests.models import SMALL, write_folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_folder(tmp_path_factory.mktemp("m") / "small")


@pytest.fixture(scope="module")
def expect(folder: Path) -> dict[str, Any]:
    return expected(folder)


def test_what_is_expected_is_what_comes(folder: Path, expect: dict[str, Any]) -> None:
    assert expect["prompt"] == PROMPT
    assert len(expect["tokens"]) == TOKENS
    result = check(folder, expect, threads=2)
    assert result["ok"]
    assert result["compared"]
    assert result["tokens"] == expect["tokens"]
    assert result["tok_s"] > 0
    assert 0 < result["private"] < result["rss"]
    assert result["weights"] > 0
    assert json.loads(json.dumps(result)) == result
    assert not check(folder)["compared"]


@pytest.mark.parametrize("isa", [name for name, runs in isa_names() if runs])
@pytest.mark.parametrize("threads", [1, 3])
def test_every_kernel_and_any_threads_give_the_same(
    folder: Path, expect: dict[str, Any], monkeypatch: pytest.MonkeyPatch, isa: str, threads: int
) -> None:
    monkeypatch.setenv("EDGE_ISA", isa)
    result = check(folder, expect, threads=threads)
    assert (result["isa"], result["threads"]) == (isa, threads)
    assert check("home", expected("home"))["isa"] == isa


def test_an_int8_cache_says_the_same_wherever_it_runs(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expect = expected(folder, kv="int8")
    monkeypatch.setenv("EDGE_ISA", "scalar")
    assert check(folder, expect, kv="int8", threads=2)["compared"]


def test_an_end_that_the_model_sets_does_not_shorten_it() -> None:
    """The built-in model is done after a dozen tokens; speed is measured over more."""
    assert len(expected("home")["tokens"]) == TOKENS


@pytest.mark.parametrize(("context", "count"), [(64, TOKENS), (40, 21), (2, 2), (1, 1)])
def test_what_a_small_context_cannot_hold_is_left_out(tmp_path: Path, context: int, count: int) -> None:
    small = write_folder(tmp_path / "m", dataclasses.replace(SMALL, context=context))
    wanted = expected(small)
    assert len(wanted["tokens"]) == count
    result = check(small, wanted)
    assert (result["tok_s"] is None) == (count == 1)


def test_another_model_is_found_at_its_first_wrong_token(folder: Path, expect: dict[str, Any], tmp_path: Path) -> None:
    other = write_folder(tmp_path / "other", seed=1)
    with pytest.raises(CheckFailed, match=rf"{other}: token \d+ of {TOKENS} is \d+ and should be \d+ \(kernels: \w+\)"):
        check(other, expect)
    wrong = [*expect["tokens"][:-1], (expect["tokens"][-1] + 1) % SMALL.vocab]
    with pytest.raises(CheckFailed, match=f"token {TOKENS} of {TOKENS}"):
        check(folder, {**expect, "tokens": wrong})


def test_more_tokens_than_fit_are_another_model(folder: Path, expect: dict[str, Any]) -> None:
    with pytest.raises(CheckFailed, match="another model"):
        check(folder, {**expect, "tokens": expect["tokens"] * 4})


def test_one_flipped_byte_of_a_norm_shows(folder: Path, expect: dict[str, Any], tmp_path: Path) -> None:
    damaged = write_folder(tmp_path / "damaged")
    data = bytearray((folder / "model.safetensors").read_bytes())
    header = 8 + int.from_bytes(data[:8], "little")
    tensors = json.loads(data[8:header])
    first = next(name for name in tensors if "norm" in name)
    data[header + tensors[first]["data_offsets"][0] + 2] ^= 0xFF  # the high bits of a float's fraction and one above
    (damaged / "model.safetensors").write_bytes(data)
    with pytest.raises(CheckFailed, match="damaged"):
        check(damaged, expect)


@pytest.mark.parametrize("bad", [None, [], {}, {"prompt": "x"}, {"prompt": "x", "tokens": []}, {"tokens": [1]}, 3])
def test_an_expectation_that_is_none(
    folder: Path, bad: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "expect.json"
    path.write_text(json.dumps(bad))
    assert main(["check", str(folder), "--expect", str(path)]) == 2
    assert "what to expect must be" in capsys.readouterr().err


def test_a_model_too_large_for_this_machine(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.inference.model.available_memory", lambda: 1000)
    with pytest.raises(ModelTooLarge):
        check(folder)
    assert check(folder, expected(folder), force=True)["ok"]


def test_the_command(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(folder), "--json", "--tokens", "5"]) == 0
    line = capsys.readouterr().out
    assert line.count("\n") == 1
    path = tmp_path / "expect.json"
    path.write_text(line)
    assert main(["check", str(folder), "--expect", str(path)]) == 0
    out = capsys.readouterr().out
    assert "5 tokens, as expected" in out
    path.write_text(json.dumps({**json.loads(line), "tokens": [7, 7, 7]}))
    assert main(["check", str(folder), "--expect", str(path), "--json"]) == 2
    out, err = capsys.readouterr()
    said = json.loads(out)
    assert not said["ok"]
    assert "should be 7" in said["why"]
    assert err == f"edge: error: {said['why']}\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--tokens", "0"], "--tokens must be at least 1"),
        (["--expect", "/dev/null", "--tokens", "3"], "is not for --expect"),
        (["--expect", "/dev/null"], "no JSON"),
        (["--expect", "/nowhere"], "/nowhere: No such file"),
        (["--threads", "-1"], "threads"),
    ],
)
def test_mistakes_are_one_line(
    folder: Path, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", str(folder), *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err
    assert err.count("\n") == 1
