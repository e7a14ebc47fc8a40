"""Names: of rooms, things, people and goods, ordinary and invented, split before training.

An invented name is made of random syllables; it forces the network to copy letters instead of
recalling words. `Split.TRAIN` and `Split.HELD_OUT` never share a name: whether a name is held
out is a hash of the name itself (one in eight), except for the CORE lists of `words`, which are
for training only.
"""

from __future__ import annotations

import enum
from functools import cache
from typing import TYPE_CHECKING

from . import words
from .pattern import held_out_share

if TYPE_CHECKING:
    import random


class Split(enum.Enum):
    TRAIN = "train"
    HELD_OUT = "held-out"


def in_split(name: str, split: Split) -> bool:
    return held_out_share(name, 0.125, "name") is (split is Split.HELD_OUT)


@cache
def pool(name: str, split: Split) -> tuple[str, ...]:
    """The part of the list `words.<name>` that a split may use."""
    entries: tuple[str, ...] = getattr(words, name)
    if name.startswith("CORE_"):
        return entries if split is Split.TRAIN else ()
    return tuple(word for word in entries if in_split(word, split))


def _parts(text: str, empty: int = 0) -> tuple[str, ...]:
    return (*text.split(), *[""] * empty)


ONSETS = _parts(
    "b c d f g h j k l m n p r s t v w y z bl br ch cl cr dr fl fr gl gr kr ph pl pr qu sc sh sk sl sm sn sp "
    "st str sw th tr tw w wh x kn",
    empty=4,
)
VOWELS = _parts("a a e e i i o o u u y ai au ea ee ei ie io oa oo ou ue é ö ü")
CODAS = _parts("b ck d f g k l ll m n nd ng nk nt p r rd rk rm rn s sh sk ss st t th tt v x z", empty=14)


def invented(rng: random.Random, split: Split) -> str:
    """One made-up word of one to three syllables; now and then two words or a number."""
    while True:
        count = rng.choice((1, 1, 2, 2, 2, 3, 3))
        parts = [rng.choice(ONSETS) + rng.choice(VOWELS) + rng.choice(CODAS) for _ in range(count)]
        word = "".join(parts)
        # accented vowels are rare in what people type
        if not word.isascii() and rng.random() < 0.7:
            continue
        if rng.random() < 0.04:
            word = "".join(rng.choice("abcdefghijklmnopqrstuvwxyz0123456789") for _ in range(rng.randint(2, 7)))
        if len(word) >= 2 and in_split(word, split):
            return word


OWNED_ROOMS = ("room", "bedroom", "office", "bathroom", "study", "corner")
ROOMS = ("room", "hall", "chamber", "wing", "suite", "floor", "corner")


def _owner(rng: random.Random, split: Split) -> str:
    person = rng.choice(pool("PEOPLE", split)) if rng.random() < 0.6 else invented(rng, split)
    person = " ".join(p if p == "the" else p.capitalize() for p in person.split())
    return person + rng.choice(("'s", "'s", "'s", "s"))


def _ordinary(core: str, rest: str, rng: random.Random, split: Split) -> str:
    core_pool = pool(core, split)
    if core_pool and rng.random() < 0.45:
        return rng.choice(core_pool)
    return rng.choice(pool(rest, split))


def _phrase(rng: random.Random, split: Split) -> str:
    """One to three words that nobody has listed as a name: invented, or ordinary ones put together."""
    count = rng.choices((1, 2, 3), (0.6, 0.32, 0.08))[0]
    return " ".join(_word(rng, split) for _ in range(count))


def _word(rng: random.Random, split: Split) -> str:
    if rng.random() < 0.6:
        return invented(rng, split)
    while True:
        word = rng.choice(pool(rng.choice(("NOUNS", "ADJECTIVES", "QUALIFIERS", "PLACES")), split))
        if word not in words.HOUSE_WORDS:
            return word


def room(rng: random.Random, split: Split) -> str:
    """An area that a stranger recognises as one: it ends in a word for a room."""
    core = pool("CORE_AREAS", split)
    if core and rng.random() < 0.4:
        return rng.choice(core)
    if rng.random() < 0.4:
        return f"{_owner(rng, split)} {rng.choice(OWNED_ROOMS)}"
    return f"{_word(rng, split)} {rng.choice(ROOMS + OWNED_ROOMS)}"


def device(rng: random.Random, split: Split) -> str:
    """A thing that a stranger recognises as one: it ends in a word for a device."""
    core = pool("CORE_THINGS", split)
    if core and rng.random() < 0.4:
        return rng.choice(core)
    if rng.random() < 0.4:
        return f"{_owner(rng, split)} {rng.choice(words.THING_NOUNS)}"
    return f"{_word(rng, split)} {rng.choice(words.THING_NOUNS)}"


def area(rng: random.Random, split: Split) -> str:
    """The name of a room or a part of the house."""
    kind = rng.random()
    if kind < 0.45:
        return _ordinary("CORE_AREAS", "AREAS", rng, split)
    if kind < 0.55:
        return f"{_owner(rng, split)} {rng.choice(OWNED_ROOMS)}"
    if kind < 0.70:
        return f"{_word(rng, split)} {rng.choice(ROOMS)}"
    return _phrase(rng, split)


def thing(rng: random.Random, split: Split) -> str:
    """The name of a single device. Never ends in "light" unless it is one of the CORE names."""
    kind = rng.random()
    if kind < 0.40:
        return _ordinary("CORE_THINGS", "THINGS", rng, split)
    if kind < 0.50:
        return f"{_owner(rng, split)} {rng.choice(words.THING_NOUNS)}"
    if kind < 0.60:
        return f"{rng.choice(pool('QUALIFIERS', split))} {rng.choice(words.THING_NOUNS)}"
    if kind < 0.68:
        return f"{_ordinary('CORE_AREAS', 'AREAS', rng, split)} {rng.choice(words.THING_NOUNS)}"
    if kind < 0.82:
        noun = rng.choice(words.THING_NOUNS)
        return f"{_word(rng, split)} {noun}" + (f" {rng.randint(1, 12)}" if rng.random() < 0.15 else "")
    return _phrase(rng, split)


def item(rng: random.Random, split: Split) -> str:
    """Something to buy, with or without a quantity."""
    goods = _ordinary("CORE_ITEMS", "ITEMS", rng, split) if rng.random() < 0.6 else _phrase(rng, split)
    if rng.random() < 0.22:
        goods = f"{rng.choice(words.MEASURES)} {goods}"
    if rng.random() < 0.06:
        goods += f" and {rng.choice(pool('ITEMS', split))}"
    return goods


def timer(rng: random.Random, split: Split) -> str:
    """What a timer is for."""
    return rng.choice(pool("TIMER_NAMES", split)) if rng.random() < 0.6 else _phrase(rng, split)


def person(rng: random.Random, split: Split) -> str:
    name = rng.choice(pool("PEOPLE", split)) if rng.random() < 0.7 else invented(rng, split)
    return name.capitalize() if not name.startswith("the ") else name
