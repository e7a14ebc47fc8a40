"""What the client does when devices are busy, silent, slow, confused or gone: puppets play them."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import pytest

import edge
from edge.errors import AskError, AskTimeout, DeviceBusy, DeviceFailed, DeviceUnreachable, RequestRefused
from tests.integration.client_boards import PATIENCE_S, Listener, Puppet, until
from tests.integration.mosquitto import Mosquitto

Play = Callable[[Puppet, dict[str, Any]], None]
MakePuppet = Callable[..., Puppet]


@pytest.fixture
def puppet(broker: Mosquitto) -> Iterator[MakePuppet]:
    """``puppet(name, plays)`` makes a device that does what a test wants."""
    with ExitStack() as stack:

        def make(name: str = "kitchen", plays: Play | None = None, **more: Any) -> Puppet:
            return stack.enter_context(Puppet(broker.port, name, plays, **more))

        yield make


@pytest.fixture
def client(broker: Mosquitto) -> Iterator[edge.Client]:
    with edge.Client(broker.url, timeout=PATIENCE_S) as made:
        yield made


def answers(said: str) -> Play:
    return lambda puppet, request: puppet.answer(request, said)


def fails(code: str, **more: Any) -> Play:
    return lambda puppet, request: puppet.fail(request, code, **more)


def test_the_request_as_it_travels(puppet: MakePuppet, client: edge.Client) -> None:
    kitchen = puppet(plays=answers("yes"))
    client.ask("kitchen", "eh?", max_tokens=5, stop=("a", "b"), temperature=0.5, timeout=20)
    said = kitchen.prompts.get_nowait()
    assert said.pop("deadline_ms") <= 20_000
    assert said.pop("reply_to").startswith("edge/v1/reply/client-")
    assert isinstance(said.pop("id"), str)
    assert isinstance(said.pop("seed"), int)  # one for all attempts
    assert said == {"prompt": "eh?", "max_tokens": 5, "stop": ["a", "b"], "temperature": 0.5, "events": True}
    client.ask("kitchen", messages=[{"role": "user", "content": "eh?"}], seed=4)
    said = kitchen.prompts.get_nowait()
    assert (said["messages"], said["seed"]) == ([{"role": "user", "content": "eh?"}], 4)


def test_a_silent_device_is_asked_again_with_the_same_id(puppet: MakePuppet, client: edge.Client) -> None:
    heard: list[dict[str, Any]] = []

    def third_time(kitchen: Puppet, request: dict[str, Any]) -> None:
        heard.append(request)
        if len(heard) == 3:
            kitchen.answer(request, "at last")

    puppet(plays=third_time)
    assert client.ask("kitchen", "hello").text == "at last"
    assert len({r["id"] for r in heard}) == 1
    deadlines = [r.pop("deadline_ms") for r in heard]
    assert deadlines == sorted(deadlines, reverse=True)  # what is left of the caller's time
    assert len(set(deadlines)) == 3
    assert heard[0] == heard[1] == heard[2]


def test_an_accepted_question_is_not_asked_again(puppet: MakePuppet, client: edge.Client) -> None:
    kitchen = puppet(plays=lambda kitchen, request: kitchen.reply(request, event="accepted"))
    with pytest.raises(AskTimeout, match="kitchen has not finished within 3 s"):
        client.ask("kitchen", "hello", timeout=3)
    request = kitchen.prompts.get_nowait()
    assert kitchen.prompts.empty()
    assert kitchen.cancels.get(timeout=PATIENCE_S) == {"id": request["id"]}


def test_a_new_boot_is_asked_again(puppet: MakePuppet, client: edge.Client) -> None:
    def restarts(kitchen: Puppet, request: dict[str, Any]) -> None:
        if kitchen.prompts.qsize() == 1:
            kitchen.reply(request, event="accepted")
            kitchen.status("lost", "boot1")
            kitchen.status("ready", "boot2")
        else:
            kitchen.answer(request, "again", restarts=1)

    puppet(plays=restarts)
    reply = client.ask("kitchen", "hello")
    assert (reply.text, reply.restarts) == ("again", 1)


def test_a_question_whose_answer_was_lost_with_the_broker(
    puppet: MakePuppet, client: edge.Client, broker: Mosquitto
) -> None:
    """The client is back before the device is: the first repetition reaches nobody, and must not be the only one."""
    accepted = threading.Event()

    def accepts(kitchen: Puppet, request: dict[str, Any]) -> None:
        kitchen.reply(request, event="accepted")
        accepted.set()

    kitchen = puppet(plays=accepts)
    with ThreadPoolExecutor() as threads:
        asked = threads.submit(client.ask, "kitchen", "hello")
        assert accepted.wait(PATIENCE_S)
        kitchen.__exit__()
        broker.restart(kill=True)
        until(lambda: "edge/v1/kitchen/prompt" in broker.log.rpartition(" starting")[2], "the repetition")
        puppet(plays=answers("still here"))
        assert asked.result().text == "still here"


@pytest.mark.parametrize("code", ["busy", "rate_limited"])
def test_a_busy_device_is_given_its_time(puppet: MakePuppet, client: edge.Client, code: str) -> None:
    def busy_twice(kitchen: Puppet, request: dict[str, Any]) -> None:
        if kitchen.prompts.qsize() <= 2:
            kitchen.fail(request, code, retry_after_ms=20)
        else:
            kitchen.answer(request, "now")

    puppet(plays=busy_twice)
    assert client.ask("kitchen", "hello").text == "now"


def test_a_device_that_is_busy_for_too_long(puppet: MakePuppet, client: edge.Client) -> None:
    kitchen = puppet(plays=fails("busy", retry_after_ms=60_000))
    with pytest.raises(DeviceBusy, match=r"kitchen: it is busy; try again in 60\.0 s") as busy:
        client.ask("kitchen", "hello")
    assert (busy.value.code, busy.value.device, busy.value.retry_after) == ("busy", "kitchen", 60.0)
    assert kitchen.prompts.qsize() == 1


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("bad_request", RequestRefused), ("forbidden_reply", RequestRefused), ("id_conflict", RequestRefused),
        ("storage", DeviceFailed), ("internal", DeviceFailed), ("deadline", AskTimeout),
        ("cancelled", edge.errors.AskCancelled), ("of_a_later_version", AskError),
    ],
)  # fmt: skip
def test_codes_are_exceptions(puppet: MakePuppet, client: edge.Client, code: str, kind: type[AskError]) -> None:
    puppet(plays=fails(code))
    with pytest.raises(kind, match=f"^kitchen: it is {code}") as raised:
        client.ask("kitchen", "hello")
    assert raised.value.code == code
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    "message",
    [
        {"text": 7, "usage": {}, "timings": {}}, {"text": "no figures"}, {"error": "not an object"}, {"error": {}},
        {"text": "x", "usage": [], "timings": {}},
    ],
)  # fmt: skip
def test_nonsense_is_an_error_and_no_crash(
    puppet: MakePuppet, client: edge.Client, broker: Mosquitto, message: dict[str, Any]
) -> None:
    def nonsense(kitchen: Puppet, request: dict[str, Any]) -> None:
        for payload in (b"\xff", b"[1]", b"{", b"", b'{"id": 7}', b'{"id": {"a": 1}}'):
            kitchen.client.publish(f"{request['reply_to']}/kitchen", payload, qos=1)
        for event in ({"event": "piece", "seq": "a", "text": 7}, {"event": None}, {"event": ["x"]}):
            kitchen.reply(request, **event)
        kitchen.reply(request, **message)

    puppet(plays=nonsense)
    with pytest.raises(AskError, match="kitchen"):
        client.ask("kitchen", "hello")
    puppet("hall", answers("fine"))
    with Listener(broker.port) as listener:
        odd: tuple[Any, ...] = ("text", [], {"state": 7, "boot": []}, {"pools": "living"}, None)
        for payload in odd:
            for kind in ("status", "info", "health"):
                listener.say(f"edge/v1/odd/{kind}", payload, retain=True)
    assert client.ask("hall", "hello").text == "fine"
    assert {d.name for d in client.devices()} >= {"hall", "kitchen"}


def stream(client: edge.Client, *parts: tuple[int, str], whole: str, puppet: MakePuppet) -> list[str]:
    def plays(kitchen: Puppet, request: dict[str, Any]) -> None:
        for seq, text in parts:
            kitchen.reply(request, event="piece", seq=seq, text=text)
        kitchen.answer(request, whole)

    puppet(plays=plays)
    *pieces, reply = client.stream("kitchen", "hello")
    assert isinstance(reply, edge.Reply)
    assert reply.text == whole
    assert "".join(map(str, pieces)) == whole
    return [str(p) for p in pieces]


def test_pieces_come_as_they_are_written(puppet: MakePuppet, client: edge.Client) -> None:
    assert stream(client, (0, "a"), (1, "b"), (2, "c"), whole="abc", puppet=puppet) == ["a", "b", "c"]


def test_pieces_that_are_lost_repeated_or_out_of_order(puppet: MakePuppet, client: edge.Client) -> None:
    parts = [(0, "a"), (0, "a"), (2, "c"), (1, "b"), (1, "b"), (4, "e"), (0, "a")]
    assert stream(client, *parts, whole="abcde", puppet=puppet) == ["a", "bc", "de"]


def test_a_stream_without_pieces(puppet: MakePuppet, client: edge.Client) -> None:
    assert stream(client, whole="all at once", puppet=puppet) == ["all at once"]


def test_a_stream_that_contradicts_itself(puppet: MakePuppet, client: edge.Client) -> None:
    with pytest.raises(DeviceFailed, match="goes on otherwise than it was begun"):
        stream(client, (0, "a"), whole="bc", puppet=puppet)


def test_leaving_a_stream_gives_the_question_up(puppet: MakePuppet, client: edge.Client) -> None:
    kitchen = puppet(plays=lambda kitchen, request: kitchen.reply(request, event="piece", seq=0, text="a"))
    pieces = client.stream("kitchen", "hello")
    assert next(pieces) == "a"
    pieces.close()  # type: ignore[attr-defined]
    assert kitchen.cancels.get(timeout=PATIENCE_S) == {"id": kitchen.prompts.get_nowait()["id"]}


# --- pools ---


def test_a_pool_picks_the_least_expected_wait(puppet: MakePuppet, client: edge.Client) -> None:
    slow = puppet("slow", answers("slow"), pools=["living"])
    slow.load(expected_wait_ms=5000)
    puppet("other", answers("of another pool"), pools=["garden"])
    quick = puppet("quick", answers("quick"), pools=["garden", "living"])
    quick.load(expected_wait_ms=1000)
    assert client.ask_pool("living", "hello").text == "quick"
    assert client.ask("pool:living", "hello").text == "quick"
    assert slow.prompts.empty()


def test_what_this_client_has_just_sent_counts(puppet: MakePuppet, client: edge.Client) -> None:
    pair = [puppet(name, answers(name), pools=["living"]) for name in ("one", "two")]
    assert {client.ask_pool("living", "hello").text for _ in range(2)} == {"one", "two"}
    for _ in range(8):
        client.ask_pool("living", "hello")
    assert [p.prompts.qsize() for p in pair] == [5, 5]


def test_a_pool_turns_from_the_busy_to_the_free(puppet: MakePuppet, client: edge.Client) -> None:
    busy = puppet("busy", fails("busy", retry_after_ms=60_000), pools=["living"])
    free = puppet("free", answers("free"), pools=["living"])
    free.load(expected_wait_ms=9000)
    for _ in range(5):
        assert client.ask_pool("living", "hello").text == "free"
    assert busy.prompts.qsize() == 1


def test_a_pool_of_busy_devices(puppet: MakePuppet, client: edge.Client) -> None:
    pair = [puppet(name, fails("busy", retry_after_ms=60_000), pools=["living"]) for name in ("one", "two")]
    with pytest.raises(DeviceBusy, match="pool living: all its devices are busy; try again in") as busy:
        client.ask_pool("living", "hello")
    assert 0 < busy.value.retry_after <= 60
    assert [p.prompts.qsize() for p in pair] == [1, 1]


def test_a_pool_turns_from_the_failing_to_another(puppet: MakePuppet, client: edge.Client) -> None:
    puppet("full", fails("storage"), pools=["living"])
    sound = puppet("sound", answers("sound"), pools=["living"])
    sound.load(expected_wait_ms=9000)
    assert client.ask_pool("living", "hello").text == "sound"


def test_a_pool_never_picks_a_dead_one_twice(puppet: MakePuppet, client: edge.Client) -> None:
    dead = puppet("dead", None, pools=["living"])  # says it is ready, and does nothing
    alive = puppet("alive", answers("alive"), pools=["living"])
    alive.load(expected_wait_ms=30_000)
    for _ in range(6):
        assert client.ask_pool("living", "hello").text == "alive"
    ids = set()
    while not dead.prompts.empty():
        ids.add(dead.prompts.get()["id"])
    assert len(ids) == 1
    assert dead.cancels.get(timeout=PATIENCE_S)["id"] in ids
    dead.load(answered=7)  # a sign of life: it is asked once more
    until(lambda: any(device.figure("answered") == 7 for device in client.devices()), "its health report")
    assert client.ask_pool("living", "hello").text == "alive"
    assert dead.prompts.get(timeout=PATIENCE_S)["id"] not in ids


def test_a_pool_turns_from_a_device_that_goes_away(puppet: MakePuppet, client: edge.Client) -> None:
    def dies(leaving: Puppet, request: dict[str, Any]) -> None:
        leaving.reply(request, event="accepted")
        leaving.reply(request, event="piece", seq=0, text="The ans")
        leaving.status("lost", "boot1")

    def does(staying: Puppet, request: dict[str, Any]) -> None:
        for seq, text in enumerate(["The", " answer", "."]):
            staying.reply(request, event="piece", seq=seq, text=text)
        staying.answer(request, "The answer.")

    puppet("leaving", dies, pools=["living"])
    staying = puppet("staying", does, pools=["living"])
    staying.load(expected_wait_ms=9000)
    *pieces, reply = client.stream("pool:living", "hello")
    assert isinstance(reply, edge.Reply)
    assert reply.device == "staying"
    assert "".join(map(str, pieces)) == "The answer."
    assert pieces[0] == "The ans"


def test_a_late_answer_of_one_given_up_is_an_answer(puppet: MakePuppet, client: edge.Client) -> None:
    asked: queue.Queue[dict[str, Any]] = queue.Queue()
    late = puppet("late", lambda _, request: asked.put(request), pools=["living"])
    other = puppet("other", lambda _other, request: late.answer(request, "late"), pools=["living"])
    other.load(expected_wait_ms=9000)
    reply = client.ask_pool("living", "hello")
    assert (reply.text, reply.device) == ("late", "late")
    assert other.cancels.get(timeout=PATIENCE_S) == {"id": reply.id}


def test_a_pool_of_dead_devices(puppet: MakePuppet, broker: Mosquitto) -> None:
    puppet("mute", None, pools=["living"])
    puppet("gone", None, pools=["living"]).status("lost", "boot1")
    with (
        edge.Client(broker.url, patience=1) as client,
        pytest.raises(DeviceUnreachable, match=r"pool living: no device answers: gone \(lost\), mute \(silent\)"),
    ):
        client.ask_pool("living", "hello")
