"""A short fault run, the same faults every time; benchmarks/faults.py does the long one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks import faults
from tests.integration.mosquitto import Mosquitto
from tests.models import write_folder

pytestmark = pytest.mark.slow


def test_nothing_accepted_is_lost_or_misdelivered(mosquitto: Callable[..., Mosquitto], tmp_path: Path) -> None:
    broker = mosquitto()
    out = faults.run(
        broker.port,
        lambda: broker.restart(kill=True),
        write_folder(tmp_path / "model"),
        tmp_path,
        prompts=300,
        askers=10,
        kills=3,
        broker_restarts=2,
        cuts=3,
        seed=7,
        limit_s=240,
    )
    assert (out.kills, out.broker_restarts, out.cuts) == (3, 2, 3)
    assert out.accepted > 100
    assert out.answered == 300
    assert (out.lost, out.misdelivered, out.wrong, out.recomputed, out.errors, out.left_in_store) == (0,) * 6
