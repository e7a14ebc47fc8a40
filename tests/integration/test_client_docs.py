"""docs/protocol.md and docs/asking.md are true: what they show runs against a real agent, their tables are ours."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import queue
import re
import shlex
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import edge
from edge.checkpoints.library import resolve
from edge.messaging import messages
from edge.messaging.messages import CODES
from tests.integration.client_boards import PATIENCE_S, ROOT, Board
from tests.integration.mosquitto import Mosquitto

PAGE = (ROOT / "docs" / "protocol.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(sh|json)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def steps() -> list[tuple[list[str], list[dict[str, Any]]]]:
    """(commands, expected messages): all commands up to an expectation belong to it."""
    out: list[tuple[list[str], list[dict[str, Any]]]] = []
    commands: list[str] = []
    for kind, text in BLOCKS:
        if kind == "sh":
            commands += text.splitlines()
            if len(commands) == 1 and "cancel" in commands[0]:  # nothing is to be seen
                out.append((commands, []))
                commands = []
        else:
            out.append((commands, [json.loads(line) for line in text.splitlines()]))
            commands = []
    assert not commands
    return out


@pytest.fixture
def environment(broker: Mosquitto, mosquitto_clients: dict[str, str], tmp_path: Path) -> Iterator[dict[str, str]]:
    """mosquitto's clients find the broker in their own configuration files, so that the page's commands stay as is."""
    for name in mosquitto_clients:
        (tmp_path / name).write_text(f"-h 127.0.0.1\n-p {broker.port}\n")
    kitchen = Board(broker, "kitchen", resolve("home"), tmp_path, "--pool", "living").start()
    yield os.environ | {"XDG_CONFIG_HOME": str(tmp_path), "HOME": str(tmp_path)}
    kitchen.stop()


def listen(command: list[str], environment: dict[str, str], lines: queue.Queue[str]) -> subprocess.Popen[bytes]:
    """Start ``mosquitto_sub -d``, and return when it has subscribed; a terminal makes it say so at once."""
    ours, its = pty.openpty()
    process = subprocess.Popen(command, env=environment, stdout=its)
    os.close(its)
    subscribed = threading.Event()

    def read() -> None:
        with contextlib.suppress(OSError), os.fdopen(ours, encoding="utf-8") as stream:  # EIO: it has ended
            for line in stream:
                if line.startswith("Subscribed"):
                    subscribed.set()
                lines.put(line)

    threading.Thread(target=read, daemon=True).start()
    assert subscribed.wait(PATIENCE_S)
    return process


def fits(said: Any, shown: Any) -> bool:
    """Whether a message has what the page shows: the same fields of the same kinds, and the same short words."""
    if isinstance(shown, dict):
        names = (name for name in shown if name != "board")  # which figures it has depends on the machine
        return isinstance(said, dict) and all(name in said and fits(said[name], shown[name]) for name in names)
    if isinstance(shown, (int, float)) and not isinstance(shown, bool):
        return said is None or (isinstance(said, (int, float)) and not isinstance(said, bool))
    return type(said) is type(shown)


@pytest.mark.slow
def test_every_example_runs(environment: dict[str, str], mosquitto_clients: dict[str, str]) -> None:
    for commands, expected in steps():
        lines: queue.Queue[str] = queue.Queue()
        listening: list[subprocess.Popen[bytes]] = []
        for command in commands:
            name, *arguments = shlex.split(command)
            program = [mosquitto_clients[name], *arguments]
            if name == "mosquitto_sub" and "-C" not in arguments:  # it listens while the next ones run
                listening.append(listen([*program, "-d"], environment, lines))
                continue
            done = subprocess.run(
                program, env=environment, capture_output=True, text=True, check=False, timeout=PATIENCE_S
            )
            assert done.returncode == 0, (command, done.stderr)
            for line in done.stdout.splitlines():
                lines.put(line)
        said: list[dict[str, Any]] = []
        while not said or not fits_all(said, expected):
            line = lines.get(timeout=PATIENCE_S) if expected else "{}"
            if line.startswith("{"):
                said.append(json.loads(line))
        for process in listening:
            process.terminate()
            process.wait(PATIENCE_S)


def fits_all(said: list[dict[str, Any]], expected: list[dict[str, Any]]) -> bool:
    """Whether all that the page shows has come, in its order."""
    rest = iter(said)
    return all(any(same(message, shown) for message in rest) for shown in expected)


def same(message: dict[str, Any], shown: dict[str, Any]) -> bool:
    words = ("event", "device", "model", "state", "finish_reason", "protocol")
    if any(message.get(name) != shown[name] for name in words if name in shown):
        return False
    if "error" in shown:
        return message == shown
    if "id" in shown and "…" not in shown["id"] and message.get("id") != shown["id"]:
        return False
    return fits(message, shown)


def table(title: str) -> list[list[str]]:
    """The cells of the first table behind a heading."""
    section = PAGE.split(f"## {title}\n", 1)[1]
    rows = [line for line in section.split("\n## ", 1)[0].splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows[2:]]


def test_the_error_codes_are_the_program_s() -> None:
    assert {code.strip("`"): meaning for code, meaning in table("Errors")} == CODES


def test_the_fields_are_the_program_s() -> None:
    named = {name.strip("` ") for row in table("Requests") for name in row[0].split(",")}
    assert named == messages._FIELDS


def test_links_lead_somewhere() -> None:
    headings = re.findall(r"^#+ (.*)$", PAGE, re.MULTILINE)
    anchors = {re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-") for heading in headings}
    assert set(re.findall(r"\]\(#([^)]*)\)", PAGE)) <= anchors


ASKING = (ROOT / "docs" / "asking.md").read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.usefixtures("environment")
def test_the_page_for_python_runs(broker: Mosquitto, capsys: pytest.CaptureFixture[str]) -> None:
    blocks = re.findall(r"^```python\n(.*?)^```$", ASKING, re.MULTILINE | re.DOTALL)
    names: dict[str, Any] = {}
    with edge.Client(broker.url) as client:
        for number, block in enumerate(blocks):
            program = block.replace("mqtt://hub.local", broker.url)
            names["client"] = client  # the first block's own is closed at its end
            exec(compile(program, f"docs/asking.md block {number}", "exec"), names)  # noqa: S102 - it is our own page
    said = capsys.readouterr().out
    assert said.count('{"intent"') >= 10
    assert "tokens per second" in said
    assert "kitchen was the first with time for it" in said
    assert "kitchen ready home" in said
    assert "kitchn: nobody listens to its topic; is the name right" in said


def test_the_page_for_python_has_all_errors() -> None:
    named = set(re.findall(r"^\| `(\w+)` \|", ASKING, re.MULTILINE))
    assert named == {kind.__name__ for kind in edge.errors.AskError.__subclasses__()}
