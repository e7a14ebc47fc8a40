"""What ``edge fit`` found, for people and for programs."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .columns import columns
from .progress import duration, megabytes
from .rollout_table import plain

if TYPE_CHECKING:
    from devices.boards import Board
    from devices.fit import Answer, Estimate, Model, Place, Room, Speed

__all__ = ["Spot", "described", "overview", "to_json"]

_NOTHING = "-"
_KINDS = {"about": "", "at least": "at least ", "at most": "at most "}
_SIGNS = {"about": "", "at least": ">= ", "at most": "<= "}
_FROM = {"measured": "measured", "sibling": "measured on the same chip and memory", "at least": "at least"}
_PROMPT = 512
_BEST = "room for 2048 tokens, instruct before base, then the largest, but 2B4T before Falcon3 7B"
# How many times more or less another engine's model may read for a token, to be worth comparing.
_ALIKE = 4


@dataclass(frozen=True)
class Spot:
    """A place, the ``board`` it is if we know that, and its own word for itself.

    ``measured``: tokens/s of this very model there. ``why``: what keeps the speed from being known.
    """

    place: Place
    board: Board | None
    calls_itself: str | None = None
    measured: float | None = None
    why: str | None = None

    @property
    def title(self) -> str:
        """For the first line."""
        cores = ""
        if self.board and self.board.cores:
            first = self.board.cores[0]
            cores = f": {self.board.cpu} at {first.ghz:g} GHz, kernels for {self.board.isa}"
        kind = self.calls_itself or (self.board.name if self.board else "")
        named = self.place.name if kind in {"", self.place.name} else f"{self.place.name} ({kind})"
        return plain(f"{named}{cores}")


def described(
    name: str, spot: Spot, answer: Answer, rivals: Mapping[str, Model], least: float, reads: float | None
) -> list[str]:
    """One model in one place: the answers, and below them how they come about."""
    rows = [*_rooms(answer.rooms), *_speed(spot, answer), *_best(answer.rooms, least)]
    lines = [f"{name} on {spot.title}", *_cells(rows)]
    if answer.estimate:
        lines += ["", *_cells(_arithmetic(answer.model, answer.estimate, spot.place))]
    others = _others(answer.model, spot, rivals, reads)
    return lines + (["", *(f"  {line}" for line in others)] if others else [])


def overview(name: str, answers: Sequence[tuple[Spot, Answer]], least: float) -> list[str]:
    """One model in several places, a line each."""
    titles = ("BOARD", "FITS FROM", "TOKENS/S", "THREADS", "LIMIT", "PROMPT", "BEST THERE", "TOKENS/S ")
    rows = [_line(spot, answer) for spot, answer in answers]
    table = columns([titles, *rows], right=("FITS FROM", "TOKENS/S", "THREADS", "PROMPT", "TOKENS/S "))
    model = answers[0][1].model
    return [
        f"{name}: {megabytes(model.weights)} of weights; a token reads {megabytes(model.read())}, with its context",
        "",
        *table,
        "",
        f"best there: in its largest memory, with {least:g} tokens/s: {_BEST}; else the fastest",
    ]


def to_json(name: str, spot: Spot, answer: Answer, rivals: Mapping[str, Model], reads: float | None) -> dict[str, Any]:
    """Everything, as plain values: bytes, seconds, tokens per second."""
    from edge.inference.shapes import INSTRUCT

    rooms = [
        {
            "gb": round(room.gb, 2),
            "bytes": room.total,
            "fits": room.share is not None,
            "context": room.share.context if room.share else None,
            "together": room.share.together if room.share else None,
            "best": room.best
            and {
                "model": room.best[0],
                "instruct": room.best[0] in INSTRUCT,
                "tok_s": room.best[1].speed.decode,
                "kind": room.best[1].kind,
            },
        }
        for room in answer.rooms
    ]
    found = answer.estimate
    source = spot.place.reads.source if spot.place.reads and not answer.model.cached else None
    speed = found and {"kind": found.kind, "source": source, **dataclasses.asdict(found.speed)}
    return {
        "model": name,
        "place": spot.place.name,
        "board": spot.board.id if spot.board else None,
        "needs": dataclasses.asdict(answer.model),
        "memories": rooms,
        "speed": found and {**(speed or {}), "threads": found.threads},
        "at_most": answer.ceiling and dataclasses.asdict(answer.ceiling),
        "measured_tok_s": spot.measured,
        "others": [dataclasses.asdict(one) for one in _compared(answer.model, spot, rivals, reads)],
    }


def _cells(rows: Sequence[tuple[str, str]]) -> list[str]:
    return [f"  {title:10} {text}".rstrip() for title, text in rows]


def _grouped(title: str, texts: Sequence[tuple[float, str]]) -> list[tuple[str, str]]:
    """Rows for sizes of memory, those with the same to say on one line: "4, 8 GB: ..."."""
    sizes: dict[str, list[str]] = {}
    for gb, text in texts:
        sizes.setdefault(text, []).append(f"{gb:.3g}")
    return [(title if not n else "", f"{', '.join(gb)} GB: {text}") for n, (text, gb) in enumerate(sizes.items())]


def _rooms(rooms: Sequence[Room]) -> list[tuple[str, str]]:
    texts = []
    for room in rooms:
        text = "does not fit: edge deploy keeps a fifth for the system, and 168 MB for the agent"
        if room.share:
            answers = f"{room.share.together} answer{'s' if room.share.together > 1 else ''} at once"
            text = f"fits, {answers} with {room.share.context:,} tokens of context"
        texts.append((room.gb, text))
    return _grouped("memory", texts)


def _speed(spot: Spot, answer: Answer) -> list[tuple[str, str]]:
    found = answer.estimate
    rows: list[tuple[str, str]] = []
    if spot.measured:
        rows.append(("measured", f"{spot.measured:.1f} tokens/s, by the self-check of the release that runs there"))
    if found is None:
        why = spot.why or _unknown(answer.model)
        return [*rows, ("speed", f"not known: {why}")]
    speed = found.speed
    threads = f", with {_threads(found.threads)}" if found.threads else ""
    most = ""
    if found.kind == "at least" and answer.ceiling:
        most = f", at most {answer.ceiling.decode:.1f}"
    limit = "memory" if speed.bound == "memory" else "the processor"
    title = "speed" if any(room.share for room in answer.rooms) else "would be"
    decode = _figure(answer.model, speed.decode, 1)
    rows.append((title, f"{_KINDS[found.kind]}{decode} tokens/s{most}{threads}; {limit} is the limit"))
    if speed.prompt:
        taken = f": {_PROMPT} tokens take {duration(_PROMPT / speed.prompt)}" if speed.prompt < _PROMPT else ""
        rows.append(
            ("prompts", f"{_KINDS[_of_prompts(found)]}{_figure(answer.model, speed.prompt, 0)} tokens/s read{taken}")
        )
    return rows


def _figure(model: Model, speed: float, digits: int) -> str:
    """Tokens per second; two digits of it for a model in the cache, much of whose time the arithmetic leaves out."""
    return f"{float(f'{speed:.2g}'):g}" if model.cached else f"{speed:.{digits}f}"


def _of_prompts(found: Estimate) -> str:
    """What the speed of reading prompts is: as the processor limits it, more from memory would make it no faster."""
    return "about" if found.kind == "at least" else found.kind


def _millions(weights: int) -> str:
    return f"{weights / 1e6:,.0f} M" if weights >= 10_000_000 else f"{weights / 1e6:.1f} M"


def _threads(number: int) -> str:
    return f"{number} thread{'s' if number > 1 else ''}"


def _unknown(model: Model) -> str:
    if model.cached:
        return "it stays in the processor's cache, and our kernels were not counted for that; 'edge bench' measures it"
    return "of such a board nobody has published how fast its memory is; 'edge bench' measures it there"


def _best(rooms: Sequence[Room], least: float) -> list[tuple[str, str]]:
    from edge.inference.shapes import CHECKPOINTS, INSTRUCT

    texts = []
    for room in rooms:
        if room.best:
            name, found = room.best
            enough = "" if found.speed.decode >= least else f", less than the {least:g} asked for"
            speed = f"{_KINDS[found.kind]}{found.speed.decode:.1f} tokens/s{enough}"
            base = "" if name in INSTRUCT else ", a base model: it continues texts"
            texts.append((room.gb, f"{name}, {speed}{base} (edge pull {CHECKPOINTS[name]})"))
    return [*_grouped("best there", texts), ("", f"({_BEST})")] if texts else []


def _arithmetic(model: Model, found: Estimate, place: Place) -> list[tuple[str, str]]:
    speed, ternary = found.speed, model.ternary // 4
    rest, context = model.per_token - ternary, speed.read - model.per_token
    weights = f"{megabytes(ternary)} of ternary weights + {megabytes(rest)} of head ({model.form}), scales and norms"
    rows = [("a token", f"reads {weights} + {megabytes(context)} of context = {speed.read / 1e6:.1f} MB")]
    if speed.rate is not None:
        rate = f"{speed.rate / 1e9:.2f} GB/s" + (f" with {_threads(found.threads)}" if found.threads else "")
        rows.append(("memory", f"{rate} / {speed.read / 1e6:.1f} MB = {speed.memory:.1f} tokens/s"))
        rows.append(("", f"{_FROM[place.reads.kind]}: {place.reads.source}" if place.reads else "by its data sheet"))
    if model.cached:
        rows.append(("", "which stay in the processor's cache: memory does not count"))
    if place.rates and speed.computing is not None and speed.alone is not None:
        head = f"{_millions(model.head)} of the head / {place.rates.head[model.form]}"
        cores = f"{speed.threads} of {place.threads} cores at {place.ghz:g} GHz"
        form = ".2g" if model.cached else ".1f"
        waiting = speed.read / speed.rate if speed.rate else 0.0
        together, alone, longer = (
            f"{1e3 * seconds:{form}} ms" for seconds in (speed.computing, speed.alone, max(speed.computing, waiting))
        )
        which = "the longer of both, " if speed.rate else ""
        decode = _figure(model, speed.decode, 1)
        rows += [
            ("processor", f"{_millions(model.ternary)} weights / {place.rates.decode} a cycle + {head} + attention,"),
            ("", f"on {cores}: {together}; between the matrices one alone: {alone}"),
            ("together", f"{which}{longer} + {alone} alone = {decode} tokens/s"),
        ]
    return rows


@dataclass(frozen=True)
class _Other:
    """Another engine: what our arithmetic predicts for the ``mb`` it reads, what it was measured at, and our speed."""

    engine: str
    model: str
    threads: int
    mb: float
    predicted: float
    measured: float | None = None
    ours: float | None = None


def _compared(model: Model, spot: Spot, rivals: Mapping[str, Model], reads: float | None) -> list[_Other]:
    """Other engines there, with models that read about as much as ``model`` does: of others they tell nothing."""
    from devices.fit import predict

    place, rates = spot.place, spot.place.reads
    if rates is None:
        return []
    out = []
    for one in spot.board.published if spot.board else ():
        if not 1 / _ALIKE < one.mb * 1e6 / model.read() < _ALIKE:
            continue
        ours = predict(rivals[one.model], one.threads, place.ghz, rates, place.rates)
        predicted = rates.at(one.threads) / one.mb / 1e6
        out.append(_Other(one.engine, one.model, one.threads, one.mb, predicted, one.tok_s, ours.decode))
    if reads is not None:
        threads = max(rates.gb_s, key=lambda n: rates.gb_s[n])
        out.append(_Other("--reads", _NOTHING, threads, reads, rates.at(threads) / reads / 1e6))
    return out


def _others(model: Model, spot: Spot, rivals: Mapping[str, Model], reads: float | None) -> list[str]:
    rows = []
    for one in _compared(model, spot, rivals, reads):
        speeds = (_NOTHING if v is None else f"{v:.1f}" for v in (one.predicted, one.measured, one.ours))
        rows.append((one.engine, one.model, str(one.threads), f"{one.mb:.0f}", *speeds))
    if not rows:
        return []
    titles = ("OTHER ENGINES", "MODEL", "THREADS", "MB/TOKEN", "PREDICTED", "MEASURED", "OURS")
    return columns([titles, *rows], right=titles[2:])


def _line(spot: Spot, answer: Answer) -> tuple[str, ...]:
    found = answer.estimate
    fits = next((f"{room.gb:.3g} GB" for room in answer.rooms if room.share), "no")
    best = answer.rooms[-1].best if answer.rooms else None
    speed: Speed | None = found.speed if found else None
    sign = _SIGNS[found.kind] if found else ""
    return (
        plain(spot.board.id if spot.board and spot.board.name == spot.place.name else spot.place.name),
        fits,
        f"{sign}{_figure(answer.model, speed.decode, 1)}" if speed else "not known",
        str(found.threads) if found and found.threads else _NOTHING,
        speed.bound if speed else _NOTHING,
        f"{_SIGNS[_of_prompts(found)]}{_figure(answer.model, speed.prompt, 0)}"
        if found and speed and speed.prompt
        else _NOTHING,
        best[0] if best else _NOTHING,
        f"{_SIGNS[best[1].kind]}{best[1].speed.decode:.1f}" if best else _NOTHING,
    )
