"""Renew the locks: requirements/NAME.txt from NAME.in, for Python 3.10 and newer on every machine.

The resolver (uv) is fetched for the occasion and not kept: nothing else needs it.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

LOCKS = Path(__file__).resolve().parent.parent / "requirements"
#: Sets written out in full in their .in file: their packages' own wishes are not followed.
COMPLETE = {"run", "build"}


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        pip = [sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--target", scratch]
        subprocess.run([*pip, "uv"], check=True)
        for name in ("run", "build", "hub", "embedded", "broker", "deploy", "pip", "bench", "dev"):
            options = ["--universal", "--python-version", "3.10", "--generate-hashes", "--no-header", "--no-annotate"]
            options += ["--no-deps"] if name in COMPLETE else []
            command = [f"{scratch}/bin/uv", "pip", "compile", "-q", *options, f"{name}.in", "-o", f"{name}.txt"]
            subprocess.run(command, cwd=LOCKS, check=True)
            print(f"requirements/{name}.txt")


if __name__ == "__main__":
    main()
