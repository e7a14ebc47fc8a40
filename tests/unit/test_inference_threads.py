"""How many threads: what boards say of their processors, and what is made of a measurement."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from cython_kernels import Engine, WeightFile, decode_rates
from edge.errors import EngineError
from edge.inference.processors import Processors, processors
from edge.inference.threads import choose
from tests.models import SMALL, write_model

GB = 1_000_000_000
BIG_MODEL = 861_000_000


def write(root: Path, files: Mapping[str, object]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{text}\n")
    return root


def cores(name: str, *values: int) -> dict[str, object]:
    return {f"sys/devices/system/cpu/cpu{i}/{name}": value for i, value in enumerate(values)}


def caches(*sizes: str) -> dict[str, object]:
    return {f"sys/devices/system/cpu/cpu0/cache/index{i}/size": size for i, size in enumerate(sizes)}


# What /sys of each board shows: capacities, or only clock rates where the kernel has no capacities; caches.
BOARDS = {
    "Pi 5: four A76": (
        cores("cpu_capacity", 1024, 1024, 1024, 1024) | caches("64K", "64K", "512K", "2048K"), 4, (0, 1, 2, 3), 2 << 20,
    ),
    "Pi 4: no word of capacity, equal clocks, no caches": (
        cores("cpufreq/cpuinfo_max_freq", *[1800000] * 4), 4, (0, 1, 2, 3), 0,
    ),
    "RK3588: four A55, four A76 in two clusters": (
        cores("cpu_capacity", 530, 530, 530, 530, 1024, 1024, 1024, 1024) | caches("32K", "32K", "128K", "3072K"),
        8, (4, 5, 6, 7), 3 << 20,
    ),
    "RK3588, kernel of its maker: clock rates alone": (
        cores("cpufreq/cpuinfo_max_freq", *[1800000] * 4, *[2256000] * 2, *[2304000] * 2), 8, (4, 5, 6, 7), 0,
    ),
    "RK3399: four A53, two A72": (cores("cpu_capacity", 485, 485, 485, 485, 1024, 1024), 6, (4, 5), 0),
    "Odroid N2: two A53, four A73": (cores("cpu_capacity", 592, 592, 1024, 1024, 1024, 1024), 6, (2, 3, 4, 5), 0),
    "a phone's chip: one prime, three big, four little": (
        cores("cpu_capacity", 250, 250, 250, 250, 871, 871, 871, 1024), 8, (4, 5, 6, 7), 0,
    ),
    "Orin Nano: six A78AE": (cores("cpu_capacity", *[1024] * 6), 6, (0, 1, 2, 3, 4, 5), 0),
    "nothing is known": ({}, 3, (0, 1, 2), 0),
    "a file with nonsense": (cores("cpu_capacity", 1024, 1024) | {"sys/devices/system/cpu/cpu1/cpu_capacity": "?"},
                             2, (0, 1), 0),
}  # fmt: skip


@pytest.mark.parametrize("board", BOARDS)
def test_the_big_cores_of_boards(tmp_path: Path, board: str) -> None:
    files, count, big, cache = BOARDS[board]
    found = processors(write(tmp_path, files), range(count))
    assert (found.big, found.cache, found.quota) == (big, cache, None)
    assert found.threads == len(big)
    assert found.unequal == (len(big) < count)


def test_big_is_what_is_biggest_of_the_allowed(tmp_path: Path) -> None:
    root = write(tmp_path, cores("cpu_capacity", 530, 530, 530, 530, 1024, 1024, 1024, 1024))
    assert processors(root, (1, 2, 3)).big == (1, 2, 3)
    assert processors(root, (0, 1, 5)).big == (5,)


@pytest.mark.parametrize(
    ("files", "threads"),
    [
        ({"proc/self/cgroup": "0::/app", "sys/fs/cgroup/app/cpu.max": "250000 100000"}, 2),
        ({"proc/self/cgroup": "0::/app", "sys/fs/cgroup/app/cpu.max": "max 100000"}, 4),
        ({"proc/self/cgroup": "0::/app", "sys/fs/cgroup/app/cpu.max": "50000 100000"}, 1),
        ({"proc/self/cgroup": "0::/a/b", "sys/fs/cgroup/a/cpu.max": "300000 100000"}, 3),  # its parent's
        ({"proc/self/cgroup": "0::/docker/1", "sys/fs/cgroup/cpu.max": "200000 100000"}, 2),  # a container's own
        ({"proc/self/cgroup": "0::/a", "sys/fs/cgroup/a/cpu.max": "nonsense here"}, 4),
        (
            {
                "proc/self/cgroup": "4:cpu,cpuacct:/box\n3:memory:/\n0::/",
                "sys/fs/cgroup/cpu,cpuacct/box/cpu.cfs_quota_us": "350000",
                "sys/fs/cgroup/cpu,cpuacct/box/cpu.cfs_period_us": "100000",
            },
            3,
        ),
        (
            {
                "proc/self/cgroup": "1:cpu:/",
                "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "150000",
                "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000",
            },
            1,
        ),
        (
            {
                "proc/self/cgroup": "1:cpu:/",
                "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1",
                "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000",
            },
            4,
        ),
        ({"proc/self/cgroup": "1:cpu:/", "sys/fs/cgroup/unified/cpu.max": "max 0"}, 4),
        ({"proc/self/cgroup": "rubbish", "sys/fs/cgroup/cpu.max": "100000 0"}, 4),
    ],
)
def test_quotas(tmp_path: Path, files: dict[str, object], threads: int) -> None:
    assert processors(write(tmp_path, files), range(4)).threads == threads


def measured(*rates: float, share: float = 1.0):
    """A machine on which n threads reach rates[n - 1] GB/s; counts how often it is asked."""

    def measure(counts: list[int], _cpus: tuple[int, ...], size: int) -> tuple[dict[int, float], float]:
        assert size >= 32 << 20
        measure.calls += 1  # type: ignore[attr-defined]
        return {n: rates[n - 1] * GB for n in counts}, share

    measure.calls = 0  # type: ignore[attr-defined]
    return measure


PI5 = Processors((0, 1, 2, 3), (0, 1, 2, 3), None, 2 << 20)
RK3588 = Processors(tuple(range(8)), (4, 5, 6, 7), None, 3 << 20)


@pytest.mark.parametrize(
    ("machine", "rates", "decode", "cpus"),
    [
        (PI5, (9.3, 13.2, 12.4, 11.6), 2, ()),
        (PI5, (9.3, 13.2, 13.6, 13.7), 2, ()),  # within noise: fewer
        (PI5, (3.0, 3.1, 3.1, 3.1), 1, ()),
        (RK3588, (9.0, 17.0, 22.0, 22.8), 3, (4, 5, 6, 7)),
        (RK3588, (6.0, 12.0, 17.0, 23.0), 4, (4, 5, 6, 7)),
    ],
)
def test_as_few_as_read_memory_at_full_speed(
    tmp_path: Path, machine: Processors, rates: tuple[float, ...], decode: int, cpus: tuple[int, ...]
) -> None:
    chosen = choose("auto", BIG_MODEL, machine=machine, measure=measured(*rates), memory=tmp_path / "threads.json")
    assert (chosen.count, chosen.decode, chosen.cpus) == (4, decode, cpus)
    assert f"{rates[decode - 1]:.1f} with {decode}" in chosen.why


def test_a_measurement_is_remembered(tmp_path: Path) -> None:
    memory, measure = tmp_path / "new" / "threads.json", measured(9.3, 13.2, 12.4, 11.6)
    first = choose("auto", BIG_MODEL, machine=PI5, measure=measure, memory=memory)
    again = choose("auto", BIG_MODEL, machine=PI5, measure=measure, memory=memory)
    assert (measure.calls, again.decode) == (1, first.decode)
    assert again.why == first.why.replace("measured now", "measured before")
    choose("auto", BIG_MODEL, machine=RK3588, measure=measure, memory=memory)  # another machine, same folder
    assert (measure.calls, len(json.loads(memory.read_text()))) == (2, 2)
    assert list(memory.parent.iterdir()) == [memory]


@pytest.mark.parametrize(
    "damage",
    [b"", b"{", b"[]", b"null", b"\xff\x00", b'{"KEY": 3}', b'{"KEY": {"1": 1e9}}', b'{"KEY": {"1": -1, "4": 1}}',
     b'{"KEY": {"1": "x", "4": 1}}', b'{"KEY": {"1": 1e9, "4": 1e999}}', b'{"KEY": {"1": 1, "4": 2, "9": 3}}',
     b"[" * 100_000, b'{"a": ' + b"[" * 900 + b"]" * 900 + b"}"],
)  # fmt: skip
def test_a_damaged_memory_is_measured_again(tmp_path: Path, damage: bytes) -> None:
    memory, measure = tmp_path / "threads.json", measured(9.3, 13.2, 12.4, 11.6)
    choose("auto", BIG_MODEL, machine=PI5, measure=measure, memory=memory)
    (key,) = json.loads(memory.read_text())
    memory.write_bytes(damage.replace(b"KEY", json.dumps(key)[1:-1].encode()))
    assert choose("auto", BIG_MODEL, machine=PI5, measure=measure, memory=memory).decode == 2
    assert measure.calls == 2


def test_a_memory_that_cannot_be_kept_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "folder").mkdir()
    for memory in (tmp_path / "file" / "threads.json", tmp_path / "folder"):
        chosen = choose("auto", BIG_MODEL, machine=PI5, measure=measured(9.3, 13.2, 12.4, 11.6), memory=memory)
        assert chosen.decode == 2
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "folder"]


def test_what_was_measured_on_a_busy_machine_does_not_count(tmp_path: Path) -> None:
    memory = tmp_path / "threads.json"
    chosen = choose("auto", BIG_MODEL, machine=PI5, measure=measured(9, 9, 9, 9, share=0.6), memory=memory)
    assert (chosen.count, chosen.decode) == (4, 4)
    assert "other programs" in chosen.why
    assert not memory.exists()


def test_more_processors_than_the_engine_takes(tmp_path: Path) -> None:
    machine = Processors(tuple(range(384)), tuple(range(384)), None, 1 << 30)
    assert choose("auto", BIG_MODEL, machine=machine, memory=tmp_path / "threads.json").count == 256


def test_where_nothing_needs_measuring(tmp_path: Path) -> None:
    def never(*_: object) -> tuple[dict[int, float], float]:
        raise AssertionError

    memory = tmp_path / "threads.json"
    quota = Processors((0, 1, 2, 3), (0, 1, 2, 3), 1.9, 2 << 20)
    server = Processors((0, 1, 2, 3), (0, 1, 2, 3), None, 64 << 20)
    for machine, size, wanted in ((quota, BIG_MODEL, 1), (PI5, 600_000, 1), (server, 20_000_000, 4)):
        assert choose("auto", size, machine=machine, measure=never, memory=memory).decode == wanted
    chosen = choose(3, BIG_MODEL, machine=RK3588, measure=never, memory=memory)
    assert (chosen.count, chosen.decode, chosen.cpus) == (3, 3, (4, 5, 6, 7))
    assert choose(6, BIG_MODEL, machine=RK3588, measure=never, memory=memory).cpus == ()


@pytest.mark.parametrize("wanted", [0, -1, 257, 1.5, True, "2", "Auto", None])
def test_nonsense_is_refused(wanted: object) -> None:
    with pytest.raises(EngineError, match="threads is"):
        choose(wanted, BIG_MODEL, machine=PI5)  # type: ignore[arg-type]


def test_kernels_that_are_not_there_are_the_users_mistake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGE_ISA", "sse9")
    with pytest.raises(EngineError, match="unknown instruction set 'sse9'"):
        choose("auto", BIG_MODEL, machine=PI5, memory=tmp_path / "threads.json")


@pytest.mark.kernels
def test_rates_of_this_machine() -> None:
    rates, share = decode_rates([1, 2, 3], size=1 << 20, seconds=0.001)
    assert (rates > 0).all()
    assert share > 0
    for wrong in ([], [0], [257]):
        with pytest.raises(ValueError, match="1 to 256 threads"):
            decode_rates(wrong)


@pytest.mark.kernels
def test_same_bytes_whoever_takes_part_and_wherever_they_run(tmp_path: Path) -> None:
    """Runs of one, some and all threads in turn, on a model large enough to wake them."""
    spec = dataclasses.replace(SMALL, layers=2, hidden=512, heads=8, kv_heads=4, head_dim=64, inter=1536, vocab=700)
    write_model(tmp_path / "m", spec)
    ids = np.random.default_rng(3).integers(0, spec.vocab, 40).astype(np.int32)
    with WeightFile(tmp_path / "m") as file:
        answers = []
        for options in ({}, {"threads": 4, "decode_threads": 2}, {"threads": 3, "decode_threads": 1, "cpus": [0]},
                        {"threads": 2, "cpus": [0, 1, 5000]}):  # fmt: skip
            engine, out = Engine(file, **options), []
            at = 0
            for n in (1, 20, 1, 2, 1, 12, 3):
                part, positions = ids[at : at + n].copy(), np.arange(at, at + n, dtype=np.int32)
                out.append(engine.step(part, np.zeros(n, np.int32), positions, np.arange(n, dtype=np.int32)))
                at += n
            answers.append(np.concatenate(out))
    assert all(np.array_equal(answer, answers[0]) for answer in answers)
