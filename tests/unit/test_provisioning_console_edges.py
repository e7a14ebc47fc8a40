"""What goes wrong at a console and behind it: a board that cannot say what it is, an address that is another's."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import paramiko
import pytest

from edge.errors import BoardUnfit, BoardUnreachable, DeployError, HostKeyChanged
from provisioning.connection import Target
from provisioning.console import aboard, link, provision
from provisioning.console.getty import Account
from provisioning.console.provision import Console, Reached
from provisioning.console.wire import Wire
from provisioning.destination import Destination
from provisioning.host_keys import HostKeys, known_keys
from provisioning.ssh_config import Settings

KNOWN = Reached("pi", "board", (), None, "")
LINE = "{} ssh-ed25519 {}\n"


class Port:
    """A serial port that says what it was given, and then nothing."""

    def __init__(self, *said: bytes) -> None:
        self.said = list(said)

    def read(self, _size: int, /) -> bytes:
        return self.said.pop(0) if self.said else b""

    def write(self, data: bytes, /) -> int:
        return len(data)


def test_a_request_that_is_echoed_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link, "_ANSWER_S", 0.2)
    echo = aboard.packed({"id": 1, "do": "facts", "with": {}})
    answer = aboard.packed({"id": 1, "is": {"status": 0}})
    assert link.Link(Wire(Port(echo + b"\r\n", answer + b"\r\n"), "P")).ask("facts") == {"status": 0}
    with pytest.raises(BoardUnreachable, match="does not answer"):
        link.Link(Wire(Port(echo + b"\r\n"), "P")).ask("facts", within_s=0.1)


def test_a_board_that_cannot_say_what_it_is() -> None:
    failed = aboard.packed({"id": 1, "is": {"status": 1, "said": "KeyError: 'SUDO_USER'"}})
    wire = Wire(Port(failed + b"\r\n"), "P")
    with pytest.raises(BoardUnfit, match="P: the board cannot say what it is: KeyError: 'SUDO_USER'"):
        provision._facts(link.Link(wire), wire)


@pytest.mark.parametrize(
    ("keys", "addresses", "lacks"), [(("ssh-ed25519 AAAA",), (), "no address"), ((), ("10.0.0.7",), "no ssh key")]
)
def test_nothing_for_ssh_to_go_to(keys: tuple[str, ...], addresses: tuple[str, ...], lacks: str) -> None:
    with pytest.raises(BoardUnreachable, match=lacks):
        provision._by_ssh(keys, addresses, Target(""), KNOWN, lambda: None)


def test_the_key_of_a_stranger_at_the_boards_address_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Here 10.0.0.7 is another machine's; the board is reached at its second address."""
    hosts, settings = tmp_path / "known_hosts", tmp_path / "ssh_config"
    settings.touch()
    stranger = LINE.format("10.0.0.7", "c3RyYW5nZXI=")
    hosts.write_text(stranger, encoding="utf-8")

    class Open:
        def close(self) -> None:
            pass

    def opened(target: Target) -> Open:
        assert target.board_key == ("ssh-ed25519", b"board")
        if target.host == "10.0.0.7":
            raise HostKeyChanged("another machine")
        return Open()

    monkeypatch.setattr(provision, "open_board", opened)
    way = Target("", user="pi", known_hosts=hosts, ssh_config=settings)
    keys = ("ssh-ed25519 Ym9hcmQ=",)
    with pytest.raises(BoardUnreachable, match="another machine"):
        provision._by_ssh(keys, ("10.0.0.7",), way, KNOWN, lambda: None)
    assert hosts.read_text() == stranger
    found = provision._by_ssh(keys, ("10.0.0.7", "10.0.0.8"), way, KNOWN, lambda: None)
    assert found.target is not None
    assert (found.target.host, found.target.board_key) == ("10.0.0.8", None)
    assert hosts.read_text() == stranger + LINE.format("10.0.0.8", "Ym9hcmQ=")


def test_only_the_boards_own_key_will_do(tmp_path: Path) -> None:
    settings, hosts = tmp_path / "ssh_config", tmp_path / "known_hosts"
    settings.touch()
    hosts.write_text(LINE.format("10.0.0.7", "c3RyYW5nZXI="), encoding="utf-8")
    hop = Settings(settings).way(Destination("10.0.0.7"), known_hosts=hosts)[-1]
    key = paramiko.ECDSAKey.generate()
    client = cast(Any, None)
    HostKeys(hop, "strict", print, (key.get_name(), key.asbytes())).missing_host_key(client, "", key)
    with pytest.raises(HostKeyChanged, match="another machine from here"):
        HostKeys(hop, "off", print, ("ssh-ed25519", b"board")).missing_host_key(client, "", key)


def test_known_hosts_is_replaced_whole(tmp_path: Path) -> None:
    """Through a link to it as dotfiles have one, with its rights, and with nothing left beside it."""
    settings, real, hosts = tmp_path / "ssh_config", tmp_path / "real", tmp_path / "known_hosts"
    settings.touch()
    real.write_bytes(b"# \xff\n" + LINE.format("10.0.0.7", "b2xk").encode())
    real.chmod(0o640)
    hosts.symlink_to(real)
    hop = Settings(settings).way(Destination("10.0.0.7"), known_hosts=hosts)[-1]
    HostKeys(hop, "strict", lambda _: None).learn("ssh-ed25519", b"new")
    assert hosts.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o640
    assert real.read_bytes().startswith(b"# \xff\n")
    assert [key.blob for key in known_keys("10.0.0.7", [hosts])] == [b"new"]
    assert len(list(tmp_path.iterdir())) == 3


def test_a_program_that_leaves_others_running_is_not_waited_for() -> None:
    begun = time.monotonic()
    assert aboard.run(["sh", "-c", "sleep 30 & echo done"], 20.0) == {"status": 0, "said": "done\n"}
    assert aboard.run(["sh", "-c", "sleep 30 | sleep 30"], 0.3)["status"] == 124
    assert time.monotonic() - begun < 20


def test_bytes_that_are_no_text_survive(tmp_path: Path) -> None:
    file = tmp_path / "hosts"
    file.write_bytes(b"127.0.0.1 caf\xe9\n")
    said = aboard.unpacked(aboard.packed({"text": aboard._text(file)}))
    assert aboard.write(str(file), said["text"] + "more\n", 0o644)["status"] == 0
    assert file.read_bytes() == b"127.0.0.1 caf\xe9\nmore\n"


def test_a_record_is_the_operators_own(tmp_path: Path) -> None:
    master, slave = os.openpty()
    console = Console(os.ttyname(slave), 115200, Account(None, lambda **_: None, lambda **_: None))
    try:
        record = tmp_path / "record"
        with provision._open(replace(console, record=record)):
            pass
        assert record.stat().st_mode & 0o777 == 0o600
        nowhere = pytest.raises(DeployError, match="file: No such file")
        with nowhere, provision._open(replace(console, record=tmp_path / "none/file")):
            pass
    finally:
        os.close(slave)
        os.close(master)
    kept = tmp_path / "kept"
    kept.write_text("of another day", encoding="utf-8")
    with pytest.raises(DeployError), provision._open(replace(console, port="/dev/none", record=kept)):
        pass
    assert kept.read_text() == "of another day"
