"""The arithmetic of `edge fit`: against what engines were measured at, and against its own ceilings."""

from __future__ import annotations

from dataclasses import replace

import pytest

from devices import fit
from devices.boards import Rates, Reads, boards, cores, find
from devices.sizing import share
from edge.inference.shapes import INSTRUCT, RANKING, SHAPES
from edge.inference.sizes import kv_bytes, stored, work

TWO_BILLION = fit.Model(**work(SHAPES["bitnet-2b4t"]))
FAST = Rates(15, 29, {"int8": 15}, norm=1, quantise=1, gate=2)
SLOW = Rates(0.5, 1, {"int8": 0.5}, norm=1, quantise=1, gate=2)
PUBLISHED = [(board, one) for board in boards() for one in board.published]


@pytest.mark.parametrize(("board", "one"), PUBLISHED, ids=[f"{b.id}-{o.engine}-{o.threads}" for b, o in PUBLISHED])
def test_published_speeds_come_out_within_a_quarter(board, one) -> None:
    assert board.reads.at(one.threads) / one.mb / 1e6 == pytest.approx(one.tok_s, rel=0.25)


@pytest.mark.parametrize(
    ("engine", "mb", "measured"),
    [
        ("ik_llama.cpp IQ2_BN_R4, Q6_K", 795, 39.1),
        ("ik_llama.cpp IQ2_BN, Q6_K", 795, 37.8),
        ("bitnet.cpp I2_S, Q6_K", 795, 34.1),
        ("bitnet.cpp I2_S, f16", 1183, 28.4),
    ],
)
def test_peers_at_the_wall_of_an_x86_machine(engine: str, mb: float, measured: float) -> None:
    """Two threads on two Zen 4 cores, whose memory was read at 33 to 35 GB/s in the same hour."""
    least, most = (rate * 1e3 / mb for rate in (33, 35))
    assert min(abs(least - measured), abs(most - measured)) < 0.25 * measured


@pytest.mark.parametrize("board", [b for b in boards() if b.reads], ids=lambda board: str(board.id))
def test_the_lower_of_two_ceilings_binds(board) -> None:
    for threads in (1, board.cores[0].count):
        ghz = board.cores[0].ghz
        fast, slow = (fit.predict(TWO_BILLION, threads, ghz, board.reads, rates) for rates in (FAST, SLOW))
        wall = board.reads.at(threads) / TWO_BILLION.read()
        assert slow.decode < fast.decode <= wall
        assert fast.memory == slow.memory == pytest.approx(wall)
        assert slow.bound == "processor"
        assert slow.decode == slow.processor
        assert slow.prompt is not None
        assert fast.prompt is not None
        assert slow.prompt < fast.prompt


def test_handing_over_between_phases_costs() -> None:
    one, two = (fit.predict(TWO_BILLION, n, 2.0, 1e9, FAST) for n in (1, 2))
    assert 1 / two.decode - 1 / one.decode == pytest.approx(6e-6 * TWO_BILLION.layers)


def test_without_the_cores_only_memory_is_known() -> None:
    speed = fit.predict(TWO_BILLION, 4, 2.0, Reads({1: 10.0}, "measured", "somebody"), None)
    assert (speed.processor, speed.prompt, speed.bound) == (None, None, "memory")
    assert speed.decode == speed.memory == pytest.approx(1e10 / TWO_BILLION.read())
    with pytest.raises(ValueError, match="neither"):
        fit.predict(TWO_BILLION, 4, 2.0, None, None)


def test_no_more_threads_than_pay() -> None:
    assert fit.fewest({1: 9.0, 2: 13.0, 3: 12.5, 4: 11.6}) == 2
    assert fit.fewest({1: 10.0, 2: 10.1, 3: 10.15, 4: 11.0}) == 4
    assert fit.fewest({1: 5.0}) == 1
    found = fit.estimate(TWO_BILLION, fit.Place.of(find("pi5")))
    assert found is not None
    assert found.kind == "about"
    pi5 = found.speed
    assert (pi5.threads, pi5.bound) == (2, "memory")
    assert pi5.decode == pytest.approx(15.2, rel=0.02)
    # All four cores read a prompt: that of two would be half.
    alone = fit.predict(TWO_BILLION, 2, 2.4, find("pi5").reads, cores()["Cortex-A76"])
    assert alone.prompt is not None
    assert pi5.prompt is not None
    assert pi5.prompt > 1.8 * alone.prompt


