"""`edge deploy` against a whole board: from bare to answering, again, broken, hung, rebooted, and off again."""

from __future__ import annotations

import json
import shlex
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from provisioning.onboard.systemd import sandbox
from tests.board.machine import Board
from tests.board.operator_side import Operator, variant
from tests.integration.hang import HOOK
from tests.integration.mosquitto import Mosquitto

pytestmark = [pytest.mark.slow, pytest.mark.board]

SENTENCE = "turn on the kitchen lights"
ANSWER = {"intent": "HassTurnOn", "slots": {"area": "kitchen", "domain": "light"}}
#: Whatever of the file system a deploy must leave as it was; what a running system writes by itself is left out.
TREE = (
    "sudo find / -xdev \\( -path /proc -o -path /sys -o -path /run -o -path /tmp -o -path /var/tmp -o -path /var/log"
    " -o -path /var/lib/systemd -o -path /home/pi \\) -prune -o -printf '%p %y %m %u %l\\n' | sort"
)


@pytest.fixture
def operator(boards: Callable[..., Board], tmp_path: Path) -> Iterator[Callable[[str], Operator]]:
    """``operator(cpu)`` is somebody with a fresh board and a broker."""
    with Mosquitto(tmp_path / "broker") as broker:
        yield lambda cpu: Operator(tmp_path, boards(cpu), broker)


def answer(operator: Operator) -> object:
    """What the agent says to the sentence, tried for a minute: it may just be coming back."""
    said = ""
    for _ in range(6):
        said = operator.ask(SENTENCE, 10)
        try:
            return json.loads(said)
        except ValueError:
            time.sleep(1)
    return said


@pytest.mark.parametrize("cpu", ["cortex-a72", "cortex-a76"])
def test_a_bare_board_answers_and_a_second_deploy_does_nothing(operator: Callable[[str], Operator], cpu: str) -> None:
    somebody = operator(cpu)
    code, first = somebody.deploy()
    assert (code, first["state"]) == (0, "changed"), first
    assert first["measured"]["isa"] == ("dotprod" if cpu == "cortex-a76" else "neon")
    assert answer(somebody) == ANSWER

    before = somebody.service("MainPID", "NRestarts", "ActiveEnterTimestampMonotonic")
    code, second = somebody.deploy()
    assert (code, second["state"], second.get("sent", 0)) == (0, "unchanged", 0)
    assert second["trips"] <= 3
    assert second["release"] == first["release"]
    assert somebody.service("MainPID", "NRestarts", "ActiveEnterTimestampMonotonic") == before

    plan = somebody.on_board("deploy", *somebody.order("--plan"))
    assert (plan.returncode, plan.stdout) == (0, "board: nothing to do\n")

    # The board itself finds its agent and the way to the broker in order, and the agent goes on meanwhile.
    here = somebody.board.ssh("sudo /opt/edge/current/venv/bin/python -m edge doctor --json")
    assert json.loads(here.stdout) == {"board": []}, here.stdout
    assert somebody.service("MainPID", "NRestarts", "ActiveEnterTimestampMonotonic") == before


def test_a_boards_life(operator: Callable[[str], Operator], tmp_path: Path) -> None:
    """One board, one test: a deploy under emulation takes a minute, and each part needs the one before."""
    somebody = operator("cortex-a76")
    board = somebody.board
    bare = board.ssh(TREE).stdout.splitlines()
    # As a Raspberry Pi's kernel makes it; this one reads nothing, and is gone when the board is started again.
    board.ssh("sudo mknod -m 660 /dev/vcio_gencmd c 1 3 && sudo chgrp video /dev/vcio_gencmd")

    code, good = somebody.deploy()
    assert code == 0, good
    exposure = board.ssh("systemd-analyze security edge-agent --no-pager | tail -1").stdout
    assert float(exposure.split(":")[1].split()[0]) <= 2.0, exposure
    verify = "systemd-analyze verify --man=no /etc/systemd/system/edge-agent.service 2>&1"
    assert "edge-agent" not in board.ssh(verify, check=False).stdout

    _sensors(board)
    _watchdog(somebody, good["release"])

    crashing = {
        "edge/agent/service.py": ("    boot = uuid.uuid4().hex\n", "    raise RuntimeError('broken on purpose')\n")
    }
    code, broken = somebody.deploy("--wheel", str(variant(tmp_path, "crash", crashing)), "--deadline", "60")
    assert (code, broken["state"]) == (4, "rolled_back"), broken
    assert "the agent ended" in broken["why"] or "does not stay up" in broken["why"]
    assert any("broken on purpose" in line for line in broken["log"])
    assert answer(somebody) == ANSWER

    board.reboot()
    assert answer(somebody) == ANSWER

    gone = somebody.on_board("uninstall", "--purge", "--yes")
    assert gone.returncode == 0, gone.stderr
    assert board.ssh(TREE).stdout.splitlines() == bare


