"""``edge bench``: how fast a model runs here."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from .parser import HEADS, KV_HELP, KVS, METER_HELP, THREADS_HELP, UsageError, Verbs, add_verb, meter, threads, whole
from .progress import Progress, megabytes

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

SHAPES = (
    "bitnet-0.7b",
    "bitnet-2b4t",
    "bitnet-3b",
    "falcon3-1b",
    "falcon3-3b",
    "falcon3-7b",
    "falcon3-10b",
    "llama3-8b",
)

_CACHED = 64 << 20
"""Weights smaller than this may be read from a cache, beside which the memory's rate says nothing."""

_POWER_S = 0.1
"""Seconds between readings of the power, so that also short runs have some."""

_TEXT = f"""
Measure a model, or the shape of one you do not have: speed does not depend on what
the weights are, so --shape makes a model of that size with random weights (kept in
the cache) and measures that.

Reported are reading a prompt (prefill, 128 and 512 tokens), writing an answer
(decode, 128 tokens), and how close decoding comes to the rate at which this machine
can read the weights from memory, measured in the same run. Each figure is the median
of several runs, and the results are checked before any is reported. Where the machine
has a sensor of its power, or --meter names one, joules per token are reported too.

shapes: {", ".join(SHAPES[:4])},
        {", ".join(SHAPES[4:])}
"""


def register(verbs: Verbs) -> None:
    parser = add_verb(
        verbs,
        "bench",
        _bench,
        usage="[MODEL | --shape SHAPE] [options]",
        summary="measure speed and memory",
        text=_TEXT,
        examples=[
            ("edge bench", "the built-in model"),
            ("edge bench --shape bitnet-2b4t --threads 2", "a 2.4-billion-parameter model, not downloaded"),
        ],
    )
    parser.add_argument("model", metavar="MODEL", nargs="?", help="name or folder of a model (default: home)")
    parser.add_argument("--shape", metavar="SHAPE", help="measure random weights of this shape instead")
    parser.add_argument("--head", metavar="FORM", choices=HEADS, help="with --shape: int8 (default), f16, q6 or q4")
    parser.add_argument("--threads", metavar="N", type=threads, default="auto", help=THREADS_HELP)
    parser.add_argument("--kv", choices=KVS, default="f16", help=KV_HELP)
    parser.add_argument(
        "--runs", metavar="N", type=whole, default=5, help="repeat each measurement N times (default: 5)"
    )
    parser.add_argument("--meter", metavar="SOURCE", type=meter, help=METER_HELP)
    parser.add_argument("--json", action="store_true", help="print the result as JSON and no progress")


def _bench(args: argparse.Namespace) -> int:
    from devices.energy import find_sensor, withheld
    from devices.telemetry import Telemetry
    from edge.inference.bench import bench

    if args.runs < 1:
        raise UsageError("--runs must be at least 1", "edge bench")
    if args.head and not args.shape:
        raise UsageError("--head goes with --shape; a model has the head it was converted with", "edge bench")
    with Progress(silent=args.json) as progress:
        name, path = _model(args, progress)
    telemetry = Telemetry(find=lambda: args.meter or find_sensor(), power_s=_POWER_S)
    with telemetry, Progress(silent=args.json, counts="steps") as progress:
        result = bench(path, threads=args.threads, kv=args.kv, runs=args.runs, energy=telemetry, progress=progress)
        if "joules_per_token" in result and telemetry.sensor:
            result |= {"power_from": telemetry.sensor.name, "power_covers": telemetry.sensor.covers}
    why = None if "joules_per_token" in result else withheld()
    print(json.dumps({"model": name, **result}, indent=2) if args.json else _text(name, result, why))
    return 0


def _model(args: argparse.Namespace, progress: Progress) -> tuple[str, Path]:
    from edge.checkpoints.convert import ensure_packed
    from edge.checkpoints.library import cache_folder, resolve
    from edge.inference.shapes import random_model

    if args.shape:
        if args.model:
            raise UsageError("give a model or a --shape, not both", "edge bench")
        return args.shape, random_model(
            args.shape, cache_folder() / "shapes", head=args.head or "int8", progress=progress
        )
    model = args.model or "home"
    return model, ensure_packed(resolve(model), progress=progress) / "model.safetensors"


def _text(name: str, r: dict[str, Any], withheld: str | None) -> str:
    prefill = "   ".join(f"{key.split('_')[0]} {r[key]:.1f} tok/s" for key in r if key.startswith("pp"))
    decode = "   ".join(f"{key.split('_')[0]} {r[key]:.1f} tok/s" for key in r if key.startswith("tg"))
    share = f"{100 * r['roof_share']:.0f} % of this memory's read rate"
    rate = f"{r['read_gb_s']:.1f} of {r['roof_gb_s']:.1f} GB/s = {share}"
    if r["bytes_per_token"] < _CACHED:
        rate = "few enough for a processor's cache: memory is not the limit"
    energy = f"\n  energy    not measured: {withheld}" if withheld else ""
    if "joules_per_token" in r:
        energy = f"{r['joules_per_token']:.3g} J per token, {r['watts']:.2f} W ({r['power_from']}; {r['power_covers']})"
        energy = f"\n  energy    {energy}"
    own = f"{r['private_mb']:.0f} MB of its own, {r['kv_mb']:.0f} MB of them for the context ({r['kv']})"
    return f"""\
{name}: {megabytes(1e6 * r["weights_mb"])}, {r["head"]} head, {r["isa"]}
  threads   {r["threads"]}, {r["decode_threads"]} for a single token ({r["threads_why"]})
  prefill   {prefill}
  decode    {decode}
  reads     {megabytes(r["bytes_per_token"])} per token, {rate}{energy}
  ready in  {r["load_s"]:.2f} s, first token {r["first_step_s"]:.2f} s later
  takes     {own}; {r["file_mb"]:.0f} MB of file pages
  checked   {", ".join(k.replace("_", " ") for k in r["proof"])}"""
