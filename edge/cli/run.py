"""``edge run``: ask a model."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from edge.errors import EmptyPrompt, ModelNotFound

from .parser import KV_HELP, KVS, THREADS_HELP, UsageError, Verbs, add_verb, number, threads, whole
from .piped import piped
from .progress import Progress, notice

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence
    from pathlib import Path

_TEXT = """
Ask a model and print its answer as it is written.

Without a prompt, and at a terminal, this is a conversation: /help there lists what it
understands. Without a prompt, and with something piped in, that is the prompt. A model
with a chat template is asked through it, others continue the prompt as it is (--raw).

One argument is a model if one of that name or folder exists; if it contains a space it
is otherwise a prompt for the built-in model home. At a terminal a line with speed and
memory follows on standard error; --stats prints it elsewhere too.
"""


def register(verbs: Verbs) -> None:
    parser = add_verb(
        verbs,
        "run",
        _run,
        usage="[MODEL] [PROMPT] [options]",
        summary="ask a model, or talk with it",
        text=_TEXT,
        examples=[
            ('edge run "turn on the kitchen lights"', "ask the built-in model"),
            ('edge run ./my-model "Why is the sky blue?"', "ask another one"),
            ("edge run microsoft/bitnet-b1.58-2B-4T", "talk with it"),
            ("edge run home < sentence.txt", "the prompt from a file"),
        ],
    )
    parser.add_argument("words", metavar="[MODEL] [PROMPT]", nargs="*", help="default: home, and a conversation")
    parser.add_argument("--system", metavar="TEXT", help="what the model should be, for models with a chat template")
    parser.add_argument("--raw", action="store_true", help="continue the prompt as it is, without a chat template")
    parser.add_argument("--max-tokens", metavar="N", type=whole, help="end the answer after N tokens")
    parser.add_argument(
        "--temperature", metavar="T", type=number, help="0 takes the likeliest token (default), 1 draws"
    )
    parser.add_argument("--top-k", metavar="K", type=whole, help="draw from the K likeliest tokens only")
    parser.add_argument("--top-p", metavar="P", type=number, help="from the likeliest that together have probability P")
    parser.add_argument("--min-p", metavar="P", type=number, help="from those with at least P of the likeliest one's")
    parser.add_argument("--repetition-penalty", metavar="X", type=number, help="above 1 discourages repeating itself")
    parser.add_argument("--seed", metavar="N", type=whole, help="the same seed draws the same answer")
    parser.add_argument("--stop", metavar="TEXT", action="append", help="end the answer before TEXT; can be repeated")
    parser.add_argument("--threads", metavar="N", type=threads, default="auto", help=THREADS_HELP)
    parser.add_argument(
        "--context", metavar="N", type=whole, help="most tokens of prompt and answer (default: up to 4096)"
    )
    parser.add_argument("--kv", choices=KVS, default="f16", help=KV_HELP)
    parser.add_argument("--force", action="store_true", help="run a model even if memory looks too small for it")
    parser.add_argument("--stats", action="store_true", help="always print the line with speed and memory")
    parser.add_argument("--json", action="store_true", help="print the answer and its figures as JSON")


def _run(args: argparse.Namespace) -> int:
    folder, prompt = _what(args.words)
    if prompt is None and not sys.stdin.isatty():
        prompt = "-"
    if prompt == "-":
        prompt = piped()
    if prompt is None and args.json:
        raise UsageError("--json needs a prompt", "edge run")
    if prompt is not None and not prompt.strip():
        raise EmptyPrompt("the prompt is empty; give the model something to answer")
    # Only now the engine: whatever can be refused without it has been.
    from edge.checkpoints.convert import ensure_packed
    from edge.inference import load

    from .talk import Talk

    with Progress("packing", silent=args.json) as progress:
        folder = ensure_packed(folder, progress=progress, notice=notice)
    with load(folder, threads=args.threads, context=args.context, sequences=1, kv=args.kv, force=args.force) as model:
        talk = Talk(model, system=args.system, raw=args.raw, stats=args.stats, sampling=_sampling(args))
        if prompt is None:
            talk.converse()
        elif args.json:
            print(json.dumps({"model": folder.name, **talk.as_json(prompt)}, ensure_ascii=False))
        else:
            talk.answer(prompt)
    return 0


def _what(words: Sequence[str]) -> tuple[Path, str | None]:
    """The model's folder and the prompt (None: ask for it) that the positional arguments mean."""
    from edge.checkpoints.library import resolve

    if len(words) > 2:
        quoted = " ".join(words)
        raise UsageError(f'a prompt of several words needs quotes: edge run "{quoted}"', "edge run")
    if len(words) == 1 and any(c.isspace() for c in words[0]):
        try:
            return resolve(words[0]), None
        except ModelNotFound:
            return resolve("home"), words[0]
    try:
        return resolve(words[0] if words else "home"), words[1] if len(words) == 2 else None
    except ModelNotFound as error:
        if len(words) == 1 and words[0].isalpha():
            raise ModelNotFound(f"{error} (as a prompt of one word: edge run home {words[0]})") from None
        raise


def _sampling(args: argparse.Namespace) -> dict[str, Any]:
    """What was given on the command line; the rest is the library's to decide."""
    names = ("max_tokens", "temperature", "top_k", "top_p", "min_p", "repetition_penalty", "seed", "stop")
    return {name: getattr(args, name) for name in names if getattr(args, name) is not None}
