"""Rollouts with hosts that do as they are told: order, budget, deadlines, interruptions, observers."""

from __future__ import annotations

import os
import queue
import signal
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest

from edge.errors import EdgeError
from provisioning import job as jobs
from provisioning import rollout
from provisioning.events import Event, Outcome
from provisioning.job import Job
from provisioning.rollout import Observer, Report, roll_out
from provisioning.waves import Amount, Policy, PolicyError, Wave, parse_waves

PATIENCE = 20.0


class Diary(Observer):
    """Writes down what it is told."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.report: Report | None = None

    def wave(self, wave: Wave) -> None:
        self.lines.append(f"wave {wave.number}/{wave.of} {' '.join(wave.hosts)}")

    def began(self, host: str) -> None:
        self.lines.append(f"began {host}")

    def event(self, event: Event) -> None:
        self.lines.append(f"{event.host} {event.phase}")

    def ended(self, outcome: Outcome) -> None:
        self.lines.append(f"{outcome.host} {outcome.state}")

    def stopping(self, why: str) -> None:
        self.lines.append(f"stopping: {why}")

    def finished(self, report: Report) -> None:
        self.report = report


@dataclass
class Boards:
    """Does what is said of each host: a state to end with, or a function; all others change."""

    say: dict[str, str | Callable[[Job], Outcome]] = field(default_factory=dict)
    most: int = 0
    _now: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, host: str, job: Job) -> Outcome:
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
        try:
            said = self.say.get(host, "changed")
            job(Event(host, "probe", "looking"))
            return said(job) if callable(said) else Outcome(host, said)  # type: ignore[arg-type]
        finally:
            with self._lock:
                self._now -= 1


def policy(waves: str = "1,10%,100%", failures: str = "0", **more: float) -> Policy:
    limits = {"soak_s": 0.0, **more}
    return Policy(parse_waves(waves), max_failures=Amount.parse(failures), **limits)  # type: ignore[arg-type]


def fleet(size: int) -> list[str]:
    return [f"b{i}" for i in range(size)]


def hanging(phase: str, reached: threading.Event | None = None) -> Callable[[Job], Outcome]:
    """Work that waits in a phase until its connection is closed from outside."""

    def work(job: Job) -> Outcome:
        closed = threading.Event()
        job.on_cut(closed.set)
        job(Event(job.host, phase, "waiting"))
        if reached:
            reached.set()
        assert closed.wait(PATIENCE)
        raise ConnectionError("the connection is gone")

    return work


def test_everything_goes_well() -> None:
    diary = Diary()
    report = roll_out(fleet(3), Boards(), policy(), observers=[diary])
    assert (report.exit_code, report.counts, report.pending, report.stopped) == (0, {"changed": 3}, (), "")
    assert diary.lines[:5] == ["wave 1/2 b0", "began b0", "b0 probe", "b0 changed", "wave 2/2 b1 b2"]
    assert diary.report is report


def test_the_pool_is_bounded_and_used() -> None:
    meet = threading.Barrier(4)

    def together(job: Job) -> Outcome:
        meet.wait(PATIENCE)  # passes only where four are at it at once
        return Outcome(job.host, "unchanged")

    boards = Boards(dict.fromkeys(fleet(12), together))
    assert roll_out(fleet(12), boards, policy("100%", parallel=4)).counts == {"unchanged": 12}
    assert boards.most == 4


def test_a_failed_canary_stops_it() -> None:
    diary = Diary()
    report = roll_out(fleet(5), Boards({"b0": "rolled_back"}), policy(failures="5"), observers=[diary])
    assert (report.exit_code, report.pending, report.counts) == (
        4,
        ("b1", "b2", "b3", "b4"),
        {"rolled_back": 1, "pending": 4},
    )
    assert diary.lines[-1] == "stopping: b0 of the first wave failed"
    assert report.to_json()["hosts"]["b3"] == {"host": "b3", "state": "pending"}


def test_those_at_work_come_to_their_end_when_the_budget_is_spent() -> None:
    failed = threading.Event()

    def fails(job: Job) -> Outcome:
        failed.set()
        return Outcome(job.host, "failed", why="no")

    def slow(job: Job) -> Outcome:
        assert failed.wait(PATIENCE)
        return Outcome(job.host, "changed")

    report = roll_out(fleet(9), Boards({"b0": fails, "b1": slow}), policy("100%", parallel=2))
    assert {host: outcome.state for host, outcome in report.outcomes.items()}.items() >= {
        "b0": "failed",
        "b1": "changed",
    }.items()
    assert report.stopped == "1 failed (b0), none may"
    assert report.pending


def test_unreachable_hosts_use_up_no_budget() -> None:
    report = roll_out(fleet(9), Boards({"b0": "unreachable", "b4": "unreachable"}), policy())
    assert (report.exit_code, report.counts) == (3, {"unreachable": 2, "changed": 7})
    assert report.to_json()["result"] == "unreachable"


def test_errors_become_outcomes() -> None:
    def known(_: Job) -> Outcome:
        raise EdgeError("the key has changed; look")

    def defect(_: Job) -> Outcome:
        raise ZeroDivisionError("x")

    report = roll_out(["a", "b"], Boards({"a": known, "b": defect}), policy("100%", failures="2"))
    assert (report.outcomes["a"].state, report.outcomes["a"].why) == ("failed", "the key has changed; look")
    assert report.outcomes["b"].why.startswith("a defect of edge: ZeroDivisionError: x")
    assert any("defect" in line for line in report.outcomes["b"].log)


def test_a_host_that_takes_too_long_is_let_go() -> None:
    report = roll_out(["a", "b"], Boards({"a": hanging("upload")}), policy("100%", failures="1", deadline_s=0.2))
    assert (report.outcomes["a"].state, report.outcomes["b"].state) == ("cut", "changed")
    assert report.outcomes["a"].why == "not done in 0.2 s, still in phase upload; try again"


def test_a_thread_that_notices_nothing_is_left_to_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rollout, "_PATIENCE_S", 0.1)
    stuck = threading.Event()

    def deaf(job: Job) -> Outcome:
        stuck.wait(PATIENCE)
        return Outcome(job.host, "changed")

    report = roll_out(["a"], Boards({"a": deaf}), policy(deadline_s=0.1))
    stuck.set()
    assert report.outcomes["a"].state == "cut"


def test_an_upload_that_gets_on_is_no_waste_of_time() -> None:
    """1.2 GB at 500 kB/s are 2400 s, and no fault of the board's."""
    now = 0.0
    job = Job("a", queue.SimpleQueue(), 1800.0, clock=lambda: now)

    def upload(done: int, text: str = "model") -> None:
        job(Event("a", "upload", text, done, 1_200_000_000))

    upload(0)
    for second in range(2400):
        now = second + 1.0
        upload(500_000 * (second + 1), "model" if second % 2 else "wheel")
    assert job.deadline == 1800.0 + 2400.0
    now += 500.0
    upload(1_200_000_000)  # nothing came: this is the board's own time
    assert job.deadline == 1800.0 + 2400.0
    job(Event("a", "install", "pip"))
    now += 100.0
    job(Event("a", "check", "the model"))
    assert job.deadline == 1800.0 + 2400.0


