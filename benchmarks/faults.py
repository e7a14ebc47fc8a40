"""Fault run: many askers, one agent, and everything between them breaks again and again.

    python -m benchmarks.faults --prompts 10000 --askers 50 --kills 10

A real mosquitto, a real agent process with a small random model, and askers that follow docs/protocol.md with nothing
but paho-mqtt. While they ask, the agent is killed (SIGKILL), the broker is killed and started again, and connections
are cut by a proxy in between. At the end every request that was reported accepted must have been answered, to its own
asker, with the one right text, and no stored answer may have been computed twice.

A shorter run with a fixed seed is part of the tests (tests/integration/test_agent_faults.py).
"""

from __future__ import annotations

import argparse
import contextlib
import json
import random
import selectors
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

import edge

__all__ = ["Outcome", "run"]

DEVICE = "board"
_RETRY_S = 2.0


class Proxy:
    """A TCP proxy to a port of this machine that can cut every connection through it."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._pairs: dict[socket.socket, socket.socket] = {}
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._cut = threading.Event()
        self._end = False
        self._thread = threading.Thread(target=self._loop, daemon=True)
        self._thread.start()

    def cut(self) -> None:
        """Drop all connections without a word."""
        self._cut.set()

    def close(self) -> None:
        self._end = True
        self._thread.join()
        self._listener.close()

    def _loop(self) -> None:
        while not self._end:
            for key, _ in self._selector.select(0.05):
                if isinstance(key.fileobj, socket.socket) and key.fileobj in self._pairs:
                    self._pass_on(key.fileobj)
                elif key.fileobj is self._listener:
                    self._accept()
            if self._cut.is_set():
                self._cut.clear()
                for one in list(self._pairs):
                    self._drop(one)
        for one in list(self._pairs):
            self._drop(one)

    def _accept(self) -> None:
        near, _ = self._listener.accept()
        try:
            far = socket.create_connection(("127.0.0.1", self._target), 1)
        except OSError:  # the broker is down
            near.close()
            return
        for one, other in ((near, far), (far, near)):
            self._pairs[one] = other
            self._selector.register(one, selectors.EVENT_READ)

    def _pass_on(self, one: socket.socket) -> None:
        try:
            data = one.recv(65536)
            if data:
                self._pairs[one].sendall(data)
                return
        except OSError:
            pass
        self._drop(one)

    def _drop(self, one: socket.socket) -> None:
        other = self._pairs.pop(one, None)
        for end in (one, other):
            if end is not None:
                self._pairs.pop(end, None)
                with contextlib.suppress(KeyError, ValueError):
                    self._selector.unregister(end)
                end.close()


@dataclass
class Outcome:
    """What happened. ``duplicated``: answers that came more than once; ``recomputed``: those that then differed."""

    sent: int = 0
    accepted: int = 0
    answered: int = 0
    restarted: int = 0
    duplicated: int = 0
    lost: int = 0
    misdelivered: int = 0
    wrong: int = 0
    recomputed: int = 0
    errors: int = 0
    kills: int = 0
    broker_restarts: int = 0
    cuts: int = 0
    left_in_store: int = -1
    seconds: float = 0.0
    latency_ms: dict[str, float] = field(default_factory=dict)
    private_mb: list[float] = field(default_factory=list)


class Asker:
    """One client: asks its questions one after the other, again with the same id until there is an answer."""

    def __init__(self, index: int, port: int, prompts: list[str]) -> None:
        self.reply = f"edge/v1/reply/asker{index}/{DEVICE}"
        self.prompts = {f"a{index}-{i}": prompt for i, prompt in enumerate(prompts)}
        self.answers: dict[str, list[bytes]] = {}
        self.accepted: set[str] = set()
        self.foreign = self.errors = self.sent = 0
        self.latency: list[float] = []
        self._news = threading.Condition()
        self._client = paho.Client(CallbackAPIVersion.VERSION2, f"asker{index}", protocol=paho.MQTTv5)
        self._client.reconnect_delay_set(1, 2)
        self._client.on_connect = lambda client, *_: client.subscribe(self.reply, 1)
        self._client.on_message = self._heard
        self._client.connect_async("127.0.0.1", port, keepalive=10)
        self._client.loop_start()
        self.thread = threading.Thread(target=self._ask_all, daemon=True)

    def _heard(self, _client: Any, _data: Any, message: paho.MQTTMessage) -> None:
        said = json.loads(message.payload)
        with self._news:
            if said.get("id") not in self.prompts:
                self.foreign += 1
            elif said.get("event") == "accepted":
                self.accepted.add(said["id"])
            elif "event" in said:
                pass  # how far a prompt has been read
            elif "error" in said:
                self.errors += said["error"]["code"] not in ("busy", "rate_limited")
            else:
                self.answers.setdefault(said["id"], []).append(bytes(message.payload))
            self._news.notify_all()

    def _ask_all(self) -> None:
        for request_id, prompt in self.prompts.items():
            payload = json.dumps(
                {"id": request_id, "prompt": prompt, "max_tokens": 24, "events": True, "reply_to": self.reply}
            )
            started = time.monotonic()
            while request_id not in self.answers:
                with contextlib.suppress(ValueError):  # paho's own queue is full while disconnected
                    self._client.publish(f"edge/v1/{DEVICE}/prompt", payload, qos=1)
                self.sent += 1
                with self._news:
                    self._news.wait_for(lambda i=request_id: i in self.answers, _RETRY_S)  # type: ignore[misc]
            self.latency.append(time.monotonic() - started)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


class AgentProcess:
    """The agent under test; killed and started again on the same store."""

    def __init__(self, port: int, model: Path, state: Path, log: Path, threads: int | None = 1) -> None:
        self._command = [sys.executable, "-m", "edge", "agent", "--broker", f"mqtt://127.0.0.1:{port}"]
        self._command += ["--name", DEVICE, "--model", str(model), "--state", str(state), "--rate", "1e9"]
        self._command += ["--queue", "200"] + ([] if threads is None else ["--threads", str(threads)])
        self._log = log.open("ab")
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(self._command, stderr=self._log, stdout=self._log)

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def private_mb(self) -> float | None:
        """Its private memory in 10^6 bytes."""
        try:
            status = Path(f"/proc/{self.process.pid}/status").read_text()
            return int(status.split("RssAnon:")[1].split()[0]) * 1024 / 1e6
        except (OSError, IndexError):
            return None

    def stop(self) -> int:
        self.process.terminate()
        code = self.process.wait(30)
        self._log.close()
        return code


def run(
    port: int,
    restart_broker: Callable[[], None],
    model: Path,
    folder: Path,
    *,
    prompts: int,
    askers: int,
    kills: int,
    broker_restarts: int,
    cuts: int,
    seed: int = 0,
    limit_s: float = 900.0,
) -> Outcome:
    """Do a fault run against the broker on ``port``, which ``restart_broker`` kills and starts; see the module."""
    rng = random.Random(seed)  # noqa: S311 - the same faults for the same seed
    proxy = Proxy(port)
    agent = AgentProcess(proxy.port, model, folder / "state", folder / "agent.log")
    questions = [[f"question {i} of asker {a}" for i in range(prompts // askers)] for a in range(askers)]
    crowd = [Asker(a, proxy.port, asked) for a, asked in enumerate(questions)]
    out = Outcome()

    def kill() -> None:
        agent.kill()
        agent.start()
        out.kills += 1

    def restart() -> None:
        restart_broker()
        out.broker_restarts += 1

    def cut() -> None:
        proxy.cut()
        out.cuts += 1

    faults = [kill] * kills + [restart] * broker_restarts + [cut] * cuts
    rng.shuffle(faults)
    started = time.monotonic()
    for asker in crowd:
        asker.thread.start()
    # Faults are spread over the answers, not over time: every run meets each of them while work is going on.
    marks = [prompts * (i + 1) // (len(faults) + 1) for i in range(len(faults))]
    while any(asker.thread.is_alive() for asker in crowd) and time.monotonic() - started < limit_s:
        done = sum(len(asker.latency) for asker in crowd)
        if faults and done >= marks[-len(faults)]:
            faults.pop(0)()
        if (memory := agent.private_mb()) is not None:
            out.private_mb.append(round(memory, 1))
        time.sleep(0.05)
    out.seconds = round(time.monotonic() - started, 2)
    time.sleep(1)  # for answers on their way a second time
    for asker in crowd:
        asker.close()
    if agent.stop() != 0:
        raise RuntimeError(f"the agent did not stop cleanly; see {folder / 'agent.log'}")
    proxy.close()
    _judge(out, crowd, model)
    with contextlib.closing(sqlite3.connect(folder / "state" / "requests.db")) as db:
        (out.left_in_store,) = db.execute("SELECT count(*) FROM request WHERE answer IS NULL OR sent = 0").fetchone()
    return out


def _judge(out: Outcome, crowd: list[Asker], model: Path) -> None:
    latency = sorted(t for asker in crowd for t in asker.latency)
    with edge.load(model) as reference:
        for asker in crowd:
            out.sent += asker.sent
            out.accepted += len(asker.accepted)
            out.answered += len(asker.answers)
            out.lost += len(asker.accepted - asker.answers.keys())
            out.misdelivered += asker.foreign
            out.errors += asker.errors
            for request_id, copies in asker.answers.items():
                said = json.loads(copies[0])
                out.restarted += "restarts" in said
                out.duplicated += len(copies) - 1
                out.recomputed += any(copy != copies[0] for copy in copies)
                wanted = reference.generate(asker.prompts[request_id], max_tokens=24)
                out.wrong += said["text"] != wanted.text
    for name, share in (("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("max", 1.0)):
        if latency:
            out.latency_ms[name] = round(1000 * latency[min(len(latency) - 1, int(share * len(latency)))], 1)


def main() -> None:
    from benchmarks import report
    from tests.integration.mosquitto import Mosquitto
    from tests.models import write_folder

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("prompts", 10000), ("askers", 50)):
        parser.add_argument(f"--{name}", type=report.count, default=default)
    for name, default in (("kills", 10), ("broker-restarts", 5), ("cuts", 10)):
        parser.add_argument(f"--{name}", type=report.whole(0), default=default)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch, Mosquitto(Path(scratch)) as broker:
        outcome = run(
            broker.port,
            lambda: broker.restart(kill=True),
            write_folder(Path(scratch, "model")),
            Path(scratch),
            **vars(args),
        )
    memory = outcome.private_mb
    table = asdict(outcome) | {"private_mb": {"first": memory[:1], "max": max(memory), "last": memory[-1:]}}
    print(json.dumps(table, indent=2))


if __name__ == "__main__":
    main()
