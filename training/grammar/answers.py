"""What an answer looks like: one line of JSON, in one fixed form.

    {"intent": "HassLightSet", "slots": {"area": "kitchen", "brightness": 40}}
    {"intent": "HassNevermind", "slots": {}}
    {"intent": null}

`intent` comes first, then `slots` (always there when the intent is not null), whose keys follow
`SLOT_ORDER`. Spacing is that of `json.dumps`; text is UTF-8, not escaped. Text values are copied
from the sentence letter by letter; numbers are JSON numbers. `ANSWERS.md` says what goes where.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

Value = str | int | float

SLOT_ORDER = (
    "name", "area", "floor", "domain", "device_class", "state", "brightness", "color", "temperature", "position",
    "volume_level", "hours", "minutes", "seconds", "start_hours", "start_minutes", "start_seconds", "item",
)  # fmt: skip

TEXT_SLOTS = ("name", "area", "floor", "color", "item")
"""Slots that are copied from the sentence (`state` is, of a person who is somewhere)."""

_WHERE = frozenset({"area", "floor"})
_LENGTH = frozenset({"hours", "minutes", "seconds"})
_WHICH_TIMER = frozenset({"name", "area", "start_hours", "start_minutes", "start_seconds"})
_PLAYER = frozenset({"name", "area"})

SLOTS: Mapping[str, frozenset[str]] = {
    "HassTurnOn": _WHERE | {"name", "domain", "device_class"},
    "HassTurnOff": _WHERE | {"name", "domain", "device_class"},
    "HassLightSet": _WHERE | {"name", "domain", "brightness", "color"},
    "HassClimateSetTemperature": _WHERE | {"name", "temperature"},
    "HassClimateGetTemperature": _WHERE | {"name"},
    "HassGetState": _WHERE | {"name", "domain", "device_class", "state"},
    "HassSetPosition": _WHERE | {"name", "domain", "device_class", "position"},
    "HassGetWeather": frozenset({"name"}),
    "HassStartTimer": _LENGTH | {"name"},
    "HassCancelTimer": _WHICH_TIMER,
    "HassIncreaseTimer": _WHICH_TIMER | _LENGTH,
    "HassDecreaseTimer": _WHICH_TIMER | _LENGTH,
    "HassPauseTimer": _WHICH_TIMER,
    "HassUnpauseTimer": _WHICH_TIMER,
    "HassTimerStatus": _WHICH_TIMER,
    "HassMediaPause": _PLAYER,
    "HassMediaUnpause": _PLAYER,
    "HassMediaNext": _PLAYER,
    "HassMediaPrevious": _PLAYER,
    "HassSetVolume": _PLAYER | {"volume_level"},
    "HassVacuumStart": _PLAYER | {"floor"},
    "HassVacuumReturnToBase": _PLAYER,
    "HassShoppingListAddItem": frozenset({"item"}),
    "HassNevermind": frozenset(),
}
"""Every intent, and the slots it may have."""


def render(intent: str | None, slots: Mapping[str, Value]) -> str:
    """The answer's text. ValueError for an intent or slot that is not in the tables above."""
    if intent is None:
        return '{"intent": null}'
    unknown = set(slots) - SLOTS[intent] if intent in SLOTS else {intent}
    if unknown:
        raise ValueError(f"not in the answer's vocabulary: {sorted(unknown)} (intent {intent})")
    ordered = {key: slots[key] for key in SLOT_ORDER if key in slots}
    return json.dumps({"intent": intent, "slots": ordered}, ensure_ascii=False)
