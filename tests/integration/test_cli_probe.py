"""`edge probe` and `edge doctor` over a real ssh connection, and of this machine."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.cli import main
from tests.integration.mosquitto import free_port
from tests.integration.native_board import NativeBoard, native_board


@pytest.fixture
def board(tmp_path: Path) -> Iterator[NativeBoard]:
    with native_board(tmp_path / "kitchen") as made:
        yield made


@pytest.fixture
def to(board: NativeBoard, tmp_path: Path) -> list[str]:
    """How the board is named on the command line, and the way there."""
    config = tmp_path / "ssh_config"
    config.write_text("")
    way = ["--identity", str(board.sshd.key), "--ssh-config", str(config), "--host-key", "off"]
    return [f"127.0.0.1:{board.sshd.port}", *way, "--prefix", str(board.prefix)]


def stub(board: NativeBoard, name: str, script: str) -> None:
    """Another program in the place of one of the board's."""
    path = board.manager.bin / name
    path.unlink(missing_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_probe_says_what_the_board_is(to, board, capsys) -> None:
    assert main(["probe", *to]) == 0
    text = capsys.readouterr().out
    titles = [line.split()[0] for line in text.splitlines()[1:]]
    assert titles == ["board", "processor", "memory", "power", "system", "python", "storage", "user", "clock", "edge"]
    assert re.search(r"system .*systemd \d+", text)
    assert text.rstrip().endswith("edge       not deployed")
    assert not (board.prefix / "opt/edge").exists()


def test_probe_measures_memory_when_asked(to, capsys) -> None:
    """By whatever Python the board has, and with nothing left there."""
    assert main(["probe", *to, "--bandwidth"]) == 0
    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.split()[0] == "reads"]
    found = re.search(r"GB/s of its memory: (\d+\.\d) by 1(, \d+\.\d by \d+)*", line)
    assert found
    assert 0.1 < float(found[1]) < 1000
    assert main(["probe", *to, "--bandwidth", "--json"]) == 0
    (told,) = json.loads(capsys.readouterr().out).values()
    assert min(told["reads"].values()) > 1e8


def test_probe_for_programs(to, capsys) -> None:
    assert main(["probe", *to, "--json"]) == 0
    (told,) = json.loads(capsys.readouterr().out).values()
    assert told["probe"] == 1
    assert abs(told["clock"] - time.time()) < 60
    assert told["edge"]["releases"] == []


def test_a_board_that_has_something(to, board, capsys) -> None:
    release = board.prefix / "opt/edge/releases/0123456789ab"
    release.mkdir(parents=True)
    (release / "manifest.json").write_text('{"model":{"name":"ho\\u001b[31mme"}}')
    (board.prefix / "opt/edge/current").symlink_to("releases/0123456789ab")
    assert main(["probe", *to]) == 0
    assert "edge       release 0123456789ab with ho[31mme, not running" in capsys.readouterr().out
    assert main(["doctor", *to, "--json"]) == 2
    (found,) = json.loads(capsys.readouterr().out).values()
    assert [finding["code"] for finding in found if finding["level"] == "error"] == ["agent-down"]
    stub(
        board,
        "systemctl",
        "case $1 in --version) echo systemd 252 ;; *) printf '%s\\n' LoadState=loaded ActiveState=active "
        "SubState=running 'StatusText=kitchen: no broker (refused)' ;; esac",
    )
    assert main(["doctor", *to]) == 0
    text = capsys.readouterr().out
    assert "running: kitchen: no broker (refused)" in text
    assert "  warning    the agent runs and does not answer yet: kitchen: no broker (refused) [not-answering]" in text
    (board.prefix / "opt/edge/trial.json").write_text('{"new":"0123456789ab","old":null}')
    assert main(["doctor", *to]) == 0
    assert "[unfinished]" in capsys.readouterr().out


def test_doctor_finds_errors_and_says_what_to_do(to, board, capsys) -> None:
    stub(board, "date", "echo 42")
    stub(board, "getconf", "case $1 in LONG_BIT) echo 64 ;; GNU_LIBC_VERSION) echo glibc 2.24 ;; esac")
    assert main(["doctor", *to]) == 2
    text = capsys.readouterr().out
    assert (
        "  error      the board believes it is 1970-01-01 00:00 UTC: no certificate is valid then [clock-unset]" in text
    )
    assert "             -> sudo timedatectl set-ntp true" in text
    assert "[glibc-old]" in text


def test_an_unreachable_board_does_not_hide_the_others(to, tmp_path, capsys) -> None:
    gone = f"127.0.0.1:{free_port()}"
    fleet = tmp_path / "fleet.toml"
    fleet.write_text(f'[hosts.good]\nhost = "{to[0]}"\n[hosts.gone]\nhost = "{gone}"\n')
    assert main(["doctor", "@all", "--inventory", str(fleet), *to[1:], "--json"]) == 3
    out, err = capsys.readouterr()
    assert list(json.loads(out)) == ["good"]
    assert err.startswith("edge: error: gone: 127.0.0.1 on port ")
    assert main(["probe", gone, *to[1:]]) == 3
    assert capsys.readouterr().err.count("\n") == 1


def test_a_board_whose_shell_says_nothing_of_use(to, board, capsys) -> None:
    stub(board, "sh", "echo This account is not available.")
    assert main(["probe", *to]) == 2
    err = capsys.readouterr().err
    assert "did not answer; it said: This account is not available." in err
    assert err.count("\n") == 1


def test_this_machine(capsys) -> None:
    code = main(["doctor"])
    text = capsys.readouterr().out
    assert re.search(r"(?m)^  memory     [0-9.]+ [MG]B of [0-9.]+ GB available", text)
    assert code == (2 if re.search(r"(?m)^  error ", text) else 0)
    assert main(["doctor", "--json"]) == code
    (found,) = json.loads(capsys.readouterr().out).values()
    assert ("error" in {finding["level"] for finding in found}) == (code == 2)


def test_this_machine_s_agent_and_its_way_to_the_broker(board, capsys) -> None:
    release = board.prefix / "opt/edge/releases/0123456789ab"
    release.mkdir(parents=True)
    url = f"mqtt://127.0.0.1:{free_port()}"
    (release / "manifest.json").write_text(json.dumps({"model": {"name": "home"}, "agent": ["--broker", url]}))
    (board.prefix / "opt/edge/current").symlink_to("releases/0123456789ab")
    assert main(["doctor", "--prefix", str(board.prefix), "--json"]) == 2
    (found,) = json.loads(capsys.readouterr().out).values()
    errors = {finding["code"]: finding for finding in found if finding["level"] == "error"}
    assert "Connection refused" in errors["broker-refuses"]["message"]
    assert errors["agent-down"]["remedy"].startswith("'sudo journalctl -u edge-agent")


def test_fit_asks_the_board_itself(to, board, capsys) -> None:
    release = board.prefix / "opt/edge/releases/0123456789ab"
    release.mkdir(parents=True)
    (release / "manifest.json").write_text('{"model":{"name":"bitnet-b1.58-2B-4T"}}')
    (release / "check.json").write_text('{"ok":true,"tok_s":14.86}')
    (board.prefix / "opt/edge/current").symlink_to("releases/0123456789ab")
    assert main(["fit", "microsoft/bitnet-b1.58-2B-4T", *to]) == 0
    text = capsys.readouterr().out
    assert "  measured   14.9 tokens/s, by the self-check of the release that runs there" in text
    assert re.search(r"  memory     [\d.]+ GB: (fits|does not fit)", text)
    assert main(["fit", "bitnet-0.7b", *to, "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert found["place"] == to[0]
    assert found["measured_tok_s"] is None
