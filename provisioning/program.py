"""The program that runs on boards: the package beside this file as one zip, and how a board's Python gets it.

Nothing is installed for it and nothing is left behind: a one-line loader on the command line reads the zip from its
standard input, keeps it in memory, and goes on with the same input as the session's stream.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

__all__ = ["board_program", "command", "preamble", "sources"]

_PACKAGE = "onboard"
_MAIN = f"from {_PACKAGE}.main import main\n\nraise SystemExit(main())\n"

# Bytes are read one by one up to the line's end: what lies behind the zip belongs to the session. The file in memory
# stays open for as long as the program runs: modules are imported from it late, and a switch is given a copy.
_LOADER = """
import os, sys
def take(n):
    b = os.read(0, n)
    return b or sys.exit("edge: the connection ended before the board program had come")
n = b""
while not n.endswith(b"\\n"): n += take(1)
left = int(n)
fd = os.memfd_create("edge-board")
while left:
    b = take(min(left, 65536))
    left -= len(b)
    while b: b = b[os.write(fd, b):]
sys.path.insert(0, "/proc/self/fd/%d" % fd)
from onboard.main import main
sys.exit(main())
""".strip()


def sources() -> dict[str, bytes]:
    """The program's files by their names in the zip."""
    folder = Path(__file__).parent
    found = {path.relative_to(folder).as_posix(): path.read_bytes() for path in (folder / _PACKAGE).rglob("*.py")}
    return {"__main__.py": _MAIN.encode(), **found}


def board_program(files: Mapping[str, bytes] | None = None) -> bytes:
    """Return the zip that a board runs: the same bytes for the same sources. ``files``: instead of :func:`sources`."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, data in sorted((files or sources()).items()):
            # A fixed date and fixed rights: nothing of this machine, nothing of today.
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.create_system, entry.external_attr, entry.compress_type = 3, 0o644 << 16, zipfile.ZIP_DEFLATED
            archive.writestr(entry, data)
    return made.getvalue()


def command(python: str = "python3", prefix: str = "") -> list[str]:
    """The command that serves a session on a board, to run as root; :func:`preamble` is what it reads first.

    ``prefix``: a folder that stands for the board's root, in tests. To be quoted where a shell is in between.
    """
    return [python, "-I", "-c", _LOADER, "session", *(["--prefix", prefix] if prefix else [])]


def preamble(program: bytes | None = None) -> bytes:
    """What the operator sends before the first request: the program's length on a line, and the program."""
    program = board_program() if program is None else program
    return b"%d\n" % len(program) + program
