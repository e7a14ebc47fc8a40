"""A release's own Python: a virtual environment without pip, filled offline by a pip that runs from its wheel.

Compiled to bytecode here and now: the agent cannot write next to its modules (ProtectSystem=strict), so what is not
compiled at this point is compiled again at every start. Measured with what an agent needs, on a desktop processor:
1.5 s once, 0.35 s less at every start; a board is about ten times as slow at both. Not by pip, for two reasons: it
would write the folder's temporary name into every traceback, and it knows one processor core.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from .failure import Failure, from_os_error
from .process import Finished, run

__all__ = ["compile_all", "install", "make_venv"]

#: An emulated board takes minutes; a hang must still end.
_PATIENCE_S = 1800.0
# Not what nobody imports, and half of it: numpy's tests.
_SKIP = r"/tests?/"


def _must(done: Finished, what: str, where: Path) -> None:
    if done.code == 0:
        return
    if any("No space left on device" in line or "Errno 28" in line for line in done.log):
        full = from_os_error(OSError(errno.ENOSPC, "", str(where)))  # it knows bytes from inodes
        raise Failure(full.code, f"while {what}: {full}", done.log)
    if any("Read-only file system" in line for line in done.log):
        raise Failure("readonly", f"a file system turned read-only while {what}: see 'dmesg' there", done.log)
    how = "took longer than 30 min" if done.code is None else f"ended with status {done.code}"
    raise Failure("install", f"{what} {how}; its last lines follow", done.log)


def make_venv(python: str, venv: Path, watch: Callable[[], None]) -> None:
    """Make an empty environment for the interpreter ``python``. Raises Failure (install, space, readonly)."""
    try:
        done = run([python, "-I", "-m", "venv", "--without-pip", str(venv)], _PATIENCE_S, watch)
    except FileNotFoundError as error:
        raise Failure("install", f"the board has no {python} any more: deploy again") from error
    _must(done, "making the virtual environment", venv.parent)


def install(venv: Path, pip: Path, wheels: Sequence[Path], watch: Callable[[], None]) -> None:
    """Install ``wheels`` and nothing else, with the pip inside the wheel ``pip``."""
    options = ["--isolated", "--no-index", "--no-deps", "--no-compile", "--no-cache-dir", "--no-input"]
    quiet = ["--disable-pip-version-check", "--no-color", "--progress-bar=off", "--root-user-action=ignore"]
    command = [str(venv / "bin" / "python"), "-I", f"{pip}/pip", "install", *options, *quiet]
    _must(run([*command, *map(str, wheels)], _PATIENCE_S, watch), "installing the packages", venv)


def compile_all(venv: Path, final: Path, watch: Callable[[], None]) -> None:
    """Compile everything, and let tracebacks and scripts name the folder that the environment will have."""
    command = [str(venv / "bin" / "python"), "-I", "-m", "compileall", "-q", "-j", "0", "-x", _SKIP]
    _must(run([*command, "-s", str(venv), "-p", str(final), str(venv / "lib")], _PATIENCE_S, watch), "compiling", venv)
    for script in (venv / "bin").iterdir():
        if script.is_symlink() or not script.is_file():
            continue
        text = script.read_bytes()
        if os.fsencode(venv) in text:
            script.write_bytes(text.replace(os.fsencode(venv), os.fsencode(final)))
    config = venv / "pyvenv.cfg"
    config.write_bytes(config.read_bytes().replace(os.fsencode(venv), os.fsencode(final)))
