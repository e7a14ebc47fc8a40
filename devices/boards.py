"""The boards we know by name: what they have, how fast their memory is, and how one is recognised."""

from __future__ import annotations

import functools
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from typing import Any

from .facts import Facts

__all__ = ["Board", "Cluster", "Published", "Rates", "Reads", "UnknownBoard", "boards", "cores", "find", "recognise"]

_KINDS = ("measured", "sibling", "at least")


class UnknownBoard(ValueError):
    """No board of that name, or more than one."""


@dataclass(frozen=True)
class Cluster:
    """Cores of one kind: ``count`` of a ``design`` (:func:`cores` may know it), at ``ghz``."""

    count: int
    design: str
    ghz: float


@dataclass(frozen=True)
class Reads:
    """What processors read from memory together: ``gb_s`` 10^9 bytes/s by number of threads.

    ``kind``: "measured", "sibling" or "at least", as boards.toml explains; ``source``: who measured it.
    """

    gb_s: Mapping[int, float]
    kind: str
    source: str

    def __post_init__(self) -> None:
        if self.kind not in _KINDS or not self.gb_s or not all(n > 0 < rate for n, rate in self.gb_s.items()):
            raise ValueError(f"reads: {self.kind!r} {dict(self.gb_s)!r}")

    def at(self, threads: int) -> float:
        """Bytes per second that ``threads`` read together: between figures in proportion, beyond the last no more."""
        known = sorted(self.gb_s.items())
        below = max((k for k in known if k[0] <= threads), default=known[0])
        above = min((k for k in known if k[0] >= threads), default=known[-1])
        if below[0] == above[0]:
            return below[1] * 1e9
        share = (threads - below[0]) / (above[0] - below[0])
        return (below[1] + share * (above[1] - below[1])) * 1e9


@dataclass(frozen=True)
class Rates:
    """What our kernels make in a cycle on one core of a design, data in L1."""

    decode: float
    """Ternary weights, one token."""
    prefill: float
    """Ternary weights x tokens, many tokens."""
    head: Mapping[str, float]
    """Weights of the head by form, one token."""
    norm: float
    quantise: float
    gate: float
    isa: str = ""
    model: str = ""
    """What llvm-mca takes the core for."""
    attention: float = 1.0
    """Multiply-adds of attention, keys and values together; assumed, slower than any of these cores."""


@dataclass(frozen=True)
class Published:
    """Another engine's measured speed: ``tok_s`` with ``threads``, reading ``mb`` (10^6 bytes) for a token.

    ``model``: the name of a shape. ``reads``: what makes the ``mb``.
    """

    engine: str
    model: str
    threads: int
    tok_s: float
    mb: float
    reads: str
    source: str


@dataclass(frozen=True)
class Board:
    """One entry of boards.toml, where each field is explained. ``memory_gb``: empty where it may be anything."""

    id: str
    name: str
    compatible: tuple[str, ...] = ()
    machine: str | None = None
    cores: tuple[Cluster, ...] = ()
    isa: str | None = None
    memory_gb: tuple[float, ...] = ()
    peak_gb_s: float | None = None
    reads: Reads | None = None
    power: tuple[str, ...] = ()
    supply_ma: int | None = None
    quirks: tuple[str, ...] = ()
    memory_cgroup: str | None = None
    published: tuple[Published, ...] = field(default=())

    @property
    def cpu(self) -> str:
        """Its cores in words: "4 x Cortex-A76 + 4 x Cortex-A55"; empty where they may be anything."""
        return " + ".join(f"{cluster.count} x {cluster.design}" for cluster in self.cores)


@functools.cache
def boards() -> tuple[Board, ...]:
    """All of them. Raises ValueError where the file is not what it should be."""
    return tuple(_board(entry) for entry in _toml("boards.toml")["board"])


@functools.cache
def cores() -> Mapping[str, Rates]:
    """The designs that our kernels were counted for, by name. Raises ValueError as :func:`boards` does."""
    try:
        return {name: Rates(**entry) for name, entry in _toml("cores.toml").items()}
    except TypeError as error:
        raise ValueError(f"cores.toml: {error}") from None


def _toml(name: str) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    found: dict[str, Any] = tomllib.loads((resources.files(__package__) / name).read_text("utf-8"))
    return found


def _board(entry: dict[str, Any]) -> Board:
    try:
        fields: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in entry.items()}
        fields["cores"] = tuple(Cluster(**cluster) for cluster in entry.get("cores", ()))
        fields["published"] = tuple(Published(**one) for one in entry.get("published", ()))
        if reads := entry.get("reads"):
            fields["reads"] = Reads(**{**reads, "gb_s": {int(n): rate for n, rate in reads["gb_s"].items()}})
        return Board(**fields)
    except (TypeError, KeyError, ValueError) as error:
        raise ValueError(f"boards.toml: {entry.get('name', '?')}: {error}") from None


def find(name: str) -> Board:
    """The board that a person means: by its id or name, or what only one of the names contains.

    Case, spaces and hyphens do not matter. Raises UnknownBoard, whose message lists what there is.
    """
    wanted = _plain(name)
    for board in boards():
        if wanted in {_plain(board.id), _plain(board.name)}:
            return board
    near = [board for board in boards() if wanted and wanted in _plain(board.id) + " " + _plain(board.name)]
    if len(near) == 1:
        return near[0]
    if near:
        raise UnknownBoard(f"{name!r} may be {', '.join(board.id for board in near)}; name one of them")
    raise UnknownBoard(f"no board {name!r} here; known: {', '.join(board.id for board in boards())}")


def _plain(name: str) -> str:
    return re.sub(r"[\s_-]+", "", name.lower())


def recognise(facts: Facts) -> Board | None:
    """The board these facts are of, by the longest string of its device tree that we know; None: one we do not.

    What has no device tree, or one that says nothing to us, may still be known by its kind of processor.
    """
    hits = [
        (len(known), board)
        for board in boards()
        for known in board.compatible
        if any(name == known or (known.endswith("-") and name.startswith(known)) for name in facts.compatible)
    ]
    if hits:
        return max(hits, key=lambda hit: hit[0])[1]
    return next((board for board in boards() if board.machine == facts.machine), None)
