"""``edge list``: the models that are here."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from .parser import Verbs, add_verb
from .progress import megabytes

if TYPE_CHECKING:
    import argparse

_TEXT = """
List the models that can be used by name: the built-in one, and those that edge pull
or edge convert put into the models folder (in $EDGE_HOME, else in ~/.cache/bitnet-edge).
"""


def register(verbs: Verbs) -> None:
    parser = add_verb(
        verbs,
        "list",
        _list,
        usage="[--json]",
        summary="list the models on this machine",
        text=_TEXT,
        examples=[("edge list", "")],
    )
    parser.add_argument("--json", action="store_true", help="print the list as JSON")


def _list(args: argparse.Namespace) -> int:
    from edge.checkpoints.library import list_models, models_folder

    found = list_models()
    if args.json:
        print(json.dumps([{"name": m.name, "bytes": m.nbytes, "path": str(m.path)} for m in found], indent=2))
        return 0
    width = max((len(m.name) for m in found), default=0)
    for model in found:
        print(f"{model.name:{width}}  {megabytes(model.nbytes):>9}  {model.path}")
    if not found:
        print(f"no models here; 'edge pull OWNER/NAME' fetches one into {models_folder()}")
    return 0
