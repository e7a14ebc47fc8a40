"""The tokens besides bytes: common words, and the pieces answers are made of.

Text as tokens is a quarter of what it is as bytes, so a run sees four times the sentences, and a known name is
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

from .files import write_whole
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


def learn(seed: int, sentences: int = 150_000, copied: int = 20, said: int = 200) -> list[str]:
    """The tokens: pieces, marks, and words that are worth one.

    A word is worth a token when names in at least `copied` of so many training sentences have it: a network learns
    to copy a token by copying it. One that is only ever read must be in `said` of them; as bytes it can be copied.
    """
    drawn = list(itertools.islice(samples(seed, Split.TRAIN), sentences))
    read = Counter(itertools.chain.from_iterable(set(_words(one.sentence)) for one in drawn))
    names = (" ".join(_VALUES.findall(one.answer)) for one in drawn)
    written = Counter(itertools.chain.from_iterable(set(_words(name)) for name in names))
    chosen = (w for w, n in read.items() if len(w) > 1 and (written[w] >= copied or n >= said))
    return [*pieces([one.answer for one in drawn]), *MARKS, *sorted(chosen, key=lambda w: (-read[w], w))]


_VALUES = re.compile(rf'"(?:{"|".join(TEXT_SLOTS)})": "([^"]*)"')
_words = re.compile("[A-Za-z]+").findall


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
    """The tokens of a run: those in its folder, or new ones, written there. `bytes_only`: none at all.

    ValueError when the folder has tokens and there should be none, or the contrary.
    """
    path = folder / "vocabulary.json"
    if not path.exists():
        write_whole(path, json.dumps([] if bytes_only else learn(seed), indent=0, ensure_ascii=False))
    tokens = _read(path)
    if bool(tokens) is bytes_only:
        raise ValueError(f"{path} {'has' if tokens else 'has no'} tokens besides bytes: give another --out")
    return tokens


@cache
def _read(path: Path) -> list[str]:
    tokens: list[str] = json.loads(path.read_text(encoding="utf-8"))
    return tokens
