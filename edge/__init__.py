"""Ternary language models on small boards.

>>> import edge
>>> edge.load("home").generate("turn off the kitchen lights").text  # doctest: +SKIP
'{"intent": "HassTurnOff", "slots": {"area": "kitchen", "domain": "light"}}'
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import errors

if TYPE_CHECKING:
    from .client import AsyncClient, Client, Device, Reply
    from .inference import Completion, Model, Piece, Sampling, load

__all__ = [
    "AsyncClient",
    "Client",
    "Completion",
    "Device",
    "Model",
    "Piece",
    "Reply",
    "Sampling",
    "errors",
    "load",
]
_ASKING = ("AsyncClient", "Client", "Device", "Reply")


def __getattr__(name: str) -> Any:
    # The engine and numpy are loaded when first used: `edge --help` on a Pi should not wait for them, and who only
    # asks other boards does not need them at all.
    if name in _ASKING:
        from . import client

        return getattr(client, name)
    if name in __all__:
        from . import inference

        return getattr(inference, name)
    raise AttributeError(f"module 'edge' has no attribute {name!r}")
