"""Names: of rooms, things, people and goods, ordinary and invented, split before training.

An invented name is made of random syllables; it forces the network to copy letters instead of
recalling words. `Split.TRAIN` and `Split.HELD_OUT` never share a name: whether a name is held
out is a hash of the name itself (one in eight), except for the CORE lists of `words`, which are
for training only, and the closed classes (colours, floors, …), which have to be known and are in both.
"""

from __future__ import annotations

import enum
import re
from functools import cache
from typing import TYPE_CHECKING

from . import commands, words
from .pattern import held_out_share

if TYPE_CHECKING:
    import random
    from collections.abc import Callable


class Split(enum.Enum):
    TRAIN = "train"
    HELD_OUT = "held-out"


def in_split(name: str, split: Split) -> bool:
    return held_out_share(name, 0.125, "name") is (split is Split.HELD_OUT)


CLOSED = frozenset(
    {"LAMPS", "FANS", "FLOORS", "COLORS", "DAYS", "WAY_ADJECTIVES", "DOORS", "VALVES", "ZONES", "FOLKS", "RELATIVES"}
)


@cache
def pool(name: str, split: Split) -> tuple[str, ...]:
    """The part of the list `words.<name>` that a split may use."""
    entries: tuple[str, ...] = getattr(words, name)
    if name.startswith("CORE_"):
        return entries if split is Split.TRAIN else ()
    if name in CLOSED:
        return entries
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


OWNED_ROOMS = ("room", "room", "bedroom", "office", "bathroom", "study", "corner")
ROOMS = ("room", "room", "hall", "chamber", "wing", "suite", "corner", "hut", "lounge", "bathroom")
WHICH_ROOM = 3 * ("upstairs", "downstairs", "back", "front", "spare", "second", "little", "big")
"""What tells rooms of a kind apart, as often as things that a room is named after."""


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


@cache
def _said(split: Split) -> tuple[str, ...]:
    """Words of the phrasings themselves that may also be part of a name ("morning lamp"), split like names."""
    lines = (f.line for _, tables in commands.INTENTS.values() for _, families in tables for f in families)
    found = {word for line in lines for word in re.findall(r"(?<![{\w'])[a-z]{3,}(?![\w'}])", line)}
    found -= words.HOUSE_WORDS | words.TELLING
    if split is Split.HELD_OUT:
        # "leak" would make the "leak sensor" that training knows
        lists = [name for name, value in vars(words).items() if name.isupper() and isinstance(value, tuple)]
        found -= {word for name in lists for text in pool(name, Split.TRAIN) for word in str(text).split()}
    return tuple(sorted(word for word in found if in_split(word, split)))


def _word(rng: random.Random, split: Split) -> str:
    kind = rng.random()
    if kind < 0.45:
        return invented(rng, split)
    if kind < 0.65:
        return rng.choice(_said(split))
    while True:
        word = rng.choice(pool(rng.choice(("NOUNS", "ADJECTIVES", "QUALIFIERS", "PLACES")), split))
        if word not in words.HOUSE_WORDS:
            return word


@cache
def _known_rooms(split: Split) -> tuple[str, ...]:
    """Ordinary areas that one can know to be some: in training all, else those that end like one seen in training."""
    endings = {area.split()[-1] for area in words.CORE_AREAS + pool("AREAS", Split.TRAIN)}
    return tuple(area for area in pool("AREAS", split) if split is Split.TRAIN or area.split()[-1] in endings)


def room(rng: random.Random, split: Split) -> str:
    """An area that a stranger recognises as one: an ordinary one, or it ends in a word for a room."""
    kind = rng.random()
    if kind < 0.66:
        core = pool("CORE_AREAS", split)
        return rng.choice(core if core and rng.random() < 0.45 else _known_rooms(split))
    if kind < 0.82:
        return f"{_owner(rng, split)} {rng.choice(OWNED_ROOMS)}"
    while True:
        first = rng.choice(WHICH_ROOM + words.THING_NOUNS) if kind < 0.88 else _word(rng, split)
        made = f"{first} {rng.choice(ROOMS)}"
        # the whole is a name too: "spare room" may be held out although "spare" is not
        if in_split(made, split):
            return made


def area(rng: random.Random, split: Split) -> str:
    """The name of a room or a part of the house, now and then one that only its place in the sentence tells."""
    return room(rng, split) if rng.random() < 0.8 else _phrase(rng, split)


def device(rng: random.Random, split: Split) -> str:
    """A thing that a stranger recognises as one: it ends in a word for a device."""
    core = pool("CORE_THINGS", split)
    if core and rng.random() < 0.4:
        return rng.choice(core)
    if rng.random() < 0.4:
        return f"{_owner(rng, split)} {rng.choice(words.THING_NOUNS)}"
    return f"{_word(rng, split)} {rng.choice(words.THING_NOUNS)}"


