"""What the ARM kernels do in a cycle, and what that makes on boards nobody here owns.

    python -m benchmarks.arm                      # all instruction sets, a board of each chip, BitNet 2B4T
    python -m benchmarks.arm --isa neon --loops   # one set, every loop
    python -m benchmarks.arm --cores devices/cores.toml   # also write what `edge fit` knows of the cores

Compiles the kernels as the wheel does, counts every instruction of a call under emulation, has llvm-mca predict the
cycles of the loops it spends them in (data in L1), and predicts tokens per second. Needs llvm-mca, llvm-objdump and
qemu-aarch64-static, and what `pip install 'bitnet-edge[wheel]'` brings (`make test` does, too).
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks import report
from benchmarks.arm_code import TOOLCHAIN, Count, MissingTool, ToolError, compile_kernels, count, cycles_of
from cython_kernels.spec import ModelSpec
from devices import fit
from devices.boards import Board, Rates, Reads, cores, find
from devices.sizing import share
from edge.inference.shapes import SHAPES
from edge.inference.sizes import work
from provisioning.wheel import WheelError

#: Cores to predict for: LLVM's "cortex-a76" is the A57's model, neoverse-n1 is the A76's own.
CORES = {
    "neon": ("cortex-a53", "cortex-a57", "cortex-a72"),
    "dotprod": ("cortex-a55", "neoverse-n1"),
    "i8mm": ("neoverse-v2",),
}
#: What is counted: name -> kernel, rows, columns, tokens. 2560 columns are those of BitNet 2B4T.
CALLS = {
    "decode": ("ternary", 64, 2560, 1),
    "decode x4": ("ternary", 64, 2560, 4),
    "prefill": ("ternary", 64, 2560, 64),
    "head int8": ("int8", 16, 2560, 1),
    "head q6": ("q6", 16, 2560, 1),
    "head q4": ("q4", 16, 2560, 1),
    "head f16": ("f16", 16, 2560, 1),
    "norm": ("norm", 1, 2560, 1),
    "quantise": ("quantise", 1, 2560, 1),
    "gate": ("gate", 1, 6912, 1),
}
#: The boards to predict for, one for each chip.
BOARDS = ("zero2w", "pi3b+", "pi4", "jetson-nano", "pi5", "rock-5b", "orin-nano", "thor")
LOOP_COLUMNS = ("isa", "call", "core", "instructions", "products", "executed share", "cycles", "products/cycle")
KERNEL_COLUMNS = ("isa", "call", "core", "per cycle", "instr", "in loops", "products", "loops' instr", "agree")
BOARD_COLUMNS = (
    "board",
    "head",
    "threads",
    "decode",
    "processor allows",
    "memory allows",
    "bound by",
    "pp128",
    "fits from",
)


def main() -> int:
    """Count, predict, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--isa", nargs="+", choices=CORES, metavar="ISA", help="only these: neon, dotprod, i8mm")
    parser.add_argument("--calls", nargs="+", choices=CALLS, metavar="CALL", help="only these calls, no boards")
    parser.add_argument("--shape", choices=SHAPES, default="bitnet-2b4t", metavar="SHAPE")
    parser.add_argument("--boards", nargs="+", default=BOARDS, metavar="BOARD", help="ids of boards ('edge boards')")
    parser.add_argument(
        "--cores", type=Path, metavar="FILE", help="write the cores' figures there, as devices reads them"
    )
    parser.add_argument("--all-threads", action="store_true", help="boards with each thread count, not only the best")
    parser.add_argument("--loops", action="store_true", help="also each loop: what llvm-mca says of it")
    report.add_options(parser)
    args = parser.parse_args()
    calls = {name: CALLS[name] for name in args.calls or CALLS}
    with tempfile.TemporaryDirectory() as scratch:
        try:
            programs = compile_kernels(Path(scratch))
        except (MissingTool, ToolError, WheelError) as error:
            report.stop(str(error))
        chosen = [isa for isa in args.isa or CORES if isa in programs]
        counts = {(isa, name): count(programs[isa], *call) for isa in chosen for name, call in calls.items()}
    rows = [_kernel_row(*key, core, found) for key, found in counts.items() for core in CORES[key[0]]]
    report.table(KERNEL_COLUMNS, rows)
    loops = [row for key, found in counts.items() for core in CORES[key[0]] for row in _loop_rows(*key, core, found)]
    if args.loops:
        report.table(LOOP_COLUMNS, loops)
    if args.cores and not args.calls:
        args.cores.write_text(_cores_file(counts, args.cores.read_text(encoding="utf-8"), chosen), encoding="utf-8")
    predicted = [] if args.calls else _boards(counts, SHAPES[args.shape], chosen, [find(name) for name in args.boards])
    if predicted:
        report.table(BOARD_COLUMNS, [_board_row(p) for p in (predicted if args.all_threads else _best(predicted))])
    figures = {"toolchain": TOOLCHAIN, "kernels": rows, "loops": loops, "boards": predicted}
    report.save(args, figures, {"note": "no machine: predicted"})
    if predicted:
        report.bars(args, f"decode of {args.shape}, predicted", "tok/s", *_bars(predicted), log=True)
    return 0


def _work(name: str) -> int:
    _, rows, columns, tokens = CALLS[name]
    return rows * columns * tokens


