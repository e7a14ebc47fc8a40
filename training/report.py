"""Judging answers: exactness by intent and slot, what is taken for what, and whether confidence can be trusted."""

from __future__ import annotations

import json
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .grammar.answers import SLOT_ORDER

if TYPE_CHECKING:
    from collections.abc import Sequence

THRESHOLDS = (0.5, 0.7, 0.8, 0.9, 0.95, 0.98)
"""Confidences under which a caller might ask again; the report says what each would cost and bring."""


@dataclass(frozen=True)
class Judged:
    """One sentence, what should have been answered, and what was, with the model's own probability of it."""

    sentence: str
    expected: str
    answer: str
    confidence: float
    phrasing: str = ""

    @property
    def right(self) -> bool:
        return self.answer == self.expected


def parsed(text: str) -> dict[str, Any] | None:
    """The answer as JSON, None where it is none."""
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def percent(part: float, whole: float) -> float:
    return round(100 * part / whole, 2) if whole else 0.0


def _intent(text: str) -> str:
    """The intent of an answer as the report names it."""
    answer = parsed(text)
    if answer is None:
        return "no JSON"
    return "null" if answer.get("intent", "") is None else str(answer.get("intent", "no intent"))


def _slots(answer: dict[str, Any] | None) -> dict[str, Any]:
    slots = (answer or {}).get("slots", {})
    return slots if isinstance(slots, dict) else {}


def by_slot(results: Sequence[Judged]) -> dict[str, dict[str, float]]:
    """Of every slot: how often it should have been there, how often it was right, how often it was there unasked."""
    wanted: Counter[str] = Counter()
    right: Counter[str] = Counter()
    extra: Counter[str] = Counter()
    for one in results:
        expected, got = _slots(parsed(one.expected)), _slots(parsed(one.answer))
        for key, value in expected.items():
            wanted[key] += 1
            right[key] += got.get(key) == value and type(got.get(key)) is type(value)
        extra.update(key for key in got if key not in expected)
    return {
        key: {"expected": wanted[key], "right_percent": percent(right[key], wanted[key]), "unasked": extra[key]}
        for key in SLOT_ORDER
        if wanted[key] or extra[key]
    }


def confusion(results: Sequence[Judged]) -> dict[str, dict[str, int]]:
    """Expected intent -> answered intent -> how often, wrong ones only. "no JSON" and "no intent" are answers too."""
    table: dict[str, Counter[str]] = defaultdict(Counter)
    for one in results:
        expected, got = _intent(one.expected), _intent(one.answer)
        if got != expected:
            table[expected][got] += 1
    return {expected: dict(row.most_common()) for expected, row in sorted(table.items())}


def calibration(results: Sequence[Judged]) -> dict[str, Any]:
    """How far confidence and being right agree.

    `bins`: tenths of confidence with their mean and the percentage that is right. `expected_error`: the mean distance
    of the two, weighted (the expected calibration error). `thresholds`: answers at least so sure: their share, and how
    many of them are right. `ranking`: the probability that a right answer is surer than a wrong one (0.5: worthless).
    """
    tenths: dict[int, list[Judged]] = defaultdict(list)
    for one in results:
        tenths[min(9, int(one.confidence * 10))].append(one)
    bins, error = [], 0.0
    for tenth, members in sorted(tenths.items()):
        mean = sum(one.confidence for one in members) / len(members)
        right = sum(one.right for one in members) / len(members)
        error += len(members) * abs(mean - right)
        bins.append(
            {
                "from": tenth / 10,
                "answers": len(members),
                "mean_confidence": round(mean, 4),
                "right_percent": percent(right, 1),
            }
        )
    thresholds = []
    for least in THRESHOLDS:
        sure = [one for one in results if one.confidence >= least]
        share = percent(len(sure), len(results))
        right_percent = percent(sum(one.right for one in sure), len(sure))
        thresholds.append({"at_least": least, "answers_percent": share, "right_percent": right_percent})
    return {
        "expected_error": round(error / max(1, len(results)), 4),
        "ranking": _ranking(results),
        "bins": bins,
        "thresholds": thresholds,
    }


def _ranking(results: Sequence[Judged]) -> float | None:
    """Area under the curve of right against wrong answers by confidence; None without both kinds."""
    wrongs = sorted(one.confidence for one in results if not one.right)
    rights = [one.confidence for one in results if one.right]
    if not rights or not wrongs:
        return None
    # a tie is worth half a pair
    beaten = sum(bisect_left(wrongs, sure) + bisect_right(wrongs, sure) for sure in rights) / 2
    return round(beaten / (len(rights) * len(wrongs)), 4)


def report(results: Sequence[Judged]) -> dict[str, Any]:
    """Everything about a list of judged answers; the least confident failure comes last."""
    by_intent: dict[str, list[bool]] = defaultdict(list)
    valid = refused = commands = 0
    for one in results:
        expected, answer = parsed(one.expected) or {}, parsed(one.answer)
        by_intent[_intent(one.expected)].append(one.right)
        valid += answer is not None
        if expected.get("intent") is not None:
            commands += 1
            refused += answer == {"intent": None}
    failures = sorted((one for one in results if not one.right), key=lambda one: -one.confidence)
    return {
        "sentences": len(results),
        "exact_percent": percent(len(results) - len(failures), len(results)),
        "valid_json_percent": percent(valid, len(results)),
        "commands_refused_percent": percent(refused, commands),
        "exact_percent_by_intent": {k: percent(sum(v), len(v)) for k, v in by_intent.items()},
        "sentences_by_intent": {k: len(v) for k, v in by_intent.items()},
        "slots": by_slot(results),
        "confusion": confusion(results),
        "calibration": calibration(results),
        "failures": [
            {"sentence": f.sentence, "expected": f.expected, "answer": f.answer, "confidence": round(f.confidence, 4)}
            for f in failures
        ],
    }
