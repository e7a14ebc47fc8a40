"""From a checkpoint's tensors to those of the packed file: what goes where, checked before anything is read."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from cython_kernels.layout import pack_rows_f16, pack_rows_int8, pack_ternary
from cython_kernels.spec import TILE, ModelSpec, padded
from cython_kernels.tables import pack_rows_codes
from cython_kernels.weightfile import WeightWriter
from edge.checkpoints.config import DIVIDES, ONLINE, Plan
from edge.checkpoints.container import DTYPES, Container, Reader, Stored
from edge.checkpoints.ternary import exact_ternary, round_masters, to_float32, unpack_rows
from edge.errors import CheckpointError

__all__ = ["Assembly"]

Array = npt.NDArray[Any]

EMBED, HEAD = "model.embed_tokens.weight", "lm_head.weight"
_TABLE_BYTES = 32 << 20
"""Bytes of an embedding handled at a time: a 128k-entry table never lies in memory whole."""


@dataclass(frozen=True)
class _Matrix:
    """A published ternary weight: its rows start at ``row`` of the packed tensor ``dest``."""

    dest: str
    row: int
    rows: int
    columns: int


class Assembly:
    """What the packed file will hold and which published tensor each part comes from.

    The constructor compares the plan with the tensors that are there and raises :class:`CheckpointError` for any that
    is missing, unknown, or of another shape or type. ``spec`` is the model's final description. :meth:`put` then takes
    the tensors one by one, in any order, and :meth:`finish` writes what had to wait for all of them.
    """

    def __init__(self, plan: Plan, containers: Iterable[Container], folder: Path) -> None:
        self._plan = plan
        self._folder = folder
        stored: dict[str, Stored] = {}
        for container in containers:
            for tensor in container.tensors:
                if tensor.name in stored:
                    raise CheckpointError(f"{container.path}: tensor {tensor.name[:80]} is in another shard as well")
                stored[tensor.name] = tensor
        if plan.tied_known:
            self.spec = plan.spec
        else:
            # Older configurations leave the field out; what the file holds decides, as it does for transformers.
            self.spec = replace(plan.spec, tied=HEAD not in stored)
        self._vectors: dict[str, tuple[str, int]] = {}
        self._matrices: dict[str, _Matrix] = {}
        self._tables = {EMBED: "embed"} if self.spec.tied else {EMBED: "embed", HEAD: "head"}
        self._expect(self.spec)
        self._scales = {
            f"{m.dest}.scale": np.zeros((1, padded(self.spec.matrices()[m.dest.rsplit(".", 1)[1]][0])), np.float32)
            for m in self._matrices.values()
        }
        self._waiting: dict[str, list[tuple[_Matrix, npt.NDArray[np.int8]]]] = {}
        # A tied model may store its head all the same; equal bytes are what "tied" means.
        self._digests = {name: hashlib.sha256() for name in (EMBED, HEAD)} if HEAD in stored and self.spec.tied else {}
        self._check(stored)

    def _expect(self, spec: ModelSpec) -> None:
        self._vectors["model.norm.weight"] = ("final_norm", spec.hidden)
        for i in range(spec.layers):
            here, there = f"model.layers.{i}.", f"layers.{i}."
            self._vectors[here + "input_layernorm.weight"] = (there + "attn_norm", spec.hidden)
            self._vectors[here + "post_attention_layernorm.weight"] = (there + "ffn_norm", spec.hidden)
            if self._plan.sub_norms:
                attention, ffn = self._plan.sub_norms
                self._vectors[f"{here}{attention}.weight"] = (there + "attn_sub_norm", spec.query_rows)
                self._vectors[f"{here}{ffn}.weight"] = (there + "ffn_sub_norm", spec.inter)
            q, kv = spec.query_rows, spec.kv_rows
            for name, dest, row, rows, columns in (
                ("self_attn.q_proj", "qkv", 0, q, spec.hidden),
                ("self_attn.k_proj", "qkv", q, kv, spec.hidden),
                ("self_attn.v_proj", "qkv", q + kv, kv, spec.hidden),
                ("self_attn.o_proj", "o", 0, spec.hidden, q),
                ("mlp.gate_proj", "gate_up", 0, spec.inter, spec.hidden),
                ("mlp.up_proj", "gate_up", spec.inter, spec.inter, spec.hidden),
                ("mlp.down_proj", "down", 0, spec.hidden, spec.inter),
            ):
                self._matrices[f"{here}{name}.weight"] = _Matrix(there + dest, row, rows, columns)

    def _check(self, stored: dict[str, Stored]) -> None:
        spec = self.spec
        wanted: dict[str, tuple[int, ...]] = dict.fromkeys(self._tables, (spec.vocab, spec.hidden))
        wanted |= {name: (size,) for name, (_, size) in self._vectors.items()}
        for name, m in self._matrices.items():
            wanted[name] = (m.rows, m.columns)
            if self._plan.weights != ONLINE:
                wanted[name + "_scale"] = (1,)
        for name, shape in wanted.items():
            if name not in stored:
                raise CheckpointError(f"{self._folder}: tensor {name} is missing; download the checkpoint again")
            self._check_one(stored[name], shape, matrix=name in self._matrices)
        # Old checkpoints keep the rotary frequencies, which follow from config.json.
        extra = {name for name in stored.keys() - wanted.keys() if not name.endswith("rotary_emb.inv_freq")}
        if extra := extra - self._digests.keys():
            raise CheckpointError(
                f"{self._folder}: tensor {min(extra)[:80]} has no place in this architecture; "
                "config.json belongs to another model, or the model has parts the engine does not run"
            )
        if self._digests:
            self._check_one(stored[HEAD], (spec.vocab, spec.hidden), matrix=False)

    def _check_one(self, tensor: Stored, shape: tuple[int, ...], *, matrix: bool) -> None:
        if matrix and tensor.dtype == "U8":
            if self._plan.weights == ONLINE:
                raise self._bad(tensor, "is packed, but config.json says that weights are rounded online")
            if shape[0] % 4:
                raise self._bad(tensor, f"packs four rows to a byte, which {shape[0]} rows do not fill")
            shape = (shape[0] // 4, shape[1])
        elif matrix and self._plan.weights == DIVIDES:
            raise self._bad(tensor, "should be packed (U8), as config.json says by plain BitLinear")
        elif tensor.dtype == "U8":
            raise self._bad(tensor, "is packed, where the engine needs float values")
        given = (1,) if shape == (1,) and tensor.shape == () else tensor.shape
        if given != shape:
            raise self._bad(tensor, f"should have shape {list(shape)} by config.json")

    def _bad(self, tensor: Stored, why: str) -> CheckpointError:
        return CheckpointError(f"{self._folder}: tensor {tensor} {why}; config.json and weights do not belong together")

    def put(self, reader: Reader, tensor: Stored, writer: WeightWriter) -> None:
        """Read the next tensor of a file and write its packed form (or keep it until its neighbours are there).

        Raises :class:`CheckpointError` for values that cannot be: NaN, a zero scale, codes that are not ternary.
        """
        try:
            if tensor.name in self._tables:
                self._put_table(reader, tensor, self._tables[tensor.name], writer)
                return
            if tensor.name in self._digests:
                for _ in self._rows_of_table(reader, tensor):
                    pass
                return
            raw = reader.read(tensor.nbytes).view(DTYPES[tensor.dtype]).reshape(tensor.shape)
            if tensor.name in self._vectors:
                self._put_vector(raw, tensor, writer)
            elif tensor.name in self._matrices:
                self._put_matrix(raw, tensor, writer)
            elif tensor.name.endswith("_scale"):
                self._put_scale(raw, tensor)
        except ValueError as error:
            raise CheckpointError(
                f"{self._folder}: tensor {tensor.name}: {error}; download the checkpoint again"
            ) from error

    def finish(self, writer: WeightWriter) -> None:
        """Write the scales, and the matrices whose parts share tiles."""
        if len({digest.digest() for digest in self._digests.values()}) > 1:
            raise CheckpointError(
                f"{self._folder}: {HEAD} differs from the embedding, though config.json ties them; "
                "set tie_word_embeddings to false in config.json if the head is meant"
            )
        for dest, parts in self._waiting.items():
            parts.sort(key=lambda part: part[0].row)
            writer.put(dest, pack_ternary(np.concatenate([codes for _, codes in parts])), at=parts[0][0].row // TILE)
        for name, scale in self._scales.items():
            writer.put(name, scale)

    def _rows_of_table(self, reader: Reader, tensor: Stored) -> Iterator[tuple[int, npt.NDArray[np.float32]]]:
        rows, columns = tensor.shape
        row_bytes = tensor.nbytes // rows
        step = max(TILE, _TABLE_BYTES // (4 * columns) // TILE * TILE)
        for row in range(0, rows, step):
            n = min(step, rows - row)
            data = reader.read(n * row_bytes)
            if tensor.name in self._digests:
                self._digests[tensor.name].update(data.data)
            yield row, to_float32(data.view(DTYPES[tensor.dtype]).reshape(n, columns), tensor.dtype)

    def _put_table(self, reader: Reader, tensor: Stored, dest: str, writer: WeightWriter) -> None:
        scales = []
        for row, values in self._rows_of_table(reader, tensor):
            if self.spec.head == "f16":
                writer.put(dest, pack_rows_f16(values), at=row // TILE)
            else:
                codes = self.spec.head != "int8"
                q, scale = pack_rows_codes(values, self.spec.head) if codes else pack_rows_int8(values)
                writer.put(dest, q, at=row // TILE)
                scales.append(scale)
        if scales:
            writer.put(f"{dest}.scale", np.concatenate(scales))

    def _put_vector(self, raw: Array, tensor: Stored, writer: WeightWriter) -> None:
        dest, size = self._vectors[tensor.name]
        out = np.zeros(padded(size), np.float32)
        out[:size] = to_float32(raw, tensor.dtype)
        if not np.isfinite(out).all():
            raise ValueError("it holds NaN or infinite values")
        writer.put(dest, out)

    def _put_matrix(self, raw: Array, tensor: Stored, writer: WeightWriter) -> None:
        m = self._matrices[tensor.name]
        if self._plan.weights == ONLINE:
            codes, scale = round_masters(raw, tensor.dtype)
            self._set_scale(m, scale)
        elif tensor.dtype == "U8":
            codes = unpack_rows(raw)
        else:
            codes = exact_ternary(raw, tensor.dtype)
        rows = self.spec.matrices()[m.dest.rsplit(".", 1)[1]][0]
        if m.row % TILE == 0 and (m.rows % TILE == 0 or m.row + m.rows == rows):
            writer.put(m.dest, pack_ternary(codes), at=m.row // TILE)
        else:
            self._waiting.setdefault(m.dest, []).append((m, codes))

    def _put_scale(self, raw: Array, tensor: Stored) -> None:
        scale = np.float32(to_float32(raw, tensor.dtype).item())
        if not np.isfinite(scale) or scale <= 0:
            raise ValueError(f"it is {scale}, which should be a positive number")
        if self._plan.weights == DIVIDES:
            with np.errstate(over="ignore"):
                scale = np.float32(1) / scale
        if not np.isfinite(scale):
            raise ValueError("it is too small to divide by")
        self._set_scale(self._matrices[tensor.name.removesuffix("_scale")], scale)

    def _set_scale(self, m: _Matrix, scale: np.float32) -> None:
        self._scales[f"{m.dest}.scale"][0, m.row : m.row + m.rows] = scale
