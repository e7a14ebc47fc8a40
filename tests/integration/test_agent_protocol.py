"""What an agent says to whom, over a real mosquitto, to a client that is nothing but paho-mqtt."""

from __future__ import annotations

import contextlib
import json
import queue
import random
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

import edge
from edge.agent.agent import Agent
from edge.agent.settings import Settings, subscriptions
from edge.agent.store import Store, StoreError
from edge.inference import Model
from edge.messaging.broker import broker_from_url
from edge.messaging.events import Will
from edge.messaging.messages import CODES, Limits
from edge.messaging.mqtt import Link
from tests.integration.mosquitto import Mosquitto
from tests.models import write_folder

REPLY = "edge/v1/reply/me/board"


class Ear:
    """A client of its own making: says things, and keeps what it hears."""

    def __init__(self, port: int, *topics: str, protocol: int = paho.MQTTv5) -> None:
        self.heard: queue.Queue[tuple[str, bytes, Any]] = queue.Queue()
        self.port = port
        self._ready = threading.Event()
        self._protocol = protocol
        self.client = paho.Client(CallbackAPIVersion.VERSION2, protocol=protocol)  # type: ignore[arg-type]
        self.client.on_connect = lambda c, *_: c.subscribe([(t, 1) for t in topics])
        self.client.on_subscribe = lambda *_: self._ready.set()
        self.client.on_message = lambda _c, _d, m: self.heard.put((m.topic, bytes(m.payload), m.properties))
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()
        assert self._ready.wait(10)

    def say(self, topic: str, payload: bytes | str | dict[str, Any], **properties: Any) -> None:
        extra = None
        if properties and self._protocol == paho.MQTTv5:
            extra = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
            for name, value in properties.items():
                setattr(extra, name, value)
        data = json.dumps(payload) if isinstance(payload, dict) else payload
        self.client.publish(topic, data, qos=1, properties=extra)

    def next(self, timeout: float = 20) -> dict[str, Any]:
        value = json.loads(self.heard.get(timeout=timeout)[1])
        assert isinstance(value, dict)
        return value

    def until(self, wanted: Callable[[dict[str, Any]], bool]) -> list[dict[str, Any]]:
        """Messages up to the first that is ``wanted``, which is the last of them."""
        end = time.monotonic() + 120  # some messages come for ever
        out = [self.next()]
        while not wanted(out[-1]):
            assert time.monotonic() < end, out[-3:]
            out.append(self.next())
        return out

    def nothing_more(self, board: str = "edge/v1/board") -> bool:
        """Whether no message is left: a command's answer comes behind all that was sent before it."""
        self.say(f"{board}/command/status", b"", ResponseTopic=REPLY)
        return "state" in self.next()

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Model]:
    with edge.load(write_folder(tmp_path_factory.mktemp("m") / "tiny"), threads=1) as loaded:
        yield loaded


Start = Callable[..., Agent]


@pytest.fixture
def start(broker: Mosquitto, model: Model, tmp_path: Path) -> Iterator[Start]:
    """Start an agent in this process, and end it with the test."""
    with contextlib.ExitStack() as stack:

        def begin(keepalive: int = 30, **settings: Any) -> Agent:
            values = Settings(**({"name": "board"} | settings))
            store = Store(tmp_path / values.name / "requests.db")
            link = Link(
                broker_from_url(broker.url),
                f"edge-{values.name}",
                subscribe=subscriptions(values),
                will=Will(f"edge/v1/{values.name}/status", b'{"state":"lost"}'),
                session_s=300,
                keepalive=keepalive,
            )
            ear = Ear(broker.port, f"edge/v1/{values.name}/status")
            agent = Agent(values, model, store, [link], "boot1")
            thread = threading.Thread(target=agent.run)
            thread.start()
            ear.until(lambda m: m["state"] == "ready")
            ear.close()

            def end() -> None:
                agent.stop()
                thread.join(30)
                store.close()

            stack.callback(end)
            return agent

        yield begin


@pytest.fixture
def ear(broker: Mosquitto) -> Iterator[Ear]:
    listener = Ear(broker.port, "edge/v1/reply/me/#")
    yield listener
    listener.close()


