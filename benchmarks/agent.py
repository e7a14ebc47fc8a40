"""What the agent costs beside the model: latency, the first piece, batching, idling.

    python -m benchmarks.agent [--shape bitnet-2b4t]

A real mosquitto and a real agent process on this machine. Each latency is compared with the same prompt answered by
``Model.generate`` in this process, in turns, so that both meet the same noise; medians are reported.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import edge
from benchmarks import report
from benchmarks.faults import DEVICE, AgentProcess
from edge.inference.shapes import SHAPES, random_model
from edge.messaging.broker import broker_from_url
from edge.messaging.events import Message
from edge.messaging.mqtt import Link
from tests.integration.mosquitto import Mosquitto

REPLY = f"edge/v1/reply/bench/{DEVICE}"
SENTENCE = "turn off the kitchen lights"


class Asker:
    """Asks and notes when what came back."""

    def __init__(self, port: int) -> None:
        self._news = threading.Condition()
        self._heard: dict[str, list[tuple[float, dict[str, Any]]]] = {}
        self._count = 0
        self._link = Link(
            broker_from_url(f"mqtt://127.0.0.1:{port}"),
            f"bench-{port}-{id(self)}",
            subscribe=[REPLY, f"edge/v1/{DEVICE}/status"],
        )
        self._link.start()
        threading.Thread(target=self._listen, daemon=True).start()
        self.wait("status", lambda m: m.get("state") == "ready")

    def _listen(self) -> None:
        while True:
            event = self._link.events.get()
            if isinstance(event, Message):
                now, said = time.perf_counter(), json.loads(event.payload)
                self._link.ack(event)
                with self._news:
                    self._heard.setdefault(said.get("id", "status"), []).append((now, said))
                    self._news.notify_all()

    def close(self) -> None:
        self._link.stop()

    def ask(self, prompt: str, **fields: Any) -> str:
        """Send a request; returns its id."""
        self._count += 1
        request = {"id": f"q{self._count}", "prompt": prompt, "reply_to": REPLY, **fields}
        self._link.publish(f"edge/v1/{DEVICE}/prompt", json.dumps(request).encode())
        return str(request["id"])

    def wait(self, request_id: str, wanted: Any = lambda m: "event" not in m) -> tuple[float, dict[str, Any]]:
        """When the first message of a request that is ``wanted`` came, and what it says."""

        def found() -> tuple[float, dict[str, Any]] | None:
            return next((h for h in self._heard.get(request_id, []) if wanted(h[1])), None)

        with self._news:
            self._news.wait_for(found, 600)
            got = found()
        if got is None:
            raise TimeoutError(request_id)
        return got


def latency(asker: Asker, model: edge.Model, rounds: int) -> dict[str, float]:
    """Milliseconds that MQTT, store and queue add to an answer, and to its first piece."""
    direct, asked, first_direct, first_asked = [], [], [], []
    for _ in range(rounds):
        start = time.perf_counter()
        stream = model.stream(SENTENCE)
        next(stream)
        first_direct.append(time.perf_counter() - start)
        for _piece in stream:
            pass
        direct.append(time.perf_counter() - start)
        start = time.perf_counter()
        asked.append(asker.wait(asker.ask(SENTENCE))[0] - start)
        start = time.perf_counter()
        first_asked.append(asker.wait(asker.ask(SENTENCE, stream=True), lambda m: m.get("event") == "piece")[0] - start)
        time.sleep(0.01)

    def median_ms(values: list[float]) -> float:
        return round(1000 * statistics.median(values), 3)

    return {
        "direct_ms": median_ms(direct),
        "asked_ms": median_ms(asked),
        "added_ms": median_ms([a - d for a, d in zip(asked, direct, strict=True)]),
        "first_token_ms": median_ms(first_direct),
        "first_piece_ms": median_ms(first_asked),
        "first_piece_added_ms": median_ms([a - d for a, d in zip(first_asked, first_direct, strict=True)]),
    }


def together(asker: Asker, count: int = 8, tokens: int = 64) -> dict[str, float]:
    """Tokens per second of ``count`` requests (16 tokens in, ``tokens`` out), one after another and at once."""
    prompts = [f"number {i} of {count}"[:15].ljust(15, ".") for i in range(count)]
    start = time.perf_counter()
    for prompt in prompts:
        asker.wait(asker.ask(prompt, max_tokens=tokens))
    single = time.perf_counter() - start
    start = time.perf_counter()
    ids = [asker.ask(prompt, max_tokens=tokens) for prompt in prompts]
    done = [asker.wait(i)[1]["usage"]["completion_tokens"] for i in ids]
    at_once = time.perf_counter() - start
    return {
        "one_after_another_tok_s": round(sum(done) / single, 2),
        "at_once_tok_s": round(sum(done) / at_once, 2),
        "gain": round(single / at_once, 2),
    }


def idle(pid: int, seconds: float) -> dict[str, float]:
    """Processor share and private memory of a process that has nothing to do."""

    def ticks() -> int:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
        return int(fields[11]) + int(fields[12])

    before = ticks()
    time.sleep(seconds)
    used = (ticks() - before) / os.sysconf("SC_CLK_TCK")
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    private = int(status.split("RssAnon:")[1].split()[0]) * 1024 / 1e6
    return {"cpu_percent": round(100 * used / seconds, 3), "private_mb": round(private, 1)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--shape", choices=SHAPES, metavar="SHAPE", help="also measure batching, with random weights of this shape"
    )
    parser.add_argument("--rounds", type=report.count, default=100)
    parser.add_argument("--idle", type=report.seconds, default=20.0, help="seconds of idling to measure")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch, Mosquitto(Path(scratch)) as broker:
        folder = Path(scratch)
        result: dict[str, Any] = {}
        agent = AgentProcess(broker.port, Path("home"), folder / "home", folder / "log")
        asker = Asker(broker.port)
        with edge.load("home", threads=1) as model:
            latency(asker, model, 10)
            result["home"] = latency(asker, model, args.rounds)
        result["idle"] = idle(agent.process.pid, args.idle)
        asker.close()
        agent.stop()
        if args.shape:
            agent = AgentProcess(broker.port, _folder(args.shape, folder), folder / "big", folder / "log", threads=None)
            asker = Asker(broker.port)
            asker.wait(asker.ask("warm up", max_tokens=8))
            result[args.shape] = together(asker)
            asker.close()
            agent.stop()
    print(json.dumps(result, indent=2))


def _folder(shape: str, scratch: Path) -> Path:
    """A model folder of random weights, with bytes as tokens."""
    from edge.checkpoints.library import cache_folder

    folder = scratch / shape
    folder.mkdir()
    (folder / "model.safetensors").symlink_to(random_model(shape, cache_folder() / "shapes"))
    settings = {"tokenizer_class": "ByteTokenizer", "bos_token_id": 256, "eos_token_id": 257}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings), encoding="utf-8")
    return folder


if __name__ == "__main__":
    main()
