"""Doing the same thing to many hosts, in waves: a bounded pool of threads, one deadline each, and an orderly stop.

Ctrl-C (or SIGTERM, or a closed terminal) once: nothing new is begun, hosts in the middle of something that can be done
again are let go, and those that are switching to another release come to their end. Twice: all are let go; what a
board has begun it finishes by itself. No lock stays behind, because a board's lock lives as long as its connection.
"""

from __future__ import annotations

import contextlib
import queue
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from queue import SimpleQueue
from types import FrameType
from typing import Any

from .events import Event, Outcome, State
from .job import Do, Job, Message
from .waves import BAD, Policy, Verdict, Wave, judge

__all__ = ["Observer", "Report", "roll_out"]

_TICK_S = 0.1
#: For a host that was let go to notice; afterwards its thread is left to itself.
_PATIENCE_S = 5.0
#: For a critical section beyond the host's deadline: the board's own deadline ends it before that.
_CRITICAL_S = 300.0
_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")


@dataclass(frozen=True)
class Report:
    """What came of a rollout.

    ``outcomes``: of every host that had its turn, in the fleet's order. ``pending``: those that had none. ``stopped``:
    why it did not go on to the end. ``interrupted``: by a person. ``seconds``: it took. ``run``: its record's name.
    """

    outcomes: Mapping[str, Outcome]
    pending: tuple[str, ...] = ()
    stopped: str = ""
    interrupted: bool = False
    seconds: float = 0.0
    run: str = ""

    @property
    def counts(self) -> dict[str, int]:
        """How many hosts of each state, ``pending`` among them; states of no host are left out."""
        found = Counter[str](outcome.state for outcome in self.outcomes.values())
        return dict(found) | ({"pending": len(self.pending)} if self.pending else {})

    @property
    def exit_code(self) -> int:
        """0: every host is as wanted · 130: interrupted · 4: some failed · 3: some were not reached or not begun."""
        states = {outcome.state for outcome in self.outcomes.values()}
        if self.interrupted:
            return 130
        if states & BAD:
            return 4
        return 3 if self.pending or "unreachable" in states else 0

    def to_json(self) -> dict[str, Any]:
        """One object, hosts by name."""
        hosts: dict[str, Any] = {host: outcome.to_json() for host, outcome in self.outcomes.items()}
        return {
            "run": self.run or None,
            "result": {0: "done", 3: "unreachable", 4: "failed", 130: "interrupted"}[self.exit_code],
            "stopped": self.stopped,
            "seconds": round(self.seconds, 3),
            "counts": self.counts,
            "hosts": hosts | {host: {"host": host, "state": "pending"} for host in self.pending},
        }


class Observer:
    """Somebody who wants to know how a rollout goes; every method is called in the main thread."""

    def wave(self, wave: Wave) -> None:
        """A wave begins, or goes on with hosts in place of those that were unreachable."""

    def began(self, host: str) -> None:
        """A host has its turn."""

    def event(self, event: Event) -> None:
        """Something happens to a host."""

    def ended(self, outcome: Outcome) -> None:
        """A host's turn is over."""

    def soaking(self, seconds: float) -> None:
        """Nothing is begun for so many seconds more, to see whether the last wave's hosts stay well."""

    def stopping(self, why: str) -> None:
        """Nothing new is begun any more."""

    def tick(self) -> None:
        """Some time has gone by."""

    def finished(self, report: Report) -> None:
        """It is over."""


def roll_out(
    hosts: Sequence[str],
    do: Do,
    policy: Policy,
    *,
    observers: Sequence[Observer] = (),
    done: Mapping[str, Outcome] | None = None,
    look_again: Do | None = None,
) -> Report:
    """Do ``do`` to every host, in waves, and report.

    ``done``: hosts that had their turn in an earlier run. ``look_again``: done at the end of each soak to the hosts
    that the wave before it changed; whoever is not well then has failed, and the next wave does not begin.

    An observer that fails is asked no more, and its error raised when the last host has come to its end. Raises
    PolicyError where the waves do not fit the fleet.
    """
    judge(hosts, policy, {})  # says what is wrong with the waves before anything is begun
    return _Rollout(hosts, do, look_again, policy, observers, done or {}).run()


@dataclass
class _Crowd:
    """All observers as one, of which none can stop a rollout."""

    observers: list[Observer]
    errors: list[Exception] = field(default_factory=list)

    def tell(self, what: str, *about: Any) -> None:
        for observer in tuple(self.observers):
            self.tell_one(observer, what, about)

    def tell_one(self, observer: Observer, what: str, about: tuple[Any, ...]) -> None:
        try:
            getattr(observer, what)(*about)
        except Exception as error:  # noqa: BLE001 - raised again by run(), when no board hangs on it any more
            self.errors.append(error)
            self.observers.remove(observer)


