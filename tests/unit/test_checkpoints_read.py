"""Reading checkpoints: what the layouts mean, and one clear line for each that cannot be run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cython_kernels import WeightFile
from edge.checkpoints.convert import convert
from edge.checkpoints.ternary import exact_ternary, round_masters, unpack_rows
from edge.errors import CheckpointError, ModelNotFound
from tests import reference
from tests.oracle.cases import Case
from tests.oracle.checkpoints import from_bf16, pack_rows, tensors, ternary, to_bf16
from tests.unit.checkpoint_folders import (
    DIVIDES,
    LLAMA,
    MASTERS,
    OLD,
    PACKED,
    Tensors,
    bf16,
    write_folder,
    write_shards,
)

QUERY = "model.layers.0.self_attn.q_proj.weight"
HEAD = "lm_head.weight"
EMBED = "model.embed_tokens.weight"


def packed(folder: Path, target: Path) -> WeightFile:
    return WeightFile(convert(folder, target, head="f16") / "model.safetensors")


@pytest.mark.parametrize("case", [PACKED, DIVIDES, LLAMA], ids=lambda case: case.like)
def test_packed_weights_arrive_where_they_belong(tmp_path: Path, case: Case) -> None:
    held = tensors(case)
    with packed(write_folder(tmp_path / "in", case), tmp_path / "out") as file:
        for i in range(case.layers):
            layer = reference.read_layer(file, i)
            name = f"model.layers.{i}.{{}}.weight".format
            for matrix, parts in (
                (layer.qkv, ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj")),
                (layer.o, ("self_attn.o_proj",)),
                (layer.gate_up, ("mlp.gate_proj", "mlp.up_proj")),
                (layer.down, ("mlp.down_proj",)),
            ):
                codes = np.concatenate([ternary(case, name(p), case.matrices()[p]) for p in parts])
                scales = np.concatenate(
                    [np.repeat(from_bf16(held[name(p) + "_scale"]), case.matrices()[p][0]) for p in parts]
                )
                np.testing.assert_array_equal(matrix.codes, codes)
                wanted = 1 / scales if case is not PACKED else scales
                np.testing.assert_array_equal(matrix.scale[0], wanted)
            np.testing.assert_array_equal(layer.attn_norm, from_bf16(held[name("input_layernorm")]))
            np.testing.assert_array_equal(layer.ffn_norm, from_bf16(held[name("post_attention_layernorm")]))
            assert (layer.attn_sub_norm is None) == (case is LLAMA)
        np.testing.assert_array_equal(reference.read_table(file, "embed"), from_bf16(held[EMBED]))
        if not case.tied:
            np.testing.assert_array_equal(reference.read_table(file, "head"), from_bf16(held[HEAD]))


@pytest.mark.parametrize("case", [MASTERS, OLD], ids=lambda case: case.like)
def test_masters_arrive_where_they_belong(tmp_path: Path, case: Case) -> None:
    held = tensors(case)
    with packed(write_folder(tmp_path / "in", case), tmp_path / "out") as file:
        name = "model.layers.1.mlp.up_proj.weight"
        raw = held[name]
        codes, scale = round_masters(raw, "BF16" if case is MASTERS else "F16")
        matrix = reference.read_layer(file, 1).gate_up
        np.testing.assert_array_equal(matrix.codes[case.inter :], codes)
        assert (matrix.scale[0, case.inter :] == scale).all()
        assert file.spec.activation == case.act


def test_shards_are_the_same_as_one_file(tmp_path: Path) -> None:
    write_shards(tmp_path / "shards")
    with (
        packed(write_folder(tmp_path / "one"), tmp_path / "a") as one,
        packed(tmp_path / "shards", tmp_path / "b") as many,
    ):
        np.testing.assert_array_equal(one.data, many.data)


def test_unpacking_follows_the_published_order() -> None:
    """Byte r holds the rows r, r + n/4, r + 2n/4, r + 3n/4, the first in the lowest bits, as weight + 1."""
    codes = unpack_rows(np.array([[0b10_01_00_10], [0b01_01_10_00]], np.uint8))
    assert codes[:, 0].tolist() == [1, -1, -1, 1, 0, 0, 1, 0]
    whole = ternary(PACKED, "x", (16, 5))
    np.testing.assert_array_equal(unpack_rows(pack_rows(whole)), whole)


@pytest.mark.parametrize("dtype", ["BF16", "F16", "F32"])
@pytest.mark.parametrize("size", [(4, 4), (64, 100), (700, 801)])
def test_rounding_masters_is_the_formula_in_float32(dtype: str, size: tuple[int, int]) -> None:
    w = np.random.default_rng(5).standard_normal(size).astype(np.float32) * np.float32(0.02)
    raw: Any = to_bf16(w) if dtype == "BF16" else w.astype({"F16": np.float16, "F32": np.float32}[dtype])
    values = from_bf16(raw) if dtype == "BF16" else raw.astype(np.float32)
    codes, scale = round_masters(raw, dtype)
    inverse = np.float32(1) / np.maximum(np.float32(np.abs(values).mean(dtype=np.float64)), np.float32(1e-5))
    np.testing.assert_array_equal(codes, np.clip(np.rint(values * inverse), -1, 1))
    assert scale == np.float32(1) / inverse


def test_masters_at_the_edges() -> None:
    """A tie rounds to 0, anything above to 1; a tensor of zeros has the least scale instead of a division by zero."""
    codes, scale = round_masters(np.array([[1, -1, 3, -3, 0, 4, 2, 2.0000002]], np.float32) / 2, "F32")
    assert scale == pytest.approx(1, rel=1e-6)
    assert codes.tolist() == [[0, 0, 1, -1, 0, 1, 1, 1]]
    codes, scale = round_masters(np.zeros((4, 4), np.uint16), "BF16")
    assert not codes.any()
    assert scale == np.float32(1e-5)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_masters_that_are_not_finite(bad: float) -> None:
    with pytest.raises(ValueError, match="NaN or infinite"):
        round_masters(np.array([[1, bad]], np.float32), "F32")


def test_ternary_floats(tmp_path: Path) -> None:
    """Offline checkpoints may hold -1, 0 and +1 as floats instead of packed bytes."""

    def unpack(held: Tensors) -> None:
        held[QUERY] = to_bf16(unpack_rows(held[QUERY]).astype(np.float32))

    with packed(write_folder(tmp_path / "in", PACKED, weights=unpack), tmp_path / "out") as file:
        codes = reference.read_layer(file, 0).qkv.codes[:64]
    np.testing.assert_array_equal(codes, ternary(PACKED, QUERY, (64, 64)))
    with pytest.raises(ValueError, match="not -1, 0 and"):
        exact_ternary(np.array([[0.5]], np.float32), "F32")


def test_a_tied_model_may_store_its_head(tmp_path: Path) -> None:
    write_folder(tmp_path / "same", weights=lambda t: t.update({HEAD: t[EMBED]}))
    with packed(tmp_path / "same", tmp_path / "out") as file:
        assert file.spec.tied
    write_folder(tmp_path / "other", weights=lambda t: t.update({HEAD: t[EMBED] ^ 1}))
    with pytest.raises(CheckpointError, match=r"lm_head\.weight differs from the embedding"):
        convert(tmp_path / "other", tmp_path / "nothing")


def test_without_the_field_the_file_says_whether_the_head_is_tied(tmp_path: Path) -> None:
    for case in (PACKED, DIVIDES):
        write_folder(tmp_path / case.linear, case, lambda c: c.pop("tie_word_embeddings"))
        with packed(tmp_path / case.linear, tmp_path / f"{case.linear}.out") as file:
            assert file.spec.tied == case.tied


def test_masters_without_quantisation_are_rounded_and_said_so(tmp_path: Path) -> None:
    write_folder(tmp_path / "in", MASTERS, lambda c: c.pop("quantization_config"))
    said: list[str] = []
    convert(tmp_path / "in", tmp_path / "out", notice=said.append)
    assert any("rounded to ternary" in line for line in said)


def test_present_spelling_of_rope(tmp_path: Path) -> None:
    def rename(c: dict[str, Any]) -> None:
        c["rope_parameters"] = {"rope_type": "default", "rope_theta": c.pop("rope_theta")}

    with packed(write_folder(tmp_path / "in", config=rename), tmp_path / "out") as file:
        assert file.spec.rope_theta == PACKED.theta


CONFIGS: list[tuple[Case, dict[str, Any], str]] = [
    (PACKED, {"architectures": ["GPT2LMHeadModel"]}, "architecture GPT2LMHeadModel is not supported"),
    (PACKED, {"architectures": None}, "architecture none is not supported"),
    (PACKED, {"quantization_config": {"quant_method": "gptq"}}, "quantisation 'gptq' is not supported"),
    (PACKED, {"quantization_config": {"quant_method": "bitnet", "linear_class": "x"}}, "is not one that exists"),
    (PACKED, {"quantization_config": None}, "is packed, but config.json says that weights are rounded online"),
    (LLAMA, {"quantization_config": None}, "an ordinary Llama"),
    (MASTERS, {"quantization_config": {"quant_method": "bitnet"}}, "should be packed"),
    (PACKED, {"hidden_act": "gelu"}, "hidden_act 'gelu' is not supported"),
    (PACKED, {"attention_bias": True}, "attention_bias is not supported"),
    (LLAMA, {"mlp_bias": True}, "mlp_bias is not supported"),
    (PACKED, {"rope_scaling": {"rope_type": "llama3", "factor": 8.0}}, "rope scaling 'llama3' is not supported"),
    (PACKED, {"rope_scaling": 3}, "rope_scaling should be"),
    (PACKED, {"rope_theta": "big"}, "rope_theta is 'big'"),
    (LLAMA, {"partial_rotary_factor": 0.5}, "partial_rotary_factor"),
    (LLAMA, {"sliding_window": 512}, "sliding_window"),
    (PACKED, {"hidden_size": None}, "hidden_size is missing"),
    (PACKED, {"hidden_size": 2.5}, "hidden_size is '2.5'"),
    (PACKED, {"hidden_size": -64}, "hidden_size is '-64'"),
    (PACKED, {"hidden_size": 128}, "should have shape"),
    (PACKED, {"num_hidden_layers": 3}, "tensor model.layers.2.input_layernorm.weight is missing"),
    (PACKED, {"num_hidden_layers": 1}, "has no place in this architecture"),
    (PACKED, {"num_hidden_layers": 10**9}, "layers is 1000000000"),
    (PACKED, {"vocab_size": 96}, "should have shape [96, 64]"),
    (PACKED, {"tie_word_embeddings": False}, "tensor lm_head.weight is missing"),
    (PACKED, {"tie_word_embeddings": "yes"}, "tie_word_embeddings must be"),
    (LLAMA, {"head_dim": 33}, "head_dim is 33"),
    (LLAMA, {"num_key_value_heads": 5}, "cannot share"),
    (PACKED, {"rms_norm_eps": "1e-5"}, "rms_norm_eps is '1e-5'"),
    (LLAMA, {"architectures": ["BitNetForCausalLM"]}, "attn_sub_norm.weight is missing"),
]


@pytest.mark.parametrize(("case", "change", "message"), CONFIGS)
def test_configurations_that_cannot_be_run(tmp_path: Path, case: Case, change: dict[str, Any], message: str) -> None:
    write_folder(tmp_path / "in", case, lambda c: c.update(change))
    with pytest.raises(CheckpointError) as caught:
        convert(tmp_path / "in", tmp_path / "out")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in"]


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        ({"use_rms_norm": True}, "use_rms_norm"),
        ({"modules_to_not_convert": ["model.layers.0.mlp.up_proj"]}, "kept in full precision"),
        ({"modules_to_not_convert": []}, "leaves out lm_head"),
        ({"modules_to_not_convert": "lm_head"}, "should be a list"),
    ],
)
def test_quantisations_that_cannot_be_run(tmp_path: Path, extra: dict[str, Any], message: str) -> None:
    write_folder(tmp_path / "in", MASTERS, lambda c: c["quantization_config"].update(extra))
    with pytest.raises(CheckpointError, match=message):
        convert(tmp_path / "in", tmp_path / "out")


def _without(name: str) -> Any:
    return lambda held: held.pop(name)


def _with(name: str, value: Any) -> Any:
    return lambda held: held.update({name: value})


WEIGHTS: list[tuple[Case, Any, str]] = [
    (PACKED, _without(QUERY), f"tensor {QUERY} is missing"),
    (PACKED, _without(QUERY + "_scale"), f"tensor {QUERY}_scale is missing"),
    (PACKED, _with(QUERY + "_scale", bf16(np.nan)), "it is nan, which should be a positive number"),
    (PACKED, _with(QUERY + "_scale", bf16(np.inf)), "it is inf"),
    (DIVIDES, _with(QUERY + "_scale", bf16(0)), "it is 0.0"),
    (DIVIDES, _with(QUERY + "_scale", bf16(1e-40)), "too small to divide by"),
    (PACKED, _with(QUERY + "_scale", bf16(-1)), "it is -1.0"),
    (PACKED, _with(QUERY + "_scale", bf16(1, 1)), "should have shape [1]"),
    (PACKED, _with(QUERY, np.full((16, 64), 0xFF, np.uint8)), "two-bit code 3"),
    (PACKED, _with(QUERY, np.zeros((64, 64), np.uint8)), "should have shape [16, 64]"),
    (PACKED, _with(QUERY, np.full((64, 64), 0x3F00, np.uint16)), "not -1, 0 and +1"),
    (MASTERS, _with(QUERY, np.full((64, 64), 0x7FC0, np.uint16)), "NaN or infinite"),
    (MASTERS, _with(QUERY + "_scale", bf16(1)), "has no place in this architecture"),
    (PACKED, _with("model.layers.0.self_attn.q_proj.bias", bf16(*[0] * 64)), "has no place in this architecture"),
    (PACKED, _with("model.norm.weight", bf16(*[np.nan] * 64)), "NaN or infinite"),
    (PACKED, _with("model.norm.weight", np.zeros(64, np.uint8)), "needs float values"),
    (PACKED, _with(EMBED, np.full((80, 64), 0x7F80, np.uint16)), "not finite"),
    (PACKED, _with(EMBED, np.zeros((81, 64), np.uint16)), "should have shape [80, 64]"),
]


@pytest.mark.parametrize(("case", "change", "message"), WEIGHTS)
def test_weights_that_cannot_be_run(tmp_path: Path, case: Case, change: Any, message: str) -> None:
    write_folder(tmp_path / "in", case, weights=change)
    with pytest.raises(CheckpointError) as caught:
        convert(tmp_path / "in", tmp_path / "out")
    assert message in str(caught.value)
    assert str(tmp_path) in str(caught.value)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in"]


def test_rows_that_do_not_fill_bytes(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "in", LLAMA, lambda c: c.update(intermediate_size=98))
    with pytest.raises(CheckpointError, match="packs four rows to a byte, which 98 rows do not fill"):
        convert(folder, tmp_path / "out")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda m: m.update({QUERY: "../b.safetensors"}), "not a .safetensors file of this folder"),
        (lambda m: m.update({QUERY: "/etc/passwd"}), "not a .safetensors file of this folder"),
        (lambda m: m.update({QUERY: "missing.safetensors"}), "lists it"),
        (lambda m: m.update({QUERY: {"a": "b", "b": "a"}[m[QUERY][0]] + ".safetensors"}), "places in"),
        (lambda m: m.update({"more": "a.safetensors"}), "tensor more is missing"),
        (lambda m: m.pop(QUERY), "places in 'no file'"),
        (lambda m: m.clear(), "has no weight_map"),
        (lambda m: m.update({QUERY: 3}), "has no weight_map"),
    ],
)
def test_an_index_that_is_wrong(tmp_path: Path, change: Any, message: str) -> None:
    index = write_shards(tmp_path / "in")
    change(index["weight_map"])
    (tmp_path / "in" / "model.safetensors.index.json").write_text(json.dumps(index))
    with pytest.raises(CheckpointError) as caught:
        convert(tmp_path / "in", tmp_path / "out")
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("name", "content"),
    [("config.json", "{"), ("config.json", "[]"), ("config.json", "\xff"), ("config.json", "[" * 100000)],
)
def test_damaged_json_is_named(tmp_path: Path, name: str, content: str) -> None:
    write_folder(tmp_path / "in")
    (tmp_path / "in" / name).write_bytes(content.encode("latin-1"))
    with pytest.raises(CheckpointError, match=name):
        convert(tmp_path / "in", tmp_path / "out")


def test_folders_without_a_checkpoint(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFound, match="no such folder"):
        convert(tmp_path / "nowhere", tmp_path / "out")
    (tmp_path / "in").mkdir()
    with pytest.raises(CheckpointError, match=r"no config\.json"):
        convert(tmp_path / "in", tmp_path / "out")
    write_folder(tmp_path / "in")
    (tmp_path / "in" / "model.safetensors").rename(tmp_path / "in" / "pytorch_model.bin")
    with pytest.raises(ModelNotFound, match=r"pytorch_model\.bin, which is not read"):
        convert(tmp_path / "in", tmp_path / "out")
