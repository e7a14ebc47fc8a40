"""Does a model fit on a board, how fast will it be there, and what limits it: arithmetic on figures, nothing measured.

A token's matrices and head are read from memory while they are multiplied, so each number of threads takes the longer
of the two; what one thread does alone between them, and the handing over from phase to phase, is added.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from .boards import Board, Rates, Reads, cores
from .sizing import Appetite, Share, share

__all__ = [
    "Answer",
    "Estimate",
    "Model",
    "Place",
    "Room",
    "Speed",
    "answer",
    "best",
    "ceiling",
    "estimate",
    "fewest",
    "predict",
    "preferred",
    "usable_memory",
]

#: A phase's handing over between threads; measured on x86-64, assumed for boards.
PHASE_SECONDS = 1e-6
#: Phases of a layer: four matrices, the cache and attention; with several tokens also each matrix's input, which with
#: one token every thread makes for itself.
DECODE_PHASES, PREFILL_PHASES = 6, 10
#: Positions over which decode is averaged, and tokens of the prompt, as `edge bench` does.
DECODED, PROMPT = 128, 128
#: Below two per cent more speed, fewer threads are better.
_WORTH = 1.02
# Firmware and kernel keep some of the memory a board is sold with: 6 % and 64 MB are within 7 % of what a Pi 4, a Pi 5
# and a Jetson Orin Nano show as MemTotal, and rather too much than too little.
_SEEN, _KEPT = 0.94, 64 << 20
# Models that read less for a token stay in a processor's cache, whatever memory does.
_CACHED = 8 << 20
#: Tokens of context that the best model should have room for, unless it was made for fewer.
CONTEXT = 2048


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

    @property
    def cached(self) -> bool:
        """Whether it is so small that it stays in a processor's cache."""
        return self.per_token < _CACHED

    def read(self, decoded: int = DECODED) -> int:
        """Bytes that one token reads on average while ``decoded`` tokens are decoded from nothing."""
        return self.per_token + self.position * (decoded + 1) // 2


@dataclass(frozen=True)
class Speed:
    """A prediction for ``threads`` threads, tokens per second.

    ``memory``: what memory allows, ``rate`` bytes/s of it over ``read`` bytes of a token; None where its rate is not
    known. ``processor``: what the cores allow, ``computing`` seconds of all threads together and ``alone`` seconds of
    one; None where our kernels were not counted for them. ``decode``: both together; ``prompt``: reading a prompt of
    128 tokens, None without the cores. ``bound``: which of the two is the limit.
    """

    threads: int
    read: int
    rate: float | None
    computing: float | None
    alone: float | None
    decode: float
    memory: float | None
    processor: float | None
    prompt: float | None
    bound: str


@dataclass(frozen=True)
class Place:
    """Where a model is to run: a board by its description, or a machine that was looked at.

    ``memories``: GB of 2^30 bytes it is sold with, and the bytes that the system sees. ``threads``: the most that can
    run, on cores of ``ghz`` with ``rates``. ``reads``: of its memory; ``peak``: bytes/s by its data sheet.
    """

    name: str
    memories: tuple[tuple[float, int], ...]
    threads: int = 0
    ghz: float = 0.0
    rates: Rates | None = None
    reads: Reads | None = None
    peak: float | None = None

    @classmethod
    def of(cls, board: Board) -> Place:
        """A board as it is sold."""
        first = board.cores[0] if board.cores else None
        return cls(
            board.name,
            tuple((gb, usable_memory(gb)) for gb in board.memory_gb),
            first.count if first else 0,
            first.ghz if first else 0.0,
            cores().get(first.design) if first else None,
            board.reads,
            None if board.peak_gb_s is None else board.peak_gb_s * 1e9,
        )


@dataclass(frozen=True)
class Estimate:
    """A speed, and what the figures behind it make of it: ``kind`` is "about", "at least" or "at most"."""

    kind: str
    speed: Speed
    threads: int | None
    """How many serve best; None where only one core's reading is known, which says nothing of several."""


@dataclass(frozen=True)
class Room:
    """A size of memory: ``gb`` of 2^30 bytes, the ``total`` bytes that the system sees of them.

    ``share``: what is left for answers, None where the model does not fit. ``best``: of several models the best one
    that fits, and its speed.
    """

    gb: float
    total: int
    share: Share | None
    best: tuple[str, Estimate] | None


@dataclass(frozen=True)
class Answer:
    """What came out for a model in a place. ``ceiling``: with memory as fast as its data sheet says."""

    model: Model
    rooms: tuple[Room, ...]
    estimate: Estimate | None
    ceiling: Speed | None


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
        return Speed(threads, read, together, None, None, 1 / waiting, 1 / waiting, None, None, "memory")
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
        together,
        computing,
        alone,
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


def estimate(model: Model, place: Place) -> Estimate | None:
    """The speed of ``model`` there with the best number of threads; None where too little is known of the place.

    For one that stays in the processor's cache memory does not count, and what is left is an upper bound.
    """
    if model.cached:
        if place.rates is None or not place.threads:
            return None
        speed = best(predict(model, n, place.ghz, None, place.rates) for n in range(1, place.threads + 1))
        return Estimate("at most", speed, speed.threads)
    reads: Reads | float | None = place.reads
    kind = "at least" if place.reads is not None and place.reads.kind == "at least" else "about"
    if reads is None:
        reads, kind = place.peak, "at most"
    if reads is None or not place.threads:
        return None
    speed = best(predict(model, n, place.ghz, reads, place.rates) for n in range(1, place.threads + 1))
    one_core = isinstance(reads, Reads) and kind == "at least" and max(reads.gb_s) == 1 < place.threads
    return Estimate(kind, speed, None if one_core else speed.threads)


def ceiling(model: Model, place: Place) -> Speed | None:
    """As :func:`estimate`, if the memory delivered what its data sheet says, which none does; None without one."""
    found = estimate(model, replace(place, reads=None))
    return found.speed if found else None


def preferred(
    models: Mapping[str, Model], place: Place, total: int, least: float, ranking: Sequence[str]
) -> tuple[str, Estimate] | None:
    """The best of several models that fit ``total`` bytes and decode ``least`` tok/s there.

    Those with room for CONTEXT tokens come first, then the one that comes first in ``ranking``. Where none is as fast,
    the fastest that fits; None where none fits, or nothing is known of the speed.
    """
    known: dict[str, Estimate] = {}
    roomy: dict[str, bool] = {}
    for name, model in models.items():
        room, found = share(total, model.appetite), estimate(model, place)
        if room is not None and found is not None:
            known[name] = found
            roomy[name] = room.context >= min(CONTEXT, model.longest)
    if not known:
        return None
    fast = [name for name, found in known.items() if found.speed.decode >= least]
    if fast:
        name = min(fast, key=lambda name: (not roomy[name], ranking.index(name)))
    else:
        name = max(known, key=lambda name: known[name].speed.decode)
    return name, known[name]


def answer(model: Model, rivals: Mapping[str, Model], place: Place, least: float, ranking: Sequence[str]) -> Answer:
    """All about ``model`` there, and in each size of memory the best of the ``rivals``, see :func:`preferred`."""
    rooms = tuple(
        Room(gb, total, share(total, model.appetite), preferred(rivals, place, total, least, ranking))
        for gb, total in place.memories
    )
    return Answer(model, rooms, estimate(model, place), ceiling(model, place))


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
