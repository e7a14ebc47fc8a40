"""What the engine must compute, in plain numpy, from top to bottom: the independent reference of the kernels.

One decoder layer, for a prompt of T tokens x[T, hidden]:

    h = norm(x) ;  q, k, v = W_qkv h  (rotated by position)  ;  x += W_o [sub_norm](softmax(q k^T / sqrt(d)) v)
    h = norm(x) ;  g, u    = W_gate_up h                     ;  x += W_down [sub_norm](act(g) * u)

Every W is ternary times a scale; every input of a W is rounded to int8 with one scale per token:
``127 / max(absmax, 1e-5)``, ties to even. So every product is an exact integer, and only norms, softmax and the
scales are in floating point. Here all of that is float64 (``dtype`` can be float32).

Formulas: "The Era of 1-bit LLMs" (arXiv 2402.17764) and ``transformers``' models/bitnet; rotary positions arXiv
2104.09864, in the half-split form of LLaMA. ``transformers`` computes rotary angles in float32, and so do we here:
they are part of what the oracle defines.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from cython_kernels.layout import unpack_ternary
from cython_kernels.spec import ModelSpec
from cython_kernels.tables import unpack_rows_codes
from cython_kernels.weightfile import WeightFile

Array = npt.NDArray[Any]

Rounder = Callable[[str, Array], Array]
"""Turns ``activation * scale`` of the input of the named weight into whole numbers; tests swap in their own."""


@dataclass(frozen=True)
class Matrix:
    """A ternary weight: ``codes`` int8 ``[rows, K]``; a ``scale`` per ``group`` columns, float32 ``[groups, rows]``."""

    codes: npt.NDArray[np.int8]
    scale: npt.NDArray[np.float32]
    group: int


@dataclass(frozen=True)
class Layer:
    """The weights of one decoder layer; the sub norms are None in models without them."""

    attn_norm: Array
    qkv: Matrix
    attn_sub_norm: Array | None
    o: Matrix
    ffn_norm: Array
    gate_up: Matrix
    ffn_sub_norm: Array | None
    down: Matrix


def round_to_even(name: str, scaled: Array) -> Array:
    """How activations are rounded: to the nearest whole number, ties to even, then to [-128, 127]."""
    return np.clip(np.rint(scaled), -128, 127)


def read_layer(file: WeightFile, i: int) -> Layer:
    """Layer ``i`` of a packed file as dense arrays, padding removed."""
    spec = file.spec

    def vector(name: str, size: int) -> Array:
        return np.asarray(file.array(f"layers.{i}.{name}")[:size])

    def matrix(name: str) -> Matrix:
        rows, columns = spec.matrices()[name]
        tiles = file.array(f"layers.{i}.{name}")
        scale = file.array(f"layers.{i}.{name}.scale")[:, :rows]
        return Matrix(unpack_ternary(tiles, rows, columns), scale, spec.group or columns)

    return Layer(
        attn_norm=vector("attn_norm", spec.hidden),
        qkv=matrix("qkv"),
        attn_sub_norm=vector("attn_sub_norm", spec.query_rows) if spec.sub_norms else None,
        o=matrix("o"),
        ffn_norm=vector("ffn_norm", spec.hidden),
        gate_up=matrix("gate_up"),
        ffn_sub_norm=vector("ffn_sub_norm", spec.inter) if spec.sub_norms else None,
        down=matrix("down"),
    )


def read_table(file: WeightFile, name: str) -> npt.NDArray[np.float32]:
    """``embed`` or ``head`` as float32 ``[vocab, hidden]``; a tied model's head is its embedding."""
    spec = file.spec
    if name == "head" and spec.tied:
        name = "embed"
    blocks = file.array(name)
    if spec.head == "f16":  # [vocab/16, hidden, 16]
        dense = blocks.transpose(0, 2, 1).reshape(-1, blocks.shape[1]).astype(np.float32)
    elif spec.head in ("q6", "q4"):
        return unpack_rows_codes(blocks, file.array(f"{name}.scale"), spec.head, spec.vocab, spec.hidden)
    else:  # [vocab/16, hidden/4, 16 rows x 4 columns]
        dense = blocks.reshape(len(blocks), -1, 16, 4).transpose(0, 2, 1, 3).reshape(len(blocks) * 16, -1)
        dense = dense.astype(np.float32) * file.array(f"{name}.scale")[:, None]
    return dense[: spec.vocab, : spec.hidden]


def rms_norm(x: Array, weight: Array, eps: float) -> Array:
    """``weight * x / sqrt(mean(x^2) + eps)`` over the last axis."""
    return np.asarray(
        weight.astype(x.dtype) * (x * (1 / np.sqrt(np.mean(x * x, axis=-1, keepdims=True) + x.dtype.type(eps))))
    )


