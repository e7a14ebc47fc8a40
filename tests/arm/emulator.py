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

from packaging.requirements import Requirement

from tools.debs import DebsError, cached, distribution, unpack

ROOT = Path(__file__).resolve().parent.parent.parent
#: The processors of the boards: Pi 3 and Zero 2 W, Pi 4, Pi 5, and everything that qemu can do.
CPUS = ("cortex-a53", "cortex-a72", "cortex-a76", "max")
#: Newer systems sign return addresses; with the architecture's own cipher that takes three quarters of qemu's time.
QEMU_NAMES = {"max": "max,pauth-impdef=on"}
#: Debian packages: Python itself, and what compiled wheels link against.
SYSTEM = ("python3", "libstdc++6", "libgcc-s1")
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


def locked_for_board(lock: Path, wanted: tuple[str, ...], version: tuple[int, int]) -> str:
    """Return the entries of a lock that an arm64 board with Python `version` needs, hashes and all.

    pip would evaluate the markers for the Python that runs it, which is not the board's.
    """
    board = {
        "implementation_name": "cpython",
        "platform_machine": "aarch64",
        "platform_python_implementation": "CPython",
        "platform_system": "Linux",
        "python_full_version": f"{version[0]}.{version[1]}.0",
        "python_version": f"{version[0]}.{version[1]}",
        "sys_platform": "linux",
    }
    kept = []
    for entry in lock.read_text(encoding="utf-8").replace("\\\n", " ").splitlines():
        if not entry.strip() or entry.startswith("#"):
            continue
        text, *hashes = entry.split("--hash=")
        requirement = Requirement(text.strip())
        fits = requirement.marker is None or requirement.marker.evaluate(board)
        if fits and (not wanted or requirement.name in wanted):
            pins = " ".join(f"--hash={pin.strip()}" for pin in hashes)
            kept.append(f"{requirement.name}{requirement.specifier} {pins}\n")
    return "".join(kept)


def install_for_board(version: tuple[int, int], target: Path, *arguments: str) -> None:
    """Run this machine's pip as if it were an arm64 board's with Python `version` and glibc 2.31 or newer.

    Raises NoEmulatorError with pip's words.
    """
    platforms = [f"--platform=manylinux_2_{minor}_aarch64" for minor in range(31, 16, -1)]
    platforms += ["--platform=manylinux2014_aarch64"]
    # The lock chose for the board's Python; pip would compare with the one that runs it.
    platforms += ["--ignore-requires-python"]
    about = [f"--python-version={version[0]}.{version[1]}", "--implementation=cp", "--only-binary=:all:", "--no-deps"]
    pip = [sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-input", "--no-compile"]
    done = subprocess.run(
        [*pip, *about, *platforms, f"--target={target}", *arguments], capture_output=True, text=True, check=False
    )
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
    lines = locked_for_board(run, (), version) + locked_for_board(dev, TESTING, version)

    def make_packages(folder: Path) -> None:
        (folder / "locked.txt").write_text(lines, encoding="utf-8")
        install_for_board(version, folder, "--require-hashes", "-r", str(folder / "locked.txt"))

    packages = cached(f"arm64/python3.{version[1]}", [lines], make_packages)
    return ArmPython(qemu, root, interpreter, packages)