def _drawn(rng: random.Random, *kinds: tuple[float, Callable[[], str]]) -> str:
    """What one of several ways of making a name makes; each with how often it is taken."""
    return rng.choices([make for _, make in kinds], [share for share, _ in kinds])[0]()


def thing(rng: random.Random, split: Split) -> str:
    """The name of a single device, none of those kinds that a room before them turns into its lights, fans, …"""
    noun = rng.choice(words.THING_NOUNS)
    count = rng.randint(1, 12)
    number = f" {rng.choice((str(count), words.NUMBERS[count - 1]))}" if rng.random() < 0.2 else ""
    return _drawn(
        rng,
        (0.45, lambda: _ordinary("CORE_THINGS", "THINGS", rng, split)),
        (0.10, lambda: f"{_owner(rng, split)} {noun}"),
        (0.09, lambda: f"{rng.choice(pool('QUALIFIERS', split))} {noun}"),
        (0.10, lambda: f"{_ordinary('CORE_AREAS', 'AREAS', rng, split)} {noun}"),
        (0.10, lambda: f"{_word(rng, split)} {noun}{number}"),
        (0.03, lambda: f"{rng.choice(pool('THINGS', split))} switch"),
        (0.13, lambda: _phrase(rng, split)),
    )


def lamp(rng: random.Random, split: Split) -> str:
    """One of the lights that have a name of their own although they end in "light"."""
    light, kind = rng.choice(pool("LAMPS", split)), rng.random()
    if kind < 0.75:
        return light
    return f"{_owner(rng, split) if kind < 0.88 else room(rng, split)} {light}"


SHINING = (
    "lamp",
    "lamp",
    "lamp",
    "lantern",
    "led strip",
    "spotlight",
    "chandelier",
    "strip",
    "bulb",
    "sconce",
    "pendant",
)


COMMON_LAMPS = ("lamp", "desk lamp", "floor lamp", "bedside lamp", "table lamp", "bedroom lamp")


def bulb(rng: random.Random, split: Split) -> str:
    """A thing that shines and has a name."""
    noun = rng.choice(SHINING)
    return _drawn(
        rng,
        (0.20, lambda: lamp(rng, split)),
        (0.10 if split is Split.TRAIN else 0, lambda: rng.choice(COMMON_LAMPS)),
        (0.15, lambda: f"{_owner(rng, split)} {noun}"),
        (0.15, lambda: f"{_ordinary('CORE_AREAS', 'AREAS', rng, split)} {noun}"),
        (0.15, lambda: f"{rng.choice(pool('QUALIFIERS', split))} {noun}"),
        (0.17, lambda: f"{_word(rng, split)} {noun}"),
        (0.08, lambda: _phrase(rng, split)),
    )


def fan(rng: random.Random, split: Split) -> str:
    """A fan with a name of its own."""
    return rng.choice(pool("FANS", split)) if rng.random() < 0.8 else f"{_owner(rng, split)} fan"


def own(rng: random.Random, split: Split, noun: str) -> str:
    """One of several: "left curtain", "Ada's window"."""
    kind = rng.random()
    if kind < 0.65:
        return f"{rng.choice(pool('WAY_ADJECTIVES', split))} {noun}"
    return f"{_owner(rng, split)} {noun}" if kind < 0.85 else f"{invented(rng, split)} {noun}"


def city(rng: random.Random, split: Split) -> str:
    """A place to ask the weather of."""
    name = rng.choice(pool("PLACES", split)) if rng.random() < 0.7 else invented(rng, split)
    return " ".join(part.capitalize() for part in name.split())


HEATERS = ("thermostat", "thermostat", "heater", "radiator", "air conditioner", "ac", "cooler", "boiler", "fridge")


def heater(rng: random.Random, split: Split) -> str:
    """Something with a temperature of its own that no room's word names."""
    kind, noun = rng.random(), rng.choice(HEATERS)
    if kind < 0.35:
        return f"{_owner(rng, split)} {noun}"
    if kind < 0.7:
        return f"{rng.choice(pool('QUALIFIERS', split))} {noun}"
    return f"{invented(rng, split)} {noun}"


def door(rng: random.Random, split: Split) -> str:
    """A door with a name of its own."""
    return rng.choice(pool("DOORS", split)) if rng.random() < 0.8 else own(rng, split, "door")


def valve(rng: random.Random, split: Split) -> str:
    """A valve with a name of its own."""
    return rng.choice(pool("VALVES", split)) if rng.random() < 0.7 else own(rng, split, "valve")


def scene(rng: random.Random, split: Split) -> str:
    """What a scene is called."""
    return rng.choice(pool("SCENES", split)) if rng.random() < 0.75 else _phrase(rng, split)


