"""C programs of this folder, compiled for this machine with the tables that `make build` compiled."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

from benchmarks.report import stop

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "benchmarks/src"
_INCLUDE = f"-I{ROOT / 'cython_kernels/src'}"


def compile_here(out: Path, *words: str | Path) -> Path:
    """Compile C to ``out``; end the program with a line that says what to do where that cannot be."""
    named = shlex.split(os.environ.get("CC", ""))
    found = named or [name for name in ("cc", "gcc", "clang") if shutil.which(name)][:1]
    if not found:
        stop("a C compiler is needed. Type: sudo apt-get install gcc libc6-dev")
    command = [*found, "-O2", "-std=gnu11", _INCLUDE, *map(str, words), "-o", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        stop(f"{' '.join(command)} failed:\n{done.stderr[-2000:]}")
    return out


def kernel_program(folder: Path) -> Path:
    """src/kernels.c with every instruction set of this build, in ``folder``."""
    objects = sorted((ROOT / "build/native/cython_kernels").glob("libisa_*.a.p/*.o"))
    if not objects:
        stop("the kernels are not compiled here. Type: make build")
    sources = (SOURCES / "kernels.c", ROOT / "cython_kernels/src/dispatch.c", *objects)
    return compile_here(folder / "kernels", *sources, "-lm")


def call(program: Path, isa: str, kernel: str, rows: int, columns: int, tokens: int, seconds: float) -> dict[str, Any]:
    """What one kernel did, as src/kernels.c prints it."""
    words = (isa, kernel, str(rows), str(columns), str(tokens), str(seconds))
    done = subprocess.run([str(program), *words], capture_output=True, text=True, check=False)
    if done.returncode:
        stop(f"kernels {' '.join(words)} ended with {done.returncode}: {done.stderr.strip()[-300:]}")
    said: dict[str, Any] = json.loads(done.stdout)
    return said
