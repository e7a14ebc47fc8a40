"""The wheel on every processor that qemu can be: the kernels' own tests pass, and no instruction is ever illegal."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from edge.inference.selfcheck import expected
from provisioning.wheel import GLIBC
from tests.arm.emulator import CPUS, ROOT, ArmPython
from tests.models import write_folder

pytestmark = [pytest.mark.arm, pytest.mark.slow]

#: The kernels to be chosen: HWCAP names the dot product (Cortex-A76 and later), HWCAP2 the matrix product (newer).
BEST = {"cortex-a53": "neon", "cortex-a72": "neon", "cortex-a76": "dotprod", "max": "i8mm"}
DISPATCH = """
from cython_kernels import isa_names
print([name for name, runs in isa_names() if runs][-1])
"""
#: One instruction that the kernels of a name use and no lesser ones, the sum it makes of ones, and its processors.
TELLTALE = {
    "dotprod": ("vdotq_s32", 4, ("cortex-a76", "max")),
    "i8mm": ("vmmlaq_s32", 8, ("max",)),
}
#: What the built-in model is asked on every processor.
SENTENCES = ("turn off the kitchen lights", "set the bedroom to 21 degrees", "put oat milk on the shopping list")
#: Prints the answers of the built-in model, token for token.
HOME = f"""
import edge
with edge.load("home", threads=2) as model:
    for sentence in {SENTENCES!r}:
        print(model.generate(sentence).text)
"""
#: Prints a digest of the logits of a small model, for a prompt in one batch.
LOGITS = """
import hashlib, pathlib, sys, tempfile
import numpy as np
from cython_kernels import Engine, WeightFile
from tests.models import SMALL, write_model
with tempfile.TemporaryDirectory() as folder:
    path = pathlib.Path(folder, "model.safetensors")
    write_model(path, SMALL)
    tokens = np.arange(40, dtype=np.int32) * 7 % SMALL.vocab
    zeros = np.zeros_like(tokens)
    places = np.arange(40, dtype=np.int32)
    with WeightFile(path) as weights:
        logits = Engine(weights, threads=2).step(tokens, zeros, places, places)
print(hashlib.sha256(logits.tobytes()).hexdigest())
"""


@pytest.fixture(scope="module")
def outcomes(board: ArmPython, installed: Path, tests_alone: Path) -> dict[str, subprocess.CompletedProcess[str]]:
    """The kernels' unit tests on every processor, two at a time."""
    files = sorted(str(path.relative_to(tests_alone)) for path in tests_alone.glob("tests/unit/test_kernels_*.py"))

    def run(cpu: str) -> subprocess.CompletedProcess[str]:
        options = ["-q", "-p", "no:cacheprovider", "--import-mode=importlib", "-m", "not slow"]
        return board.run(cpu, "-m", "pytest", *options, *files, path=(installed, tests_alone), cwd=tests_alone)

    with ThreadPoolExecutor(2) as pool:
        return dict(zip(CPUS, pool.map(run, CPUS), strict=True))


@pytest.mark.parametrize("cpu", CPUS)
def test_kernels_pass_their_own_tests(outcomes: dict[str, subprocess.CompletedProcess[str]], cpu: str) -> None:
    done = outcomes[cpu]
    assert done.returncode == 0, done.stdout
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed is not None
    assert int(passed[1]) > 50, done.stdout


@pytest.mark.parametrize("cpu", CPUS)
def test_the_best_kernels_of_each_processor_are_chosen(
    board: ArmPython, installed: Path, tmp_path: Path, cpu: str
) -> None:
    done = board.run(cpu, "-c", DISPATCH, path=(installed,), cwd=tmp_path)
    assert done.stdout.strip() == BEST[cpu]