PROMPT = "edge/v1/board/prompt"


def test_a_plain_text_gets_exactly_one_message(start: Start, ear: Ear, model: Model) -> None:
    start()
    ear.say(PROMPT, "hello", ResponseTopic=REPLY, CorrelationData=b"\x00\xff7")
    topic, payload, properties = ear.heard.get(timeout=20)
    answer = json.loads(payload)
    assert topic == REPLY
    assert properties.CorrelationData == b"\x00\xff7"
    assert properties.ContentType == "application/json"
    assert answer["text"] == model.generate("hello").text
    assert answer["device"] == "board"
    assert answer["usage"]["prompt_tokens"] == 6
    assert answer["timings"]["queue_s"] >= 0
    assert ear.nothing_more()


def test_a_stream_is_the_answer_in_pieces(start: Start, ear: Ear) -> None:
    start()
    ear.say(PROMPT, {"id": "s1", "prompt": "tell", "max_tokens": 30, "temperature": 1.5, "seed": 4, "stream": True,
                     "events": True, "reply_to": REPLY})  # fmt: skip
    *before, answer = ear.until(lambda m: "event" not in m)
    assert [m["event"] for m in before if m["event"] != "piece"] == ["accepted"]
    pieces = [m for m in before if m["event"] == "piece"]
    assert [m["seq"] for m in pieces] == list(range(len(pieces)))
    # An unfinished character at the very end comes with the answer only.
    assert answer["text"].startswith("".join(m["text"] for m in pieces))
    assert answer["seed"] == 4
    assert ear.nothing_more()


def test_the_same_request_again_is_answered_from_the_store(start: Start, ear: Ear) -> None:
    start()
    request = {"id": "twice", "prompt": "a", "max_tokens": 20, "temperature": 1, "reply_to": REPLY}
    ear.say(PROMPT, request)
    first = ear.next()
    ear.say(PROMPT, request)
    assert ear.next() == first  # timings and all: nothing was computed
    ear.say(PROMPT, request | {"prompt": "b"})
    assert ear.next()["error"]["code"] == "id_conflict"
    ear.say(PROMPT, request | {"reply_to": "edge/v1/reply/me/other"})
    assert ear.next()["seed"] != first["seed"]  # another asker's request that happens to have this id


