"""Boards on serial ports among the hosts of a command line, and wishes about them that make no sense."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import pytest

from edge.cli import consoles, main
from edge.cli.consoles import handed_over, over_wires
from edge.cli.targets import Chosen
from provisioning.connection import Target
from provisioning.console.provision import Reached


def reached(host: str = "10.0.0.7", port: int | None = None, *, steps: tuple[str, ...] = ("set the clock",)) -> Reached:
    target = Target(host, "pi", port, sudo_password=lambda: "open sesame")
    return Reached("pi", "kitchen", steps, target if host else None, "SHA256:x")


def over(
    monkeypatch: pytest.MonkeyPatch, words: list[str], found: Reached
) -> tuple[list[str], dict[str, Reached], list[str]]:
    asked: list[str] = []

    def reach(_: argparse.Namespace, word: str, **_options: Any) -> Reached:
        asked.append(word)
        return found

    monkeypatch.setattr(consoles, "reach", reach)
    args = argparse.Namespace(hosts=words, json=True, plan=False)
    wired = over_wires(args, "edge deploy")
    return args.hosts, wired, asked


def test_a_port_becomes_the_address_that_its_board_has(monkeypatch: pytest.MonkeyPatch) -> None:
    words = ["@indoors", "pi@serial:/dev/ttyUSB0@9600", "pi@10.0.0.8"]
    hosts, wired, asked = over(monkeypatch, words, reached())
    assert hosts == ["@indoors", "pi@10.0.0.7", "pi@10.0.0.8"]
    assert asked == ["pi@/dev/ttyUSB0@9600"]
    hosts, _, asked = over(monkeypatch, ["serial:/dev/ttyUSB0"], reached("fd00::7", 2222))
    assert (hosts, asked) == (["pi@[fd00::7]:2222"], ["/dev/ttyUSB0"])

    board = handed_over(Chosen("pi@10.0.0.7", Target("10.0.0.7", "pi")), wired)
    assert board.variables["name"] == "kitchen"
    assert board.target.host_key == "strict"
    assert board.target.sudo_password is not None
    assert board.target.sudo_password() == "open sesame"
    other = Chosen("pi@10.0.0.8", Target("10.0.0.8", "pi"))
    assert handed_over(other, wired) is other


def test_a_plan_ends_where_ssh_does_not_reach_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    hosts, wired, _ = over(monkeypatch, ["serial:/dev/ttyUSB0"], reached(""))
    assert hosts == []
    assert wired["serial:/dev/ttyUSB0"].target is None


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["deploy", "serial:"], "'serial:' names no port; write serial:/dev/ttyUSB0"),
        (["deploy", "pi@serial:/dev/ttyUSB0@"], "names no port"),
        (["console", "/dev/none", "--wifi", "home"], "the Wi-Fi home needs a password"),
        (["console", "/dev/none", "--wifi-open"], "go with --wifi SSID"),
        (["console", "/dev/none", "--gateway", "10.0.0.1"], "--gateway and --dns go with --address"),
        (["console", "/dev/none"], "/dev/none: there is no such port"),
        (["console", "/dev/none", "--hostname", "a b"], "letters, digits"),
    ],
)
def test_what_makes_no_sense_is_one_line(
    arguments: list[str], line: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key = tmp_path / "id"
    key.with_suffix(".pub").write_text("ssh-ed25519 AAAAkeys me@desk\n", encoding="utf-8")
    assert main([*arguments, "--identity", str(key)]) == 2
    said = capsys.readouterr()
    assert said.err.startswith("edge: error: ")
    assert line in said.err
    assert said.err.count("\n") == 1
