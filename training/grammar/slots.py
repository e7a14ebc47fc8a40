"""Slots whose words mean something else than themselves: "drapes" are curtains, an open window is `on`.

A table is a tuple of (text, slots that it sets).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .answers import Value

Table = tuple[tuple[str, "Mapping[str, Value]"], ...]


def _table(key: str, rows: Mapping[str, str]) -> Table:
    """{value: "text, text, …"} -> rows of a table."""
    return tuple((text.strip(), {key: value}) for value, texts in rows.items() for text in texts.split(","))


def _repeat(table: Table, texts: Iterable[str]) -> Table:
    """The table with some texts twice more: the common ones."""
    common = set(texts)
    return table + 2 * tuple(row for row in table if row[0] in common)


COVERS = _repeat(
    _table(
        "device_class",
        {
            "blind": "blinds, blinds, venetian blinds, roller blinds",
            "curtain": "curtains, curtains, drapes",
            "shade": "shades, window shades, roller shades",
            "shutter": "shutters, roller shutters, window shutters",
            "awning": "awnings",
        },
    ),
    ("blinds", "curtains", "shades", "shutters"),
)
COVER = _repeat(
    _table(
        "device_class",
        {
            "blind": "blind",
            "curtain": "curtain",
            "shade": "shade, window shade",
            "shutter": "shutter, roller shutter",
            "awning": "awning",
        },
    ),
    ("blind", "curtain", "shade"),
)
WAY = _table("device_class", {"window": "window, window, window", "door": "door, door, door", "gate": "gate"})
WAYS = _table("device_class", {"window": "windows, windows, windows", "door": "doors, doors", "gate": "gates"})
WAY_Q = _table("device_class", {"window": "window, window, window", "door": "door, door, door", "opening": "gate"})
WAYS_Q = _table("device_class", {"window": "windows, windows, windows", "door": "doors, doors", "opening": "gates"})

ON_STATE = _table(
    "state",
    {"on": "on, on, on, on, turned on, switched on, lit", "off": "off, off, off, turned off, switched off, out"},
)
WAY_STATE = _table("state", {"on": "open, open, open, opened, wide open", "off": "closed, closed, shut, closed shut"})
COVER_STATE = _table(
    "state", {"open": "open, open, open, up, opened, raised", "closed": "closed, closed, shut, down, drawn, lowered"}
)
LOCK_STATE = _table(
    "state", {"locked": "locked, locked, locked, locked up, bolted", "unlocked": "unlocked, unlocked, not locked"}
)

MEASURE = _table(
    "device_class",
    {
        "battery": "battery level, battery level, battery, battery percentage, charge level, battery charge, charge",
        "temperature": "temperature, temperature, temp",
        "power": "power, power consumption, power usage, power draw, wattage",
        "energy": "energy consumption, energy use, energy usage, energy production, energy",
        "voltage": "voltage",
        "current": "current, current draw, amperage",
        "humidity": "humidity, relative humidity",
        "signal_strength": "signal strength, wifi signal, signal",
        "pressure": "pressure, tire pressure, water pressure",
        "weight": "weight",
        "speed": "speed",
        "distance": "distance, mileage",
        "frequency": "frequency",
        "water": "water consumption, water usage, water use",
        "gas": "gas consumption, gas usage",
        "moisture": "moisture, soil moisture, moisture level",
        "monetary": "cost, price",
        "data_rate": "download speed, upload speed, data rate",
        "illuminance": "light level, illuminance",
        "carbon_dioxide": "co2 level, carbon dioxide level",
    },
)
ROOM_MEASURE = _table(
    "device_class",
    {
        "humidity": "humidity, humidity, humidity, relative humidity, humidity level",
        "carbon_dioxide": "co2 level, carbon dioxide level, co2, co2 concentration",
        "carbon_monoxide": "carbon monoxide level, co level",
        "aqi": "air quality, air quality index",
        "illuminance": "light level, illuminance, brightness level",
        "sound_pressure": "noise level, sound level",
        "pm25": "pm2.5 level, pm2.5, fine dust level",
        "pm10": "pm10 level, pm10",
        "volatile_organic_compounds": "voc level, volatile organic compounds level",
        "power": "power consumption, power usage",
        "atmospheric_pressure": "air pressure",
        "ozone": "ozone level",
        "moisture": "soil moisture",
    },
)
HOUSE_MEASURE = _table(
    "device_class",
    {
        "humidity": "humidity, humidity",
        "aqi": "air quality",
        "power": "power consumption, current power usage, power usage",
        "energy": "energy consumption, energy usage, electricity consumption, solar production",
        "carbon_dioxide": "co2 level",
        "wind_speed": "wind speed",
        "precipitation": "rainfall, amount of rain",
        "atmospheric_pressure": "air pressure, atmospheric pressure, barometric pressure",
        "monetary": "electricity price, electricity cost, energy cost, gas price",
        "water": "water consumption, water usage",
        "gas": "gas consumption",
        "sound_pressure": "noise level",
        "data_rate": "download speed, internet speed, upload speed",
        "voltage": "mains voltage, grid voltage",
        "frequency": "grid frequency",
    },
)
SENSOR_PLACES = ("outdoor", "outdoor", "outside", "indoor", "inside")
SENSOR_MEASURE = _table(
    "device_class",
    {
        "humidity": "humidity, humidity, humidity",
        "temperature": "temperature, temperature, temp",
        "aqi": "air quality",
        "atmospheric_pressure": "air pressure",
        "illuminance": "light level",
        "sound_pressure": "noise level",
        "carbon_dioxide": "co2 level",
        "pm25": "pm2.5 level",
    },
)
