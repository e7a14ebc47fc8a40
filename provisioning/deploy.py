"""One board, from facts to outcome: probe, plan, carry out; and the smaller errands over the same connection."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from devices.facts import Facts
from devices.findings import Finding, findings
from edge.errors import BoardUnreachable, EdgeError

from .actions import Action, Settle
from .connection import Board, Target, open_board
from .events import Event, Outcome, State
from .execute import LOCK_WAIT_S, Done, Tell, execute
from .job import Job
from .manifest import Installed, answering
from .plan import plan, plan_rollback
from .probed import understood
from .session import BoardError, Session
from .wanted import Wanted

__all__ = ["Errand", "Order", "deploy", "healthy", "restart", "roll_back", "uninstall", "visit"]

# An interrupted switch comes to its end, then the real plan; a third round would mean that somebody else is at it.
_ROUNDS = 3


@dataclass(frozen=True)
class Order:
    """How to go about it. ``who``: for the board's lock and audit log. ``limit_bytes_s``: cap of an upload."""

    who: str
    plan_only: bool = False
    limit_bytes_s: float | None = None


@dataclass
class Errand:
    """One visit to one board: what the work of it needs, and what it leaves for the outcome."""

    host: str
    board: Board
    on_event: Callable[[Event], None]
    seconds: dict[str, float] = field(default_factory=dict)

    def tell(self, phase: str, text: str, done: int = 0, total: int = 0) -> None:
        self.on_event(Event(self.host, phase, text, done, total))

    def facts(self) -> Facts:
        """Probe the board."""
        begun = time.monotonic()
        self.tell("probe", "looking at the board")
        facts, _ = understood(self.board.probe(), self.host)
        self.seconds["probe"] = round(self.seconds.get("probe", 0.0) + time.monotonic() - begun, 3)
        return facts

    @contextmanager
    def session(self, facts: Facts) -> Iterator[Session]:
        """The board's program, run by the Python that the probe found."""
        with self.board.session(python=facts.python.path if facts.python else "python3") as session:
            yield session

    def outcome(self, state: State, **more: Any) -> Outcome:
        return Outcome(self.host, state, seconds=self.seconds, trips=self.board.round_trips, **more)


def visit(host: str, target: Target, work: Callable[[Errand], Outcome], job: Job) -> Outcome:
    """Open the board, do ``work`` there, and turn whatever goes wrong into an outcome."""
    begun = time.monotonic()
    try:
        job(Event(host, "connect", "connecting"))
        with open_board(target) as board:
            job.on_cut(board.close)
            errand = Errand(host, board, job)
            try:
                outcome = work(errand)
            except BoardUnreachable as error:
                # Whatever was under way goes on or heals on the board; that is its business.
                outcome = errand.outcome("cut", why=f"{error}; run the same command again")
            except BoardError as error:
                state: State = "refused" if error.code == "locked" else "failed"
                outcome = errand.outcome(state, why=str(error), log=tuple(error.log))
    except BoardUnreachable as error:
        outcome = Outcome(host, "unreachable", why=str(error))
    except EdgeError as error:
        outcome = Outcome(host, "refused", why=str(error))
    seconds = {**outcome.seconds, "all": round(time.monotonic() - begun, 3)}
    return replace(outcome, seconds=seconds)


def deploy(errand: Errand, prepare: Callable[[Facts, Tell], Wanted], order: Order) -> Outcome:
    """Take the board to the state that ``prepare`` wants for its facts (it may build and download)."""
    done = Done()
    for _ in range(_ROUNDS):
        facts = errand.facts()
        found = findings(facts, time.time())
        if any(f.level == "error" for f in found):
            return _refused(errand, found)
        begun = time.monotonic()
        wanted = prepare(facts, errand.tell)
        made = plan(facts, wanted, time.time())
        errand.seconds["prepare"] = round(time.monotonic() - begun, 3)
        if made.errors:
            return _refused(errand, list(made.findings))
        current = Installed.from_json(facts.edge).current
        known = {
            "release": made.release,
            "previous": current,
            "findings": _told(made.findings),
            "plan": made.to_json() | {"sentences": [action.sentence() for action in made.actions]},
        }
        if order.plan_only:
            return errand.outcome("planned" if made.actions else "unchanged", **known)
        if not made.actions:
            return errand.outcome("unchanged", **known)
        done = _carry_out(errand, facts, made.actions, wanted.secret_bytes, order)
        if not isinstance(made.actions[0], Settle):
            del known["plan"]
            return _after(errand, done, known)
    return errand.outcome("failed", why="the board does not come to rest: somebody else is deploying to it, too")


