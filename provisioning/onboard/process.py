"""Running other programs: with a time limit, and not for an operator who hung up."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

__all__ = ["Finished", "run"]


@dataclass(frozen=True)
class Finished:
    """``code``: exit status, negative for a signal, None where the time was over. ``seconds``: how long it took."""

    code: int | None
    out: str
    err: str
    seconds: float

    @property
    def log(self) -> list[str]:
        """The last lines it wrote, errors last."""
        return [line for line in (*self.out.splitlines(), *self.err.splitlines()) if line.strip()][-20:]


def run(argv: Sequence[str], timeout_s: float, watch: Callable[[], None] = lambda: None) -> Finished:
    """Run a program to its end. ``watch`` is called again and again meanwhile; what it raises ends the program."""
    begun = time.monotonic()
    # Nothing of the operator's surroundings: no PYTHONPATH, no PIP_INDEX_URL, messages in English.
    env = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8", "HOME": "/root"}
    process = subprocess.Popen(
        argv,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=env,
        cwd="/",
        start_new_session=True,
    )
    code: int | None = None
    try:
        while True:
            try:
                out, err = process.communicate(timeout=0.2)
                code = process.returncode
                break
            except subprocess.TimeoutExpired:
                watch()
                if time.monotonic() - begun > timeout_s:
                    _kill(process)
                    out, err = process.communicate()
                    break
    except BaseException:
        _kill(process)
        process.communicate()
        raise
    return Finished(code, out.decode(errors="replace"), err.decode(errors="replace"), time.monotonic() - begun)


def _kill(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