def linear(name: str, x: Array, w: Matrix, rounder: Rounder = round_to_even) -> Array:
    """``x[T, K]`` rounded to int8 per token, times the ternary weight, times its scales: ``[T, rows]``."""
    # PyTorch computes 127 / t as (1 / t) * 127, and exact ties of the rounding hang on that last bit.
    step = x.dtype.type(127) * (1 / np.maximum(np.abs(x).max(axis=-1, keepdims=True), x.dtype.type(1e-5)))
    q = rounder(name, x * step)
    out = np.zeros((len(x), len(w.codes)), x.dtype)
    for g in range(len(w.scale)):
        part = slice(g * w.group, (g + 1) * w.group)
        # Whole numbers below 2^53: this product is exact in float64.
        total = q[:, part].astype(np.float64) @ w.codes[:, part].T.astype(np.float64)
        out += total.astype(x.dtype) * (w.scale[g].astype(x.dtype) / step)
    return out


def rotate(x: Array, positions: Array, theta: float) -> Array:
    """Rotary positions on ``x[T, heads, d]``: pairs (i, i + d/2) turn by ``position * theta^(-2i/d)``."""
    d = x.shape[-1]
    exponent = np.arange(0, d, 2, dtype=np.float32) / np.float32(d)
    frequency = np.float32(1) / np.float32(theta) ** exponent
    angle = (positions.astype(np.float32)[:, None] * frequency).astype(x.dtype)[:, None, :]
    cos, sin = np.cos(angle), np.sin(angle)
    a, b = x[..., : d // 2], x[..., d // 2 :]
    return np.concatenate([a * cos - b * sin, b * cos + a * sin], axis=-1)


def attend(spec: ModelSpec, qkv: Array, positions: Array) -> Array:
    """Causal attention of one sequence: ``[T, q rows + 2 kv rows]`` -> ``[T, q rows]``; heads share KV heads."""
    n, d = len(qkv), spec.head_dim
    q, k, v = np.split(qkv, [spec.query_rows, spec.query_rows + spec.kv_rows], axis=1)
    q = rotate(q.reshape(n, spec.heads, d), positions, spec.rope_theta)
    k = rotate(k.reshape(n, spec.kv_heads, d), positions, spec.rope_theta)
    k = np.repeat(k, spec.heads // spec.kv_heads, axis=1)
    v = np.repeat(v.reshape(n, spec.kv_heads, d), spec.heads // spec.kv_heads, axis=1)
    scores = np.einsum("thd,shd->hts", q, k) / np.sqrt(qkv.dtype.type(d))
    scores = np.where(positions[None, :, None] >= positions[None, None, :], scores, -np.inf)
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    weights /= weights.sum(axis=-1, keepdims=True)
    return np.asarray(np.einsum("hts,shd->thd", weights, v).reshape(n, -1))


def attention_input(
    spec: ModelSpec, layer: Layer, x: Array, positions: Array, rounder: Rounder = round_to_even
) -> Array:
    """The first half of a layer up to the input of ``o``: the only part where tokens see each other."""
    h = rms_norm(x, layer.attn_norm, spec.norm_eps)
    a = attend(spec, linear("qkv", h, layer.qkv, rounder), positions)
    return a if layer.attn_sub_norm is None else rms_norm(a, layer.attn_sub_norm, spec.norm_eps)


def rest_of_layer(spec: ModelSpec, layer: Layer, x: Array, a: Array, rounder: Rounder = round_to_even) -> Array:
    """The rest of a layer, from the input ``a`` of ``o``; every token by itself."""
    x = x + linear("o", a, layer.o, rounder)
    h = rms_norm(x, layer.ffn_norm, spec.norm_eps)
    gate, up = np.split(linear("gate_up", h, layer.gate_up, rounder), 2, axis=1)
    active = np.maximum(gate, 0) ** 2 if spec.activation == "relu2" else gate / (1 + np.exp(-gate))
    m = active * up
    if layer.ffn_sub_norm is not None:
        m = rms_norm(m, layer.ffn_sub_norm, spec.norm_eps)
    return x + linear("down", m, layer.down, rounder)


def run_layer(spec: ModelSpec, layer: Layer, x: Array, positions: Array, rounder: Rounder = round_to_even) -> Array:
    """One decoder layer over one sequence: ``x[T, hidden]`` -> ``[T, hidden]``, in x's dtype."""
    return rest_of_layer(spec, layer, x, attention_input(spec, layer, x, positions, rounder), rounder)


def forward(file: WeightFile, ids: Array, dtype: type = np.float64) -> tuple[list[Array], Array]:
    """A whole prompt: the hidden states before and after each layer, and the logits ``[T, vocab]``."""
    spec = file.spec
    positions = np.arange(len(ids))
    states: list[Array] = [read_table(file, "embed")[ids].astype(dtype)]
    for i in range(spec.layers):
        states.append(run_layer(spec, read_layer(file, i), states[-1], positions))
    final = rms_norm(states[-1], file.array("final_norm")[: spec.hidden], spec.norm_eps)
    return states, final @ read_table(file, "head").T.astype(dtype)
