"""``edge show``: what a model is made of and what it needs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from .parser import Verbs, add_verb
from .progress import megabytes

if TYPE_CHECKING:
    import argparse

_TEXT = """
Show a model's shape, where it came from, and the memory it needs by context length
(how many tokens prompt and answer may have together).
"""


def register(verbs: Verbs) -> None:
    parser = add_verb(
        verbs,
        "show",
        _show,
        usage="MODEL [--json]",
        summary="show a model's shape, origin and memory",
        text=_TEXT,
        examples=[("edge show home", ""), ("edge show ./my-model --json", "")],
    )
    parser.add_argument("model", metavar="MODEL", nargs="?", default="home", help="name or folder (default: home)")
    parser.add_argument("--json", action="store_true", help="print everything as JSON")


def _show(args: argparse.Namespace) -> int:
    from cython_kernels.weightfile import WeightFile, WeightFileError
    from edge.checkpoints.library import resolve
    from edge.errors import PackedFileError
    from edge.inference.sizes import describe
    from edge.inference.threads import AUTO, choose

    folder = resolve(args.model)
    try:
        with WeightFile(folder / "model.safetensors") as weights:
            facts = describe(weights)
    except WeightFileError as error:
        raise PackedFileError(str(error)) from error
    chosen = choose(AUTO, facts["bytes_per_token"])
    facts["threads"] = {"count": chosen.count, "decode": chosen.decode, "why": chosen.why}
    print(json.dumps({"model": args.model, **facts}, indent=2) if args.json else _text(args.model, facts))
    return 0


def _text(name: str, facts: dict[str, Any]) -> str:
    spec, count, meta = facts["spec"], facts["parameters"], facts["metadata"]
    threads = facts["threads"]
    block = f"{spec['layers']} layers, width {spec['hidden']}, feed-forward {spec['inter']} ({spec['activation']})"
    heads = f"{spec['heads']} heads of {spec['head_dim']}, {spec['kv_heads']} for keys and values"
    table = f"{spec['vocab']} tokens, {spec['head']}, " + (
        "shared by input and output" if spec["tied"] else "two tables"
    )
    source = meta.get("source", "unknown") + (
        f" (sha256 {meta['source_sha256'][:12]}…)" if "source_sha256" in meta else ""
    )
    rows = [
        ("file", facts["path"]),
        ("source", source),
        (
            "size",
            f"{megabytes(facts['weights_bytes'])}: {count['ternary']:,} ternary weights, {count['tables']:,} in tables",
        ),
        ("layers", block),
        ("attention", f"{heads}; rope {spec['rope_theta']:g}, sub norms {'yes' if spec['sub_norms'] else 'no'}"),
        ("tables", table),
        ("scales", facts["scales"]),
        ("a token", f"reads {megabytes(facts['bytes_per_token'])} of weights"),
        ("threads", f"{threads['count']}, {threads['decode']} for a single token ({threads['why']})"),
    ]
    lines = [
        name,
        *(f"  {key:10} {value}" for key, value in rows),
        "",
        "  context   weights (shared, mapped)   keys and values",
    ]
    lines += [
        f"  {m['context']:7}   {megabytes(facts['weights_bytes']):>24}   {megabytes(m['kv_bytes']):>15}"
        for m in facts["memory"]
    ]
    return "\n".join(lines)
