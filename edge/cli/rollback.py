"""``edge rollback``: back to the release before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .parser import Verbs, add_verb, number
from .rollouts import add_rollout, conclude, roll
from .targets import Chosen, add_targets, choose
from .visits import order_of, show_plans

if TYPE_CHECKING:
    import argparse

    from provisioning.events import Outcome
    from provisioning.job import Job

_TEXT = """
Go back to the last other release that was healthy, or to a named one. Nothing is sent: it is
still there. If it is not healthy in time, the board returns to where it was.
"""


def register(verbs: Verbs) -> None:
    parser = add_verb(
        verbs,
        "rollback",
        _rollback,
        usage="HOST ... [--to RELEASE] [options]",
        summary="put boards back to an earlier release",
        text=_TEXT,
        examples=[
            ("edge rollback pi@10.0.0.7", "the one before"),
            ("edge rollback @kitchen --to 3f9c", "the beginning of a name is enough; 'edge releases' lists them"),
        ],
    )
    add_targets(parser)
    parser.add_argument("--to", metavar="RELEASE", help="the release's name, or its beginning")
    parser.add_argument("--deadline", metavar="S", type=number, default=90.0, help="to be healthy (default: 90)")
    parser.add_argument("--plan", action="store_true", help="print what would happen, do nothing")
    parser.add_argument("--json", action="store_true", help="print one JSON report, no progress")
    add_rollout(parser)


def _rollback(args: argparse.Namespace) -> int:
    from provisioning.deploy import roll_back, visit

    order = order_of({}, plan_only=args.plan)

    def do(board: Chosen, job: Job) -> Outcome:
        return visit(board.name, board.target, lambda errand: roll_back(errand, args.to, args.deadline, order), job)

    report = roll(args, "edge rollback", choose(args, "edge rollback"), do)
    return (show_plans if args.plan else conclude)(args, "edge rollback", report)