class _Rollout:
    def __init__(
        self,
        hosts: Sequence[str],
        do: Do,
        look_again: Do | None,
        policy: Policy,
        observers: Sequence[Observer],
        done: Mapping[str, Outcome],
    ) -> None:
        self.hosts = tuple(dict.fromkeys(hosts))
        self.do = do
        self.look_again = look_again
        self.policy = policy
        self.crowd = _Crowd(list(observers))
        self.outcomes = {host: done[host] for host in self.hosts if host in done}
        self.inbox: SimpleQueue[Message] = SimpleQueue()
        self.running: dict[str, Job] = {}
        self.let_go: dict[str, float] = {}
        self.wave: Wave | None = None
        self.soak_until: float | None = None
        #: Hosts to look at again; None until the soak is over.
        self.to_see: list[str] | None = None
        self.stopped = ""
        self.signals = 0

    def run(self) -> Report:
        begun = time.monotonic()
        with _signals(self.inbox):
            while self.step():
                self.crowd.tell("tick")
        pending = tuple(host for host in self.hosts if host not in self.outcomes)
        report = Report(
            {host: self.outcomes[host] for host in self.hosts if host in self.outcomes},
            pending,
            self.stopped,
            self.signals > 0,
            time.monotonic() - begun,
        )
        self.crowd.tell("finished", report)
        if self.crowd.errors:
            raise self.crowd.errors[0]
        return report

    def step(self) -> bool:
        """Begin what may be begun, and hear the next message; False when all is over."""
        more = self.begin()
        if not self.running and not more:
            return False
        with contextlib.suppress(queue.Empty):
            message = self.inbox.get(timeout=_TICK_S)
            while True:
                self.hear(message)
                message = self.inbox.get_nowait()
        self.watch()
        return True

    def begin(self) -> bool:
        """Begin hosts as far as waves, budget and the pool allow; return whether there are any left to begin."""
        if self.signals:
            return False
        verdict = judge(self.hosts, self.policy, self.states())
        if verdict.stop and not self.stopped:
            self.stopped = verdict.stop
            self.crowd.tell("stopping", verdict.stop)
        if self.stopped or verdict.wave is None:
            return False
        room = self.policy.parallel - len(self.running)
        if self.look_again is not None and self.to_see:
            for host in self.to_see[:room]:
                self.to_see.remove(host)
                self.start(host, self.look_again)
        elif self.ready(verdict, verdict.wave):
            for host in verdict.begin[:room]:
                self.start(host, self.do)
        return True

    def start(self, host: str, do: Do) -> None:
        job = self.running[host] = Job(host, self.inbox, self.policy.deadline_s)
        self.crowd.tell("began", host)
        job.begin(do)

    def ready(self, verdict: Verdict, wave: Wave) -> bool:
        """Whether this wave may begin: between two of them there is a soak, if the one before changed anything."""
        if self.wave is not None and wave.number > self.wave.number:
            now = time.monotonic()
            before = verdict.waves[wave.number - 2].hosts
            changed = [host for host in before if self.outcomes[host].state == "changed"]
            if self.soak_until is None:
                self.soak_until = now + (self.policy.soak_s if changed else 0.0)
            if now < self.soak_until:
                self.crowd.tell("soaking", self.soak_until - now)
                return False
            if self.to_see is None:
                self.to_see = changed if self.look_again else []
                return not self.to_see and self.ready(verdict, wave)
        if wave != self.wave:
            self.wave, self.soak_until, self.to_see = wave, None, None
            self.crowd.tell("wave", wave)
        return True

    def states(self) -> dict[str, str]:
        states: dict[str, str] = {host: outcome.state for host, outcome in self.outcomes.items()}
        return states | dict.fromkeys(self.running, "running")

    def hear(self, message: Message) -> None:
        match message:
            case int():
                self.interrupt()
            case (job, Outcome() as outcome):
                self.end(job, outcome)
            case (job, Event() as event):
                if self.running.get(job.host) is job:
                    self.crowd.tell("event", event)

    def end(self, job: Job, outcome: Outcome) -> None:
        if self.running.get(job.host) is not job:  # it was given up already
            return
        del self.running[job.host]
        self.let_go.pop(job.host, None)
        if before := self.outcomes.get(job.host):  # looked at again
            state: State = "failed" if outcome.state == "unreachable" else outcome.state
            why = f"after {self.policy.soak_s:.0f} s: {outcome.why}"
            outcome = before if outcome.good else replace(before, state=state, why=why, log=outcome.log)
        self.outcomes[job.host] = outcome
        self.crowd.tell("ended", outcome)

    def interrupt(self) -> None:
        self.signals += 1
        if self.signals == 1:
            switching = sum(job.critical for job in self.running.values())
            wait = f"waiting for {switching} that cannot be left in the middle; once more lets go of them, too"
            self.stopped = "interrupted"
            self.crowd.tell("stopping", f"interrupted; {wait}" if switching else "interrupted")

    def watch(self) -> None:
        """Let go of those whose time is over or who are to stop, and give up those that do not notice."""
        now = time.monotonic()
        for job in tuple(self.running.values()):
            if self.signals > 1 and job.critical:
                self.cut(job, f"let go in phase {job.phase}: the board brings it to an end by itself", now)
            elif self.signals and not job.critical:
                self.cut(job, "interrupted; the same command again goes on from there", now)
            elif now > job.deadline + (_CRITICAL_S if job.critical else 0.0):
                phase = job.phase or "connect"
                uploads = f" and {job.uploading:.0f} s of uploads" if job.uploading >= 1 else ""
                spent = f"{self.policy.deadline_s:g} s{uploads}"
                self.cut(job, f"not done in {spent}, still in phase {phase}; try again", now)
            given_up = self.let_go.get(job.host)
            if given_up is not None and (now > given_up or self.signals > 2):
                self.end(job, Outcome(job.host, "cut", why=job.cut_because))

    def cut(self, job: Job, why: str, now: float) -> None:
        if job.host not in self.let_go:
            self.let_go[job.host] = now + _PATIENCE_S
            job.cut(why)


@contextlib.contextmanager
def _signals(inbox: SimpleQueue[Message]) -> Iterator[None]:
    """Hear signals as messages: an exception at any place would leave half the book-keeping done."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def heard(number: int, _: FrameType | None) -> None:
        inbox.put(number)  # SimpleQueue's put may be called within its own get

    before = {}
    for name in _SIGNALS:
        number = getattr(signal, name)
        if signal.getsignal(number) is not signal.SIG_IGN:  # nohup
            before[number] = signal.signal(number, heard)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
