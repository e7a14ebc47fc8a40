"""Many questions while boards are killed and the broker forgets: each gets its own right answer."""

from __future__ import annotations

import queue
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import edge
from tests.integration.client_boards import PATIENCE_S, Board
from tests.integration.mosquitto import Mosquitto
from tests.models import write_folder

pytestmark = pytest.mark.slow
QUESTIONS, ASKERS = 240, 12


@pytest.mark.parametrize("target", ["kitchen", "pool:living"])
def test_every_question_gets_its_own_answer(broker: Mosquitto, tmp_path: Path, target: str) -> None:
    folder = write_folder(tmp_path / "tiny")
    boards = [
        Board(broker, name, folder, tmp_path, "--pool", "living", "--rate", "100000", "--queue", "8").start()
        for name in (["kitchen"] if target == "kitchen" else ["kitchen", "hall"])
    ]
    answered: queue.Queue[int] = queue.Queue()

    def ask(client: edge.Client, number: int) -> str:
        how = {"max_tokens": 30, "temperature": 4.0, "seed": number}
        if number % 3:
            text = client.ask(target, f"question {number}", **how).text  # type: ignore[arg-type]
        else:
            *pieces, reply = client.stream(target, f"question {number}", **how)  # type: ignore[arg-type]
            text = "".join(map(str, pieces))
            assert isinstance(reply, edge.Reply)
            assert reply.text == text
        answered.put(number)
        return text

    try:
        with edge.Client(broker.url, timeout=120) as one, edge.Client(broker.url, timeout=120) as other:
            with ThreadPoolExecutor(ASKERS) as threads:
                asked = {n: threads.submit(ask, (one, other)[n % 2], n) for n in range(QUESTIONS)}
                for fault in range(6):
                    for _ in range(QUESTIONS // 8):
                        answered.get(timeout=PATIENCE_S * 4)
                    if fault % 3 == 2:
                        broker.restart(kill=True)
                    else:
                        board = boards[fault % len(boards)]
                        board.kill()
                        board.start()
            said = {n: future.result() for n, future in asked.items()}
    finally:
        for board in boards:
            board.stop()
    with edge.load(folder, threads=1) as model:
        right = {
            n: model.generate(f"question {n}", max_tokens=30, temperature=4.0, seed=n).text for n in range(QUESTIONS)
        }
    assert said == right
