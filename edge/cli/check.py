"""``edge check``: does a model say here what it says elsewhere?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edge.errors import EdgeError

from .parser import KV_HELP, KVS, THREADS_HELP, UsageError, Verbs, add_verb, threads, whole
from .progress import megabytes

if TYPE_CHECKING:
    import argparse

_TEXT = """
Load a model, let it continue a known prompt, and show the tokens, the speed and the
memory. The tokens are the same on every processor: with --expect they are compared with
those of another computer, and the exit code is 2 if a single one differs. 'edge deploy'
does this on a board before it lets a new release take over.
"""


def register(verbs: Verbs) -> None:
    parser = add_verb(
        verbs,
        "check",
        _check,
        usage="[MODEL] [--expect FILE] [options]",
        summary="check that a model computes the right thing here",
        text=_TEXT,
        examples=[
            ("edge check home --json > expect.json", "on a computer that is right"),
            ("edge check home --expect expect.json", "on another one"),
        ],
    )
    parser.add_argument("model", metavar="MODEL", nargs="?", default="home", help="name or folder (default: home)")
    parser.add_argument("--expect", metavar="FILE", type=Path, help='compare with it: {"prompt": TEXT, "tokens": [..]}')
    parser.add_argument("--tokens", metavar="N", type=whole, help="continue by N tokens (default: 32)")
    parser.add_argument("--threads", metavar="N", type=threads, default="auto", help=THREADS_HELP)
    parser.add_argument("--kv", choices=KVS, default="f16", help=KV_HELP)
    parser.add_argument("--force", action="store_true", help="load the model even if memory looks too small for it")
    parser.add_argument("--json", action="store_true", help="print everything as one line of JSON")


def _check(args: argparse.Namespace) -> int:
    from edge.inference.selfcheck import TOKENS, check, expectation

    if args.tokens is not None and (args.tokens < 1 or args.expect):
        raise UsageError("--tokens must be at least 1, and is not for --expect, which says how many", "edge check")
    try:
        expect = None if args.expect is None else expectation(_read(args.expect))
        options = {"threads": args.threads, "kv": args.kv, "force": args.force}
        result = check(args.model, expect, tokens=args.tokens or TOKENS, **options)
    except EdgeError as error:
        if args.json:  # whoever started us reads one stream
            print(json.dumps({"ok": False, "why": str(error)}))
        raise
    print(json.dumps(result) if args.json else _text(args.model, result))
    return 0


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise EdgeError(f"{path}: no JSON ({error}); make it with edge check --json") from error


def _text(name: str, r: dict[str, Any]) -> str:
    right = "as expected" if r["compared"] else "compared with nothing; --expect FILE does"
    rate = "" if r["tok_s"] is None else f"{r['tok_s']:.1f} tok/s, "
    return f"""\
{name}: {len(r["tokens"])} tokens, {right}
  prompt    {r["prompt"]}
  tokens    {" ".join(map(str, r["tokens"]))}
  speed     {rate}{r["isa"]}, {r["decode_threads"]} of {r["threads"]} threads decode
  ready in  {r["load_s"]:.2f} s, first token {r["first_token_s"]:.2f} s later
  takes     {megabytes(r["private"])} of its own, {megabytes(r["rss"])} with the file's pages"""
