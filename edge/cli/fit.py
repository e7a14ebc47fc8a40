"""``edge fit``: does a model fit on a board, how fast will it be, what limits it."""

from __future__ import annotations

import dataclasses
import json
import socket
from typing import TYPE_CHECKING

from edge.errors import ModelNotFound

from .fit_view import Spot, described, overview, to_json
from .looking import Look, ending, look_at, look_here
from .parser import HEADS, KV_HELP, KVS, UsageError, Verbs, add_verb, positive
from .targets import add_targets, choose

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from cython_kernels.spec import ModelSpec
    from devices.boards import Board
    from devices.fit import Model

_TEXT = """
Tell whether a model fits on a board, how fast it will be there, what limits it, and which
published model is the best there, with the arithmetic: on boards by name (--board), on those
that answer by ssh (HOST), or without either on this machine, whose memory is measured for that.

The best is, of those that fit and write --at-least so many tokens a second, one with room for
2048 tokens of context if any has that; of these one that follows instructions rather than a
base model; and then the largest, but BitNet 2B4T before Falcon3 7B and smaller ones, which by
Microsoft's report on it (arXiv 2504.12285) answer worse. Where none is as fast: the fastest.

MODEL may be one that is here, a shape that 'edge bench --help' lists, or a published model
by its name on the hub. Nothing is downloaded, and nothing is changed.
"""
_READABLE = 5.0


def register(verbs: Verbs) -> None:
    parser = add_verb(
        verbs,
        "fit",
        _fit,
        usage="MODEL [HOST ... | --board BOARD] [options]",
        summary="tell how well a model fits a board, and how fast it will be",
        text=_TEXT,
        examples=[
            ("edge fit bitnet-2b4t --board pi5", "before one is bought"),
            ("edge fit bitnet-2b4t --board all", "all boards, a line each"),
            ("edge fit bitnet-2b4t pi@10.0.0.7", "that very board"),
            ("edge fit bitnet-2b4t", "this machine"),
        ],
    )
    parser.add_argument("model", metavar="MODEL", help="a model here, a shape, or a name on the hub")
    parser.add_argument(
        "--board", metavar="BOARD", action="append", default=[], help="ids ('edge boards'), or all; repeatable"
    )
    parser.add_argument(
        "--head", metavar="FORM", choices=HEADS, help="of a model not here: int8 (default), f16, q6, q4"
    )
    parser.add_argument("--kv", choices=KVS, default="f16", help=KV_HELP)
    parser.add_argument(
        "--at-least",
        metavar="TOK_S",
        type=positive,
        default=_READABLE,
        help="for the best model (default: 5)",
    )
    parser.add_argument("--reads", metavar="MB", type=positive, help="also an engine that reads so many MB for a token")
    parser.add_argument("--json", action="store_true", help="print everything as JSON")
    add_targets(parser)


def _fit(args: argparse.Namespace) -> int:
    from devices.fit import answer
    from edge.inference.shapes import RANKING

    if args.board and (args.hosts or args.limit):
        raise UsageError("name boards or hosts, not both", "edge fit")
    spec = _spec(args.model, args.head)
    model, rivals = _taken(spec, args.kv), _rivals(spec.head, args.kv)
    spots, code = _spots(args, model)
    answers = [(spot, answer(model, rivals, spot.place, args.at_least, RANKING)) for spot in spots]
    if args.json:
        found = [to_json(args.model, spot, one, rivals, args.reads) for spot, one in answers]
        print(json.dumps(found, indent=2, ensure_ascii=False))
    elif len(answers) == 1:
        print("\n".join(described(args.model, *answers[0], rivals, args.at_least, args.reads)))
    elif answers:
        print("\n".join(overview(args.model, answers, args.at_least)))
    return code


def _spec(name: str, head: str | None) -> ModelSpec:
    """The shape of a model that is here, or of a published one."""
    from edge.checkpoints.library import resolve
    from edge.inference.shapes import CHECKPOINTS, SHAPES

    published = {hub.lower(): shape for shape, hub in CHECKPOINTS.items()}
    shape = name if name in SHAPES else None
    folder = None
    if shape is None:
        try:
            folder = resolve(name)
        except ModelNotFound as error:
            shape = published.get(name.lower())
            if shape is None:
                raise ModelNotFound(f"{error}; published shapes: {', '.join(SHAPES)}") from None
    if folder is not None:
        return _here(folder, head)
    return dataclasses.replace(SHAPES[shape or name], head=head or "int8")


