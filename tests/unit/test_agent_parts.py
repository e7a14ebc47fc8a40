"""The agent's parts alone: what it keeps on disk, whom it slows down, what it hands over."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import edge
from edge.agent import limits, memory
from edge.agent.notify import Notifier
from edge.agent.outbox import Outbox
from edge.agent.service import _OneLine, state_folder
from edge.agent.store import Held, Store, StoreError
from edge.messaging.events import Published
from tests.models import write_folder


def held(key: str, **changes: Any) -> Held:
    fields: dict[str, Any] = {
        "key": key, "id": f"id-{key}", "reply": "edge/v1/reply/me", "correlation": b"\0x", "request": {"prompt": "ñ"},
        "seed": 2**62, "accepted": float(len(key)), "deadline": None, "restarts": 0, "answer": None,
    }  # fmt: skip
    return Held(**(fields | changes))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(Store(tmp_path / "state" / "requests.db")) as opened:
        yield opened


def test_what_is_kept_comes_back(store: Store, tmp_path: Path) -> None:
    store.accept(held("a", deadline=12.5), "digest")
    store.accept(held("bb"), "other")
    store.close()
    with closing(Store(tmp_path / "state" / "requests.db")) as again:
        assert again.owed() == [held("a", deadline=12.5), held("bb")]
        assert again.find("a") == (held("a", deadline=12.5), "digest")
        assert again.find("c") is None


def test_a_request_becomes_an_answer_becomes_sent(store: Store) -> None:
    store.accept(held("a"), "d")
    assert [store.begin("a") for _ in range(3)] == [0, 1, 2]
    assert store.owed()[0].restarts == 2
    store.finish("a", b"text", 100.0)
    assert store.owed() == []
    assert [h.answer for h in store.unsent(10)] == [b"text"]
    store.sent("a")
    assert store.unsent(10) == []
    store.sent("a", done=False)
    assert [h.key for h in store.unsent(10)] == ["a"]


def test_prune_forgets_only_what_was_delivered(store: Store) -> None:
    for i in range(6):
        store.accept(held(str(i)), "d")
    for i in range(5):
        store.finish(str(i), b"x", 100.0 + i)
    for i in range(4):
        store.sent(str(i))
    store.prune(before=101.5, keep=1)
    left = {key for key in "012345" if store.find(key)}
    assert left == {"3", "4", "5"}


def test_two_agents_cannot_share_a_store(store: Store) -> None:
    code = "import sys; from pathlib import Path; from edge.agent.store import Store; Store(Path(sys.argv[1]))"
    done = subprocess.run([sys.executable, "-c", code, str(store.path)], capture_output=True, text=True, check=False)
    assert "StoreError" in done.stderr
    assert "another agent uses it" in done.stderr


def test_a_killed_process_loses_nothing_committed(tmp_path: Path) -> None:
    code = (
        "import os, signal, sys; from pathlib import Path; from edge.agent.store import Held, Store\n"
        "s = Store(Path(sys.argv[1]))\n"
        "for i in range(20): s.accept(Held(str(i), 'i', 'r', None, {}, 1, float(i), None, 0, None), 'd')\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path / "db")], check=False)
    assert done.returncode == -signal.SIGKILL
    with closing(Store(tmp_path / "db")) as store:
        assert [h.key for h in store.owed()] == [str(i) for i in range(20)]


def test_damaged_and_newer_stores_are_refused(tmp_path: Path) -> None:
    (tmp_path / "bad").write_bytes(b"not a database" * 100)
    with pytest.raises(StoreError, match="damaged"):
        Store(tmp_path / "bad")
    with closing(sqlite3.connect(tmp_path / "new")) as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(StoreError, match="newer"):
        Store(tmp_path / "new")


def test_a_full_disk_is_an_error_and_not_the_end(tmp_path: Path) -> None:
    """A limit on file size stands in for a full disk: the store refuses, and goes on when there is room."""
    code = (
        "import resource, signal, sys; from pathlib import Path\n"
        "from edge.agent.store import Held, Store, StoreError\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "s = Store(Path(sys.argv[1]))\n"
        "def h(k, n): return Held(k, 'i', 'r', None, {'prompt': 'x' * n}, 1, 1.0, None, 0, None)\n"
        "s.accept(h('small', 10), 'd')\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, -1))\n"
        "try: s.accept(h('large', 500_000), 'd')\n"
        "except StoreError as error: print('refused', 'full' in str(error))\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (-1, -1))\n"
        "s.accept(h('later', 500_000), 'd'); print([x.key for x in s.owed()])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "db")], capture_output=True, text=True, check=False
    )
    assert done.stdout.splitlines() == ["refused True", "['later', 'small']"], done.stderr


def test_rate_is_per_asker(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr("edge.agent.limits.time.monotonic", lambda: now)
    rate = limits.Rate(60)
    assert [rate.wait("a") for _ in range(10)] == [0.0] * 10
    assert rate.wait("a") == pytest.approx(1.0)
    assert rate.wait("b") == 0
    now = 1.0
    assert rate.wait("a") == 0
    assert rate.wait("a") > 0


class FakeLink:
    """Takes everything and acknowledges nothing by itself."""

    address = None

    def __init__(self) -> None:
        self.sent: list[tuple[str, bytes]] = []
        self.up = True
        self.takes = 10_000

    def fits(self, _topic: str, payload: bytes, _correlation: bytes | None) -> bool:
        return len(payload) <= self.takes

    def publish(self, topic: str, payload: bytes, **_: Any) -> tuple[int, int] | None:
        if not self.up:
            return None
        self.sent.append((topic, payload))
        return (1, len(self.sent))


def test_the_outbox_keeps_to_the_window(store: Store) -> None:
    link = FakeLink()
    outbox = Outbox(link, store)  # type: ignore[arg-type]
    for i in range(8):
        store.accept(held(str(i)), "d")
        store.finish(str(i), b"answer %d" % i, float(i))
    outbox.pump()
    assert link.sent == []
    outbox.connected(window=3)
    outbox.send("edge/v1/a/status", b"ready", retain=True)
    assert len(link.sent) == 3
    for number in range(1, 20):
        assert len(link.sent) <= number + 2
        outbox.published(Published((1, number)))
    assert [p for t, p in link.sent if t.endswith("me")] == [b"answer %d" % i for i in range(8)]
    assert store.unsent(10) == []
    assert outbox.idle


def test_the_outbox_sends_nothing_that_the_broker_would_hang_up_for(store: Store) -> None:
    link = FakeLink()
    outbox = Outbox(link, store)  # type: ignore[arg-type]
    for i, size in enumerate((5000, 200, 5000)):
        store.accept(held(str(i)), "d")
        store.finish(str(i), b"x" * size, float(i))
    link.takes = 250
    outbox.connected(window=2)
    outbox.send("edge/v1/a/info", b"x" * 251)
    outbox.published(Published((1, 1)))
    assert [b"too_large" in p for _, p in link.sent] == [True, False, True]
    for number in (2, 3):
        outbox.published(Published((1, number)))
    assert store.unsent(9) == []
    store.accept(held("b"), "d")
    store.finish("b", b"x" * 99, 9.0)
    link.takes = 50  # not even an error: nothing is owed for ever
    outbox.pump()
    assert store.unsent(9) == []
    assert len(link.sent) == 3


def test_the_outbox_sends_again_what_was_not_acknowledged(store: Store) -> None:
    link = FakeLink()
    outbox = Outbox(link, store)  # type: ignore[arg-type]
    store.accept(held("a"), "d")
    store.finish("a", b"x", 1.0)
    outbox.connected(window=5)
    outbox.disconnected()
    outbox.connected(window=5)
    assert len(link.sent) == 2
    outbox.published(Published((1, 2)))
    outbox.disconnected()
    outbox.connected(window=5)
    assert len(link.sent) == 2


@pytest.fixture
def manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """What listens where systemd would."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.setblocking(False)  # noqa: FBT003
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        yield listener


