"""The probe of a board's memory: what its Python prints, and what is made of it."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from devices.bandwidth import SCRIPT, measured


def test_every_number_of_processes_reads() -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-"], input=SCRIPT.encode(), capture_output=True, timeout=60, check=True
    )
    assert done.stderr == b""
    reads = measured(b"Welcome!\n" + done.stdout)
    cores = len(os.sched_getaffinity(0))
    assert min(reads) == 1
    assert max(reads) == cores
    assert all(1e8 < rate < 1e13 for rate in reads.values())


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"Python 2.7\n",
        b'{"reads": {}}',
        b'{"reads": []}',
        b'{"reads": {"1": null}}',
        b'{"reads": {"one": 5e9}}',
        b'{"reads": {"1": "5e9"}}',
        b'{"reads": {"1": -5}}',
        b'{"reads": {"1": 1e99}}',
        b"[1]",
    ],
)
def test_what_is_no_answer(said: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        measured(said)


def test_what_had_no_memory_is_left_out() -> None:
    assert measured(b'{"reads": {"1": 5000000000, "2": null}}') == {1: 5e9}
