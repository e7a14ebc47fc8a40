"""``edge restart``: restart the agents of boards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .parser import Verbs, add_verb, number
from .rollouts import add_rollout, conclude, roll
from .targets import Chosen, add_targets, choose
from .visits import order_of

if TYPE_CHECKING:
    import argparse

    from provisioning.events import Outcome
    from provisioning.job import Job

_TEXT = """
Restart the agent of boards and wait until it is healthy. What it had accepted it answers
afterwards. Exit code 4: it did not become healthy, and its last words are printed.
"""


def register(verbs: Verbs) -> None:
    parser = add_verb(
        verbs,
        "restart",
        _restart,
        usage="HOST ... [options]",
        summary="restart the agents of boards",
        text=_TEXT,
        examples=[("edge restart pi@10.0.0.7", "one board"), ("edge restart @all --parallel 4", "a fleet, in waves")],
    )
    add_targets(parser)
    parser.add_argument("--deadline", metavar="S", type=number, default=90.0, help="to be healthy (default: 90)")
    parser.add_argument("--json", action="store_true", help="print one JSON report, no progress")
    add_rollout(parser)


def _restart(args: argparse.Namespace) -> int:
    from provisioning.deploy import restart, visit

    order = order_of({})

    def do(board: Chosen, job: Job) -> Outcome:
        return visit(board.name, board.target, lambda errand: restart(errand, args.deadline, order), job)

    return conclude(args, "edge restart", roll(args, "edge restart", choose(args, "edge restart"), do))
