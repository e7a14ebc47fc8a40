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

from . import commands, lexicon, slots, words
from .pattern import held_out_share

if TYPE_CHECKING:
    import random
    from collections.abc import Callable


class Split(enum.Enum):
    TRAIN = "train"
    HELD_OUT = "held-out"


def in_split(name: str, split: Split) -> bool:
    held_out = name not in _core() and held_out_share(name, 0.125, "name")
    return held_out is (split is Split.HELD_OUT)


@cache
def _core() -> frozenset[str]:
    return frozenset(text for name, texts in vars(words).items() if name.startswith("CORE_") for text in texts)


CLOSED = frozenset(
    {"LAMPS", "FANS", "FLOORS", "COLORS", "DAYS", "WAY_ADJECTIVES", "DOORS", "VALVES", "ZONES", "FOLKS", "RELATIVES"}
)


def _entries(name: str) -> tuple[str, ...]:
    found: tuple[str, ...] = getattr(words, name, None) or getattr(lexicon, name)
    return found


@cache
def pool(name: str, split: Split) -> tuple[str, ...]:
    """The part of the list `words.<name>` or `lexicon.<name>` that a split may use."""
    entries = _entries(name)
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


OWNED_ROOMS = ("room", "room", "bedroom", "office", "bathroom", "study")
ROOMS = ("room", "room", "hall", "chamber", "wing", "suite", "corner", "hut", "lounge", "bathroom")
WHICH_ROOM = 3 * ("upstairs", "downstairs", "back", "front", "spare", "second", "little", "big")
"""What tells rooms of a kind apart, as often as things that a room is named after."""


def _given(rng: random.Random, split: Split) -> str:
    kind = rng.random()
    return invented(rng, split) if kind < 0.35 else rng.choice(pool("PEOPLE" if kind < 0.7 else "GIVEN", split))


def _owner(rng: random.Random, split: Split) -> str:
    person = _given(rng, split)
    person = " ".join(p if p == "the" else p.capitalize() for p in person.split())
    return person + rng.choice(("'s", "'s", "'s", "s"))


def _owned(nouns: tuple[str, ...], rng: random.Random, split: Split) -> str:
    return _whole(split, lambda: f"{_owner(rng, split)} {rng.choice(nouns)}")


def _ordinary(core: str, rest: str, rng: random.Random, split: Split) -> str:
    core_pool = pool(core, split)
    if core_pool and rng.random() < 0.45:
        return rng.choice(core_pool)
    return rng.choice(pool(rest, split))


def _phrase(rng: random.Random, split: Split) -> str:
    """One to three words that nobody has listed as a name: invented, or ordinary ones put together."""
    count = rng.choices((1, 2, 3), (0.6, 0.32, 0.08))[0]
    if count == 1:
        return _word(rng, split)
    between = "-" if rng.random() < 0.08 else " "
    return _whole(split, lambda: between.join(_word(rng, split, part=True) for _ in range(count)))


def _whole(split: Split, make: Callable[[], str]) -> str:
    """What `make` makes, as soon as the whole is a name of the split: "spare room" may be held out, "spare" not."""
    while not in_split(made := make(), split):
        pass
    return made


def _with(nouns: tuple[str, ...], rng: random.Random, split: Split) -> str:
    """A word and the kind of thing that it tells from others."""
    return _whole(split, lambda: f"{_word(rng, split, part=True)} {rng.choice(nouns)}")


def _qualified(nouns: tuple[str, ...], rng: random.Random, split: Split) -> str:
    return _whole(split, lambda: f"{rng.choice(pool('QUALIFIERS', split))} {rng.choice(nouns)}")


def _in_area(nouns: tuple[str, ...], rng: random.Random, split: Split) -> str:
    return _whole(split, lambda: f"{_ordinary('CORE_AREAS', 'AREAS', rng, split)} {rng.choice(nouns)}")


@cache
def _taken() -> frozenset[str]:
    """Words that mean something of their own inside a made-up name: rooms, kinds of things, colours."""
    lists = ("CORE_AREAS", "AREAS", "FLOORS", "COLORS", "THING_NOUNS", "CORE_THINGS", "PLAYER_NOUNS", "LAMPS", "FANS")
    rooms_and_things = {text for name in lists for text in _entries(name) if " " not in text}
    covers = {word for text, _ in (*slots.COVER, *slots.COVERS, *slots.WAY, *slots.WAYS) for word in text.split()}
    return words.HOUSE_WORDS | words.TELLING | rooms_and_things | covers | {*ROOMS, *OWNED_ROOMS}


