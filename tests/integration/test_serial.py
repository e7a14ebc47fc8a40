"""Asking by a cable: real agents in processes of their own at the ends of wires that are damaged and pulled out."""

from __future__ import annotations

import asyncio
import json
import os
import random
import re
import select
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

import edge
from edge.cli import main
from edge.errors import AskCancelled, BrokerUnreachable, DeviceUnreachable, RequestRefused
from tests.integration.cables import Wire
from tests.integration.client_boards import PATIENCE_S, ROOT, Gated, Listener, until
from tests.integration.mosquitto import Mosquitto
from tests.microcontroller import compile_c
from tests.models import write_folder

pytestmark = pytest.mark.slow
LONG: dict[str, Any] = {"max_tokens": 60, "temperature": 4.0, "seed": 7}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_folder(tmp_path_factory.mktemp("m") / "tiny")


@pytest.fixture(scope="module")
def right(model: Path) -> Callable[[str], str]:
    """What the model says to a prompt, with the sampling of LONG."""
    with edge.load(model, threads=1) as loaded:
        said = {prompt: loaded.generate(prompt, **LONG).text for prompt in ("hello", *(f"q{i}" for i in range(40)))}
    return said.__getitem__


@pytest.fixture(scope="module")
def home() -> Callable[[str], str]:
    """What the built-in model says."""
    with edge.load("home", threads=1) as loaded:
        said = {f"turn {what} the fan": loaded.generate(f"turn {what} the fan").text for what in ("on", "off")}
    return said.__getitem__


class CableBoard(Gated):
    """A real agent in a process, at the device's end of a wire. ``options``: for ``edge agent``."""

    def __init__(self, port: Path, model: Path, folder: Path, *options: str) -> None:
        self._port = port
        self.mark = folder / "holds"
        self.log = folder / "agent.log"
        self._command = [sys.executable, "-m", "tests.integration.client_boards", "agent", "--serial", str(port)]
        self._command += ["--name", "kitchen", "--model", str(model), "--threads", "1", *options]
        self._command += ["--state", str(folder / "state")]

    def start(self, *, hold_after: int | None = None) -> CableBoard:
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        environment.pop("EDGE_BROKER", None)
        if hold_after is not None:
            environment |= {"HOLD_AFTER": str(hold_after), "HOLD_MARK": str(self.mark)}
        said = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as log:
            process = subprocess.Popen(self._command, cwd=ROOT, env=environment, stdout=log, stderr=log)
        self._process = process
        ready = b": open" if self._port.exists() else b"no such port"
        until(lambda: ready in self.log.read_bytes()[said:] or process.poll() is not None, "the agent's start")
        assert process.poll() is None, self.log.read_text()
        return self


@pytest.fixture
def wire(tmp_path: Path) -> Iterator[Wire]:
    with Wire(tmp_path) as made:
        yield made


Start = Callable[..., CableBoard]


@pytest.fixture
def clients() -> list[edge.Client]:
    """Those that call already, and have heard nothing yet."""
    return []


@pytest.fixture
def board(wire: Wire, model: Path, tmp_path: Path, clients: list[edge.Client]) -> Iterator[Start]:
    """``board(*options, hold_after=…)`` starts an agent at the wire's end."""
    with ExitStack() as stack:

        def start(*options: str, hold_after: int | None = None) -> CableBoard:
            made = CableBoard(wire.device, model, tmp_path, *options)
            stack.callback(made.stop)
            made.start(hold_after=hold_after)
            if wire.device.exists():
                until(lambda: all(client.connected for client in clients), "the handshake")
            return made

        yield start


@pytest.fixture
def client(wire: Wire, clients: list[edge.Client]) -> Iterator[edge.Client]:
    with edge.Client(f"serial:{wire.asker}", timeout=PATIENCE_S * 2) as made:
        clients.append(made)
        yield made


def test_the_answer_is_the_models_in_pieces_too(board: Start, client: edge.Client, right: Callable[[str], str]) -> None:
    board()
    assert client.ask(None, "hello", **LONG).text == right("hello")
    *pieces, reply = client.stream("kitchen", "q1", **LONG)
    assert "".join(map(str, pieces)) == right("q1")
    assert len(pieces) > 10
    assert isinstance(reply, edge.Reply)
    assert (reply.device, reply.model, reply.restarts) == ("kitchen", "tiny", 0)
    (device,) = client.devices()
    assert (device.name, device.state, device.model) == ("kitchen", "ready", "tiny")


