"""Numbers as people type and say them: percentages, temperatures and durations."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from .answers import Value

Length: TypeAlias = "tuple[str, dict[str, Value]]"
"""(text, slots) of a duration."""

_BELOW_20 = """
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
    eighteen nineteen
"""
ONES = tuple(_BELOW_20.split())
TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")


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


def percent(rng: random.Random) -> Length:
    """(text, {"percent": value}) of a brightness, a position or a volume, 0 … 100."""
    value = rng.randint(0, 100) if rng.random() < 0.6 else rng.choice(range(5, 101, 5))
    text = written(value, rng)
    if text.isdigit():
        text += rng.choice(("%", "%", " %", " percent", " per cent", "", ""))
    else:
        text += rng.choice((" percent", " percent", " per cent", "", ""))
    return text, {"percent": value}


def number(rng: random.Random) -> Length:
    """(text, {"number": value}) of a whole number."""
    value = rng.randint(1, 100)
    return written(value, rng), {"number": value}


HOURS = range(1, 13)


def hour(rng: random.Random) -> Length:
    """(text, nothing) of an hour of the day, as it is said behind "at", and without what may follow it ("pm")."""
    return written(rng.choice(HOURS), rng), {}


def may_be_hour(text: str) -> bool:
    """Whether a bare number behind "at" is a time: "turn on the lights at 8" is no brightness."""
    return text in {form for value in HOURS for form in (str(value), spoken(value))}


def temperature(rng: random.Random, *, unit: bool = False) -> Length:
    """(text, {"temperature": value}) of a temperature in the house's own unit, 5 … 32 or 50 … 95, also halves, tenths.

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
    degrees = (
        " degrees",
        " degrees",
        " degrees",
        " degrees celsius",
        " degrees fahrenheit",
        " celsius",
        " fahrenheit",
        " deg",
    ) + (() if unit else ("", ""))
    signs = ("°", "°C", " °C", "C", "°F", "F", " F", " C") if text[-1].isdigit() else ()
    text += rng.choice(degrees + signs)
    return text, {"temperature": int(exact) if exact.is_integer() else exact}


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


def _minutes(rng: random.Random) -> Length:
    common = (1, 2, 3, 5, 10, 12, 15, 20, 25, 30, 40, 45, 50, 60, 90)
    count = rng.choice(common) if rng.random() < 0.4 else rng.randint(1, 99)
    return _unit(count, "minute", rng), {"minutes": count}


def _seconds(rng: random.Random) -> Length:
    count = rng.randint(1, 99)
    return _unit(count, "second", rng), {"seconds": count}


def _hours(rng: random.Random) -> Length:
    count = rng.randint(1, 12)
    return _unit(count, "hour", rng), {"hours": count}


def _joined(*parts: Callable[[random.Random], Length]) -> Callable[[random.Random], Length]:
    def make(rng: random.Random) -> Length:
        lengths = [part(rng) for part in parts]
        *first, last = [text for text, _ in lengths]
        joint = rng.choice((" and ", " and ", " ", ", "))
        return " ".join(first) + joint + last, {k: v for _, slots in lengths for k, v in slots.items()}

    return make


def _clipped(rng: random.Random) -> Length:
    """The smaller unit left out: "two minutes thirty"."""
    unit, smaller = rng.choice((("hour", "minutes"), ("minute", "seconds")))
    count, rest = rng.randint(1, 12), rng.choice((10, 15, 20, 25, 30, 40, 45, 50))
    number = "an" if count == 1 and unit == "hour" and rng.random() < 0.5 else written(count, rng)
    plural = "" if count == 1 else "s"
    return f"{number} {unit}{plural} {written(rest, rng)}", {unit + "s": count, smaller: rest}


def _fraction(rng: random.Random) -> Length:
    slots, texts = rng.choice(_FRACTIONS)
    return rng.choice(texts), dict(slots)


_HALF_HOUR: tuple[dict[str, Value], tuple[str, ...]] = (
    {"minutes": 30},
    ("half an hour", "half an hour", "half an hour", "half hour", "a half hour", "half of an hour"),
)
_FRACTIONS: tuple[tuple[dict[str, Value], tuple[str, ...]], ...] = (
    _HALF_HOUR,
    _HALF_HOUR,
    ({"minutes": 15}, ("a quarter of an hour", "quarter of an hour", "a quarter hour", "quarter hour")),
    ({"minutes": 45}, ("three quarters of an hour", "three quarters of an hour", "three quarter hours")),
    ({"seconds": 30}, ("half a minute", "half a minute", "a half minute", "half minute")),
    ({"hours": 1, "minutes": 15}, ("an hour and a quarter", "one hour and a quarter", "one and a quarter hours")),
    ({"hours": 1, "minutes": 30}, ("one and a half hours", "an hour and a half", "hour and a half", "1.5 hours")),
    ({"hours": 2, "minutes": 30}, ("two and a half hours", "2.5 hours", "two hours and a half")),
    ({"minutes": 2}, ("a couple of minutes", "a couple minutes")),
    ({"hours": 2}, ("a couple of hours", "a couple hours")),
)


def _and_a_half(unit: str, smaller: str, most: int) -> Callable[[random.Random], Length]:
    def make(rng: random.Random) -> Length:
        count = rng.randint(1, most)
        slots: dict[str, Value] = {unit + "s": count, smaller + "s": 30}
        if count == 1:
            article = "an" if unit == "hour" else "a"
            return rng.choice(
                (f"{article} {unit} and a half", f"one and a half {unit}s", f"1 and a half {unit}s")
            ), slots
        number = written(count, rng)
        return rng.choice((f"{number} and a half {unit}s", f"{number} {unit}s and a half")), slots

    return make


_LENGTHS: tuple[tuple[float, Callable[[random.Random], Length]], ...] = (
    (0.50, _minutes),
    (0.12, _seconds),
    (0.12, _hours),
    (0.08, _joined(_hours, _minutes)),
    (0.06, _joined(_minutes, _seconds)),
    (0.02, _joined(_hours, _minutes, _seconds)),
    (0.07, _fraction),
    (0.012, _clipped),
    (0.025, _and_a_half("hour", "minute", 6)),
    (0.02, _and_a_half("minute", "second", 12)),
)


def duration(rng: random.Random) -> Length:
    """(text, slots) of a timer's length; only the slots that were said are there."""
    return rng.choices([make for _, make in _LENGTHS], [share for share, _ in _LENGTHS])[0](rng)


def more(rng: random.Random) -> Length:
    """A duration on top of another: "five more minutes"."""
    unit = rng.choice(("minute", "minute", "minute", "second", "hour"))
    count = rng.randint(1, 12 if unit == "hour" else 60)
    plural = "" if count == 1 else "s"
    extra = rng.choice(("more", "more", "extra", "additional"))
    return f"{written(count, rng)} {extra} {unit}{plural}", {unit + "s": count}


def span(rng: random.Random) -> Length:
    """A duration as it stands before a noun: "ten minute", "90-second"; now and then as `duration`."""
    if rng.random() < 0.3:
        return duration(rng)
    unit = rng.choice(("minute", "minute", "minute", "second", "hour"))
    count = rng.randint(1, 12 if unit == "hour" else 99)
    number = written(count, rng)
    return number + rng.choice((" ", " ", " ", "-")) + unit, {unit + "s": count}
