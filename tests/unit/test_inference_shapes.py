"""Random models of published shapes, and the sizes told about a model."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
import pytest

from cython_kernels import WeightFile, unpack_ternary
from cython_kernels.spec import HEADS, TILE, ModelSpec
from edge.cli.bench import SHAPES as SHAPES_IN_HELP
from edge.cli.parser import HEADS as HEADS_IN_HELP
from edge.errors import ModelError, ModelNotFound
from edge.inference import shapes, sizes
from tests.reference import read_table

if TYPE_CHECKING:
    from pathlib import Path

TINY = ModelSpec(
    layers=2,
    hidden=64,
    heads=4,
    kv_heads=2,
    head_dim=16,
    inter=96,
    vocab=130,
    context=64,
    rope_theta=10000.0,
    norm_eps=1e-5,
)


def test_the_help_lists_every_shape() -> None:
    assert set(SHAPES_IN_HELP) == set(shapes.SHAPES)
    assert HEADS_IN_HELP == HEADS


@pytest.mark.parametrize("name", shapes.SHAPES)
def test_no_shape_needs_padding(name: str) -> None:
    """The random bytes of a ragged matrix would put weights where there are none."""
    for rows, columns in shapes.SHAPES[name].matrices().values():
        assert rows % TILE == 0
        assert columns % TILE == 0


def test_the_reference_model_has_its_published_size() -> None:
    spec = shapes.SHAPES["bitnet-2b4t"]
    assert sizes.parameters(spec) == {"ternary": 2_084_044_800, "tables": 328_335_360}
    assert sizes.kv_bytes(spec, 1) == 76_800
    assert sizes.kv_bytes(spec, 1, "int8") == 39_600


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("spec", [TINY, dataclasses.replace(TINY, tied=False)], ids=["tied", "untied"])
def test_a_random_model_is_a_valid_file_of_sane_values(tmp_path: Path, head: str, spec: ModelSpec) -> None:
    spec = dataclasses.replace(spec, head=head)
    with WeightFile(shapes.write_random(spec, tmp_path, "tiny")) as weights:
        assert weights.spec == spec
        codes = unpack_ternary(weights.array("layers.1.gate_up"), 2 * spec.inter, spec.hidden)
        assert {-1, 0, 1} == set(np.unique(codes).tolist())
        assert abs(codes.mean()) < 0.1
        if head != "f16":
            assert not weights.array("embed.scale")[spec.vocab :].any()
        assert 0.7 < read_table(weights, "head").std() < 1.3


def test_a_made_model_is_kept_and_a_damaged_one_made_again(tmp_path: Path) -> None:
    path = shapes.write_random(TINY, tmp_path, "tiny")
    first = path.stat()
    assert shapes.write_random(TINY, tmp_path, "tiny").stat().st_mtime_ns == first.st_mtime_ns
    content = path.read_bytes()
    path.write_bytes(content[:-64])
    assert shapes.write_random(TINY, tmp_path, "tiny").read_bytes() == content


def test_progress_ends_at_the_end(tmp_path: Path) -> None:
    calls: list[tuple[str, int, int]] = []
    shapes.write_random(TINY, tmp_path, "tiny", lambda *call: calls.append(call))
    assert [n for _, n, _ in calls] == sorted(n for _, n, _ in calls)
    assert calls[-1][1] <= calls[-1][2]


def test_unknown_shape(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFound, match="no shape 'gpt5'; known: bitnet-2b4t"):
        shapes.random_model("gpt5", tmp_path)


def test_too_little_space_is_said_before_anything_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("usage", (), {"free": 1000})())
    with pytest.raises(ModelError, match=r"the random bitnet-2b4t needs \d+ MB"):
        shapes.random_model("bitnet-2b4t", tmp_path)
    assert not list(tmp_path.rglob("*.safetensors*"))


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ModelError, match="EDGE_HOME"):
        shapes.random_model("bitnet-0.7b", tmp_path / "file")


def test_bytes_per_token_counts_one_row_of_an_untied_embedding(tmp_path: Path) -> None:
    with WeightFile(shapes.write_random(TINY, tmp_path, "tiny")) as weights:
        assert sizes.bytes_per_token(TINY) == weights.nbytes
    one_row = 64 + 4  # int8 values and their scale
    assert sizes.bytes_per_token(dataclasses.replace(TINY, tied=False)) == sizes.bytes_per_token(TINY) + one_row


def test_description(tmp_path: Path) -> None:
    with WeightFile(shapes.write_random(TINY, tmp_path, "tiny")) as weights:
        facts = sizes.describe(weights)
    assert facts["spec"] == TINY.to_json()
    assert facts["memory"] == [
        {"context": 64, "kv_bytes": 64 * 2 * 2 * 32 * 2, "bytes": facts["weights_bytes"] + 64 * 2 * 2 * 32 * 2}
    ]
    assert facts["metadata"]["source"] == "random weights in the shape of tiny"
