"""A skipped test is a failure under CI=true, unless the processor is the reason."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CONFTEST = Path(__file__).resolve().parent.parent / "conftest.py"
SKIPPED = """
import pytest
def test_program(): pytest.skip("mosquitto is not there")
def test_processor(): pytest.skip("processor: no AVX2")
"""


@pytest.mark.parametrize(("ci", "outcome"), [("true", "1 failed, 1 skipped"), ("", "2 skipped")])
def test_missing_program(tmp_path: Path, ci: str, outcome: str) -> None:
    shutil.copy(CONFTEST, tmp_path)
    (tmp_path / "test_skipped.py").write_text(SKIPPED, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]
    done = subprocess.run(command, cwd=tmp_path, env={"CI": ci}, capture_output=True, text=True, check=False)
    assert outcome in done.stdout
    assert ("CI=true does not allow: mosquitto" in done.stdout) == bool(ci)
