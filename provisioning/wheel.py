"""The wheel for a board: cross-built here, checked, and named for every Python and system it runs on.

The compiler is the one inside PyPI's `ziglang`, which brings the C library's headers and stubs for every target and
glibc version, so no system cross toolchain is needed. The result claims to run on any CPython from 3.10 and on glibc
from a stated version; both claims are read out of the compiled file before the wheel gets its name.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import subprocess
import sys
import sysconfig
import tempfile
import zipfile
from importlib.metadata import distributions
from pathlib import Path

from edge.errors import EdgeError

#: Debian 10's. Everything newer runs it: Raspberry Pi OS from buster, Ubuntu from 20.04.
GLIBC = "2.28"
#: The oldest Python whose stable ABI the extension is written for.
PYTHON = (3, 10)
#: Targets: the processor as Meson, zig and wheels call it, and whether it is little-endian with 64-bit pointers (LP64).
TARGETS = ("aarch64", "x86_64")


#: What the build runs, as imported and as installed.
TOOLS = {
    "Cython": "cython",
    "abi3info": "abi3info",
    "elftools": "pyelftools",
    "mesonpy": "meson-python",
    "wheel": "wheel",
    "ziglang": "ziglang",
}
#: The parts of a checkout that end up in its wheel, or decide what does.
SOURCES = ("LICENSE", "README.md", "meson.build", "pyproject.toml", "requirements/pip.txt", "requirements/run.txt")
FOLDERS = ("cython_kernels", "devices", "edge", "provisioning", "tools")


class WheelError(EdgeError):
    """No wheel was made or found; the message says why and what to do."""


def _python_headers() -> Path:
    """Return the folder of this Python's Python.h."""
    inside = Path(sys.prefix, "python-dev", "usr", "include", f"python3.{sys.version_info.minor}")
    for folder in (Path(sysconfig.get_path("include")), inside):
        if (folder / "Python.h").exists():
            return folder
    raise WheelError("Python.h is not there. Type: sudo apt-get install python3-dev")


def _neutral_headers(scratch: Path, target: str) -> list[Path]:
    """Return include folders that work for `target`.

    Debian's pyconfig.h includes the one of the processor compiled for, which is not installed. What the stable ABI
    takes from it, the sizes of C's types, is the same on all our targets: this machine's own stands in.
    """
    headers = _python_headers()
    own = f"{sysconfig.get_config_var('MULTIARCH') or 'none'}/{headers.name}/pyconfig.h"
    for folder in (headers.parent, *headers.parents):
        if (folder / own).exists():
            stand_in = scratch / "include" / f"{target}-linux-gnu" / headers.name / "pyconfig.h"
            stand_in.parent.mkdir(parents=True)
            stand_in.write_text(f'#include "{folder / own}"\n', encoding="utf-8")
            return [headers, scratch / "include"]
    return [headers]


def cross_file(scratch: Path, target: str) -> Path:
    """Write Meson's description of a build for `target` (one of TARGETS) with zig into `scratch`; return it."""
    zig = [sys.executable, "-m", "ziglang"]
    compiler = [*zig, "cc", "-target", f"{target}-linux-gnu.{GLIBC}"]
    include = [f"-I{folder}" for folder in _neutral_headers(scratch, target)]
    text = f"""[binaries]
c = {compiler!r}
ar = {[*zig, "ar"]!r}
strip = {[*zig, "objcopy", "--strip-all"]!r}

[built-in options]
c_args = {include!r}
c_link_args = ['-s']

[host_machine]
system = 'linux'
cpu_family = '{target}'
cpu = '{target}'
endian = 'little'
"""
    path = scratch / "cross.ini"
    path.write_text(text, encoding="utf-8")
    return path


def _check_tools(source: Path) -> None:
    missing = [package for module, package in TOOLS.items() if not importlib.util.find_spec(module)]
    if missing:
        raise WheelError(f"{', '.join(missing)} cannot be imported. Type: pip install 'bitnet-edge[wheel]'")
    if not (source / "meson.build").exists():
        raise WheelError(f"{source} is no checkout of bitnet-edge (no meson.build); only from one can a wheel be built")


