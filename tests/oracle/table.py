"""The parity table: how far the engine is from ``transformers``, beside how far ``transformers`` is from itself.

    python -m tests.oracle.table

Uses the golden tensors, so it needs no PyTorch.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from cython_kernels import Engine, WeightFile
from edge.checkpoints.convert import convert
from tests.oracle.cases import CASES, Case
from tests.oracle.checkpoints import write_checkpoint
from tests.oracle.parity import end_to_end, engine_logits, far_errors, golden, layer_parity
from tests.reference import read_table

_HEAD = (
    f"{'case':<11} {'layers':>6} {'rows':>5} {'worst row':>10} {'flipped':>8} {'unexpl.':>8} "
    f"{'logits RMS':>11} {'oracle':>9} {'ratio':>6} {'int8 RMS':>9} {'best token':>12} {'(oracle)':>10} {'far':>8}"
)


def _line(case: Case, scratch: Path) -> str:
    tensors = golden(case)
    write_checkpoint(case, scratch / "source")
    with WeightFile(convert(scratch / "source", scratch / "f16", head="f16") / "model.safetensors") as file:
        engine = Engine(file, threads=2, kv="f32")
        layers = [layer_parity(file, engine, tensors["states"], i) for i in range(file.spec.layers)]
        whole = end_to_end(engine_logits(engine, tensors["ids"]), tensors)
        far = far_errors(engine, read_table(file, "embed"), tensors)
    with WeightFile(convert(scratch / "source", scratch / "int8") / "model.safetensors") as file:
        int8 = end_to_end(engine_logits(Engine(file, threads=2, kv="f32"), tensors["ids"]), tensors)
    return (
        f"{case.name:<11} {len(layers):>6} {sum(p.rows for p in layers):>5} {max(p.worst for p in layers):>10.1e} "
        f"{sum(len(p.flips) for p in layers):>8} {sum(len(p.unexplained) for p in layers):>8} "
        f"{whole.rms / whole.scale:>11.2e} {whole.noise / whole.scale:>9.2e} {whole.ratio:>6.2f} "
        f"{int8.rms / int8.scale:>9.2e} {whole.compared - whole.wrong:>5} of {whole.compared:>3} "
        f"{whole.compared - whole.contradictions:>10} {sorted(far)[len(far) // 2]:>8.1e}"
    )


def main() -> int:
    """Print the table; RMS and noise in units of the logits' own RMS."""
    print(_HEAD)
    for case in CASES:
        with tempfile.TemporaryDirectory() as scratch:
            print(_line(case, Path(scratch)), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