def _carry_out(
    errand: Errand,
    facts: Facts,
    actions: tuple[Action, ...],
    secrets: Mapping[str, bytes],
    order: Order,
    what: str = "deploy",
) -> Done:
    begun = time.monotonic()
    errand.tell("connect", "waiting for the board's program")
    with errand.session(facts) as session:
        errand.seconds["session"] = round(time.monotonic() - begun, 3)
        done = execute(
            actions,
            session,
            who=order.who,
            what=what,
            secrets=secrets,
            tell=errand.tell,
            limit_bytes_s=order.limit_bytes_s,
        )
    for phase, seconds in done.seconds.items():
        errand.seconds[phase] = round(errand.seconds.get(phase, 0.0) + seconds, 3)
    return done


def _after(errand: Errand, done: Done, known: dict[str, Any]) -> Outcome:
    """The outcome of an execution that came to its end, by the board's own account of the switch."""
    account = done.activation or {}
    states: dict[str, State] = {"committed": "changed", "rolled_back": "rolled_back"}
    state = states.get(str(account.get("outcome", "committed")), "failed")
    log = tuple(str(line) for line in account.get("log") or ())
    said = str((account.get("state") or {}).get("StatusText") or "")
    if state == "changed" and not answering(said):
        known["findings"] = (*known.get("findings", ()), *_told([_no_broker(said)]))
    return errand.outcome(
        state, why=str(account.get("why") or ""), log=log, sent=done.sent, measured=done.measured, **known
    )


def _no_broker(said: str) -> Finding:
    return Finding(
        "warning",
        "broker",
        f"the agent runs, but has no broker yet, and none was reached before either ({said or 'it says nothing'})",
        "start the broker, or check its address and what the board is allowed there; the agent goes on trying",
    )


def _told(found: tuple[Finding, ...] | list[Finding]) -> tuple[dict[str, str], ...]:
    return tuple({k: str(v) for k, v in vars(finding).items()} for finding in found)


def _refused(errand: Errand, found: list[Finding]) -> Outcome:
    errors = [finding for finding in found if finding.level == "error"]
    why = f"{errors[0].message}; {errors[0].remedy}"
    more = f" (and {len(errors) - 1} more: edge doctor {errand.host})" if len(errors) > 1 else ""
    return errand.outcome("refused", why=why + more, findings=_told(found))


def roll_back(errand: Errand, to: str | None, deadline_s: float, order: Order) -> Outcome:
    """Go back to an earlier release, with the same health gate."""
    facts = errand.facts()
    installed = Installed.from_json(facts.edge)
    if installed.current is None:
        return errand.outcome("refused", why="nothing is installed there; 'edge deploy' does that")
    try:
        action = plan_rollback(installed, to, deadline_s)
    except LookupError as error:
        return errand.outcome("refused", why=str(error))
    if action is None:
        return errand.outcome("unchanged", release=installed.current)
    known = {"previous": installed.current, "release": action.release}
    if order.plan_only:
        return errand.outcome("planned", plan={"sentences": [action.sentence()]}, **known)
    return _after(errand, _carry_out(errand, facts, (action,), {}, order, "rollback"), known)


def healthy(errand: Errand) -> Outcome:
    """Look again at a board that was changed: is its agent still up, and did it stay so?"""
    installed = Installed.from_json(errand.facts().edge)
    service = installed.service or {}
    committed = (installed.result or {}).get("state")
    before = committed.get("NRestarts", "0") if isinstance(committed, dict) else "0"
    if installed.running and service.get("NRestarts", "0") == before:
        return errand.outcome("unchanged", release=installed.current)
    what = "is down" if not installed.running else f"was restarted {service.get('NRestarts')} times by systemd"
    return errand.outcome("failed", release=installed.current, why=f"the agent {what}; 'edge logs' has its last words")


def restart(errand: Errand, deadline_s: float, order: Order) -> Outcome:
    """Restart the agent and wait until it is healthy."""
    with errand.session(errand.facts()) as session:
        session.call("lock", who=order.who, wait_s=LOCK_WAIT_S)
        errand.tell("activate", "restarting the agent")
        done = session.call("restart", deadline_s=deadline_s, who=order.who)
    healthy = bool(done.get("healthy"))
    log = tuple(str(line) for line in done.get("log") or ())
    return errand.outcome("changed" if healthy else "failed", why=str(done.get("why") or ""), log=log)


def uninstall(errand: Errand, order: Order, *, purge: bool) -> Outcome:
    """Take everything of ours off the board; with ``purge`` the accepted prompts, too."""
    with errand.session(errand.facts()) as session:
        session.call("lock", who=order.who, wait_s=LOCK_WAIT_S)
        errand.tell("uninstall", "stopping the agent and removing everything of edge")
        done = session.call("uninstall", purge=purge, who=order.who)
    return errand.outcome("changed" if done.get("removed") else "unchanged")
