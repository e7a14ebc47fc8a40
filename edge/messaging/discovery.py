"""Home Assistant's MQTT discovery: one retained message makes a device with all its sensors appear there. Pure.

Home Assistant (2024.11 or newer) reads ``homeassistant/device/<id>/config``; an empty payload takes the device away
again. It says ``online`` on ``homeassistant/status`` when it has started, and wants the message once more then.
Source of the field names: https://www.home-assistant.io/integrations/mqtt/#device-discovery-payload
"""

from __future__ import annotations

import hashlib
import math
from typing import Any, TypeAlias

from .topics import DeviceTopics

__all__ = ["BIRTH", "config_topic", "device_config", "is_birth"]

PREFIX = "homeassistant"
BIRTH = f"{PREFIX}/status"
_MISSED = 6  # health messages after which the numbers are no longer shown

# Title, where in the health message, unit, device class, kept in long-term statistics, for experts.
_Row: TypeAlias = tuple[str, str, str | None, str | None, bool, bool]

_SENSORS: dict[str, _Row] = {
    "tokens_per_s": ("Speed", "tokens_per_s", "tok/s", None, True, False),
    "queued": ("Waiting requests", "queued", None, None, True, False),
    "active": ("Running requests", "active", None, None, True, False),
    "answered": ("Answered requests", "answered", None, None, False, False),
    "expected_wait": ("Expected wait", "expected_wait_ms", "ms", "duration", True, False),
    "owed": ("Owed answers", "owed", None, None, False, True),
    "memory": ("Memory", "private_mb", "MB", "data_size", True, True),
    "uptime": ("Uptime", "uptime_s", "s", "duration", False, True),
}
# The same of the board itself, by where it is below "board" in the health message. What is missing there is none at
# the moment, which Home Assistant shows as unknown.
_BOARD: dict[str, _Row] = {
    "temperature_c": ("Processor temperature", "temperature_c", "°C", "temperature", True, False),
    "watts": ("Power", "watts", "W", "power", True, False),
    "joules": ("Energy", "joules / 3600", "Wh", "energy", False, False),
    "clock_mhz": ("Processor clock", "clock_mhz", "MHz", "frequency", True, True),
    "memory_available_mb": ("Available memory", "memory_available_mb", "MB", "data_size", True, True),
}
# Sums, that go up until the agent begins anew.
_COUNTED = ("answered", "joules")


def _id(device: str) -> str:
    """A device's id with Home Assistant: only letters, digits, ``-`` and ``_`` are allowed in one."""
    plain = device.replace(".", "_")
    if plain == device:
        return f"edge-{device}"
    return f"edge-{plain}-{hashlib.sha256(device.encode()).hexdigest()[:6]}"  # a.b must not become a_b's page


def config_topic(device: str) -> str:
    """Where a device's discovery message belongs, retained."""
    return f"{PREFIX}/device/{_id(device)}/config"


def is_birth(payload: bytes) -> bool:
    """Whether a message on :data:`BIRTH` says that Home Assistant has just started."""
    return payload.strip() == b"online"


def device_config(info: dict[str, Any], health_s: float = 10.0) -> dict[str, Any]:
    """The discovery message of the device that describes itself by ``info`` (its message on ``…/info``).

    ``health_s``: seconds between its health messages.
    """
    device = info["device"]
    topics = DeviceTopics(device)
    ident = _id(device)
    components: dict[str, dict[str, Any]] = {
        "state": {
            "platform": "sensor",
            "unique_id": f"{ident}-state",
            "name": "State",
            "state_topic": topics.status,
            "value_template": "{{ value_json.state }}",
            "device_class": "enum",
            "options": ["init", "ready", "sleeping", "disconnected", "lost"],
            "icon": "mdi:robot",
            # Shown also when it is not there: that is what this one is for.
            "availability_topic": topics.status,
            "availability_template": "online",
        }
    }
    for name, row in _SENSORS.items():
        components[name] = _sensor(ident, topics, health_s, name, row, f"{{{{ value_json.{row[1]} }}}}")
    said = info.get("board", [])
    for name, row in _BOARD.items():
        if name in said:
            value = f"{{{{ value_json.board.{row[1]} if value_json.board.{name} is defined else none }}}}"
            components[name] = _sensor(ident, topics, health_s, name, row, value)
    if "throttled" in said:
        components["throttled"] = {
            "platform": "binary_sensor",
            "unique_id": f"{ident}-throttled",
            "name": "Power supply and heat",
            "state_topic": topics.health,
            "value_template": "{{ 'ON' if value_json.board.throttled else 'OFF' }}",
            "expire_after": math.ceil(_MISSED * health_s),
            "device_class": "problem",
            "entity_category": "diagnostic",
        }
    return {
        "device": {
            "identifiers": [ident],
            "name": device,
            "manufacturer": "bitnet-edge",
            "model": info["model"],
            "sw_version": info["software"],
        },
        "origin": {"name": "bitnet-edge", "sw_version": info["software"]},
        "availability_topic": topics.status,
        "availability_template": "{{ 'online' if value_json.state == 'ready' else 'offline' }}",
        "components": components,
        "qos": 1,
    }


def _sensor(ident: str, topics: DeviceTopics, health_s: float, name: str, row: _Row, template: str) -> dict[str, Any]:
    title, _, unit, kind, statistics, expert = row
    sensor = {
        "platform": "sensor",
        "unique_id": f"{ident}-{name}",
        "name": title,
        "state_topic": topics.health,
        "value_template": template,
        "expire_after": math.ceil(_MISSED * health_s),
        "unit_of_measurement": unit,
        "device_class": kind,
        "state_class": "total_increasing" if name in _COUNTED else "measurement" if statistics else None,
        "entity_category": "diagnostic" if expert else None,
    }
    return {key: value for key, value in sensor.items() if value is not None}
