"""Ask ``transformers`` what every case computes, and keep it as golden tensors.

    python -m tests.oracle.record            # rewrites tests/oracle/golden/*.npz

Needs PyTorch and transformers (``make test-oracle`` installs them). Each model runs on the CPU in float32, with eager
and with sdpa attention: the difference of the two is the oracle's own noise.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tests.oracle.cases import CASES, Case
from tests.oracle.checkpoints import prompt_ids, write_checkpoint

# The oracle's arithmetic as written, not as a compiler might fuse it; and no question to any server.
os.environ.setdefault("TORCHDYNAMO_DISABLE", "1")
os.environ.setdefault("HF_HUB_OFFLINE", "1")

GOLDEN = Path(__file__).parent / "golden"
LAYER_TOKENS = 12
"""Tokens of the first prompt whose hidden states are kept."""
PROMPTS, PROMPT_TOKENS, TOKENS = 16, 12, 24
"""Prompts, the tokens given of each, and the tokens with the oracle's greedy answer."""
FAR_TOKENS, FAR_KEPT = 1024, 8
"""A long prompt through the first layer, and how many of its last outputs are kept: far positions, long sums."""
LOGITS = 48
"""How many logits of every token are kept: enough for their RMS. The best one is kept by id and margin."""

Array = npt.NDArray[Any]


def load_oracle(folder: Path, attention: str) -> Any:
    """The case as a ``transformers`` model in float32; ``attention`` is ``eager`` or ``sdpa``."""
    import torch
    from transformers import AutoModelForCausalLM
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation=attention)
    # Quantised models refuse model.float(), yet some keep norms and embedding in bf16 despite ``dtype``.
    torch.nn.Module.float(model)
    return model.eval()


def ask(model: Any, ids: Array) -> tuple[Array, Array]:
    """``ids[P, T]`` -> hidden states around the layers, ``[layers + 1, P, T, hidden]``, and logits."""
    import torch

    states: list[Array] = []
    hooks = [
        layer.register_forward_pre_hook(
            lambda _, args, kwargs: states.append((args[0] if args else kwargs["hidden_states"]).numpy().copy()),
            with_kwargs=True,
        )
        for layer in model.model.layers
    ]
    hooks.append(model.model.norm.register_forward_pre_hook(lambda _, args: states.append(args[0].numpy().copy())))
    try:
        with torch.no_grad():
            out = model(torch.from_numpy(ids.astype(np.int64)), use_cache=False)
    finally:
        for hook in hooks:
            hook.remove()
    return np.stack(states), out.logits.numpy()


def rms(x: Array) -> float:
    """Root of the mean square, in float64."""
    return float(np.sqrt(np.mean(np.square(x.astype(np.float64)))))


def record(case: Case, folder: Path) -> dict[str, Array]:
    """Everything the parity tests compare with, for one case; ``folder`` is scratch space."""
    digest = write_checkpoint(case, folder / "published")
    read_as = "bitnet" if case.names == "1bitllm" else case.names
    # transformers has no class for the oldest names; the same numbers under the present names are the same model.
    write_checkpoint(case, folder / "oracle", read_as)
    eager, sdpa = load_oracle(folder / "oracle", "eager"), load_oracle(folder / "oracle", "sdpa")
    ids = prompt_ids(case, PROMPTS, PROMPT_TOKENS)
    while ids.shape[1] < TOKENS:
        _, logits = ask(eager, ids)
        ids = np.append(ids, logits[:, -1].argmax(axis=1)[:, None].astype(np.int32), axis=1)
    states, logits = ask(eager, ids)
    other_states, other_logits = ask(sdpa, ids)
    short_states, _ = ask(eager, ids[:1, :LAYER_TOKENS])
    far_ids = prompt_ids(case, 1, FAR_TOKENS)
    eager.model.layers = eager.model.layers[:1]
    far_states, _ = ask(eager, far_ids)
    best, second = -np.partition(-logits, 1, axis=-1)[..., :2].transpose(2, 0, 1)
    noise = rms(logits - other_logits)
    certain = best - second > 4 * noise
    return {
        "digest": np.array(digest),
        "ids": ids,
        "states": short_states[:, 0],
        "logits": logits[..., :LOGITS],
        "best": logits.argmax(axis=-1).astype(np.int32),
        "margin": best - second,
        "scale": np.array([rms(s) for s in states]),
        "noise": np.array([rms(a - b) for a, b in zip(states, other_states, strict=True)]),
        "logits_noise": np.array(noise),
        "contradictions": np.array((certain & (logits.argmax(axis=-1) != other_logits.argmax(axis=-1))).sum()),
        "far_ids": far_ids,
        "far": far_states[1, 0, -FAR_KEPT:],
    }


def main() -> int:
    """Record every case; prints where and how large."""
    GOLDEN.mkdir(exist_ok=True)
    for case in CASES:
        with tempfile.TemporaryDirectory() as scratch:
            golden = record(case, Path(scratch))
        path = GOLDEN / f"{case.name}.npz"
        np.savez_compressed(path, **golden)
        depths = " ".join(f"{n / s:.1e}" for n, s in zip(golden["noise"], golden["scale"], strict=True))
        print(f"{path.name}: {path.stat().st_size // 1024} kB; sdpa/eager by depth {depths}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