@pytest.mark.slow_board
def test_what_is_wrong_before_and_after_the_switch(operator: Callable[[str], Operator], tmp_path: Path) -> None:
    """Wrong tokens, then a broker that is not there any more. On folders of this machine both are tried every time."""
    somebody = operator("cortex-a72")
    code, good = somebody.deploy()
    assert code == 0, good

    # Weights that are not those the operator compared with: the old release never stops.
    before = somebody.service("MainPID")
    lying = {"edge/inference/selfcheck.py": ('_compare(done["tokens"]', '_compare([0, *done["tokens"][1:]]')}
    code, wrong = somebody.deploy("--wheel", str(variant(tmp_path, "wrong", lying)))
    assert (code, wrong["state"]) == (4, "failed"), wrong
    assert "token" in wrong["why"]
    assert somebody.service("MainPID") == before

    code, lost = somebody.deploy("--broker", f"mqtt://{somebody.board.host_address}:1", "--deadline", "30")
    assert (code, lost["state"]) == (4, "rolled_back"), lost
    assert "broker" in lost["why"]
    assert answer(somebody) == ANSWER


def _sensors(board: Board) -> None:
    """In the agent's sandbox there is the device that answers questions, it may be opened, and no other is there."""
    unit = board.ssh("cat /etc/systemd/system/edge-agent.service").stdout
    look = ["sh", "-c", "(: </dev/vcio_gencmd) && echo opened; ls /dev"]
    command = shlex.join(["systemd-run", "--quiet", "--wait", "--pipe", *sandbox(unit), *look])
    opened, *devices = board.ssh(f"sudo {command}").stdout.split()
    assert opened == "opened", devices
    assert "vcio_gencmd" in devices
    assert not {"vda", "mem", "ttyAMA0"} & set(devices)
    outside = shlex.join(look)
    assert "opened" not in board.ssh(f"sudo setpriv --reuid nobody --clear-groups {outside}", check=False).stdout


def _watchdog(somebody: Operator, release: str) -> None:
    """A token loop that hangs, other threads alive: the watchdog ends the agent and it comes back."""
    board = somebody.board
    packages = f"/opt/edge/releases/{release}/venv/lib/python3.11/site-packages"
    board.ssh(f"sudo tee {packages}/edge_hang.py >/dev/null", stdin=HOOK)
    board.ssh(f"echo 'import edge_hang' | sudo tee {packages}/zz_hang.pth >/dev/null")
    short = "[Service]\\nWatchdogSec=15\\n"
    board.ssh("sudo mkdir -p /run/systemd/system/edge-agent.service.d")
    board.ssh(f"printf '{short}' | sudo tee /run/systemd/system/edge-agent.service.d/short.conf >/dev/null")
    board.ssh("sudo systemctl daemon-reload && sudo systemctl restart edge-agent")
    assert answer(somebody) == ANSWER
    before = somebody.service("MainPID")
    board.ssh("sudo touch /var/lib/private/edge-agent/hang")
    somebody.ask("hang now", 1)
    deadline = time.monotonic() + 120
    while somebody.service("MainPID") in (before, {"MainPID": "0"}):
        assert time.monotonic() < deadline, "the watchdog did not end the hung agent"
        time.sleep(1)
    assert somebody.service("NRestarts") == {"NRestarts": "1"}
    assert "watchdog" in board.ssh("sudo journalctl -u edge-agent --no-pager").stdout.lower()
    assert answer(somebody) == ANSWER
    board.ssh(f"sudo rm -r /run/systemd/system/edge-agent.service.d {packages}/edge_hang.py {packages}/zz_hang.pth")
    board.ssh("sudo systemctl daemon-reload && sudo systemctl restart edge-agent")
    assert answer(somebody) == ANSWER
