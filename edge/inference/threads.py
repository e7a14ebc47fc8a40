"""How many threads: all big cores for a prompt, and for one token as many as it takes to read memory at its full speed.

A decoded token needs every weight once and does little with each, so a few cores wait for the memory together: two on a
Raspberry Pi 5, where four are slower. How many is measured, with the engine's own kernel on memory of its own, in a
fifth of a second, and remembered for this machine. The answers are the same for any number.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import platform
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cython_kernels import _kernels, decode_rates, isa_names
from edge.checkpoints.library import cache_folder
from edge.errors import EngineError

from .machine import available_memory
from .processors import Processors, processors

__all__ = ["AUTO", "Threads", "choose", "read_rates"]

AUTO = "auto"
"""What to say for a number of threads to have it chosen."""

_MOST = 256
_WORTH = 0.95
"""Share of the best rate that is as good: below a gain of five per cent, which is noise, fewer threads win."""
_STEADY = 0.85
"""Share of their processors that the threads must have had for a measurement to count."""
_SECONDS = 0.2
_LEAST, _LARGEST = 32 << 20, 128 << 20
_SMALL = 4 << 20  # below, the engine wakes nobody for a single token
_REMEMBERED = 16

Measure = Callable[[list[int], tuple[int, ...], int], tuple[Mapping[int, float], float]]


@dataclass(frozen=True)
class Threads:
    """A choice: ``count`` threads in all, ``decode`` of them for a step of one token.

    ``cpus``: the processors to stay on, empty for all that are allowed. ``why``: the reason in a few words.
    """

    count: int
    decode: int
    cpus: tuple[int, ...]
    why: str


def choose(
    wanted: int | str,
    per_token: int,
    *,
    machine: Processors | None = None,
    measure: Measure | None = None,
    memory: Path | None = None,
) -> Threads:
    """Choose for a model of which one token reads ``per_token`` bytes.

    ``wanted``: a number, which is taken for prompts and tokens alike, or ``"auto"``. ``machine``, ``measure`` and
    ``memory`` (the file that measurements are kept in) are this machine's own by default. Raises
    :class:`~edge.errors.EngineError` for anything else that is wanted and for an ``$EDGE_ISA`` that is not there.
    """
    here = machine or processors()
    if wanted != AUTO:
        if not isinstance(wanted, int) or isinstance(wanted, bool) or not 1 <= wanted <= _MOST:
            raise EngineError(f"threads is {wanted!r}; it must be auto or a whole number from 1 to {_MOST}")
        return Threads(wanted, wanted, here.big if here.unequal and wanted <= len(here.big) else (), "as asked")
    count = min(here.threads, _MOST)
    cpus = here.big if here.unequal else ()
    cores = f"{len(here.big)} big cores of {len(here.allowed)}" if here.unequal else f"{len(here.allowed)} processors"
    if here.quota is not None and count < len(here.big):
        cores += f", a quota of {here.quota:.3g}"
    if count == 1:
        return Threads(1, 1, cpus, cores)
    if per_token < _SMALL:
        return Threads(count, 1, cpus, f"{cores}; the model is so small that one decodes fastest")
    if per_token < here.cache // 2:
        return Threads(count, count, cpus, f"{cores}; the model fits the cache")
    rates, seen = _rates(here, count, cpus, measure or _measure, memory or cache_folder() / "threads.json")
    if not rates:
        return Threads(count, count, cpus, f"{cores}; {seen}")
    best = max(rates, key=lambda n: rates[n])
    decode = min(n for n in rates if rates[n] >= _WORTH * rates[best])
    figures = ", ".join(f"{rates[n] / 1e9:.1f} with {n}" for n in sorted({1, decode, best, count}))
    return Threads(count, decode, cpus, f"{cores}; weights at {figures} threads, GB/s ({seen})")


def read_rates() -> tuple[Mapping[int, float], str]:
    """Bytes/s at which this machine's threads read weights while they compute, by their number, and where that is from.

    Empty, with the reason, where it could not be measured: memory is short, or other programs were at work.
    """
    here = processors()
    cpus = here.big if here.unequal else ()
    return _rates(here, min(here.threads, _MOST), cpus, _measure, cache_folder() / "threads.json")


def _rates(
    here: Processors, count: int, cpus: tuple[int, ...], measure: Measure, memory: Path
) -> tuple[Mapping[int, float], str]:
    """Bytes/s by number of threads and where they are from; or none, and why."""
    key, known = _key(here, count), _recall(memory)
    if before := _checked(known.get(key), count):
        return before, "measured before"
    size = min(max(4 * here.cache, _LEAST), _LARGEST, available_memory() // 8)
    if size < 2 * here.cache or size < 1 << 20:
        return {}, "not measured, memory is short"
    counts = sorted({1, *(n for k in range(9) for n in (1 << k, 3 << k) if n < count), count})
    rates: Mapping[int, float]
    try:
        rates, share = measure(counts, cpus, size)
    except MemoryError:
        return {}, "not measured, memory is short"
    except ValueError as error:  # $EDGE_ISA asks for what is not there
        raise EngineError(str(error)) from error
    if share < _STEADY:
        return {}, "not measured, other programs were at work"
    _remember(memory, {**known, key: {str(n): round(rate) for n, rate in rates.items()}})
    return rates, "measured now"


def _measure(counts: list[int], cpus: tuple[int, ...], size: int) -> tuple[dict[int, float], float]:
    rates, share = decode_rates(counts, cpus=cpus, size=size, seconds=_SECONDS)
    return dict(zip(counts, rates.tolist(), strict=True)), share


def _key(here: Processors, count: int) -> str:
    """All that the best number may depend on."""
    try:
        lines = Path("/proc/cpuinfo").read_text(errors="replace").splitlines()
        total = int(Path("/proc/meminfo").read_text().split("MemTotal:")[1].split()[0])
    except (OSError, IndexError, ValueError):
        lines, total = [], 0
    names = ("model name", "CPU implementer", "CPU part", "Model")
    cpu = dict.fromkeys(line.split(":", 1)[1].strip() for line in lines if line.startswith(names) and ":" in line)
    isa = os.environ.get("EDGE_ISA") or next((name for name, runs in reversed(isa_names()) if runs), "")
    allowed = ",".join(map(str, here.big))
    engine = int(Path(_kernels.__file__).stat().st_mtime)
    # Memory in units of 64 MB: what the firmware keeps for itself differs a little from start to start.
    return f"{' '.join(cpu)}; {count} on {allowed}; {platform.release()}; {total >> 16}; {isa}; {engine}"


def _checked(entry: Any, count: int) -> dict[int, float]:
    """A remembered measurement, or nothing if that is not what the file has."""
    if not isinstance(entry, dict):
        return {}
    with contextlib.suppress(ValueError, TypeError, OverflowError):
        rates = {int(n): float(rate) for n, rate in entry.items()}
        if {1, count} <= rates.keys() and all(1 <= n <= count and math.isfinite(r) and r > 0 for n, r in rates.items()):
            return rates
    return {}


def _recall(memory: Path) -> dict[str, Any]:
    """What the file knows, without what could not be one of its entries."""
    try:
        known = json.loads(memory.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    if not isinstance(known, dict):
        return {}
    rates = {key: value for key, value in known.items() if isinstance(value, dict)}
    return {key: value for key, value in rates.items() if all(isinstance(r, int | float) for r in value.values())}


def _remember(memory: Path, known: dict[str, Any]) -> None:
    """Write the file anew; where that cannot be done, the next load measures again."""
    part = None
    with contextlib.suppress(OSError):
        memory.parent.mkdir(parents=True, exist_ok=True)
        handle, part = tempfile.mkstemp(prefix=memory.name, dir=memory.parent)
        with os.fdopen(handle, "w") as file:
            json.dump(dict(list(known.items())[-_REMEMBERED:]), file, indent=1)
        Path(part).replace(memory)
        return
    if part:
        with contextlib.suppress(OSError):
            Path(part).unlink()
