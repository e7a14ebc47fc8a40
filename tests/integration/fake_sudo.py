"""A sudo for tests: as strict about passwords as the real one, and it writes down all that it is given.

``install(folder, password)`` puts it, with an ``id`` that says nobody is root, into a folder for sshd(path_first=…).
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

__all__ = ["calls", "install"]

# Written out as the program itself: boards know nothing of this file.
_SUDO = """\
#!{python} -I
import json, os, sys
PASSWORD, RECORD, ASKS_AGAIN = {password!r}, {record!r}, {asks_again!r}
options = []
words = sys.argv[1:]
while words and words[0].startswith("-"):
    option = words.pop(0)
    if option == "--":
        break
    options.append(option)
    if option == "-p":
        words.pop(0)
tried = []
def ends(status, *said):
    with open(RECORD, "a") as record:
        record.write(json.dumps({{"options": options, "words": words, "tried": tried}}) + "\\n")
    print(*said, file=sys.stderr, sep="\\n")
    sys.exit(status)
def line():
    got = b""
    while not got.endswith(b"\\n"):
        byte = os.read(0, 1)
        if not byte:
            return None
        got += byte
    return got.decode().rstrip("\\n")
wants = PASSWORD is not None and not ("-v" not in options and "-S" in options and not ASKS_AGAIN)
if wants and "-n" in options:
    ends(1, "sudo: a password is required")
if wants:
    if "-S" not in options or "-k" not in options:
        ends(1, "sudo: a terminal is required to read the password")
    for _ in range(3):
        given = line()
        if given is None:
            ends(1, "sudo: %d incorrect password attempt" % len(tried) if tried else "sudo: no password was provided")
        tried.append(given)
        if given == PASSWORD:
            break
        print("Sorry, try again.", file=sys.stderr)
    else:
        ends(1, "sudo: 3 incorrect password attempts")
with open(RECORD, "a") as record:
    record.write(json.dumps({{"options": options, "words": words, "tried": tried}}) + "\\n")
if "-v" in options:
    sys.exit(0)
os.execvp(words[0], words)
"""


def install(folder: Path, password: str | None, *, asks_again: bool = True) -> Path:
    """Write ``sudo`` and ``id`` into ``folder``; return it. ``password``: None asks for none.

    ``asks_again``: False is a sudo that remembers, after the password was tried alone, that it was right.
    """
    folder.mkdir()
    text = _SUDO.format(
        python=sys.executable, password=password, record=str(folder / "calls.jsonl"), asks_again=asks_again
    )
    (folder / "sudo").write_text(text)
    (folder / "id").write_text("#!/bin/sh\necho 1000\n")
    for name in ("sudo", "id"):
        (folder / name).chmod(0o755)
    return folder


def calls(folder: Path) -> list[dict[str, Any]]:
    """How it was called: ``options``, ``words`` (the command), ``tried`` (passwords)."""
    record = folder / "calls.jsonl"
    return [json.loads(line) for line in record.read_text().splitlines()] if record.exists() else []
