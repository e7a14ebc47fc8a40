"""Topics: names that fit, answers that go nowhere else, and Home Assistant's page of a device."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from edge.messaging.discovery import BIRTH, config_topic, device_config, is_birth
from edge.messaging.topics import (
    REPLY,
    DeviceTopics,
    TopicError,
    check_name,
    parse_device_topic,
    pool_prompt,
    reply_topic,
    share,
)

names = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}", fullmatch=True).filter(lambda n: n not in {"pool", "reply"})
anything = st.text(st.characters(), max_size=60)
INFO = {"device": "kitchen", "model": "home", "software": "1.2"}


@given(names, names)
def test_names_are_one_level(device: str, pool: str) -> None:
    topics = DeviceTopics(device)
    for kind in ("status", "info", "health", "prompt", "cancel", "answer"):
        topic = getattr(topics, kind)
        assert topic == f"edge/v1/{device}/{kind}"
        assert parse_device_topic(topic) == (device, kind)
    assert parse_device_topic(f"{topics.command}/a/b") == (device, "command/a/b")
    assert share(pool) == f"$share/{pool}/{pool_prompt(pool)}"
    assert parse_device_topic(pool_prompt(pool)) is None


@given(anything)
@example("pool")
@example("reply")
@example("a/b")
@example("+")
@example("#")
@example("a\n")
@example("\0")
@example(".")
@example("x" * 64)
@example("ä")
def test_other_names_are_refused(name: str) -> None:
    if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}", name) and name not in {"pool", "reply"}:
        assert check_name(name) == name
        return
    for check in (check_name, DeviceTopics, share, pool_prompt):
        with pytest.raises(TopicError):
            check(name)
    assert "/" in name or parse_device_topic(f"edge/v1/{name}/status") is None


@given(anything | anything.map(lambda t: REPLY + t) | anything.map(lambda t: f"{REPLY}me/{t}"))
@example(REPLY)
@example(f"{REPLY}me/\x01")
@example(f"{REPLY}me/\x7f")
@example(f"{REPLY}me/￾")
@example(f"{REPLY}me/\ud800")
@example(f"{REPLY}+/x")
@example(f"{REPLY}me//x")
@example(f"{REPLY}me/")
@example(REPLY + "x" * 300)
@example("edge/v1/replyx/me")
@example("door/lock")
def test_answers_stay_below_the_reply_prefix(asked: str) -> None:
    try:
        topic = reply_topic(asked, "kitchen")
    except TopicError:
        return
    assert topic.startswith(REPLY)
    assert topic in {asked, f"{asked}/kitchen"}
    assert len(topic.split("/")) >= 5
    # What mosquitto ends a connection for: wildcards, empty topics, controls, what is no Unicode text.
    assert not set(topic) & set("+#\0")
    assert topic.isprintable()
    topic.encode()


def test_answers_by_name() -> None:
    assert reply_topic(None, "kitchen") == "edge/v1/kitchen/answer"
    assert reply_topic("edge/v1/reply/me", "kitchen") == "edge/v1/reply/me/kitchen"
    assert reply_topic("edge/v1/reply/me/kitchen", "kitchen") == "edge/v1/reply/me/kitchen"
    assert reply_topic("edge/v1/reply/me/a/b", "kitchen") == "edge/v1/reply/me/a/b"
    assert reply_topic("tele/bulb", "kitchen", (REPLY, "tele/")) == "tele/bulb"
    with pytest.raises(TopicError, match="below edge/v1/reply/ or tele/, not to 'cmnd/lock'"):
        reply_topic("cmnd/lock", "kitchen", (REPLY, "tele/"))


@given(names, names)
@example("a.b", "a_b")
def test_every_device_has_its_own_page(one: str, other: str) -> None:
    topic = config_topic(one)
    # Home Assistant takes letters, digits, - and _ only.
    assert re.fullmatch(r"homeassistant/device/[A-Za-z0-9_-]+/config", topic)
    assert (topic == config_topic(other)) == (one == other)


def test_a_page_names_what_the_agent_sends() -> None:
    config = device_config(INFO)
    assert json.loads(json.dumps(config)) == config
    assert config["origin"]["name"] == "bitnet-edge"
    assert config["availability_topic"] == "edge/v1/kitchen/status"
    idents = [component["unique_id"] for component in config["components"].values()]
    assert len(set(idents)) == len(idents)
    for component in config["components"].values():
        assert component["platform"] == "sensor"
        assert component["state_topic"] in {"edge/v1/kitchen/status", "edge/v1/kitchen/health"}
        assert None not in component.values()
        assert component.get("expire_after", 60) == 60
    assert device_config(INFO, 300)["components"]["queued"]["expire_after"] == 1800


def test_birth() -> None:
    assert BIRTH == "homeassistant/status"
    assert is_birth(b"online")
    assert not is_birth(b"offline")
    assert not is_birth(b"")
