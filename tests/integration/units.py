"""systemd's unit files, as far as the stand-in for systemd reads them."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

__all__ = ["Unit", "seconds", "size"]

_UNITS = {"": 1.0, "s": 1.0, "sec": 1.0, "ms": 0.001, "min": 60.0, "m": 60.0, "h": 3600.0, "infinity": 1e9}
_SIZES = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


def seconds(text: str) -> float:
    """A span of time: ``5``, ``500ms``, ``2min``, ``infinity``."""
    if text == "infinity":
        return 1e9
    return sum(float(n) * _UNITS[unit] for n, unit in re.findall(r"([\d.]+)\s*([a-z]*)", text))


def size(text: str) -> int | None:
    """Bytes: ``300M``; None for no limit."""
    found = re.fullmatch(r"(\d+)([KMG]?)", text)
    return int(found[1]) * _SIZES[found[2]] if found else None


class Unit:
    """The directives of a unit's text, sections put together: names to the values they were given, in order."""

    def __init__(self, text: str) -> None:
        self._values: dict[str, list[str]] = {}
        for line in text.replace("\\\n", " ").splitlines():
            name, equals, value = line.strip().partition("=")
            if equals and not line.startswith(("#", ";", "[")):
                self._values.setdefault(name, []).append(value)

    def all(self, name: str) -> list[str]:
        return self._values.get(name, [])

    def one(self, name: str, default: str = "") -> str:
        return self._values.get(name, [default])[-1]

    def seconds(self, name: str, default: str) -> float:
        return seconds(self.one(name, default))

    def wanted(self) -> bool:
        """Whether its conditions hold."""
        paths = self.all("ConditionPathExists")

        def holds(path: str) -> bool:
            path = path.lstrip("|")
            return Path(path.lstrip("!")).exists() is not path.startswith("!")

        any_of = [path for path in paths if path.startswith("|")]
        all_of = [path for path in paths if not path.startswith("|")]
        return all(map(holds, all_of)) and (not any_of or any(map(holds, any_of)))

    def needs(self, disk: Path) -> bool:
        """Whether it says that it needs what is on a disk that is mounted there."""
        words = [Path(word) for line in self.all("RequiresMountsFor") for word in line.split()]
        return any(path.is_relative_to(disk) for path in words)

    def command(self, env: dict[str, str]) -> list[str]:
        """ExecStart=, with specifiers and variables replaced."""

        def replaced(word: str) -> str:
            word = word.replace("%%", "\0").replace("%d", env.get("CREDENTIALS_DIRECTORY", "")).replace("\0", "%")
            parts = re.split(r"\$(\$|\{\w+\})", word)
            for at in range(1, len(parts), 2):
                parts[at] = "$" if parts[at] == "$" else env.get(parts[at][1:-1], "")
            return "".join(parts)

        return [replaced(word) for word in shlex.split(self.one("ExecStart").lstrip("-@:+!"))]

    def environment(self) -> dict[str, str]:
        words = [word for line in self.all("Environment") for word in shlex.split(line)]
        return dict(word.split("=", 1) for word in words)
