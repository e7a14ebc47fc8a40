"""A board as its card was written, without any network: from the login prompt of its serial console to an answer."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from provisioning.console.found import Found, NetworkLink, Wanted, Wifi
from provisioning.console.network import network
from provisioning.console.steps import Write
from tests.board.bare import FIRST_PASSWORD, bare_board
from tests.board.machine import Board
from tests.board.operator_side import Operator
from tests.board.programs import NoBoardError, program
from tests.integration.mosquitto import Mosquitto

pytestmark = [pytest.mark.slow, pytest.mark.board]

PASSWORD = "a board of nine planks"  # noqa: S105
#: Where QEMU's network gives the board its place.
ADDRESS = "10.0.2.15"
SENTENCE = "turn on the kitchen lights"
ANSWER = {"intent": "HassTurnOn", "slots": {"area": "kitchen", "domain": "light"}}

#: What NetworkManager is to understand of a profile.
PROFILE = {
    "802-11-wireless.ssid": "caf\u00e9; =1",
    "802-11-wireless-security.key-mgmt": "wpa-psk",
    "ipv4.method": "manual",
    "ipv4.addresses": "10.0.0.7/24",
    "ipv4.gateway": "10.0.0.1",
    "802-11-wireless-security.psk": Wifi("caf\u00e9; =1", "open sesame", None).key,
}


@dataclass(frozen=True)
class Bench:
    """A board with a cable to its console, and what somebody needs who sits at the other end."""

    operator: Operator
    board: Board
    folder: Path

    @property
    def port(self) -> str:
        return self.board.qemu.serial_port()

    def options(self, login: str = FIRST_PASSWORD) -> list[str]:
        """How to log in, and whom the board shall trust; the address leads here through QEMU's forwarded port."""
        config = self.folder / "ssh_config"
        config.write_text(
            f"Host {ADDRESS}\n  HostName {self.board.host}\n  Port {self.board.port}\n"
            f"  UserKnownHostsFile {self.folder}/known_hosts\n  GlobalKnownHostsFile /dev/null\n",
            encoding="utf-8",
        )
        for name, password in (("login", login), ("new", PASSWORD)):
            file = self.folder / name
            file.write_text(f"{password}\n", encoding="utf-8")
            file.chmod(0o600)
        return [
            *("--ssh-config", str(config), "--identity", str(self.board.key)),
            *("--login-password-file", str(self.folder / "login"), "--new-password-file", str(self.folder / "new")),
        ]

    def console(self, login: str, *options: str) -> tuple[int, list[str], dict[str, Any]]:
        """`edge console`: its exit code, its steps, its report."""
        done = self.operator.edge("console", f"pi@{self.port}", "--json", *options, *self.options(login))
        assert done.stdout, done.stderr
        report = json.loads(done.stdout)
        return done.returncode, report["steps"], report


@pytest.fixture
def bench(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Bench]:
    try:
        board = bare_board(network_manager=getattr(request, "param", False))
    except NoBoardError as error:
        pytest.skip(str(error))
    with board, Mosquitto(tmp_path / "broker") as broker:
        yield Bench(Operator(tmp_path, board, broker), board, tmp_path)


def test_from_its_login_prompt_to_an_answer(bench: Bench) -> None:
    record = bench.folder / "record"
    done = bench.operator.edge(
        "deploy", f"pi@serial:{bench.port}", "--hostname", "kitchen", "--record", str(record), *bench.options(),
        *("--broker", bench.operator.url, "--wheel", bench.operator.order()[-1]),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr + bench.board.console[-3000:]
    assert json.loads(bench.operator.ask(SENTENCE)) == ANSWER

    # Nobody ever saw a password, and the console asks for a login again.
    said = done.stdout + done.stderr + record.read_text() + bench.board.console
    assert PASSWORD not in said
    assert FIRST_PASSWORD not in said
    assert re.search(r"kitchen login: *$", record.read_text()), record.read_text()

    # Again, and there is nothing to do. The password is the new one now.
    assert bench.console(PASSWORD, "--hostname", "kitchen")[:2] == (0, [])


@pytest.mark.slow_board
@pytest.mark.parametrize("bench", [False, True], ids=["networkd", "NetworkManager"], indirect=True)
def test_addresses_of_each_kind_and_a_reboot(bench: Bench) -> None:
    code, planned, report = bench.console(FIRST_PASSWORD, "--hostname", "kitchen", "--plan")
    assert (code, report["state"], report["host"]) == (2, "planned", None)
    code, done, report = bench.console(PASSWORD, "--hostname", "kitchen")
    assert (code, done, report["host"]) == (0, planned, ADDRESS)
    assert bench.console(PASSWORD, "--hostname", "kitchen", "--plan")[:2] == (0, [])

    fixed = ["--address", f"{ADDRESS}/24", "--gateway", "10.0.2.2", "--dns", "10.0.2.3"]
    code, done, report = bench.console(PASSWORD, *fixed)
    assert (code, report["state"]) == (0, "changed")
    assert any(f"eth0: address {ADDRESS}/24" in step for step in done)
    assert bench.console(PASSWORD, *fixed)[:2] == (0, [])

    # A console that is in the middle of starting, with all that it says then.
    bench.board.power_cut()
    bench.board.boot()
    assert bench.console(PASSWORD, *fixed)[:2] == (0, [])


@pytest.mark.slow_board
@pytest.mark.parametrize("bench", [True], ids=["NetworkManager"], indirect=True)
def test_network_manager_takes_the_profile_of_a_wifi(bench: Bench) -> None:
    """The board has no radio; what we would write for one is a profile to it all the same."""
    assert bench.console(FIRST_PASSWORD)[0] == 0
    wifi = Wifi("caf\u00e9; =1", "open sesame", None)
    # Only what the plan of a network looks at.
    told = Found(
        *("pi", "/home/pi", "", "board", "", 0.0, True, {"NetworkManager": "active"}, ()),
        *((NetworkLink("wlan0", wifi=True, carrier=False),), (), {}, False, frozenset(), None, {}, ()),
    )
    steps = network(told, Wanted("ssh-ed25519 AAAA", wifi=wifi, address="10.0.0.7/24", gateway="10.0.0.1"))
    (profile,) = (step for step in steps if isinstance(step, Write))
    shown = f"LC_ALL=C.UTF-8 nmcli -s -g {','.join(PROFILE)} connection show edge-wlan0"
    put = f"umask 077; cat > {profile.path} && nmcli connection reload && {shown}"
    done = subprocess.run(
        [
            *(program("ssh"), "-F", str(bench.folder / "ssh_config"), "-i", str(bench.board.key), f"pi@{ADDRESS}"),
            shlex.join(["sudo", "-S", "-p", "", "sh", "-c", put]),
        ],
        input=f"{PASSWORD}\n{profile.text}",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == list(PROFILE.values())
