"""What the verbs that visit boards have in common: who we are there, and at what pace."""

from __future__ import annotations

import getpass
import re
import socket
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .parser import UsageError
from .rollout_table import plain
from .rollouts import conclude

if TYPE_CHECKING:
    import argparse

    from provisioning.deploy import Order
    from provisioning.rollout import Report

__all__ = ["order_of", "rate", "show_plans", "warn"]

_RATE = re.compile(r"(\d+(?:\.\d+)?)\s*([kKM]?)")


def order_of(settings: Mapping[str, Any], *, plan_only: bool = False) -> Order:
    """How to go about a board with these ``settings``, named like options."""
    from provisioning.deploy import Order

    cap = settings.get("limit-rate")
    return Order(_who(), plan_only=plan_only, limit_bytes_s=None if cap is None else rate(str(cap)))


def rate(text: str) -> float:
    """Bytes per second from ``500k`` or ``2M``. Raises UsageError."""
    found = _RATE.fullmatch(text.strip())
    value = float(found[1]) * {"": 1.0, "k": 1e3, "K": 1e3, "M": 1e6}[found[2]] if found else 0.0
    if value < 1000:
        raise UsageError(f"--limit-rate {text}: write bytes per second like 500k or 2M", "edge deploy")
    return value


def show_plans(args: argparse.Namespace, verb: str, report: Report) -> int:
    """Print each board's plan.

    The exit code: 0 nothing to do, 2 something to do, 3 not reached, 4 something speaks against it.
    """
    if args.json:
        conclude(args, verb, report)
    else:
        for outcome in filter(lambda outcome: outcome.good, report.outcomes.values()):
            steps = (outcome.plan or {}).get("sentences", [])
            print(f"{outcome.host}: {f'release {outcome.release}' if steps else 'nothing to do'}")
            for number, step in enumerate(steps, 1):
                print(f"  {number}. {plain(step)}")
        warn(report)
        for outcome in report.outcomes.values():
            if not outcome.good:
                print(f"edge: error: {outcome.host}: {plain(outcome.why)}", file=sys.stderr)
    changes = any(outcome.state == "planned" for outcome in report.outcomes.values())
    return 2 if report.exit_code == 0 and changes else report.exit_code


def warn(report: Report) -> None:
    """Print what was found on boards that does not stop anything."""
    for outcome in report.outcomes.values():
        for finding in outcome.findings:
            if finding["level"] == "warning":
                line = f"edge: warning: {outcome.host}: {plain(finding['message'])}; {plain(finding['remedy'])}"
                print(line, file=sys.stderr)


def _who() -> str:
    """For the board's lock and audit log, where somebody else may read who it was."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a user id without a name, in a container
        user = "somebody"
    return f"{user}@{socket.gethostname()}"
