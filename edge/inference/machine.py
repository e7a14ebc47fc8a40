"""What this process may use of the machine's memory, and what it uses."""

from __future__ import annotations

from pathlib import Path

from .processors import cgroups

__all__ = ["available_memory", "memory_use", "peak_memory"]
# Of version 2 and of version 1: the limit, what is used, and what of that is only cached.
_LIMITS = (
    ("memory.max", "memory.current", ("inactive_file", "active_file")),
    ("memory.limit_in_bytes", "memory.usage_in_bytes", ("total_inactive_file", "total_active_file")),
)


def _read(path: Path) -> str | None:
    try:
        return path.read_text().strip()
    except OSError:
        return None


def available_memory() -> int:
    """Bytes that can be used without pushing anybody else out: MemAvailable, or less where a cgroup says so."""
    fields = dict(line.split(":", 1) for line in Path("/proc/meminfo").read_text().splitlines())
    free = int(fields["MemAvailable"].split()[0]) * 1024
    for folder in cgroups("memory", Path("/")):
        for limit_name, used_name, cached_names in _LIMITS:
            limit, used = _read(folder / limit_name), _read(folder / used_name)
            if limit and used and limit != "max":
                stat = dict(line.split() for line in (_read(folder / "memory.stat") or "").splitlines())
                free = min(free, int(limit) - int(used) + sum(int(stat.get(name, 0)) for name in cached_names))
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
