"""Brokers that take very little: short packets, one message at a time."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tests.integration.mosquitto import Mosquitto


def test_a_broker_of_small_packets(
    mosquitto: Callable[..., Mosquitto], mosquitto_clients: dict[str, str], tmp_path: Path
) -> None:
    """An answer that does not fit becomes an error that does; the connection stays, and short answers come."""
    broker = mosquitto("allow_anonymous true\nmax_packet_size 540\nmax_inflight_messages 1")
    command = [sys.executable, "-m", "edge", "agent", "--broker", broker.url, "--name", "board", "--threads", "1"]
    agent = subprocess.Popen([*command, "--state", str(tmp_path)], stderr=subprocess.PIPE, text=True)
    assert agent.stderr
    for line in agent.stderr:
        if "connected" in line:
            break
    reply = "edge/v1/reply/me/board"
    ask = [mosquitto_clients["mosquitto_rr"], "-p", str(broker.port), "-V", "5", "-W", "30", "-e", reply]
    ask += ["-t", "edge/v1/board/prompt", "-m"]
    said = [
        json.loads(subprocess.run([*ask, prompt], check=True, capture_output=True, timeout=60).stdout)
        for prompt in (f"add {'milk and ' * 25}bread to the shopping list", '{"prompt": "turn off", "max_tokens": 1}')
    ]
    agent.send_signal(signal.SIGTERM)
    log = agent.communicate(timeout=30)[1]
    assert said[0]["error"]["code"] == "too_large"
    assert "text" in said[1]
    assert "more than the broker takes" in log
    assert "connection lost" not in log
