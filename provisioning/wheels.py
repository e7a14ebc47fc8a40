"""All that a board must install, as files here: our wheel, the locked packages it needs, and pip to install them with.

Downloaded or built once for a kind of board (processor, Python, glibc), checked on every use, and never needing a
network again. The locks (requirements/run.txt, pip.txt) say which versions and which bytes; they travel in our wheel.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import platform
import re
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from packaging.requirements import Requirement
from packaging.tags import Tag, compatible_tags, cpython_tags
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

from . import wheel
from .cache import Cache
from .manifest import Blob
from .wheel import TARGETS, WheelError

__all__ = [
    "Progress",
    "board_wheels",
    "fetch",
    "lock_file",
    "locked",
    "own_wheel",
    "pip_options",
    "pip_wheel",
    "program_identity",
]

Progress = Callable[[str, int, int], None]
"""Called with what is fetched now, how many files are there, and how many are wanted."""

_ROOT = Path(__file__).resolve().parent.parent
_OWN = "bitnet-edge"
#: What the manylinux tags were called before they named the glibc, and the oldest glibc of the processors.
_LEGACY = {17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"}
_OLDEST = {"aarch64": 17, "x86_64": 5}
_NO_NETWORK = re.compile(r"connection broken by|Could not fetch URL|Name or service not known|Max retries exceeded")


def board_wheels(
    machine: str,
    python: tuple[int, ...],
    glibc: tuple[int, int] | None,
    *,
    own: Path | None = None,
    progress: Progress | None = None,
) -> list[Blob]:
    """Return everything a board installs into its virtual environment, our own wheel first.

    `machine`: aarch64 or x86_64; `python` and `glibc`: the board's, as (3, 11, 2) and (2, 36); `own`: our wheel where
    it shall not be built from this checkout. Raises WheelError: a kind of board that cannot be served, no network the
    first time, a build that failed.
    """
    if machine not in TARGETS:
        raise WheelError(f"there are no wheels for {machine}; a board needs a 64-bit system ({' or '.join(TARGETS)})")
    if python[:2] < wheel.PYTHON:
        raise WheelError(
            f"Python {_dotted(python)} is too old, 3.10 or newer is needed; put a newer system on the board"
        )
    if glibc is None or glibc[0] != 2:
        raise WheelError("the board's C library is not glibc, and no wheels are made for others; install Debian,"
                         " Ubuntu or Raspberry Pi OS on it")  # fmt: skip
    lines = locked(lock_file("run"), machine, python)
    return [own_wheel(machine, python, glibc, own=own), *fetch(lines, machine, python, glibc, progress=progress)]


def pip_wheel(*, progress: Progress | None = None) -> Blob:
    """Return the wheel of pip itself: a board has none, and runs it from there. Raises WheelError."""
    machine = platform.machine()  # pip is the same for all
    (found,) = fetch(locked(lock_file("pip"), machine, wheel.PYTHON), machine, wheel.PYTHON, (2, 28), progress=progress)
    return found


def lock_file(name: str) -> Path:
    """Return the lock `name`: from the checkout, or as it lies in our wheel."""
    installed = Path(__file__).resolve().parent / "requirements" / f"{name}.txt"
    return installed if installed.exists() else _ROOT / "requirements" / f"{name}.txt"


def locked(lock: Path, machine: str, python: tuple[int, ...], only: Iterable[str] = ()) -> list[str]:
    """Return the entries of a lock, hashes and all, for Linux on `machine` with CPython `python`; of `only`, if given.

    pip would evaluate the markers for the Python that runs it, which is not the board's.
    """
    board = {
        "implementation_name": "cpython",
        "platform_machine": machine,
        "platform_python_implementation": "CPython",
        "platform_system": "Linux",
        "python_full_version": _dotted((*python, 0)[:3]),
        "python_version": _dotted(python[:2]),
        "sys_platform": "linux",
    }
    kept = []
    for entry in lock.read_text(encoding="utf-8").replace("\\\n", " ").splitlines():
        if not entry.strip() or entry.startswith("#"):
            continue
        text, *hashes = entry.split("--hash=")
        requirement = Requirement(text.strip())
        fits = requirement.marker is None or requirement.marker.evaluate(board)
        if fits and (not only or requirement.name in only):
            kept.append(
                " ".join([f"{requirement.name}{requirement.specifier}", *(f"--hash={h.strip()}" for h in hashes)])
            )
    return kept


def pip_options(machine: str, python: tuple[int, ...], glibc: tuple[int, int]) -> list[str]:
    """Return what makes this machine's pip choose as the board's would."""
    return [
        f"--python-version={_dotted(python[:2])}",
        "--implementation=cp",
        "--only-binary=:all:",
        "--no-deps",
        *(f"--platform={name}" for name in _platforms(machine, glibc)),
        "--ignore-requires-python",  # the lock chose for the board's Python; pip would compare with the one it runs in
    ]


def fetch(
    lines: list[str],
    machine: str,
    python: tuple[int, ...],
    glibc: tuple[int, int],
    *,
    progress: Progress | None = None,
) -> list[Blob]:
    """Return the wheels of locked `lines` for a board, by name: from the cache, or downloaded. Raises WheelError."""

    def download(folder: Path) -> list[Path]:
        (folder / "locked.txt").write_text("\n".join(lines), encoding="utf-8")
        arguments = ["--require-hashes", "-r", str(folder / "locked.txt")]
        _download(arguments, folder, machine, python, glibc, total=len(lines), progress=progress)
        found = sorted(folder.glob("*.whl"))
        if len(found) != len(lines):
            raise WheelError(f"pip downloaded {len(found)} of {len(lines)} packages and said nothing; try again")
        return found

    return _cached(_key("locked", *lines, *pip_options(machine, python, glibc)), download)


def own_wheel(machine: str, python: tuple[int, ...], glibc: tuple[int, int], *, own: Path | None = None) -> Blob:
    """Return our own wheel for a board: `own`, else built from this checkout, else of this version from the index.

    Raises WheelError.
    """
    if own is not None:
        try:
            found = Blob.of(own)
        except OSError as error:
            raise WheelError(f"{own}: the wheel cannot be read ({error.strerror})") from error
    elif (_ROOT / "meson.build").exists():
        found = _built(machine)
    else:
        found = _released(machine, python, glibc)
    _require_fit(found.name, machine, python, glibc)
    return found


def program_identity(own: Path | None = None) -> list[str]:
    """What tells our program from another state of it: the given wheel's hash, its sources, or its version.

    Raises WheelError.
    """
    if own is not None:
        try:
            return [Blob.of(own).sha256]
        except OSError as error:
            raise WheelError(f"{own}: the wheel cannot be read ({error.strerror})") from error
    if (_ROOT / "meson.build").exists():
        return [_key(*wheel.fingerprint(_ROOT))]
    return [version(_OWN)]


def _cached(key: str, make: Callable[[Path], list[Path]]) -> list[Blob]:
    """The cache's set. Raises WheelError where the cache takes no files."""
    cache = Cache()
    try:
        return cache.get(key, make)
    except OSError as error:
        raise WheelError(
            f"{error.filename or cache.folder}: {error.strerror or error}; see that {cache.folder} has room and can be"
            " written, or name another folder in EDGE_HOME"
        ) from error


