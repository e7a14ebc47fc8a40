"""Numbers as people type and say them: percentages, temperatures and durations."""

from __future__ import annotations

import random

from .answers import Value

ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen"
).split()
TENS = "_ _ twenty thirty forty fifty sixty seventy eighty ninety".split()


def spoken(n: int) -> str:
    """0 … 199 in words, as a speech recogniser writes them (no hyphens)."""
    if n < 20:
        return ONES[n]
    if n < 100:
        return TENS[n // 10] + (f" {ONES[n % 10]}" if n % 10 else "")
    rest = f" {spoken(n % 100)}" if n % 100 else ""
    return "one hundred" + rest


def written(n: int, rng: random.Random) -> str:
    """Digits or words, now and then hyphenated."""
    if rng.random() < 0.5:
        return str(n)
    words = spoken(n)
    if n == 100:
        return rng.choice(("one hundred", "a hundred", "hundred"))
    return words.replace(" ", "-") if rng.random() < 0.15 and 20 < n < 100 else words


def percent(rng: random.Random) -> tuple[str, int]:
    """(text, value) of a brightness, 1 … 100."""
    value = rng.randint(1, 100) if rng.random() < 0.6 else rng.choice(range(5, 101, 5))
    text = written(value, rng)
    if text.isdigit():
        return text + rng.choice(("%", "%", " %", " percent", " per cent", "")), value
    return text + rng.choice((" percent", " percent", " per cent", "")), value


def temperature(rng: random.Random, *, unit: bool = False) -> tuple[str, Value]:
    """(text, value) of a temperature in the house's own unit: 5 … 32 or 50 … 95, halves and tenths too.

    With `unit`, degrees are always said, as where a bare number could be a brightness.
    """
    value = rng.randint(5, 32) if rng.random() < 0.7 else rng.randint(50, 95)
    text, exact = written(value, rng), float(value)
    kind = rng.random()
    if kind < 0.16:
        exact = value + 0.5
        if text.isdigit():
            text += rng.choice((".5", ".5", " and a half"))
        else:
            text += rng.choice((" point five", " and a half"))
    elif kind < 0.22:
        tenth = rng.randint(1, 9)
        exact = round(value + tenth / 10, 1)
        text += f".{tenth}" if text.isdigit() else f" point {ONES[tenth]}"
    degrees = (" degrees", " degrees", " degrees celsius", " degrees fahrenheit") + (() if unit else ("", ""))
    signs = ("°", "°C", " °C", "C", "°F") if text[-1].isdigit() else ()
    text += rng.choice(degrees + signs)
    return text, int(exact) if exact.is_integer() else exact


def _unit(count: int, unit: str, rng: random.Random) -> str:
    if count == 1 and rng.random() < 0.6:
        return ("an " if unit == "hour" else "a ") + unit
    short = {"hour": ("hr", "h"), "minute": ("min", "mins"), "second": ("sec", "secs")}[unit]
    number = written(count, rng)
    if number.isdigit() and rng.random() < 0.12:
        return number + rng.choice((" ", "")) + rng.choice(short)
    if number.isdigit() and rng.random() < 0.04:
        return f"{number}-{unit}"
    return f"{number} {unit}" + ("" if count == 1 else "s")


def duration(rng: random.Random) -> tuple[str, dict[str, Value]]:
    """(text, slots) of a timer's length; only the slots that were said are there."""
    kind = rng.random()
    hours, minutes, seconds = rng.randint(1, 12), rng.randint(1, 99), rng.randint(1, 99)
    if rng.random() < 0.4:
        minutes = rng.choice((1, 2, 3, 5, 10, 12, 15, 20, 25, 30, 40, 45, 50, 60, 90))
    joint = rng.choice((" and ", " and ", " ", ", "))
    if kind < 0.50:
        return _unit(minutes, "minute", rng), {"minutes": minutes}
    if kind < 0.62:
        return _unit(seconds, "second", rng), {"seconds": seconds}
    if kind < 0.74:
        return _unit(hours, "hour", rng), {"hours": hours}
    if kind < 0.82:
        return _unit(hours, "hour", rng) + joint + _unit(minutes, "minute", rng), {"hours": hours, "minutes": minutes}
    if kind < 0.88:
        text = _unit(minutes, "minute", rng) + joint + _unit(seconds, "second", rng)
        return text, {"minutes": minutes, "seconds": seconds}
    if kind < 0.90:
        parts = (_unit(hours, "hour", rng), _unit(minutes, "minute", rng), _unit(seconds, "second", rng))
        return f"{parts[0]} {parts[1]}{joint}{parts[2]}", {"hours": hours, "minutes": minutes, "seconds": seconds}
    if kind < 0.93:
        return rng.choice(("half an hour", "half hour", "a half hour")), {"minutes": 30}
    if kind < 0.945:
        return rng.choice(("a quarter of an hour", "quarter of an hour", "a quarter hour")), {"minutes": 15}
    if kind < 0.955:
        return rng.choice(("three quarters of an hour", "three quarters of an hour")), {"minutes": 45}
    if kind < 0.98:
        hours = rng.randint(1, 6)
        text = written(hours, rng)
        if hours == 1:
            return rng.choice(("an hour and a half", "one and a half hours", "1 and a half hours")), {"hours": 1, "minutes": 30}
        return rng.choice((f"{text} and a half hours", f"{text} hours and a half")), {"hours": hours, "minutes": 30}
    minutes = rng.randint(1, 12)
    text = written(minutes, rng)
    if minutes == 1:
        return rng.choice(("a minute and a half", "one and a half minutes")), {"minutes": 1, "seconds": 30}
    return rng.choice((f"{text} and a half minutes", f"{text} minutes and a half")), {"minutes": minutes, "seconds": 30}


def span(rng: random.Random) -> tuple[str, dict[str, Value]]:
    """A duration as it stands before a noun: "ten minute", "90-second"; now and then as `duration`."""
    if rng.random() < 0.3:
        return duration(rng)
    unit = rng.choice(("minute", "minute", "minute", "second", "hour"))
    count = rng.randint(1, 12 if unit == "hour" else 99)
    number = written(count, rng)
    return number + rng.choice((" ", " ", " ", "-")) + unit, {unit + "s": count}
