"""Converting: what is written, what is never left behind, how much memory it takes, and the copy in the cache."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import signal
import struct
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import edge
from cython_kernels import WeightFile
from cython_kernels.spec import HEADS
from edge.checkpoints import convert as module
from edge.checkpoints.convert import convert, ensure_packed, is_packed
from edge.errors import CheckpointError, EdgeError, ModelNotFound, TokenizerError
from tests.oracle.cases import Case
from tests.unit.checkpoint_folders import DIVIDES, write_folder, write_shards


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGE_HOME", str(tmp_path / "cache"))


def names(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir()) if folder.exists() else []


def test_a_model_folder(tmp_path: Path) -> None:
    source = write_folder(tmp_path / "in")
    (source / "README.md").write_text("not needed to run it")
    seen: list[tuple[str, int, int]] = []
    target = convert(source, tmp_path / "deep" / "out", progress=lambda *step: seen.append(step))
    assert names(target) == ["config.json", "model.safetensors", "tokenizer_config.json"]
    assert names(target.parent) == ["out"]
    with WeightFile(target / "model.safetensors") as file:
        assert file.metadata["source"] == "in"
        digest = hashlib.sha256((source / "model.safetensors").read_bytes()).hexdigest()
        assert file.metadata["source_sha256"] == digest
        assert file.spec.head == "int8"
    done = [step[1] for step in seen]
    assert done == sorted(done)
    assert seen[-1][1] == seen[-1][2] == (source / "model.safetensors").stat().st_size
    assert is_packed(target)
    assert not is_packed(source)


def test_the_same_bytes_every_time(tmp_path: Path) -> None:
    source = write_folder(tmp_path / "in", DIVIDES)
    files = [convert(source, tmp_path / name) / "model.safetensors" for name in ("a", "b")]
    assert files[0].read_bytes() == files[1].read_bytes()


def test_the_hash_of_shards_is_that_of_their_checksums(tmp_path: Path) -> None:
    write_shards(tmp_path / "in")
    with WeightFile(convert(tmp_path / "in", tmp_path / "out", source_name="me/it") / "model.safetensors") as file:
        lines = "".join(
            f"{hashlib.sha256((tmp_path / 'in' / name).read_bytes()).hexdigest()}  {name}\n"
            for name in ("a.safetensors", "b.safetensors")
        )
        assert file.metadata["source_sha256"] == hashlib.sha256(lines.encode()).hexdigest()
        assert file.metadata["source"] == "me/it"


def test_a_missing_tokenizer_is_said(tmp_path: Path) -> None:
    source = write_folder(tmp_path / "in")
    (source / "tokenizer_config.json").unlink()
    said: list[str] = []
    convert(source, tmp_path / "out", notice=said.append)
    assert any("tokenizer.json" in line for line in said)


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    source = write_folder(tmp_path / "in")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").write_text("precious")
    with pytest.raises(CheckpointError, match="exists already"):
        convert(source, tmp_path / "out")
    assert (tmp_path / "out" / "mine").read_text() == "precious"
    (tmp_path / "file").write_text("precious")
    with pytest.raises(CheckpointError, match="exists already"):
        convert(source, tmp_path / "file")
    with pytest.raises(CheckpointError, match="packed already"):
        convert(convert(source, tmp_path / "packed"), tmp_path / "again")
    with pytest.raises(CheckpointError, match="head 'f32'"):
        convert(source, tmp_path / "again", head="f32")
    assert names(tmp_path) == ["file", "in", "out", "packed"]


def test_an_empty_folder_may_be_the_target(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    assert is_packed(convert(write_folder(tmp_path / "in"), tmp_path / "out"))


def test_a_failure_leaves_nothing(tmp_path: Path) -> None:
    source = write_folder(tmp_path / "in")

    def interrupt(what: str, done: int, total: int) -> None:
        if done > total // 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        convert(source, tmp_path / "out", progress=interrupt)
    assert names(tmp_path) == ["in"]


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    source = write_folder(tmp_path / "in")
    (tmp_path / "file").write_text("")
    with pytest.raises(CheckpointError, match="cannot be written"):
        convert(source, tmp_path / "file" / "out")


_CONVERT_AND_DIE = """
import os, signal, sys
from edge.checkpoints.convert import convert
def die(what, done, total):
    if done > total // 2:
        os.kill(os.getpid(), signal.SIGKILL)
