"""What people say around a wish: calls, requests, thanks, purposes, excuses."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random

POLITE = (
    "do me a favor and|do me a favour and|is it possible to|is there a way to|any way to|i wonder if you could|"
    "i was hoping you could|it would be great if you could|it'd be nice if you could|would you be able to|"
    "i'd appreciate it if you could|would you kindly|may i ask you to|might you|do you think you can|"
    "could someone|can somebody|shall we|why don't we|how about we|couldn't we|be an angel and|"
    "make yourself useful and|if you could|when you get a chance|you could|i'd be happy if you could|mind if we"
)
"""Choices before an imperative that make a question of it."""

RATHER = (
    "i'd prefer|i'd rather have|i just want|i only want|all i want is|what i want is|it would be nice to have|"
    "it'd be nice to have|i'd appreciate|i could do with|is it possible to have|is it possible to get|"
    "is there a way to have|would it be ok to have|may we have|may i have|might i have|could you get me|"
    "please have|give me|would you have"
)
"""Choices before a thing that is wished for."""

_CALLS = (
    "hey", "ok", "okay", "hey house", "computer", "hello", "so", "um", "uh", "well", "now", "and", "hey computer",
    "oh", "hi", "alright", "right", "yo", "please", "excuse me", "hey there", "hmm", "also", "then", "house",
    "good morning", "dear house", "er", "listen", "quick", "actually", "ok so", "hey can you hear me",
)  # fmt: skip
_ASKS = (
    "please", "please", "please", "can you", "can you", "could you", "could you", "would you", "can you please",
    "could you please", "will you", "would you please", "i want you to", "i'd like you to", "i would like you to",
    "i need you to", "be so kind and", "be a dear and", "would you mind to", "you can", "you should", "can we",
    "go and", "quickly", "just", "now please", "could you just", "can you just", "would you be so kind as to",
    "go ahead and", "can you quickly", "please could you", "please can you", "kindly", "do me a favor and",
    "i need to", "let's", "i want to", "i'd like to", "could we", "may i ask you to", "you could",
    "are you able to", "is it possible to", "help me", "try to", "would it be possible to", "any chance you could",
    "why don't you", "could you maybe", "i think you should", "make sure to", "remember to", "can somebody",
    "someone", "you need to", "it would be nice if you could", "how about you", "i was wondering if you could",
    "do you think you could", "feel free to", "time to",
)  # fmt: skip
_ENDINGS = (
    "please", "please", "please", "please", "now", "right now", "for me", "for me please", "thanks", "thank you",
    "will you", "would you", "if you can", "if you don't mind", "if possible", "quickly", "immediately",
    "right away", "thank you very much", "ok", "okay", "would you please", "can you", "buddy", "dear",
    "as soon as possible", "if you could", "real quick", "at once", "when you can",
)  # fmt: skip


_PURPOSES = (
    "for the kids", "for the delivery guy", "for our guests", "for dinner",
    "and leave it that way", "and keep it like that", "and hurry", "for grandma", "for the cat", "for the baby",
    "so i can sleep", "so i can see", "so that we can eat", "or i will freeze", "before i fall asleep", "for the party",
    "and be quick about it", "and thank you", "for good", "like always", "as usual", "once more", "this time", "too",
)  # fmt: skip
_REASONS = (
    "it's late", "i'm going to bed", "we're leaving", "i'm leaving", "the baby is sleeping", "guests are coming",
    "i'm tired", "it's getting late", "we have visitors", "i can't sleep", "i'm home", "we're back",
    "my hands are full", "i'm busy", "dinner is ready", "i forgot", "it's time", "i'm in a hurry",
    "the kids are in bed", "i'm working", "nobody is there", "i need to concentrate", "it's so nice today",
    "i'm in bed already", "we're having a party",
)  # fmt: skip


def around(style: str, rng: random.Random, *, purposeful: bool) -> tuple[str, str]:
    """(text before, text after); an imperative may get any, other sentences only calls and thanks.

    A `purposeful` one may also say what it is for.
    """
    before, after = _politeness(style, rng)
    if not after and purposeful and rng.random() < 0.03:
        after = " " + rng.choice(_PURPOSES)
    return before, after


def _politeness(style: str, rng: random.Random) -> tuple[str, str]:
    before = after = ""
    if style == "!" and rng.random() < 0.025:
        reason = rng.choice(_REASONS)
        if rng.random() < 0.6:
            return reason + rng.choice((" ", ", ", " so ", " so please ", " please ", " can you ")), ""
        return "", rng.choice((" ", ", ", " because ")) + reason
    if style == "!" and rng.random() < 0.30:
        before = rng.choice(_ASKS) + " "
    if rng.random() < 0.10:
        before = rng.choice(_CALLS) + rng.choice((" ", " ", ", ")) + before
    if rng.random() < {"!": 0.2, ".": 0.1, "?": 0.04}[style]:
        endings = _ENDINGS if style == "!" else ("please", "please", "thanks", "thank you")
        after = rng.choice((" ", " ", ", ")) + rng.choice(endings)
    return before, after