def _kernel_row(isa: str, name: str, core: str, found: Count) -> dict[str, Any]:
    """One call: weights (or values) per cycle, and instructions for each of them.

    The latter of all that was executed, and as the loops alone would have it: how far the two agree tells how much of
    the whole the loops account for.
    """
    work = _work(name)
    busy = [loop for loop in found.loops if loop.products or not found.products]
    products = sum(loop.rounds * loop.products for loop in busy)
    alone = sum(loop.rounds * len(loop.body) for loop in busy) * (found.products / products if products else 1)
    return {
        "isa": isa,
        "call": name,
        "core": core,
        "per cycle": round(work / found.cycles(core), 2),
        "instr": round(found.instructions / work, 4),
        "in loops": f"{100 - 100 * found.outside / found.instructions:.1f} %",
        "products": round(found.products / work, 2),
        "loops' instr": round(alone / work, 4),
        "agree": f"{100 * alone / found.instructions:.1f} %",
    }


def _loop_rows(isa: str, name: str, core: str, found: Count) -> list[dict[str, Any]]:
    """Each loop that makes products, by llvm-mca."""
    rows = []
    for loop in found.loops:
        if loop.products:
            cycles = cycles_of(loop.body, core)
            rows.append(
                {
                    "isa": isa,
                    "call": name,
                    "core": core,
                    "instructions": len(loop.body),
                    "products": loop.products,
                    "executed share": f"{100 * loop.executed / found.instructions:.1f} %",
                    "cycles": round(cycles, 2),
                    "products/cycle": round(loop.products / cycles, 2),
                }
            )
    return rows


def rates(counts: dict[tuple[str, str], Count], isa: str, core: str) -> Rates:
    """What the counted calls of one instruction set make in a cycle on one core."""

    def per_cycle(name: str) -> float:
        return _work(name) / counts[isa, name].cycles(core)

    heads = {name.removeprefix("head "): per_cycle(name) for name in CALLS if name.startswith("head ")}
    return Rates(
        per_cycle("decode"),
        per_cycle("prefill"),
        heads,
        per_cycle("norm"),
        per_cycle("quantise"),
        per_cycle("gate"),
        isa,
        core,
    )


def _cores_file(counts: dict[tuple[str, str], Count], text: str, isas: list[str]) -> str:
    """The text of cores.toml with each figure of the counted instruction sets put in its place."""
    head, *entries = text.split('\n["')
    out = [head]
    for entry in entries:
        name = entry.split('"', 1)[0]
        known = cores()[name]
        lines = entry.splitlines()
        if known.isa in isas:
            found = rates(counts, known.isa, known.model)
            forms = ", ".join(f"{form} = {value:.2f}" for form, value in found.head.items())
            new = {key: f"{getattr(found, key):.2f}" for key in ("decode", "prefill", "norm", "quantise", "gate")}
            new["head"] = f"{{ {forms} }}"
            lines = [f"{key} = {new[key]}" if (key := line.split(" = ")[0]) in new else line for line in lines]
        out.append("\n".join(lines) + "\n")
    return '\n["'.join(out)


def _boards(
    counts: dict[tuple[str, str], Count], spec: ModelSpec, isas: list[str], boards: list[Board]
) -> list[dict[str, Any]]:
    """Every board with each head and thread count; by its data sheet where nobody has measured its memory."""
    out = []
    for board in boards:
        first, reads = board.cores[0], board.reads or (board.peak_gb_s or 0) * 1e9
        if board.isa not in isas or first.design not in cores():
            continue
        own = rates(counts, board.isa, cores()[first.design].model)
        for head in own.head:
            model = fit.Model(**work(dataclasses.replace(spec, head=head)))
            out += [_speed(board, model, reads, own, n) for n in range(1, first.count + 1)]
    return out


def _speed(board: Board, model: fit.Model, reads: Reads | float, own: Rates, threads: int) -> dict[str, Any]:
    speed = fit.predict(model, threads, board.cores[0].ghz, reads, own)
    return {
        "board": board.name,
        "read_gb_s": round((reads.at(threads) if isinstance(reads, Reads) else reads) / 1e9, 2),
        "read_kind": reads.kind if isinstance(reads, Reads) else "data sheet",
        "head": model.form,
        "threads": threads,
        "decode_tok_s": speed.decode,
        "processor_tok_s": speed.processor,
        "memory_tok_s": speed.memory,
        "bound": speed.bound,
        "prefill_tok_s": speed.prompt,
        "fits_gb": next((gb for gb in board.memory_gb if share(fit.usable_memory(gb), model.appetite)), None),
    }


def _best(predicted: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of each board and head the fewest threads that come within 2 % of its best decode, with the best prefill."""
    rows: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for p in predicted:
        rows.setdefault((p["board"], p["head"]), []).append(p)
    chosen = []
    for of_one in rows.values():
        threads = fit.fewest({p["threads"]: p["decode_tok_s"] for p in of_one})
        row = next(p for p in of_one if p["threads"] == threads)
        chosen.append({**row, "prefill_tok_s": max(p["prefill_tok_s"] for p in of_one)})
    return chosen


def _board_row(p: dict[str, Any]) -> dict[str, Any]:
    values = (p["decode_tok_s"], p["processor_tok_s"], p["memory_tok_s"])
    shown = [p["board"], p["head"], p["threads"], *(f"{value:.1f}" for value in values)]
    shown += [p["bound"], f"{p['prefill_tok_s']:.1f}", f"{p['fits_gb']:g} GB" if p["fits_gb"] else "-"]
    return dict(zip(BOARD_COLUMNS, shown, strict=True))


def _bars(predicted: list[dict[str, Any]]) -> tuple[list[str], dict[str, list[float]]]:
    """Each board's best thread count, a bar for each head."""
    names = list(dict.fromkeys(p["board"] for p in predicted))
    heads = list(dict.fromkeys(p["head"] for p in predicted))
    best = {
        head: [max(p["decode_tok_s"] for p in predicted if (p["board"], p["head"]) == (name, head)) for name in names]
        for head in heads
    }
    return names, best


if __name__ == "__main__":
    sys.exit(main())
