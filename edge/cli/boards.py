"""``edge boards``: the boards we know."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING

from .columns import columns
from .parser import UsageError, Verbs, add_verb

if TYPE_CHECKING:
    import argparse

    from devices.boards import Board, Reads

_TEXT = """
List the boards that edge knows by name; with BOARD: all that is known of it, and where its
figures come from. Others work as well: only their speed is not known beforehand.

READS is how much their processors read from memory, 10^9 bytes/s, which decides how fast
they write: >= where only copies, one core or another engine was measured; PEAK is what the
memory's data sheet says. POWER is the sensor that tells how much they take.
"""

_NOTHING = "-"
_TITLES = ("BOARD", "NAME", "CORES", "GHZ", "KERNELS", "GB", "READS", "PEAK", "POWER")
_RIGHT = ("GHZ", "READS", "PEAK")


def register(verbs: Verbs) -> None:
    parser = add_verb(
        verbs,
        "boards",
        _boards,
        usage="[BOARD ...] [--json]",
        summary="list the boards edge knows",
        text=_TEXT,
        examples=[("edge boards", ""), ("edge boards pi5", "all that is known of it")],
    )
    parser.add_argument("boards", metavar="BOARD", nargs="*", help="its id or name")
    parser.add_argument("--json", action="store_true", help="print everything as JSON")


def _boards(args: argparse.Namespace) -> int:
    from devices.boards import UnknownBoard, boards, find

    try:
        chosen = [find(name) for name in args.boards] or list(boards())
    except UnknownBoard as error:
        raise UsageError(str(error), "edge boards") from None
    if args.json:
        print(json.dumps([dataclasses.asdict(board) for board in chosen], indent=2, ensure_ascii=False))
    elif args.boards:
        print("\n\n".join("\n".join(_described(board)) for board in chosen))
    else:
        print("\n".join(columns([_TITLES, *map(_row, chosen)], right=_RIGHT)))
    return 0


def _row(board: Board) -> tuple[str, ...]:
    sizes = board.memory_gb
    return (
        board.id,
        board.name,
        board.cpu or _NOTHING,
        f"{board.cores[0].ghz:g}" if board.cores else _NOTHING,
        board.isa or _NOTHING,
        f"{sizes[0]:g}" + (f"-{sizes[-1]:g}" if len(sizes) > 1 else "") if sizes else _NOTHING,
        _NOTHING if board.reads is None else _most(board.reads),
        _NOTHING if board.peak_gb_s is None else f"{board.peak_gb_s:.1f}",
        ", ".join(board.power) or _NOTHING,
    )


def _most(reads: Reads) -> str:
    return f"{'>= ' if reads.kind == 'at least' else ''}{max(reads.gb_s.values()):.1f}"


def _described(board: Board) -> list[str]:
    reads, kinds = (
        board.reads,
        {"measured": "measured", "sibling": "of the same chip and memory", "at least": "at least"},
    )
    clusters = " + ".join(f"{c.count} x {c.design} at {c.ghz:g} GHz" for c in board.cores)
    sizes = ", ".join(f"{size:g}" for size in board.memory_gb)
    cells = [("id", board.id)]
    cells += [("cores", clusters)] if clusters else []
    cells += [("kernels", board.isa)] if board.isa else []
    cells += [("memory", f"{sizes} GB")] if sizes else []
    if reads is not None:
        rates = ", ".join(f"{rate:g} with {n}" for n, rate in reads.gb_s.items())
        cells.append(("reads", f"{rates} thread{'s' if len(reads.gb_s) > 1 else ''}, GB/s, {kinds[reads.kind]}"))
        cells.append(("", reads.source))
    if board.peak_gb_s is not None:
        cells.append(("peak", f"{board.peak_gb_s:g} GB/s by its data sheet"))
    cells += [("power", ", ".join(board.power) or "no sensor")] if board.cores else []
    for one in board.published:
        speed = f"{one.tok_s:g} tok/s of {one.model} with {one.threads} thread{'s' if one.threads > 1 else ''}"
        cells += [("published", f"{one.engine}: {speed}, {one.mb:.0f} MB a token ({one.reads})"), ("", one.source)]
    cells += [("note", text) for text in board.quirks]
    if board.memory_cgroup == "off":
        cells.append(("note", "its system boots without the memory cgroup: MemoryMax does nothing until that is on"))
    cells += [("known by", name) for name in board.compatible or ((board.machine,) if board.machine else ())]
    return [board.name, *(f"  {title:10} {text}" for title, text in cells)]
