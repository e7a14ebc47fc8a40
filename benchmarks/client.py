"""What asking costs, and how fast a large fleet is seen.

    python -m benchmarks.client [--devices 1000]

A real mosquitto and a real agent process with the built-in model on this machine. The same prompt is answered by
``Model.generate`` in this process and by the agent, in turns, so that both meet the same noise. The fleet is what its
devices leave at the broker: three retained messages each.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import edge
from benchmarks import report
from edge.checkpoints.library import resolve
from tests.integration.client_boards import Board, Listener
from tests.integration.mosquitto import Mosquitto

SENTENCE = "turn off the kitchen lights"


def _milliseconds(does: Callable[[], object]) -> float:
    begin = time.perf_counter()
    does()
    return 1000 * (time.perf_counter() - begin)


def _at(values: list[float], share: float) -> float:
    return round(sorted(values)[int(share * (len(values) - 1))], 2)


def latency(client: edge.Client, model: edge.Model, tokens: int, rounds: int) -> dict[str, float]:
    """Direct and asked, in turns."""
    direct, asked = [], []
    for _ in range(rounds):
        direct.append(_milliseconds(lambda: model.generate(SENTENCE, max_tokens=tokens, temperature=0)))
        asked.append(_milliseconds(lambda: client.ask("kitchen", SENTENCE, max_tokens=tokens, temperature=0)))
    return {
        "tokens": tokens,
        "direct_ms": _at(direct, 0.5),
        "asked_ms": _at(asked, 0.5),
        "asked_p99_ms": _at(asked, 0.99),
        "overhead_ms": round(_at(asked, 0.5) - _at(direct, 0.5), 2),
    }


def throughput(client: edge.Client, threads: int, count: int) -> float:
    """Questions a second when so many threads ask."""
    with ThreadPoolExecutor(threads) as pool:
        begin = time.perf_counter()
        list(pool.map(lambda _: client.ask("kitchen", SENTENCE, max_tokens=8), range(count)))
    return round(count / (time.perf_counter() - begin), 1)


def fleet(broker: Mosquitto, devices: int) -> dict[str, float]:
    """Seconds until all devices are known: the command as a whole, and a client's own call."""
    with Listener(broker.port) as publisher:
        for i in range(devices):
            for kind, message in {
                "status": {"state": "ready", "boot": "b"},
                "info": {"device": f"board{i:06}", "model": "home", "pools": ["all"]},
                "health": {"tokens_per_s": 20.0, "owed": 0, "expected_wait_ms": 0, "at": 1_700_000_000},
            }.items():
                publisher.client.publish(f"edge/v1/board{i:06}/{kind}", json.dumps(message), qos=0, retain=True)
        publisher.say("bench/last", "")
    begin = time.perf_counter()
    command = [sys.executable, "-m", "edge", "devices", "--broker", broker.url]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.count("\n")
    whole = time.perf_counter() - begin
    with edge.Client(broker.url) as client:
        call = _milliseconds(client.devices) / 1000
    return {"devices": lines - 1, "command_s": round(whole, 2), "call_s": round(call, 2)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--devices", type=report.count, default=1000)
    parser.add_argument("--rounds", type=report.count, default=200)
    args = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as name,
        Mosquitto(Path(name, "broker")) as broker,
        edge.load("home", threads=1) as model,
    ):
        board = Board(broker, "kitchen", resolve("home"), Path(name), "--rate", "1000000", "--queue", "1000").start()
        try:
            with edge.Client(broker.url) as client:
                client.ask("kitchen", SENTENCE)
                print(json.dumps({"latency": [latency(client, model, n, args.rounds) for n in (1, 64)]}))
                print(json.dumps({"questions_per_s": {str(n): throughput(client, n, 400) for n in (1, 8, 50)}}))
        finally:
            board.stop()
        print(json.dumps({"fleet": fleet(broker, args.devices)}))


if __name__ == "__main__":
    main()