def _built(machine: str) -> Blob:
    for _ in range(3):
        key = _key("own", machine, *wheel.fingerprint(_ROOT))
        (found,) = _cached(key, lambda folder: [wheel.build(machine, folder, _ROOT)])
        if key == _key("own", machine, *wheel.fingerprint(_ROOT)):
            return found
    raise WheelError(f"the sources in {_ROOT} change while they are built; try again when they do not")


def _released(machine: str, python: tuple[int, ...], glibc: tuple[int, int]) -> Blob:
    try:
        wanted = f"{_OWN}=={version(_OWN)}"
    except PackageNotFoundError as error:
        raise WheelError(
            f"{_OWN} is not installed and this is no checkout of it; give our wheel: --wheel FILE"
        ) from error

    def download(folder: Path) -> list[Path]:
        try:
            _download([wanted], folder, machine, python, glibc, total=1, progress=None)
        except WheelError as error:
            why = str(error).partition(";")[0]
            raise WheelError(f"{why}; give ours with --wheel FILE ('edge wheel' makes it in a checkout)") from error
        return list(folder.glob("*.whl"))

    (found,) = _cached(_key("released", wanted, *pip_options(machine, python, glibc)), download)
    return found


def _require_fit(name: str, machine: str, python: tuple[int, ...], glibc: tuple[int, int]) -> None:
    try:
        project, _, _, tags = parse_wheel_filename(name)
    except InvalidWheelFilename as error:
        raise WheelError(f"{name} is no wheel's name; make one with: edge wheel --target {machine}") from error
    if canonicalize_name(project) != _OWN:
        raise WheelError(f"{name} is a wheel of {project}, not of {_OWN}; make one with: edge wheel --target {machine}")
    platforms = _platforms(machine, glibc)
    runs: set[Tag] = {*cpython_tags(python[:2], platforms=platforms), *compatible_tags(python[:2], platforms=platforms)}
    if not tags & runs:
        board = f"a board with {machine}, Python {_dotted(python[:2])} and glibc {_dotted(glibc)}"
        raise WheelError(f"{name} does not run on {board}; make one with: edge wheel --target {machine}")


