"""The packed file: what other readers see, and that damage is found when it is opened."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors import safe_open

from cython_kernels import ModelSpec, WeightFile, WeightFileError, WeightWriter, pack_rows_int8
from tests.models import SMALL, write_model

Header = dict[str, Any]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    write_model(tmp_path / "model.safetensors", SMALL)
    return tmp_path / "model.safetensors"


def rewrite(path: Path, change: Callable[[Header], None], align: int = 64) -> None:
    """Replace the header by a changed one, keeping the data."""
    raw = path.read_bytes()
    (length,) = struct.unpack("<Q", raw[:8])
    header = json.loads(raw[8 : 8 + length])
    change(header)
    text = json.dumps(header).encode()
    text += b" " * (-(len(text) + 8) % align)
    path.write_bytes(struct.pack("<Q", len(text)) + text + raw[8 + length :])


def test_the_safetensors_library_reads_it(path: Path) -> None:
    with safe_open(path, framework="numpy") as theirs, WeightFile(path) as ours:
        assert sorted(theirs.keys()) == sorted(SMALL.tensors())
        assert theirs.metadata()["format"] == "bitnet-edge"
        for name in theirs.keys():  # noqa: SIM118 - not a mapping
            assert np.array_equal(theirs.get_tensor(name), ours.array(name))


def test_tensors_lie_aligned_in_the_mapping(path: Path) -> None:
    with WeightFile(path) as file:
        assert file.spec == SMALL
        for name in SMALL.tensors():
            array = file.array(name)
            assert array.__array_interface__["data"][0] % 64 == 0
            assert not array.flags.writeable
            assert not array.flags.owndata


def test_two_writers_give_the_same_bytes(path: Path, tmp_path: Path) -> None:
    write_model(tmp_path / "again", SMALL)
    assert (tmp_path / "again").read_bytes() == path.read_bytes()


@pytest.mark.parametrize("keep", [0, 7, 8, 100, 2000, -64, -1])
def test_truncated(path: Path, keep: int) -> None:
    raw = path.read_bytes()
    path.write_bytes(raw[:keep])
    with pytest.raises(WeightFileError, match=r"model\.safetensors: .*(truncated|too short|not a usable)"):
        WeightFile(path)


def spec_change(**values: object) -> Callable[[Header], None]:
    def change(header: Header) -> None:
        spec = json.loads(header["__metadata__"]["spec"])
        header["__metadata__"]["spec"] = json.dumps({**spec, **values})

    return change


def swap(header: Header) -> None:
    a, b = header["layers.0.o"], header["layers.1.o"]
    a["data_offsets"] = b["data_offsets"]


CHANGES: dict[str, Callable[[Header], object]] = {
    "not written by": lambda h: h["__metadata__"].pop("format"),
    "format version": lambda h: h["__metadata__"].update(format_version="99"),
    "no model description": lambda h: h["__metadata__"].pop("spec"),
    "final_norm is missing": lambda h: h.pop("final_norm"),
    "is unknown": lambda h: h.update(extra={"dtype": "F32", "shape": [0], "data_offsets": [0, 0]}),
    "final_norm should be": lambda h: h["final_norm"].update(dtype="F16"),
    "embed should be": lambda h: h["embed"].update(shape=[1, 2, 3]),
    "embed has no offsets": lambda h: h["embed"].update(data_offsets=["a", None]),
    "embed has 64 bytes": lambda h: h["embed"].update(data_offsets=[0, 64]),
    "overlaps": swap,
    "layers is 0": spec_change(layers=0),
    "layers is 1.5": spec_change(layers=1.5),
    "hidden is 10": spec_change(hidden=10**9),
    "unknown field": spec_change(colour="red"),
    "evenly": spec_change(kv_heads=3),
    "rope_theta": spec_change(rope_theta=float("nan")),
    "activation": spec_change(activation="tanh"),
    "is missing": spec_change(layers=4),
    "should be": spec_change(vocab=1000),
}


@pytest.mark.parametrize("message", CHANGES)
def test_tampered_header(path: Path, message: str) -> None:
    rewrite(path, CHANGES[message])  # type: ignore[arg-type]
    with pytest.raises(WeightFileError, match=message) as caught:
        WeightFile(path)
    assert "\n" not in str(caught.value)


def test_misaligned(path: Path) -> None:
    rewrite(path, lambda h: h["__metadata__"].update(note="x"), align=1)
    with pytest.raises(WeightFileError, match="aligned"):
        WeightFile(path)


def test_values_that_are_not_finite(path: Path) -> None:
    with WeightFile(path) as file:
        at = file.array("layers.1.qkv.scale").__array_interface__["data"][0] - file.data.__array_interface__["data"][0]
        at += path.stat().st_size - file.nbytes
    with path.open("r+b") as f:
        f.seek(at)
        f.write(struct.pack("<f", float("nan")))
    with pytest.raises(WeightFileError, match=r"layers\.1\.qkv\.scale"):
        WeightFile(path)


def test_random_damage_never_crashes(path: Path) -> None:
    """Any byte of the header, any of the values checked: a clean error, or a file that still opens."""
    raw = path.read_bytes()
    (length,) = struct.unpack("<Q", raw[:8])
    rng = np.random.default_rng(5)
    for _ in range(400):
        damaged = bytearray(raw)
        for at in rng.integers(0, 8 + length, rng.integers(1, 4)):
            damaged[at] = rng.integers(0, 256)
        path.write_bytes(damaged)
        try:
            WeightFile(path).close()
        except WeightFileError as error:
            assert "\n" not in str(error)  # noqa: PT017 - most damage is an error, some is not


def test_missing_and_unreadable(tmp_path: Path) -> None:
    with pytest.raises(WeightFileError, match="No such file"):
        WeightFile(tmp_path / "nothing")
    with pytest.raises(WeightFileError, match="directory"):
        WeightFile(tmp_path)


def test_an_interrupted_writer_leaves_nothing(tmp_path: Path) -> None:
    def write() -> None:
        with WeightWriter(tmp_path / "m", SMALL, {}) as out:
            out.put("final_norm", np.ones(80, np.float32))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write()
    assert list(tmp_path.iterdir()) == []


def test_a_writer_wants_every_tensor(tmp_path: Path) -> None:
    with pytest.raises(WeightFileError, match="embed got 0 of"), WeightWriter(tmp_path / "m", SMALL, {}) as out:
        out.put("final_norm", np.ones(80, np.float32))
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(WeightFileError, match="final_norm is F32"), WeightWriter(tmp_path / "m", SMALL, {}) as out:
        out.put("final_norm", np.ones(81, np.float32))


def test_no_room_on_the_disk(tmp_path: Path) -> None:
    huge = ModelSpec(**{**SMALL.to_json(), "layers": 512, "hidden": 1 << 16, "inter": 1 << 18})
    with pytest.raises(WeightFileError, match=r"space|large"):
        WeightWriter(tmp_path / "m", huge, {})
    assert list(tmp_path.iterdir()) == []


def test_int8_rows_are_within_half_a_step() -> None:
    w = np.random.default_rng(3).standard_normal((33, 50)).astype(np.float32)
    w[4] = 0
    rows, scale = pack_rows_int8(w)
    back = rows.reshape(3, 16, 16, 4).transpose(0, 2, 1, 3).reshape(48, 64)[:33, :50] * scale[:33, None]
    assert (np.abs(back - w) <= 0.5001 * scale[:33, None]).all()
    with pytest.raises(ValueError, match="finite"):
        pack_rows_int8(np.full((1, 16), np.inf, np.float32))
