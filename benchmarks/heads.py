"""How exact each stored form of the head is: the relative RMS error of its logits, beside GGUF's forms.

python -m benchmarks.heads
python -m benchmarks.heads --ggml llama.cpp/build/bin/libggml-base.so --json heads.json

Rows and activations are drawn from one of the distributions below; the exact logits are products with the rows as f16.
Ours are computed by the kernels, activations in two int8 digits; "one digit" is the same table with activations in
int8, as an engine would have it that spends half the multiplications. GGUF's tables are made by their own quantisers:
the simple ones by the package `gguf` (pip install gguf), the K-quants, which it cannot make, by a built libggml; their
activations stay exact here, though their engines round them to int8 too.
"""

from __future__ import annotations

import argparse
import ctypes
import importlib
import importlib.util
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks import report
from cython_kernels import _kernels as kernels
from cython_kernels import pack_rows_codes, pack_rows_int8, unpack_rows_codes

F32 = npt.NDArray[np.float32]

#: Of rows and activations alike: normal; Laplace; Student's t with three degrees of freedom; and normal with a gain
#: per column, as embeddings have.
DISTRIBUTIONS: dict[str, Callable[[np.random.Generator, int, int], npt.NDArray[np.float64]]] = {
    "normal": lambda rng, rows, columns: rng.standard_normal((rows, columns)),
    "Laplace": lambda rng, rows, columns: rng.laplace(size=(rows, columns)),
    "Student t (3)": lambda rng, rows, columns: rng.standard_t(3, (rows, columns)),
    "column gains": lambda rng, rows, columns: (
        rng.standard_normal((rows, columns)) * np.exp(rng.standard_normal(columns) / 2)
    ),
}
SIMPLE, K_QUANTS = ("Q8_0", "Q5_0", "Q4_0"), ("Q6_K", "Q5_K", "Q4_K")


def bits(form: str, columns: int) -> float:
    """Stored bits per weight of one of our forms."""
    per_row = 32 / columns
    return {"f16": 16.0, "int8": 8 + per_row, "q6": 6.5 + per_row, "q4": 4.5 + per_row}[form]


def ours(w: F32, x: F32, form: str) -> tuple[F32, F32]:
    """Logits ``[n, rows]`` of the kernels, and the weights that the table stands for."""
    digits = [kernels.quantise(row, digits=2) for row in x]
    high, low = (np.array([d[i] for d in digits]) for i in (0, 1))
    factor = np.array([d[2] for d in digits], np.float32)[:, None]
    if form == "int8":
        blocks, scale = pack_rows_int8(w)
        parts = [kernels.table8(block, high, low) for block in blocks]
        sums = np.concatenate([255.0 * h + t for h, t in parts], axis=1)
        stored = blocks.reshape(len(blocks), -1, 16, 4).transpose(0, 2, 1, 3).reshape(w.shape) * scale[:, None]
    else:
        codes, scale = pack_rows_codes(w, form)
        sums = np.concatenate([kernels.table_of_codes(block, form, high, low) for block in codes], axis=1)
        stored = unpack_rows_codes(codes, scale, form, *w.shape)
    return (sums * factor * scale).astype(np.float32), stored.astype(np.float32)


def one_digit(stored: F32, x: F32) -> npt.NDArray[np.float64]:
    """Logits with activations rounded to int8, one scale per token."""
    step = np.abs(x).max(axis=1, keepdims=True) / 127
    return np.asarray((np.rint(x / step) * step).astype(np.float64) @ stored.T.astype(np.float64))


def have_gguf() -> bool:
    return importlib.util.find_spec("gguf") is not None


def library(text: str) -> ctypes.CDLL:
    """The type of --ggml: a built libggml that makes the K-quants."""
    if not have_gguf():
        raise argparse.ArgumentTypeError("the package gguf is not here. Type: pip install gguf")
    try:
        # As a path: a name alone would be looked for among the system's libraries.
        found = ctypes.CDLL(str(Path(text).expanduser().absolute()))
        for name in K_QUANTS:
            getattr(found, _maker(name))
    except (OSError, AttributeError) as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no libggml-base.so: {error}") from None
    return found