def test_a_long_standstill_of_an_upload_counts() -> None:
    now = 0.0
    job = Job("a", queue.SimpleQueue(), 1800.0, clock=lambda: now)
    for _ in range(3):
        job(Event("a", "upload", "model", int(now), 1000))
        now += 200.0
    assert (job.uploading, job.deadline) == (60.0, 1860.0)


def test_how_long_an_upload_took_is_said_where_the_host_is_cut() -> None:
    def work(job: Job) -> Outcome:
        job.uploading = 70.0
        return hanging("install")(job)

    why = roll_out(["a"], Boards({"a": work}), policy(deadline_s=0.1)).outcomes["a"].why
    assert why == "not done in 0.1 s and 70 s of uploads, still in phase install; try again"


def test_an_activation_outlasts_the_host_s_deadline() -> None:
    def activates(job: Job) -> Outcome:
        job(Event(job.host, "activate", "switching"))
        cut = threading.Event()
        job.on_cut(cut.set)
        return Outcome(job.host, "changed" if not cut.wait(0.5) else "failed")

    assert roll_out(["a"], Boards({"a": activates}), policy(deadline_s=0.1)).outcomes["a"].state == "changed"


def interrupted(
    say: dict[str, Callable[[Job], Outcome]], hosts: Sequence[str], ready: Sequence[threading.Event], signals: int
) -> tuple[Report, list[str]]:
    """A rollout that gets Ctrl-C so many times once every event of ``ready`` is set."""
    diary = Diary()

    class Person(Observer):
        pressed = 0

        def tick(self) -> None:
            # Twice only once the first one has been heard, as a person would.
            heard = self.pressed == 0 or any(line.startswith("stopping") for line in diary.lines)
            if self.pressed < signals and heard and all(event.is_set() for event in ready):
                self.pressed += 1
                os.kill(os.getpid(), signal.SIGINT)

    before = signal.getsignal(signal.SIGINT)
    report = roll_out(hosts, Boards(dict(say)), policy("100%", parallel=2), observers=[diary, Person()])
    assert signal.getsignal(signal.SIGINT) is before
    return report, diary.lines


