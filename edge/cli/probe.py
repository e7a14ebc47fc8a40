"""``edge probe``: what boards are."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from .looking import ending, lines, look_at
from .parser import Verbs, add_verb
from .targets import add_targets, choose

if TYPE_CHECKING:
    import argparse

_TEXT = """
Look at boards over ssh and say what they are: processor, memory, system, storage, and what
edge has there. Changes nothing, installs nothing, and needs no rights. With --bandwidth it
also measures how fast each board reads its memory, which is what limits a model's speed.
"""


def register(verbs: Verbs) -> None:
    parser = add_verb(
        verbs,
        "probe",
        _probe,
        usage="HOST ... [options]",
        summary="show what boards are",
        text=_TEXT,
        examples=[("edge probe pi@10.0.0.7", ""), ("edge probe @all --json", "a fleet, for programs")],
    )
    add_targets(parser)
    parser.add_argument("--bandwidth", action="store_true", help="also measure how fast memory is read (two seconds)")
    parser.add_argument("--json", action="store_true", help="print all that the boards said as JSON, by their names")


def _probe(args: argparse.Namespace) -> int:
    found, errors = look_at(choose(args, "edge probe"), bandwidth=args.bandwidth)
    code = ending(errors, found=bool(found))
    if args.json:
        said = {name: {**look.raw, **({"reads": look.reads} if look.reads else {})} for name, look in found.items()}
        print(json.dumps(said, indent=2, ensure_ascii=False))
    elif found:
        print("\n\n".join("\n".join(lines(name, look)) for name, look in found.items()))
    return code
