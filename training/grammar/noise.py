"""What goes wrong between a thought and its text: hesitation, lost apostrophes, typing mistakes.

Only plain words change. Names and numbers stay as they are, so that the right answer does too.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

Piece = tuple[str, "str | None"]

_SOUNDS = ("um", "uh", "er", "uhm", "like", "ah", "hm", "you know", "well", "erm", "i mean", "please")

_BESIDE = {
    "q": "wa", "w": "qes", "e": "wrd", "r": "etf", "t": "ryg", "y": "tuh", "u": "yij", "i": "uok", "o": "ipl",
    "p": "ol", "a": "qsz", "s": "adw", "d": "sfe", "f": "dgr", "g": "fht", "h": "gjy", "j": "hku", "k": "jli",
    "l": "ko", "z": "xa", "x": "zcs", "c": "xvd", "v": "cbf", "b": "vng", "n": "bmh", "m": "nj",
}  # fmt: skip
"""Each letter's neighbours on the keyboard."""

_MISHEARD = {"off": "of", "to": "too"}


def spoil(pieces: list[Piece], rng: random.Random) -> list[Piece]:
    """The pieces of a sentence as somebody in a hurry would have said or typed them; mostly unchanged."""
    if rng.random() < 0.12:
        pieces = [(text.replace("'", ""), key) if key is None else (text, key) for text, key in pieces]
    mishap = rng.choices([change for _, change in _MISHAPS], [share for share, _ in _MISHAPS])[0]
    return mishap(pieces, rng)


def _replaced(pieces: list[Piece], pattern: str, change: Callable[[re.Match[str]], str]) -> list[Piece]:
    """What is left out, said otherwise or misheard all through the sentence."""
    return [(re.sub(pattern, change, text), key) if key is None else (text, key) for text, key in pieces]


def _changed(pieces: list[Piece], rng: random.Random, change: Callable[[str, random.Random], str]) -> list[Piece]:
    """Change one word of one plain piece, if there is one with words."""
    plain = [index for index, (text, key) in enumerate(pieces) if key is None and text.strip()]
    if not plain:
        return pieces
    index = rng.choice(plain)
    text, key = pieces[index]
    words = text.split(" ")
    candidates = [i for i, word in enumerate(words) if word]
    at = rng.choice(candidates)
    words[at] = change(words[at], rng)
    return [*pieces[:index], (" ".join(words), key), *pieces[index + 1 :]]


def _hesitate(word: str, rng: random.Random) -> str:
    """A sound before or behind the word, or the word twice."""
    kind = rng.random()
    if kind < 0.3:
        return f"{word} {word}"
    sound = rng.choice(_SOUNDS)
    return f"{sound} {word}" if kind < 0.65 else f"{word} {sound}"


def _mistype(word: str, rng: random.Random) -> str:
    """Two letters change places, one is lost, doubled or hit beside; short words stay, for they might mean another."""
    if len(word) < 4 or not word.isalpha():
        return word
    at = rng.randrange(1, len(word) - 1)
    kind = rng.randrange(4)
    if kind == 0:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    if kind == 1:
        return word[:at] + word[at + 1 :]
    if kind == 2:
        return word[:at] + word[at] + word[at:]
    return word[:at] + rng.choice(_BESIDE.get(word[at].lower(), word[at])) + word[at + 1 :]


_MISHAPS: tuple[tuple[float, Callable[[list[Piece], random.Random], list[Piece]]], ...] = (
    (0.735, lambda pieces, _: pieces),
    (0.05, lambda pieces, rng: _changed(pieces, rng, _hesitate)),
    (0.07, lambda pieces, rng: _changed(pieces, rng, _mistype)),
    (0.015, lambda pieces, rng: _changed(pieces, rng, lambda word, _: f"{word},")),
    (0.07, lambda pieces, _: _replaced(pieces, r"\bthe ", lambda _: "")),
    (0.05, lambda pieces, rng: _replaced(pieces, r"\bthe\b", lambda _: rng.choice(("my", "my", "our", "that")))),
    (0.01, lambda pieces, _: _replaced(pieces, r"\b(off|to)\b", lambda match: _MISHEARD[match[1]])),
)
"""What may happen to a sentence, and how often."""
