"""What the probe says of what edge has on a board: releases, blobs, locks, whatever state they are in."""

from __future__ import annotations

import fcntl
import json
import shutil
import subprocess
from pathlib import Path

import pytest

from devices.facts import Facts
from tests.unit import board_trees
from tests.unit.board_trees import SHELLS, Tree, shell

#: With a space and a quote in its name.
ODD = "it's a \\ folder"
SHA = "ab" * 32


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return board_trees.pi4(tmp_path)


@pytest.mark.parametrize("command", SHELLS, ids=" ".join)
def test_what_edge_has(tmp_path: Path, command: tuple[str, ...]) -> None:
    tree = board_trees.pi4(tmp_path / ODD)
    manifest = {"agent": ['--name "kitchen"\n\t\\', "grün"], "unit": "[Unit]\nDescription=…\n", "wheels": []}
    tree.edge("releases/0123456789ab/manifest.json", json.dumps(manifest))
    tree.edge("releases/0123456789ab/check.json", '{\n  "tok_s": 12.5\n}\n')
    tree.edge("releases/0123456789ab/committed.json", '{"t":1796000000.25}\n')
    tree.edge("releases/ffffffffffff/manifest.json", json.dumps({"wheels": []}))
    tree.edge("releases/.new.new/manifest.json", "{}")
    (tree.prefix / "opt/edge/current").symlink_to("releases/0123456789ab")
    tree.edge(f"blobs/{SHA}", b"12345")
    tree.edge(f"blobs/{'0' * 64}.part", b"123")
    tree.edge("blobs/README", b"what is this")
    tree.edge("blobs/x.part", b"what is this")
    tree.edge("trial.json", '{"new":"ffffffffffff","old":"0123456789ab"}')
    tree.edge("result.json", json.dumps({"why": 'it said "no" \\ and\nleft', "log": ["ä", "\x1b[31m"]}))
    tree.program(
        "systemctl",
        "case $1 in --version) echo systemd 252 ;; show) echo LoadState=loaded; echo ActiveState=active\n"
        "echo SubState=running; printf '%s\\n' 'StatusText=kitchen: no broker (\"oh\" = \\\\)' ;; esac",
    )
    told = tree.probe(*shell(command))["edge"]
    assert told["current"] == "0123456789ab"
    assert {release["id"]: release for release in told["releases"]} == {
        "0123456789ab": {
            "id": "0123456789ab", "manifest": manifest, "checked": True, "check": {"tok_s": 12.5},
            "committed": 1796000000.25,
        },
        "ffffffffffff": {
            "id": "ffffffffffff", "manifest": {"wheels": []}, "checked": False, "check": None, "committed": None
        },
    }  # fmt: skip
    assert told["blobs"] == {SHA: 5}
    assert told["parts"] == {"0" * 64: 3}
    assert told["trial"] == {"new": "ffffffffffff", "old": "0123456789ab"}
    assert told["result"] == {"why": 'it said "no" \\ and\nleft', "log": ["ä", "\x1b[31m"]}
    assert told["lock"] is None
    assert told["service"] == {
        "LoadState": "loaded",
        "ActiveState": "active",
        "SubState": "running",
        "StatusText": 'kitchen: no broker ("oh" = \\\\)',
    }


def test_the_youngest_release_comes_first(tree: Tree) -> None:
    for age, name in ((300, "aaaaaaaaaaaa"), (100, "bbbbbbbbbbbb"), (200, "cccccccccccc")):
        folder = tree.edge(f"releases/{name}/manifest.json", "{}").parent
        subprocess.run(["touch", "-d", f"{age} seconds ago", str(folder)], check=True)
    ids = [release["id"] for release in tree.probe()["edge"]["releases"]]
    assert ids == ["bbbbbbbbbbbb", "cccccccccccc", "aaaaaaaaaaaa"]


@pytest.mark.parametrize(
    "torn", [b"", b'{"agent":["--bro', b'{"a":1}}', b"\x00\xff\xfe{", b"[1]", b'"', b"\\", b"{" * 300_000]
)
@pytest.mark.parametrize("command", SHELLS, ids=" ".join)
def test_a_torn_file_spoils_nothing_else(tree: Tree, torn: bytes, command: tuple[str, ...]) -> None:
    tree.edge("releases/0123456789ab/manifest.json", torn)
    tree.edge("releases/0123456789ab/committed.json", torn)
    tree.edge("trial.json", torn)
    tree.edge("lock", torn[:100])
    told = tree.probe(*shell(command))
    none = {"manifest": None, "checked": False, "check": None, "committed": None}
    assert told["edge"]["releases"] == [{"id": "0123456789ab", **none}]
    assert told["edge"]["trial"] is None
    assert told["edge"]["lock"] == {"held": False}
    Facts.from_json(told)


@pytest.mark.parametrize("odd", ["null", '"1"', "true", "NaN", "-Infinity", "[]", "9" * 400])
def test_a_release_is_not_proven_by_nonsense(tree: Tree, odd: str) -> None:
    tree.edge("releases/0123456789ab/committed.json", f'{{"t":{odd}}}')
    (release,) = tree.probe()["edge"]["releases"]
    assert release["committed"] is None


def test_it_leaves_no_file(tree: Tree) -> None:
    tree.edge("lock", "{}")
    before = {path: path.lstat().st_mtime_ns for path in tree.root.parent.rglob("*")}
    tree.probe()
    assert {path: path.lstat().st_mtime_ns for path in tree.root.parent.rglob("*")} == before


@pytest.mark.parametrize("with_flock", [True, False])
@pytest.mark.parametrize("command", SHELLS, ids=" ".join)
def test_a_lock_counts_only_while_it_is_held(tree: Tree, command: tuple[str, ...], with_flock: bool) -> None:  # noqa: FBT001
    flock = shutil.which("flock")
    if with_flock and flock:
        (tree.bin / "flock").symlink_to(flock)
    path = tree.edge("lock", '{"who":"ada@laptop","since":1796000000}')
    who = {"who": "ada@laptop", "since": 1796000000}
    (tree.root / "proc/locks").unlink()
    (tree.root / "proc/locks").symlink_to("/proc/locks")
    assert tree.probe(*shell(command))["edge"]["lock"] == {**who, "held": False}
    with path.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert tree.probe(*shell(command))["edge"]["lock"] == {**who, "held": True}
        other = tree.edge("other", "")
        other.replace(path)  # somebody else's lock with the same name is not ours
        assert tree.probe(*shell(command))["edge"]["lock"] == {"held": False}


def test_without_a_table_of_locks_only_trying_helps(tree: Tree) -> None:
    (tree.root / "proc/locks").unlink()
    tree.edge("lock", "{}")
    assert tree.probe()["edge"]["lock"] == {"held": None}
