"""The models that are measured: published shapes filled with random weights, made once and kept in the cache."""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks.report import stop
from cython_kernels.spec import HEADS
from edge.checkpoints.library import cache_folder
from edge.cli.progress import Progress
from edge.errors import EdgeError
from edge.inference.shapes import SHAPES, random_model


def add_model_options(parser: argparse.ArgumentParser, *, several: bool = False, heads: bool = False) -> None:
    """Options that choose models: --shape, or --shapes for ``several``; --head, or --heads; --cache."""
    first = "bitnet-2b4t"
    if several:
        parser.add_argument("--shapes", nargs="+", default=[first], choices=SHAPES, metavar="SHAPE")
    else:
        parser.add_argument("--shape", default=first, choices=SHAPES, metavar="SHAPE")
    if heads:
        parser.add_argument("--heads", nargs="+", default=["int8"], choices=HEADS, metavar="HEAD", help=f"of {HEADS}")
    else:
        parser.add_argument("--head", default="int8", choices=HEADS, metavar="HEAD", help=f"of {HEADS} (default: int8)")
    folder = cache_folder() / "shapes"
    parser.add_argument("--cache", type=Path, default=folder, metavar="DIR", help="where random models are kept")


def random_weights(shape: str, head: str, cache: Path) -> Path:
    """The packed file of a shape, made if it is not there; the program ends with a line where that cannot be."""
    try:
        with Progress() as progress:
            return random_model(shape, cache, head=head, progress=progress)
    except EdgeError as error:
        stop(str(error))
