"""What an answer looks like: one line of JSON, in one fixed form.

    {"intent": "HassLightSet", "slots": {"area": "kitchen", "brightness": 40}}
    {"intent": "HassNevermind", "slots": {}}
    {"intent": null}

`intent` comes first, then `slots` (always there when the intent is not null), whose keys follow
`SLOT_ORDER`. Spacing is that of `json.dumps`; text is UTF-8, not escaped. Text values are copied
from the sentence letter by letter; numbers are JSON numbers.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

Value = str | int | float

SLOT_ORDER = ("name", "area", "domain", "brightness", "temperature", "hours", "minutes", "seconds", "item")

SLOTS: Mapping[str, frozenset[str]] = {
    "HassTurnOn": frozenset({"name", "area", "domain"}),
    "HassTurnOff": frozenset({"name", "area", "domain"}),
    "HassLightSet": frozenset({"name", "area", "brightness"}),
    "HassClimateSetTemperature": frozenset({"area", "temperature"}),
    "HassStartTimer": frozenset({"name", "hours", "minutes", "seconds"}),
    "HassShoppingListAddItem": frozenset({"item"}),
    "HassGetWeather": frozenset(),
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
