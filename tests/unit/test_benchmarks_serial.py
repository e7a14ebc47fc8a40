"""The benchmark of the serial transport is also its longest test: here a few thousand frames of its million."""

from __future__ import annotations

import random

import pytest

from benchmarks import serial
from edge.messaging import frames


@pytest.mark.parametrize("per_byte", [0, 1e-4, 2e-3])
def test_no_wrong_frame_and_no_question_without_an_answer(per_byte: float) -> None:
    row = serial.noise(921_600, per_byte, 6000, seed=2)
    assert row["frames sent"] >= 6000
    assert (row["wrong frames"], row["wrong answers"], row["open"]) == (0, 0, 0)
    assert row["answered"] == row["questions"] > 100
    assert bool(row["faults"]) == bool(per_byte)


def test_the_audit_would_notice_a_wrong_frame() -> None:
    with serial.Audit() as audit:
        stranger = audit._encode(b"never sent")  # not by way of the audit
        assert frames.decode(stranger[:-1]) == b"never sent"
    assert (audit.accepted, audit.wrong) == (1, 1)


def test_the_channel_loses_nothing_when_nothing_happens_and_does_everything_when_much_does() -> None:
    data = bytes(range(256)) * 200
    for rate in (0, 0.02):
        channel = serial.Channel(921_600, rate, random.Random(5))  # noqa: S311 - has to repeat
        channel.write(data)
        got = b"".join(channel.read() for _ in range(5000))
        assert (got == data) == (rate == 0)
        assert all(count > 0 for count in channel.faults.values()) == (rate > 0)
