"""Every intent's phrasings and how often it is drawn."""

from __future__ import annotations

from . import brightness, climate, covers, errands, lights, media, states, timers
from .pattern import Family

INTENTS: dict[str, tuple[float, tuple[tuple[float, tuple[Family, ...]], ...]]] = {
    "HassTurnOn": (14, ((0.68, lights.TURN_ON), (0.32, covers.OPEN))),
    "HassTurnOff": (13, ((0.68, lights.TURN_OFF), (0.32, covers.CLOSE))),
    "HassLightSet": (10, ((1, brightness.LIGHT_SET),)),
    "HassClimateSetTemperature": (5, ((1, climate.SET_TEMPERATURE),)),
    "HassClimateGetTemperature": (3, ((1, climate.GET_TEMPERATURE),)),
    "HassGetState": (16, ((1, states.GET_STATE),)),
    "HassSetPosition": (4, ((1, covers.POSITION),)),
    "HassGetWeather": (2.5, ((1, errands.WEATHER),)),
    "HassStartTimer": (5, ((1, timers.START),)),
    "HassCancelTimer": (2, ((1, timers.CANCEL),)),
    "HassIncreaseTimer": (2.5, ((1, timers.INCREASE),)),
    "HassDecreaseTimer": (2.5, ((1, timers.DECREASE),)),
    "HassPauseTimer": (1.5, ((1, timers.PAUSE),)),
    "HassUnpauseTimer": (1.5, ((1, timers.RESUME),)),
    "HassTimerStatus": (2.5, ((1, timers.STATUS),)),
    "HassMediaPause": (2, ((1, media.MEDIA_PAUSE),)),
    "HassMediaUnpause": (2, ((1, media.MEDIA_RESUME),)),
    "HassMediaNext": (1.5, ((1, media.MEDIA_NEXT),)),
    "HassMediaPrevious": (1.5, ((1, media.MEDIA_PREVIOUS),)),
    "HassSetVolume": (3.5, ((1, media.VOLUME),)),
    "HassVacuumStart": (2, ((1, media.VACUUM_START),)),
    "HassVacuumReturnToBase": (1.5, ((1, media.VACUUM_DOCK),)),
    "HassShoppingListAddItem": (5, ((1, errands.SHOPPING),)),
    "HassNevermind": (2, ((1, errands.NEVERMIND),)),
}
"""Intent -> (how often, ((share, families), …))."""
