"""Sentence and answer pairs: a phrasing, its slots filled, said politely or not, typed or spoken."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import commands, names, numbers, smalltalk
from .answers import Value, render
from .names import Split, pool
from .pattern import choose, is_held_out

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import EllipsisType

SHARES = {
    "HassTurnOn": 0.14,
    "HassTurnOff": 0.14,
    "HassLightSet": 0.14,
    "HassClimateSetTemperature": 0.10,
    "HassStartTimer": 0.12,
    "HassShoppingListAddItem": 0.10,
    "HassGetWeather": 0.05,
    "HassNevermind": 0.05,
    None: 0.16,
}
"""How often each intent is drawn."""

_SLOT = re.compile(r"\{(\w+)\}")


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
        style, line, fixed = _family(rng, intent)
        phrasing = choose(line, rng)
        if is_held_out(phrasing) is (split is Split.HELD_OUT):
            break
    said = _Said(rng, split)
    slots: dict[str, Value] = dict(fixed)
    parts = _SLOT.split(phrasing)
    for index, part in enumerate(parts):
        if index % 2 == 0:
            said.add(part)
        else:
            said.fill(part, slots)
    sentence = said.finish(style, slots)
    if intent is None:
        slots = {}
    return Sample(sentence, render(intent, slots), intent, phrasing)


def samples(seed: int, split: Split) -> Iterator[Sample]:
    """An endless stream; the same seed gives the same stream."""
    rng = random.Random(f"{seed}/{split.value}")  # noqa: S311 - no secrets here
    while True:
        yield sample(rng, split)


def _family(rng: random.Random, intent: str | None) -> tuple[str, str, dict[str, Value]]:
    if intent is None:
        kinds = smalltalk.KINDS
        lines = rng.choices([k[1] for k in kinds], [k[0] for k in kinds])[0]
        return "?", rng.choice(lines), {}
    style, line = rng.choice(commands.INTENTS[intent])
    line, _, extra = line.partition(" => ")
    fixed: dict[str, Value] = {}
    if extra:
        key, value = extra.split(": ")
        fixed[key] = int(value) if value.isdigit() else value
    return style, line, fixed


class _Said:
    """A sentence under construction: pieces of text, and which slot each was copied into."""

    def __init__(self, rng: random.Random, split: Split) -> None:
        self.rng, self.split = rng, split
        self.pieces: list[tuple[str, str | None]] = []

    def add(self, text: str) -> None:
        self.pieces.append((text, None))

    def fill(self, slot: str, slots: dict[str, Value]) -> None:
        """Put something into an open slot; numbers go to `slots` at once, text when finished."""
        rng, split = self.rng, self.split
        if slot in _COPIED:
            key, make = _COPIED[slot]
            self.pieces.append((make(rng, split), key))
            return
        if slot == "level":
            self.pieces.append((rng.choice(("upstairs", "downstairs", "outside")), "area"))
            return
        if slot == "percent":
            text, slots["brightness"] = numbers.percent(rng)
        elif slot in ("temperature", "degrees"):
            text, slots["temperature"] = numbers.temperature(rng, unit=slot == "degrees")
        elif slot == "span":
            text, length = numbers.span(rng)
            slots.update(length)
        elif slot == "duration":
            text, length = numbers.duration(rng)
            slots.update(length)
        elif slot == "number":
            text = numbers.written(rng.randint(1, 100), rng)
        elif slot in ("invented", "person"):
            text = getattr(names, slot)(rng, split)
        else:
            text = rng.choice(pool(_LISTS[slot], split))
        self.add(text)

    def finish(self, style: str, slots: dict[str, Value]) -> str:
        """Add manners, case and punctuation; write the copied slots; return the sentence."""
        rng = self.rng
        before, after = _manners(style, rng)
        self.pieces.insert(0, (before, None))
        self.add(after)
        look = rng.random()
        if look < 0.66:
            self._recase(str.lower)
        elif look < 0.68:
            self._recase(str.upper)
        else:
            self._capitalise()
        # a comma after the manners is typed, never recognised
        sentence = "".join(text for text, _ in self.pieces)
        if look >= 0.66 and rng.random() < 0.6:
            sentence += rng.choice("?!." if style == "?" else ".!.")
        elif rng.random() < 0.04:
            sentence += rng.choice((".", "!", "?", " "))
        slots.update({key: text for text, key in self.pieces if key is not None})
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
    "name": ("name", names.thing),
    "room": ("area", names.room),
    "device": ("name", names.device),
    "item": ("item", names.item),
    "timer": ("name", names.timer),
}

_LISTS = {
    "topic": "TOPICS",
    "place": "PLACES",
    "verb": "VERBS",
    "noun": "NOUNS",
    "adjective": "ADJECTIVES",
    "food": "ITEMS",
}

_CALLS = (
    "hey", "ok", "okay", "hey house", "computer", "hello", "so", "um", "uh", "well", "now", "and", "hey computer",
)  # fmt: skip
_ASKS = (
    "please", "please", "can you", "could you", "would you", "can you please", "could you please", "will you",
    "would you please", "i want you to", "i'd like you to", "i would like you to", "i need you to", "be so kind and",
    "would you mind to", "you can", "you should", "can we", "go and", "quickly", "just", "now please",
)  # fmt: skip
_ENDINGS = (
    "please", "please", "please", "now", "right now", "for me", "for me please", "thanks", "thank you", "will you",
)  # fmt: skip


def _manners(style: str, rng: random.Random) -> tuple[str, str]:
    """(text before, text after); an imperative may get any, other sentences only calls and thanks."""
    before = after = ""
    if style == "!" and rng.random() < 0.32:
        before = rng.choice(_ASKS) + " "
    if rng.random() < 0.10:
        before = rng.choice(_CALLS) + rng.choice((" ", " ", ", ")) + before
    if style in "!." and rng.random() < (0.2 if style == "!" else 0.1):
        endings = _ENDINGS if style == "!" else ("please", "thanks", "thank you")
        after = rng.choice((" ", " ", ", ")) + rng.choice(endings)
    return before, after
