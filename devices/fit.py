"""Does a model fit on a board, how fast will it be there, and what limits it: arithmetic on figures, nothing measured.

A token's matrices and head are read from memory while they are multiplied, so each number of threads takes the longer
of the two; what one thread does alone between them, and the handing over from phase to phase, is added.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from .boards import Board, Rates, Reads, cores
from .sizing import Appetite

__all__ = ["Model", "Speed", "best", "fewest", "on_board", "predict", "usable_memory"]

#: A phase's handing over between threads; measured on x86-64, assumed for boards.
PHASE_SECONDS = 1e-6
#: Phases of a layer: four matrices, the cache and attention; with several tokens also each matrix's input, which with
#: one token every thread makes for itself.
DECODE_PHASES, PREFILL_PHASES = 6, 10
#: Positions over which decode is averaged, and tokens of the prompt, as `edge bench` does.
DECODED, PROMPT = 128, 128
#: Below two per cent more speed, fewer threads are better.
_WORTH = 1.02
# Firmware and kernel keep some of the memory a board is sold with: 6 % and 64 MB are within 3 % of what Pi 3 to 5 and
# Jetson Orin show as MemTotal, and rather too much than too little.
_SEEN, _KEPT = 0.94, 64 << 20


@dataclass(frozen=True)
class Model:
    """What a model takes.

    Bytes: ``weights`` of its file, ``per_token`` of those that one decoded token reads, ``position`` of context that
    one token adds. ``longest``: tokens that it was made for. Numbers of weights: ``ternary`` in the layers, ``head`` in
    the head, whose form is ``form``. In each of the ``layers``, values of one token: ``normed``, ``quantised`` to int8,
    ``gated``, and ``attended`` (query rows).
    """

    weights: int
    per_token: int
    position: int
    longest: int
    ternary: int
    head: int
    form: str
    layers: int
    normed: int
    quantised: int
    gated: int
    attended: int

    @property
    def appetite(self) -> Appetite:
        """What :func:`devices.sizing.share` asks for."""
        return Appetite(self.weights, self.position, self.longest)

    def read(self, decoded: int = DECODED) -> int:
        """Bytes that one token reads on average while ``decoded`` tokens are decoded from nothing."""
        return self.per_token + self.position * (decoded + 1) // 2


@dataclass(frozen=True)
class Speed:
    """A prediction for ``threads`` threads, tokens per second.

    ``memory``: what memory allows, None where its rate is not known; ``processor``: what the cores allow, None where
    our kernels were not counted for them. ``decode``: both together; ``prompt``: reading a prompt of 128 tokens, None
    without the cores. ``bound``: which of the two is the limit. ``read``: bytes of one token.
    """

    threads: int
    read: int
    decode: float
    memory: float | None
    processor: float | None
    prompt: float | None
    bound: str


def predict(model: Model, threads: int, ghz: float, reads: Reads | float | None, rates: Rates | None) -> Speed:
    """The speed of ``model`` with ``threads`` cores of ``ghz``.

    ``reads``: what they read from memory, or bytes/s. Raises ValueError where neither memory nor cores are known.
    """
    read = model.read()
    together = reads.at(threads) if isinstance(reads, Reads) else reads
    waiting = None if together is None else read / together
    if rates is None:
        if waiting is None:
            raise ValueError("neither the memory nor the cores are known")
        return Speed(threads, read, 1 / waiting, 1 / waiting, None, None, "memory")
    hertz = ghz * 1e9
    between = _between(model, rates)
    handing = model.layers * PHASE_SECONDS if threads > 1 else 0.0
    head = model.head / rates.head[model.form]
    computing = (model.ternary / rates.decode + head + _attention(model, rates, DECODED / 2)) / threads / hertz
    alone = between / hertz + DECODE_PHASES * handing
    work = PROMPT * (model.ternary / rates.prefill + between + _attention(model, rates, PROMPT / 2)) + head
    once = 0.0 if together is None else model.per_token / together
    prompt = max(work / threads / hertz, once) + PREFILL_PHASES * handing
    return Speed(
        threads,
        read,
        1 / (max(computing, waiting or 0.0) + alone),
        None if waiting is None else 1 / waiting,
        1 / (computing + alone),
        PROMPT / prompt,
        "memory" if waiting is not None and waiting >= computing + alone else "processor",
    )


def fewest(decode: Mapping[int, float]) -> int:
    """Of tokens per second by numbers of threads: the fewest threads that come within 2 % of the fastest."""
    chosen, *more = sorted(decode)
    for threads in more:
        if decode[threads] > _WORTH * decode[chosen]:
            chosen = threads
    return chosen


def best(speeds: Iterable[Speed]) -> Speed:
    """Of predictions for several numbers of threads: the fewest that decode within 2 % of the fastest.

    ``prompt`` is that of the number that reads prompts fastest: the engine takes another number for those.
    """
    by_threads = {speed.threads: speed for speed in speeds}
    chosen = by_threads[fewest({n: speed.decode for n, speed in by_threads.items()})]
    prompts = [speed.prompt for speed in by_threads.values() if speed.prompt is not None]
    return replace(chosen, prompt=max(prompts, default=None))


def on_board(model: Model, board: Board, *, peak: bool = False) -> Speed | None:
    """The speed of ``model`` on ``board`` with the best number of threads; None where too little is known of it.

    ``peak``: as if its memory delivered what its data sheet says, which none does.
    """
    reads = board.peak_gb_s and board.peak_gb_s * 1e9 if peak else board.reads
    if not board.cores or reads is None:
        return None
    first = board.cores[0]
    rates = cores().get(first.design)
    return best(predict(model, n, first.ghz, reads, rates) for n in range(1, first.count + 1))


def usable_memory(gb: float) -> int:
    """Bytes of memory that the system sees on a board sold with ``gb`` (of 2^30 bytes)."""
    return int(gb * (1 << 30) * _SEEN) - _KEPT


def _between(model: Model, rates: Rates) -> float:
    """Cycles of one token between the matrices of all layers: norms, activations, rounding to int8."""
    layer = model.normed / rates.norm + model.quantised / rates.quantise + model.gated / rates.gate
    return model.layers * layer


def _attention(model: Model, rates: Rates, positions: float) -> float:
    """Cycles of one token's attention over ``positions``."""
    return model.layers * 2 * positions * model.attended / rates.attention
