"""Damaged files of every kind: an error of ours in one line, never a crash, never memory without bound."""

from __future__ import annotations

import copy
import json
import random
import shutil
import struct
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cython_kernels import Engine, WeightFile, WeightFileError
from edge.checkpoints.convert import convert, is_packed
from edge.errors import EdgeError
from tests.oracle.cases import Case
from tests.unit.checkpoint_folders import MASTERS, PACKED, write_folder, write_shards

ROUNDS = 250
_Random = random.Random  # damage must be the same in every run, not hard to guess
_VALUES: tuple[Any, ...] = (
    0, -1, 2**31, 2**63 - 1, 2**63, 2**64, 10**400, 1e300, 0.5, True, None, "", "F32", "BF16", "U8", "I64", "F8_E4M3",
    [], [0], [-1, 4], [0, 2**40], [2**62, 2**62], {}, "é" * 50,
)  # fmt: skip


@contextmanager
def _little_memory() -> Iterator[None]:
    """Fails when more is allocated at once than any of these small files can call for."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < 96 << 20
    finally:
        tracemalloc.stop()


def _mutate_bytes(rng: random.Random, data: bytes) -> bytes:
    """Flip, overwrite, cut, insert: mostly in the first kilobytes, where the header is."""
    out = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 8))):
        at = rng.randrange(min(len(out), rng.choice((16, 400, 6000, len(out))))) if out else 0
        kind = rng.randrange(5)
        if kind == 0 and out:
            out[at] ^= 1 << rng.randrange(8)
        elif kind == 1 and out:
            out[at] = rng.randrange(256)
        elif kind == 2:
            del out[at : at + rng.choice((1, 8, 1000, len(out)))]
        elif kind == 3:
            out[at:at] = rng.randbytes(rng.choice((1, 8, 64)))
        elif len(out) >= 8:
            out[:8] = struct.pack("<Q", rng.choice((0, 1, 7, len(out), 2**31, 2**63, 2**64 - 1)))
    return bytes(out)


def _spots(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every (container, key) of a JSON value."""
    for key in list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield value, key
        yield from _spots(value[key])


def _mutate_json(rng: random.Random, value: Any) -> Any:
    """Replace, remove, rename or swap somewhere in a JSON value."""
    out = copy.deepcopy(value)
    for _ in range(rng.choice((1, 1, 2))):
        spots = list(_spots(out))
        if not spots:
            return rng.choice(_VALUES)
        held, key = rng.choice(spots)
        kind = rng.randrange(4)
        if kind == 0:
            held[key] = rng.choice(_VALUES)
        elif kind == 1:
            del held[key]
        elif kind == 2 and isinstance(held, dict):
            held[rng.choice(("x", "model.norm.weight", "layers.0.qkv", "__metadata__"))] = held.pop(key)
        else:
            other, name = rng.choice(spots)
            try:
                held[key], other[name] = other[name], held[key]
                json.dumps(out)
            except (KeyError, IndexError, ValueError, RecursionError):
                return copy.deepcopy(value)  # the swap put something into itself
    return out


def _with_header(data: bytes, change: Callable[[Any], Any]) -> bytes:
    (length,) = struct.unpack("<Q", data[:8])
    text = json.dumps(change(json.loads(data[8 : 8 + length]))).encode()
    text += b" " * (-(len(text) + 8) % 64)
    return struct.pack("<Q", len(text)) + text + data[8 + length :]


def _attempt(action: Callable[[], object]) -> bool:
    """True when it worked; an error must be one of ours, in one line."""
    line: str | None = None
    try:
        with _little_memory():
            action()
    except (EdgeError, WeightFileError) as error:
        line = str(error)
    assert line is None or 0 < len(line) < 1000
    assert line is None or "\n" not in line
    return line is None


def _convert_attempts(folder: Path, file: str, versions: Iterator[bytes]) -> list[bool]:
    target = folder.parent / "out"
    worked = []
    for data in versions:
        (folder / file).write_bytes(data)
        is_packed(folder)
        worked.append(_attempt(lambda: convert(folder, target)))
        assert target.exists() == worked[-1]
        assert not target.with_name("out.part").exists()
        shutil.rmtree(target, ignore_errors=True)
    return worked


@pytest.mark.parametrize("case", [PACKED, MASTERS], ids=["packed", "masters"])
def test_checkpoints_with_damaged_bytes(tmp_path: Path, case: Case) -> None:
    data = (write_folder(tmp_path / "in", case) / "model.safetensors").read_bytes()
    rng = _Random(1)
    worked = _convert_attempts(tmp_path / "in", "model.safetensors", (_mutate_bytes(rng, data) for _ in range(ROUNDS)))
    assert worked.count(False) > ROUNDS // 2


