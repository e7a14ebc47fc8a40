"""How good is `home`?  python -m training.evaluate --model home --report report.json

Sentences are drawn from the held-out split: phrasings and names that training never sees. The
model is a packed one (a name or folder for `edge.load`: the real engine) or a training
checkpoint (`--model DIR/checkpoint.pt`, in torch). Decoding is greedy.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .grammar import SHARES, Sample, Split, sample

Answerer = Callable[[str], str]

MAX_ANSWER = 224
"""Tokens; the longest right answer has about 150."""


def questions(per_intent: int, seed: int = 2026, split: Split = Split.HELD_OUT) -> list[Sample]:
    """`per_intent` different sentences of every intent, null included."""
    rng = random.Random(f"evaluation/{seed}/{split.value}")  # noqa: S311 - no secrets here
    drawn: list[Sample] = []
    for intent in SHARES:
        seen: dict[str, Sample] = {}
        # an intent without names may not have that many sentences
        for _ in range(20 * per_intent):
            if len(seen) == per_intent:
                break
            one = sample(rng, split, intent)
            seen.setdefault(one.sentence, one)
        drawn += seen.values()
    return drawn


def _parsed(text: str) -> dict[str, Any] | None:
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _share(part: int, whole: int) -> float:
    return round(100 * part / whole, 2) if whole else 0.0


def judge(asked: list[Sample], answers: list[str]) -> dict[str, Any]:
    """The report: percentages over all and per intent, and every failure."""
    exact: dict[str, list[bool]] = defaultdict(list)
    valid = refused = commands = 0
    failures = []
    for one, answer in zip(asked, answers, strict=True):
        right = answer == one.answer
        exact[str(one.intent)].append(right)
        parsed = _parsed(answer)
        valid += parsed is not None
        commands += one.intent is not None
        refused += one.intent is not None and parsed == {"intent": None}
        if not right:
            failures.append({"sentence": one.sentence, "expected": one.answer, "answer": answer})
    return {
        "sentences": len(asked),
        "exact_percent": _share(len(asked) - len(failures), len(asked)),
        "valid_json_percent": _share(valid, len(asked)),
        "commands_refused_percent": _share(refused, commands),
        "exact_percent_by_intent": {k: _share(sum(v), len(v)) for k, v in exact.items()},
        "sentences_by_intent": {k: len(v) for k, v in exact.items()},
        "failures": failures,
    }


def engine_answerer(name: str) -> Answerer:
    """Answers by the engine itself."""
    import edge

    model = edge.load(name)
    return lambda sentence: model.generate(sentence, max_tokens=MAX_ANSWER, temperature=0.0).text


def torch_answerer(checkpoint: Path) -> Answerer:
    """Answers by the network as it is trained, in float32, one token after the other."""
    import torch

    from .data import EOS, prompt_ids
    from .model import Decoder, Shape

    saved = torch.load(checkpoint, weights_only=True)
    model = Decoder(Shape(**saved["shape"]))
    model.load_state_dict(saved["model"])

    @torch.no_grad()
    def answer(sentence: str) -> str:
        ids = prompt_ids(sentence)
        start = len(ids)
        while len(ids) - start < MAX_ANSWER:
            length = len(ids)
            mask = torch.ones(1, 1, length, length, dtype=torch.bool).tril()
            logits = model(torch.tensor([ids]), torch.arange(length)[None], mask)
            best = int(logits[0, -1].argmax())
            if best == EOS:
                break
            ids.append(best)
        return bytes(i for i in ids[start:] if i < 256).decode("utf-8", "replace")

    return answer


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m training.evaluate", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", default="home", help="a packed model, or a checkpoint.pt of training.train")
    parser.add_argument("--per-intent", type=int, default=100)
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--report", type=Path, help="write the whole report here as JSON")
    args = parser.parse_args()
    answerer = torch_answerer(Path(args.model)) if args.model.endswith(".pt") else engine_answerer(args.model)
    asked = questions(args.per_intent, args.seed)
    start = time.perf_counter()
    answers = [answerer(one.sentence) for one in asked]
    seconds = time.perf_counter() - start
    report = {"model": args.model, "seed": args.seed, **judge(asked, answers)}
    report["milliseconds_per_answer"] = round(1000 * seconds / len(asked), 2)
    if args.report:
        args.report.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    for failure in report["failures"][:10]:
        print(f"{failure['sentence']}\n    expected {failure['expected']}\n    answered {failure['answer']}")
    print(json.dumps({k: v for k, v in report.items() if k != "failures"}, indent=1))


if __name__ == "__main__":
    main()