def mode(rng: random.Random, split: Split) -> str:
    """A scene that says so itself."""
    return f"{scene(rng, split)} mode"


def script(rng: random.Random, split: Split) -> str:
    """What a script is called."""
    return rng.choice(pool("SCRIPTS", split)) if rng.random() < 0.75 else _phrase(rng, split)


def player(rng: random.Random, split: Split) -> str:
    """Something that plays, recognisably."""
    kind = rng.random()
    if kind < 0.6:
        return _ordinary("CORE_PLAYERS", "PLAYERS", rng, split)
    noun = rng.choice(words.PLAYER_NOUNS)
    if kind < 0.72:
        return f"{_owner(rng, split)} {noun}"
    if kind < 0.86:
        return f"{_ordinary('CORE_AREAS', 'AREAS', rng, split)} {noun}"
    return f"{_word(rng, split)} {noun}"


def vacuum(rng: random.Random, split: Split) -> str:
    """The vacuum, by its kind or the name people gave it."""
    kind = rng.random()
    if kind < 0.75:
        return _ordinary("CORE_VACUUMS", "VACUUMS", rng, split)
    if kind < 0.85:
        return f"{_word(rng, split)} vacuum"
    return person(rng, split)


def robot(rng: random.Random, split: Split) -> str:
    """The vacuum, recognisably."""
    known = words.CORE_VACUUMS + (pool("VACUUMS", split) if split is Split.TRAIN else ())
    return rng.choice(known) if rng.random() < 0.75 else f"{_word(rng, split)} {rng.choice(('vacuum', 'hoover'))}"


def gadget(rng: random.Random, split: Split) -> str:
    """A thing that a sensor belongs to."""
    kind = rng.random()
    if kind < 0.7:
        return _ordinary("CORE_GADGETS", "GADGETS", rng, split)
    if kind < 0.8:
        return f"{_ordinary('CORE_AREAS', 'AREAS', rng, split)} {rng.choice(words.GADGET_NOUNS)}"
    return f"{_word(rng, split)} {rng.choice(words.GADGET_NOUNS)}"


def owned(rng: random.Random, split: Split) -> str:
    """Somebody's gadget."""
    return f"{_owner(rng, split)} {rng.choice(words.GADGET_NOUNS)}"


def machine(rng: random.Random, split: Split) -> str:
    """Something that runs until it is done."""
    kind = rng.random()
    if kind < 0.8:
        return _ordinary("CORE_MACHINES", "MACHINES", rng, split)
    return f"{_word(rng, split)} {rng.choice(('machine', 'pump', 'dryer', 'washer', 'printer', 'mower'))}"


def _measure(rng: random.Random) -> str:
    """An amount before goods: "two bottles of", "a dozen"."""
    if rng.random() < 0.4:
        return rng.choice(words.MEASURES)
    one, many = rng.choice(words.UNITS)
    count = rng.randint(1, 12)
    number = rng.choice((str(count), words.NUMBERS[count - 1], "a" if count == 1 else "some"))
    return f"{number if number != 'some' else 'a few'} {one if count == 1 else many} of"


def _more_goods(rng: random.Random, split: Split) -> str:
    goods = rng.choice(pool("CORE_ITEMS", split) + pool("ITEMS", split))
    return f"{rng.choice((_measure(rng), 'some'))} {goods}" if rng.random() < 0.2 else goods


def item(rng: random.Random, split: Split) -> str:
    """Something to buy, with or without a quantity."""
    goods = _ordinary("CORE_ITEMS", "ITEMS", rng, split) if rng.random() < 0.6 else _phrase(rng, split)
    if rng.random() < 0.24:
        goods = f"{_measure(rng)} {goods}"
    kind = rng.random()
    if kind < 0.09:
        goods += f" and {_more_goods(rng, split)}"
    elif kind < 0.15:
        comma = rng.choice((" ", ", ", ", "))
        goods += f"{comma}{_more_goods(rng, split)}{rng.choice((' and', ' and', ', and'))} {_more_goods(rng, split)}"
    return goods


def goods(rng: random.Random, split: Split) -> str:
    """Something to buy, without a quantity."""
    return _ordinary("CORE_ITEMS", "ITEMS", rng, split) if rng.random() < 0.8 else _phrase(rng, split)


def timer(rng: random.Random, split: Split) -> str:
    """What a timer is for."""
    return rng.choice(pool("TIMER_NAMES", split)) if rng.random() < 0.6 else _phrase(rng, split)


def person(rng: random.Random, split: Split) -> str:
    name = rng.choice(pool("PEOPLE", split)) if rng.random() < 0.7 else invented(rng, split)
    return name.capitalize() if not name.startswith("the ") else name
