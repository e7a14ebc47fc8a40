"""docs/scale.md: its sizes are a real agent's, and its arithmetic is right."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from pathlib import Path

from benchmarks.broker import SAMPLE
from edge.messaging.discovery import device_config
from edge.messaging.messages import encode
from tests.integration.mosquitto import Mosquitto

PAGE = (Path(__file__).resolve().parent.parent.parent / "docs/scale.md").read_text(encoding="utf-8")


def row(beginning: str) -> list[float]:
    """The numbers of the table's row that begins so."""
    (line,) = [line for line in PAGE.splitlines() if line.startswith(f"| {beginning}")]
    return [float(n.replace(",", "")) for n in re.findall(r"\d[\d,]*(?:\.\d+)?", line.split("|", 2)[2])]


def test_its_sample_is_what_an_agent_says(broker: Mosquitto, mosquitto_clients: dict[str, str], tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "edge",
        "agent",
        "--broker",
        broker.url,
        "--name",
        "board-000000",
        "--pool",
        "house",
    ]
    agent = subprocess.Popen([*command, "--threads", "1", "--state", str(tmp_path)], stderr=subprocess.DEVNULL)
    said = {}
    try:
        for kind in SAMPLE:
            about = ["-p", str(broker.port), "-W", "30", "-C", "1", "-t", f"edge/v1/+/{kind}"]
            listening = [mosquitto_clients["mosquitto_sub"], *about]
            said[kind] = json.loads(subprocess.run(listening, check=True, capture_output=True, timeout=60).stdout)
    finally:
        agent.send_signal(signal.SIGTERM)
        agent.wait(30)
    for kind, sample in SAMPLE.items():
        # Field for field; values differ, so their sizes are near and not equal. Boards differ in what they know of
        # themselves.
        assert said[kind].keys() == sample.keys()
        mine, theirs = ({k: v for k, v in values.items() if k != "board"} for values in (said[kind], sample))
        assert abs(len(encode(mine)) - len(encode(theirs))) < 40


def test_its_table() -> None:
    sizes = {kind: len(encode(said)) for kind, said in SAMPLE.items()}
    page = len(encode(device_config(SAMPLE["info"])))
    assert row("`status`") == [sizes["status"], sizes["status"] / 10]
    assert row("`info`") == [sizes["info"], sizes["info"] / 10]
    assert row("`health`") == [sizes["health"], sizes["health"] / 10, 10_000]
    assert row("Home Assistant") == [page, round(page / 10)]
    assert f"{sum(sizes.values())} bytes a device, {sum(sizes.values()) // 10} MB" in PAGE
    assert f"{sizes['health'] * 10_000 / 1e6:.1f} MB/s of payload" in PAGE
    for beginning, share in (("memory of the broker: connection", 1e5 / 1e6), ("memory of the broker: the page", 0.1)):
        each, gigabytes = row(beginning)[:2]
        assert abs(each * share - gigabytes) < 0.01
    assert round(100_000 / 60) == 1667
    assert round(20 * 100_000 / 60) == 33333
