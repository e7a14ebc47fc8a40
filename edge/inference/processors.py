"""Which processors this process may compute on: its affinity, the big ones of unequal cores, its cgroups' quota.

Nothing is assumed of a machine; every function takes the ``root`` below which ``/sys`` and ``/proc`` are, so that the
trees of boards serve as tests.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Processors", "cgroups", "processors"]

# A core counts as big from this share of the biggest one's capacity on. Capacity tells a Cortex-A55 (0.5 of an A76)
# from an A76 in a slower cluster of the same chip (0.9). Clock rates tell less, an A55 at 1.8 GHz being half of an A76
# at 2.4: where only they are known, cores must be nearly alike.
_BIG_BY_CAPACITY = 0.7
_BIG_BY_CLOCK = 0.85


@dataclass(frozen=True)
class Processors:
    """What there is to compute on.

    ``allowed``: the processors of the affinity mask, ``big``: those of them that the engine uses. ``quota``: how many
    processors' time the cgroups grant, None without a limit. ``cache``: bytes of the largest cache, 0 when the system
    does not say.

    On a chip with big and little cores (RK3588: four Cortex-A76 and four A55) only the big ones are used. A phase of
    the forward step ends with its slowest claim, and while a token is decoded two or three big cores already read
    memory as fast as it goes: little cores would add hardly any bandwidth, and make everybody wait. Eight threads on an
    RK3588 are known to be slower than four on its big cores.
    """

    allowed: tuple[int, ...]
    big: tuple[int, ...]
    quota: float | None
    cache: int

    @property
    def unequal(self) -> bool:
        """Whether some of the processors are better left alone."""
        return self.big != self.allowed

    @property
    def threads(self) -> int:
        """How many threads can run at the same time: one per big core, or fewer by quota; parts of one do not count."""
        return max(1, min(len(self.big), int(self.quota) if self.quota is not None else len(self.big)))


def processors(root: str | os.PathLike[str] = "/", allowed: Iterable[int] | None = None) -> Processors:
    """Look at the machine; ``allowed``: default the calling thread's affinity mask."""
    base = Path(root)
    mine = tuple(sorted(os.sched_getaffinity(0) if allowed is None else allowed))
    return Processors(mine, _big(base / "sys/devices/system/cpu", mine), _quota(base), _cache(base))


def _big(folder: Path, allowed: tuple[int, ...]) -> tuple[int, ...]:
    for name, share in (("cpu_capacity", _BIG_BY_CAPACITY), ("cpufreq/cpuinfo_max_freq", _BIG_BY_CLOCK)):
        values = {cpu: _number(folder / f"cpu{cpu}" / name) for cpu in allowed}
        if all(values.values()) and len(set(values.values())) > 1:
            return tuple(cpu for cpu in allowed if (values[cpu] or 0) >= share * max(v or 0 for v in values.values()))
    return allowed


def _cache(root: Path) -> int:
    sizes = [_read(path) for path in (root / "sys/devices/system/cpu/cpu0/cache").glob("index*/size")]
    units = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
    found = [re.fullmatch(r"(\d+)([KMG])", size or "") for size in sizes]
    return max((int(m[1]) * units[m[2]] for m in found if m), default=0)


def cgroups(controller: str, root: Path) -> Iterator[Path]:
    """The folders of this process's cgroup and of its parents, in which ``controller``'s limits may be found.

    Of version 2, and of version 1 where that is in use. Inside a container the path that the kernel names may not be
    visible; what is mounted there is the container's own group then, so the roots belong to them too.
    """
    mounted = root / "sys/fs/cgroup"
    for line in (_read(root / "proc/self/cgroup") or "").splitlines():
        _, names, path = ([*line.split(":", 2), "", "", ""])[:3]
        if names and controller not in names.split(","):
            continue
        tops = [mounted / names, mounted / controller] if names else [mounted, mounted / "unified"]
        for top in dict.fromkeys(tops):
            folder = top / path.strip().lstrip("/")
            yield from (p for p in (folder, *folder.parents) if p == top or top in p.parents)
    yield mounted


def _quota(root: Path) -> float | None:
    found = []
    for folder in cgroups("cpu", root):
        both = (_read(folder / "cpu.max") or "").split()
        if not both:
            both = [_read(folder / f"cpu.cfs_{name}_us") or "" for name in ("quota", "period")]
        if len(both) == 2 and all(text.isdecimal() for text in both) and int(both[1]):  # else "max", or -1
            found.append(int(both[0]) / int(both[1]))
    return min(found, default=None)


def _read(path: Path) -> str | None:
    try:
        return path.read_text(errors="replace").strip()
    except OSError:
        return None


def _number(path: Path) -> int | None:
    text = _read(path)
    return int(text) if text and text.isdecimal() else None
