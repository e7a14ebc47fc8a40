"""The registry: that what it says of boards is whole, in order, and agrees with itself and with the engine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from devices.boards import Reads, UnknownBoard, boards, cores, find
from devices.facts import Facts
from devices.fit import usable_memory
from edge.inference.shapes import CHECKPOINTS, SHAPES
from edge.inference.sizes import kv_read, parameters
from tests.unit import board_trees

SPEED = Path(__file__).resolve().parents[2] / "docs/speed/boards.json"
#: Those that were promised.
PROMISED = {
    *("zero2w", "pi3b", "pi3b+", "pi4", "pi400", "cm4", "pi5", "pi500", "cm5", "jetson-nano", "tx2", "xavier-nx"),
    *("agx-xavier", "orin-nano", "orin-nx-8gb", "orin-nx-16gb", "agx-orin", "thor", "orange-pi-5", "rock-5b"),
    *("aarch64", "x86-64"),
}
KNOWN_BY_NAME = [board for board in boards() if board.compatible and board.cores]


def test_the_promised_boards_are_there() -> None:
    assert {board.id for board in boards()} >= PROMISED


def test_no_two_boards_share_a_name_or_a_string() -> None:
    for names in (
        [board.id for board in boards()],
        [board.name for board in boards()],
        [name for board in boards() for name in board.compatible],
    ):
        assert len(names) == len(set(names))


@pytest.mark.parametrize("board", KNOWN_BY_NAME, ids=lambda board: str(board.id))
def test_a_board_is_well_described(board) -> None:
    assert list(board.memory_gb) == sorted(board.memory_gb)
    assert all(size > 0 for size in board.memory_gb)
    assert all(c.count > 0 and 0.5 < c.ghz < 4 for c in board.cores)
    assert board.memory_cgroup in {None, "off"}
    assert set(board.power) <= {"pmic", "ina3221", "ina238", "rapl"}
    first = board.cores[0].design
    assert first == "Carmel" or cores()[first].isa == board.isa
    assert board.peak_gb_s is not None
    if board.reads is not None:
        assert board.reads.source
        # Nothing reads faster than its memory delivers.
        assert max(board.reads.gb_s.values()) < board.peak_gb_s
        assert max(board.reads.gb_s) <= board.cores[0].count
    for one in board.published:
        assert one.source
        assert one.threads <= board.cores[0].count


def test_what_one_core_reads_is_called_a_lower_bound() -> None:
    for board in boards():
        if board.reads is not None and max(board.reads.gb_s) == 1:
            assert board.reads.kind == "at least", board.id


@pytest.mark.parametrize(
    ("compatible", "known"),
    [
        *((f"xunlong,orangepi-5-{name}", "orange-pi-5-max") for name in ("pro", "max", "ultra")),
        ("radxa,rock-5b-plus", "rock-5b+"),
        ("radxa,rock-5b", "rock-5b"),
    ],
)
def test_boards_with_faster_memory_are_not_taken_for_their_siblings(compatible: str, known: str) -> None:
    (board,) = (board for board in boards() if compatible in board.compatible)
    assert board.id == known


@pytest.mark.parametrize("board", [b for b in boards() if b.published], ids=lambda board: str(board.id))
def test_what_other_engines_read_for_a_token(board) -> None:
    head_bits = {"f16 head": 16, "Q6_K head": 6.5625}
    for one in board.published:
        spec = SHAPES[one.model]
        weights, head, _context = one.reads.split(", ")
        assert weights == "2 bits a weight"
        table = spec.vocab * spec.hidden * head_bits[head] / 8
        assert one.mb == pytest.approx((parameters(spec)["ternary"] / 4 + table + kv_read(spec, 128)) / 1e6, rel=0.005)


def test_the_figures_of_the_cores_are_those_of_the_benchmark() -> None:
    measured = {
        (row["core"], row["call"]): row["per cycle"] for row in json.loads(SPEED.read_text(encoding="utf-8"))["kernels"]
    }
    for rates in cores().values():
        found = {"decode": rates.decode, "prefill": rates.prefill, "norm": rates.norm, "quantise": rates.quantise}
        found |= {"gate": rates.gate} | {f"head {form}": rate for form, rate in rates.head.items()}
        assert found == {name: measured[rates.model, name] for name in found}


@pytest.mark.parametrize("name", ["pi5", "Pi 5", "raspberry pi 5", "PI-5"])
def test_a_board_by_any_of_its_names(name: str) -> None:
    assert find(name).id == "pi5"


def test_a_board_by_a_part_of_its_name() -> None:
    assert find("rock 5b").id == find("ROCK 5B").id == "rock-5b"
    assert find("zero").id == "zero2w"
    with pytest.raises(UnknownBoard, match=r"'orin' may be orin-nano, .*agx-orin"):
        find("orin")
    with pytest.raises(UnknownBoard, match=r"no board 'pi6' here; known: zero2w, "):
        find("pi6")
    with pytest.raises(UnknownBoard):
        find("")


def test_reading_with_other_numbers_of_threads() -> None:
    reads = Reads({1: 9.0, 2: 13.0, 4: 11.0}, "measured", "somebody")
    assert [reads.at(n) / 1e9 for n in (1, 2, 3, 4, 5)] == [9.0, 13.0, 12.0, 11.0, 11.0]
    for gb_s, kind in (({}, "measured"), ({1: 0.0}, "measured"), ({0: 1.0}, "measured"), ({1: 1.0}, "guessed")):
        with pytest.raises(ValueError, match="reads"):
            Reads(gb_s, kind, "somebody")


@pytest.mark.parametrize(
    ("make", "gb"), [(board_trees.pi4, 4), (board_trees.pi5, 8), (board_trees.jetson_orin_nano, 8)]
)
def test_the_memory_that_a_system_sees(tmp_path, make, gb) -> None:
    seen = Facts.from_json(make(tmp_path).probe()).memory.total
    assert 0.93 * seen < usable_memory(gb) < 1.005 * seen


def test_every_shape_says_where_its_model_is() -> None:
    assert CHECKPOINTS.keys() == SHAPES.keys()