def test_what_was_not_measured_whole_is_a_bound() -> None:
    thor, nano = (fit.Place.of(find(name)) for name in ("thor", "orin-nano"))
    at_most = fit.estimate(TWO_BILLION, thor)
    assert at_most is not None
    assert at_most.kind == "at most"
    assert at_most.speed == fit.ceiling(TWO_BILLION, thor)
    assert at_most.speed.decode < 273e9 / TWO_BILLION.read()
    at_least, most = fit.estimate(TWO_BILLION, nano), fit.ceiling(TWO_BILLION, nano)
    assert at_least is not None
    assert most is not None
    assert at_least.kind == "at least"
    assert at_least.speed.decode < most.decode
    unknown = fit.Place.of(find("aarch64"))
    assert fit.estimate(TWO_BILLION, unknown) is None
    assert fit.ceiling(TWO_BILLION, unknown) is None


def test_the_best_model_follows_instructions_and_is_the_largest_that_is_fast_enough() -> None:
    models = {name: fit.Model(**work(spec)) for name, spec in SHAPES.items()}
    pi5, zero = fit.Place.of(find("pi5")), fit.Place.of(find("zero2w"))

    def best(place: fit.Place, total: int, least: float) -> str | None:
        found = fit.preferred(models, place, total, least, RANKING)
        return found and found[0]

    sizes = dict(pi5.memories)
    # Larger ones would fit as well, but they are base models: bitnet-3b with 2 GB, llama3-8b with 8.
    assert best(pi5, sizes[2], 5) == "bitnet-2b4t"
    assert best(pi5, sizes[8], 5) == "bitnet-2b4t"  # better than falcon3-7b, by its authors
    # None that follows instructions is as fast: better a base model than none.
    assert best(pi5, sizes[8], 30) == "bitnet-0.7b"
    assert best(pi5, sizes[8], 20) == "falcon3-1b"
    assert best(pi5, sizes[8], 100) == "bitnet-0.7b"  # the fastest, as none is as fast as that
    assert best(zero, dict(zero.memories)[0.5], 5) is None
    assert best(fit.Place.of(find("aarch64")), sizes[8], 5) is None


def test_models_are_ranked_by_what_they_were_trained_for() -> None:
    assert sorted(RANKING) == sorted(SHAPES)
    assert set(RANKING[: len(INSTRUCT)]) == INSTRUCT
    sizes = [SHAPES[name] for name in RANKING if name != "bitnet-2b4t"]
    counted = [fit.Model(**work(spec)).ternary for spec in sizes]
    for kind in (counted[: len(INSTRUCT) - 1], counted[len(INSTRUCT) - 1 :]):
        assert kind == sorted(kind, reverse=True)


def test_room_for_a_conversation_comes_before_instructions() -> None:
    base = replace(TWO_BILLION, weights=400_000_000)
    place = fit.Place("", (), 4, 2.4, FAST, Reads({1: 10.0}, "measured", "somebody"))
    models = {"instruct": TWO_BILLION, "base": base}
    for total in range(1200 << 20, 2200 << 20, 25 << 20):
        room = share(total, TWO_BILLION.appetite)
        found = fit.preferred(models, place, total, 5, ("instruct", "base"))
        assert found is not None
        assert found[0] == ("instruct" if room and room.context >= fit.CONTEXT else "base")


def test_a_model_in_the_cache_is_bound_by_the_processor() -> None:
    small = replace(TWO_BILLION, weights=2 << 20, per_token=2 << 20, ternary=4_000_000, head=500_000)
    pi5 = fit.Place.of(find("pi5"))
    found = fit.estimate(small, pi5)
    assert found is not None
    assert (found.kind, found.speed.bound, found.speed.memory) == ("at most", "processor", None)
    assert fit.estimate(small, fit.Place.of(find("xavier-nx"))) is None  # whose cores nobody has counted


def test_one_core_says_nothing_of_how_many_threads_serve() -> None:
    one, several = (fit.estimate(TWO_BILLION, fit.Place.of(find(name))) for name in ("agx-orin-32gb", "agx-orin"))
    assert one is not None
    assert several is not None
    assert (one.threads, several.threads) == (None, 12)


def test_what_a_model_takes() -> None:
    spec = SHAPES["bitnet-2b4t"]
    assert TWO_BILLION.weights == stored(spec) == TWO_BILLION.per_token
    assert TWO_BILLION.position == kv_bytes(spec, 1) == 76_800
    assert TWO_BILLION.read() == pytest.approx(855e6, rel=0.01)
    untied = fit.Model(**work(SHAPES["falcon3-1b"]))
    assert untied.per_token < untied.weights
    half = fit.Model(**work(spec, "int8"))
    assert half.position < 0.53 * TWO_BILLION.position
    assert fit.Model(**work(replace(spec, sub_norms=False))).normed < TWO_BILLION.normed
