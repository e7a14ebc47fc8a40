"""The wheel on every processor that qemu can be: the same kernels' tests pass, and nothing ever is an illegal instruction."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tests.arm.emulator import CPUS, ArmPython

pytestmark = [pytest.mark.arm, pytest.mark.slow]

#: What runs there: HWCAP names the dot product from the Cortex-A76 on.
BEST = {"cortex-a53": "neon", "cortex-a72": "neon", "cortex-a76": "dotprod", "max": "dotprod"}
DISPATCH = """
from cython_kernels import isa_names
print([name for name, runs in isa_names() if runs][-1])
"""


@pytest.fixture(scope="module")
def outcomes(board: ArmPython, installed: Path, tests_alone: Path) -> dict[str, CompletedProcess[str]]:
    """The kernels' unit tests on every processor, two at a time."""
    files = sorted(str(path.relative_to(tests_alone)) for path in tests_alone.glob("tests/unit/test_kernels_*.py"))

    def run(cpu: str) -> CompletedProcess[str]:
        options = ["-q", "-p", "no:cacheprovider", "--import-mode=importlib", "-m", "not slow"]
        return board.run(cpu, "-m", "pytest", *options, *files, path=(installed, tests_alone), cwd=tests_alone)

    with ThreadPoolExecutor(2) as pool:
        return dict(zip(CPUS, pool.map(run, CPUS), strict=True))


@pytest.mark.parametrize("cpu", CPUS)
def test_kernels_pass_their_own_tests(outcomes: dict[str, CompletedProcess[str]], cpu: str) -> None:
    done = outcomes[cpu]
    assert done.returncode == 0, done.stdout
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed is not None
    assert int(passed[1]) > 50, done.stdout


@pytest.mark.parametrize("cpu", CPUS)
def test_the_best_kernels_of_each_processor_are_chosen(board: ArmPython, installed: Path, tmp_path: Path, cpu: str) -> None:
    done = board.run(cpu, "-c", DISPATCH, path=(installed,), cwd=tmp_path)
    assert done.stdout.strip() == BEST[cpu]
