"""Verbs that work on many boards: their options, the rollout with its view and record, and how it ends."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import termios
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .parser import UsageError, number, whole
from .progress import duration
from .rollout_table import Row, count_line, note, plain, table, word
from .targets import Chosen

if TYPE_CHECKING:
    from provisioning.events import Outcome
    from provisioning.job import Job
    from provisioning.rollout import Report
    from provisioning.runs import Run
    from provisioning.waves import Policy

    from .parser import Parser
    from .rollout_view import View

__all__ = ["add_resume", "add_rollout", "conclude", "resumed", "roll"]

#: About the way to a board or the manner of asking: a run may go on although these differ.
_HOW = frozenset({"identity", "ssh-config", "host-key", "sudo-password-file", "deadline", "limit-rate"})
#: Never remembered: they belong to one call of the program.
_ONCE = frozenset({"handler", "verb", "debug", "json", "resume", "retry_failed", "runs", "version", "limit"})
_REFUSED = 2
_SHOWN_LOGS = 3
_SHOWN_LINES = 8
_NAMED = 4


def add_rollout(parser: Parser) -> None:
    """Add the options that say how to go through several boards."""
    group = parser.add_argument_group("for several boards")
    group.add_argument("--waves", metavar="LIST", help="how many have had their turn after each wave (1,10%%,100%%)")
    group.add_argument("--soak", metavar="S", type=number, help="seconds between two waves (default: 10)")
    group.add_argument("--max-failures", metavar="N", help="go on until more than N or N%% of all failed (default: 0)")
    group.add_argument("--max-unreachable", metavar="N", help="the same for those not reached (default: no limit)")
    group.add_argument("--parallel", metavar="N", type=whole, help="boards at a time (default: 8)")
    group.add_argument(
        "--host-timeout", metavar="S", type=number, help="seconds for one board, uploads apart (default: 1800)"
    )


def add_resume(parser: Parser) -> None:
    """Add the options that go on with an earlier run."""
    group = parser.add_argument_group("to go on with a run that stopped")
    group.add_argument("--resume", metavar="RUN", help="its name or 'last': the boards not done yet, with its options")
    group.add_argument("--retry-failed", action="store_true", help="with --resume: those that failed, too")
    group.add_argument("--runs", action=_ListRuns, nargs=0, help="list the runs there are, the last one last")


class _ListRuns(argparse.Action):
    """Like --help: prints something and that is all."""

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        from provisioning.runs import list_runs

        for run in list_runs():
            rows = [Row(host, of["state"]) for host, of in run["hosts"].items()]
            ended = run.get("result") if run["ended"] else "not ended"
            print(f"{run['run']}  {run['verb']:13}  {ended:11}  {count_line(rows)}")
        parser.exit()


def policy_of(args: argparse.Namespace) -> Policy:
    """The options of :func:`add_rollout` as a policy. Raises PolicyError."""
    from provisioning.waves import Amount, Policy, parse_waves

    given: dict[str, Any] = {
        "waves": None if args.waves is None else parse_waves(args.waves),
        "soak_s": args.soak,
        "max_failures": None if args.max_failures is None else Amount.parse(args.max_failures),
        "max_unreachable": None if args.max_unreachable is None else Amount.parse(args.max_unreachable),
        "parallel": args.parallel,
        "deadline_s": args.host_timeout,
    }
    return Policy(**{name: value for name, value in given.items() if value is not None})


def resumed(args: argparse.Namespace, verb: str) -> Run | None:
    """The run to go on with, or None. What it was asked for with, hosts among it, is filled into ``args``.

    To be called before :func:`~edge.cli.targets.choose`. Raises UsageError and RunError.
    """
    from provisioning.runs import Run, RunError

    if args.resume is None:
        if args.retry_failed:
            raise UsageError("--retry-failed goes with --resume RUN", verb)
        return None
    if args.hosts or args.limit:
        raise UsageError("--resume goes on with the boards of its run; leave HOST and --limit out", verb)
    run = Run.find(args.resume)
    if run.data["verb"] != verb:
        run.close()
        raise RunError(f"run {run.name} was '{run.data['verb']}'; go on with it by {run.data['verb']} --resume")
    for name, value in run.data["options"].items():
        if getattr(args, name, None) in (None, [], False):
            setattr(args, name, value)
    args.hosts = list(run.hosts)
    return run


def roll(
    args: argparse.Namespace,
    verb: str,
    boards: Sequence[Chosen],
    do: Callable[[Chosen, Job], Outcome],
    *,
    wanted: Mapping[str, Any] | None = None,
    run: Run | None = None,
    look_again: Callable[[Chosen, Job], Outcome] | None = None,
) -> Report:
    """Do ``do`` to every board and show how it goes; several boards get waves, and a record to go on from.

    ``wanted``: JSON of what else than options and inventory decides what becomes of a board (hashes of files); None:
    nothing worth a record is done. ``run``: of :func:`resumed`. ``look_again``: see
    :func:`~provisioning.rollout.roll_out`. Raises EdgeError before anything is begun, never afterwards.
    """
    from provisioning.rollout import Observer, roll_out
    from provisioning.runs import Run
    from provisioning.waves import cut_waves

    from .rollout_view import view_of

    policy = policy_of(args)
    by_name = {board.name: board for board in boards}
    cut_waves(list(by_name), policy)
    with ExitStack() as stack:
        if run is not None:
            stack.enter_context(run)
            run.data["options"] = _remembered(args)  # those of before, and what was said differently now
            run.resume(list(by_name), _wanted(args, boards, wanted or {}), retry_failed=args.retry_failed)
        elif wanted is not None and len(boards) > 1:
            run = stack.enter_context(Run.begin(verb, list(by_name), _wanted(args, boards, wanted), _remembered(args)))
        done = run.done() if run else {}
        observers: list[Observer] = [] if run is None else [run]
        if not args.json:
            view = stack.enter_context(view_of(list(by_name), policy, list(done.values())))
            observers.append(view)
            stack.enter_context(_questions(view))
        report = roll_out(
            list(by_name),
            lambda name, job: do(_heard(by_name[name], job, args), job),
            policy,
            observers=observers,
            done=done,
            look_again=look_again and (lambda name, job: look_again(_heard(by_name[name], job, args), job)),
        )
    if run is not None and run.trouble:
        print(f"edge: warning: {run.trouble}", file=sys.stderr)
    return replace(report, run=run.name if run else "")


def conclude(args: argparse.Namespace, verb: str, report: Report) -> int:
    """Print what came of it, as one JSON object if that is wished, and return the exit code."""
    if args.json:
        print(json.dumps(report.to_json(), indent=2, ensure_ascii=False))
    elif len(report.outcomes) + len(report.pending) == 1:
        for outcome in report.outcomes.values():
            _one(outcome)
    else:
        _many(verb, report)
    if len(report.outcomes) == 1 and not report.pending and report.exit_code == 4:
        (outcome,) = report.outcomes.values()
        return _REFUSED if outcome.state == "refused" else 4
    return report.exit_code


def _heard(board: Chosen, job: Job, args: argparse.Namespace) -> Chosen:
    """The board, with what ssh has to say going to the view: a table must be the only one that writes."""
    from provisioning.events import Event
    from provisioning.job import NOTICE

    if args.json:
        return board
    return replace(board, target=replace(board.target, notice=lambda line: job(Event(board.name, NOTICE, line))))


@contextmanager
def _questions(view: View) -> Iterator[None]:
    """Let questions for passwords have the terminal; whoever interrupts one gets a terminal back that echoes."""
    from provisioning.prompts import TERMINAL

    before = termios.tcgetattr(sys.stdin) if sys.stdin and sys.stdin.isatty() else None
    TERMINAL.pause = view.paused
    try:
        yield
    finally:
        TERMINAL.pause = nullcontext
        if before is not None:
            termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)


def _one(outcome: Outcome) -> None:
    took = f" ({duration(outcome.seconds['all'])})" if "all" in outcome.seconds else ""
    if outcome.good:
        print(": ".join(filter(None, (outcome.host, word(outcome.state), note(outcome)))) + took)
        return
    print(f"edge: error: {outcome.host}: {word(outcome.state)}: {note(outcome)}{took}", file=sys.stderr)
    _log(outcome)


def _many(verb: str, report: Report) -> None:
    rows = [
        Row(outcome.host, outcome.state, note=note(outcome), seconds=outcome.seconds.get("all"))
        for outcome in report.outcomes.values()
    ]
    live = sys.stdout.isatty()
    width = shutil.get_terminal_size().columns if live else None
    print("".join(f"{line}\n" for line in table(rows, width, None, colour=live)), end="", flush=True)
    rows += [Row(host) for host in report.pending]
    bad = [outcome for outcome in report.outcomes.values() if not outcome.good and outcome.log]
    for outcome in bad[:_SHOWN_LOGS]:
        print(f"\n{outcome.host}: {note(outcome)}", file=sys.stderr)
        _log(outcome)
    print(f"edge: {count_line(rows)} in {duration(report.seconds)}", file=sys.stderr)
    if left := len(report.pending):
        first = ", ".join(report.pending[:_NAMED]) + (f" and {left - _NAMED} more" if left > _NAMED else "")
        print(f"edge: had no turn: {first}", file=sys.stderr)
    if report.stopped:
        print(f"edge: stopped: {plain(report.stopped)}", file=sys.stderr)
    if report.exit_code and report.run:
        retry = " --retry-failed" if report.exit_code == 4 else ""
        print(f"edge: to go on with the others: {verb} --resume {report.run}{retry}", file=sys.stderr)


def _log(outcome: Outcome) -> None:
    for line in outcome.log[-_SHOWN_LINES:]:
        print(f"  {plain(line)}", file=sys.stderr)


def _wanted(args: argparse.Namespace, boards: Sequence[Chosen], more: Mapping[str, Any]) -> dict[str, Any]:
    from provisioning.variables import VARIABLES

    about = VARIABLES.keys() - _HOW
    return {
        **more,
        "hosts": {
            board.name: {
                "address": f"{board.target.user or ''}@{board.target.host}:{board.target.port or ''}",
                **{name: value for name, value in board.settings(args).items() if name in about},
            }
            for board in boards
        },
    }


def _remembered(args: argparse.Namespace) -> dict[str, Any]:
    """The options as given, paths so that they lead there from any folder."""
    given = {name: value for name, value in vars(args).items() if name not in _ONCE and value not in (None, [], False)}
    return {name: str(value.absolute()) if isinstance(value, Path) else value for name, value in given.items()}
