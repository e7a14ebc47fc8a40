"""``edge deploy``: from a bare board to a healthy agent, and back if it fails."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .consoles import add_console, handed_over, over_wires
from .orders import Orders
from .parser import KV_HELP, KVS, THREADS_HELP, UsageError, Verbs, add_verb, number, threads, whole
from .rollouts import add_resume, add_rollout, conclude, resumed, roll
from .targets import Chosen, add_targets, choose
from .visits import order_of, show_plans, warn

if TYPE_CHECKING:
    from provisioning.console.provision import Reached
    from provisioning.events import Outcome
    from provisioning.job import Job

_TEXT = """
Make boards answer prompts by MQTT. A board needs ssh, sudo, Python and systemd, as Raspberry
Pi OS, Debian and Ubuntu have them: no compiler, no pip, no internet. Everything comes from
this machine, into /opt/edge there.

A new release is checked before anything is switched to it: it loads the model, and must
generate the same tokens as this machine. If the agent is not healthy in time after the switch,
the board goes back to the release before by itself, also when the connection is lost, and the
reason is printed. The same command again changes nothing.

--broker takes the folder of 'edge broker init', too: the board becomes a member of that fleet.
A board without a network is reached over its serial console first: serial:PORT[@BAUD] as HOST
does what 'edge console' does, and goes on by ssh.
With --plan the exit code is 0 for nothing to do, 2 for something, 4 if something is against it.
"""


def register(verbs: Verbs) -> None:
    parser = add_verb(
        verbs,
        "deploy",
        _deploy,
        usage="HOST ... --broker URL [options]",
        summary="make boards answer prompts by MQTT",
        text=_TEXT,
        examples=[
            ("edge deploy pi@10.0.0.7 --broker mqtt://10.0.0.2", "one board, the built-in model"),
            ("edge deploy pi@10.0.0.7 --broker fleet --plan", "what would happen"),
            ("edge deploy pi@serial:/dev/ttyUSB0 --broker fleet", "a board that has no network yet"),
            ("edge deploy @indoors --model bitnet-2b4t", "a group of fleet.toml, in waves"),
        ],
    )
    add_targets(parser)
    agent = parser.add_argument_group("what the board shall be")
    agent.add_argument("--broker", metavar="URL", help="mqtt[s]://[user@]host[:port], or a fleet's folder")
    agent.add_argument("--name", metavar="NAME", help="the device's name in topics (default: what the host is called)")
    agent.add_argument("--model", metavar="MODEL", help="name or folder of a packed model (default: home)")
    agent.add_argument("--pool", metavar="POOL", action="append", help="take turns in a pool; repeatable")
    agent.add_argument(
        "--serial", metavar="PORT[@BAUD]", action="append", help="answer by this port of the board too; repeatable"
    )
    agent.add_argument("--ca", metavar="FILE", type=Path, help="authorities to trust instead of the system's")
    agent.add_argument("--cert", metavar="FILE", type=Path, help="the board's certificate; {name}: the device's name")
    agent.add_argument("--key", metavar="FILE", type=Path, help="and its key")
    agent.add_argument("--password-file", metavar="FILE", type=Path, help="the password for the broker, in a file")
    agent.add_argument("--context", metavar="N", type=whole, help="most tokens of prompt and answer (default: memory)")
    agent.add_argument("--kv", choices=KVS, help=KV_HELP)
    agent.add_argument("--together", metavar="N", type=whole, help="most answers at once (default: by memory)")
    agent.add_argument("--threads", metavar="N", type=threads, help=THREADS_HELP)
    agent.add_argument(
        "--home-assistant", action=argparse.BooleanOptionalAction, help="show the device in Home Assistant"
    )
    agent.add_argument("--force", action="store_true", default=None, help="even if memory looks too small")
    how = parser.add_argument_group("how to go about it")
    how.add_argument("--plan", action="store_true", help="print what would happen, do nothing")
    how.add_argument("--deadline", metavar="S", type=number, help="for the agent to be healthy (default: 90)")
    how.add_argument("--keep", metavar="N", type=whole, help="releases that stay beside the current one (default: 2)")
    how.add_argument("--limit-rate", metavar="RATE", help="most of the line an upload may take: 500k, 2M (bytes/s)")
    how.add_argument("--wheel", metavar="FILE", type=Path, help="our wheel for the board, instead of building it")
    how.add_argument("--json", action="store_true", help="print one JSON report, no progress")
    add_console(parser, "for a board on a serial port ([USER@]serial:PORT[@BAUD])")
    add_rollout(parser)
    add_resume(parser)


def _deploy(args: argparse.Namespace) -> int:
    from provisioning.deploy import deploy, healthy, visit

    if args.deadline is not None and not 5 <= args.deadline <= 3600:
        raise UsageError("--deadline must be from 5 to 3600 seconds", "edge deploy")
    if args.keep is not None and not 1 <= args.keep <= 20:
        raise UsageError("--keep must be from 1 to 20", "edge deploy")
    run = resumed(args, "edge deploy")
    wired = over_wires(args, "edge deploy")
    if any(found.target is None for found in wired.values()):
        return _plan_wires(wired)
    boards = [handed_over(board, wired) for board in choose(args, "edge deploy")]
    orders = Orders(plan_only=args.plan, wheel=None if args.wheel is None else Path(args.wheel))
    settings = {board.name: _settings(args, board) for board in boards}
    _one_name_each(settings)
    # Before the first board is touched: a file that is missing here must not stop a fleet halfway.
    prepared = {
        board.name: (
            orders.order(_called(board), settings[board.name]),
            order_of(settings[board.name], plan_only=args.plan),
        )
        for board in boards
    }

    def do(board: Chosen, job: Job) -> Outcome:
        prepare, order = prepared[board.name]
        return visit(board.name, board.target, lambda errand: deploy(errand, prepare, order), job)

    def look_again(board: Chosen, job: Job) -> Outcome:
        return visit(board.name, board.target, healthy, job)

    if args.plan:
        return show_plans(args, "edge deploy", roll(args, "edge deploy", boards, do))
    wanted = {"files": {board.name: orders.digest(_called(board)) for board in boards}}
    report = roll(args, "edge deploy", boards, do, wanted=wanted, run=run, look_again=look_again)
    if not args.json:
        warn(report)
    code = conclude(args, "edge deploy", report)
    if code == 0 and len(boards) == 1 and not args.json:
        _next(_called(boards[0]), settings[boards[0].name])
    return code


def _plan_wires(wired: dict[str, Reached]) -> int:
    """What would have to happen before ssh reaches the boards; until then nobody can tell what else."""
    for word, found in wired.items():
        print(f"{word}: {found.hostname}")
        print("".join(f"  {n}. {step}\n" for n, step in enumerate(found.steps, 1)), end="")
    print("edge: that comes first: edge console, or this command without --plan", file=sys.stderr)
    return 2


def _next(name: str, settings: dict[str, Any]) -> None:
    """What a person types next, where it needs no credentials."""
    broker = str(settings["broker"])
    if broker.startswith("mqtt://") and "@" not in broker:
        name = settings.get("name") or name
        print(f'edge: ask it: edge ask {name} "turn on the lights" --broker {broker}', file=sys.stderr)


def _settings(args: argparse.Namespace, board: Chosen) -> dict[str, Any]:
    """All that was said about a board, by the options' names; the broker may come from the environment, too."""
    settings = board.settings(args)
    if not settings.get("broker") and os.environ.get("EDGE_BROKER"):
        settings["broker"] = os.environ["EDGE_BROKER"]
    return settings


def _called(board: Chosen) -> str:
    """A device's name when nobody gives one: as the inventory or the command line calls the host."""
    return board.target.host if "@" in board.name or ":" in board.name else board.name


def _one_name_each(settings: dict[str, dict[str, Any]]) -> None:
    seen: dict[tuple[str, str], str] = {}
    for host, of in settings.items():
        if of.get("name"):
            other = seen.setdefault((str(of.get("broker")), str(of["name"])), host)
            if other != host:
                raise UsageError(
                    f"{other} and {host} would both be {of['name']!r} at one broker; give each a name in the inventory",
                    "edge deploy",
                )
