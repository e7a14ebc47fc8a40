"""Devices for the client's tests: real agents in processes of their own, and puppets that do what a test says.

Run as a program it is ``edge agent`` with a gate: with HOLD_AFTER=N in its environment it makes the file HOLD_MARK
after N steps of the engine, and goes on when HOLD_MARK has gone. Thus a test knows that an answer is half done.
"""

from __future__ import annotations

import json
import os
import queue
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from tests.integration.mosquitto import Mosquitto

if TYPE_CHECKING:
    from typing_extensions import Self

PATIENCE_S = 30.0
ROOT = Path(__file__).resolve().parents[2]


def until(wanted: Callable[[], bool], what: str) -> None:
    """Wait for something that says nothing when it has happened."""
    end = time.monotonic() + PATIENCE_S
    while not wanted():
        assert time.monotonic() < end, f"waited in vain: {what}"
        time.sleep(0.005)


class Gated:
    """A process of this module with its gate. ``mark``: the file that says that it holds."""

    mark: Path
    _process: subprocess.Popen[bytes] | None = None

    def holds(self) -> None:
        """Wait until it stands at its gate."""
        until(self.mark.exists, "the agent at its gate")

    def release(self) -> None:
        """Let it go on."""
        self.mark.unlink()

    def kill(self) -> None:
        """SIGKILL."""
        assert self._process
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        """End it, as a test ends."""
        self.mark.unlink(missing_ok=True)
        if self._process and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(PATIENCE_S)
            finally:
                self._process.kill()
                self._process.wait()


class Board(Gated):
    """A real agent in a process. ``options``: for ``edge agent``."""

    def __init__(self, broker: Mosquitto, name: str, model: Path, folder: Path, *options: str) -> None:
        self.name = name
        self.state = folder / f"{name}-state"
        self.mark = folder / f"{name}-holds"
        self._broker = broker
        self._log = folder / f"{name}.log"
        self._arguments = ["--broker", broker.url, "--name", name, "--model", str(model), "--threads", "1"]
        self._arguments += ["--state", str(self.state), *options]

    def start(self, *, hold_after: int | None = None) -> Board:
        """Start it and wait until it says that it is ready."""
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        if hold_after is not None:
            environment |= {"HOLD_AFTER": str(hold_after), "HOLD_MARK": str(self.mark)}
        with Listener(self._broker.port, f"edge/v1/{self.name}/status") as listener:
            old = listener.retained()
            with self._log.open("ab") as log:
                command = [sys.executable, "-m", "tests.integration.client_boards", "agent", *self._arguments]
                self._process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
            while True:
                try:
                    said = json.loads(listener.heard.get(timeout=PATIENCE_S)[1])
                except queue.Empty:
                    raise AssertionError(f"{self.name} did not start: {self._log.read_text()[-2000:]}") from None
                if said["state"] == "ready" and said != old:
                    return self


class Listener:
    """A plain MQTT client that keeps what it hears."""

    def __init__(self, port: int, *topics: str, tls: ssl.SSLContext | None = None, old: bool = False) -> None:
        self.heard: queue.Queue[tuple[str, bytes]] = queue.Queue()
        self._ready = threading.Event()
        self.client = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv311 if old else paho.MQTTv5)
        if tls:
            self.client.tls_set_context(tls)
        self.client.on_connect = lambda c, *_: c.subscribe([(t, 1) for t in (*topics, "test/fence")])
        self.client.on_subscribe = lambda *_: self._ready.set()
        self.client.on_message = lambda _c, _d, m: self._take(m)
        self.client.connect("localhost" if tls else "127.0.0.1", port)
        self.client.loop_start()
        assert self._ready.wait(PATIENCE_S)

    def _take(self, message: paho.MQTTMessage) -> None:
        self.heard.put((message.topic, bytes(message.payload)))

    def retained(self) -> dict[str, Any] | None:
        """What had been retained before we came, if anything was: the fence comes behind it."""
        self.client.publish("test/fence", b"", qos=1)
        last = None
        while True:
            topic, payload = self.heard.get(timeout=PATIENCE_S)
            if topic == "test/fence":
                return last
            last = json.loads(payload)

    def say(self, topic: str, message: Any, *, retain: bool = False) -> None:
        """Publish and wait until the broker has it."""
        info = self.client.publish(topic, json.dumps(message), qos=1, retain=retain)
        if threading.current_thread() is not self.client._thread:
            info.wait_for_publish(PATIENCE_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.disconnect()
        self.client.loop_stop()


class Puppet(Listener):
    """A device whose answers a test writes.

    ``plays`` is called with each request, in a thread that must not wait; ``prompts`` and ``cancels`` keep what came.
    """

    def __init__(
        self,
        port: int,
        name: str,
        plays: Callable[[Puppet, dict[str, Any]], None] | None,
        *,
        pools: list[str] | None = None,
        **connection: Any,
    ) -> None:
        self.name = name
        self.prompts: queue.Queue[dict[str, Any]] = queue.Queue()
        self.cancels: queue.Queue[dict[str, Any]] = queue.Queue()
        self._plays = plays
        super().__init__(port, f"edge/v1/{name}/prompt", f"edge/v1/{name}/cancel", **connection)
        self.status("ready", "boot1")
        self.say(f"edge/v1/{name}/info", {"model": "puppet", "pools": pools or []}, retain=True)
        self.load()

    def status(self, state: str, boot: str) -> None:
        self.say(f"edge/v1/{self.name}/status", {"state": state, "boot": boot}, retain=True)

    def load(self, **figures: float) -> None:
        report = {"queued": 0, "active": 0, "expected_wait_ms": 0, "tokens_per_s": 12.5} | figures
        self.say(f"edge/v1/{self.name}/health", report, retain=True)

    def reply(self, request: dict[str, Any], **message: Any) -> None:
        self.say(f"{request['reply_to']}/{self.name}", {"id": request["id"], **message})

    def answer(self, request: dict[str, Any], text: str, **more: Any) -> None:
        usage = {"prompt_tokens": 1, "completion_tokens": 1}
        self.reply(request, text=text, finish_reason="stop", usage=usage, timings={}, model="puppet", **more)

    def fail(self, request: dict[str, Any], code: str, **more: Any) -> None:
        self.reply(request, error={"code": code, "message": f"it is {code}", **more})

    def _take(self, message: paho.MQTTMessage) -> None:
        said = json.loads(message.payload or b"null")
        if message.topic.endswith("/cancel"):
            self.cancels.put(said)
        elif message.topic.endswith("/prompt"):
            self.prompts.put(said)
            if self._plays:
                self._plays(self, said)


def _gate(after: int, mark: Path) -> None:
    from edge.inference import Model

    real = Model.step
    steps = 0

    def step(self: Model) -> bool:
        nonlocal steps
        steps += 1
        if steps == after:
            mark.touch()
            while mark.exists():
                time.sleep(0.005)
        return real(self)

    Model.step = step  # type: ignore[method-assign]


if __name__ == "__main__":
    if "HOLD_AFTER" in os.environ:
        _gate(int(os.environ["HOLD_AFTER"]), Path(os.environ["HOLD_MARK"]))
    from edge.cli import main

    sys.exit(main())
