"""Other engines beside ours: their own `llama-bench`, given by path, on a model of the same shape.

Nothing of theirs is needed here, nor is any of it installed: whoever has one built names it, as in
``--peer ik=~/ik_llama.cpp/build/bin/llama-bench:random-2b.gguf``; options for it may follow after another colon.
"""

from __future__ import annotations

import argparse
import json
import shlex
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any


class PeerError(RuntimeError):
    """A peer did not run, or said nothing that can be read; the message ends in its own words."""


@dataclass(frozen=True)
class Peer:
    """One program and model file of another engine."""

    name: str
    program: Path
    model: Path
    options: tuple[str, ...] = ()

    def run(self, threads: int, prefills: Sequence[int], decode: int, seconds: float = 600) -> dict[str, float]:
        """Tokens per second by test, as in ``{"pp128": ..., "tg128": ...}``, each measured once after its warm-up.

        Raises PeerError.
        """
        command = [str(self.program), "-m", str(self.model), "-t", str(threads), "-r", "1", "-o", "json"]
        command += ["-p", ",".join(map(str, prefills)), "-n", str(decode), *self.options]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=seconds)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise PeerError(f"{self.name}: {' '.join(command)}: {error}") from error
        if done.returncode:
            raise PeerError(f"{self.name}: {' '.join(command)} ended with {done.returncode}:\n{done.stderr[-500:]}")
        return parse(done.stdout, self.name)


def parse(text: str, name: str = "the peer") -> dict[str, float]:
    """Read `llama-bench -o json`: tokens per second by test. Raises PeerError when there is none in ``text``."""
    start = text.find("[\n")
    try:
        tests = json.loads(text[max(start, 0) :])
        found = {_test_name(test): float(test["avg_ts"]) for test in tests}
    except (ValueError, KeyError, TypeError) as error:
        raise PeerError(f"{name}: this is not what llama-bench -o json prints ({error}):\n{text[:500]}") from error
    if not found:
        raise PeerError(f"{name}: it measured nothing:\n{text[:500]}")
    return found


def _test_name(test: dict[str, Any]) -> str:
    return f"pp{test['n_prompt']}" if test["n_prompt"] else f"tg{test['n_gen']}"


def peer(text: str) -> Peer:
    """Parse NAME=PROGRAM:MODEL[:OPTIONS], for argparse."""
    name, given, rest = text.partition("=")
    program, _, rest = rest.partition(":")
    model, _, options = rest.partition(":")
    if not (name and given and program and model):
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=PATH/llama-bench:MODEL.gguf[:OPTIONS]")
    made = Peer(name, Path(program).expanduser(), Path(model).expanduser(), tuple(shlex.split(options)))
    for path in (made.program, made.model):
        if not path.exists():
            raise argparse.ArgumentTypeError(f"{path} is not there (in {text!r})")
    return made
