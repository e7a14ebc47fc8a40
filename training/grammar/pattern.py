"""Phrasings: a small notation for many ways of saying one thing.

    "(turn|switch) on [all] the {area} lights"

`(a|b)` is a choice, `[a]` may be left out, `{slot}` is filled in later; both may be nested.
A *phrasing* is one fully chosen text with its slots still open ("switch on the {area} lights").
Phrasings, not sentences, are split into training and evaluation: `is_held_out` decides by a hash
of the phrasing, so the split is fixed before anything is trained and does not move when lines
are added elsewhere.

A table of phrasings is one text with a line for each family: `block` reads it.
"""

from __future__ import annotations

import hashlib
import itertools
import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator, Mapping

Node = str | list["Node"] | tuple["Node", ...]
"""Literal text, a sequence (list) or a choice (tuple)."""

SPLIT_SEED = "home-2"


def held_out_share(text: str, share: float, kind: str) -> bool:
    """True for about `share` of all texts, always the same ones."""
    digest = hashlib.blake2b(f"{SPLIT_SEED}/{kind}/{text}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") < share * 2**64


def is_held_out(phrasing: str) -> bool:
    """Whether a phrasing belongs to the evaluation (one in ten does)."""
    return held_out_share(phrasing, 0.10, "phrasing")


@cache
def parse(source: str) -> Node:
    """The tree of one line; ValueError when brackets do not match."""
    node, rest = _choice(source, "")
    if rest:
        raise ValueError(f"unmatched {rest[0]!r} in phrasing {source!r}")
    return node


def _choice(text: str, closing: str) -> tuple[Node, str]:
    options: list[Node] = []
    sequence: list[Node] = []
    while text and text[0] not in (closing or "\0"):
        head = text[0]
        if head in "([":
            inner, text = _choice(text[1:], ")" if head == "(" else "]")
            if not text:
                raise ValueError("a bracket is not closed")
            sequence.append(inner if head == "(" else ("", inner))
            text = text[1:]
        elif head == "|":
            options.append(sequence)
            sequence, text = [], text[1:]
        elif head in ")]":
            break
        else:
            end = re.search(r"[()\[\]|]", text)
            stop = end.start() if end else len(text)
            sequence.append(text[:stop])
            text = text[stop:]
    options.append(sequence)
    return (tuple(options) if len(options) > 1 else options[0]), text


def choose(source: str, rng: random.Random) -> str:
    """One phrasing of a line, drawn at random."""
    return _tidy(_draw(parse(source), rng))


def every(source: str) -> Iterator[str]:
    """All phrasings of a line."""
    return map(_tidy, _all(parse(source)))


def _tidy(phrasing: str) -> str:
    return re.sub(r"\s+", " ", phrasing).strip()


def _all(node: Node) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, tuple):
        for option in node:
            yield from _all(option)
    else:
        for parts in itertools.product(*map(list, map(_all, node))):
            yield "".join(parts)


def _draw(node: Node, rng: random.Random) -> str:
    if isinstance(node, str):
        return node
    if isinstance(node, tuple):
        return _draw(rng.choice(node), rng)
    return "".join(_draw(part, rng) for part in node)


@dataclass(frozen=True)
class Family:
    """One line of a table: `style`, how often it is drawn, its notation, and the slots that are always the same."""

    style: str
    weight: float
    line: str
    fixed: tuple[tuple[str, int | str], ...]


_LINE = re.compile(r"([!.?])(\d*)\s+(.*?)(?:\s+=>\s+(.*))?")


def block(text: str, macros: Mapping[str, str], **fixed: int | str) -> tuple[Family, ...]:
    """The families of a table, one to a line:  STYLE[WEIGHT] PHRASINGS [=> KEY: VALUE; KEY: VALUE]

    STYLE is `!` for an imperative, which may get "please", "can you" and the like around it, `.` for a whole
    sentence or a fragment, which may get "please" or "thanks" behind it, and `?` for a question.
    `<word>` stands for `(macros[word])` and `@` for `macros["@"]`; `fixed` are slots of all lines.
    ValueError for a line that is none of this.
    """
    families = []
    for row in filter(None, (row.strip() for row in text.splitlines())):
        match = _LINE.fullmatch(
            re.sub(r"<(\w+)>", lambda m: f"({macros[m[1]]})", row).replace("@", macros.get("@", "@"))
        )
        if not match:
            raise ValueError(f"not a family of phrasings: {row!r}")
        style, weight, line, extra = match.groups()
        parse(line)
        pairs = [pair.strip().split(": ") for pair in extra.split(";")] if extra else []
        slots = fixed | {key: int(value) if value.isdigit() else value for key, value in pairs}
        families.append(Family(style, float(weight or 1), line, tuple(slots.items())))
    return tuple(families)
