"""An arm64 Python without a board: Debian's own, with a board's packages, run by qemu's user-mode emulation.

No root, no chroot, no binfmt: the packages are unpacked into the user's cache and qemu is told where they lie. The
processor is chosen by name, and what it cannot do (the dot product on a Cortex-A72) is an illegal instruction there as
on the real one.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from provisioning.wheel import WheelError
from provisioning.wheels import fetch, locked, pip_options
from tools.debs import DebsError, cached, distribution, unpack

ROOT = Path(__file__).resolve().parent.parent.parent
#: The processors of the boards: Pi 3 and Zero 2 W, Pi 4, Pi 5, and everything that qemu can do.
CPUS = ("cortex-a53", "cortex-a72", "cortex-a76", "max")
#: Newer systems sign return addresses; with the architecture's own cipher that takes three quarters of qemu's time.
QEMU_NAMES = {"max": "max,pauth-impdef=on"}
#: Debian packages: Python itself, and what compiled wheels link against.
SYSTEM = ("python3", "libstdc++6", "libgcc-s1")
#: The oldest C library that the board's packages must run with.
GLIBC = (2, 31)
#: Of the development lock, what runs a test file; the run-time lock goes in whole.
TESTING = ("exceptiongroup", "iniconfig", "packaging", "pluggy", "pygments", "pytest", "tomli", "typing-extensions")


class NoEmulatorError(Exception):
    """The arm64 Python cannot be had on this machine; the message says why and what to type."""


@dataclass(frozen=True)
class ArmPython:
    """The emulator, the root that the arm64 Python lives in, the interpreter, and the folder of its packages."""

    qemu: Path
    root: Path
    interpreter: Path
    packages: Path

    @property
    def version(self) -> tuple[int, int]:
        """Python's version, from the interpreter's name."""
        major, minor = self.interpreter.name.removeprefix("python").split(".")
        return int(major), int(minor)

    def run(
        self, cpu: str, *arguments: str, cwd: Path, path: tuple[Path, ...] = (), env: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run Python with `arguments` on the processor `cpu`, for ten minutes at most.

        The folders of `path` come before the packages' on sys.path. The output has both streams.
        """
        clean = {key: value for key, value in os.environ.items() if not key.startswith(("EDGE_", "PYTHON", "QEMU_"))}
        # On `max` numpy's BLAS chooses SVE kernels, whose products qemu 10 gets wrong: not ours, yet what ours meet.
        clean["OPENBLAS_CORETYPE"] = "ARMV8"
        clean |= {"PYTHONPATH": os.pathsep.join(map(str, (*path, self.packages))), "PYTHONDONTWRITEBYTECODE": "1"}
        return subprocess.run(
            [str(self.qemu), "-cpu", QEMU_NAMES.get(cpu, cpu), "-L", str(self.root), str(self.interpreter), *arguments],
            cwd=cwd,
            env=clean | (env or {}),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=600,
            check=False,
        )


def find_qemu() -> Path:
    """Return a static qemu-aarch64: the system's, or one unpacked into the cache. Raises NoEmulatorError."""
    names = ("qemu-aarch64-static", "qemu-aarch64")
    for found in filter(None, map(shutil.which, names)):
        return Path(found)

    def make(folder: Path) -> None:
        # Newer releases put the static programs into qemu-user and keep the old name as an empty package.
        for package in ("qemu-user", "qemu-user-static"):
            unpack([package], folder)

    try:
        folder = cached("arm64/qemu", [distribution()], make)
    except DebsError as error:
        raise NoEmulatorError(f"no qemu-aarch64: {error}\nType: sudo apt-get install qemu-user-static") from error
    return next(folder / "usr/bin" / name for name in names if (folder / "usr/bin" / name).exists())


def install_for_board(wheels: list[Path], version: tuple[int, int], target: Path) -> None:
    """Let this machine's pip install wheels as an arm64 board's with Python `version` would.

    Raises NoEmulatorError with pip's words.
    """
    pip = [sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-input", "--no-compile"]
    options = [*pip_options("aarch64", version, GLIBC), "--no-index", f"--target={target}"]
    done = subprocess.run([*pip, *options, *map(str, wheels)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        said = "\n".join(line for line in done.stderr.splitlines() if not line.startswith("WARNING"))
        raise NoEmulatorError(f"pip could not install for arm64 with Python {version[0]}.{version[1]}:\n{said}")


def _find_interpreter(root: Path) -> Path:
    found = [
        path for path in (root / "usr/bin").glob("python3.*") if path.name.count(".") == 1 and path.suffix[1:].isdigit()
    ]
    return found[0]


def arm_python() -> ArmPython:
    """Return an arm64 Python with a board's locked packages, made on the first call. Raises NoEmulatorError."""
    qemu = find_qemu()

    def make_system(folder: Path) -> None:
        unpack(list(SYSTEM), folder, arch="arm64", closure=True)
        # Since Debian 13 every file is below /usr, and the installer, not a package, makes the old names.
        for name in ("bin", "lib", "sbin"):
            if not (folder / name).exists():
                (folder / name).symlink_to(f"usr/{name}")

    try:
        root = cached(
            "arm64/system", [*SYSTEM, distribution(), os.environ.get("EDGE_APT_SOURCE_ARM64", "")], make_system
        )
    except DebsError as error:
        raise NoEmulatorError(
            f"no arm64 Python: {error}\n"
            "Where arm64 packages lie on another server (Ubuntu), name it:\n"
            "Type: EDGE_APT_SOURCE_ARM64='deb URI SUITE main universe' make test"
        ) from error
    interpreter = _find_interpreter(root)
    version = (3, int(interpreter.suffix[1:]))
    run, dev = (ROOT / "requirements" / f"{name}.txt" for name in ("run", "dev"))
    both = locked(run, "aarch64", version) + locked(dev, "aarch64", version, TESTING)
    lines = list(dict.fromkeys(both))

    def make_packages(folder: Path) -> None:
        try:
            wheels = fetch(lines, "aarch64", version, GLIBC)
        except WheelError as error:
            raise NoEmulatorError(str(error)) from error
        install_for_board([wheel.path for wheel in wheels if wheel.path], version, folder)

    packages = cached(f"arm64/python3.{version[1]}", lines, make_packages)
    return ArmPython(qemu, root, interpreter, packages)
