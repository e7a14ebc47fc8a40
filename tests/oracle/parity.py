"""How far the engine is from ``transformers``, measured on one case against its golden tensors.

Three measures, because int8 rounding makes a deep random model chaotic (one activation that lies within a hair of a
half rounds the other way, and everything after it differs a little):

* each layer, fed the oracle's own input: equal to 1e-5 of the output's scale in every row (token), or else the row is
  *explained*: an exact float64 layer reproduces it to 1e-5 when at most a few roundings that lie within ``HAIR`` of
  a half are turned the other way. The oracle's own row must be explained as well;
* end to end: RMS of the logits against the RMS by which the oracle differs from itself (sdpa, eager attention);
* the best token of every position where the oracle's margin is more than four times that noise: it may differ at no
  more positions than the oracle contradicts itself at (sdpa, eager), nearly always none.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from cython_kernels import Engine, WeightFile
from tests import reference
from tests.oracle.cases import Case

GOLDEN = Path(__file__).parent / "golden"
TOLERANCE = 1e-5
"""Of the RMS of a layer's output."""
HAIR = 1e-3
"""Distance from a half, in int8 steps, within which float32 noise may decide a rounding (noise is about 1e-4)."""
_MOST_FLIPS = 8

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class LayerParity:
    """One layer on the oracle's input: worst error of the rows without flips, flips by row, rows never explained."""

    worst: float
    rows: int
    flips: tuple[int, ...]
    unexplained: tuple[int, ...]


@dataclass(frozen=True)
class EndToEnd:
    """RMS of the logits' error, the oracle's own, their scale; certain positions, and how many chose otherwise.

    ``contradictions``: at how many of them the oracle with sdpa chooses otherwise than the oracle with eager attention.
    """

    rms: float
    noise: float
    scale: float
    compared: int
    wrong: int
    contradictions: int

    @property
    def ratio(self) -> float:
        return self.rms / self.noise


def golden(case: Case) -> dict[str, Array]:
    """The recorded tensors of a case."""
    with np.load(GOLDEN / f"{case.name}.npz") as file:
        return dict(file)


def rms(x: Array) -> float:
    """Root of the mean square, in float64."""
    return float(np.sqrt(np.mean(np.square(x, dtype=np.float64))))


def layer_parity(file: WeightFile, engine: Engine, states: Array, i: int) -> LayerParity:
    """Layer ``i`` of the engine on the oracle's input ``states[i]`` ``[T, hidden]``, against its ``states[i + 1]``."""
    n = states.shape[1]
    positions = np.arange(n, dtype=np.int32)
    got = engine.run_layers(states[i], np.zeros(n, np.int32), positions, i, i + 1)
    want = states[i + 1]
    scale = rms(want)
    error = np.abs(got.astype(np.float64) - want).max(axis=1) / scale
    off = np.flatnonzero(error > TOLERANCE)
    flips, unexplained = [], []
    if len(off):
        search = _FlipSearch(file, i, states[i], TOLERANCE * scale)
        for row in off:
            found = [search.flips(int(row), target[row].astype(np.float64)) for target in (got, want)]
            if None in found or found[0] == found[1]:
                unexplained.append(int(row))
            else:
                flips.append(len(set(found[0]) ^ set(found[1])))
    worst = float(np.delete(error, off).max(initial=0.0))
    return LayerParity(worst, n, tuple(flips), tuple(unexplained))


class _FlipSearch:
    """Which close roundings of an exact layer, turned the other way, give a row that was observed."""

    def __init__(self, file: WeightFile, i: int, x: Array, tolerance: float) -> None:
        self._spec, self._layer = file.spec, reference.read_layer(file, i)
        self._x = x.astype(np.float64)
        self._tolerance = tolerance

    def flips(self, row: int, target: Array) -> tuple[tuple[str, int, int], ...] | None:
        """The flips as (weight, token, column), or None when no few of them give ``target`` within the tolerance."""
        chosen: set[tuple[str, int, int]] = set()
        y, close = self._run(row, chosen)
        while np.abs(y - target).max() > self._tolerance:
            if len(chosen) == _MOST_FLIPS:
                return None
            tries = [(np.linalg.norm(self._run(row, chosen | {c})[0] - target), c) for c in close - chosen]
            if not tries:
                return None
            # The flip that comes first in the layer changes all later inputs: the right one wins by far.
            best, flip = min(tries)
            if best >= np.linalg.norm(y - target):
                return None
            chosen.add(flip)
            y, close = self._run(row, chosen)
        return tuple(sorted(chosen))

    def _run(self, row: int, flipped: set[tuple[str, int, int]]) -> tuple[Array, set[tuple[str, int, int]]]:
        """The row's output with those roundings flipped, and all roundings on its way that are close."""
        close: set[tuple[str, int, int]] = set()
        token_of_first = {"qkv": 0}

        def rounder(name: str, scaled: Array) -> Array:
            rounded = reference.round_to_even(name, scaled)
            base = token_of_first.get(name, row)
            fraction = np.abs(scaled - np.floor(scaled) - 0.5)
            for t, k in np.argwhere(fraction < HAIR):
                close.add((name, int(t) + base, int(k)))
            for flip_name, t, k in flipped:
                if flip_name == name:
                    value = scaled[t - base, k]
                    low = np.floor(value)
                    rounded[t - base, k] = low if rounded[t - base, k] > value else low + 1
            return rounded

        n = row + 1
        a = reference.attention_input(self._spec, self._layer, self._x[:n], np.arange(n), rounder)
        y = reference.rest_of_layer(self._spec, self._layer, self._x[row:n], a[row:n], rounder)
        return y[0], close


def far_errors(engine: Engine, table: Array, tensors: dict[str, Array]) -> Array:
    """Error of the last rows of a long prompt after the first layer, in units of its output's RMS, one per row.

    ``table``: the embedding, float32 ``[vocab, hidden]``, whose rows are what the first layer is fed.
    """
    ids, want = tensors["far_ids"][0], tensors["far"]
    positions = np.arange(len(ids), dtype=np.int32)
    parts = [
        engine.run_layers(table[ids[p]], np.zeros(len(p), np.int32), p, 0, 1)
        for p in np.split(positions, range(engine.max_batch, len(ids), engine.max_batch))
    ]
    got = np.concatenate(parts)[-len(want) :]
    return np.abs(got.astype(np.float64) - want).max(axis=1) / rms(want)


def engine_logits(engine: Engine, ids: Array) -> Array:
    """Logits of every position of ``ids[P, T]``, each prompt in a step of its own: float32 ``[P, T, vocab]``."""
    rows = np.arange(ids.shape[1], dtype=np.int32)
    return np.stack([engine.step(prompt, np.zeros_like(rows), rows, rows) for prompt in ids])


def end_to_end(logits: Array, tensors: dict[str, Array]) -> EndToEnd:
    """Compare ``logits[P, T, vocab]`` with the oracle's."""
    kept = tensors["logits"]
    noise = float(tensors["logits_noise"])
    certain = tensors["margin"] > 4 * noise
    wrong = certain & (logits.argmax(axis=-1) != tensors["best"])
    error = rms(logits[..., : kept.shape[-1]].astype(np.float64) - kept)
    return EndToEnd(error, noise, rms(kept), int(certain.sum()), int(wrong.sum()), int(tensors["contradictions"]))
