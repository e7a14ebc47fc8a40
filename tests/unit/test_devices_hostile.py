"""Answers that no probe prints: damaged on the way, or by somebody who has taken the board. All end as ValueError."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from devices import json_text, probe
from devices.facts import Facts
from edge.errors import BoardUnfit
from provisioning.manifest import Installed, Release
from provisioning.probed import understood

EDGE: dict[str, Any] = {
    "current": None,
    "releases": [],
    "blobs": {},
    "parts": {},
    "trial": None,
    "result": None,
    "service": None,
    "lock": None,
}
SOUND: dict[str, Any] = {"probe": 1, "machine": "aarch64", "memory": {"total_kb": 4_000_000}, "edge": EDGE}
RELEASE = {"id": "0123456789ab", "manifest": None, "checked": True, "committed": None}
DEEP = "[" * 200_000


def answer(**changes: Any) -> bytes:
    return json.dumps(SOUND | changes).encode()


def with_edge(**changes: Any) -> dict[str, Any]:
    return {"edge": EDGE | changes}


def test_what_is_sound_is_taken() -> None:
    facts, installed = understood(probe.parse(answer()), "kitchen")
    assert (facts.memory.total, installed.current) == (4_096_000_000, None)


@pytest.mark.parametrize(
    "output",
    [
        answer(edge=None),
        answer(edge={"releases": ["0123456789ab"]}),
        answer(edge={"releases": "0123456789ab"}),
        answer(edge={"releases": {"0123456789ab": {}}}),
        answer(clock=float("nan")),
        answer(clock=float("inf")),
        answer(memory={"total_kb": 10**400}),
        answer(clock=1).replace(b'"clock": 1', b'"clock": 1' + b"0" * 9000),
        answer(clock=1).replace(b'"clock": 1', b'"clock": 1e999'),
        answer(host="\ud800"),
        b'{"probe":' + DEEP.encode(),
        b'{"probe":' + b"[" * 100 + b"]" * 100 + b"}",
    ],
)
def test_what_no_probe_prints_is_no_answer(output: bytes) -> None:
    with pytest.raises(ValueError, match="the board's shell"):
        probe.parse(output)


@pytest.mark.parametrize("text", ["NaN", "-Infinity", "1e400", "1" * 5000, DEEP, '"\\ud800"', b"\xff", "", "{} {}"])
def test_text_that_no_program_can_work_with(text: str | bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        json_text.read(text)


def test_a_damaged_file_of_a_release_is_none_and_the_others_stand() -> None:
    told = probe.parse(answer(edge=EDGE | {"releases": [RELEASE | {"manifest": DEEP}], "trial": '{"new": NaN}'}))
    assert told["edge"]["releases"][0]["manifest"] is None
    assert told["edge"]["trial"] is None


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"clock": float("nan")}, "clock: nan"),
        ({"uptime_s": float("-inf")}, "uptime_s: -inf"),
        ({"memory": {"total_kb": 10**400}}, "memory.total_kb: a huge number"),
        ({"memory": {"total_kb": -5}}, "lacks its kind of machine or its memory"),
        ({"memory": {"total_kb": True}}, "memory.total_kb: True"),
        ({"disk": {"path": "/", "size_kb": 1, "free_kb": -(10**30)}}, "disk.free_kb: a huge number"),
        ({"model": "x" * 100_000}, "model: 'xxx"),
        ({"os": {"pretty": 10**5000}}, "os.pretty: a huge number"),
        ({"swap": ["/swap"]}, "swap: '/swap'"),
        ({"temperatures": [{"millidegrees": 10**400}]}, "millidegrees: a huge number"),
    ],
)
def test_facts_that_are_none(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=re.escape(says)):
        Facts.from_json(SOUND | changes)


@pytest.mark.parametrize("libc", ["glibc 2.999999999", "glibc 99999999999.1"])
def test_versions_that_are_none(libc: str) -> None:
    """Nobody may have to count up to them."""
    told = SOUND | {"libc": libc, "systemd": f"systemd {'9' * 30}", "python": {"path": "/p", "version": f"3.{10**9}.0"}}
    facts = Facts.from_json(told)
    assert (facts.glibc, facts.systemd) == (None, None)
    assert facts.python is not None
    assert facts.python.version is None


@pytest.mark.parametrize(
    "changes",
    [
        {"service": ["ActiveState=active"]},
        {"service": {"ActiveState": 1}},
        {"current": ["0123456789ab"]},
        {"current": "\x1b[2J"},
        {"releases": ["0123456789ab"]},
        {"releases": None},
        {"releases": [RELEASE | {"id": 7}]},
        {"releases": [RELEASE | {"manifest": [1]}]},
        {"releases": [RELEASE | {"committed": "yesterday"}]},
        {"releases": [RELEASE | {"committed": float("nan")}]},
        {"releases": [{"id": "0123456789ab"}]},
        {"trial": "yes"},
        {"result": [1]},
        {"lock": 5},
        {"blobs": []},
        {"blobs": {"ab": float("inf")}},
        {"blobs": {"ab": None}},
        {"parts": {"ab": "many"}},
    ],
)
def test_an_account_of_releases_that_is_none(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"."):
        Installed.from_json(EDGE | changes)
    with pytest.raises(BoardUnfit, match="kitchen: "):
        understood(SOUND | with_edge(**changes), "kitchen")


def test_a_result_that_nobody_can_read_counts_as_none() -> None:
    escape: dict[str, Any] = {"id": "x", "outcome": "\x1b[2J", "why": ""}
    for result in ({}, escape, {"id": "x", "outcome": 5, "why": ""}, {"id": "x", "outcome": "committed"}):
        assert Installed.from_json(EDGE | {"result": result}).result is None
    sound = {"id": "x", "outcome": "committed", "why": ""}
    assert Installed.from_json(EDGE | {"result": sound}).result == sound


@pytest.mark.parametrize("manifest", [{"model": []}, {"model": "x"}, {"wheels": 5}, {"wheels": [5]}, {"pip": 5}])
def test_a_manifest_that_is_none_has_no_files(manifest: dict[str, Any]) -> None:
    release = Release("0123456789ab", manifest, checked=True)
    assert (release.blobs, release.version, release.model) == (set(), "?", "?")
