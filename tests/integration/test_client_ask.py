"""The client against real agents in processes of their own, over a real mosquitto."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

import edge
from edge.errors import AskError, AskTimeout, BrokerUnreachable, DeviceBusy, DeviceUnreachable, RequestRefused
from edge.inference import Model
from edge.messaging.broker import BrokerError
from tests.integration.client_boards import PATIENCE_S, Board, Listener, until
from tests.integration.mosquitto import Mosquitto, free_port
from tests.models import write_folder

MakeBoard = Callable[..., Board]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_folder(tmp_path_factory.mktemp("model") / "tiny")


@pytest.fixture(scope="module")
def model(folder: Path) -> Iterator[Model]:
    with edge.load(folder, threads=1) as loaded:
        yield loaded


@pytest.fixture
def board(broker: Mosquitto, folder: Path, tmp_path: Path) -> Iterator[MakeBoard]:
    """``board(name, *options)`` makes a device, which ends with the test."""
    with ExitStack() as stack:

        def make(name: str = "kitchen", *options: str) -> Board:
            made = Board(broker, name, folder, tmp_path, *options)
            stack.callback(made.stop)
            return made

        yield make


@pytest.fixture
def client(broker: Mosquitto) -> Iterator[edge.Client]:
    with edge.Client(broker.url, timeout=PATIENCE_S * 2) as made:
        yield made


def text(model: Model, prompt: str, seed: int, tokens: int = 40) -> str:
    return model.generate(prompt, max_tokens=tokens, temperature=4.0, seed=seed).text


def collect(pieces: Iterator[str | edge.Reply]) -> tuple[str, edge.Reply]:
    *parts, reply = pieces
    assert isinstance(reply, edge.Reply)
    return "".join(str(p) for p in parts), reply


def test_a_reply_says_what_it_is(board: MakeBoard, client: edge.Client, model: Model) -> None:
    board().start()
    reply = client.ask("kitchen", "hello", max_tokens=12, temperature=4.0, seed=3)
    own = model.generate("hello", max_tokens=12, temperature=4.0, seed=3)
    assert (reply.text, reply.finish_reason, reply.usage, reply.seed) == (own.text, own.finish_reason, own.usage, 3)
    assert (str(reply), reply.device, reply.model, reply.restarts) == (own.text, "kitchen", "tiny", 0)
    assert reply.timings["decode_s"]


def test_everybody_gets_their_own_answer(board: MakeBoard, broker: Mosquitto, model: Model) -> None:
    board("kitchen", "--queue", "100").start()
    with edge.Client(broker.url) as one, edge.Client(broker.url) as other, ThreadPoolExecutor(12) as threads:
        asked = {}
        for i in range(60):
            client = one if i % 2 else other
            asked[i] = threads.submit(client.ask, "kitchen", f"question {i}", max_tokens=20, temperature=4.0, seed=i)
        replies = {i: future.result() for i, future in asked.items()}
    assert {i: reply.text for i, reply in replies.items()} == {i: text(model, f"question {i}", i, 20) for i in asked}
    assert len({reply.id for reply in replies.values()}) == 60


def test_a_stream_is_its_answer(board: MakeBoard, client: edge.Client, model: Model) -> None:
    board().start()
    for seed in range(8):
        parts = list(client.stream("kitchen", "tell", max_tokens=40, temperature=4.0, seed=seed))
        reply = parts.pop()
        assert isinstance(reply, edge.Reply)
        assert "".join(str(p) for p in parts) == reply.text == text(model, "tell", seed)
        assert len(parts) > 5


def test_a_killed_agent_finishes_its_stream_after_the_restart(
    board: MakeBoard, client: edge.Client, model: Model
) -> None:
    kitchen = board().start(hold_after=12)
    pieces = client.stream("kitchen", "tell", max_tokens=40, temperature=4.0, seed=5)
    begun = [next(pieces), next(pieces)]
    kitchen.holds()
    kitchen.kill()
    kitchen.start()
    rest, reply = collect(pieces)
    assert "".join(map(str, begun)) + rest == reply.text == text(model, "tell", 5)
    assert reply.restarts == 1


def test_an_agent_that_lost_its_memory_is_asked_again(board: MakeBoard, client: edge.Client, model: Model) -> None:
    kitchen = board().start(hold_after=5)
    with ThreadPoolExecutor() as threads:
        asked = threads.submit(client.ask, "kitchen", "tell", max_tokens=40, temperature=4.0, seed=6)
        kitchen.holds()
        kitchen.kill()
        shutil.rmtree(kitchen.state)
        kitchen.start()
        reply = asked.result()
    assert reply.text == text(model, "tell", 6)
    assert reply.restarts == 0


def test_a_broker_that_forgets_everything_costs_no_answer(
    board: MakeBoard, broker: Mosquitto, client: edge.Client, model: Model
) -> None:
    kitchen = board().start(hold_after=5)
    with ThreadPoolExecutor() as threads:
        asked = threads.submit(client.ask, "kitchen", "tell", max_tokens=40, temperature=4.0, seed=7)
        kitchen.holds()
        broker.restart(kill=True)
        kitchen.release()
        assert asked.result().text == text(model, "tell", 7)
    assert client.ask("kitchen", "more", max_tokens=40, temperature=4.0, seed=8).text == text(model, "more", 8)


def test_a_full_queue_is_waited_for(board: MakeBoard, client: edge.Client, model: Model) -> None:
    kitchen = board("kitchen", "--queue", "1", "--together", "1").start(hold_after=5)
    with ThreadPoolExecutor() as threads:
        first = threads.submit(client.ask, "kitchen", "first", max_tokens=40, temperature=4.0, seed=1)
        kitchen.holds()
        waiting = threads.submit(client.ask, "kitchen", "second", max_tokens=40, temperature=4.0, seed=2)
        until(lambda: client.devices()[0].figure("queued") == 1, "the second in the queue")
        with pytest.raises(DeviceBusy, match="kitchen: 1 requests wait already; try again in") as busy:
            client.ask("kitchen", "third", timeout=2, seed=3)
        assert busy.value.code == "busy"
        third = threads.submit(client.ask, "kitchen", "third", max_tokens=40, temperature=4.0, seed=3)
        kitchen.release()
        for asked, prompt, seed in ((first, "first", 1), (waiting, "second", 2), (third, "third", 3)):
            assert asked.result().text == text(model, prompt, seed)


def test_an_answer_that_takes_too_long(board: MakeBoard, client: edge.Client) -> None:
    kitchen = board().start(hold_after=5)
    with pytest.raises(AskTimeout, match="kitchen has not finished within 1 s; allow more") as late:
        client.ask("kitchen", "tell", max_tokens=40, timeout=1)
    assert late.value.code == "deadline"
    assert isinstance(late.value, TimeoutError)
    kitchen.release()
    assert client.ask("kitchen", "tell", max_tokens=3).text


def test_nobody_of_that_name(board: MakeBoard, client: edge.Client) -> None:
    board().start()
    with pytest.raises(DeviceUnreachable, match="kitchn: nobody listens to its topic; is the name right"):
        client.ask("kitchn", "hello")
    with pytest.raises(DeviceUnreachable, match="pool nowhere: no device says it belongs to it"):
        client.ask_pool("nowhere", "hello")


def test_a_device_that_is_switched_off(board: MakeBoard, broker: Mosquitto) -> None:
    kitchen = board().start()
    with Listener(broker.port, "edge/v1/kitchen/status") as listener, edge.Client(broker.url, patience=1) as client:
        listener.retained()
        kitchen.kill()
        listener.heard.get(timeout=PATIENCE_S)
        with pytest.raises(DeviceUnreachable, match="kitchen: its agent is gone without a word; is it switched on"):
            client.ask("kitchen", "hello")


def test_what_a_device_refuses(board: MakeBoard, client: edge.Client) -> None:
    board().start()
    for code, asked in {
        "bad_request": {"prompt": "a", "temperature": -1.0},
        "too_large": {"prompt": "a" * 100_000},
        "prompt_too_long": {"prompt": "a" * 1000},
    }.items():
        with pytest.raises(RequestRefused, match="kitchen: ") as refused:
            client.ask("kitchen", **asked)  # type: ignore[arg-type]
        assert refused.value.code == code
        assert refused.value.device == "kitchen"


def test_mistakes_of_the_program_are_raised_at_once(client: edge.Client) -> None:
    with pytest.raises(TypeError, match="either a prompt or messages"):
        client.ask("kitchen")
    with pytest.raises(TypeError, match="no option 'colour'; there are max_tokens"):
        client.ask("kitchen", "a", colour="red")  # type: ignore[call-arg]
    with pytest.raises(ValueError, match="timeout 0"):
        client.ask("kitchen", "a", timeout=0)
    with pytest.raises(edge.errors.EdgeError, match="device name 'a/b'"):
        client.ask("a/b", "a")
    with pytest.raises(edge.errors.EdgeError, match="pool name '#'"):
        client.ask("pool:#", "a")


def test_no_broker() -> None:
    with (
        edge.Client(f"mqtt://127.0.0.1:{free_port()}") as client,
        pytest.raises(BrokerUnreachable, match="no connection") as raised,
    ):
        client.ask("kitchen", "hello")
    assert raised.value.code == "no_broker"


def test_wrong_credentials(mosquitto: Callable[..., Mosquitto]) -> None:
    broker = mosquitto("allow_anonymous false")
    with edge.Client(broker.url) as client, pytest.raises(BrokerError, match="refuses us: Not authorized; check user"):
        client.ask("kitchen", "hello")
    with edge.Client(broker.url) as client, pytest.raises(BrokerError, match="refuses us"):
        client.devices()


def test_what_the_access_rules_forbid(mosquitto: Callable[..., Mosquitto], tmp_path: Path) -> None:
    rules = tmp_path / "rules"
    rules.write_text("topic read edge/v1/reply/+/+\n")
    broker = mosquitto(f"allow_anonymous true\nacl_file {rules}")
    with (
        edge.Client(broker.url) as client,
        pytest.raises(BrokerError, match="our rights publish to edge/v1/kitchen/prompt: Not authorized"),
    ):
        client.ask("kitchen", "hello")


def test_a_broker_of_small_packets(mosquitto: Callable[..., Mosquitto]) -> None:
    broker = mosquitto("allow_anonymous true\nmax_packet_size 20000")
    with edge.Client(broker.url) as client:
        with pytest.raises(RequestRefused, match="bytes, more than mqtt:") as refused:
            client.ask("kitchen", "a" * 50_000)
        assert refused.value.code == "too_large"
        assert client.connected


def test_closing_ends_open_questions(board: MakeBoard, broker: Mosquitto) -> None:
    kitchen = board().start(hold_after=5)
    client = edge.Client(broker.url)
    with ThreadPoolExecutor() as threads:
        asked = threads.submit(client.ask, "kitchen", "tell", max_tokens=40)
        kitchen.holds()
        client.close()
        with pytest.raises(AskError, match="the client was closed") as closed:
            asked.result()
    assert closed.value.code == "closed"
    with pytest.raises(AskError, match="the client was closed"):
        client.ask("kitchen", "tell")
    client.close()  # twice does no harm
