"""What the firmware of a Raspberry Pi says of its power and heat: ``vcgencmd get_throttled``'s bits in words.

The bits: https://www.raspberrypi.com/documentation/computers/os.html#get_throttled
"""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["Throttling", "bits_of", "decode"]

_BITS = ("under-voltage", "clock-capped", "throttled", "near-heat-limit")
_SINCE_BOOT = 16  # the same bits, this much higher: it has happened since the board was started


@dataclass(frozen=True)
class Throttling:
    """``now``: what is so at this moment. ``before``: what was so since the board was started, and is not now.

    In words: ``under-voltage`` (the supply or its cable is too weak), ``clock-capped`` (the processor's clock is held
    down), ``throttled`` (it is slowed down by much), ``near-heat-limit`` (and slowed down a little for that).
    """

    now: tuple[str, ...]
    before: tuple[str, ...]


def decode(bits: int) -> Throttling:
    """The bits in words; those that nobody has explained are left out."""
    now = tuple(word for bit, word in enumerate(_BITS) if bits >> bit & 1)
    since = (word for bit, word in enumerate(_BITS) if bits >> bit + _SINCE_BOOT & 1)
    return Throttling(now, tuple(word for word in since if word not in now))


def bits_of(text: str | None) -> int | None:
    """The number in ``throttled=0x50005``, with or without that beginning; None: there is none."""
    found = re.fullmatch(r"(?:throttled=)?0x([0-9a-fA-F]{1,8})", (text or "").strip())
    return int(found[1], 16) if found else None
