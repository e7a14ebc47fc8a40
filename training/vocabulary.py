"""The tokens besides bytes: common words, and the pieces answers are made of.

Text as tokens is a seventh of what it is as bytes, so a run sees seven times the sentences, and a known name is
copied in one step. What is no token (a name nobody has heard of, a typing mistake) is bytes as before. The list is made
once, when a run begins, from sentences of the training split; it travels with the checkpoint.
"""

from __future__ import annotations

import itertools
import json
import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

from edge.text.codecs import ByteCodec

from .grammar import Split, samples
from .grammar.answers import SLOT_ORDER, SLOTS, TEXT_SLOTS

BOS, EOS, SUFFIX = 256, 257, "\n"

MARKS = ("'s", "'m", "'d", "'t", "'re", "'ve", "'ll", '"')
STATES = ("on", "off", "open", "closed", "locked", "unlocked", "home", "not_home")


def pieces(answers: list[str]) -> list[str]:
    """What answers consist of, names and numbers aside. `answers` show which values the closed slots have."""
    found = ['{"intent": null}', "}}"]
    for intent, slots in SLOTS.items():
        found.append(f'{{"intent": "{intent}", "slots": {{' + ("" if slots else "}}"))
    for key in SLOT_ORDER:
        quote = '"' if key in TEXT_SLOTS or key == "state" else ""
        found += [f'{comma}"{key}": {quote}' for comma in ("", ", ") if key not in ("domain", "device_class")]
    shown = "\n".join(answers)
    found += sorted(set(re.findall(r'(?:, )?"(?:domain|device_class)": "[a-z0-9_]+"', shown)))
    # not every state: it may be a place that somebody is at
    return [*found, *(f', "state": "{state}"' for state in STATES)]


def learn(seed: int, sentences: int = 150_000, least: int = 22) -> list[str]:
    """The tokens: pieces, marks, and every word that is in at least `least` of so many training sentences."""
    drawn = list(itertools.islice(samples(seed, Split.TRAIN), sentences))
    counts = Counter(itertools.chain.from_iterable(set(re.findall("[A-Za-z]+", one.sentence)) for one in drawn))
    words = sorted((w for w, n in counts.items() if n >= least and len(w) > 1), key=lambda w: (-counts[w], w))
    return [*pieces([one.answer for one in drawn]), *MARKS, *words]


def tokenizer_config(tokens: list[str]) -> dict[str, Any]:
    """`tokenizer_config.json` of the model."""
    return {
        "tokenizer_class": "ByteTokenizer",
        "bos_token_id": BOS,
        "eos_token_id": EOS,
        "add_bos": True,
        "prompt_suffix": SUFFIX,
        "tokens": tokens,
    }


def codec(tokens: list[str]) -> ByteCodec:
    """The engine's own tokenizer, so that training reads what the model will read."""
    return ByteCodec(tokenizer_config(tokens), Path("tokenizer_config.json"))


def of_run(folder: Path, seed: int, *, bytes_only: bool = False) -> list[str]:
    """The tokens of a run: those in its folder, or new ones, written there. `bytes_only`: none at all."""
    path = folder / "vocabulary.json"
    if not path.exists():
        part = path.with_suffix(".part")
        part.write_text(json.dumps([] if bytes_only else learn(seed), indent=0, ensure_ascii=False), encoding="utf-8")
        part.replace(path)
    return _read(path)


@cache
def _read(path: Path) -> list[str]:
    tokens: list[str] = json.loads(path.read_text(encoding="utf-8"))
    return tokens