def _maker(name: str) -> str:
    return f"quantize_row_{name.lower().replace('k', 'K')}_ref"


def theirs(w: F32, ggml: ctypes.CDLL | None) -> Iterator[tuple[str, float, F32]]:
    """Name, bits per weight and the weights that GGUF's tables stand for; nothing without the package gguf."""
    if not have_gguf():
        return
    gguf, quants = importlib.import_module("gguf"), importlib.import_module("gguf.quants")
    for name in (*SIMPLE, *(K_QUANTS if ggml else ())):
        kind = gguf.GGMLQuantizationType[name]
        block, size = gguf.GGML_QUANT_SIZES[kind]
        if name in SIMPLE:
            data = quants.quantize(w, kind)
        else:
            data = np.zeros((len(w), w.shape[1] // block * size), np.uint8)
            make = getattr(ggml, _maker(name))
            make.argtypes, make.restype = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64], None
            make(w.ctypes.data, data.ctypes.data, w.size)
        yield name, 8 * size / block, quants.dequantize(data, kind)


def compare(rows: int, columns: int, tokens: int, ggml: ctypes.CDLL | None) -> dict[str, dict[str, float]]:
    """Per form: bits per weight, and for each distribution the relative RMS error of the logits."""
    table: dict[str, dict[str, float]] = {}
    for name, draw in DISTRIBUTIONS.items():
        rng = np.random.default_rng(0)
        half = draw(rng, rows, columns).astype(np.float16)
        w, x = half.astype(np.float32), draw(rng, tokens, columns).astype(np.float32)
        exact = x.astype(np.float64) @ w.T.astype(np.float64)

        def error(
            logits: npt.NDArray[np.float32] | npt.NDArray[np.float64], exact: npt.NDArray[np.float64] = exact
        ) -> float:
            return float(np.sqrt(((logits - exact) ** 2).mean() / (exact**2).mean()))

        for form in ("int8", "q6", "q4"):
            logits, stored = ours(w, x, form)
            table.setdefault(form, {"bits": bits(form, columns)})[name] = error(logits)
            single = table.setdefault(f"{form}, one digit", {"bits": bits(form, columns)})
            single[name] = error(one_digit(stored, x))
        for form, size, stored in theirs(w, ggml):
            table.setdefault(form, {"bits": size})[name] = error(x.astype(np.float64) @ stored.T.astype(np.float64))
    return dict(sorted(table.items(), key=lambda item: -item[1]["bits"]))


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ggml", type=library, metavar="LIBRARY", help="libggml-base.so (or libggml.so) of llama.cpp")
    sizes = (
        ("rows", 512, 16, "words of the table (default: 512), a multiple of 16"),
        ("columns", 2560, 256, "width (default: 2560), a multiple of 256, as the K-quants have it"),
        ("tokens", 64, 1, "activations to multiply with (default: 64)"),
    )
    for name, default, step, words in sizes:
        parser.add_argument(f"--{name}", type=report.whole(step=step), default=default, metavar="N", help=words)
    report.add_options(parser)
    args = parser.parse_args()
    if not have_gguf():
        print("GGUF's forms are left out. Type: pip install gguf", file=sys.stderr)
    table = compare(args.rows, args.columns, args.tokens, args.ggml)
    shown = [
        {"form": form, "bits/weight": f"{figures['bits']:.2f}"}
        | {name: f"{100 * figures[name]:.2f} %" for name in DISTRIBUTIONS}
        for form, figures in table.items()
    ]
    report.table(list(shown[0]), shown)
    report.save(args, {"rows": args.rows, "columns": args.columns, "tokens": args.tokens, "forms": table})
    series = {name: [100 * figures[name] for figures in table.values()] for name in DISTRIBUTIONS}
    report.bars(args, "error of the logits", "% (relative RMS)", list(table), series)
    return 0


if __name__ == "__main__":
    sys.exit(main())
