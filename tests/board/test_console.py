"""A board as its card was written, without any network: from the login prompt of its serial console to an answer."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.board.bare import FIRST_PASSWORD, bare_board
from tests.board.machine import Board
from tests.board.operator_side import Operator
from tests.board.programs import NoBoardError
from tests.integration.mosquitto import Mosquitto

pytestmark = [pytest.mark.slow, pytest.mark.board]

PASSWORD = "a board of nine planks"  # noqa: S105
#: Where QEMU's network gives the board its place.
ADDRESS = "10.0.2.15"
SENTENCE = "turn on the kitchen lights"
ANSWER = {"intent": "HassTurnOn", "slots": {"area": "kitchen", "domain": "light"}}


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


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    try:
        board = bare_board()
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

    # Again, and there is nothing to do; with the plan it says the same. The password is the new one now.
    for plan in ([], ["--plan"]):
        again = bench.operator.edge(
            "console", f"pi@{bench.port}", "--hostname", "kitchen", "--json", *plan, *bench.options(PASSWORD)
        )
        assert again.returncode == 0, again.stderr
        report = json.loads(again.stdout)
        assert (report["state"], report["steps"], report["host"]) == ("unchanged", [], ADDRESS)
