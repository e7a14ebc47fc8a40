"""``edge convert``: pack a checkpoint folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from .parser import HEADS, Verbs, add_verb
from .progress import Progress, megabytes, notice

if TYPE_CHECKING:
    import argparse

_TEXT = """
Turn a Hugging Face checkpoint of a ternary model (a folder with config.json and
*.safetensors) into a model folder that loads in milliseconds on any CPU. The
checkpoint is read once, a few megabytes at a time, and left as it is.
"""


def register(verbs: Verbs) -> None:
    parser = add_verb(
        verbs,
        "convert",
        _convert,
        usage="SRC DST [options]",
        summary="pack a checkpoint folder",
        text=_TEXT,
        examples=[
            ("edge convert ~/bitnet-2B-4T ~/models/bitnet", ""),
            ('edge run ~/models/bitnet "Why is the sky blue?"', "then ask it something"),
        ],
    )
    parser.add_argument("src", metavar="SRC", help="folder of the checkpoint")
    parser.add_argument("dst", metavar="DST", help="folder to make")
    parser.add_argument(
        "--head",
        choices=HEADS,
        metavar="FORM",
        default="int8",
        help="embedding and output layer as int8 (default), f16 (twice the size, exact), "
        "or q6 or q4 (six or four bits: smaller, faster, less exact)",
    )
    parser.add_argument("--force", action="store_true", help="replace DST when it is a packed model already")
    parser.add_argument("--json", action="store_true", help="print the result as JSON and no progress")


def _convert(args: argparse.Namespace) -> int:
    from edge.checkpoints.replace import convert_over

    with Progress("packing", silent=args.json) as progress:
        folder = convert_over(
            Path(args.src), Path(args.dst), force=args.force, head=args.head, progress=progress, notice=notice
        )
    size = (folder / "model.safetensors").stat().st_size
    if args.json:
        print(json.dumps({"path": str(folder), "bytes": size}))
    else:
        print(f'{folder}: {megabytes(size)}, ready: edge run {folder} "..."')
    return 0
