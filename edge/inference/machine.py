"""What this process may use of the machine: processors and memory, as cgroups and affinity leave it."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["available_memory", "default_threads", "memory_use", "peak_memory"]

_CGROUP = Path("/sys/fs/cgroup")


def _own_cgroups() -> list[Path]:
    """This process's cgroup (version 2) and its parents; inside a container the root is its own."""
    try:
        line = next(s for s in Path("/proc/self/cgroup").read_text().splitlines() if s.startswith("0::"))
    except (OSError, StopIteration):
        return [_CGROUP]
    folder = _CGROUP / line[3:].strip().lstrip("/")
    return [folder, *(p for p in folder.parents if p == _CGROUP or _CGROUP in p.parents)]


def _read(path: Path) -> str | None:
    try:
        return path.read_text().strip()
    except OSError:
        return None


def default_threads() -> int:
    """Threads to use when nobody says: one per processor this process may run on, within its cgroup's quota."""
    count = float(len(os.sched_getaffinity(0)))
    for folder in _own_cgroups():
        quota = (_read(folder / "cpu.max") or "max").split()
        if len(quota) == 2 and quota[0] != "max":
            count = min(count, int(quota[0]) / int(quota[1]))
    return max(1, int(count))


def available_memory() -> int:
    """Bytes that can be used without pushing anybody else out: MemAvailable, or less where a cgroup says so."""
    fields = dict(line.split(":", 1) for line in Path("/proc/meminfo").read_text().splitlines())
    free = int(fields["MemAvailable"].split()[0]) * 1024
    for folder in _own_cgroups():
        limit, used = _read(folder / "memory.max"), _read(folder / "memory.current")
        if limit and used and limit != "max":
            stat = dict(line.split() for line in (_read(folder / "memory.stat") or "").splitlines())
            cached = int(stat.get("inactive_file", 0)) + int(stat.get("active_file", 0))
            free = min(free, int(limit) - int(used) + cached)
    return max(0, free)


def peak_memory() -> int:
    """Most bytes this process has had in memory, mapped weights included.

    Not ``getrusage``: its figure is inherited across exec, so it can be that of the program that started us.
    """
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024


def memory_use() -> dict[str, int]:
    """Bytes of this process in memory now: ``private``, which only it holds, and ``file``, pages of mapped files."""
    fields: dict[str, int] = {}
    for line in Path("/proc/self/smaps_rollup").read_text().splitlines()[1:]:
        name, value, *_ = line.split()
        fields[name.rstrip(":")] = int(value) << 10
    return {"private": fields["Anonymous"], "file": fields["Rss"] - fields["Anonymous"]}