convert(sys.argv[1], sys.argv[2], progress=die)
"""


def test_a_killed_run_is_cleaned_up_by_the_next(tmp_path: Path) -> None:
    source = write_folder(tmp_path / "in")
    command = [sys.executable, "-c", _CONVERT_AND_DIE, str(source), str(tmp_path / "out")]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    assert names(tmp_path) == ["in", "out.part"]
    assert names(tmp_path / "out.part") == ["model.safetensors.part"]
    convert(source, tmp_path / "out")
    assert names(tmp_path) == ["in", "out"]


def test_a_part_folder_that_is_not_ours_is_left_alone(tmp_path: Path) -> None:
    source = write_folder(tmp_path / "in")
    (tmp_path / "out.part").mkdir()
    (tmp_path / "out.part" / "thesis.tex").write_text("precious")
    with pytest.raises(CheckpointError, match=r"thesis\.tex"):
        convert(source, tmp_path / "out")
    assert (tmp_path / "out.part" / "thesis.tex").read_text() == "precious"


def test_two_programs_do_not_write_the_same_folder(tmp_path: Path) -> None:
    source = write_folder(tmp_path / "in")
    (tmp_path / "out.part").mkdir()
    other = os.open(tmp_path / "out.part", os.O_RDONLY)
    try:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(CheckpointError, match="being written by another program"):
            convert(source, tmp_path / "out")
    finally:
        os.close(other)


def test_an_unpacked_checkpoint_is_packed_once(tmp_path: Path) -> None:
    source = write_folder(tmp_path / "in")
    said: list[str] = []
    first = ensure_packed(source, notice=said.append)
    assert is_packed(first)
    assert [line for line in said if "packing it once" in line]
    before = (first / "model.safetensors").stat().st_mtime_ns
    said.clear()
    assert ensure_packed(source, notice=said.append) == first
    assert not said
    assert (first / "model.safetensors").stat().st_mtime_ns == before
    assert ensure_packed(first) == first


def test_a_changed_checkpoint_is_packed_again_and_replaces_the_old_copy(tmp_path: Path) -> None:
    first = ensure_packed(write_folder(tmp_path / "in"))
    f16 = ensure_packed(tmp_path / "in", head="f16")
    other = ensure_packed(write_folder(tmp_path / "other"))
    second = ensure_packed(write_folder(tmp_path / "in", config=lambda c: c.update(rope_theta=1e4)))
    assert second != first
    with WeightFile(second / "model.safetensors") as file:
        assert file.spec.rope_theta == 1e4
    assert names(first.parent) == sorted([second.name, f16.name, other.name])


def test_a_damaged_copy_is_packed_again(tmp_path: Path) -> None:
    source = write_folder(tmp_path / "in")
    weights = ensure_packed(source) / "model.safetensors"
    whole = weights.read_bytes()
    weights.write_bytes(whole[:-64])
    assert ensure_packed(source) == weights.parent
    assert weights.read_bytes() == whole


def test_a_checkpoint_that_cannot_be_packed_leaves_the_cache_empty(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="architecture"):
        ensure_packed(write_folder(tmp_path / "in", config=lambda c: c.update(architectures=["X"])))
    assert names(tmp_path / "cache" / "packed") == []
    with pytest.raises(ModelNotFound, match="no such folder"):
        ensure_packed(tmp_path / "nowhere")


def test_several_threads_pack_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = write_folder(tmp_path / "in")
    fills: list[Path] = []
    fill = module._fill

    def counted(source: Path, *rest: Any) -> None:
        fills.append(source)
        fill(source, *rest)

    monkeypatch.setattr(module, "_fill", counted)
    found: list[Path] = []
    threads = [threading.Thread(target=lambda: found.append(ensure_packed(source))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert len(set(found)) == len(fills) == 1


def _sparse_checkpoint(folder: Path) -> None:
    """One layer of BitNet 2B4T's bf16 masters with its whole vocabulary, as a file of zeros that takes no space."""
    case = Case("2b4t", "", 1, 2560, 6912, 1, 20, 5, 128, 128256, "bf16")
    shapes: dict[str, list[int]] = {"model.embed_tokens.weight": [case.vocab, case.hidden]}
    layer = "model.layers.0."
    for name in ("input_layernorm", "post_attention_layernorm", "self_attn.attn_sub_norm"):
        shapes[f"{layer}{name}.weight"] = [case.hidden]
    shapes[layer + "mlp.ffn_sub_norm.weight"] = [case.inter]
    shapes |= {f"{layer}{name}.weight": list(shape) for name, shape in case.matrices().items()}
    shapes["model.norm.weight"] = [case.hidden]
    header, end = {}, 0
    for name, shape in shapes.items():
        begin, end = end, end + 2 * int(np.prod(shape))
        header[name] = {"dtype": "BF16", "shape": shape, "data_offsets": [begin, end]}
    text = json.dumps(header).encode()
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(case.config()))
    with (folder / "model.safetensors").open("wb") as f:
        f.write(struct.pack("<Q", len(text)) + text)
        f.truncate(8 + len(text) + end)


_CONVERT_AND_REPORT = """
import resource, sys
from edge.checkpoints.convert import convert
convert(sys.argv[1], sys.argv[2], head=sys.argv[3])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
"""


@pytest.mark.slow
@pytest.mark.parametrize("head", HEADS)
def test_converting_takes_little_memory(tmp_path: Path, head: str) -> None:
    """The full-size tensors of 2B4T, one layer of them: layers are read one after another, so 30 need no more."""
    _sparse_checkpoint(tmp_path / "in")
    command = [sys.executable, "-c", _CONVERT_AND_REPORT, str(tmp_path / "in"), str(tmp_path / "out"), head]
    peak = int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    assert peak < 500e6
    (tmp_path / "out" / "model.safetensors").unlink()  # hundreds of megabytes that pytest would keep


def test_a_tokenizer_of_another_model(tmp_path: Path) -> None:
    source = write_folder(tmp_path / "in")  # 80 tokens, while one for bytes has 256
    with edge.load(source, threads=1) as model, pytest.raises(TokenizerError, match="256 tokens and the model 80"):
        model.generate("hello")


def test_errors_are_ours(tmp_path: Path) -> None:
    """A model that vanishes while it is packed is the user's problem to see, not a traceback."""
    source = write_folder(tmp_path / "in")

    def truncate(what: str, done: int, total: int) -> None:
        os.truncate(source / "model.safetensors", total // 2)

    with pytest.raises(EdgeError, match="became shorter"):
        convert(source, tmp_path / "out", progress=truncate)
    assert names(tmp_path) == ["in"]
