"""Does this installation compute what it should? A known prompt, its likeliest tokens, compared one by one.

Whoever has the model elsewhere says what they should be: the arithmetic is the same, to the bit, on every processor
and with every set of kernels. One damaged byte in a weight, a tokenizer of another model or a wrong kernel shows here,
before anybody gets a wrong answer.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cython_kernels import WeightFile, WeightFileError
from edge.checkpoints.convert import ensure_packed
from edge.checkpoints.library import resolve
from edge.errors import CheckFailed, EdgeError, PackedFileError

from .machine import memory_use
from .model import Model, load
from .threads import AUTO

__all__ = ["PROMPT", "TOKENS", "check", "expectation", "expected"]

#: Plain words: every tokenizer has something for them.
PROMPT = "Turn on the kitchen lights"
#: Enough for a wrong kernel to show; half a minute on the slowest board with the largest model that fits.
TOKENS = 32
# Positions: not more than the check needs, so that the agent's own --context decides what fits on a board.
_CONTEXT = 128


def expected(model: str | os.PathLike[str], tokens: int = TOKENS, *, kv: str = "f16") -> dict[str, Any]:
    """Return what :func:`check` expects of a model elsewhere: ``{"prompt": text, "tokens": [ids]}``.

    ``model``, ``kv`` and the errors raised: as for :func:`edge.load`, but no memory is too small.
    """
    with _load(model, kv=kv, force=True) as loaded:
        return {"prompt": PROMPT, "tokens": _run(loaded, PROMPT, tokens)["tokens"]}


def expectation(value: Any) -> dict[str, Any]:
    """Return ``value`` from JSON if it is what :func:`expected` gives. Raises :class:`~edge.errors.EdgeError`."""
    good = (
        isinstance(value, Mapping)
        and isinstance(value.get("prompt"), str)
        and isinstance(value.get("tokens"), Sequence)
        and value["tokens"]
        and all(isinstance(token, int) and not isinstance(token, bool) for token in value["tokens"])
    )
    if not good:
        raise EdgeError('what to expect must be {"prompt": text, "tokens": [numbers]}; edge check --json prints it')
    return {"prompt": value["prompt"], "tokens": list(value["tokens"])}


def check(
    model: str | os.PathLike[str],
    expect: Mapping[str, Any] | None = None,
    *,
    tokens: int = TOKENS,
    threads: int | str = AUTO,
    kv: str = "f16",
    force: bool = False,
) -> dict[str, Any]:
    """Load a model, let it continue a prompt, and say how that went, as plain JSON values.

    ``expect``: from :func:`expected`; without it nothing is compared, and ``tokens`` are drawn. The rest as for
    :func:`edge.load`. Rates are tokens a second (None where there was one token only), times seconds, sizes bytes:
    ``rss`` is what the process has in memory, ``private`` the part of it that is not the model's file.

    Raises :class:`CheckFailed` where the tokens are others, and what :func:`edge.load` raises.
    """
    wanted = None if expect is None else expectation(expect)
    started = time.perf_counter()
    with _load(model, threads=threads, kv=kv, force=force) as loaded:
        _ = loaded.tokenizer
        ready = time.perf_counter() - started
        info = loaded.info()
        done = _run(loaded, wanted["prompt"] if wanted else PROMPT, len(wanted["tokens"]) if wanted else tokens)
        memory = memory_use()
        if wanted is not None:
            _compare(done["tokens"], wanted["tokens"], loaded.folder, info["isa"])
        return {
            "ok": True,
            "compared": wanted is not None,
            **done,
            "load_s": round(ready, 4),
            "rss": memory["private"] + memory["file"],
            "private": memory["private"],
            "weights": info["weights_bytes"],
            "isa": info["isa"],
            "threads": info["threads"],
            "decode_threads": info["decode_threads"],
        }


def _load(model: str | os.PathLike[str], **options: Any) -> Model:
    folder = ensure_packed(resolve(model))
    try:
        with WeightFile(folder / "model.safetensors") as weights:
            context = min(weights.spec.context, _CONTEXT)
    except WeightFileError as error:
        raise PackedFileError(str(error)) from error
    return load(folder, context=context, sequences=1, **options)


def _run(model: Model, prompt: str, count: int) -> dict[str, Any]:
    """The tokens, and how fast they came. What the context cannot hold is left out, the same everywhere."""
    ids = model.tokenizer.encode(prompt) or [0]
    ids = ids[: max(1, model.context // 2)]
    count = max(1, min(count, model.context - len(ids) + 1))
    started = time.perf_counter()
    first = model.greedy(ids, 1)  # faults the file's pages in: what it takes is the disk's business
    first_s = time.perf_counter() - started
    done = model.greedy(ids, count)
    rate = (count - 1) / done.decode_s if count > 1 and done.decode_s else None
    if first.tokens != done.tokens[:1]:
        raise CheckFailed(
            f"{model.folder}: the same prompt gives token {first.tokens[0]} the first time and {done.tokens[0]} the"
            " second; this computer's memory or processor is faulty, or too hot"
        )
    return {
        "prompt": prompt,
        "tokens": done.tokens,
        "text": model.tokenizer.decode(done.tokens),
        "tok_s": None if rate is None else round(rate, 2),
        "prefill_tok_s": round(len(ids) / done.prefill_s, 2) if done.prefill_s else None,
        "first_token_s": round(first_s, 4),
    }


def _compare(found: Sequence[int], wanted: Sequence[int], folder: Path, isa: str) -> None:
    if list(found) == list(wanted):
        return
    at = next((i for i, pair in enumerate(zip(found, wanted, strict=False)) if pair[0] != pair[1]), None)
    if at is None:
        raise CheckFailed(f"{folder}: {len(found)} tokens fit its context, {len(wanted)} are expected: another model")
    raise CheckFailed(
        f"{folder}: token {at + 1} of {len(wanted)} is {found[at]} and should be {wanted[at]} (kernels: {isa}); the"
        " model's or the tokenizer's files are damaged or another model's: send them again. If they are right, the"
        " kernels are wrong on this processor: try EDGE_ISA=scalar and report it"
    )
