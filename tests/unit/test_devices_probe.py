"""The probe script, run by real shells on imitated boards: what it says, whatever it meets."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from devices import probe
from devices.boards import recognise
from devices.facts import Facts
from tests.unit import board_trees
from tests.unit.board_trees import SHELLS, Tree, shell


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return board_trees.pi4(tmp_path)


@pytest.mark.parametrize("command", SHELLS, ids=" ".join)
def test_a_pi_4_in_every_shell(tree: Tree, command: tuple[str, ...]) -> None:
    told = tree.probe(*shell(command))
    disk = told.pop("disk")
    if command[0] == "busybox":  # prefers its own programs to those on the PATH
        told |= {"machine": "aarch64", "clock": 1796000000, "user": "pi", "uid": 1000, "sudo": "free"}
    assert told == {
        "probe": 1,
        "host": "kitchen",
        "machine": "aarch64",
        "kernel": "6.6.51+rpt-rpi-v8",
        "bits": 64,
        "page_size": 4096,
        "libc": "glibc 2.36",
        "os": {"id": "debian", "version": "12", "pretty": "Debian GNU/Linux 12 (bookworm)"},
        "systemd": "systemd 252 (252.38-1~deb12u1)",
        "clock": 1796000000,
        "uptime_s": 351735.47,
        "cpu": {
            "implementer": "0x41",
            "parts": ["0xd08"],
            "name": None,
            "features": "fp asimd evtstrm crc32 cpuid",
            "cores": 4,
            "present": None,
            "online": None,
        },
        "clocks": [],
        "memory": {"total_kb": 3882384, "available_kb": 3367588, "cgroup": False},
        "swap": [],
        "python": {"path": "/usr/bin/python3.11", "version": "3.11.2", "bits": 64, "venv": True},
        "user": "pi",
        "uid": 1000,
        "sudo": "free",
        "sudo_says": None,
        "etc_readonly": False,
        "model": "Raspberry Pi 4 Model B Rev 1.4",
        "compatible": ["raspberrypi,4-model-b", "brcm,bcm2711"],
        "throttled": "0x0",
        "supply_ma": None,
        "power_mode": None,
        "power": {"rails": [], "rapl": [], "firmware": None},
        "temperatures": [{"millidegrees": 48212, "zone": "cpu-thermal"}],
        "edge": {
            "current": None,
            "releases": [],
            "blobs": {},
            "parts": {},
            "trial": None,
            "result": None,
            "lock": None,
            "service": None,
        },
    }
    size = shutil.disk_usage(tree.prefix).total // 1024
    assert disk == {
        "path": str(tree.prefix),
        "device": "/dev/mmcblk0p2",
        "mount": "/",
        "type": "ext4",
        "readonly": False,
        "card": True,
        "size_kb": size,
        "free_kb": disk["free_kb"],
        "inodes": disk["inodes"],
        "inodes_free": disk["inodes_free"],
    }
    assert 0 < disk["free_kb"] <= size
    assert 0 < disk["inodes_free"] <= disk["inodes"]


def test_the_kernels_of_newer_servers(tmp_path) -> None:
    facts = Facts.from_json(board_trees.pi5(tmp_path).probe())
    newer = replace(facts, cpu=replace(facts.cpu, features=facts.cpu.features | {"i8mm"}))
    assert (facts.isa, newer.isa) == ("dotprod", "i8mm")


@pytest.mark.parametrize(
    ("make", "name", "isa", "page", "python"),
    [
        (board_trees.pi4, "Raspberry Pi 4 Model B", "neon", 4096, (3, 11, 2)),
        (board_trees.pi5, "Raspberry Pi 5", "dotprod", 16384, (3, 11, 2)),
        (board_trees.jetson_orin_nano, "Jetson Orin Nano", "dotprod", 4096, (3, 10, 12)),
    ],
)
def test_facts_of_boards(tmp_path, make, name, isa, page, python) -> None:
    facts = Facts.from_json(make(tmp_path).probe())
    board = recognise(facts)
    assert board is not None
    assert board.name == name
    assert board.isa == facts.isa == isa
    assert facts.page_size == page
    assert facts.python is not None
    assert facts.python.version == python
    assert facts.temperature_c in {48.212, 51.406}


@pytest.mark.parametrize(
    ("model", "read"),
    [
        (b'A "board"\\n of\n\ttwo\r lines\0', 'A "board"\\n of\n\ttwo� lines'),
        ("Bräd ☃\0".encode(), "Bräd ☃"),
        (b"\xff\xfe\x80 x\0", "��� x"),
        (b"\x01\x1b[31m\x7f\0", "��[31m�"),
        (b"$(touch /tmp/x) `id` ${HOME} %s %d \\x41\0", "$(touch /tmp/x) `id` ${HOME} %s %d \\x41"),
        (b"* ? [a]\0", "* ? [a]"),
        (b"-n\0", "-n"),
        (b"]!#^\0", "]!#^"),
        (b"\0", None),
    ],
)
@pytest.mark.parametrize("command", SHELLS, ids=" ".join)
def test_strings_arrive_as_they_are(tree: Tree, model, read, command) -> None:
    tree.file("proc/device-tree/model", model)
    tree.file("proc/device-tree/compatible", b'x,"y\0\\z\0')
    told = tree.probe(*shell(command))
    assert told["model"] == read
    assert told["compatible"] == ['x,"y', "\\z"]


def test_an_endless_string_is_cut(tree: Tree) -> None:
    tree.file("proc/device-tree/model", b"\n" * 50_000 + b"x\0")
    assert tree.probe()["model"] == "\n" * 1024


def test_a_machine_without_anything(tmp_path: Path) -> None:
    """No proc, no sys, no programs: everything is null, and the answer is whole."""
    tree = Tree(tmp_path)
    shutil.rmtree(tree.root)
    for path in tree.bin.iterdir():
        path.unlink()
    told = tree.probe()
    assert told["python"] is None
    assert told["bits"] is None
    assert told["sudo"] == "none"
    assert told["memory"] == {"total_kb": None, "available_kb": None, "cgroup": None}
    with pytest.raises(ValueError, match="lacks its kind of machine or its memory"):
        Facts.from_json(told)


def test_not_a_byte_is_lost_on_the_way_or_nothing_happens(tree: Tree) -> None:
    """A script cut off at any place runs nothing."""
    script = tree.script()
    for length in (*range(0, len(script) - 80, 211), *range(len(script) - 80, len(script) - 2)):
        done = tree.run(script=script[:length])
        assert done.stdout == b"", length


@pytest.fixture
def hanging(tree: Tree) -> Iterator[Tree]:
    """A board on which some programs never end, before the test does: a board lives with them, we need not."""
    for name in ("vcgencmd", "sudo", "systemctl"):
        tree.program(name, f"trap '' TERM INT HUP PIPE; exec {tree.bin}/sleep 60")
    yield tree
    mark = f"{tree.bin}/".encode()
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if mark in (folder / "cmdline").read_bytes():
                os.kill(int(folder.name), signal.SIGKILL)


def impatient(tree: Tree) -> bytes:
    """The script with a second's patience for each of those."""
    script = tree.script()
    for waits in (b"bounded 3 vcgencmd", b"raced 5 try_sudo", b"bounded 5 systemctl"):
        assert waits in script
        how, _, program = waits.split()
        script = script.replace(waits, b"%s 1 %s" % (how, program))
    return script


