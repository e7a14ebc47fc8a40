"""What the verbs that visit boards have in common: who we are there, and at what pace."""

from __future__ import annotations

import getpass
import re
import socket
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .parser import UsageError

if TYPE_CHECKING:
    from provisioning.deploy import Order

__all__ = ["order_of", "rate"]

_RATE = re.compile(r"(\d+(?:\.\d+)?)\s*([kKM]?)")


def order_of(settings: Mapping[str, Any], *, plan_only: bool = False) -> Order:
    """How to go about a board with these ``settings``, named like options."""
    from provisioning.deploy import Order

    cap = settings.get("limit-rate")
    return Order(_who(), plan_only=plan_only, limit_bytes_s=None if cap is None else rate(str(cap)))


def rate(text: str) -> float:
    """Bytes per second from ``500k`` or ``2M``. Raises UsageError."""
    found = _RATE.fullmatch(text.strip())
    value = float(found[1]) * {"": 1.0, "k": 1e3, "K": 1e3, "M": 1e6}[found[2]] if found else 0.0
    if value < 1000:
        raise UsageError(f"--limit-rate {text}: write bytes per second like 500k or 2M", "edge deploy")
    return value


def _who() -> str:
    """For the board's lock and audit log, where somebody else may read who it was."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a user id without a name, in a container
        user = "somebody"
    return f"{user}@{socket.gethostname()}"