def test_asking_from_asyncio(wire: Wire, board: Start, right: Callable[[str], str]) -> None:
    board()

    async def both() -> list[str]:
        async with edge.AsyncClient(f"serial:{wire.asker}", timeout=PATIENCE_S) as client:
            replies = await asyncio.gather(client.ask(None, "q1", **LONG), client.ask("kitchen", "q2", **LONG))
            return [reply.text for reply in replies]

    assert asyncio.run(both()) == [right("q1"), right("q2")]


def test_a_long_question_on_a_slow_line_is_waited_for(wire: Wire, board: Start, right: Callable[[str], str]) -> None:
    def slowly(data: bytes) -> bytes:
        time.sleep(len(data) / 10_000)
        return data

    wire.noise = slowly
    board()
    with edge.Client(f"serial:{wire.asker}", timeout=PATIENCE_S * 2, patience=1) as client:
        until(lambda: client.connected, "the handshake")
        with pytest.raises(RequestRefused, match="context"):  # after some three seconds
            client.ask(None, "x" * 30_000)
    assert wire.heard[wire.device].count(b'"prompt":"xxx') < 5  # frames may come again; the question is not asked again


def test_many_ask_at_once(board: Start, client: edge.Client, right: Callable[[str], str]) -> None:
    board("--rate", "100000")
    with ThreadPoolExecutor(20) as threads:
        replies = list(threads.map(lambda i: client.ask(None, f"q{i}", **LONG).text, range(40)))
    assert replies == [right(f"q{i}") for i in range(40)]


def test_a_line_that_damages_every_fifth_frame_costs_no_answer(
    wire: Wire, board: Start, client: edge.Client, right: Callable[[str], str]
) -> None:
    dice = random.Random(4)  # noqa: S311 - has to repeat
    wire.noise = lambda data: bytes(b ^ 0x20 if dice.random() < 0.001 else b for b in data if dice.random() > 0.001)
    board("--rate", "100000")
    assert [client.ask(None, f"q{i}", **LONG).text for i in range(10)] == [right(f"q{i}") for i in range(10)]


@pytest.mark.parametrize("end", ["asker", "device"])
def test_an_answer_goes_on_when_the_cable_is_pulled_out_and_put_back(
    wire: Wire, board: Start, client: edge.Client, right: Callable[[str], str], end: str
) -> None:
    agent = board(hold_after=20)
    parts = client.stream(None, "hello", **LONG)
    said = [str(next(parts))]
    agent.holds()
    wire.unplug(getattr(wire, end))
    until(lambda: not client.connected or end == "device", "the asker to notice")
    wire.plug(getattr(wire, end))
    agent.release()
    *more, reply = parts
    assert "".join([*said, *map(str, more)]) == right("hello")
    assert isinstance(reply, edge.Reply)
    assert reply.restarts == 0
    until(lambda: client.devices()[0].figure("answered") == 1, "a report of one answer, computed once")


def test_an_answer_that_was_ready_while_nobody_was_there_is_not_computed_again(
    wire: Wire, board: Start, client: edge.Client, right: Callable[[str], str]
) -> None:
    agent = board(hold_after=20)
    with ThreadPoolExecutor(1) as threads:
        asked = threads.submit(client.ask, None, "hello", **LONG)
        agent.holds()
        wire.unplug(wire.asker)
        until(lambda: not client.connected, "the asker to notice")
        agent.release()
        time.sleep(1)  # long enough to answer; if it is not, the test is only easier
        wire.plug(wire.asker)
        assert asked.result(PATIENCE_S).text == right("hello")
    until(lambda: client.devices()[0].figure("answered") == 1, "a report of one answer, computed once")


def test_an_accepted_question_survives_the_agent(
    board: Start, client: edge.Client, right: Callable[[str], str]
) -> None:
    agent = board(hold_after=20)
    with ThreadPoolExecutor(1) as threads:
        asked = threads.submit(client.ask, None, "hello", **LONG)
        agent.holds()
        agent.kill()
        agent.mark.unlink()
        agent.start()
        reply = asked.result(PATIENCE_S * 2)
    assert (reply.text, reply.restarts) == (right("hello"), 1)


