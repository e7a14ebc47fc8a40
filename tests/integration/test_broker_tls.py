"""What an agent does with a broker it must not trust, or that does not let it in: says so, lives on, connects later."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.integration.mosquitto import Mosquitto, program
from tests.models import write_folder

pytest.importorskip("cryptography", reason="the extra 'broker' is not installed")

from edge.brokers.certificates import Pair, authority, for_member, for_server
from edge.brokers.rules import password_line

CONFIG = """\
cafile {0}/ca.pem
certfile {0}/server.pem
keyfile {0}/server.key
"""


class AgentProcess:
    """``edge agent`` with a log that can be waited for."""

    def __init__(self, folder: Path, model: Path, *options: str | Path) -> None:
        self.log_path = folder / "agent.log"
        command: list[str | Path] = [sys.executable, "-m", "edge", "agent", "--name", "board", "--model", model]
        command += ["--threads", "1", "--state", folder / "state", *options]
        with self.log_path.open("ab") as log:
            self.process = subprocess.Popen(command, stderr=log)
        self._seen = 0

    def says(self, pattern: str) -> str:
        """Wait for a line that was not there before the last one found; it must come while the agent lives."""
        end = time.monotonic() + 60
        while time.monotonic() < end:
            text = self.log_path.read_text(encoding="utf-8")
            if found := re.compile(f".*({pattern}).*").search(text, self._seen):
                self._seen = found.end()
                return found[0]
            assert self.process.poll() is None, text
            time.sleep(0.05)
        raise AssertionError(f"no {pattern!r} in: {self.log_path.read_text(encoding='utf-8')}")

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(30) == 0
        assert "Traceback" not in self.log_path.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_folder(tmp_path_factory.mktemp("m") / "tiny")


@pytest.fixture
def agent(tmp_path: Path, model: Path) -> Iterator[Callable[..., AgentProcess]]:
    started: list[AgentProcess] = []

    def start(*options: str | Path) -> AgentProcess:
        started.append(AgentProcess(tmp_path, model, *options))
        return started[-1]

    yield start
    for one in started:
        one.stop()


def write(folder: Path, name: str, pair: Pair, key: str = "key") -> None:
    (folder / f"{name}.pem").write_bytes(pair.certificate)
    (folder / f"{name}.{key}").write_bytes(pair.key)
    (folder / f"{name}.{key}").chmod(0o600)


Start = Callable[..., AgentProcess]
Broker = Callable[..., Mosquitto]


def test_a_broker_that_cannot_prove_itself(mosquitto: Broker, agent: Start, tmp_path: Path) -> None:
    ours, theirs = authority("ours"), authority("theirs")
    write(tmp_path, "ca", ours)
    for signer, hosts, days, said in (
        (theirs, ("localhost",), 10, "not to be trusted: unable to get local issuer certificate"),
        (ours, ("localhost",), -1, "not to be trusted: certificate has expired"),
        (ours, ("elsewhere.example",), 10, "not to be trusted: Hostname mismatch, .*'localhost'"),
        (ours, ("localhost",), 10, "connected; 0 answers owed"),
    ):
        write(tmp_path, "server", for_server(signer, hosts, days))
        if said.startswith("not to be trusted: unable"):
            broker = mosquitto(f"{CONFIG.format(tmp_path)}allow_anonymous true")
            board = agent("--broker", f"mqtts://localhost:{broker.port}", "--ca", tmp_path / "ca.pem")
        else:
            broker.restart()
        assert f"mqtts://localhost:{broker.port}" in board.says(said) or "connected" in said


def test_a_password_that_is_wrong_at_first(mosquitto: Broker, agent: Start, tmp_path: Path) -> None:
    hashes, secret = tmp_path / "passwords", tmp_path / "password"
    hashes.write_text(password_line("board", "other", os.urandom(12)) + "\n")
    secret.write_text("sesame\n")
    secret.chmod(0o600)
    broker = mosquitto(f"password_file {hashes}\nallow_anonymous false")
    board = agent("--broker", f"mqtt://board@127.0.0.1:{broker.port}", "--password-file", secret)
    board.says("it refuses us: Not authorized")
    hashes.write_text(password_line("board", "sesame", os.urandom(12)) + "\n")
    assert broker.pid
    os.kill(broker.pid, signal.SIGHUP)
    board.says("connected; 0 answers owed")
    assert "sesame" not in board.log_path.read_text()


def test_our_certificate_is_refused_at_first(mosquitto: Broker, agent: Start, tmp_path: Path) -> None:
    """An agent whose authority the broker does not know yet."""
    ours, theirs = authority("ours"), authority("theirs")
    write(tmp_path, "server", for_server(ours, ("localhost",), 10))
    write(tmp_path, "ca", theirs)
    write(tmp_path, "trusted", ours)
    write(tmp_path, "board", for_member(ours, "board", 10))
    broker = mosquitto(f"{CONFIG.format(tmp_path)}require_certificate true\nuse_identity_as_username true")
    own = ("--cert", tmp_path / "board.pem", "--key", tmp_path / "board.key")
    board = agent("--broker", f"mqtts://localhost:{broker.port}", "--ca", tmp_path / "trusted.pem", *own)
    board.says("it hung up before a word: it may not accept our certificate")
    write(tmp_path, "ca", ours)
    broker.restart()
    board.says("connected; 0 answers owed")


def test_a_port_for_tls(mosquitto: Broker, agent: Start, tmp_path: Path) -> None:
    """Without TLS nobody answers there; the line says what to look at."""
    ours = authority("ours")
    write(tmp_path, "server", for_server(ours, ("localhost",), 10))
    write(tmp_path, "ca", ours)
    secured = mosquitto(f"{CONFIG.format(tmp_path)}allow_anonymous true")
    board = agent("--broker", secured.url)
    board.says(r"it hung up before a word: its port may be one for TLS \(mqtts://\)")


def test_passwords_are_hashed_as_mosquitto_does(tmp_path: Path, mosquitto: Broker) -> None:
    """mosquitto_passwd writes the line; ours for the same salt and iterations is the same."""
    import base64

    path = tmp_path / "theirs"
    subprocess.run([program("mosquitto_passwd"), "-c", "-b", path, "board", "sesame"], check=True, capture_output=True)
    theirs = path.read_text().strip()
    name, _, rest = theirs.partition(":$7$")
    iterations, salt, _ = rest.split("$")
    assert name == "board"
    ours = password_line("board", "sesame", base64.b64decode(salt), int(iterations))
    assert ours == theirs
