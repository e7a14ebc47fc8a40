"""One host's turn in a rollout: a thread that does the work, and the handle by which it can be ended from outside."""

from __future__ import annotations

import contextlib
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import replace
from queue import SimpleQueue

from edge.errors import EdgeError

from .events import Event, Outcome

__all__ = ["CRITICAL", "NOTICE", "Do", "Job", "Message"]

#: While a host is in one of these phases it is not cut short: the board would be left to decide by itself.
CRITICAL = frozenset({"activate", "settle", "restart", "uninstall"})
#: The phase of an event that is something a person should read, whatever the host does meanwhile.
NOTICE = "notice"
#: Seconds between two events that tell nothing new but how far an upload is.
_PAUSE_S = 0.1
#: The longest that an upload may stand still before that counts as the host's own time.
_STANDSTILL_S = 30.0
#: What it looks like to the work when its connection is closed from outside; anything else is a result of its own.
_ENDINGS_OF_A_CUT = frozenset({"failed", "unreachable", "cut"})


class Job:
    """Call it with what happens to the host. ``host``: its name.

    What it hears it puts into ``inbox``, and at the end the outcome: threads meet nowhere else. ``deadline_s``: for the
    work without the time in which an upload gets on, which is the network's and the model's, and has no measure.
    """

    def __init__(
        self,
        host: str,
        inbox: SimpleQueue[Message],
        deadline_s: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.host = host
        self.phase = ""
        #: Why it was ended from outside; empty if it was not.
        self.cut_because = ""
        self.begun = clock()
        self.deadline = self.begun + deadline_s
        #: Seconds in which an upload got on.
        self.uploading = 0.0
        self._clock = clock
        self._upload: tuple[Event, float] | None = None
        self._inbox = inbox
        self._lock = threading.Lock()
        self._close: Callable[[], None] | None = None
        self._told: tuple[Event, float] | None = None

    def __call__(self, event: Event) -> None:
        if event.phase == NOTICE:
            self._inbox.put((self, event))
            return
        now = self._clock()
        if event.total:
            self._extend(event, now)
        if self._told is not None:
            last, when = self._told
            same = (last.phase, last.text, last.total) == (event.phase, event.text, event.total)
            if same and now - when < _PAUSE_S and event.done < event.total:
                return
        self._told = event, now
        self.phase = event.phase
        self._inbox.put((self, event))

    def _extend(self, event: Event, now: float) -> None:
        """Give the host the time back in which bytes of it arrived."""
        if self._upload is not None:
            last, when = self._upload
            same = (last.phase, last.total) == (event.phase, event.total)
            if same and event.done <= last.done:
                return
            if same:
                gained = min(now - when, _STANDSTILL_S)
                self.uploading += gained
                self.deadline += gained
        self._upload = event, now

    @property
    def critical(self) -> bool:
        """Whether it is better to wait for its end."""
        return self.phase in CRITICAL

    def on_cut(self, close: Callable[[], None]) -> None:
        """Say how to end the work from another thread: ``close`` makes what it waits for fail. The last call counts."""
        with self._lock:
            self._close = close
            late = bool(self.cut_because)
        if late:
            _quietly(close)

    def cut(self, why: str) -> None:
        """End the work from outside, without waiting for it."""
        with self._lock:
            first = not self.cut_because
            self.cut_because = self.cut_because or why
            close = self._close
        if first and close is not None:
            # Closing a connection may wait for it, and whoever cuts has other hosts to see to.
            threading.Thread(target=_quietly, args=(close,), daemon=True, name=f"close {self.host}").start()

    def begin(self, do: Do) -> None:
        """Do the work in a thread of its own, which never holds up the program's end."""
        threading.Thread(target=self._run, args=(do,), daemon=True, name=f"host {self.host}").start()

    def _run(self, do: Do) -> None:
        try:
            outcome = do(self.host, self)
        except EdgeError as error:
            outcome = Outcome(self.host, "failed", why=str(error))
        except Exception as error:  # noqa: BLE001 - one host's defect must not leave the others without an outcome
            said = " ".join(f"{type(error).__name__}: {error}".split())
            what = f"a defect of edge: {said}; please report it with the lines below"
            outcome = Outcome(self.host, "failed", why=what, log=tuple(traceback.format_exc().splitlines()[-20:]))
        if self.cut_because and outcome.state in _ENDINGS_OF_A_CUT:
            outcome = replace(outcome, state="cut", why=self.cut_because, log=())
        self._inbox.put((self, replace(outcome, host=self.host)))


def _quietly(close: Callable[[], None]) -> None:
    with contextlib.suppress(Exception):  # it is being torn down; how it complains is of no interest
        close()


#: The work on one host: its name, and the job to tell events to.
Do = Callable[[str, Job], Outcome]
#: What a rollout's main thread hears: of a job an event or its outcome, or a signal's number.
Message = tuple[Job, Event | Outcome] | int
