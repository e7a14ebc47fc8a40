"""The kernels as a board gets them: compiled as the wheel is, run instruction by instruction, loops read by llvm-mca.

Nothing here knows how a kernel is written. A call of it is emulated and every instruction it executes is counted; the
innermost loops are found in those counts, so that unpacking done once for many tokens weighs as much as it is run.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from provisioning.wheel import GLIBC, cross_file

SOURCE = Path(__file__).resolve().parent.parent
NEEDED = {
    "llvm-mca": "predicts cycles; Debian and Ubuntu: apt-get install llvm-19",
    "llvm-objdump": "reads the compiled loops; comes with llvm-mca",
    "llvm-nm": "finds the kernels; comes with llvm-mca",
    "qemu-aarch64-static": "counts instructions; Debian and Ubuntu: apt-get install qemu-user-static",
}
#: What compiles the kernels: programs beside this Python or on PATH, and a package that is run by this Python.
_BUILD = ("meson", "ninja", "cython")
_COMPILER = "ziglang"
#: Of qemu: one line in its log for each instruction. Its option for that changed its name in 8.1, and the old one went
#: later; of the variables it does not know, each version takes no notice.
_STEPS = {"QEMU_SINGLESTEP": "1", "QEMU_ONE_INSN_PER_TB": "1"}
#: Products that one instruction makes, by its name and what it writes to.
_PRODUCTS = (
    (re.compile(r"[su]?us?dot|[su]dot"), 16),
    (re.compile(r"(us|[su])mmla"), 32),
    (re.compile(r"[su]ml[as]l2?|[su]mull2?"), {"8h": 8, "4s": 4, "2d": 2}),
    (re.compile(r"sadalp"), {"8h": 16}),  # sums bytes that logic multiplied by -1, 0 or 1
    (re.compile(r"fml[as]|fmul"), {"4s": 4, "2s": 2, "8h": 8}),
)
_CALLS = ("bl", "blr", "ret", "br")


class MissingTool(RuntimeError):
    """A program that this needs is not installed; the message says which and how to get it."""


class ToolError(RuntimeError):
    """A program that this runs has failed; the message ends in its own words."""


def tool(name: str) -> str:
    """Return the program of this name, preferring LLVM 19, whose figures the documents quote."""
    for found in (f"{name}-{version}" for version in (19, 20, 21, 18)):
        if shutil.which(found):
            return found
    if shutil.which(name):
        return name
    raise MissingTool(f"{name} is not installed: it {NEEDED[name]}")


def check_tools() -> None:
    """Raise MissingTool for the first program that is not there."""
    for name in NEEDED:
        tool(name)
    missing = [name for name in _BUILD if not shutil.which(name, path=_path())]
    if not importlib.util.find_spec(_COMPILER):
        missing.append(_COMPILER)
    if missing:
        raise MissingTool(f"{', '.join(missing)} not installed. Type: pip install 'bitnet-edge[wheel]'")


def compile_kernels(scratch: Path) -> dict[str, Path]:
    """Compile every aarch64 instruction set with the wheel's compiler and flags: name -> static executable.

    Each is a program of its own in ``scratch`` that calls its kernels (src/kernels.c). The flags are Meson's own,
    asked of it rather than repeated here. Raises MissingTool, WheelError (no headers of Python), ToolError.
    """
    check_tools()
    tree = scratch / "tree"
    settings = ("-Dbuildtype=release", "-Db_ndebug=if-release", f"--cross-file={cross_file(scratch, 'aarch64')}")
    _run(["meson", "setup", str(tree), str(SOURCE), *settings])
    commands = json.loads((tree / "compile_commands.json").read_text())
    out = {}
    for entry in commands:
        name = Path(entry["file"]).stem
        if not name.startswith("isa_") or name == "isa_scalar":
            continue
        isa = name.removeprefix("isa_")
        words = shlex.split(entry["command"])
        compiled = tree / f"{name}.o"
        words[words.index("-o") + 1] = str(compiled)
        _run(words, entry["directory"])
        out[isa] = scratch / f"kernels-{isa}"
        zig = [sys.executable, "-m", "ziglang", "cc", "-target", "aarch64-linux-musl", "-static", "-O2"]
        # The object says glibc and the program musl: kernels call nothing, and a static program needs no board's files.
        sources = (str(SOURCE / "benchmarks/src/kernels.c"), str(compiled), "-lm")
        _run([*zig, f"-DTABLE=edge_{isa}", f"-I{SOURCE / 'cython_kernels/src'}", "-o", str(out[isa]), *sources])
        out[isa].with_suffix(".names").write_text(_run([tool("llvm-nm"), "--defined-only", str(compiled)]))
    return out


def _path() -> str:
    """Where Meson is looked for, and where it looks for its Cython and ninja: they lie beside this Python."""
    return f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"


def _run(command: list[str], folder: str | Path | None = None, given: str | None = None) -> str:
    env = {**os.environ, "PATH": _path()}
    done = subprocess.run(command, cwd=folder, env=env, input=given, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ToolError(f"{' '.join(command[:6])} ... failed:\n{(done.stdout + done.stderr)[-2000:]}")
    return done.stdout


@dataclass(frozen=True)
class Instruction:
    """One instruction of the compiled program."""

    at: int
    name: str
    operands: str

    @property
    def target(self) -> int | None:
        """Where it may branch to, inside the function."""
        if self.name in _CALLS or not (self.name[0] == "b" or self.name[:3] in ("cbz", "cbn", "tbz", "tbn")):
            return None
        found = re.search(r"0x([0-9a-f]+)(?: <|$)", self.operands)
        return int(found[1], 16) if found else None

    @property
    def products(self) -> int:
        """Products of one execution: 16 for SDOT, 8 for SMLAL of bytes, 4 for FMLA of floats."""
        for pattern, lanes in _PRODUCTS:
            if pattern.fullmatch(self.name):
                if isinstance(lanes, int):
                    return lanes
                shape = re.match(r"v\d+\.(\w+)", self.operands)
                return lanes.get(shape[1], 0) if shape else 1
        return 0

    def for_mca(self) -> str:
        """As llvm-mca reads it: where a branch goes does not matter, and is too far for its parser."""
        operands = re.sub(r"0x[0-9a-f]+ <.*>$", ".", self.operands.split("//")[0].strip())
        return f"{self.name} {operands}"


@dataclass(frozen=True)
class Loop:
    """An innermost loop as it was run: its instructions in order, and how often it went round."""

    body: tuple[Instruction, ...]
    rounds: int
    executed: int

    @property
    def products(self) -> int:
        """Products of one round."""
        return sum(i.products for i in self.body)


@dataclass(frozen=True)
class Count:
    """One emulated call: instructions and products in all, its innermost loops (busiest first), and what is left.

    What is left comes in pieces that were executed equally often, such as what an outer loop holds besides its inner
    ones.
    """

    instructions: int
    products: int
    loops: tuple[Loop, ...]
    rest: tuple[Loop, ...]

    @property
    def outside(self) -> int:
        """Instructions that are in no innermost loop."""
        return self.instructions - sum(loop.executed for loop in self.loops)

    def cycles(self, cpu: str) -> float:
        """Predicted cycles with all data in L1, each piece by llvm-mca as if repeated without end."""
        return sum(piece.rounds * cycles_of(piece.body, cpu) for piece in (*self.loops, *self.rest))


def count(program: Path, kernel: str, rows: int, columns: int, tokens: int) -> Count:
    """Emulate one call of a kernel (see src/kernels.c for the names) and count what it executes."""
    names = {
        line.split()[-1] for line in program.with_suffix(".names").read_text().splitlines() if " t " in line.lower()
    }
    code, low, high = _disassembled(program, frozenset(names))
    # The driver makes one pass when it is given no time. nochain and _STEPS: one line for each instruction.
    call = ("any", kernel, str(rows), str(columns), str(tokens), "0")
    command = ["qemu-aarch64-static", "-cpu", "max", "-d", "exec,nochain"]
    command += ["-dfilter", f"{low:#x}..{high:#x}", str(program), *call]
    ran: Counter[str] = Counter()
    with subprocess.Popen(command, env={**os.environ, **_STEPS}, stderr=subprocess.PIPE, text=True) as process:
        for line in process.stderr or ():
            if line.startswith("Trace"):
                ran[line.split("/", 2)[1]] += 1
    if process.returncode:
        raise RuntimeError(f"{' '.join(call)} ended with {process.returncode} under emulation")
    counts = {int(at, 16): n for at, n in ran.items()}
    instructions = [i for i in code if i.at in counts]
    loops = sorted(_innermost(instructions, counts), key=lambda loop: -loop.executed)
    products = sum(i.products * counts[i.at] for i in instructions)
    inside = {i.at for loop in loops for i in loop.body}
    rest: dict[int, list[Instruction]] = {}
    for i in instructions:
        if i.at not in inside:
            rest.setdefault(counts[i.at], []).append(i)
    pieces = tuple(Loop(tuple(body), n, n * len(body)) for n, body in rest.items())
    return Count(sum(counts.values()), products, tuple(loops), pieces)


@cache
def _disassembled(program: Path, names: frozenset[str]) -> tuple[tuple[Instruction, ...], int, int]:
    """Return the instructions of the functions named, and the address range that holds them."""
    symbols = [line.split() for line in _run([tool("llvm-nm"), "--print-size", str(program)]).splitlines()]
    spans = [(int(s[0], 16), int(s[1], 16)) for s in symbols if len(s) == 4 and s[2] in "tT" and s[3] in names]
    low, high = min(at for at, _ in spans), max(at + size for at, size in spans)
    span = (f"--start-address={low:#x}", f"--stop-address={high:#x}")
    text = _run([tool("llvm-objdump"), "-d", "--no-show-raw-insn", "--mattr=+all", *span, str(program)])
    found = re.finditer(r"^\s*([0-9a-f]+):\s+(\S+)[ \t]*(.*)$", text, re.MULTILINE)
    return tuple(Instruction(int(m[1], 16), m[2], m[3].strip()) for m in found), low, high


def _innermost(code: list[Instruction], counts: dict[int, int]) -> list[Loop]:
    """Find the loops that were run and hold no other, in instructions in the order of their addresses."""
    before: dict[int, list[int]] = {i.at: [] for i in code}
    backward: dict[int, list[int]] = {}
    for i in code:
        if i.at + 4 in before and i.name not in ("b", "ret", "br"):
            before[i.at + 4].append(i.at)
        if i.target in before:
            before[i.target].append(i.at)
            if i.target <= i.at:
                backward.setdefault(i.target, []).append(i.at)
    bodies = {head: _reaching(head, ends, before) for head, ends in backward.items()}
    inner = {head: body for head, body in bodies.items() if not any(o in body for o in bodies if o != head)}
    loops = []
    for head, body in inner.items():
        # What is run in fewer than half of the rounds is no part of the loop's usual way.
        usual = tuple(i for i in code if i.at in body and 2 * counts[i.at] >= counts[head])
        # What it calls is elsewhere: such a loop is no innermost one.
        if not any(i.name in _CALLS for i in usual):
            loops.append(Loop(usual, counts[head], sum(counts[i.at] for i in usual)))
    return loops


def _reaching(head: int, ends: list[int], before: dict[int, list[int]]) -> set[int]:
    """Return the loop of the branches at ``ends`` back to ``head``: what lies between and leads to them.

    Between, because a loop may be entered in its middle, and what leads there is no part of it.
    """
    body, waiting = {head}, list(ends)
    while waiting:
        at = waiting.pop()
        if at not in body and head < at <= max(ends):
            body.add(at)
            waiting += before[at]
    return body


@cache
def cycles_of(body: tuple[Instruction, ...], cpu: str, rounds: int = 200) -> float:
    """Predicted cycles of one round of a loop on ``cpu`` (a name of LLVM's), data in L1, by llvm-mca."""
    command = [tool("llvm-mca"), "-mtriple=aarch64", f"-mcpu={cpu}", f"-iterations={rounds}", "--summary-view"]
    said = _run([*command, "-"], given="\n".join(i.for_mca() for i in body) + "\n")
    found = re.search(r"Total Cycles:\s+(\d+)", said)
    if not found:
        raise RuntimeError(f"llvm-mca said nothing about cycles on {cpu}:\n{said[:500]}")
    return int(found[1]) / rounds


#: What the wheel is compiled with, for the record.
TOOLCHAIN = f"zig cc -target aarch64-linux-gnu.{GLIBC}"
