"""Sentence and answer pairs: a phrasing, its slots filled, said politely or not, typed or spoken."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from . import commands, manners, names, noise, numbers, slots, smalltalk
from .answers import Value, render
from .names import Split, pool
from .pattern import Family, choose, every, is_held_out

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import EllipsisType

NULL_SHARE = 0.22
"""How often a sentence is no command; the rest is shared by the weights in `commands.INTENTS`."""

_WEIGHTS = {intent: weight for intent, (weight, _) in commands.INTENTS.items()}
SHARES: dict[str | None, float] = {
    **{intent: (1 - NULL_SHARE) * weight / sum(_WEIGHTS.values()) for intent, weight in _WEIGHTS.items()},
    None: NULL_SHARE,
}
"""How often each intent is drawn."""

_SLOT = re.compile(r"\{(\w+)\}")
_ARTICLE = re.compile(r"\b(?:the|my|our|a|an) ")
_TIME_OF_DAY = re.compile(r"(?<=\bat )\{number\}|(?<=\bpast )\{number\}|\{number\}(?= (?:o'clock|am|pm)\b)")
"""Numbers of a phrasing that are hours. What is around them tells, not a slot of their own: the split is a hash of the
phrasing, and another slot would move it."""


@dataclass(frozen=True)
class Sample:
    sentence: str
    answer: str
    intent: str | None
    phrasing: str


def sample(rng: random.Random, split: Split, intent: str | EllipsisType | None = ...) -> Sample:
    """One pair of a split; of the given intent (None: out of scope), or drawn by `SHARES`."""
    if intent is ...:
        intent = rng.choices(list(SHARES), list(SHARES.values()))[0]
    while True:
        family = _family(rng, intent)
        phrasing = choose(family.line, rng)
        if is_held_out(phrasing) is (split is Split.HELD_OUT):
            break
    while True:
        said = _Said(rng, split, intent)
        for index, part in enumerate(_SLOT.split(_TIME_OF_DAY.sub("{clock}", phrasing))):
            if index % 2 == 0:
                said.add(part)
            else:
                said.fill(part)
        if not said.contradicts():
            break
    sentence = said.finish(family.style)
    # what the line itself says wins over what its words mean
    slots = said.slots | dict(family.fixed) if intent else {}
    if intent == "HassLightSet" and "name" not in slots:
        slots["domain"] = "light"
    return Sample(sentence, render(intent, slots), intent, phrasing)


def samples(seed: int, split: Split) -> Iterator[Sample]:
    """An endless stream; the same seed gives the same stream."""
    rng = random.Random(f"{seed}/{split.value}")  # noqa: S311 - no secrets here
    while True:
        yield sample(rng, split)


def wording(phrasing: str) -> str:
    """A phrasing to who cannot tell a fan from a lamp: slots by what they are in the answer, without articles."""
    masked = _SLOT.sub(lambda match: f"{{{_COPIED.get(match[1], (match[1],))[0]}}}", phrasing)
    return _ARTICLE.sub("", masked)


def wordings_in_training(intent: str) -> frozenset[str]:
    """Every wording of an intent that training may meet; takes a second or two."""
    families = (family for _, table in commands.INTENTS[intent][1] for family in table)
    phrasings = (phrasing for family in families for phrasing in every(family.line))
    return frozenset(wording(phrasing) for phrasing in phrasings if not is_held_out(phrasing))


def _family(rng: random.Random, intent: str | None) -> Family:
    if intent is None:
        kinds = smalltalk.KINDS
        lines = rng.choices([k[1] for k in kinds], [k[0] for k in kinds])[0]
        return Family("?", 1.0, rng.choice(lines), ())
    tables = commands.INTENTS[intent][1]
    families = rng.choices([t[1] for t in tables], [t[0] for t in tables])[0]
    return rng.choices(families, [family.weight for family in families])[0]


class _Said:
    """A sentence under construction: pieces of text, and which slot each was copied into.

    A piece's slot is "" where it may not be changed (a number), and None where it is only words.
    """

    def __init__(self, rng: random.Random, split: Split, intent: str | None) -> None:
        self.rng, self.split, self.intent = rng, split, intent
        self.slots: dict[str, Value] = {}
        self.pieces: list[tuple[str, str | None]] = []

    def add(self, text: str, key: str | None = None) -> None:
        self.pieces.append((text, key))

    def fill(self, slot: str) -> None:
        """Put something into an open slot; meanings go to `slots` at once, text when finished."""
        rng, split = self.rng, self.split
        if slot in _COPIED:
            key, make = _COPIED[slot]
            self.add(make(rng, split), key)
        elif slot in _TABLES:
            text, meaning = rng.choice(_TABLES[slot])
            self.slots.update(meaning)
            self.add(text, "")
        elif slot in _OWN:
            noun, meaning = rng.choice(_OWN[slot])
            self.slots.update(meaning)
            self.add(names.own(rng, split, noun), "name")
        elif slot == "sensor_name":
            noun, meaning = rng.choice(slots.SENSOR_MEASURE)
            self.slots.update(meaning)
            self.add(f"{rng.choice(slots.SENSOR_PLACES)} {noun}", "name")
        elif slot in _NUMBERS:
            self._count(slot)
        elif slot == "invented":
            self.add(names.invented(rng, split), "")
        elif slot == "someone":
            self.add(names.person(rng, split), "")
        else:
            self.add(rng.choice(pool(_LISTS[slot], split)), "")

    def _count(self, slot: str) -> None:
        text, meaning = _NUMBERS[slot](self.rng)
        if slot == "percent":
            after_at = bool(self.pieces) and self.pieces[-1][0].endswith("at ")
            while self.intent == "HassLightSet" and after_at and numbers.may_be_hour(text):
                text, meaning = _NUMBERS[slot](self.rng)
            meaning = {_MEANS.get(self.intent or "", slot): meaning[slot]}
        elif slot.startswith("start"):
            meaning = {f"start_{key}": value for key, value in meaning.items()}
        self.slots.update(meaning)
        self.add(text, "")

    def contradicts(self) -> bool:
        """Whether it was put together to something that means something else: a garage's door is the garage door."""
        rooms = {text for text, key in self.pieces if key == "area"}
        return "garage" in rooms and self.slots.get("device_class") in ("door", "gate", "opening")

    def finish(self, style: str) -> str:
        """Add manners, mistakes, case and punctuation; write the copied slots; return the sentence."""
        rng = self.rng
        before, after = manners.around(style, rng, purposeful=self.intent in _WITH_PURPOSE)
        self.pieces.insert(0, (before, None))
        self.add(after)
        self.pieces = noise.spoil(self.pieces, rng)
        look = rng.random()
        if look < 0.68:
            self._recase(str.lower)
        elif look < 0.70:
            self._recase(str.upper)
        else:
            self._capitalise()
        # a comma after the manners is typed, never recognised
        sentence = "".join(text for text, _ in self.pieces)
        if look >= 0.68 and rng.random() < 0.6:
            sentence += rng.choice("?!." if style == "?" else ".!.")
        elif rng.random() < 0.04:
            sentence += rng.choice((".", "!", "?", " "))
        self.slots.update({key: text for text, key in self.pieces if key})
        return sentence

    def _recase(self, change: Callable[[str], str]) -> None:
        self.pieces = [(change(text), key) for text, key in self.pieces]

    def _capitalise(self) -> None:
        for index, (text, key) in enumerate(self.pieces):
            if text:
                self.pieces[index] = (text[0].upper() + text[1:], key)
                return


