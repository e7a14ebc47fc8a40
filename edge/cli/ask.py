"""``edge ask``: ask another board, over MQTT or by a cable."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from edge.errors import EmptyPrompt

from .connection import add_connection, connect
from .parser import UsageError, Verbs, add_verb, number, whole
from .piped import piped
from .terminal import printable

if TYPE_CHECKING:
    import argparse

    from edge.client import Client, Reply

_TEXT = """
Ask a board where `edge agent` runs, and print its answer. Without a prompt, the prompt is
what is piped in.

The same question is sent again until the board has it, and after a restart of board or
broker, so an answer that took long is not lost. With --pool any board of a pool answers:
the one with the least expected wait, or another one when that is busy or lost.

With --serial no broker and no name is needed: the board at the other end of the cable
answers, where `edge agent --serial` runs.
"""


def register(verbs: Verbs) -> None:
    parser = add_verb(
        verbs,
        "ask",
        _ask,
        usage="DEVICE [PROMPT] [options]",
        summary="ask another board, over MQTT or by a cable",
        text=_TEXT,
        examples=[
            ('edge ask kitchen "turn off the lights"', "broker: $EDGE_BROKER"),
            ('edge ask --pool living "what time is it?"', "whichever board answers soonest"),
            ("edge ask kitchen --stream < letter.txt", "the prompt from a file"),
            ('edge ask --serial /dev/ttyUSB0 "hello"', "by a cable, at 115200 baud"),
        ],
    )
    parser.add_argument("device", metavar="DEVICE", nargs="?", help="the board's name ('edge devices' lists them)")
    parser.add_argument("prompt", metavar="PROMPT", nargs="?", help="what to ask (default: what is piped in)")
    parser.add_argument("--pool", action="store_true", help="DEVICE is the name of a pool")
    parser.add_argument("--stream", action="store_true", help="print the answer as it is written")
    parser.add_argument("--json", action="store_true", help="print the answer and its figures as JSON")
    parser.add_argument("--timeout", metavar="S", type=number, help="give up after S seconds (default: 300)")
    parser.add_argument("--system", metavar="TEXT", help="what the model should be, for models with a chat template")
    parser.add_argument("--chat", action="store_true", help="ask through the model's chat template")
    parser.add_argument("--max-tokens", metavar="N", type=whole, help="end the answer after N tokens")
    parser.add_argument(
        "--temperature", metavar="T", type=number, help="0 takes the likeliest token (default), 1 draws"
    )
    parser.add_argument("--seed", metavar="N", type=whole, help="the same seed draws the same answer")
    parser.add_argument("--stop", metavar="TEXT", action="append", help="end the answer before TEXT; can be repeated")
    parser.add_argument("--stats", action="store_true", help="print a line with times and speed on standard error")
    parser.add_argument("--serial", metavar="PORT[@BAUD]", help="ask the board at the other end of this cable")
    add_connection(parser)


def _whom(args: argparse.Namespace) -> None:
    """Sort out who is asked."""
    if args.serial:
        if args.pool or args.broker:
            raise UsageError("--serial asks the board at the end of a cable; leave out --pool and --broker", "edge ask")
        args.broker = f"serial:{args.serial}"
        if args.prompt is None:  # nobody needs a name there
            args.device, args.prompt = None, args.device
    elif args.device is None:
        raise UsageError("whom? edge ask DEVICE PROMPT ('edge devices' lists them)", "edge ask")


def _ask(args: argparse.Namespace) -> int:
    _whom(args)
    if args.json and args.stream:
        raise UsageError("--json prints one value at the end; leave out --stream", "edge ask")
    if args.timeout is not None and not 0 < args.timeout <= 7 * 24 * 3600:
        raise UsageError("--timeout must be above 0 and at most a week", "edge ask")
    prompt = args.prompt
    if prompt is None and sys.stdin.isatty():
        raise UsageError("what? give a PROMPT, or pipe it in", "edge ask")
    if prompt in (None, "-"):
        prompt = piped()
    if not prompt.strip():
        raise EmptyPrompt("the prompt is empty; give the model something to answer")
    with connect(args) as client:
        reply = _answer(args, client, prompt)
    if args.stats:
        print(_figures(reply), file=sys.stderr)
    return 0


def _answer(args: argparse.Namespace, client: Client, prompt: str) -> Reply:
    target = f"pool:{args.device}" if args.pool else args.device
    asked: dict[str, Any] = {"prompt": prompt}
    if args.chat or args.system:
        system = [{"role": "system", "content": args.system}] if args.system else []
        asked = {"messages": [*system, {"role": "user", "content": prompt}]}
    names = ("max_tokens", "temperature", "seed", "stop")
    asked |= {name: getattr(args, name) for name in names if getattr(args, name) is not None}
    clean = printable if sys.stdout.isatty() else str
    if not args.stream:
        reply = client.ask(target, timeout=args.timeout, **asked)
        print(json.dumps(reply.to_json(), ensure_ascii=False) if args.json else clean(reply.text))
        return reply
    for part in client.stream(target, timeout=args.timeout, **asked):
        if isinstance(part, str):
            print(clean(part), end="", flush=True)
        else:
            reply = part
    if not reply.text.endswith("\n"):
        print()
    return reply


def _figures(reply: Reply) -> str:
    rate, queue = reply.timings.get("decode_tok_s"), reply.timings.get("queue_s")
    joules, watts = reply.timings.get("joules"), reply.timings.get("watts")
    parts = [
        f"{reply.device}: {reply.model}",
        f"{reply.usage.get('completion_tokens')} tokens" + (f" {rate:.1f} tok/s" if rate else ""),
        f"{joules:.3g} J, {watts:.1f} W" if joules and watts else "",
        f"waited {queue:.2f} s" if queue else "",
        "limit reached" if reply.finish_reason == "length" else "",
        f"restarted {reply.restarts} times" if reply.restarts else "",
    ]
    return printable(" · ".join(part for part in parts if part))