def test_an_agent_waits_for_its_port(
    wire: Wire, board: Start, client: edge.Client, right: Callable[[str], str]
) -> None:
    wire.unplug(wire.device)
    agent = board()
    until(lambda: "there is no such port" in agent.log.read_text(), "the agent to say what it misses")
    wire.plug(wire.device)
    until(lambda: client.connected, "the handshake")
    assert client.ask(None, "hello", **LONG).text == right("hello")


def test_by_cable_and_by_broker_at_once(
    broker: Mosquitto, wire: Wire, board: Start, client: edge.Client, right: Callable[[str], str]
) -> None:
    with Listener(broker.port, "edge/v1/#") as listener:
        board("--broker", broker.url)
        with edge.Client(broker.url, timeout=PATIENCE_S * 2) as other, ThreadPoolExecutor(2) as threads:
            one, two = (threads.submit(c.ask, "kitchen", "hello", **LONG) for c in (client, other))
            assert one.result().text == two.result().text == right("hello")
    topics = set()
    while not listener.heard.empty():
        topics.add(listener.heard.get()[0])
    assert {topic.split("/")[2] for topic in topics} == {"kitchen", "reply"}  # nothing of the cable's at the broker


def ask_behind(wire: Wire, client: edge.Client, threads: ThreadPoolExecutor) -> Future[edge.Reply]:
    """Ask once more, and wait until the agent has accepted it: it has taken all that was sent before, too."""
    accepted = wire.heard[wire.asker].count(b'"accepted"')
    asked = threads.submit(client.ask, None, "q1", max_tokens=1)
    until(lambda: wire.heard[wire.asker].count(b'"accepted"') > accepted, "the agent to accept another question")
    return asked


def test_who_gives_up_is_not_answered(wire: Wire, board: Start, client: edge.Client) -> None:
    agent = board(hold_after=20)
    parts = client.stream(None, "hello", **LONG)
    next(parts)
    agent.holds()
    parts.close()  # type: ignore[attr-defined]
    with ThreadPoolExecutor(1) as threads:
        after = ask_behind(wire, client, threads)
        agent.release()
        after.result(PATIENCE_S)
    until(lambda: b'"cancelled"' in wire.heard[wire.asker], "the agent to have given it up")


def test_what_cannot_be_asked_says_why(wire: Wire, board: Start, client: edge.Client) -> None:
    with edge.Client(f"serial:{wire.asker}-not") as nowhere, pytest.raises(BrokerUnreachable, match="no such port"):
        nowhere.ask(None, "hello")
    with pytest.raises(BrokerUnreachable, match="nobody answers at 115200 baud; is the cable right"):
        client.ask(None, "hello")
    board("--max-bytes", "1000")
    until(lambda: client.connected, "the handshake")
    with pytest.raises(DeviceUnreachable, match=r"^hall: the device at .* is called kitchen; ask that one"):
        client.ask("hall", "hello")
    with pytest.raises(RequestRefused, match="a pool needs a broker"):
        client.ask("pool:living", "hello")
    with pytest.raises(RequestRefused, match="this device takes 1000"):
        client.ask(None, "x" * 2000)
    with pytest.raises(RequestRefused, match="send less text"):
        client.ask(None, "x" * 10_000)


def test_a_microcontrollers_program_asks(wire: Wire, board: Start, home: Callable[[str], str], tmp_path: Path) -> None:
    program = compile_c(tmp_path / "ask", "ask.c", "edge_wire.c", "edge_json.c")
    dice = random.Random(1)  # noqa: S311 - has to repeat
    wire.noise = lambda data: bytes(b ^ 1 if dice.random() < 0.001 else b for b in data)
    board("--model", "home")

    def ask(prompt: str) -> subprocess.CompletedProcess[str]:
        command = [str(program), str(wire.asker), prompt, "q1"]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=90)

    done = ask("turn on the fan")
    assert (done.returncode, done.stdout) == (0, home("turn on the fan") + "\n")
    assert done.stderr.startswith("kitchen is there\n")
    again = ask("turn off the fan")  # the same id for something else
    assert again.returncode == 1
    assert "this id was used for another request" in again.stderr