@cache
def _said() -> tuple[str, ...]:
    """Words of the phrasings themselves that may also be part of a name ("morning lamp")."""
    lines = (f.line for _, tables in commands.INTENTS.values() for _, families in tables for f in families)
    found = {word for line in lines for word in re.findall(r"(?<![{\w'])[a-z]{3,}(?![\w'}])", line)}
    return tuple(sorted(found - _taken()))


@cache
def _listed() -> tuple[str, ...]:
    """Single words of all names that are listed."""
    lists = ("AREAS", "THINGS", "ITEMS", "TIMER_NAMES", "PLAYERS", "VACUUMS", "SCENES", "GADGETS", "MACHINES", "PLACES")
    found = {word for name in lists for text in _entries(name) for word in re.findall("[a-z]{3,}", text)}
    return tuple(sorted(found - _taken()))


_KINDS = ("EVERYDAY", "EVERYDAY", "EVERYDAY", "DESCRIBING", "GIVEN", "NOUNS", "ADJECTIVES", "QUALIFIERS", "PLACES")


def _word(rng: random.Random, split: Split, *, part: bool = False) -> str:
    """An invented word or one of the language.

    In training each word may be `part` of a longer name, so that all of them are copied now and then, whatever
    their tokens; alone, and as any part of a held-out name, it is of the split. What commands themselves consist of
    is in training only: nobody's room is called "put".
    """
    while True:
        kind = rng.random()
        if kind < 0.35:
            return invented(rng, split)
        if kind < 0.45 and split is Split.TRAIN:
            word = rng.choice(_said())
        elif kind < 0.60:
            word = rng.choice(_listed())
        else:
            word = rng.choice(_entries(rng.choice(_KINDS)))
        if word not in _taken() and ((part and split is Split.TRAIN) or in_split(word, split)):
            return word


@cache
def _known(core: str, rest: str, split: Split) -> tuple[str, ...]:
    """Names of a list that tell what they are: in training all, else those that end like one seen in training."""
    endings = {name.split()[-1] for name in pool(core, Split.TRAIN) + pool(rest, Split.TRAIN)}
    return tuple(name for name in pool(rest, split) if split is Split.TRAIN or name.split()[-1] in endings)


def room(rng: random.Random, split: Split) -> str:
    """An area that a stranger recognises as one: an ordinary one, or it ends in a word for a room."""
    kind = rng.random()
    if kind < 0.66:
        core = pool("CORE_AREAS", split)
        return rng.choice(core if core and rng.random() < 0.45 else _known("CORE_AREAS", "AREAS", split))
    if kind < 0.82:
        return _owned(OWNED_ROOMS, rng, split)
    if kind < 0.88:
        return _whole(split, lambda: f"{rng.choice(WHICH_ROOM + words.THING_NOUNS)} {rng.choice(ROOMS)}")
    return _with(ROOMS, rng, split)


def area(rng: random.Random, split: Split) -> str:
    """The name of a room or a part of the house, now and then one that only its place in the sentence tells."""
    return room(rng, split) if rng.random() < 0.8 else _phrase(rng, split)


def device(rng: random.Random, split: Split) -> str:
    """A thing that a stranger recognises as one: it ends in a word for a device."""
    core = pool("CORE_THINGS", split)
    if core and rng.random() < 0.4:
        return rng.choice(core)
    if rng.random() < 0.4:
        return _owned(words.THING_NOUNS, rng, split)
    return _with(words.THING_NOUNS, rng, split)


def _drawn(rng: random.Random, *kinds: tuple[float, Callable[[], str]]) -> str:
    """What one of several ways of making a name makes; each with how often it is taken."""
    return rng.choices([make for _, make in kinds], [share for share, _ in kinds])[0]()