def test_a_repeated_request_is_answered_with_its_newest_correlation(
    start: Start, ear: Ear, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    go, step = threading.Event(), model.step
    monkeypatch.setattr(model, "step", lambda: go.wait(20) and step())
    start()
    ear.say(PROMPT, slow("again"), ResponseTopic=REPLY, CorrelationData=b"1")
    ear.say(PROMPT, slow("again"), ResponseTopic=REPLY, CorrelationData=b"2")
    assert [ear.heard.get(timeout=20)[2].CorrelationData for _ in range(2)] == [b"1", b"2"]
    go.set()
    assert ear.heard.get(timeout=20)[2].CorrelationData == b"2"
    ear.say(PROMPT, slow("again"), ResponseTopic=REPLY, CorrelationData=b"3")
    assert ear.heard.get(timeout=20)[2].CorrelationData == b"3"


def test_31_clients_and_askers_without_a_reply_topic(start: Start, broker: Mosquitto) -> None:
    start()
    old = Ear(broker.port, "edge/v1/board/answer", "edge/v1/reply/old/board", protocol=paho.MQTTv311)
    old.say(PROMPT, "hello")
    topic, payload, _ = old.heard.get(timeout=20)
    assert topic == "edge/v1/board/answer"
    assert json.loads(payload)["id"]
    old.say(PROMPT, {"prompt": "hello", "id": 17, "reply_to": "edge/v1/reply/old"})
    topic, payload, _ = old.heard.get(timeout=20)
    assert topic == "edge/v1/reply/old/board"
    assert json.loads(payload)["id"] == "17"
    old.close()


@pytest.mark.parametrize(
    "topic", ["home/door/lock/set", "edge/v1/other/prompt", "edge/v1/reply/+", "edge/v1/reply/a//b"]
)
def test_replies_go_nowhere_else(start: Start, broker: Mosquitto, topic: str) -> None:
    start()
    ear = Ear(broker.port, "#")
    ear.say(PROMPT, {"prompt": "x", "id": "q", "reply_to": topic})
    while True:
        where, payload, _ = ear.heard.get(timeout=20)
        assert where != topic
        if where == "edge/v1/board/answer":
            assert json.loads(payload)["error"]["code"] == "forbidden_reply"
            break
    ear.close()


BAD: dict[str, list[bytes | str | dict[str, Any]]] = {
    "bad_request": [
        b"\xff\xfe", "{", "{}", '{"prompt": ""}', {"prompt": "a", "messages": []}, {"prompt": "a", "colour": "red"},
        {"prompt": "a", "temperature": -1}, {"prompt": "a", "top_p": 0}, {"prompt": 7}, {"prompt": "a", "id": "a/b"},
        {"prompt": "a", "id": "#"}, {"prompt": "a", "max_tokens": 10**9}, {"prompt": "a", "seed": 1.5},
        {"prompt": "a", "deadline_ms": 0}, {"messages": [{"role": "user", "content": "no template"}]},
        '{"prompt": NaN}',
    ],
    "too_large": [b"x" * 5000],
    "prompt_too_long": ["x" * 200, {"prompt": "x" * 50, "max_tokens": 80}],
}  # fmt: skip


def test_bad_requests_get_coded_errors(start: Start, ear: Ear) -> None:
    start(limits=Limits(payload_bytes=4096, max_tokens=100))
    for code, payloads in BAD.items():
        for payload in payloads:
            ear.say(PROMPT, payload, ResponseTopic=REPLY)
            said = ear.next()
            assert said["error"]["code"] == code, (payload, said)
            assert "\n" not in said["error"]["message"]
    ear.say(PROMPT, "still there?", ResponseTopic=REPLY)
    assert "text" in ear.next()


def test_noise_never_ends_an_agent(start: Start, ear: Ear) -> None:
    start()
    rng = random.Random(3)  # noqa: S311 - the same noise every time
    seed = json.dumps({"id": "n", "prompt": "hi", "max_tokens": 3, "stop": ["x"], "deadline_ms": 60000}).encode()
    for i in range(150):
        payload = bytearray(seed if i % 2 else rng.randbytes(rng.randrange(40)))
        for _ in range(rng.randrange(4)):
            if payload:
                payload[rng.randrange(len(payload))] = rng.randrange(256)
        topic = rng.choice([PROMPT, "edge/v1/board/cancel", "edge/v1/board/command/x", "edge/v1/board/status"])
        ear.say(topic, bytes(payload), ResponseTopic=REPLY)
    ear.say("edge/v1/board/cancel", "nobody", ResponseTopic="home/door/lock/set")
    ear.say("edge/v1/board/status", b"[" * 60_000)
    ear.say(PROMPT, b"x" * 2_000_000, ResponseTopic=REPLY)
    ear.say(PROMPT, {"id": "end", "prompt": "still there?", "reply_to": REPLY})
    heard = ear.until(lambda m: m.get("id") == "end")
    assert "text" in heard[-1]
    assert {m["error"]["code"] for m in heard if "error" in m} <= CODES.keys()
    assert any(m.get("error", {}).get("code") == "too_large" for m in heard)


def test_a_defect_is_met_once(start: Start, ear: Ear, monkeypatch: pytest.MonkeyPatch) -> None:
    agent = start()
    monkeypatch.setattr(agent, "_own_status", lambda _payload: 1 / 0)
    ear.say("edge/v1/board/status", "{}")
    ear.say(PROMPT, "still there?", ResponseTopic=REPLY)
    assert "text" in ear.next()


def test_a_disk_that_fills_up_later(start: Start, ear: Ear, broker: Mosquitto, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise StoreError("requests.db: disk full")

    agent = start()
    status = Ear(broker.port, "edge/v1/board/status")
    monkeypatch.setattr(agent._store, "begin", full)
    monkeypatch.setattr(agent._store, "prune", full)
    agent._tidy()
    ear.say(PROMPT, "begun on a full disk", ResponseTopic=REPLY)
    assert "text" in ear.next()
    monkeypatch.setattr(agent._store, "finish", full)
    ear.say(PROMPT, slow("kept"), ResponseTopic=REPLY)
    ear.until(lambda m: m.get("event") == "accepted")
    agent.stop()
    status.until(lambda m: m["state"] == "disconnected")  # it ends, although it cannot write its answers down
    assert [held.id for held in agent._store.owed()] == ["kept"]
    status.close()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_an_agent_ends_with_its_work_loop(
    start: Start, ear: Ear, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent = start()
    (run,) = [thread for thread in threading.enumerate() if getattr(thread, "_target", None) == agent.run]
    monkeypatch.setattr(model, "step", lambda: 1 / 0)
    ear.say(PROMPT, "a", ResponseTopic=REPLY)
    run.join(20)
    assert not run.is_alive()
    for link in agent._links:
        link.stop()


def slow(name: str, **more: Any) -> dict[str, Any]:
    return {"id": name, "prompt": "a", "max_tokens": 90, "reply_to": REPLY, "events": True} | more


def test_cancel_deadline_busy_and_rate(start: Start, ear: Ear, model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    """One answer at a time, held up at its first step until the test lets it go."""
    go, step = threading.Event(), model.step
    monkeypatch.setattr(model, "step", lambda: go.wait(20) and step())
    start(together=1, queue=2, rate=240)
    ear.say(PROMPT, slow("first"))
    assert ear.next()["event"] == "accepted"
    ear.say(PROMPT, slow("late", deadline_ms=1))
    ear.say(PROMPT, slow("given-up"))
    assert [ear.next()["event"] for _ in range(2)] == ["accepted"] * 2
    ear.say(PROMPT, slow("too-many"))
    busy = ear.next()["error"]
    assert busy["code"] == "busy"
    assert busy["retry_after_ms"] > 0
    ear.say(PROMPT, slow("first"))
    assert ear.next() == {"id": "first", "event": "accepted", "repeated": True}
    ear.say("edge/v1/board/cancel", "given-up")
    ear.say("edge/v1/board/cancel", {"id": "nobody"}, ResponseTopic=REPLY)
    assert ear.next()["error"]["code"] == "unknown_id"
    go.set()
    ended = {m["id"]: m.get("error", {}).get("code") for m in (ear.next() for _ in range(3))}
    assert ended == {"first": None, "late": "deadline", "given-up": "cancelled"}
    for i in range(60):
        # One asker has many topics, and one rate.
        ear.say(PROMPT, {"id": f"r{i}", "prompt": "a", "max_tokens": 1, "reply_to": f"edge/v1/reply/me/{i}"})
    codes = [ear.next().get("error", {}).get("code") for _ in range(60)]
    assert "rate_limited" in codes
    assert None in codes


def test_a_deadline_ends_an_answer_on_its_way(
    start: Start, ear: Ear, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = model.step
    monkeypatch.setattr(model, "step", lambda: threading.Event().wait(0.05) or step())
    start()
    ear.say(PROMPT, slow("late", deadline_ms=300, events=False))
    assert ear.next()["error"]["code"] == "deadline"
    ear.say(PROMPT, "x", ResponseTopic=REPLY, MessageExpiryInterval=1)
    assert ear.next()["error"]["code"] == "deadline"


def test_long_work_does_not_cost_the_connection(
    start: Start, ear: Ear, broker: Mosquitto, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One step takes twice as long as the broker waits for a sign of life."""
    step = model.step
    monkeypatch.setattr(model, "step", lambda: threading.Event().wait(6) or step())
    start(keepalive=2)
    status = Ear(broker.port, "edge/v1/board/status")
    ear.say(PROMPT, slow("long", max_tokens=1))
    assert [m.get("event") for m in ear.until(lambda m: "text" in m)] == ["accepted", None]
    assert status.next()["state"] == "ready"
    assert status.heard.empty()
    status.close()


def test_a_retained_prompt_is_not_asked(start: Start, broker: Mosquitto, ear: Ear) -> None:
    ear.client.publish(PROMPT, json.dumps({"prompt": "again", "reply_to": REPLY}), qos=1, retain=True).wait_for_publish(
        5
    )
    start()
    assert ear.nothing_more()


def test_a_late_will_is_put_right(start: Start, broker: Mosquitto) -> None:
    start()
    ear = Ear(broker.port, "edge/v1/board/status")
    assert ear.next()["state"] == "ready"
    ear.client.publish("edge/v1/board/status", '{"state":"lost","boot":"before"}', qos=1, retain=True)
    assert ear.next() == {"state": "lost", "boot": "before"}
    assert ear.next() == {"state": "ready", "boot": "boot1", "protocol": 1}
    ear.close()


def test_what_was_interrupted_is_taken_up(
    start: Start, ear: Ear, model: Model, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A store as a killed agent leaves it: one request begun, one waiting."""
    from edge.agent.store import Held

    store = Store(tmp_path / "board" / "requests.db")
    for i, key in enumerate(("begun", "waiting")):
        request = {"prompt": "a", "id": key, "temperature": 1, "max_tokens": 10}
        store.accept(Held(key, key, REPLY, None, request, 5, float(i), None, 0, None), "d")
    store.begin("begun")
    store.close()
    start()
    answers = {m["id"]: m for m in (ear.next(), ear.next())}
    wanted = model.generate("a", max_tokens=10, temperature=1, seed=5).text
    assert {a["text"] for a in answers.values()} == {wanted}
    assert answers["begun"]["restarts"] == 1
    assert "restarts" not in answers["waiting"]


def test_a_clock_that_was_put_back_gives_nobody_more_time(
    start: Start, ear: Ear, model: Model, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A board without a battery clock begins in 1970; what it kept was accepted in its future."""
    from edge.agent.store import Held

    step, later = model.step, 4e9
    monkeypatch.setattr(model, "step", lambda: threading.Event().wait(0.05) or step())
    with contextlib.closing(Store(tmp_path / "board" / "requests.db")) as store:
        request = {"prompt": "a", "id": "kept", "max_tokens": 90}
        store.accept(Held("k", "kept", REPLY, None, request, 5, later, later + 0.3, 0, None), "d")
    start()
    assert ear.next()["error"]["code"] == "deadline"


def test_a_stop_lets_a_stream_go_on_to_its_end(
    start: Start, ear: Ear, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pieces go out while the agent waits for its last answers, and not all of them afterwards."""
    stepped, go, step = threading.Event(), threading.Semaphore(0), model.step

    def one_step() -> bool:
        stepped.set()
        return go.acquire(timeout=20) and step()

    monkeypatch.setattr(model, "step", one_step)
    agent = start()
    ear.say(PROMPT, slow("last", stream=True, events=False, max_tokens=6, temperature=3, seed=8))
    assert stepped.wait(10)
    agent.stop()
    ear.say(PROMPT, slow("too late"))
    for _ in range(6):
        go.release()
    *pieces, answer = ear.until(lambda m: "event" not in m)
    assert answer["text"].startswith("".join(m["text"] for m in pieces))
    assert pieces
    status = Ear(ear.port, "edge/v1/board/status")
    status.until(lambda m: m["state"] == "disconnected")
    status.close()


def test_one_asker_of_many_gets_its_own(start: Start, broker: Mosquitto, model: Model) -> None:
    start(queue=100)
    ears = [Ear(broker.port, f"edge/v1/reply/c{i}/#") for i in range(8)]
    for n in range(5):
        for i, ear in enumerate(ears):
            ear.say(
                PROMPT, {"id": str(n), "prompt": f"{i} asks {n}", "max_tokens": 8, "reply_to": f"edge/v1/reply/c{i}"}
            )
    for i, ear in enumerate(ears):
        got = {m["id"]: m["text"] for m in (ear.next() for _ in range(5))}
        assert got == {str(n): model.generate(f"{i} asks {n}", max_tokens=8).text for n in range(5)}
        assert ear.heard.empty()
        ear.close()
