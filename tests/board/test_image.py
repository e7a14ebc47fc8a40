"""The emulated board is what the other tests here take it for: booted, bare, on its own, and honest about its plug."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.board.image import PASSWORD
from tests.board.machine import CPUS, Board
from tests.board.programs import NoBoardError

pytestmark = pytest.mark.board
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def board() -> Iterator[Board]:
    """One board for all tests that only look."""
    try:
        with Board("cortex-a72") as started:
            yield started
    except NoBoardError as error:
        pytest.skip(str(error))


def test_systemd_runs_everything(board: Board) -> None:
    assert board.ssh("systemctl is-system-running").stdout.strip() == "running"
    assert board.ssh("uname -m; ps -p 1 -o comm=; nproc").stdout.split() == ["aarch64", "systemd", "2"]
    assert "memory" in board.ssh("cat /sys/fs/cgroup/cgroup.controllers").stdout.split()


def test_packages_are_whole_and_files_are_roots(board: Board) -> None:
    assert board.ssh("dpkg --audit").stdout == ""
    assert board.ssh("find /usr /etc /opt -xdev ! -user root").stdout == ""
    assert "4755 root root" in board.ssh("stat -c '%a %U %G' /usr/bin/sudo").stdout


def test_is_bare(board: Board) -> None:
    tools = "cc gcc make git curl wget rsync"
    assert board.ssh(f"for tool in {tools} python3; do command -v $tool; done").stdout == "/usr/bin/python3\n"
    find = (
        "import importlib.util as i; print([n for n in ('pip', 'ensurepip', 'setuptools', 'json') if i.find_spec(n)])"
    )
    assert board.ssh(f'python3 -c "{find}"').stdout == "['json']\n"
    assert (
        board.ssh("python3 -m venv --without-pip /tmp/bare && /tmp/bare/bin/python -c 'print(6 * 7)'").stdout == "42\n"
    )


def test_sees_the_host_and_nothing_beyond(board: Board) -> None:
    connect = "import socket, sys; print(socket.create_connection((sys.argv[1], int(sys.argv[2])), 20).recv(9))"
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(60)

        def greet() -> None:
            with server.accept()[0] as client:
                client.sendall(b"from host")

        greeter = threading.Thread(target=greet)
        greeter.start()
        said = board.ssh(f'python3 -c "{connect}" {board.host_address} {server.getsockname()[1]}').stdout
        greeter.join()
    assert said == "b'from host'\n"
    done = board.ssh(f'python3 -c "{connect}" 192.0.2.1 443', check=False)
    assert "Network is unreachable" in done.stderr


def test_sudo_wants_a_password_of_one_user_only(board: Board) -> None:
    assert board.ssh("sudo -n id -u").stdout == "0\n"
    refused = board.ssh("sudo -n id -u", user="locked", check=False)
    assert "password is required" in refused.stderr
    assert board.ssh("sudo -S -p '' id -u", user="locked", stdin=PASSWORD + "\n").stdout == "0\n"


def test_every_board_is_a_fresh_one(board: Board, board_a72: Board) -> None:
    board_a72.write("/home/pi/mine", "mine")
    assert board.ssh("ls /home/pi").stdout == ""


def features(board: Board) -> set[str]:
    text = board.ssh("grep -m1 Features /proc/cpuinfo").stdout
    return set(text.split(":")[1].split())


def test_processors_differ(board: Board, board_a76: Board) -> None:
    assert "asimddp" not in features(board)
    assert "asimddp" in features(board_a76)


def test_power_cut_keeps_what_was_flushed_and_loses_what_was_not(board_a72: Board) -> None:
    # Without these two the kernel would write all by itself after a while, and a slow machine would let it.
    board_a72.ssh("sudo mount -o remount,commit=300 / && echo 0 | sudo tee /proc/sys/vm/dirty_writeback_centisecs")
    board_a72.write("/home/pi/flushed", "kept")
    board_a72.ssh("echo lost > /home/pi/unflushed; cat /home/pi/unflushed")
    board_a72.power_cut()
    board_a72.boot()
    board_a72.wait_ready()
    assert board_a72.ssh("cat /home/pi/flushed").stdout == "kept"
    assert "lost" not in board_a72.ssh("cat /home/pi/unflushed", check=False).stdout


def test_reboot(board_a76: Board) -> None:
    board_a76.ssh("echo still here > here; sudo hostnamectl hostname kitchen")
    board_a76.reboot()
    assert board_a76.ssh("cat here; hostname").stdout == "still here\nkitchen\n"
    boots = board_a76.ssh("sudo journalctl --list-boots --quiet").stdout.splitlines()
    assert len(boots) >= 2, "the log does not outlive a reboot"


@pytest.mark.slow_board
@pytest.mark.parametrize("cpu", CPUS)
def test_boots_without_a_memory_cgroup_as_a_raspberry_does(boards: Callable[..., Board], cpu: str) -> None:
    board = boards(cpu, snapshot=False, append="cgroup_disable=memory")
    assert "memory" not in board.ssh("cat /sys/fs/cgroup/cgroup.controllers").stdout.split()


@pytest.fixture
def short_place() -> Iterator[str]:
    """A folder for what a killed process leaves behind; tmp_path may be too long for the path of a socket."""
    with tempfile.TemporaryDirectory(prefix="killed-") as place:
        yield place


def test_a_board_ends_with_whoever_started_it(short_place: str) -> None:
    code = (
        "import sys, time; from tests.board.machine import Board; board = Board('cortex-a72', ready=False);"
        "print(board.qemu.process.pid, flush=True); time.sleep(600)"
    )
    environment = os.environ | {"TMPDIR": short_place}
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    ) as starter:
        assert starter.stdout is not None
        try:
            number = int(starter.stdout.readline())
            assert b"qemu" in Path(f"/proc/{number}/cmdline").read_bytes()
        finally:
            starter.kill()
            starter.wait()
        gone = threading.Event()

        def watch() -> None:
            while _alive(number):
                gone.wait(0.05)
            gone.set()

        watcher = threading.Thread(target=watch, daemon=True)
        watcher.start()
        watcher.join(60)
        assert gone.is_set()


def _alive(number: int) -> bool:
    try:
        os.kill(number, signal.SIG_DFL)
    except ProcessLookupError:
        return False
    return b"qemu" in Path(f"/proc/{number}/cmdline").read_bytes()