def thing(rng: random.Random, split: Split) -> str:
    """The name of a single device, none of those kinds that a room before them turns into its lights, fans, …"""
    count = rng.randint(1, 12)
    number = f" {rng.choice((str(count), words.NUMBERS[count - 1]))}" if rng.random() < 0.2 else ""
    return _drawn(
        rng,
        (0.45, lambda: _ordinary("CORE_THINGS", "THINGS", rng, split)),
        (0.10, lambda: _owned(words.THING_NOUNS, rng, split)),
        (0.09, lambda: _qualified(words.THING_NOUNS, rng, split)),
        (0.10, lambda: _in_area(words.THING_NOUNS, rng, split)),
        (0.10, lambda: _with(words.THING_NOUNS, rng, split) + number),
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
    return _drawn(
        rng,
        (0.20, lambda: lamp(rng, split)),
        (0.10 if split is Split.TRAIN else 0, lambda: rng.choice(COMMON_LAMPS)),
        (0.15, lambda: _owned(SHINING, rng, split)),
        (0.15, lambda: _in_area(SHINING, rng, split)),
        (0.15, lambda: _qualified(SHINING, rng, split)),
        (0.25, lambda: _with(SHINING, rng, split)),
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
    kind = rng.random()
    name = invented(rng, split) if kind < 0.3 else rng.choice(pool("PLACES" if kind < 0.6 else "TOWNS", split))
    return " ".join(part.capitalize() for part in name.split())


HEATERS = ("thermostat", "thermostat", "heater", "radiator", "air conditioner", "ac", "cooler", "boiler", "fridge")


def heater(rng: random.Random, split: Split) -> str:
    """Something with a temperature of its own that no room's word names."""
    kind, noun = rng.random(), rng.choice(HEATERS)
    if kind < 0.5:
        return f"{_owner(rng, split)} {noun}"
    return _qualified(HEATERS, rng, split)


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
        core = pool("CORE_PLAYERS", split)
        return rng.choice(core if core and rng.random() < 0.45 else _known("CORE_PLAYERS", "PLAYERS", split))
    if kind < 0.72:
        return _owned(words.PLAYER_NOUNS, rng, split)
    if kind < 0.86:
        return _in_area(words.PLAYER_NOUNS, rng, split)
    return _with(words.PLAYER_NOUNS, rng, split)


def vacuum(rng: random.Random, split: Split) -> str:
    """The vacuum, by its kind or the name people gave it."""
    if rng.random() < 0.85:
        return _ordinary("CORE_VACUUMS", "VACUUMS", rng, split)
    return _with(("vacuum",), rng, split)


def robot(rng: random.Random, split: Split) -> str:
    """The vacuum, recognisably."""
    if split is Split.TRAIN and rng.random() < 0.75:
        return rng.choice(words.CORE_VACUUMS + pool("VACUUMS", split))
    return _with(("vacuum", "hoover", "robot"), rng, split)


def gadget(rng: random.Random, split: Split) -> str:
    """A thing that a sensor belongs to."""
    kind = rng.random()
    if kind < 0.7:
        return _ordinary("CORE_GADGETS", "GADGETS", rng, split)
    if kind < 0.8:
        return _in_area(words.GADGET_NOUNS, rng, split)
    return _with(words.GADGET_NOUNS, rng, split)


def owned(rng: random.Random, split: Split) -> str:
    """Somebody's gadget."""
    return _owned(words.GADGET_NOUNS, rng, split)


def machine(rng: random.Random, split: Split) -> str:
    """Something that runs until it is done."""
    kind = rng.random()
    if kind < 0.8:
        return _ordinary("CORE_MACHINES", "MACHINES", rng, split)
    return _with(("machine", "pump", "dryer", "washer", "printer", "mower"), rng, split)


def _measure(rng: random.Random) -> str:
    """An amount before goods: "two bottles of", "a dozen"."""
    if rng.random() < 0.4:
        return rng.choice(words.MEASURES)
    one, many = rng.choice(words.UNITS)
    count = rng.randint(1, 12)
    number = rng.choice((str(count), words.NUMBERS[count - 1], "a" if count == 1 else "some"))
    return f"{number if number != 'some' else 'a few'} {one if count == 1 else many} of"


def _more_goods(rng: random.Random, split: Split) -> str:
    goods = rng.choice(pool("CORE_ITEMS", split) + pool("ITEMS", split) + pool("GROCERIES", split))
    return f"{rng.choice((_measure(rng), 'some'))} {goods}" if rng.random() < 0.2 else goods


def _bought(rng: random.Random, split: Split) -> str:
    if rng.random() < 0.3:
        return rng.choice(pool("GROCERIES", split))
    return _ordinary("CORE_ITEMS", "ITEMS", rng, split)


def item(rng: random.Random, split: Split) -> str:
    """Something to buy, with or without a quantity."""
    goods = _bought(rng, split) if rng.random() < 0.6 else _phrase(rng, split)
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
    return _bought(rng, split) if rng.random() < 0.8 else _phrase(rng, split)


def timer(rng: random.Random, split: Split) -> str:
    """What a timer is for."""
    return rng.choice(pool("TIMER_NAMES", split)) if rng.random() < 0.6 else _phrase(rng, split)


def person(rng: random.Random, split: Split) -> str:
    name = _given(rng, split)
    return name.capitalize() if not name.startswith("the ") else name
