"""Everything at once on one machine: a broker, an agent with the built-in model, and questions over MQTT.

Three processes, as in a house: only the addresses are all this machine's.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from edge.brokers.running import find_mosquitto
from edge.client import Client
from edge.errors import EdgeError

__all__ = ["DEVICE", "SENTENCES", "DemoError", "demo"]

DEVICE = "demo"
SENTENCES = (
    "turn off the kitchen lights",
    "set the bedroom lights to 40 percent",
    "start a timer for ten minutes",
    "add oat milk to the shopping list",
)
_START_S = 20.0


class DemoError(EdgeError):
    """One of the demonstration's programs did not start; its own words are in the message."""


def demo(sentences: Sequence[str], say: Callable[[str], None]) -> None:
    """Start a broker and an agent, ask the agent each sentence, and ``say`` what happens. Leaves nothing running.

    Raises :class:`DemoError`, and :class:`~edge.errors.AskError` when an answer does not come.
    """
    with tempfile.TemporaryDirectory(prefix="edge-demo-") as scratch, ExitStack() as stack:
        folder = Path(scratch)
        port = _free_port()
        program = find_mosquitto()
        broker = stack.enter_context(_process(_broker(program, port, folder), folder / "broker.log"))
        _wait_for(port, broker, folder / "broker.log")
        say(f"broker  {'mosquitto' if program else 'amqtt (no mosquitto here)'} on mqtt://127.0.0.1:{port}")
        url = f"mqtt://127.0.0.1:{port}"
        command = [sys.executable, "-m", "edge", "agent", "--broker", url, "--name", DEVICE, "--state", str(folder)]
        agent = stack.enter_context(_process(command, folder / "agent.log"))
        client = stack.enter_context(Client(url, name="demo-asker", patience=_START_S))
        for number, sentence in enumerate(sentences):
            start = time.perf_counter()
            try:
                reply = client.ask(DEVICE, sentence, timeout=60)
            except EdgeError as error:
                if agent.poll() is None:
                    raise
                raise DemoError(f"the agent ended: {_last_line(folder / 'agent.log')}") from error
            taken = 1000 * (time.perf_counter() - start)
            if not number:
                say(f"agent   {reply.model} as device {DEVICE!r}, ready and asked over MQTT after {taken:.0f} ms\n")
                start = time.perf_counter()
                reply = client.ask(DEVICE, sentence, timeout=60)
                taken = 1000 * (time.perf_counter() - start)
            rate = reply.timings.get("decode_tok_s") or 0
            say(f"> {sentence}\n{reply}\n  {taken:.0f} ms over MQTT, {rate:,.0f} tokens/s\n")


def _broker(program: Path | None, port: int, folder: Path) -> list[str]:
    if program is None:
        return [sys.executable, "-m", "edge", "broker", "--embedded", "--port", str(port)]
    config = folder / "mosquitto.conf"
    # Without the last line mosquitto keeps a small packet back until the one before is acknowledged: up to 40 ms.
    config.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\nset_tcp_nodelay true\n", encoding="utf-8")
    return [str(program), "-c", str(config)]


@contextmanager
def _process(command: list[str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + _START_S
    while time.monotonic() < end and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise DemoError(f"the broker did not start: {_last_line(log)}")


def _last_line(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").split("\n")
    return next((line for line in reversed(lines) if line.strip()), "it said nothing")
