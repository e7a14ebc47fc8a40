"""Ternary compute: packed weights, and the engine that runs a decoder over them.

Knows arrays and files, nothing of products: tokenizers, prompts and services live elsewhere.
"""

from __future__ import annotations

from ._kernels import Engine, decode_rates, isa_names, log_sum_exp
from .layout import pack_rows_f16, pack_rows_int8, pack_ternary, unpack_ternary
from .spec import ModelSpec, padded
from .tables import pack_rows_codes, unpack_rows_codes
from .weightfile import WeightFile, WeightFileError, WeightWriter

__all__ = [
    "Engine",
    "ModelSpec",
    "WeightFile",
    "WeightFileError",
    "WeightWriter",
    "decode_rates",
    "isa_names",
    "log_sum_exp",
    "pack_rows_codes",
    "pack_rows_f16",
    "pack_rows_int8",
    "pack_ternary",
    "padded",
    "unpack_rows_codes",
    "unpack_ternary",
]