@pytest.mark.parametrize("command", SHELLS, ids=" ".join)
def test_a_program_that_hangs_costs_seconds(hanging: Tree, command: tuple[str, ...]) -> None:
    told = probe.parse(hanging.run(*shell(command), script=impatient(hanging)).stdout)
    assert told["sudo"] == ("free" if command[0] == "busybox" else "hangs")  # busybox asks itself who it is: root
    assert told["throttled"] is None
    assert told["systemd"] is None
    assert told["host"] == "kitchen"


@pytest.mark.parametrize("command", SHELLS, ids=" ".join)
def test_bounds_hold_without_timeout(hanging: Tree, command: tuple[str, ...]) -> None:
    hanging.without("timeout")
    told = probe.parse(hanging.run(*shell(command), script=impatient(hanging)).stdout)
    assert told["throttled"] is None
    assert told["python"]["version"] == "3.11.2"
    assert told["disk"]["size_kb"] > 0


def test_sudo_wants_a_password(tree: Tree) -> None:
    tree.program("sudo", "echo 'sudo: a password is required' >&2; exit 1")
    told = tree.probe()
    assert told["sudo"] == "password"
    assert told["sudo_says"] == "sudo: a password is required"


def test_root_does_not_try_sudo(tree: Tree) -> None:
    tree.answers(id="0")
    tree.program("sudo", "exit 1")
    assert tree.probe()["sudo"] == "free"
    tree.without("sudo")
    assert tree.probe()["sudo"] == "none"


def test_the_bits_of_the_programs_without_getconf(tree: Tree) -> None:
    tree.without("getconf")
    told = tree.probe()
    assert told["bits"] == 64  # /bin/sh's own
    assert told["page_size"] is None
    assert told["libc"] is None