def _here(folder: Path, head: str | None) -> ModelSpec:
    from cython_kernels.weightfile import WeightFile, WeightFileError
    from edge.checkpoints.config import read_plan
    from edge.checkpoints.container import read_json
    from edge.checkpoints.convert import is_packed
    from edge.errors import PackedFileError

    if not is_packed(folder):
        path = folder / "config.json"
        return read_plan(read_json(path), path, head or "int8").spec
    if head:
        raise UsageError("--head is for a model that is not packed yet; this one has its form", "edge fit")
    try:
        with WeightFile(folder / "model.safetensors") as weights:
            return weights.spec
    except WeightFileError as error:
        raise PackedFileError(str(error)) from error


def _taken(spec: ModelSpec, kv: str) -> Model:
    from devices.fit import Model
    from edge.inference.model import DEFAULT_CONTEXT
    from edge.inference.sizes import work

    model = Model(**work(spec, kv))
    return dataclasses.replace(model, longest=min(model.longest, DEFAULT_CONTEXT))


def _rivals(head: str, kv: str) -> dict[str, Model]:
    from edge.inference.shapes import SHAPES

    return {name: _taken(dataclasses.replace(spec, head=head), kv) for name, spec in SHAPES.items()}


def _spots(args: argparse.Namespace, model: Model) -> tuple[list[Spot], int]:
    from devices.fit import Place

    if args.board:
        return [Spot(Place.of(board), board) for board in _boards(args.board)], 0
    if args.hosts or args.limit:
        looks, errors = look_at(choose(args, "edge fit"), bandwidth=True)
        code = ending(errors, found=bool(looks))
        return [_seen(name, look, args.model) for name, look in looks.items()], code
    look = look_here()
    spot = _seen(socket.gethostname(), look, args.model)
    return [_measured(spot, model)], 0


def _boards(names: list[str]) -> list[Board]:
    from devices.boards import UnknownBoard, boards, find

    words = [word.strip() for name in names for word in name.split(",") if word.strip()]
    if not words:
        raise UsageError("--board needs a board: ids ('edge boards'), or all", "edge fit")
    try:
        chosen = {board.id: board for board in map(find, (word for word in words if word != "all"))}
    except UnknownBoard as error:
        raise UsageError(str(error), "edge fit") from None
    return [board for board in boards() if board.cores] if "all" in words else list(chosen.values())


def _seen(name: str, look: Look, model: str) -> Spot:
    """A machine that was looked at: its own memory, and what its kind is known to do."""
    from devices.boards import Reads, recognise
    from devices.fit import Place

    facts, board = look.facts, recognise(look.facts)
    total = facts.memory.total
    memories = ((total / (1 << 30), total),)
    place = dataclasses.replace(Place.of(board), name=name, memories=memories) if board else Place(name, memories)
    if look.reads:
        reads = Reads({n: rate / 1e9 for n, rate in look.reads.items()}, "measured", "there, by its own Python")
        place = dataclasses.replace(place, reads=reads, threads=place.threads or max(look.reads))
        return Spot(place, board, facts.model, look.self_check(model), None)
    why = (
        None if board and board.cores else "'edge bench' measures it there, and so does the self-check of 'edge deploy'"
    )
    return Spot(place, board, facts.model, look.self_check(model), why)


def _measured(spot: Spot, model: Model) -> Spot:
    """This machine: how fast its threads read is measured with the engine's own kernel, not looked up."""
    from devices.boards import Reads
    from edge.inference.threads import read_rates

    place = dataclasses.replace(spot.place, reads=None, peak=None, rates=None)
    if model.cached:
        why = "it is so small that it stays in a processor's cache; 'edge bench MODEL' measures it"
        return dataclasses.replace(spot, place=place, why=why)
    rates, seen = read_rates()
    if not rates:
        return dataclasses.replace(spot, place=place, why=f"{seen}; try again, or 'edge bench' measures it")
    source = f"with the engine's own kernel, {seen}"
    reads = Reads({n: rate / 1e9 for n, rate in rates.items()}, "measured", source)
    return dataclasses.replace(spot, place=dataclasses.replace(place, reads=reads, threads=max(rates)))
