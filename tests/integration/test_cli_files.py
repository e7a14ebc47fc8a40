"""``edge convert``, ``list``, ``show`` and ``bench`` on real files, as processes."""

from __future__ import annotations

import json
import resource
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.integration import tiny_model
from tests.oracle.cases import BY_NAME
from tests.oracle.checkpoints import write_checkpoint

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CASE = BY_NAME["2b4t-bf16"]


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("source") / "a-checkpoint"
    folder.mkdir()
    write_checkpoint(CASE, folder)
    shutil.copy(tiny_model.make(tmp_path_factory.mktemp("tiny")) / "tokenizer.json", folder)
    return folder


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EDGE_HOME", str(tmp_path / "edge-home"))
    return tmp_path / "edge-home"


def edge(*arguments: object, before: Callable[[], None] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "edge", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        preexec_fn=before,
    )


def refused(done: subprocess.CompletedProcess[str], *words: str) -> None:
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    last = done.stderr.splitlines()[-1]
    assert last.startswith("edge: error: ")
    assert "Traceback" not in done.stderr
    for word in words:
        assert word in last


def test_convert_shows_progress_and_says_what_to_do_next(checkpoint: Path, tmp_path: Path) -> None:
    done = edge("convert", checkpoint, tmp_path / "model")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"{tmp_path / 'model'}: ")
    assert "edge run" in done.stdout
    assert done.stderr.startswith("packing")
    assert "\x1b" not in done.stderr
    shown = json.loads(edge("show", tmp_path / "model", "--json").stdout)
    assert shown["spec"]["hidden"] == CASE.hidden
    assert shown["metadata"]["source"] == "a-checkpoint"
    assert shown["weights_bytes"] < (tmp_path / "model" / "model.safetensors").stat().st_size


def test_convert_json(checkpoint: Path, tmp_path: Path) -> None:
    done = edge("convert", checkpoint, tmp_path / "model", "--head", "f16", "--json")
    assert done.stderr == ""
    result = json.loads(done.stdout)
    assert result == {
        "path": str(tmp_path / "model"),
        "bytes": (tmp_path / "model" / "model.safetensors").stat().st_size,
    }


def test_convert_replaces_only_a_model_and_only_when_forced(checkpoint: Path, tmp_path: Path) -> None:
    target = tiny_model.make(tmp_path / "model")
    before = (target / "model.safetensors").read_bytes()
    refused(edge("convert", checkpoint, target), str(target), "--force")
    assert (target / "model.safetensors").read_bytes() == before
    assert edge("convert", checkpoint, target, "--force", "--json").returncode == 0
    assert (target / "model.safetensors").read_bytes() != before
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "thesis.txt").write_text("years of work")
    refused(edge("convert", checkpoint, precious, "--force"), str(precious))
    assert (precious / "thesis.txt").read_text() == "years of work"


def test_convert_refuses_what_is_no_checkpoint(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    refused(edge("convert", tmp_path / "nothing", tmp_path / "model"), "nothing")
    refused(edge("convert", tmp_path / "empty", tmp_path / "model"), "config.json")
    assert not (tmp_path / "model").exists()


def test_a_disk_that_fills_up_leaves_nothing_behind(checkpoint: Path, tmp_path: Path) -> None:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))

    refused(edge("convert", checkpoint, tmp_path / "model", before=limit), str(tmp_path / "model"))
    assert [p.name for p in tmp_path.iterdir()] == []
    refused(edge("bench", "--shape", "bitnet-0.7b", before=limit), "bitnet-0.7b", "free some space")


def test_list_names_what_is_there(home: Path) -> None:
    tiny_model.make(home / "models" / "kitchen")
    tiny_model.make(home / "models" / "someone" / "tiny")
    (home / "models" / "half.part").mkdir()
    listed = {m["name"]: m for m in json.loads(edge("list", "--json").stdout)}
    assert listed.keys() - {"home"} == {"kitchen", "someone/tiny"}
    assert listed["kitchen"]["bytes"] == (home / "models" / "kitchen" / "model.safetensors").stat().st_size
    lines = edge("list").stdout.splitlines()
    assert any(line.startswith("someone/tiny") and line.endswith("someone/tiny") for line in lines)


def test_show_tells_memory_by_context(home: Path) -> None:
    tiny_model.make(home / "models" / "kitchen")
    text = edge("show", "kitchen").stdout
    spec = tiny_model.SPEC
    assert f"{spec.layers} layers, width {spec.hidden}" in text
    assert "random weights in the shape of tiny" in text
    assert f"  {spec.context:7}   " in text


@pytest.mark.parametrize("content", [b"", b"\0" * 100, b"junk" * 1000])
def test_show_refuses_what_is_no_model(tmp_path: Path, content: bytes) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "model.safetensors").write_bytes(content)
    refused(edge("show", folder), str(folder))
    refused(edge("show", tmp_path), str(tmp_path))
    refused(edge("show", "nonesuch"), "nonesuch")


def test_bench_measures_and_proves(home: Path) -> None:
    tiny_model.make(home / "models" / "kitchen")
    done = edge("bench", "kitchen", "--threads", "1", "--runs", "1", "--json")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    result = json.loads(done.stdout)
    wanted = "prefill_tok_s decode_tok_s read_gb_s roof_gb_s roof_share load_s private_mb file_mb isa threads"
    assert result.keys() >= set(wanted.split())
    assert result["threads"] == 1
    assert all(result[k] > 0 for k in wanted.split() if k != "isa")
    assert set(result["proof"].values()) == {True}
    assert result["read_gb_s"] / result["roof_gb_s"] == pytest.approx(result["roof_share"], rel=0.02)


@pytest.mark.parametrize("threads", ["0", "-1", "100000"])
def test_bench_refuses_what_no_machine_has(home: Path, threads: str) -> None:
    tiny_model.make(home / "models" / "kitchen")
    refused(edge("bench", "kitchen", "--threads", threads), "threads")


def test_bench_for_people(home: Path) -> None:
    tiny_model.make(home / "models" / "kitchen")
    done = edge("bench", "kitchen", "--threads", "1", "--runs", "1")
    assert done.stdout.startswith("kitchen: ")
    assert "decode    tg128 " in done.stdout
    assert "batch equals single, layer equals scalar" in done.stdout


def test_a_place_that_cannot_be_written(checkpoint: Path, tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")  # unlike missing rights, this stops root as well
    refused(edge("convert", checkpoint, tmp_path / "loop" / "model"), "loop")
