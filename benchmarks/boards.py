"""From kernels' predicted cycles and a board's read rate to tokens per second: the model that docs/speed.md explains.

A token's matrices and head are read from memory while they are multiplied, so each thread count takes the longer of
the two; what one thread does alone between them, and the handing over from phase to phase, is added.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cython_kernels.spec import ModelSpec
from edge.inference.sizes import bytes_per_token, kv_bytes, kv_read, parameters

#: A phase's handing over between threads; measured on x86-64, assumed for boards.
PHASE_SECONDS = 1e-6
#: Phases of a layer: four matrices, the cache and attention; with several tokens also each matrix's input, which with
#: one token every thread makes for itself.
DECODE_PHASES, PREFILL_PHASES = 6, 10
#: Positions over which decode is averaged, as `edge bench` does.
DECODED = 128
#: Beside weights and KV cache: Python, tokenizer, buffers, and a system that should go on living.
OTHER_MB = 250


@dataclass(frozen=True)
class Board:
    """One board: its cores of one kind that count, and what they read from memory together."""

    name: str
    cpu: str
    cores: int
    ghz: float
    isa: str
    mca: str
    ram_mb: int
    read_gb_s: dict[str, float]
    """10^9 bytes/s by number of threads; between two of them, in proportion."""
    read: str
    """Where that figure comes from."""

    def bandwidth(self, threads: int) -> float:
        """Bytes per second that ``threads`` read together."""
        known = sorted((int(n), rate) for n, rate in self.read_gb_s.items())
        below = max((k for k in known if k[0] <= threads), default=known[0])
        above = min((k for k in known if k[0] >= threads), default=known[-1])
        if below[0] == above[0]:
            return below[1] * 1e9
        share = (threads - below[0]) / (above[0] - below[0])
        return (below[1] + share * (above[1] - below[1])) * 1e9


@dataclass(frozen=True)
class Rates:
    """Predicted weights (or values) per cycle and core of one instruction set on one core, data in L1."""

    decode: float
    """Ternary weights, one token."""
    prefill: float
    """Ternary weights x tokens, many tokens."""
    heads: dict[str, float]
    """Weights of the head by form, one token."""
    norm: float
    quantise: float
    gate: float
    attention: float = 1.0
    """Multiply-adds of attention, keys and values together; assumed where it is not measured."""


def boards() -> list[Board]:
    """The boards of boards.json."""
    return [Board(**entry) for entry in json.loads(Path(__file__).with_name("boards.json").read_text())]


def predict(board: Board, spec: ModelSpec, rates: Rates, threads: int, prompt: int = 128) -> dict[str, Any]:
    """Predicted speed of one model on a board with ``threads`` threads, in tokens per second.

    ``alu`` and ``memory`` are the two ceilings of decode; ``bound`` names the lower. ``fits`` tells whether weights,
    the cache of 4096 positions (or the model's context) and all else go into the board's memory.
    """
    hertz, together = board.ghz * 1e9, board.bandwidth(threads)
    table = spec.vocab * spec.hidden
    head = table / rates.heads[spec.head]
    ternary = parameters(spec)["ternary"]
    between = _between(spec, rates)
    handing = spec.layers * PHASE_SECONDS if threads > 1 else 0.0

    alu = (ternary / rates.decode + head + _attention(spec, rates, DECODED / 2)) / threads / hertz
    memory = (bytes_per_token(spec) + kv_read(spec, DECODED)) / together
    alone = between / hertz + DECODE_PHASES * handing
    work = prompt * (ternary / rates.prefill + between + _attention(spec, rates, prompt / 2)) + head
    prefill = max(work / threads / hertz, bytes_per_token(spec) / together) + PREFILL_PHASES * handing
    context = min(spec.context, 4096)
    needed = bytes_per_token(spec) / 1e6 + kv_bytes(spec, context) / 1e6 + OTHER_MB
    return {
        "board": board.name,
        "head": spec.head,
        "threads": threads,
        "decode_tok_s": 1 / (max(alu, memory) + alone),
        "alu_tok_s": 1 / (alu + alone),
        "memory_tok_s": 1 / memory,
        "bound": "memory" if memory >= alu + alone else "ALU",
        "prefill_tok_s": prompt / prefill,
        "fits": needed <= board.ram_mb,
    }


def _between(spec: ModelSpec, rates: Rates) -> float:
    """Cycles of one token between the matrices of all layers: norms, activations, rounding to int8."""
    inputs = [spec.hidden, spec.query_rows, spec.hidden, spec.inter]
    normed = inputs if spec.sub_norms else inputs[::2]
    return spec.layers * (sum(normed) / rates.norm + sum(inputs) / rates.quantise + spec.inter / rates.gate)


def _attention(spec: ModelSpec, rates: Rates, positions: float) -> float:
    """Cycles of one token's attention over ``positions``."""
    return spec.layers * 2 * positions * spec.query_rows / rates.attention
