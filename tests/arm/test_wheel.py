"""The wheel holds what is tracked, runs on every Python from 3.10 on, and says no more than it keeps."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from packaging.tags import cpython_tags
from packaging.utils import parse_wheel_filename

from provisioning.elf import ElfError, inspect
from provisioning.wheel import WheelError, build, check
from provisioning.wheels import own_wheel
from tests.arm.emulator import ROOT
from tools.package_files import PACKAGES

pytestmark = [pytest.mark.arm, pytest.mark.slow]


@pytest.fixture(scope="module")
def extension(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    with zipfile.ZipFile(wheel) as archive:
        return Path(archive.extract("cython_kernels/_kernels.abi3.so", tmp_path_factory.mktemp("extension")))


def test_every_tracked_python_file_is_in_it(wheel: Path) -> None:
    if shutil.which("git") is None:
        pytest.skip("git is not there. Type: sudo apt-get install git")
    listed = subprocess.run(["git", "ls-files", *PACKAGES], cwd=ROOT, capture_output=True, text=True, check=True)
    tracked = {name for name in listed.stdout.split() if name.endswith((".py", ".pyi"))}
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert tracked
    assert tracked <= names
    assert not [name for name in names if "__pycache__" in name or name.endswith((".c", ".h", ".pyx", ".part"))]


def test_only_our_packages_are_in_it(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        tops = {name.partition("/")[0] for name in archive.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == set(PACKAGES)


@pytest.mark.parametrize("minor", range(10, 15))
def test_its_tags_fit_every_python_and_raspberry_pi_os(wheel: Path, minor: int) -> None:
    """Raspberry Pi OS bullseye (glibc 2.31) is the oldest in use on 64-bit boards."""
    _, _, _, tags = parse_wheel_filename(wheel.name)
    platforms = [f"manylinux_2_{glibc}_aarch64" for glibc in range(17, 32)]
    assert tags & set(cpython_tags((3, minor), platforms=platforms))


def test_it_offers_its_initialiser_alone_and_needs_only_the_c_library(extension: Path) -> None:
    facts = inspect(extension)
    assert facts.exported == {"PyInit__kernels"}
    assert set(facts.libraries) <= {"libc.so.6", "libm.so.6", "libpthread.so.0", "ld-linux-aarch64.so.1"}
    assert facts.python_symbols


def test_a_false_claim_is_found(wheel: Path, extension: Path) -> None:
    """The checks can say no: another processor, an older Python than the symbols allow, another initialiser."""
    facts = inspect(extension)
    with pytest.raises(ElfError, match="is for aarch64, not x86_64"):
        facts.require("x86_64", (3, 10), "PyInit__kernels")
    with pytest.raises(ElfError, match=r"not in the stable ABI of Python 3\.2"):
        facts.require("aarch64", (3, 2), "PyInit__kernels")
    with pytest.raises(ElfError, match="must offer PyInit_other alone"):
        facts.require("aarch64", (3, 10), "PyInit_other")
    with pytest.raises(WheelError, match="is for aarch64, not x86_64"):
        check(wheel, "x86_64")
    with pytest.raises(ElfError, match="no ELF file"):
        inspect(Path(__file__))


def test_a_folder_without_the_project_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WheelError, match=r"no meson\.build"):
        build("aarch64", tmp_path, source=tmp_path)


def test_the_same_sources_make_the_same_wheel(wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a board which has it need not be sent it again; nor is it built again."""
    monkeypatch.setenv("EDGE_HOME", str(tmp_path))
    board = ("aarch64", (3, 13), (2, 41))
    made = own_wheel(*board)
    assert made.path is not None
    assert made.path.read_bytes() == wheel.read_bytes()
    monkeypatch.setattr("provisioning.wheel.build", None)
    assert own_wheel(*board) == made


def test_what_a_board_needs_can_be_chosen_from_it(wheel: Path) -> None:
    """An operator's computer without the checkout reads the locks from the wheel."""
    with zipfile.ZipFile(wheel) as archive:
        for name in ("run.txt", "pip.txt"):
            assert archive.read(f"provisioning/requirements/{name}") == (ROOT / "requirements" / name).read_bytes()


def test_a_wheel_for_an_x86_board(tmp_path: Path) -> None:
    made = build("x86_64", tmp_path)
    assert own_wheel("x86_64", (3, 13), (2, 31), own=made).path == made
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-index", f"--target={tmp_path / 'x'}", made],
        check=True,
    )
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import cython_kernels as c; print(c.__file__, dict(c.isa_names()))",
        ],
        env={**os.environ, "PYTHONPATH": str(tmp_path / "x")},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert str(tmp_path) in done.stdout
    assert "scalar" in done.stdout