@pytest.mark.parametrize(
    ("pythons", "path", "version"),
    [
        ({}, "/usr/bin/python3.11", "3.11.2"),
        ({"usr/bin/python3.12": "3.12.3 64 1 /usr/bin/python3.12"}, "/usr/bin/python3.11", "3.11.2"),
        ({"PATH": "3.8.10 64 1 /usr/bin/python3.8"}, "/usr/bin/python3.8", "3.8.10"),
        (
            {
                "PATH": "3.8.10 64 1 /usr/bin/python3.8",
                "usr/local/bin/python3.12": "3.12.3 64 1 /usr/local/bin/python3.12",
            },
            "/usr/local/bin/python3.12",
            "3.12.3",
        ),
        (
            {"PATH": "3.12.1 64 1 /home/pi/.pyenv/versions/3.12.1/bin/python3.12", "usr/bin/python3": "3.11.2 64 1 /p"},
            "/p",
            "3.11.2",
        ),
        ({"PATH": "Illegal instruction"}, "BIN/python3", None),
    ],
)
def test_the_python_it_chooses(tree: Tree, pythons: dict[str, str], path: str, version: str | None) -> None:
    for place, line in pythons.items():
        if place == "PATH":
            tree.answers(python3=line)
        else:
            tree.file(place, f"#!/bin/sh\necho '{line}'\n").chmod(0o755)
    told = tree.probe()["python"]
    assert told["path"] == path.replace("BIN", str(tree.bin))
    assert told["version"] == version


def test_what_it_asks_of_a_real_python(tree: Tree) -> None:
    real = shutil.which("python3", path="/usr/local/bin:/usr/bin:/bin") or shutil.which("python3")
    assert real
    tree.without("python3")
    (tree.bin / "python3").symlink_to(real)
    told = tree.probe()["python"]
    assert told["bits"] in {32, 64}
    assert told["version"].startswith("3.")
    assert told["path"] == str(Path(told["path"]).resolve())


def test_mounts_and_swap(tree: Tree) -> None:
    tree.file(
        "proc/swaps",
        "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"
        "/var/swap                               file\t\t102396\t\t0\t\t-2\n"
        "/dev/mmcblk0p1                          partition\t204800\t\t0\t\t-3\n"
        "/dev/zram0                              partition\t1941188\t\t0\t\t100\n",
    )
    told = tree.probe()
    assert told["swap"] == [
        {"path": "/var/swap", "kind": "file", "size_kb": 102396, "card": True},
        {"path": "/dev/mmcblk0p1", "kind": "partition", "size_kb": 204800, "card": True},
        {"path": "/dev/zram0", "kind": "partition", "size_kb": 1941188, "card": False},
    ]
    assert told["disk"]["card"] is True
    tree.mounts(
        "179:2 / / rw,noatime shared:1 - ext4 /dev/root rw",
        f"0:55 / {tree.prefix.parent} rw,relatime - tmpfs tmpfs ro,size=1k",
        f"0:56 / {tree.prefix.parent}x ro,relatime - tmpfs tmpfs rw",
    )
    told = tree.probe()
    assert told["disk"]["mount"] == str(tree.prefix.parent)
    assert told["disk"]["type"] == "tmpfs"
    assert told["disk"]["readonly"] is True
    assert told["disk"]["card"] is False


def test_emmc_is_no_card(tmp_path: Path) -> None:
    tree = Tree(tmp_path)
    tree.card("MMC")
    assert tree.probe()["disk"]["card"] is False


def test_memory_cgroup_of_version_1(tree: Tree) -> None:
    (tree.root / "sys/fs/cgroup/cgroup.controllers").unlink()
    tree.file("proc/cgroups", "#subsys_name\thierarchy\tnum_cgroups\tenabled\ncpuset\t0\t77\t1\nmemory\t0\t77\t0\n")
    assert tree.probe()["memory"]["cgroup"] is False
    tree.file("proc/cgroups", "#subsys_name\thierarchy\tnum_cgroups\tenabled\nmemory\t9\t88\t1\n")
    assert tree.probe()["memory"]["cgroup"] is True


def test_systemd_that_is_not_in_charge(tree: Tree) -> None:
    shutil.rmtree(tree.root / "run")
    assert tree.probe()["systemd"] is None
    (tree.prefix / "run/systemd/system").mkdir(parents=True)  # a test's own, below the prefix
    assert tree.probe()["systemd"] == "systemd 252 (252.38-1~deb12u1)"


def test_an_x86_machine_names_itself(tree: Tree) -> None:
    shutil.rmtree(tree.root / "proc/device-tree")
    tree.file("sys/class/dmi/id/sys_vendor", "LENOVO\n")
    tree.file("sys/class/dmi/id/product_name", "20XW\n")
    told = tree.probe()
    assert told["model"] == "LENOVO 20XW"
    assert told["compatible"] == []


def test_the_answer_is_found_among_what_login_scripts_print(tree: Tree) -> None:
    answer = tree.run().stdout
    assert probe.parse(b"Welcome to {kitchen}!\n" + answer + b"bye {\n") == probe.parse(answer)


@pytest.mark.parametrize(
    ("output", "says"),
    [
        (b"", "did not answer"),
        (
            b"This account is\n\x1b[31m not available.\n",
            r"did not answer; it said: This account is \[31m not available",
        ),
        (b'{"probe":1,"host":"kit', "broke off in its answer"),
        (b'{"probe":1}', "left out what edge has there"),
    ],
)
def test_no_whole_answer(output: bytes, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        probe.parse(output)