def fingerprint(source: Path) -> list[str]:
    """Return what decides the wheel of the checkout `source`: each file's name and hash, and the tools' versions."""
    files = [source / name for name in SOURCES]
    files += [path for folder in FOLDERS for path in (source / folder).rglob("*")]
    installed = {(part.metadata["Name"] or "").lower(): part.version for part in distributions()}
    parts = [f"glibc {GLIBC}", f"python {sys.version}"]
    parts += [f"{name} {installed.get(name)}" for name in (*TOOLS.values(), "meson")]
    for path in sorted(files):
        hidden = any(part.startswith(".") or part == "__pycache__" for part in path.relative_to(source).parts)
        if not hidden and not path.name.startswith("_kernels.abi3") and path.is_file():
            parts.append(f"{path.relative_to(source)} {hashlib.sha256(path.read_bytes()).hexdigest()}")
    return parts


def _environment(target: str) -> dict[str, str]:
    """Return the environment variables of a build: our tools first, the target's name, and a fixed date.

    The same sources make the same wheel, byte for byte, so that one already on a board need not be sent again; debug
    symbols, which hold this run's folders, are left out for that, too (-s in the cross file).
    """
    env = {"SOURCE_DATE_EPOCH": "946684800", **os.environ, "_PYTHON_HOST_PLATFORM": f"linux-{target}"}
    env["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{env.get('PATH', '')}"
    return env


def _compile(source: Path, target: str, scratch: Path) -> Path:
    """Build the wheel with the cross file; return it under the name that meson-python gives it."""
    # Its own process, because the hook works in the current folder and prints as it likes.
    hook = (
        "import sys, mesonpy; mesonpy.build_wheel(sys.argv[1], {'setup-args': [sys.argv[2]], 'build-dir': sys.argv[3]})"
    )
    settings = [f"--cross-file={cross_file(scratch, target)}", str(scratch / "build")]
    done = subprocess.run(
        [sys.executable, "-c", hook, str(scratch), *settings],
        cwd=source,
        env=_environment(target),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    wheels = list(scratch.glob("*.whl"))
    if done.returncode != 0 or len(wheels) != 1:
        # What failed and why, without the pages before it.
        _, found, why = done.stdout.partition("FAILED: ")
        raise WheelError(f"the build for {target} failed:\n{found}{why if found else done.stdout}")
    return wheels[0]


def check(wheel: Path, target: str) -> str:
    """Return the platform tag that a wheel's extension really deserves, e.g. manylinux_2_17_aarch64.

    Raises WheelError where the extension is not for `target`, needs a library that a bare board lacks, or uses a
    Python symbol outside the stable ABI.
    """
    from .elf import ElfError, inspect  # what it reads files with is an extra

    with zipfile.ZipFile(wheel) as archive, tempfile.TemporaryDirectory() as scratch:
        extensions = [name for name in archive.namelist() if name.endswith(".so")]
        if len(extensions) != 1:
            raise WheelError(f"{wheel.name} holds {len(extensions)} extensions, one was expected: {extensions}")
        try:
            facts = inspect(Path(archive.extract(extensions[0], scratch)))
            facts.require(target, PYTHON, initialiser="PyInit__kernels")
        except ElfError as error:
            raise WheelError(f"{wheel.name}: {extensions[0]} {error}") from error
    major, minor = max(facts.glibc, (2, 17))  # 2.17 is the oldest that the tags know
    return f"manylinux_{major}_{minor}_{target}"


def build(target: str, out: Path, source: Path | None = None) -> Path:
    """Build the wheel for `target` (one of TARGETS) from a checkout into the folder `out`; return its path.

    Raises WheelError.
    """
    source = (source or Path(__file__).parent.parent).resolve()
    _check_tools(source)
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        made = _compile(source, target, Path(name))
        tags = ["--python-tag", f"cp{PYTHON[0]}{PYTHON[1]}", "--abi-tag", "abi3", "--platform-tag", check(made, target)]
        done = subprocess.run(
            [sys.executable, "-m", "wheel", "tags", "--remove", *tags, str(made)],
            env=_environment(target),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise WheelError(f"the wheel could not be renamed:\n{done.stderr}")
        final = made.with_name(done.stdout.split()[-1])
        # Copied beside its place and renamed: nobody sees half a wheel.
        part = out / f".{final.name}.part{os.getpid()}"
        part.write_bytes(final.read_bytes())
        return part.replace(out / final.name)
