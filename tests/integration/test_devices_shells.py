"""The probe where there is nothing but busybox: its shell and its small versions of all programs."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from devices import probe
from devices.facts import Facts
from tests.unit import board_trees
from tests.unit.board_trees import Tree
from tools.debs import cached, distribution, unpack

_PACKAGES = ["busybox-static"]


@pytest.fixture(scope="session")
def busybox() -> Path:
    def make(folder: Path) -> None:
        unpack(_PACKAGES, folder)

    folder = cached("busybox", [*_PACKAGES, distribution()], make)
    return next(path for path in (folder / "bin/busybox", folder / "usr/bin/busybox") if path.exists())


@pytest.fixture
def tree(tmp_path: Path, busybox: Path) -> Tree:
    """A Raspberry Pi 4 all of whose programs are busybox's, without Python, systemd, sudo and vcgencmd."""
    tree = board_trees.pi4(tmp_path)
    for path in tree.bin.iterdir():
        path.unlink()
    done = subprocess.run([str(busybox), "--install", "-s", str(tree.bin)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return tree


def test_everything_by_busybox(tree: Tree, busybox: Path) -> None:
    told = tree.probe(str(busybox), "ash")
    assert told["model"] == "Raspberry Pi 4 Model B Rev 1.4"
    assert told["compatible"] == ["raspberrypi,4-model-b", "brcm,bcm2711"]
    assert told["bits"] == 64  # without getconf: the shell's own
    assert told["libc"] is None
    assert told["python"] is None
    assert told["systemd"] is None
    assert told["sudo"] == "none"
    assert told["uid"] == os.getuid()
    facts = Facts.from_json(told)
    assert facts.disk is not None
    assert facts.disk.free > 0
    assert facts.disk.inodes_free is None or facts.disk.inodes_free > 0


def test_releases_by_busybox(tree: Tree, busybox: Path) -> None:
    tree.edge("releases/0123456789ab/manifest.json", '{"a": "\\"b\\\\\\n"}')
    tree.edge(f"blobs/{'ab' * 32}", b"12345")
    (tree.prefix / "opt/edge/current").symlink_to("releases/0123456789ab")
    edge = tree.probe(str(busybox), "ash")["edge"]
    assert edge["current"] == "0123456789ab"
    release = {"id": "0123456789ab", "manifest": {"a": '"b\\\n'}, "checked": False, "check": None, "committed": None}
    assert edge["releases"] == [release]
    assert edge["blobs"] == {"ab" * 32: 5}


def test_a_32_bit_userland(tree: Tree, busybox: Path) -> None:
    """As on the 32-bit edition of Raspberry Pi OS, which boots a 64-bit kernel."""
    (tree.bin / "getconf").write_text("#!/bin/sh\n[ $1 = LONG_BIT ] && echo 32\n")
    (tree.bin / "getconf").chmod(0o755)
    assert probe.parse(tree.run(str(busybox), "ash").stdout)["bits"] == 32
