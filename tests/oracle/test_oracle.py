"""The oracle, live: the golden tensors are what ``transformers`` computes here and now, and our reading is its reading.

Needs PyTorch and transformers: ``make test-oracle``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from cython_kernels import Engine, WeightFile
from edge.checkpoints.convert import convert
from edge.checkpoints.ternary import round_masters
from tests import reference
from tests.oracle import parity
from tests.oracle.cases import BY_NAME, CASES, Case
from tests.oracle.checkpoints import from_bf16, prompt_ids, tensors, write_checkpoint
from tests.oracle.record import ask, load_oracle, record

MASTERS = [case.name for case in CASES if case.store != "packed"]


@pytest.fixture(scope="module", params=[case.name for case in CASES])
def case(request: pytest.FixtureRequest) -> Case:
    return BY_NAME[request.param]


@pytest.fixture(scope="module")
def live(case: Case, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    folder = tmp_path_factory.mktemp(case.name)
    return folder, record(case, folder)


def test_the_golden_tensors_are_what_the_oracle_computes(case: Case, live: tuple[Path, dict[str, Any]]) -> None:
    """Another CPU sums in another order, so roundings flip: as close as the oracle is to itself, not bit for bit."""
    golden, now = parity.golden(case), live[1]
    assert str(now["digest"]) == str(golden["digest"])
    np.testing.assert_array_equal(now["ids"][:, :12], golden["ids"][:, :12])
    first = np.abs(now["states"][1] - golden["states"][1]).max(axis=1) / parity.rms(golden["states"][1])
    assert np.median(first) < parity.TOLERANCE
    same = (now["ids"] == golden["ids"]).all(axis=1)
    assert same.mean() > 0.5
    assert parity.rms(now["logits"][same] - golden["logits"][same]) <= 2 * float(golden["logits_noise"])
    assert 0.5 < float(now["logits_noise"]) / float(golden["logits_noise"]) < 2


def test_the_engine_against_the_live_oracle(case: Case, live: tuple[Path, dict[str, Any]]) -> None:
    folder, now = live
    with WeightFile(convert(folder / "published", folder / "packed", head="f16") / "model.safetensors") as file:
        engine = Engine(file, threads=2, kv="f32")
        layers = [parity.layer_parity(file, engine, now["states"], i) for i in range(case.layers)]
        whole = parity.end_to_end(parity.engine_logits(engine, now["ids"]), now)
        far = parity.far_errors(engine, reference.read_table(file, "embed"), now)
    assert max(layer.worst for layer in layers) < parity.TOLERANCE
    assert [layer.unexplained for layer in layers] == [()] * len(layers)
    assert whole.ratio <= 2
    assert whole.wrong <= whole.contradictions
    assert (far > parity.TOLERANCE).sum() <= 2


@pytest.mark.parametrize(
    "wide",
    [
        Case("2b4t", "full width", 21, 2560, 6912, 1, 20, 5, 128, 256, "packed"),
        Case("1bitllm-3b", "full width", 22, 3200, 8640, 1, 32, 32, 100, 256, "f16", names="1bitllm", act="silu"),
        Case("falcon3-10b", "full width", 23, 3072, 23040, 1, 12, 4, 256, 256, "packed", names="llama",
             linear="bitlinear", act="silu", tied=False, theta=1000042.0, eps=1e-6),
    ],
    ids=lambda case: case.name,
)  # fmt: skip
def test_a_layer_of_full_width(tmp_path: Path, wide: Case) -> None:
    write_checkpoint(wide, tmp_path / "published")
    write_checkpoint(wide, tmp_path / "oracle", "bitnet" if wide.names == "1bitllm" else wide.names)
    states, _ = ask(load_oracle(tmp_path / "oracle", "eager"), prompt_ids(wide, 1, 8))
    with WeightFile(convert(tmp_path / "published", tmp_path / "out", head="f16") / "model.safetensors") as file:
        layer = parity.layer_parity(file, Engine(file, threads=2, kv="f32"), states[:, 0], 0)
    assert layer.worst < parity.TOLERANCE
    assert layer.unexplained == ()
    assert len(layer.flips) < layer.rows // 2


@pytest.mark.parametrize("name", MASTERS)
def test_masters_are_rounded_exactly_as_transformers_rounds_them(name: str) -> None:
    from transformers.integrations.bitnet import WeightQuant

    case = BY_NAME[name]
    dtype = {"bf16": "BF16", "f16": "F16", "f32": "F32"}[case.store]
    for key, raw in tensors(case).items():
        if "_proj" not in key:
            continue
        values = torch.from_numpy(from_bf16(raw) if dtype == "BF16" else raw.astype(np.float32))
        wanted = WeightQuant.apply(values).numpy()
        codes, scale = round_masters(raw, dtype)
        np.testing.assert_array_equal(codes, np.sign(wanted))
        # PyTorch's float32 sum of millions of weights is itself good to a few units in the last place.
        np.testing.assert_allclose(np.abs(wanted[wanted != 0]), scale, rtol=1e-6)


def test_both_meanings_of_the_scale_differ(tmp_path: Path) -> None:
    """Mixing them up must be visible: the same bytes read the other way are another model to the oracle too."""
    case = BY_NAME["2b4t"]
    write_checkpoint(case, tmp_path / "a")
    ids = prompt_ids(case, 1, 6)
    _, right = ask(load_oracle(tmp_path / "a", "eager"), ids)
    config = (tmp_path / "a" / "config.json").read_text()
    (tmp_path / "a" / "config.json").write_text(config.replace('"linear_class": "autobitlinear",', ""))
    _, wrong = ask(load_oracle(tmp_path / "a", "eager"), ids)
    with WeightFile(convert(tmp_path / "a", tmp_path / "out", head="f16") / "model.safetensors") as file:
        ours = parity.engine_logits(Engine(file, threads=1, kv="f32"), ids)
    assert parity.rms(right - wrong) > 0.1 * parity.rms(right)
    assert parity.rms(ours - wrong) < 0.1 * parity.rms(wrong)
