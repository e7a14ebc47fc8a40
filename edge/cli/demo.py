"""``edge demo``: broker, agent and questions on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .parser import Verbs, add_verb

if TYPE_CHECKING:
    import argparse

_TEXT = """
Start a broker and an agent with the built-in model on this machine, ask it a few
sentences over MQTT from another process, print the answers with how long they took,
and stop everything again. The broker is mosquitto where it is installed, else amqtt
(pip install 'bitnet-edge[embedded]').
"""


def register(verbs: Verbs) -> None:
    parser = add_verb(
        verbs,
        "demo",
        _demo,
        usage="[SENTENCE ...]",
        summary="see it all at work on this machine",
        text=_TEXT,
        examples=[
            ("edge demo", "four sentences"),
            ('edge demo "open the garage door"', "your own"),
        ],
    )
    parser.add_argument("sentences", metavar="SENTENCE", nargs="*", help="what to ask")


def _demo(args: argparse.Namespace) -> int:
    from edge.demo import SENTENCES, demo

    demo(args.sentences or SENTENCES, lambda line: print(line, flush=True))
    return 0
