"""A rollout as lines of text, cut to the terminal; no line of it depends on a clock or a screen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from provisioning.events import Outcome

from .progress import duration, megabytes
from .terminal import printable

__all__ = ["Row", "count_line", "note", "plain", "table", "word"]

#: What a state is called in a table; hosts that have their turn show their phase.
_WORDS = {"pending": "waiting", "changed": "done", "rolled_back": "rolled back", "cut": "cut off"}
_COLOURS = {
    "changed": "32",
    "unchanged": "32",
    "planned": "32",
    "pending": "2",
    "unreachable": "33",
    "running": "36",
}
_BAD = "31"
#: Who gives way to whom when the terminal is too low for all.
_IMPORTANT = ("running", "failed", "rolled_back", "refused", "cut", "unreachable", "changed", "planned", "unchanged")
_BAR = 10
_LONGEST_NAME = 32
#: The least that is left for a note before names are shortened.
_LEAST_NOTE = 20


@dataclass
class Row:
    """One host: its state (``running``, ``pending`` or an outcome's), and what to say of it."""

    host: str
    state: str = "pending"
    phase: str = ""
    note: str = ""
    done: int = 0
    total: int = 0
    seconds: float | None = None
    canary: bool = False


def table(rows: Sequence[Row], width: int | None, height: int | None, *, colour: bool) -> list[str]:
    """At most ``height`` lines of at most ``width`` characters; None: no limit."""
    shown, left = _choose(rows, height)
    longest = max((len(row.host) for row in shown), default=0)
    name = min(longest, _LONGEST_NAME)
    if width is not None:
        # State, bar and time take what they need; a note wants room more than a name its last letters.
        name = max(8, min(name, width - 12 - 8 - _BAR - 4 - _LEAST_NOTE - 4))
    lines = [_line(row, min(name, longest), width, colour=colour) for row in shown]
    if left:
        counts = Counter(_word(row) if row.state != "running" else "at work" for row in left)
        more = f"and {', '.join(f'{n} {what}' for what, n in counts.items())}"
        lines.append(_cut(more, width))
    return lines


def word(state: str) -> str:
    """A state for people."""
    return _WORDS.get(state, state)


def plain(text: str) -> str:
    """What a board or a broker says, on one line and unable to command a terminal."""
    return " ".join(printable(text).split())


def note(outcome: Outcome) -> str:
    """One line about what came of a host."""
    if not outcome.good or outcome.why:
        return plain(outcome.why)
    parts = [f"release {outcome.release}"] if outcome.release else []
    if outcome.state == "unchanged":
        parts = [f"release {outcome.release} is there already"] if outcome.release else ["nothing to do"]
    if isinstance(rate := outcome.measured.get("tok_s"), int | float):
        parts.append(f"{rate:.1f} tokens/s")
    if outcome.sent:
        parts.append(f"{megabytes(outcome.sent)} sent")
    return plain(", ".join(parts))


def count_line(rows: Sequence[Row]) -> str:
    """How many hosts came to what: ``5 of 50: 4 done, 1 failed``."""
    counts = Counter(_word(row) for row in rows if row.state not in {"running", "pending"})
    over = sum(counts.values())
    return f"{over} of {len(rows)}" + (f": {', '.join(f'{n} {what}' for what, n in counts.items())}" if over else "")


def _choose(rows: Sequence[Row], height: int | None) -> tuple[list[Row], list[Row]]:
    """The rows for which there is room, in their order, and the others."""
    if height is None or len(rows) <= height:
        return list(rows), []
    rank = {state: i for i, state in enumerate(_IMPORTANT)}
    order = sorted(rows, key=lambda row: rank.get(row.state, len(rank)))
    keep = {id(row) for row in order[: max(0, height - 1)]}
    return [row for row in rows if id(row) in keep], [row for row in rows if id(row) not in keep]


def _line(row: Row, name: int, width: int | None, *, colour: bool) -> str:
    host = row.host if len(row.host) <= name else f"{row.host[: name - 1]}…"
    state = f"{_word(row):11}"
    if colour:
        state = f"\x1b[{_COLOURS.get(row.state, _BAD)}m{state}\x1b[0m"
    seconds = "" if row.seconds is None else duration(row.seconds)
    head = f"{host:{name}} {'*' if row.canary else ' '}"
    tail = f"{seconds:>11}  {_bar(row)}{plain(row.note)}"
    room = None if width is None else width - len(head) - 2 - 11
    return f"{head} {state} {_cut(tail, room)}".rstrip()


def _bar(row: Row) -> str:
    if row.state != "running" or not row.total:
        return ""
    full = min(_BAR, _BAR * row.done // row.total)
    return f"{'━' * full}{'╌' * (_BAR - full)} {100 * row.done // row.total:3d} %  "


def _word(row: Row) -> str:
    return (row.phase or "begins") if row.state == "running" else word(row.state)


def _cut(text: str, width: int | None) -> str:
    return text if width is None or len(text) <= width else f"{text[: max(0, width - 1)]}…"
