"""The home-automation grammar: endless pairs of a sentence and its JSON answer."""

from .answers import SLOT_ORDER, SLOTS, render
from .names import Split
from .sentences import SHARES, Sample, sample, samples, wording, wordings_in_training

__all__ = [
    "SHARES",
    "SLOTS",
    "SLOT_ORDER",
    "Sample",
    "Split",
    "render",
    "sample",
    "samples",
    "wording",
    "wordings_in_training",
]
