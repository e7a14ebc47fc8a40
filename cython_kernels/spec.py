"""The numbers that describe one ternary decoder, and the tensors its packed file must hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

TILE = 16
"""Rows and columns of one weight tile; every packed dimension is padded to a multiple of it."""

HEADS = ("int8", "f16", "q6", "q4")
"""Stored forms of embedding and head."""

_CHOICES = {
    "activation": ("relu2", "silu"),
    "head": HEADS,
    "sub_norms": (True, False),
    "tied": (True, False),
}

_LIMITS = {
    # Generous for any model a small board could hold, small enough that no product overflows 63 bits.
    "layers": 512,
    "hidden": 1 << 16,
    "heads": 1024,
    "kv_heads": 1024,
    "head_dim": 1024,
    "inter": 1 << 18,
    "vocab": 1 << 21,
    "context": 1 << 21,
}

_LARGEST = 1e30  # what float32 holds with room for a square root and a product


CODE_BYTES = {"q6": 192, "q4": 128}
"""Bytes of the codes of 16 rows x 16 columns, by the forms of embedding and head that have such (tables.py)."""


def padded(n: int) -> int:
    """``n`` rounded up to a whole number of tiles."""
    return -(-n // TILE) * TILE


def chunks(columns: int) -> int:
    """Chunks of 64 columns in a block of a 6-bit or 4-bit table."""
    return -(-columns // 64)


@dataclass(frozen=True)
class ModelSpec:
    """Shape and arithmetic of one decoder, everything the forward step needs besides the weights.

    ``head`` is the stored form of embedding and head (``"int8"`` per row, ``"f16"``, ``"q6"`` or ``"q4"``);
    ``tied`` means that one tensor serves as both. ``groups`` is the number of scales per weight row along K (1: one per
    row).

    Raises ``ValueError`` with one line when a number is missing, out of range or inconsistent.
    """

    layers: int
    hidden: int
    heads: int
    kv_heads: int
    head_dim: int
    inter: int
    vocab: int
    context: int
    rope_theta: float
    norm_eps: float
    activation: str = "relu2"
    sub_norms: bool = True
    head: str = "int8"
    tied: bool = True
    group: int = 0
    """Columns that share one scale, a multiple of 16; 0 means the whole row."""

    def __post_init__(self) -> None:
        for name, limit in _LIMITS.items():
            value = getattr(self, name)
            if type(value) is not int or not 1 <= value <= limit:
                raise ValueError(f"{name} is {value!r}; it must be a whole number from 1 to {limit}")
        for name in ("rope_theta", "norm_eps"):
            value = getattr(self, name)
            if not isinstance(value, (int, float)) or not 0 < value < _LARGEST:  # NaN is neither
                raise ValueError(f"{name} is {value!r}; it must be a positive number")
        for name, choices in _CHOICES.items():
            if getattr(self, name) not in choices:
                raise ValueError(f"{name} is {getattr(self, name)!r}; it must be one of {list(choices)}")
        if self.heads % self.kv_heads:
            raise ValueError(f"{self.heads} heads cannot share {self.kv_heads} KV heads evenly")
        if self.head_dim % 2:
            raise ValueError(f"head_dim is {self.head_dim}; rotary positions need an even number")
        if type(self.group) is not int or not 0 <= self.group <= _LIMITS["inter"] or self.group % TILE:
            raise ValueError(f"group is {self.group!r}; it must be 0 or a multiple of {TILE} up to {_LIMITS['inter']}")

    @property
    def query_rows(self) -> int:
        """Rows of the q projection: heads x head_dim (not always ``hidden``)."""
        return self.heads * self.head_dim

    @property
    def kv_rows(self) -> int:
        """Rows of the k, and of the v, projection."""
        return self.kv_heads * self.head_dim

    def groups(self, columns: int) -> int:
        """Scales per row of a weight with ``columns`` columns."""
        return -(-columns // self.group) if self.group else 1

    def matrices(self) -> dict[str, tuple[int, int]]:
        """Rows and columns of the ternary weights of one layer."""
        return {
            "qkv": (self.query_rows + 2 * self.kv_rows, self.hidden),
            "o": (self.hidden, self.query_rows),
            "gate_up": (2 * self.inter, self.hidden),
            "down": (self.hidden, self.inter),
        }

    def tensors(self) -> dict[str, tuple[str, tuple[int, ...]]]:
        """Name -> (safetensors dtype, shape) of every tensor of the packed file, in file order."""
        out: dict[str, tuple[str, tuple[int, ...]]] = {}

        def table(name: str) -> None:
            blocks = padded(self.vocab) // TILE
            if self.head == "f16":
                out[name] = ("F16", (blocks, padded(self.hidden), TILE))
                return
            if self.head == "int8":
                out[name] = ("I8", (blocks, padded(self.hidden) // 4, 64))
            else:
                out[name] = ("U8", (blocks, chunks(self.hidden), 64 + 4 * CODE_BYTES[self.head]))
            out[f"{name}.scale"] = ("F32", (padded(self.vocab),))

        table("embed")
        norms = {"attn_norm": self.hidden, "ffn_norm": self.hidden}
        if self.sub_norms:
            norms |= {"attn_sub_norm": self.query_rows, "ffn_sub_norm": self.inter}
        for i in range(self.layers):
            for name, size in norms.items():
                out[f"layers.{i}.{name}"] = ("F32", (padded(size),))
            for name, (rows, columns) in self.matrices().items():
                out[f"layers.{i}.{name}"] = ("U8", (padded(rows) // TILE, padded(columns) // TILE, 64))
                out[f"layers.{i}.{name}.scale"] = ("F32", (self.groups(columns), padded(rows)))
        out["final_norm"] = ("F32", (padded(self.hidden),))
        if not self.tied:
            table("head")
        return out

    def to_json(self) -> dict[str, Any]:
        """The fields as plain JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> ModelSpec:
        """The inverse of :meth:`to_json`; raises ``ValueError`` naming a missing, unknown or bad field."""
        known = {f.name for f in fields(cls)}
        if unknown := sorted(set(values) - known):
            raise ValueError(f"unknown field {unknown[0]!r}")
        try:
            return cls(**values)
        except TypeError as error:
            raise ValueError(str(error).replace("ModelSpec.__init__() ", "")) from None
