"""``edge uninstall``: take everything of edge off boards."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from edge.errors import EdgeError

from .parser import Verbs, add_verb
from .rollouts import add_rollout, conclude, roll
from .targets import Chosen, add_targets, choose
from .visits import order_of

if TYPE_CHECKING:
    import argparse

    from provisioning.events import Outcome
    from provisioning.job import Job

_TEXT = """
Stop the agent and remove everything that edge put on boards: releases, models, units, secrets.
What the agent had accepted and not answered stays in /var/lib/private/edge-agent for a later
install; with --purge that goes, too, and the board is as it was before the first deploy.
"""


def register(verbs: Verbs) -> None:
    parser = add_verb(
        verbs,
        "uninstall",
        _uninstall,
        usage="HOST ... [--purge] [options]",
        summary="take everything of edge off boards",
        text=_TEXT,
        examples=[
            ("edge uninstall pi@10.0.0.7", "asks first"),
            ("edge uninstall @all --purge --yes", "a fleet, also what it has accepted"),
        ],
    )
    add_targets(parser)
    parser.add_argument("--purge", action="store_true", help="remove accepted and unanswered requests, too")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument("--json", action="store_true", help="print one JSON report, no progress")
    add_rollout(parser)


def _uninstall(args: argparse.Namespace) -> int:
    from provisioning.deploy import uninstall, visit

    boards = choose(args, "edge uninstall")
    if not args.yes and not _sure([board.name for board in boards], purge=args.purge):
        return 130
    order = order_of({})

    def do(board: Chosen, job: Job) -> Outcome:
        return visit(board.name, board.target, lambda errand: uninstall(errand, order, purge=args.purge), job)

    return conclude(args, "edge uninstall", roll(args, "edge uninstall", boards, do))


def _sure(names: list[str], *, purge: bool) -> bool:
    if not sys.stdin.isatty():
        raise EdgeError("uninstall asks first, and nobody can answer here; give --yes")
    shown = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
    what = "everything of edge, unanswered requests included," if purge else "the agent, its models and settings"
    print(f"Remove {what} from {shown}? [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in {"y", "yes"}
