"""The engine computes what ``transformers`` computes, on checkpoints in every published layout.

The checkpoints are made again from their seeds, converted by our reader, run by our engine and compared with tensors
recorded from ``transformers`` (tests/oracle/record.py; ``make test-oracle`` recomputes them).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cython_kernels import Engine, WeightFile
from edge.checkpoints.convert import convert
from tests import reference
from tests.oracle import parity
from tests.oracle.cases import BY_NAME, CASES, Case
from tests.oracle.checkpoints import write_checkpoint


class Ready:
    """One case: its golden tensors, and the engine on the checkpoint as converted with an f16 head."""

    def __init__(self, case: Case, folder: Path) -> None:
        self.case, self.folder = case, folder
        self.golden = parity.golden(case)
        self.digest = write_checkpoint(case, folder / "source")
        self.file = WeightFile(convert(folder / "source", folder / "f16", head="f16") / "model.safetensors")
        self.engine = Engine(self.file, threads=2, kv="f32")


@pytest.fixture(scope="module", params=[case.name for case in CASES])
def ready(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Ready:
    return Ready(BY_NAME[request.param], tmp_path_factory.mktemp(request.param))


def test_the_checkpoint_is_the_recorded_one(ready: Ready) -> None:
    assert ready.digest == str(ready.golden["digest"])


def test_every_layer_on_the_oracles_input(ready: Ready) -> None:
    layers = [
        parity.layer_parity(ready.file, ready.engine, ready.golden["states"], i) for i in range(ready.case.layers)
    ]
    assert max(layer.worst for layer in layers) < parity.TOLERANCE
    assert [layer.unexplained for layer in layers] == [()] * len(layers)
    # Flips are rare accidents: if they were many, "explained" would excuse an error.
    assert sum(len(layer.flips) for layer in layers) <= 0.05 * sum(layer.rows for layer in layers)


def test_far_positions(ready: Ready) -> None:
    errors = parity.far_errors(ready.engine, reference.read_table(ready.file, "embed"), ready.golden)
    # A row may have a flip, and then differs by a rounding step; most must be equal.
    assert (errors > parity.TOLERANCE).sum() <= 2
    assert errors.max() < 0.1


def test_end_to_end_within_twice_the_oracles_own_noise(ready: Ready) -> None:
    whole = parity.end_to_end(parity.engine_logits(ready.engine, ready.golden["ids"]), ready.golden)
    assert whole.ratio <= 2
    assert whole.compared > 0.8 * ready.golden["best"].size
    assert whole.wrong <= whole.contradictions


@pytest.mark.parametrize(("head", "share"), [("int8", 0.1), ("q6", 0.2), ("q4", 0.5)])
def test_rounded_heads_add_their_stated_error(ready: Ready, head: str, share: float) -> None:
    """Rounding the tables, the embedding too, moves the logits by this share of their scale at most."""
    with WeightFile(convert(ready.folder / "source", ready.folder / head, head=head) / "model.safetensors") as file:
        logits = parity.engine_logits(Engine(file, threads=2, kv="f32"), ready.golden["ids"])
    whole = parity.end_to_end(logits, ready.golden)
    assert whole.rms <= 2 * whole.noise + share * whole.scale


def test_the_reference_agrees_with_the_oracle_too(ready: Ready) -> None:
    """The numpy reference is independent of the kernels: it must find the same first layer from the packed file."""
    states = ready.golden["states"]
    layer = reference.read_layer(ready.file, 0)
    got = reference.run_layer(ready.file.spec, layer, states[0], np.arange(states.shape[1]))
    errors = np.abs(got.astype(np.float64) - states[1]).max(axis=1) / parity.rms(states[1])
    assert np.median(errors) < parity.TOLERANCE
    assert errors.max() < 1e-2