def test_ctrl_c_lets_an_activation_come_to_its_end() -> None:
    uploading, activating, over = threading.Event(), threading.Event(), threading.Event()

    def uploads(job: Job) -> Outcome:
        try:
            return hanging("upload", uploading)(job)
        finally:
            over.set()

    def activates(job: Job) -> Outcome:
        job(Event(job.host, "activate", "switching"))
        activating.set()
        assert over.wait(PATIENCE)  # the other one has been let go
        return Outcome(job.host, "changed", release="r")

    report, lines = interrupted({"a": uploads, "b": activates}, ["a", "b", "c"], [uploading, activating], 1)
    assert (report.outcomes["b"].state, report.outcomes["a"].state, report.pending) == ("changed", "cut", ("c",))
    assert report.outcomes["a"].why == "interrupted; the same command again goes on from there"
    assert (report.exit_code, report.interrupted, report.stopped) == (130, True, "interrupted")
    assert (
        "stopping: interrupted; waiting for 1 that cannot be left in the middle; once more lets go of them, too"
        in lines
    )


def test_ctrl_c_twice_lets_go_of_everything() -> None:
    activating = threading.Event()
    report, _ = interrupted({"a": hanging("activate", activating)}, ["a", "b"], [activating], 2)
    assert report.outcomes["a"].state == "cut"
    assert report.outcomes["a"].why == "let go in phase activate: the board brings it to an end by itself"


def test_an_observer_that_fails_stops_nothing() -> None:
    class Broken(Observer):
        def event(self, event: Event) -> None:
            raise BrokenPipeError(event.host)

    diary = Diary()
    with pytest.raises(BrokenPipeError, match="b0"):
        roll_out(fleet(3), Boards(), policy(), observers=[Broken(), diary])
    assert diary.report is not None
    assert diary.report.counts == {"changed": 3}


def test_after_a_soak_the_hosts_are_looked_at_again() -> None:
    seen: list[str] = []

    def look(host: str, _: Job) -> Outcome:
        seen.append(host)
        return Outcome(host, "failed" if host == "b1" else "unchanged", why="it has crashed since")

    report = roll_out(fleet(20), Boards(), policy(soak_s=0.05), look_again=look)
    assert seen == ["b0", "b1"]
    assert (report.outcomes["b0"].state, report.outcomes["b1"].state) == ("changed", "failed")
    assert report.outcomes["b1"].why == "after 0 s: it has crashed since"
    assert report.stopped == "1 failed (b1), none may"
    assert len(report.pending) == 18


def test_who_has_gone_away_after_a_soak_has_failed() -> None:
    report = roll_out(
        fleet(3), Boards(), policy(), look_again=lambda host, _: Outcome(host, "unreachable", why="no answer")
    )
    assert report.outcomes["b0"].state == "failed"


def test_nothing_changed_needs_no_second_look() -> None:
    def look(_host: str, _job: Job) -> Outcome:
        raise AssertionError

    boards = Boards(dict.fromkeys(fleet(3), "unchanged"))
    assert roll_out(fleet(3), boards, policy(soak_s=3600.0), look_again=look).counts == {"unchanged": 3}


def test_hosts_of_an_earlier_run_count() -> None:
    done = {"b0": Outcome("b0", "changed"), "b1": Outcome("b1", "failed")}
    diary = Diary()
    report = roll_out(fleet(4), Boards(), policy(failures="1"), done=done, observers=[diary])
    assert (report.counts, report.exit_code) == ({"changed": 3, "failed": 1}, 4)
    assert "began b0" not in diary.lines
    assert roll_out(fleet(4), Boards(), policy(), done=done).pending == ("b2", "b3")


def test_waves_that_do_not_fit_are_told_before_anything_begins() -> None:
    boards = Boards()
    with pytest.raises(PolicyError):
        roll_out(fleet(9), boards, policy("1,2"))
    assert boards.most == 0


def test_progress_does_not_flood(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "_PAUSE_S", 3600.0)

    def uploads(job: Job) -> Outcome:
        for done in range(1001):
            job(Event(job.host, "upload", "model", done, 1000))
        return Outcome(job.host, "changed")

    diary = Diary()
    roll_out(["a"], Boards({"a": uploads}), policy(), observers=[diary])
    assert diary.lines.count("a upload") == 2  # the first and the last


def test_a_rollout_in_another_thread_leaves_signals_alone() -> None:
    before = signal.getsignal(signal.SIGINT)
    reports: list[Report] = []
    thread = threading.Thread(target=lambda: reports.append(roll_out(["a"], Boards(), policy())))
    thread.start()
    thread.join(PATIENCE)
    assert reports[0].counts == {"changed": 1}
    assert signal.getsignal(signal.SIGINT) is before
