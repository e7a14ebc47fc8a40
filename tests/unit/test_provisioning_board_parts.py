"""The parts of the board program, without a board."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import socket
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from provisioning.onboard import check, files, gate, journal, manifest, systemd, wire
from provisioning.onboard.blobs import Blobs
from provisioning.onboard.failure import Failure, Gone, from_os_error
from provisioning.onboard.layout import Layout
from provisioning.onboard.process import Finished, run
from provisioning.program import board_program, command, preamble, sources
from provisioning.unit import render


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """What is done to the disk, in order: the call and the name of the file (of the one written to, for fsync)."""
    done: list[tuple[str, str]] = []

    def watched(name: str) -> None:
        real: Callable[..., Any] = getattr(os, name)

        def call(first: Any, *rest: Any, **more: Any) -> Any:
            path = Path(f"/proc/self/fd/{first}").readlink() if isinstance(first, int) else Path([first, *rest[:1]][-1])
            done.append((name, path.name))
            return real(first, *rest, **more)

        monkeypatch.setattr(os, name, call)

    for name in ("fsync", "replace", "rename", "symlink", "unlink"):
        watched(name)
    return done


def test_a_file_is_on_the_disk_before_its_name_and_its_name_before_we_go_on(
    tmp_path: Path, calls: list[tuple[str, str]]
) -> None:
    files.write(tmp_path / "trial.json", b"{}")
    assert [c for c in calls if c[0] != "unlink"] == [
        ("fsync", ".trial.json.tmp"),
        ("replace", "trial.json"),
        ("fsync", tmp_path.name),
    ]


def test_a_link_is_switched_in_one_step_and_brought_to_the_disk(tmp_path: Path, calls: list[tuple[str, str]]) -> None:
    files.point(tmp_path / "current", "releases/a")
    calls.clear()
    files.point(tmp_path / "current", "releases/b")
    assert [c for c in calls if c[0] not in {"unlink", "symlink"}] == [("replace", "current"), ("fsync", tmp_path.name)]
    assert (tmp_path / "current").readlink() == Path("releases/b")
    assert names(tmp_path) == ["current"]


def test_a_removal_is_brought_to_the_disk(tmp_path: Path, calls: list[tuple[str, str]]) -> None:
    (tmp_path / "trial.json").touch()
    files.remove(tmp_path / "trial.json")
    files.remove(tmp_path / "trial.json")
    assert calls.index(("fsync", tmp_path.name)) == 1


def test_a_write_that_fails_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "result.json"
    files.write(path, b"old")

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        files.write(path, b"new")
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["result.json"]


@pytest.mark.parametrize(
    ("number", "code", "words"),
    [
        (errno.ENOSPC, "space", "no room left on the board"),
        (errno.EDQUOT, "space", "no room left on the board"),
        (errno.EROFS, "readonly", "mounted read-only"),
        (errno.EMFILE, "internal", "too many open files"),
        (errno.ENFILE, "internal", "too many open files"),
        (errno.EIO, "internal", "its card may be failing"),
        (errno.EACCES, "internal", "/opt/edge/x: Permission denied"),
    ],
)
def test_what_the_system_says_no_with_has_a_code_and_words(number: int, code: str, words: str) -> None:
    failure = from_os_error(OSError(number, os.strerror(number), "/opt/edge/x"))
    assert failure.code == code
    assert words in str(failure)


def test_a_disk_without_inodes_is_told_from_a_full_one(monkeypatch: pytest.MonkeyPatch) -> None:
    class NoInodes:
        f_files, f_favail = 1000, 0

    monkeypatch.setattr(os, "statvfs", lambda _: NoInodes)
    assert "no inodes left" in str(from_os_error(OSError(errno.ENOSPC, "", "/tmp/x")))  # noqa: S108


def test_a_log_is_bounded_and_heals_a_torn_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "MOST_BYTES", 1000)
    path = tmp_path / "journal.jsonl"
    path.write_bytes(b'{"torn":')
    follower = journal.Follower(path)
    seen = []
    for n in range(300):
        journal.append(path, {"n": n})
        if n % 7 == 0:
            seen += follower.lines()
    assert [line["n"] for line in seen + follower.lines()] == list(range(300))
    assert path.stat().st_size <= 1000
    assert names(tmp_path) == ["journal.jsonl", "journal.jsonl.1"]


def test_a_journal_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "journal.jsonl").mkdir()
    told: list[dict[str, Any]] = []
    journal.Journal(tmp_path / "journal.jsonl", told.append).step("activate", "switch", "switching")
    assert [(line["op"], line["step"]) for line in told] == [("activate", "switch")]


def test_lines_and_raw_bytes_share_the_wire() -> None:
    here, there = socket.socketpair()
    with here, there:
        line = wire.Wire(there.fileno(), there.fileno())
        here.sendall(b'{"op":"blob"}\nabc{"op":"x"}\n')
        assert line.line() == {"op": "blob"}
        assert b"".join(line.raw(3)) == b"abc"
        assert line.owed == 0
        assert line.line() == {"op": "x"}
        here.sendall(b"[]\n")
        with pytest.raises(Failure, match="no request"):
            line.line()
        here.sendall(b"ab")
        assert next(line.raw(5)) == b"ab"
        assert line.owed == 3
        line.check()
        here.shutdown(socket.SHUT_RDWR)
        with pytest.raises(Gone):
            line.check()
        with pytest.raises(Gone):
            line.line()


@pytest.mark.parametrize(("every_s", "told"), [(0.0, True), (600.0, False)])
def test_an_operator_hears_that_long_work_goes_on(
    monkeypatch: pytest.MonkeyPatch, every_s: float, *, told: bool
) -> None:
    monkeypatch.setattr(wire, "ALIVE_S", every_s)
    here, there = socket.socketpair()
    with here, there:
        line = wire.Wire(there.fileno(), there.fileno())
        run(["sleep", "0.5"], 60.0, line.check)
        line.send({"done": {}})
        events = [json.loads(text) for text in here.recv(1 << 16).splitlines()]
    assert ({"event": "alive"} in events) is told
    assert events[-1] == {"done": {}}


def test_an_operator_hears_of_us_while_a_large_file_is_read(tmp_path: Path) -> None:
    board = Layout(str(tmp_path))
    data = bytes(3 << 20)
    piece = manifest.Piece("model", hashlib.sha256(data).hexdigest(), len(data))
    files.make_folder(board.blobs)
    (board.blobs / piece.sha256).write_bytes(data)
    looks: list[int] = []
    Blobs(board).link(piece, tmp_path / "linked", lambda: looks.append(1))
    assert len(looks) == 3


def test_a_silent_operator_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "SILENCE_S", 0.01)
    here, there = socket.socketpair()
    with here, there, pytest.raises(Gone, match="nothing came"):
        wire.Wire(there.fileno(), there.fileno()).line()


def test_a_program_that_takes_too_long_is_ended_with_its_children() -> None:
    done = run(["sh", "-c", "echo begun; sleep 60 & wait"], 0.3)
    assert (done.code, done.out) == (None, "begun\n")


#: What systemd-run said and what came on standard output; the reason.
JUDGED = {
    "too slow": ("Finished with result: timeout\n", "", "too slow: no end after 9 s"),
    "too large": ("Finished with result: oom-kill\n", "", "too large: it needs more memory than it may use"),
    "killed": (
        "Finished with result: signal\nMain processes terminated with: code=killed/status=KILL\n",
        "",
        "too large, most likely",
    ),
    "killed, by a later systemd": (
        "Finished with result: signal\nMain processes terminated with: code=killed, status=9/KILL\n",
        "",
        "too large, most likely",
    ),
    "wrong instruction": (
        "Finished with result: core-dump\nMain processes terminated with: code=dumped/status=ILL\n",
        "",
        "it crashed: ended by signal ILL",
    ),
    "crash": (
        "ImportError: no\nFinished with result: exit-code\nMain processes terminated with: code=exited/status=1\n",
        "",
        "it crashed: ended with status 1",
    ),
    "memory": ("MemoryError\nFinished with result: exit-code\n", "", "too large: it ran out of memory"),
    "tokens": (
        "Finished with result: exit-code\n",
        '{"ok":false,"tokens":[2]}\n',
        r"wrong tokens: \[2\], expected \[1\]",
    ),
    "its own words": ("Finished with result: exit-code\n", '{"ok":false,"why":"no such model"}\n', "no such model"),
    "nothing said": ("Finished with result: success\n", "hello\n", "without a result"),
}


@pytest.mark.parametrize("case", JUDGED)
def test_a_failed_self_check_has_its_reason(case: str) -> None:
    err, out, reason = JUDGED[case]
    code = 0 if case == "nothing said" else 1
    release = manifest.Release("x", "", (), PIECE, "home", (), (), "", {"tokens": [1]}, (), b"")
    with pytest.raises(Failure, match=reason) as failed:
        check._judge(Finished(code, out, f"Running as unit: edge-check-x.service\n{err}", 1.0), release, 9)
    assert failed.value.code == "self_check"
    assert failed.value.log == (["ImportError: no"] if case == "crash" else failed.value.log)
    assert not any("Finished" in line or "Running as" in line for line in failed.value.log)


PIECE = manifest.Piece("x", "0" * 64, 1)


def test_a_systemd_run_that_does_not_start_is_not_the_releases_fault() -> None:
    release = manifest.Release("x", "", (), PIECE, "home", (), (), "", {"tokens": [1]}, (), b"")
    with pytest.raises(Failure) as failed:
        check._judge(Finished(1, "", "Failed to connect to bus: No such file\n", 1.0), release, 9)
    assert (failed.value.code, failed.value.log) == ("service", ["Failed to connect to bus: No such file"])


def test_the_self_check_has_the_services_sandbox_and_limits() -> None:
    unit = render(
        252, agent=["--name", "x"], secrets={"password": ""}, memory_max=123, environment={"OMP_NUM_THREADS": "3"}
    )
    words = systemd.sandbox(unit)
    properties = words[1::2]
    assert set(words[::2]) == {"--property"}
    for wanted in ("MemoryMax=123", "ProtectSystem=strict", "DynamicUser=yes", "CapabilityBoundingSet="):
        assert wanted in properties
    assert "Environment=OMP_NUM_THREADS=3" in properties
    assert [p for p in properties if p.startswith("SystemCallFilter=")] == [
        line for line in unit.splitlines() if line.startswith("SystemCallFilter=")
    ]
    others = ("Exec", "Type", "Restart", "Watchdog", "Notify", "Timeout", "State", "Load", "Kill", "Wanted", "After")
    assert not [p for p in properties if p.startswith(others)]


@pytest.mark.parametrize("agent", [("--name", "x"), ("--name", "x", "--force", "--kv", "int8")])
def test_the_self_check_loads_what_the_agent_would(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, agent: tuple[str, ...]
) -> None:
    def ran(argv: Sequence[str], *_: object) -> Finished:
        commands.append([str(part) for part in argv])
        return Finished(0, '{"ok":true}\n', "", 1.0)

    commands: list[list[str]] = []
    monkeypatch.setattr(check, "run", ran)
    board = Layout(str(tmp_path))
    release = manifest.Release("x", "", (), PIECE, "home", (), (), "", {}, agent, b"")
    files.make_folder(board.release("x"))
    (board.release("x") / "edge-agent.service").touch()
    check._run(board, release, "edge-check-x", 9, lambda: None)
    assert ("--force" in commands[0]) is ("--force" in agent)
    assert ("--kv int8" in " ".join(commands[0])) is ("--kv" in agent)


@pytest.mark.parametrize(
    ("url", "broker"),
    [
        ("mqtt://10.0.0.2", ("10.0.0.2", 1883)),
        ("mqtts://ada@home.example:8884", ("home.example", 8884)),
        ("mqtts://home.example", ("home.example", 8883)),
        ("mqtt://[fe80::1]:1884", ("fe80::1", 1884)),
        ("", None),
    ],
)
def test_the_broker_is_read_from_the_agents_arguments(url: str, broker: tuple[str, int] | None) -> None:
    agent = ("--name", "x", *(("--broker", url) if url else ()))
    release = manifest.Release("x", "", (), PIECE, "home", (), (), "", {}, agent, b"")
    assert release.broker == broker


@pytest.mark.parametrize("host", ["a..b", f"{'x' * 64}.invalid"])
def test_a_brokers_name_that_is_none_is_not_reached(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    monkeypatch.setattr(systemd, "show", lambda _: {})
    release = manifest.Release("x", "", (), PIECE, "home", (), (), "", {}, ("--broker", f"mqtt://{host}"), b"")
    assert release.broker == (host, 1883)
    assert gate.broker_before(release) == "unreachable"


RUNNING = {"ActiveState": "active", "SubState": "running", "MainPID": "7", "NRestarts": "0"}
ANSWERING = {**RUNNING, "StatusText": "kitchen: answering"}
NO_BROKER = {**RUNNING, "StatusText": "kitchen: no broker (refused)"}
CRASHED = {"ActiveState": "activating", "SubState": "auto-restart", "MainPID": "0", "ExecMainStatus": "1"}


@pytest.mark.parametrize(
    ("states", "broker", "why"),
    [
        ([ANSWERING], "reachable", ""),
        ([NO_BROKER], "unreachable", ""),
        ([NO_BROKER], "unknown", ""),
        ([NO_BROKER, ANSWERING], "reachable", ""),
        ([NO_BROKER], "reachable", "without the broker, which was there before the switch (kitchen: no broker"),
        ([{"ActiveState": "activating", "MainPID": "7"}], "reachable", "did not say within 1 s that it is ready"),
        ([{**CRASHED, "NRestarts": "3"}], "reachable", "ended 3 times in 0 s: exit status 1"),
        ([{"ActiveState": "failed", "Result": "oom-kill"}], "reachable", "needs more memory than it may use"),
        ([{"ActiveState": "failed", "Result": "watchdog"}], "reachable", "its work loop hung"),
        ([{"ActiveState": "failed", "ExecMainCode": "2", "ExecMainStatus": "4"}], "reachable", "signal 4"),
        ([CRASHED, {**ANSWERING, "MainPID": "8"}, CRASHED, {**ANSWERING, "MainPID": "9"}], "reachable", ""),
    ],
)
def test_the_gate_judges_by_what_was_before(
    monkeypatch: pytest.MonkeyPatch, states: list[dict[str, str]], broker: str, why: str
) -> None:
    clock = [0.0]
    left = list(states)
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(systemd, "show", lambda _: left.pop(0) if len(left) > 1 else left[0])

    def sleep(seconds: float) -> None:
        clock[0] += seconds

    verdict = gate.wait_healthy(1.0, 0.4, broker, sleep)
    assert why in verdict.why
    assert verdict.healthy is (not why)


def test_one_process_must_live_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(systemd, "show", lambda _: {**ANSWERING, "MainPID": str(clock[0])})

    def sleep(seconds: float) -> None:
        clock[0] += seconds

    assert "still being restarted after 5 s" in gate.wait_healthy(5.0, 3.0, "reachable", sleep).why


def test_the_programs_zip_is_the_same_every_time_and_holds_our_files() -> None:
    program = board_program()
    assert program == board_program()
    assert preamble() == b"%d\n" % len(program) + program
    assert {"__main__.py", "onboard/__init__.py", "onboard/main.py"} <= set(sources())
    assert not [name for name in sources() if not name.startswith(("onboard/", "__main__"))]
    assert command("python3.11", "/x y")[-2:] == ["--prefix", "/x y"]


def test_the_id_is_made_of_the_manifests_bytes() -> None:
    value = {
        "format": 1, "python": "/usr/bin/python3", "wheels": [],
        "pip": {"name": "pip.whl", "sha256": "0" * 64, "size": 1}, "model": {"name": "home", "files": []},
        "agent": ["--name", "Küche"], "secrets": {}, "unit": "", "check": {},
        "memory_max": 1,
    }  # fmt: skip
    release = manifest.read(json.loads(json.dumps(value)))
    assert release.text == json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
    assert manifest.read(dict(reversed(value.items()))).id == release.id
    assert manifest.read(value | {"memory_max": 2}).id != release.id
