"""``edge wheel``: our own wheel for a board."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from .parser import Verbs, add_verb

if TYPE_CHECKING:
    import argparse

_TEXT = """
Build the wheel that boards install, on this computer and without a board's compiler.
It runs on every 64-bit board of its kind, with any Python from 3.10 on, and chooses the
best kernels for the processor it meets. The same sources make the same file.

'edge deploy' does this by itself; build one by hand to install it in another way. It
needs a checkout of bitnet-edge and pip install 'bitnet-edge[wheel]'.
"""


def register(verbs: Verbs) -> None:
    parser = add_verb(
        verbs,
        "wheel",
        _wheel,
        usage="[--target CPU] [--out DIR]",
        summary="build the wheel for boards",
        text=_TEXT,
        examples=[("edge wheel --target aarch64", "for Raspberry Pi, Jetson and their like")],
    )
    parser.add_argument(
        "--target",
        choices=("aarch64", "x86_64"),
        metavar="CPU",
        default="aarch64",
        help="the boards' processor: aarch64 (default) or x86_64",
    )
    parser.add_argument("--out", metavar="DIR", type=Path, default=Path("dist"), help="folder for it (default: dist)")


def _wheel(args: argparse.Namespace) -> int:
    from provisioning.wheel import build

    print(build(args.target, args.out))
    return 0