# --- people and programs without frames ---


class Terminal:
    """A person's terminal program at the asker's end."""

    def __init__(self, wire: Wire) -> None:
        self._fd = os.open(wire.asker, os.O_RDWR | os.O_NOCTTY)
        self.screen = ""

    def type(self, keys: str) -> None:
        for key in keys:
            os.write(self._fd, key.encode())

    def wake(self) -> None:
        """Press Enter until there is a prompt: for a while after frames nothing is taken for typing."""
        end = time.monotonic() + PATIENCE_S
        while "> " not in self.screen:
            assert time.monotonic() < end, "waited in vain for a prompt"
            self.type("\r")
            if select.select([self._fd], [], [], 2)[0]:
                self.screen += os.read(self._fd, 4096).decode(errors="replace")

    def shows(self, text: str, times: int = 1) -> str:
        """Wait until it is on the screen so often; returns what was there up to then and clears it."""
        end = time.monotonic() + PATIENCE_S
        while self.screen.count(text) < times:
            assert time.monotonic() < end, f"waited in vain for {text!r} in {self.screen!r}"
            if select.select([self._fd], [], [], 0.1)[0]:
                self.screen += os.read(self._fd, 4096).decode(errors="replace")
        seen, self.screen = self.screen, ""
        return seen

    def close(self) -> None:
        os.close(self._fd)


def test_a_person_at_a_terminal(
    wire: Wire, board: Start, home: Callable[[str], str], capsys: pytest.CaptureFixture[str]
) -> None:
    board("--model", "home")
    person = Terminal(wire)
    person.type("\r")
    assert person.shows("> ").startswith("\r\nkitchen\r\nType a question")
    person.type("turn of\x7fn the fan\r")
    assert f"\r\n{home('turn on the fan')}\r\n> " in person.shows("> ")
    person.type('{"prompt": "turn off the fan", "id": 17}\n')
    said = json.loads(person.shows("}\r\n"))
    assert (said["id"], said["device"]) == ("17", "kitchen")
    person.close()
    # The next one there is a program that speaks in frames, and then a person again.
    assert main(["ask", "--serial", str(wire.asker), "turn off the fan", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["text"] == home("turn off the fan")
    person = Terminal(wire)
    person.wake()
    person.type("turn on the fan\r")
    person.shows(home("turn on the fan"))
    person.close()


def test_a_person_gives_an_answer_up(wire: Wire, board: Start) -> None:
    agent = board(hold_after=10)
    person = Terminal(wire)
    person.type("hello\r")
    agent.holds()
    person.type("\x03/status\r")
    person.shows('"state"')  # what comes behind the interrupt is answered, so it has been taken
    agent.release()
    assert "! cancelled: the asker gave the request up" in person.shows("\r\n> ")
    person.close()


def test_the_command_asks_by_a_cable(
    wire: Wire,
    board: Start,
    home: Callable[[str], str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    board("--model", "home")
    assert main(["ask", "--serial", f"{wire.asker}@921600", "kitchen", "turn on the fan", "--stream"]) == 0
    assert capsys.readouterr().out == home("turn on the fan") + "\n"
    monkeypatch.setenv("EDGE_BROKER", f"serial:{wire.asker}")
    assert main(["devices", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["name"] == "kitchen"


def test_a_cancelled_question_says_so(wire: Wire, board: Start, client: edge.Client) -> None:
    agent = board(hold_after=20)
    with ThreadPoolExecutor(2) as threads:
        asked = threads.submit(client.ask, None, "hello", **LONG)
        agent.holds()
        found = re.search(rb'"id":"([0-9a-f]{32})"', wire.heard[wire.device])
        assert found
        with client._desk.lock:
            number = client._desk._link.publish("edge/v1/kitchen/cancel", found[1])
        assert number is not None
        ask_behind(wire, client, threads)
        agent.release()
        with pytest.raises(AskCancelled):
            asked.result(PATIENCE_S)


def test_threads_end_with_the_client(wire: Wire) -> None:
    with edge.Client(f"serial:{wire.asker}"):
        assert any(thread.name == "edge-serial" for thread in threading.enumerate())
    until(lambda: not any(t.name.startswith("edge-serial") for t in threading.enumerate()), "the threads to end")
