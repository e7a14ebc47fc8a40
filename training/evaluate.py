"""How good is `home`?  python -m training.evaluate --model home --report report.json

Sentences are drawn from the held-out split: phrasings and names that training never sees; or they come from a file
(`--sentences training/handwritten.jsonl`: {"text": …, "answer": {"intent": …, "slots": {…}}} to a line). The
model is a packed one (a name or folder for `edge.load`) or a checkpoint of training, which is made one first, so that
it is always the engine that answers; only a full-precision twin, which it cannot run, answers in torch. Greedy.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .files import command, count, read_checkpoint, write_whole
from .grammar import SHARES, Sample, Split, render, sample, wording, wordings_in_training
from .report import Judged, report

Answerer = Callable[[str], tuple[str, float]]
"""A sentence -> (answer, confidence)."""

MAX_ANSWER = 160
"""Tokens; a right answer has seldom more than 60."""


def questions(per_intent: int, seed: int = 2026, split: Split = Split.HELD_OUT) -> list[Sample]:
    """`per_intent` different sentences of every intent, null included.

    Of the commands held out none is asked whose wording training has with another kind of name in it: "switch on the
    {fan}" is nothing new to who knows "switch on the {lamp}".
    """
    rng = random.Random(f"evaluation/{seed}/{split.value}")  # noqa: S311 - no secrets here
    drawn: list[Sample] = []
    for intent in SHARES:
        seen: dict[str, Sample] = {}
        known = wordings_in_training(intent) if intent and split is Split.HELD_OUT else frozenset()
        # an intent without names may not have that many sentences
        for _ in range(20 * per_intent):
            if len(seen) == per_intent:
                break
            one = sample(rng, split, intent)
            if wording(one.phrasing) not in known:
                seen.setdefault(one.sentence, one)
        drawn += seen.values()
    return drawn


def from_file(path: Path) -> list[Sample]:
    """Sentences with answers, one JSON object to a line. ValueError names the line that is wrong."""
    asked = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            answer = row["answer"]
            text = render(answer["intent"], answer.get("slots", {}))
            asked.append(Sample(row["text"], text, answer["intent"], ""))
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"{path}:{number}: {error}") from error
    if not asked:
        raise ValueError(f"{path} has no sentences")
    return asked


def judge(asked: list[Sample], answers: list[tuple[str, float]]) -> dict[str, Any]:
    """The report about answers to samples."""
    judged = [Judged(s.sentence, s.answer, *a, s.phrasing) for s, a in zip(asked, answers, strict=True)]
    return report(judged)


def engine_answerer(name: str | Path) -> Answerer:
    """Answers by the engine itself."""
    import edge

    model = edge.load(name)

    def answer(sentence: str) -> tuple[str, float]:
        completion = model.generate(sentence, max_tokens=MAX_ANSWER, temperature=0.0)
        return completion.text, completion.confidence

    return answer


def checkpoint_answerer(checkpoint: Path, scratch: Path, *, averaged: bool) -> Answerer:
    """Answers by a training checkpoint: packed into a folder below `scratch` for the engine, if that can run it."""
    saved = read_checkpoint(checkpoint)
    if saved["shape"]["full"]:
        return torch_answerer(saved, averaged=averaged)
    from edge.checkpoints.convert import convert

    from .export import export

    export(saved, scratch / "float", averaged=averaged)
    convert(scratch / "float", scratch / "packed")
    return engine_answerer(scratch / "packed")


def torch_answerer(saved: dict[str, Any], *, averaged: bool) -> Answerer:
    """Answers by the network as it is trained, in float32, one token after the other."""
    import torch

    from .data import Coder
    from .model import Decoder, Shape
    from .vocabulary import EOS

    model = Decoder(Shape(**saved["shape"]))
    model.load_state_dict(saved["average" if averaged else "model"])
    coder = Coder(saved["vocabulary"])

    @torch.no_grad()
    def answer(sentence: str) -> tuple[str, float]:
        ids = coder.prompt(sentence)
        start, sure = len(ids), 0.0
        while len(ids) - start < MAX_ANSWER:
            length = len(ids)
            mask = torch.ones(1, 1, length, length, dtype=torch.bool).tril()
            odds = model(torch.tensor([ids]), torch.arange(length)[None], mask)[0, -1].log_softmax(-1)
            best = int(odds.argmax())
            sure += float(odds[best])
            if best == EOS:
                break
            ids.append(best)
        return coder.text(ids[start:]), math.exp(sure)

    return answer


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m training.evaluate", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", default="home", help="a packed model, or a checkpoint.pt of training.train")
    parser.add_argument("--per-intent", type=count, default=200)
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--sentences", type=Path, help="ask these instead of the held-out split")
    parser.add_argument("--last", action="store_true", help="of a checkpoint: the last weights, not their average")
    parser.add_argument("--report", type=Path, help="write the whole report here as JSON")
    args = parser.parse_args()
    if args.report and not args.report.absolute().parent.is_dir():
        raise ValueError(f"there is no folder for {args.report}")  # before minutes are spent
    asked = from_file(args.sentences) if args.sentences else questions(args.per_intent, args.seed)
    with tempfile.TemporaryDirectory() as scratch:
        if args.model.endswith(".pt"):
            answerer = checkpoint_answerer(Path(args.model), Path(scratch), averaged=not args.last)
        else:
            answerer = engine_answerer(args.model)
        start = time.perf_counter()
        answers = [answerer(one.sentence) for one in asked]
        seconds = time.perf_counter() - start
    source = {"sentences_from": args.sentences.name} if args.sentences else {"seed": args.seed}
    result = {"model": Path(args.model).name, **source, **judge(asked, answers)}
    result["milliseconds_per_answer"] = round(1000 * seconds / len(asked), 2)
    if args.report:
        write_whole(args.report, json.dumps(result, indent=1, ensure_ascii=False) + "\n")
    for failure in result["failures"][:10]:
        print(f"{failure['sentence']}\n    expected {failure['expected']}\n    answered {failure['answer']}")
    print(json.dumps({k: v for k, v in result.items() if k != "failures"}, indent=1))


if __name__ == "__main__":
    command(main)