def test_checkpoints_with_another_header(tmp_path: Path) -> None:
    data = (write_folder(tmp_path / "in") / "model.safetensors").read_bytes()
    rng = _Random(2)
    versions = (_with_header(data, lambda header: _mutate_json(rng, header)) for _ in range(ROUNDS))
    worked = _convert_attempts(tmp_path / "in", "model.safetensors", versions)
    assert worked.count(False) > ROUNDS // 2


@pytest.mark.parametrize("file", ["config.json", "model.safetensors.index.json"])
def test_checkpoints_with_other_json(tmp_path: Path, file: str) -> None:
    write_shards(tmp_path / "in")
    value = json.loads((tmp_path / "in" / file).read_text())
    rng = _Random(3)
    versions = (json.dumps(_mutate_json(rng, value)).encode() for _ in range(ROUNDS))
    worked = _convert_attempts(tmp_path / "in", file, versions)
    assert worked.count(False) > ROUNDS // 4


@pytest.fixture(scope="module", params=["int8", "f16", "q6", "q4"])
def packed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = tmp_path_factory.mktemp("packed")
    return (convert(write_folder(folder / "in"), folder / "out", head=request.param) / "model.safetensors").read_bytes()


def _open_and_run(path: Path) -> None:
    with WeightFile(path) as file:
        engine = Engine(file, threads=1, context=16, max_batch=4)
        ids = np.array([0, 1, min(79, file.spec.vocab - 1)], np.int32)
        rows = np.arange(3, dtype=np.int32)
        assert engine.step(ids, np.zeros(3, np.int32), rows, rows).shape == (3, file.spec.vocab)


def test_packed_files_with_damaged_bytes(tmp_path: Path, packed: bytes) -> None:
    rng = _Random(4)
    worked = []
    for _ in range(ROUNDS):
        (tmp_path / "m").write_bytes(_mutate_bytes(rng, packed))
        worked.append(_attempt(lambda: _open_and_run(tmp_path / "m")))
    assert worked.count(False) > ROUNDS // 2


def test_packed_files_with_another_header(tmp_path: Path, packed: bytes) -> None:
    rng = _Random(5)
    worked = []
    for _ in range(ROUNDS):
        (tmp_path / "m").write_bytes(_with_header(packed, lambda header: _mutate_json(rng, header)))
        worked.append(_attempt(lambda: _open_and_run(tmp_path / "m")))
    assert worked.count(False) > ROUNDS // 2


def test_packed_files_with_another_description(tmp_path: Path, packed: bytes) -> None:
    """The description inside the metadata decides all sizes; tensors that do not fit it are an error."""
    rng = _Random(6)

    def change(header: Any) -> Any:
        spec = _mutate_json(rng, json.loads(header["__metadata__"]["spec"]))
        header["__metadata__"]["spec"] = json.dumps(spec)
        return header

    worked = []
    for _ in range(ROUNDS):
        (tmp_path / "m").write_bytes(_with_header(packed, change))
        worked.append(_attempt(lambda: _open_and_run(tmp_path / "m")))
    assert worked.count(False) > ROUNDS // 4


def test_packed_files_cut_at_every_length(tmp_path: Path, packed: bytes) -> None:
    (length,) = struct.unpack("<Q", packed[:8])
    cuts = [*range(0, 200, 7), length, length + 8, length + 9, len(packed) - 64, len(packed) - 1]
    for cut in cuts:
        (tmp_path / "m").write_bytes(packed[:cut])
        assert not _attempt(lambda: _open_and_run(tmp_path / "m"))
    (tmp_path / "m").write_bytes(packed + b"\0")
    assert not _attempt(lambda: _open_and_run(tmp_path / "m"))


def test_any_weights_can_be_run(tmp_path: Path, packed: bytes) -> None:
    """Weights that were tampered with give other answers (or none, when a scale is not finite), never a crash."""
    (length,) = struct.unpack("<Q", packed[:8])
    rng = _Random(7)
    for _ in range(20):
        start = rng.randrange(8 + length, len(packed))
        stop = min(len(packed), start + rng.choice((64, 4096, len(packed))))
        (tmp_path / "m").write_bytes(packed[:start] + rng.randbytes(stop - start) + packed[stop:])
        _attempt(lambda: _open_and_run(tmp_path / "m"))
