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
edge has there. Changes nothing, installs nothing, and needs no rights.
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
    parser.add_argument("--json", action="store_true", help="print all that the boards said as JSON, by their names")


def _probe(args: argparse.Namespace) -> int:
    found, errors = look_at(choose(args, "edge probe"))
    code = ending(errors, found=bool(found))
    if args.json:
        print(json.dumps({name: look.raw for name, look in found.items()}, indent=2, ensure_ascii=False))
    elif found:
        print("\n\n".join("\n".join(lines(name, look)) for name, look in found.items()))
    return code