def said(manager: socket.socket) -> list[bytes]:
    heard = []
    with contextlib.suppress(BlockingIOError):
        while True:
            heard.append(manager.recv(200))
    return heard


def test_notify_speaks_to_systemd(manager: socket.socket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", "60000000")
    notifier = Notifier()
    notifier.loading("loading")
    notifier.ready()
    notifier.status("well")
    notifier.alive()
    assert said(manager) == [
        b"STATUS=loading\nEXTEND_TIMEOUT_USEC=60000000", b"READY=1", b"STATUS=well", b"WATCHDOG=1",
    ]  # fmt: skip
    (tmp_path / "notify").unlink()
    notifier.status("alone")  # nobody listens any more: no error
    monkeypatch.delenv("NOTIFY_SOCKET")
    Notifier().ready()


@pytest.mark.parametrize(
    ("usec", "pid", "every_s"),
    [
        ("60000000", None, 5.0),
        ("2000000", None, 0.5),
        ("2000000", "own", 0.5),
        ("2000000", "1", None),
        ("0", None, None),
        ("soon", None, None),
        (None, None, None),
    ],
)
def test_the_watchdog_hears_four_signs_of_life_in_its_time(
    manager: socket.socket, monkeypatch: pytest.MonkeyPatch, usec: str | None, pid: str | None, every_s: float | None
) -> None:
    """And not one a step: a small model takes thousands of those a second."""
    for name, value in (("WATCHDOG_USEC", usec), ("WATCHDOG_PID", str(os.getpid()) if pid == "own" else pid)):
        monkeypatch.delenv(name, raising=False)
        if value is not None:
            monkeypatch.setenv(name, value)
    now = 1000.0
    monkeypatch.setattr("edge.agent.notify.time.monotonic", lambda: now)
    notifier = Notifier()
    for _ in range(1000):
        notifier.alive()
        now += (every_s or 1.0) / 100
    assert len(said(manager)) == (10 if every_s else 0)
    assert notifier.every_s == (every_s or 5.0)


@pytest.mark.parametrize("limited", [1, 0])
def test_a_sandbox_that_forbids_limits_is_named_unless_it_sets_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, limited: int
) -> None:
    def forbid(*_: object) -> None:
        raise ValueError("not allowed")

    monkeypatch.setattr("edge.agent.memory.resource.setrlimit", forbid)
    monkeypatch.setattr(memory, "_unlimited", lambda: not limited)
    with edge.load(write_folder(tmp_path / "m")) as model:
        memory.bound(model, 1 << 30)
    assert ("LimitDATA=" in caplog.text) == (not limited)


def test_what_is_unlimited_is_read_without_the_system_call() -> None:
    code = "import resource; from edge.agent import memory; print(memory._unlimited());"
    code += "resource.setrlimit(resource.RLIMIT_DATA, (1 << 32, 1 << 32)); print(memory._unlimited())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split()[-1] == "False"


def test_log_lines_stay_lines() -> None:
    import logging

    record = logging.LogRecord("edge", logging.INFO, "f", 1, "asked: %s", ("a\n2026 fake\x1b[2J\u202e",), None)
    line = _OneLine().format(record)
    assert "\n" not in line
    assert "\x1b" not in line
    assert "\u202e" not in line


def test_state_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    assert state_folder("kitchen") == tmp_path / "bitnet-edge" / "kitchen"
    monkeypatch.setenv("STATE_DIRECTORY", "/var/lib/edge:/x")
    assert state_folder("kitchen") == Path("/var/lib/edge")


def test_a_folder_that_cannot_be_made_is_not_called_full() -> None:
    with pytest.raises(StoreError, match="choose another folder with --state"):
        Store(Path("/proc/nowhere/requests.db"))