def _platforms(machine: str, glibc: tuple[int, int]) -> list[str]:
    """The platform tags of wheels that run on a board, the most special first."""
    names = []
    for minor in range(glibc[1], _OLDEST.get(machine, 17) - 1, -1):
        names.append(f"manylinux_2_{minor}_{machine}")
        if minor in _LEGACY:
            names.append(f"{_LEGACY[minor]}_{machine}")
    return [*names, f"linux_{machine}"]


def _download(
    arguments: list[str],
    folder: Path,
    machine: str,
    python: tuple[int, ...],
    glibc: tuple[int, int],
    *,
    total: int,
    progress: Progress | None,
) -> None:
    """Let pip put wheels into `folder`. Raises WheelError with a person's words for what pip says."""
    if importlib.util.find_spec("pip") is None:
        raise WheelError(f"pip is not there to download packages for boards. Type: pip install '{_OWN}[deploy]'")
    command = [sys.executable, "-m", "pip", "download", "--disable-pip-version-check", "--no-input", "--retries=2"]
    command += ["--progress-bar=off", f"--dest={folder}", *pip_options(machine, python, glibc), *arguments]
    said: deque[str] = deque(maxlen=200)
    done = 0
    with subprocess.Popen(
        command,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
    ) as pip:
        for line in pip.stdout or ():
            said.append(line)
            if progress and (begins := re.match(r"\s*(?:Downloading|Using cached|Processing) (\S+\.whl)\b(.*)", line)):
                progress(_title(begins[1]) + begins[2].partition("(from")[0].rstrip(), done, total)
                done = min(done + 1, total)
    if pip.returncode == 0:
        if progress:
            progress("packages", total, total)
        return
    raise WheelError(_reason(list(said), machine, python, glibc))


def _title(path: str) -> str:
    name, _, rest = path.rpartition("/")[2].partition("-")
    return f"{name} {rest.partition('-')[0]}"


def _reason(said: list[str], machine: str, python: tuple[int, ...], glibc: tuple[int, int]) -> str:
    text = "".join(said)
    if _NO_NETWORK.search(text):
        return (
            "the package index cannot be reached, and what this kind of board needs was not downloaded before;"
            " connect this computer to a network, or name an index it reaches (PIP_INDEX_URL), and try again"
        )
    if missing := re.search(r"No matching distribution found for (\S+)", text):
        board = f"Python {_dotted(python[:2])} and glibc {_dotted(glibc)} on {machine}"
        return (
            f"the package index has no wheel of {missing[1]} for {board}; install a system on the board whose Python"
            " has one, or a newer bitnet-edge here"
        )
    if "DO NOT MATCH THE HASHES" in text:
        return (
            "the package index sent a file that is not the one that was locked, which may be an attack or a broken"
            " mirror; use another index (PIP_INDEX_URL)"
        )
    errors = [line.strip() for line in said if line.startswith("ERROR")] or [line.strip() for line in said][-3:]
    return f"pip could not download packages for the board: {' '.join(errors)}"


def _key(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def _dotted(numbers: Iterable[int]) -> str:
    return ".".join(map(str, numbers))
