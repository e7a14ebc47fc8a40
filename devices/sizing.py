"""How much a board can hold in mind: answers at once, and tokens in each, by its memory."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Appetite", "Share", "share"]

#: Python, numpy, the tokenizer and the engine's own buffers: 58 MB with a small model, 134 MB with a vocabulary of
#: 128,000, and some room.
BASE = 160 << 20
#: Of a board's memory, what the agent may plan with; the rest is the system's.
_OURS = 0.8
#: A conversation needs some two thousand tokens; rather fewer at once than shorter ones.
_COMFORT = 2048
#: Less than this is no use to anybody.
_LEAST = 128
_TOGETHER = (8, 4, 2, 1)


@dataclass(frozen=True)
class Appetite:
    """What a model takes. ``position``: bytes of KV cache of one token. ``longest``: tokens that it was made for.

    ``context`` and ``together`` are the operator's own wishes, None where there is none.
    """

    weights: int
    position: int
    longest: int
    context: int | None = None
    together: int | None = None


@dataclass(frozen=True)
class Share:
    """What a board gives: tokens of one answer's context, answers at once, bytes beside the weights."""

    context: int
    together: int
    private: int


def share(total: int, appetite: Appetite) -> Share | None:
    """Divide ``total`` bytes of memory. None: not even one short answer has room beside the weights.

    Answers at once are halved before the context of each is cut below what a conversation needs.
    """
    room = int(total * _OURS) - appetite.weights - BASE
    positions = max(0, room) // max(1, appetite.position)
    longest = appetite.longest if appetite.context is None else appetite.context
    enough = longest if appetite.context is not None else min(longest, _COMFORT)
    choices = _TOGETHER if appetite.together is None else (appetite.together,)
    for together in choices:
        if positions // together >= enough:
            return _made(min(longest, positions // together), together, appetite)
    if appetite.context is None and positions // choices[-1] >= min(_LEAST, longest):
        return _made(positions // choices[-1], choices[-1], appetite)
    return None


def least(appetite: Appetite) -> Share:
    """The smallest share that makes any sense, for those who insist."""
    context = appetite.context or min(_LEAST, appetite.longest)
    return _made(context, appetite.together or 1, appetite)


def _made(context: int, together: int, appetite: Appetite) -> Share:
    return Share(context, together, BASE + context * together * appetite.position)
