"""What a probe's answer means to a deploy; needs no ssh, for a look at this machine itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from devices.facts import Facts
from edge.errors import BoardUnfit

from .manifest import Installed

__all__ = ["understood"]


def understood(raw: Mapping[str, Any], where: str) -> tuple[Facts, Installed]:
    """What a probe's answer means. Raises BoardUnfit where it means nothing."""
    try:
        facts = Facts.from_json(raw)
        return facts, Installed.from_json(facts.edge)
    except ValueError as error:
        raise BoardUnfit(f"{where}: {error}") from error
