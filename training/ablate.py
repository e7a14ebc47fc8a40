"""What each choice is worth:  python -m training.ablate --out DIR --tokens 6

Trains a run for every variant below, each with one thing changed, over the same budget of tokens (about the same
arithmetic), and evaluates it. Resumable like training itself: run it again, or with other variants. Options
behind `--` go to every run, say `-- --device cuda --workers 1 --loaders 8`. Writes DIR/ablations.json and
DIR/accuracy.svg.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from .files import command, write_whole
from .picture import curves, learning_curve

VARIANTS: dict[str, tuple[str, ...]] = {
    "ternary": (),
    "another-seed": ("--seed", "2"),
    "full": ("--full",),
    "distilled": ("--teacher", "{full}"),
    "bytes": ("--bytes",),
    "deep": ("--layers", "10", "--hidden", "192", "--heads", "6", "--kv-heads", "3", "--inter", "448"),
    "wide": ("--layers", "3", "--hidden", "352", "--heads", "11", "--kv-heads", "11", "--inter", "704"),
    "all-kv-heads": ("--kv-heads", "8"),
    "copying": ("--copying",),
    "falling": ("--fall", "1"),
    "short-fall": ("--fall", "0.2"),
    "no-decay": ("--decay", "0"),
    "rate-half": ("--rate", "0.0015"),
    "rate-double": ("--rate", "0.006"),
    "answers-only": ("--prompt-weight", "0"),
    "sentences-too": ("--prompt-weight", "0.3"),
}
"""Name -> options of `training.train`; `{name}` is the checkpoint of another variant, which has to come before.
What `another-seed` gains or loses is chance: no smaller difference means anything."""


def train(name: str, out: Path, tokens: float, seed: int, options: list[str]) -> Path:
    """Run one variant to its end, or go on with it; returns its checkpoint."""
    folder = out / name
    shared = out / "ternary" / "vocabulary.json"
    own = []
    for option in VARIANTS[name]:
        teacher = re.fullmatch(r"\{(.+)\}", option)
        checkpoint = out / teacher[1] / "checkpoint.pt" if teacher else None
        if checkpoint and not checkpoint.exists():
            raise ValueError(f"{name} learns from {checkpoint}, which is not there: train that first")
        own.append(str(checkpoint or option))
    folder.mkdir(parents=True, exist_ok=True)
    # the same tokens for all, so that a teacher can teach, and no time is spent on finding them again
    if name != "bytes" and shared.exists() and not (folder / "vocabulary.json").exists():
        shutil.copyfile(shared, folder / "vocabulary.json")
    command = [sys.executable, "-m", "training.train", "--out", str(folder), "--tokens", str(tokens)]
    subprocess.run([*command, "--seed", str(seed), *own, *options], check=True)
    return folder / "checkpoint.pt"


def evaluate(checkpoint: Path, per_intent: int) -> dict[str, Any]:
    """The report of a variant's averaged weights, failures left out."""
    report = checkpoint.with_name("report.json")
    command = [sys.executable, "-m", "training.evaluate", "--model", str(checkpoint), "--report", str(report)]
    subprocess.run([*command, "--per-intent", str(per_intent)], check=True, stdout=subprocess.DEVNULL)
    found: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
    return {key: value for key, value in found.items() if key != "failures"}


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m training.ablate", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, required=True, help="folder for the runs, outside the repository")
    parser.add_argument("--tokens", type=float, default=6, help="millions of tokens for each variant")
    parser.add_argument("--only", nargs="*", choices=VARIANTS, default=list(VARIANTS), help="variants, in this order")
    parser.add_argument("--per-intent", type=int, default=100, help="sentences of each intent in the evaluation")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("rest", nargs="*", help="options for every run, behind --")
    args = parser.parse_args()
    table = args.out / "ablations.json"
    results: dict[str, Any] = json.loads(table.read_text(encoding="utf-8")) if table.exists() else {}
    for name in args.only:
        about = {"options": list(VARIANTS[name]), "tokens": args.tokens, "per_intent": args.per_intent}
        if {key: results.get(name, {}).get(key) for key in about} != about:
            checkpoint = train(name, args.out, args.tokens, args.seed, args.rest)
            results[name] = about | evaluate(checkpoint, args.per_intent)
            write_whole(table, json.dumps(results, indent=1) + "\n")
        print(f"{name}: {results[name]['exact_percent']} % exact", flush=True)
    drawn = {name: learning_curve(args.out / name / "log.jsonl") for name in results}
    write_whole(args.out / "accuracy.svg", curves(drawn))


if __name__ == "__main__":
    command(main)
