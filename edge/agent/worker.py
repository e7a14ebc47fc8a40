"""The work loop: runs what was accepted, all together, and says what came of it."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from devices.meter import Mark, Used
from devices.telemetry import Telemetry
from edge.errors import EdgeError
from edge.inference import Completion, Model
from edge.inference.answer import Answer

__all__ = ["Ended", "Job", "Worker", "Wrote"]

_LOG = logging.getLogger("edge.agent")
_SMOOTH = 0.2  # weight of the newest answer in the averages


@dataclass
class Job:
    """An accepted request on its way: ``answer`` is prepared and not begun.

    ``deadline``: on the monotonic clock, or None. ``restarts``: runs of it that were interrupted before. ``begun``: on
    the energy's meter.
    """

    key: str
    answer: Answer
    stream: bool
    events: bool
    deadline: float | None
    queued: float
    restarts: int = 0
    cancelled: bool = False
    seq: int = 0
    begun: Mark | None = None


@dataclass(frozen=True)
class Wrote:
    """A piece of an answer (``seq`` counts them from 0), or how far the reading of its prompt is."""

    job: Job
    text: str
    seq: int | None = None
    prefilled: int | None = None


@dataclass(frozen=True)
class Ended:
    """A job is over: with its completion, or with an error code of the protocol and a sentence.

    ``used``: the energy that it took, where that is known.
    """

    job: Job
    completion: Completion | None
    code: str | None = None
    message: str = ""
    queue_s: float = 0.0
    used: Used | None = None


class Worker:
    """Runs jobs on a model, up to ``together`` at once, in a thread of its own.

    ``tell`` is called in that thread with what happened; ``begin`` when a job's run starts, and returns how many runs
    were interrupted before; ``alive`` on every step and every idle wake-up, and by nothing else: a watchdog
    that listens to it hears when the loop itself hangs. An idle loop wakes up every ``idle_s``. ``telemetry`` is told
    how many are at work, and asked what they used.
    """

    def __init__(
        self,
        model: Model,
        tell: Callable[[Wrote | Ended], None],
        begin: Callable[[Job], int],
        alive: Callable[[], None],
        together: int,
        telemetry: Telemetry,
        idle_s: float = 5.0,
    ) -> None:
        self.tokens_per_s = 0.0
        self.answered = 0
        self._model = model
        self._tell = tell
        self._begin = begin
        self._alive = alive
        self._together = together
        self._telemetry = telemetry
        self._idle_s = idle_s
        self._seconds = 0.0  # that an answer takes, on average
        self._waiting: deque[Job] = deque()
        self._active: list[Job] = []
        self._changed = threading.Condition()
        self._state = "run"
        self._thread = threading.Thread(target=self._loop, name="edge-work", daemon=True)

    @property
    def queued(self) -> int:
        """Jobs that wait."""
        return len(self._waiting)

    @property
    def active(self) -> int:
        """Jobs that are being answered."""
        return len(self._active)

    @property
    def running(self) -> bool:
        """Whether the work loop is."""
        return self._thread.is_alive()

    def expected_wait(self) -> float:
        """Seconds until a job that came now would be begun, by what jobs have taken so far."""
        ahead = self.queued + self.active - self._together + 1
        return max(0.0, ahead * self._seconds / self._together)

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def add(self, job: Job) -> None:
        """Queue a job."""
        with self._changed:
            self._waiting.append(job)
            self._changed.notify()

    def cancel(self, keys: set[str]) -> int:
        """Give jobs up; each ends with the code ``cancelled``. Returns how many were found."""
        with self._changed:
            found = [job for job in (*self._waiting, *self._active) if job.key in keys]
            for job in found:
                job.cancelled = True
            self._changed.notify()
        return len(found)

    def stop(self, drain_s: float) -> None:
        """End the loop: begin nothing new, and give what is being answered ``drain_s`` to finish."""
        with self._changed:
            self._state = "drain"
            self._changed.notify()
        if self._thread.is_alive():
            self._thread.join(drain_s)
            self._state = "stop"
            self._thread.join()

    def _loop(self) -> None:
        try:
            while self._state != "stop":
                self._alive()
                with self._changed:
                    if self._state == "run":
                        self._fill()
                    elif not self._active:
                        return
                    if not self._active:
                        self._changed.wait(self._idle_s)
                        continue
                self._one_step()
        finally:
            for job in self._active:
                job.answer.stop()

    def _fill(self) -> None:
        """Begin what there is room for. The caller holds the lock."""
        while self._waiting and len(self._active) < self._together:
            job = self._waiting.popleft()
            if self._given_up(job):
                continue
            job.restarts = self._begin(job)
            job.answer.start()
            job.queued = time.monotonic() - job.queued
            job.begun = self._telemetry.mark()
            self._active.append(job)
            self._telemetry.running(len(self._active))

    def _given_up(self, job: Job) -> bool:
        if job.cancelled:
            self._end(job, "cancelled", "the asker gave the request up")
        elif job.deadline is not None and time.monotonic() >= job.deadline:
            self._end(job, "deadline", "its time was over")
        else:
            return False
        return True

    def _one_step(self) -> None:
        try:
            self._model.step()
        except (EdgeError, MemoryError) as error:
            _LOG.exception("the engine failed")
            for job in self._active:
                self._end(job, "internal", str(error) or "this device has no memory left")
            self._active.clear()
            self._telemetry.running(0)
            return
        for job in list(self._active):
            self._collect(job)

    def _collect(self, job: Job) -> None:
        try:
            pieces = job.answer.poll()
        except (EdgeError, MemoryError) as error:
            self._leave(job)
            self._end(job, "internal", str(error) or "this device has no memory left")
            return
        for piece in pieces:
            if piece.prefilled is not None:
                if job.events and piece.prefilled < job.answer.prompt_tokens:
                    self._tell(Wrote(job, "", prefilled=piece.prefilled))
            elif piece.text and job.stream:
                self._tell(Wrote(job, piece.text, seq=job.seq))
                job.seq += 1
        if job.answer.completion:
            self._leave(job)
            self._complete(job, job.answer.completion)
        elif self._given_up(job):
            self._leave(job)

    def _leave(self, job: Job) -> None:
        self._active.remove(job)
        self._telemetry.running(len(self._active))

    def _complete(self, job: Job, completion: Completion) -> None:
        job.answer.stop()
        seconds = (completion.timings["prefill_s"] or 0) + (completion.timings["decode_s"] or 0)
        share = _SMOOTH if self.answered else 1.0
        self._seconds += share * (seconds - self._seconds)
        if rate := completion.timings["decode_tok_s"]:
            self.tokens_per_s += (_SMOOTH if self.tokens_per_s else 1.0) * (rate - self.tokens_per_s)
        self.answered += 1
        self._tell(Ended(job, completion, queue_s=job.queued, used=self._telemetry.used(job.begun)))

    def _end(self, job: Job, code: str, message: str) -> None:
        job.answer.stop()
        self._tell(Ended(job, None, code, message))