@pytest.mark.parametrize("isa", TELLTALE)
@pytest.mark.parametrize("cpu", CPUS)
def test_the_emulated_processors_are_honest(board: ArmPython, tmp_path: Path, cpu: str, isa: str) -> None:
    """Without this, passing on a Cortex-A53 would prove nothing: the dot product must be illegal there."""
    function, total, runs = TELLTALE[isa]
    ones = "vdupq_n_s32(0), vdupq_n_s8(1), vdupq_n_s8(1)"
    source = f"#include <arm_neon.h>\nint main(void) {{ return vgetq_lane_s32({function}({ones}), 0) != {total}; }}\n"
    (tmp_path / "one.c").write_text(source, encoding="utf-8")
    compiler = [sys.executable, "-m", "ziglang", "cc", "-target", f"aarch64-linux-gnu.{GLIBC}", f"-mcpu=generic+{isa}"]
    subprocess.run([*compiler, "-O2", "-o", "one", "one.c"], cwd=tmp_path, check=True)
    done = subprocess.run(
        [str(board.qemu), "-cpu", cpu, "-L", str(board.root), str(tmp_path / "one")], capture_output=True, check=False
    )
    illegal = (-signal.SIGILL, 128 + signal.SIGILL)
    assert done.returncode == 0 if cpu in runs else done.returncode in illegal


def test_forcing_kernels_that_the_processor_lacks_is_an_error(
    board: ArmPython, installed: Path, tmp_path: Path
) -> None:
    script = "import numpy; from cython_kernels import _kernels; _kernels.quantise(numpy.ones((1, 16), numpy.float32))"
    for cpu, isa, said in (
        ("cortex-a53", "dotprod", "this CPU cannot run 'dotprod'"),
        ("cortex-a76", "i8mm", "this CPU cannot run 'i8mm'"),
        ("cortex-a53", "sse9", "unknown instruction set 'sse9'"),
    ):
        done = board.run(cpu, "-c", script, path=(installed,), cwd=tmp_path, env={"EDGE_ISA": isa})
        assert done.returncode == 1, done.stdout
        assert said in done.stdout


@pytest.mark.parametrize("cpu", CPUS)
def test_logits_are_the_same_bytes_as_here(board: ArmPython, installed: Path, tests_alone: Path, cpu: str) -> None:
    here = subprocess.run([sys.executable, "-c", LOGITS], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    there = board.run(cpu, "-c", LOGITS, path=(installed, tests_alone), cwd=tests_alone).stdout
    assert there == here


@pytest.mark.parametrize(("cpu", "model"), [*((cpu, "home") for cpu in CPUS), (CPUS[0], "small"), (CPUS[-1], "small")])
def test_the_self_check_passes_as_on_a_board(
    board: ArmPython, installed: Path, tmp_path: Path, cpu: str, model: str
) -> None:
    """What the operator's engine expects, a board's must give, be its kernels what they may."""
    folder = "home" if model == "home" else str(write_folder(tmp_path / "small"))
    (tmp_path / "expect.json").write_text(json.dumps(expected(folder)), encoding="utf-8")
    arguments = ["-m", "edge", "check", folder, "--expect", str(tmp_path / "expect.json"), "--json", "--threads", "2"]
    done = board.run(cpu, *arguments, path=(installed,), cwd=tmp_path, env={"EDGE_HOME": str(tmp_path)})
    assert done.returncode == 0, done.stdout
    result = json.loads(done.stdout)
    assert result["compared"]
    assert result["isa"] == BEST[cpu]
    assert result["tok_s"] > 0


@pytest.mark.parametrize("cpu", CPUS)
def test_the_built_in_model_answers_as_here(board: ArmPython, installed: Path, tmp_path: Path, cpu: str) -> None:
    here = subprocess.run([sys.executable, "-c", HOME], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    done = board.run(cpu, "-c", HOME, path=(installed,), cwd=tmp_path, env={"EDGE_HOME": str(tmp_path)})
    assert done.returncode == 0, done.stdout
    assert done.stdout == here
    assert here.count("intent") == len(SENTENCES)
