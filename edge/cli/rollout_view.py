"""What a person sees of a rollout on standard error.

A table that keeps itself up to date, or lines where there is no terminal; for a single board its steps, and a progress
bar for what takes long.
"""

from __future__ import annotations

import contextlib
import shutil
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from typing import TextIO

from provisioning.events import Event, Outcome
from provisioning.job import NOTICE
from provisioning.rollout import Observer, Report
from provisioning.waves import Policy, Wave

from .progress import Progress, duration
from .rollout_table import Row, count_line, note, plain, table, word

__all__ = ["Lines", "Steps", "Table", "view_of"]

_REDRAW_S = 0.1
_STILL_S = 1.0
#: Hosts of a wave that are named in a line.
_NAMED = 4


def view_of(hosts: Sequence[str], policy: Policy, done: Sequence[Outcome] = (), stream: TextIO | None = None) -> View:
    """The view that fits the number of hosts and the terminal. ``done``: had their turn in an earlier run."""
    stream = stream or sys.stderr
    if len(hosts) == 1:
        return Steps(stream)
    return (Table if stream.isatty() else Lines)(hosts, policy, done, stream)


class View(Observer):
    """Something to look at; ``close`` leaves the terminal as it was, also after an error.

    Everything is called in the main thread but :meth:`paused`.
    """

    def close(self) -> None:
        """Take away what should not stay."""

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """Keep off the terminal; for a question in the middle of a rollout, in whichever thread it comes up."""
        yield

    def __enter__(self) -> View:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Steps(View):
    """One board: a line for each step, and a progress bar while bytes travel."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._progress = Progress(stream=stream)
        self._last = ("", "")

    def event(self, event: Event) -> None:
        if event.phase == NOTICE:
            self._say(f"edge: {plain(event.text)}")
            return
        if event.total:
            self._progress(plain(event.text), event.done, event.total)
            return
        step = (event.phase, event.text)
        if step != self._last:
            self._say(f"{event.phase:10} {plain(event.text)}")
        self._last = step

    def stopping(self, why: str) -> None:
        self._say(plain(why))

    def ended(self, outcome: Outcome) -> None:
        del outcome  # whoever called reports it
        self._progress.clear()

    def close(self) -> None:
        self._progress.clear()

    def _say(self, line: str) -> None:
        self._progress.clear()
        print(line, file=self._stream, flush=True)


class Lines(View):
    """For logs: a line for each wave, each new phase of a host, and each outcome."""

    def __init__(self, hosts: Sequence[str], policy: Policy, done: Sequence[Outcome], stream: TextIO) -> None:
        del policy
        self._rows = {host: Row(host) for host in hosts}
        self._begun: dict[str, float] = {}
        self._phase: dict[str, str] = {}
        self._soaking = False
        self._stream = stream
        for outcome in done:
            self._rows[outcome.host].state = outcome.state

    def wave(self, wave: Wave) -> None:
        self._soaking = False
        self._say(_wave_line(wave))

    def began(self, host: str) -> None:
        self._begun[host] = time.monotonic()
        self._phase[host] = ""

    def event(self, event: Event) -> None:
        if event.phase == NOTICE:
            self._say(f"edge: {plain(event.text)}")
        elif self._phase.get(event.host) != event.phase:
            self._phase[event.host] = event.phase
            self._say(f"{event.host}: {event.phase}: {plain(event.text)}")

    def ended(self, outcome: Outcome) -> None:
        self._rows[outcome.host].state = outcome.state
        took = duration(time.monotonic() - self._begun.get(outcome.host, time.monotonic()))
        self._say(f"{outcome.host}: {word(outcome.state)} after {took}: {note(outcome)}".rstrip(": "))
        self._say(count_line(list(self._rows.values())))

    def soaking(self, seconds: float) -> None:
        if not self._soaking:
            self._say(f"waiting {duration(seconds)} to see whether they stay well")
        self._soaking = True

    def stopping(self, why: str) -> None:
        self._say(f"beginning no more: {plain(why)}")

    def _say(self, line: str) -> None:
        print(line, file=self._stream, flush=True)


class Table(View):
    """For a terminal: the hosts, the first wave's marked, and a line with wave, counts and budget below."""

    def __init__(self, hosts: Sequence[str], policy: Policy, done: Sequence[Outcome], stream: TextIO) -> None:
        self._rows = {host: Row(host) for host in hosts}
        self._policy = policy
        self._stream = stream
        self._began = time.monotonic()
        self._begun: dict[str, float] = {}
        self._wave: Wave | None = None
        self._soak: float | None = None
        self._stop = ""
        self._notices: list[str] = []
        self._screen = threading.Lock()
        self._height = 0
        self._drawn = float("-inf")
        self._fresh = True
        for outcome in done:
            self._result(outcome)

    def wave(self, wave: Wave) -> None:
        self._wave, self._soak = wave, None
        if wave.number == 1:
            for host in wave.hosts:
                self._rows[host].canary = wave.canary
        self._fresh = True

    def began(self, host: str) -> None:
        row = self._rows[host]
        # What is looked at again keeps the time that it took.
        self._begun[host] = time.monotonic() - (row.seconds or 0.0)
        row.state, row.phase, row.note, row.done, row.total = "running", "", "", 0, 0
        self._fresh = True

    def event(self, event: Event) -> None:
        self._fresh = True
        if event.phase == NOTICE:
            self._notices.append(f"edge: {plain(event.text)}")
            return
        row = self._rows[event.host]
        row.phase, row.note, row.done, row.total = event.phase, event.text, event.done, event.total

    def ended(self, outcome: Outcome) -> None:
        self._rows[outcome.host].seconds = time.monotonic() - self._begun.pop(outcome.host)
        self._result(outcome)
        self._fresh = True

    def soaking(self, seconds: float) -> None:
        self._soak = seconds

    def stopping(self, why: str) -> None:
        self._stop = plain(why)
        self._fresh = True

    def tick(self) -> None:
        now = time.monotonic()
        if now - self._drawn >= (_REDRAW_S if self._fresh else _STILL_S) and self._screen.acquire(blocking=False):
            try:
                self._draw(now)
            finally:
                self._screen.release()

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        with self._screen:
            self._clear()
            yield

    def finished(self, report: Report) -> None:
        del report  # whoever called reports it, where it stays
        self.close()

    def close(self) -> None:
        self._clear()
        self._stream.write("".join(f"{line}\n" for line in self._notices))
        self._stream.flush()
        self._notices.clear()

    def _clear(self) -> None:
        if self._height:
            self._stream.write(f"\x1b[{self._height}A\r\x1b[J\x1b[?25h\x1b[?7h")
            self._stream.flush()
            self._height = 0

    def _result(self, outcome: Outcome) -> None:
        row = self._rows[outcome.host]
        row.state, row.note, row.total = outcome.state, note(outcome), 0

    def _draw(self, now: float) -> None:
        self._drawn, self._fresh = now, False
        for host, begun in self._begun.items():
            self._rows[host].seconds = now - begun
        size = shutil.get_terminal_size()
        width, room = size.columns - 1, max(2, size.lines - 1)
        foot = [line[:width] for line in self._foot(now)]
        lines = [*table(list(self._rows.values()), width, room - len(foot), colour=True), *foot]
        # Without the terminal's own line breaks, so that a line is a line even while a window gets narrower.
        up = f"\x1b[{self._height}A\r" if self._height else "\x1b[?25l\x1b[?7l"
        if self._notices:
            # They stay, above the table, in full length.
            up += "\x1b[?7h\x1b[J" + "".join(f"{line}\n" for line in self._notices) + "\x1b[?7l"
            self._notices.clear()
        self._stream.write(up + "".join(f"{line}\x1b[K\n" for line in lines) + "\x1b[J")
        self._stream.flush()
        self._height = len(lines)

    def _foot(self, now: float) -> list[str]:
        wave = f"wave {self._wave.number} of {self._wave.of}  " if self._wave and self._wave.of > 1 else ""
        allowed = self._policy.max_failures.at_most(len(self._rows))
        budget = f"{allowed} may fail" if allowed else "none may fail"
        line = f"{wave}{count_line(list(self._rows.values()))}  ({budget})  {duration(now - self._began)}"
        if self._stop:
            return [line, f"beginning no more: {self._stop}"]
        if self._soak is not None:
            return [line, f"waiting {duration(self._soak)} more to see whether they stay well"]
        return [line]


def _wave_line(wave: Wave) -> str:
    names = ", ".join(wave.hosts[:_NAMED])
    more = f" and {len(wave.hosts) - _NAMED} more" if len(wave.hosts) > _NAMED else ""
    of = f"wave {wave.number} of {wave.of}: " if wave.of > 1 else ""
    return f"{of}{names}{more}"
