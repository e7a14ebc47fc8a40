"""``edge pull``: fetch a model from the Hugging Face hub and pack it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from .parser import HEADS, Verbs, add_verb
from .progress import Progress, megabytes, notice

if TYPE_CHECKING:
    import argparse

_TEXT = """
Fetch a model from the Hugging Face hub, check every byte, and pack it into the models
folder. Only the files a model needs are fetched, and never a pickle or a program. If
the connection breaks or the power fails, the same command continues where it stopped.

Needs the hub's client:  pip install huggingface_hub
Private or gated models: set HF_TOKEN. A mirror: set HF_ENDPOINT.
"""


def register(verbs: Verbs) -> None:
    parser = add_verb(
        verbs,
        "pull",
        _pull,
        usage="OWNER/NAME [options]",
        summary="fetch a model from the Hugging Face hub",
        text=_TEXT,
        examples=[
            ("edge pull microsoft/bitnet-b1.58-2B-4T", ""),
            ("edge run microsoft/bitnet-b1.58-2B-4T", "then talk to it"),
        ],
    )
    parser.add_argument("repository", metavar="OWNER/NAME", help="the repository on the hub")
    parser.add_argument("--revision", metavar="REV", help="branch, tag or commit (default: main)")
    parser.add_argument(
        "--head",
        choices=HEADS,
        metavar="FORM",
        default="int8",
        help="embedding and output layer as int8 (default), f16 (twice the size, exact), "
        "or q6 or q4 (six or four bits: smaller, faster, less exact)",
    )
    parser.add_argument("--keep-source", action="store_true", help="keep the downloaded files after packing them")
    parser.add_argument("--force", action="store_true", help="fetch and pack again what is here already")
    parser.add_argument("--json", action="store_true", help="print the result as JSON and no progress")


def _pull(args: argparse.Namespace) -> int:
    from edge.checkpoints.pull import pull

    with Progress(silent=args.json) as progress:
        pulled = pull(
            args.repository,
            revision=args.revision,
            head=args.head,
            keep_source=args.keep_source,
            force=args.force,
            progress=progress,
            notice=notice,
        )
    if args.json:
        size, source = pulled.nbytes, str(pulled.source) if pulled.source else None
        result = {
            "name": pulled.name,
            "path": str(pulled.path),
            "bytes": size,
            "commit": pulled.commit,
            "source": source,
        }
        print(json.dumps(result))
    else:
        state = "ready" if pulled.fresh else "already here and up to date"
        print(f'{pulled.name}: {megabytes(pulled.nbytes)}, {state}: edge run {pulled.name} "..."')
    return 0