_COPIED: dict[str, tuple[str, Callable[[random.Random, Split], str]]] = {
    "area": ("area", names.area),
    "room": ("area", names.room),
    "floor": ("floor", lambda rng, split: rng.choice(pool("FLOORS", split))),
    "outside": ("area", lambda *_: "outside"),
    "color": ("color", lambda rng, split: rng.choice(pool("COLORS", split))),
    "zone_state": ("state", lambda rng, split: rng.choice(pool("ZONES", split))),
    "name": ("name", names.thing),
    "device": ("name", names.device),
    "lamp": ("name", names.lamp),
    "bulb": ("name", names.bulb),
    "fan": ("name", names.fan),
    "own_door": ("name", names.door),
    "valve": ("name", names.valve),
    "scene": ("name", names.scene),
    "mode": ("name", names.mode),
    "script": ("name", names.script),
    "player": ("name", names.player),
    "vacuum": ("name", names.vacuum),
    "robot": ("name", names.robot),
    "thing": ("name", names.gadget),
    "owned": ("name", names.owned),
    "machine": ("name", names.machine),
    "timer": ("name", names.timer),
    "person": ("name", names.person),
    "city": ("name", names.city),
    "heater": ("name", names.heater),
    "folks": ("name", lambda rng, split: rng.choice(pool("FOLKS", split))),
    "relative": ("name", lambda rng, split: rng.choice(pool("RELATIVES", split))),
    "item": ("item", names.item),
    "goods": ("item", names.goods),
}

_TABLES: dict[str, slots.Table] = {
    "covers": slots.COVERS,
    "cover": slots.COVER,
    "way": slots.WAY,
    "ways": slots.WAYS,
    "way_q": slots.WAY_Q,
    "ways_q": slots.WAYS_Q,
    "on_state": slots.ON_STATE,
    "way_state": slots.WAY_STATE,
    "cover_state": slots.COVER_STATE,
    "lock_state": slots.LOCK_STATE,
    "measure": slots.MEASURE,
    "room_measure": slots.ROOM_MEASURE,
    "house_measure": slots.HOUSE_MEASURE,
}

_OWN: dict[str, slots.Table] = {
    "own_cover": slots.COVER + slots.COVERS,
    "own_way": slots.WAY,
    "own_way_q": slots.WAY_Q,
}

_NUMBERS: dict[str, Callable[[random.Random], numbers.Length]] = {
    "percent": numbers.percent,
    "temperature": numbers.temperature,
    "degrees": partial(numbers.temperature, unit=True),
    "duration": numbers.duration,
    "span": numbers.span,
    "start": numbers.duration,
    "start_span": numbers.span,
    "number": numbers.number,
    "clock": numbers.hour,
    "more": numbers.more,
}

_MEANS = {"HassLightSet": "brightness", "HassSetPosition": "position", "HassSetVolume": "volume_level"}
"""What a percentage is, by intent."""

_LISTS = {
    "topic": "TOPICS",
    "place": "PLACES",
    "verb": "VERBS",
    "noun": "NOUNS",
    "adjective": "ADJECTIVES",
    "food": "ITEMS",
    "day": "DAYS",
}

OPEN_SLOTS = frozenset({*_COPIED, *_TABLES, *_OWN, *_NUMBERS, *_LISTS, "sensor_name", "invented", "someone"})
"""Every slot a phrasing may have."""

_WITH_PURPOSE = ("HassTurnOn", "HassTurnOff", "HassLightSet", "HassSetPosition", "HassClimateSetTemperature")
"""Commands for which people say what for, now and then."""
