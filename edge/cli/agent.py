"""``edge agent``: answer prompts that come by MQTT or by a cable."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from .parser import KV_HELP, KVS, METER_HELP, THREADS_HELP, UsageError, Verbs, add_verb, meter, number, threads, whole

_TEXT = """
Answer prompts that anybody sends to this device by MQTT, until stopped. A request is
acknowledged once it is on the disk: neither a restart nor a power cut loses it.

Try it from another machine with mosquitto's clients:

  mosquitto_rr -h BROKER -V 5 -t edge/v1/NAME/prompt \\
      -e edge/v1/reply/me/NAME -m "turn on the kitchen lights"

docs/protocol.md has the rest of the protocol.

With --serial it also answers whoever is at the other end of a serial cable: `edge ask
--serial`, a microcontroller (examples/microcontroller), or a person with a terminal
program. Without --broker it answers only there. docs/serial.md has the details.
"""


def register(verbs: Verbs) -> None:
    parser = add_verb(
        verbs,
        "agent",
        _agent,
        usage="--broker URL | --serial PORT [options]",
        summary="answer prompts that come by MQTT or by a cable",
        text=_TEXT,
        examples=[
            ("edge agent --broker mqtt://10.0.0.2 --name kitchen", "the built-in model"),
            ("edge agent --broker mqtts://pi@hub:8883 --ca ca.pem --name garage", "verified, with a password file"),
            ("edge agent --serial /dev/ttyUSB0@921600", "by a cable: no network"),
        ],
    )
    parser.add_argument("--broker", metavar="URL", help="mqtt[s]://[user@]host[:port] (default: $EDGE_BROKER)")
    parser.add_argument(
        "--serial",
        metavar="PORT[@BAUD]",
        action="append",
        default=[],
        help="answer by a serial port too (default: 115200 baud); repeatable",
    )
    parser.add_argument("--name", metavar="NAME", help="this device's name in topics (default: the host's name)")
    parser.add_argument("--model", metavar="MODEL", default="home", help="name or folder of a model (default: home)")
    parser.add_argument("--pool", metavar="POOL", action="append", default=[], help="take turns in a pool; repeatable")
    parser.add_argument("--ca", metavar="FILE", type=Path, help="authorities to trust instead of the system's")
    parser.add_argument("--cert", metavar="FILE", type=Path, help="our certificate, for brokers that want one")
    parser.add_argument("--key", metavar="FILE", type=Path, help="and its key")
    parser.add_argument("--password-file", metavar="FILE", type=Path, help="the password, in a file only we can read")
    parser.add_argument("--state", metavar="DIR", type=Path, help="where accepted requests are kept")
    parser.add_argument("--queue", metavar="N", type=whole, default=32, help="most requests that wait (default: 32)")
    parser.add_argument("--together", metavar="N", type=whole, default=8, help="most answered at once (default: 8)")
    parser.add_argument("--max-tokens", metavar="N", type=whole, default=1024, help="longest answer (default: 1024)")
    parser.add_argument("--max-bytes", metavar="N", type=whole, default=65536, help="largest request (default: 65536)")
    parser.add_argument(
        "--rate", metavar="N", type=number, default=600.0, help="requests a minute from one asker (default: 600)"
    )
    parser.add_argument(
        "--reply-prefix", metavar="TOPIC/", action="append", default=[], help="further topics answers may go to"
    )
    parser.add_argument(
        "--health", metavar="S", type=number, default=10.0, help="seconds between health messages (default: 10)"
    )
    parser.add_argument(
        "--home-assistant",
        action=argparse.BooleanOptionalAction,
        help="show this device in Home Assistant; with no- take it away from there",
    )
    parser.add_argument("--threads", metavar="N", type=threads, default="auto", help=THREADS_HELP)
    parser.add_argument("--context", metavar="N", type=whole, help="most tokens of prompt and answer")
    parser.add_argument("--kv", choices=KVS, default="f16", help=KV_HELP)
    parser.add_argument("--memory", metavar="BYTES", type=whole, help="take no more than that, the model's file apart")
    parser.add_argument("--meter", metavar="SOURCE", type=meter, help=METER_HELP)
    parser.add_argument("--force", action="store_true", help="run a model even if memory looks too small for it")
    parser.add_argument("--log-prompts", action="store_true", help="write what is asked into the log")


def _agent(args: argparse.Namespace) -> int:
    import socket

    # The engine has threads of its own; numpy's would only take memory, 40 MB of mappings each.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from devices.ports import split_name
    from edge.agent.service import log_to_stderr, serve
    from edge.agent.settings import Settings
    from edge.messaging.broker import broker_from_url
    from edge.messaging.messages import Limits
    from edge.messaging.topics import REPLY

    url = args.broker or os.environ.get("EDGE_BROKER")
    if not url and not args.serial:
        raise UsageError("answer whom? give --broker mqtt://HOST, or --serial PORT", "edge agent")
    for option in ("queue", "together", "max_tokens", "max_bytes", "rate", "health"):
        if not getattr(args, option) >= 1:
            raise UsageError(f"--{option.replace('_', '-')} must be at least 1", "edge agent")
    broker = None
    if url:
        broker = broker_from_url(url, ca=args.ca, cert=args.cert, key=args.key, password_file=args.password_file)
    settings = Settings(
        name=args.name or socket.gethostname(),
        pools=tuple(args.pool),
        limits=Limits(args.max_bytes, args.max_tokens),
        queue=args.queue,
        together=args.together,
        rate=args.rate,
        reply_prefixes=(REPLY, *args.reply_prefix),
        log_prompts=args.log_prompts,
        home_assistant=args.home_assistant,
        health_s=args.health,
    )
    log_to_stderr()
    serve(
        settings,
        broker,
        args.model,
        ports=[split_name(port) for port in args.serial],
        state=args.state,
        threads=args.threads,
        context=args.context,
        kv=args.kv,
        memory=args.memory,
        meter=args.meter,
        force=args.force,
    )
    return 0
