"""The probe: a shell script to run on a board, and the reading of what it prints."""

from __future__ import annotations

import shlex
from importlib import resources
from typing import Any

from . import json_text

__all__ = ["COMMAND", "parse", "script"]

#: What to run on the board, with :func:`script` on its standard input.
COMMAND = "sh -s"
_PARTS = ("tools.sh", "system.sh", "machine.sh", "deployed.sh", "main.sh")


def script(prefix: str = "", root: str = "") -> bytes:
    """The script's text.

    ``prefix``: what stands before ``/opt/edge`` and ``/etc`` on the board; with a ``/run/systemd/system`` below it the
    ``systemctl`` on the PATH is believed to be in charge. ``root``: for tests, what stands before ``/proc``, ``/sys``
    and the system's other files.
    """
    folder = resources.files(__package__) / "probe_sh"
    head = f"PREFIX={shlex.quote(prefix)}\nROOT={shlex.quote(root)}\n"
    return (head + "".join((folder / part).read_text("utf-8") for part in _PARTS)).encode()


def parse(output: bytes) -> dict[str, Any]:
    """Read what the script printed; around it a talkative login script may have printed too.

    The files of JSON that the script passes on as strings are read as well: one that is torn is None.
    Raises ValueError where there is no whole answer.
    """
    text = output.decode("utf-8", "replace")
    start = text.rfind('{"probe":')
    if start < 0:
        raise ValueError(_saying("did not answer", text))
    try:
        answer = json_text.begins_with(text, start)
    except ValueError:
        raise ValueError(_saying("broke off in its answer", text[start:])) from None
    edge = answer.get("edge")
    if not isinstance(edge, dict):
        raise ValueError(_saying("left out what edge has there", text[start:]))  # noqa: TRY004 - its input is bytes
    releases = edge.get("releases") or []
    if not isinstance(releases, list) or not all(isinstance(release, dict) for release in releases):
        raise ValueError(_saying("has no sensible list of releases", text[start:]))
    for release in releases:
        check = release.pop("check", None)
        release["manifest"] = _object(release.get("manifest"))
        release["checked"] = check is not None
        release["check"] = _object(check)
        release["committed"] = _time(_object(release.get("committed")))
    for name in ("trial", "result"):
        edge[name] = _object(edge.get(name))
    lock = edge.get("lock")
    if isinstance(lock, dict):
        edge["lock"] = {**(_object(lock.get("text")) or {}), "held": lock.get("held")}
    return dict(answer)


def _object(text: object) -> dict[str, Any] | None:
    try:
        value = json_text.read(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _time(value: dict[str, Any] | None) -> float | None:
    """The ``t`` of a record, in seconds since 1970; None where it has none."""
    found = (value or {}).get("t")
    if isinstance(found, (int, float)) and not isinstance(found, bool) and 0 <= found < 1e11:
        return found
    return None


def _saying(what: str, text: str) -> str:
    line = " ".join("".join(c if c.isprintable() else " " for c in text[-200:]).split())
    return f"the board's shell {what}{f'; it said: {line}' if line else ''}"
