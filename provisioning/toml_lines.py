"""On which line of a TOML file something stands: Python's parser does not tell, and an error without it is no help."""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["line_of"]

_HEADER = re.compile(r"\s*\[\[?([^\[\]]+)\]\]?\s*(#.*)?")
_KEY = re.compile(r"""\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=(.*)""")
_PART = re.compile(r"""[\w-]+|"[^"]*"|'[^']*'""")


def line_of(text: str, where: Sequence[str]) -> int | None:
    """The line (from 1) of what ``where`` leads to, like ``("hosts", "kitchen", "port")``, or of the nearest thing.

    A guess by the look of the lines: in a file that hides keys within texts of several lines it may be another one.
    """
    best: tuple[int, int] | None = None
    section: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.fullmatch(line):
            section = _parts(header[1])
            path, rest = section, ""
        elif key := _KEY.match(line):
            path, rest = (*section, *_parts(key[1])), key[2]
        else:
            continue
        depth = _agreement(path, where)
        # A table written within one line: { host = "…", port = 22 }
        if path == tuple(where[: len(path)]) and len(path) < len(where) and _within(rest, where[len(path)]):
            depth += 1
        if depth and (best is None or depth > best[0]):
            best = depth, number
    return best[1] if best else None


def _parts(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip("\"'") for part in _PART.findall(dotted))


def _agreement(path: Sequence[str], where: Sequence[str]) -> int:
    depth = 0
    for one, other in zip(path, where, strict=False):
        if one != other:
            break
        depth += 1
    return depth


def _within(rest: str, key: str) -> bool:
    return re.search(rf"[{{,]\s*[\"']?{re.escape(key)}[\"']?\s*=", rest) is not None
