"""Waves and budgets: what may begin, and when to stop."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioning.waves import Amount, Policy, PolicyError, cut_waves, judge, parse_waves

FIFTY = [f"b{i:02}" for i in range(50)]


def policy(waves: str = "1,10%,100%", failures: str = "0", unreachable: str | None = None) -> Policy:
    limit = None if unreachable is None else Amount.parse(unreachable)
    return Policy(parse_waves(waves), max_failures=Amount.parse(failures), max_unreachable=limit)


@pytest.mark.parametrize(
    ("waves", "hosts", "sizes"),
    [
        ("1,10%,100%", 50, [1, 4, 45]),
        ("1,10%,100%", 11, [1, 1, 9]),
        ("1,10%,100%", 3, [1, 2]),
        ("1,10%,100%", 1, [1]),
        ("100%", 50, [50]),
        ("5,20,50", 50, [5, 15, 30]),
        ("10%,20,100%", 50, [5, 15, 30]),
        ("1,33.3%,100%", 10, [1, 3, 6]),
        ("2,60", 50, [2, 48]),
    ],
)
def test_waves_are_counted_from_the_beginning(waves: str, hosts: int, sizes: list[int]) -> None:
    cut = cut_waves(FIFTY[:hosts], policy(waves))
    assert [len(wave.hosts) for wave in cut] == sizes
    assert [host for wave in cut for host in wave.hosts] == FIFTY[:hosts]
    assert [(wave.number, wave.of) for wave in cut] == [(i + 1, len(sizes)) for i in range(len(sizes))]
    assert [wave.canary for wave in cut] == [i == 0 and len(sizes) > 1 for i in range(len(sizes))]


@pytest.mark.parametrize("text", ["", "x", "1,,100%", "-1", "1.5", "101%", "10%,5%", "2,2,100%", "0,100%", "0%", "1 2"])
def test_waves_that_make_no_sense(text: str) -> None:
    with pytest.raises(PolicyError):
        parse_waves(text)


def test_waves_that_end_early_are_no_way_to_leave_hosts_out() -> None:
    with pytest.raises(PolicyError, match=r"after 5 of 50 hosts.*--limit"):
        cut_waves(FIFTY, policy("1,10%"))


def test_a_budget_is_rounded_down_and_a_wave_up() -> None:
    assert (Amount.parse("10%").at_most(19), Amount.parse("10%").at_least(11)) == (1, 2)
    assert [str(Amount.parse(text)) for text in ("3", "12.5%")] == ["3", "12.5%"]


@pytest.mark.parametrize("options", [{"parallel": 0}, {"soak_s": -1.0}, {"deadline_s": 0.0}, {"soak_s": float("nan")}])
def test_policies_that_make_no_sense(options: dict[str, float]) -> None:
    with pytest.raises(PolicyError):
        Policy(**options)  # type: ignore[arg-type]


def test_only_the_canary_begins() -> None:
    assert judge(FIFTY, policy(), {}).begin == ("b00",)
    assert judge(FIFTY, policy(), {"b00": "running"}).begin == ()
    assert judge(FIFTY, policy(), {"b00": "changed"}).begin == ("b01", "b02", "b03", "b04")


def test_the_next_wave_waits_for_the_whole_one_before() -> None:
    states = dict.fromkeys(FIFTY[:4], "changed")
    assert judge(FIFTY, policy(), {**states, "b04": "running"}).begin == ()
    assert len(judge(FIFTY, policy(), {**states, "b04": "unchanged"}).begin) == 45


@pytest.mark.parametrize("state", ["failed", "rolled_back", "refused", "cut"])
def test_a_canary_that_fails_ends_it_whatever_the_budget(state: str) -> None:
    verdict = judge(FIFTY, policy(failures="50%"), {"b00": state})
    assert (verdict.begin, verdict.stop) == ((), "b00 of the first wave failed")


def test_where_there_is_one_wave_there_is_no_canary() -> None:
    assert len(judge(FIFTY, policy("100%", failures="1"), {"b00": "failed"}).begin) == 49


def test_failures_count_over_all_waves() -> None:
    states = {"b00": "changed", "b01": "failed", "b02": "changed", "b03": "rolled_back", "b04": "changed"}
    assert judge(FIFTY, policy(failures="2"), states).begin[0] == "b05"
    verdict = judge(FIFTY, policy(failures="2"), states | {"b05": "refused"})
    assert (verdict.begin, verdict.stop) == ((), "3 failed (b01, b03, b05), 2 may")
    assert judge(FIFTY, policy(), states).stop == "2 failed (b01, b03), none may"


def test_unreachable_is_not_failed() -> None:
    states = dict.fromkeys(FIFTY[:5], "changed") | dict.fromkeys(FIFTY[5:20], "unreachable")
    assert len(judge(FIFTY, policy(), states).begin) == 30
    verdict = judge(FIFTY, policy(unreachable="20%"), states)
    assert verdict.stop == "15 could not be reached (b05, b06, b07 and 12 more), 10 may"


def test_an_unreachable_canary_is_replaced() -> None:
    verdict = judge(FIFTY, policy(), {"b00": "unreachable"})
    assert (verdict.begin, verdict.waves[0].hosts) == (("b01",), ("b00", "b01"))
    verdict = judge(FIFTY, policy(), {"b00": "unreachable", "b01": "changed"})
    assert (verdict.begin, verdict.wave and verdict.wave.number) == (("b02", "b03", "b04"), 2)


def test_canaries_are_not_looked_for_for_ever() -> None:
    lost = dict.fromkeys(FIFTY[:5], "unreachable")
    assert judge(FIFTY, policy(), lost).stop == "none of the first 5 could be reached; look at your own network first"
    assert judge(FIFTY, policy(), {**lost, "b05": "running"}).stop == ""


def test_a_small_fleet_that_is_out_of_reach_just_ends() -> None:
    assert judge(FIFTY[:3], policy(), dict.fromkeys(FIFTY[:3], "unreachable")).stop == ""


STATES = st.sampled_from(["pending", "running", "changed", "unchanged", "failed", "rolled_back", "unreachable", "cut"])


@given(st.lists(STATES, min_size=1, max_size=50), st.sampled_from(["1,10%,100%", "2,50%,100%", "100%"]))
def test_whatever_has_happened(states: list[str], waves: str) -> None:
    """Only pending hosts begin, all of one wave, and none before the waves before are over."""
    hosts = FIFTY[: len(states)]
    known = dict(zip(hosts, states, strict=True))
    verdict = judge(hosts, policy(waves, failures="10%"), known)
    assert [host for wave in verdict.waves for host in wave.hosts] == hosts
    assert all(known[host] == "pending" for host in verdict.begin)
    assert not (verdict.stop and verdict.begin)
    if verdict.wave:
        before = [host for wave in verdict.waves[: verdict.wave.number - 1] for host in wave.hosts]
        assert not {known[host] for host in before} & {"pending", "running"}
        assert set(verdict.begin) <= set(verdict.wave.hosts)
    elif not verdict.stop:
        assert "pending" not in states
