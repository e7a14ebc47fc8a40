"""``edge logs``: what a board's agent says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .parser import UsageError, Verbs, add_verb, whole
from .targets import add_targets, choose
from .terminal import printable

if TYPE_CHECKING:
    import argparse

_TEXT = """
Print the last lines of a board's agent, from systemd's journal; with --follow go on printing
what it says until Ctrl-C. Prompts are in there only if the agent was told to log them.
"""
_MOST_LINES = 100_000


def register(verbs: Verbs) -> None:
    parser = add_verb(
        verbs,
        "logs",
        _logs,
        usage="HOST [-f] [options]",
        summary="print what a board's agent says",
        text=_TEXT,
        examples=[
            ("edge logs pi@10.0.0.7", "the last 50 lines"),
            ("edge logs @kitchen -f", "and whatever comes, until Ctrl-C"),
        ],
    )
    add_targets(parser)
    parser.add_argument("-f", "--follow", action="store_true", help="go on until Ctrl-C")
    parser.add_argument("--lines", metavar="N", type=whole, default=50, help="how many of the last (default: 50)")
    parser.add_argument("--switch", action="store_true", help="what the last switch between releases said")


def _logs(args: argparse.Namespace) -> int:
    from provisioning.connection import open_board

    if not 0 <= args.lines <= _MOST_LINES:
        raise UsageError(f"--lines must be from 0 to {_MOST_LINES}", "edge logs")
    (board,) = choose(args, "edge logs", one=True)
    unit = "edge-activate" if args.switch else "edge-agent"
    command = ["journalctl", f"--unit={unit}", f"--lines={args.lines}", "--no-pager", "--output=short-iso", "--quiet"]
    with open_board(board.target) as opened:
        # A Pi's first user is in such a group; anybody else would be shown an empty journal.
        _, groups, _ = opened.run(["id", "-Gn"])
        readers = {"root", "adm", "systemd-journal"} & set(groups.decode().split())
        for line in opened.follow([*command, *(["--follow"] if args.follow else [])], root=not readers):
            print(printable(line), flush=True)
    return 0
