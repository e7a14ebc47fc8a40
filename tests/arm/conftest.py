"""One wheel and one arm64 Python for all tests here."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from provisioning.wheel import build
from tests.arm.emulator import ROOT, ArmPython, NoEmulatorError, arm_python, install_for_board


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The aarch64 wheel of this checkout, as a board gets it."""
    return build("aarch64", tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="session")
def board() -> ArmPython:
    """An arm64 Python with a board's packages, and without ours."""
    try:
        return arm_python()
    except NoEmulatorError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def installed(wheel: Path, board: ArmPython, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder into which the wheel is installed."""
    folder = tmp_path_factory.mktemp("installed")
    install_for_board([wheel], board.version, folder)
    return folder


@pytest.fixture(scope="session")
def tests_alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the tests and nothing of the packages: what is imported there is the wheel's."""
    folder = tmp_path_factory.mktemp("alone")
    shutil.copytree(ROOT / "tests", folder / "tests", ignore=shutil.ignore_patterns("__pycache__", "arm", "oracle"))
    return folder
