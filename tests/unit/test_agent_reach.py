"""What stands between an agent and its broker: real sockets, real handshakes, real certificates."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from devices.findings import Finding
from edge.agent import reach
from edge.brokers.certificates import Pair, authority, for_member, for_server

DAY = 86400.0


@pytest.fixture(scope="module")
def ca() -> Pair:
    return authority("a fleet")


@contextlib.contextmanager
def broker(folder: Path, server: Pair | None) -> Iterator[int]:
    """Something that listens as a broker does, with TLS if it has a certificate: its port."""
    context = None
    if server is not None:
        (folder / "server.pem").write_bytes(server.certificate)
        (folder / "server.key").write_bytes(server.key)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "server.pem", folder / "server.key")
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listening.accept()
                    with connection, contextlib.suppress(OSError, ssl.SSLError):
                        connection.settimeout(5)
                        if context is None:
                            connection.sendall(b"no TLS here\r\n")
                        else:
                            with context.wrap_socket(connection, server_side=True) as secure:
                                secure.recv(1)

        thread = threading.Thread(target=serve, name="broker")
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join()


def agent(folder: Path, url: str, **secrets: bytes) -> list[str]:
    """The agent's arguments, its secrets in ``folder``."""
    arguments = ["--broker", url, "--name", "kitchen"]
    for name, content in secrets.items():
        (folder / f"{name}.pem").write_bytes(content)
        arguments += [f"--{name}", f"${{CREDENTIALS_DIRECTORY}}/{name}.pem"]
    return arguments


def look(folder: Path, port: int, ca: Pair) -> list[Finding]:
    """What is found of a broker with TLS here, by an agent that trusts ``ca``."""
    return reach.findings(agent(folder, f"mqtts://127.0.0.1:{port}", ca=ca.certificate), folder, time.time())


def codes(found: list[Finding]) -> list[str]:
    assert all("\n" not in finding.message + finding.remedy for finding in found)
    return [f"{finding.level} {finding.code}" for finding in found]


def test_all_is_well(tmp_path, ca) -> None:
    own = for_member(ca, "kitchen", 3650)
    with broker(tmp_path, for_server(ca, ["127.0.0.1"], 3650)) as port:
        arguments = agent(tmp_path, f"mqtts://127.0.0.1:{port}", ca=ca.certificate, cert=own.certificate, key=own.key)
        assert reach.findings(arguments, tmp_path, time.time()) == []
    with broker(tmp_path, None) as port:
        assert reach.findings(["--broker", f"mqtt://127.0.0.1:{port}"], tmp_path, time.time()) == []
    assert reach.findings(["--serial", "/dev/ttyUSB0"], tmp_path, time.time()) == []


def test_certificates_that_end(tmp_path, ca) -> None:
    own = for_member(ca, "kitchen", 20)
    with broker(tmp_path, for_server(ca, ["127.0.0.1"], 10)) as port:
        arguments = agent(tmp_path, f"mqtts://127.0.0.1:{port}", ca=ca.certificate, cert=own.certificate, key=own.key)
        found = reach.findings(arguments, tmp_path, time.time())
        assert codes(found) == ["warning certificate-ends"] * 2
        assert "the agent's certificate (cert.pem) ends on 20" in found[0].message
        assert found[0].message.endswith("in 19 days")
        assert "edge broker add DIR --device NAME" in found[0].remedy
        assert found[1].message.startswith("the broker's certificate ends on 20")
        later = reach.findings(arguments, tmp_path, time.time() + 15 * DAY)
        assert codes(later) == ["warning certificate-ends", "error certificate-ended"]
        assert later[1].message.startswith("the broker's certificate ended on 20")


def test_a_broker_we_do_not_trust(tmp_path, ca) -> None:
    with broker(tmp_path, for_server(ca, ["hub.local"], 3650)) as port:
        (found,) = reach.findings(
            agent(tmp_path, f"mqtts://127.0.0.1:{port}", ca=ca.certificate), tmp_path, time.time()
        )
        assert found.code == "broker-certificate"
        assert "IP address mismatch" in found.message
        other = authority("another fleet")
        (found,) = look(tmp_path, port, other)
        assert found.code == "broker-certificate"


def test_a_broker_whose_certificate_has_ended(tmp_path, ca) -> None:
    with broker(tmp_path, for_server(ca, ["127.0.0.1"], -1)) as port:
        (found,) = reach.findings(
            agent(tmp_path, f"mqtts://127.0.0.1:{port}", ca=ca.certificate), tmp_path, time.time()
        )
        assert codes([found]) == ["error certificate-ended"]
        assert "timedatectl" in found.remedy


def test_no_broker(tmp_path, ca) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    (found,) = reach.findings(["--broker", f"mqtt://127.0.0.1:{port}"], tmp_path, time.time())
    assert codes([found]) == ["error broker-refuses"]
    assert f"127.0.0.1 on port {port}, the broker, cannot be reached: Connection refused" in found.message
    with broker(tmp_path, None) as port:
        (found,) = reach.findings(
            agent(tmp_path, f"mqtts://127.0.0.1:{port}", ca=ca.certificate), tmp_path, time.time()
        )
        assert codes([found]) == ["error broker-tls"]


def test_a_broker_without_an_address(tmp_path, monkeypatch) -> None:
    def nobody(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nobody)
    (found,) = reach.findings(["--broker", "mqtt://hub.local"], tmp_path, time.time())
    assert codes([found]) == ["error broker-name"]
    assert "getent hosts hub.local" in found.remedy


def test_a_broker_that_says_nothing(tmp_path, ca, monkeypatch) -> None:
    monkeypatch.setattr(reach, "_PATIENCE_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as listening:  # takes the connection, and no more
        url = f"mqtts://127.0.0.1:{listening.getsockname()[1]}"
        (found,) = reach.findings(agent(tmp_path, url, ca=ca.certificate), tmp_path, time.time())
    assert codes([found]) == ["error broker-silent"]


def test_secrets_that_cannot_be_used(tmp_path, ca, monkeypatch) -> None:
    own = for_member(ca, "kitchen", 3650)
    arguments = agent(tmp_path, "mqtts://127.0.0.1:1", ca=ca.certificate, cert=b"torn by a power cut", key=own.key)
    found = reach.findings(arguments, tmp_path, time.time())
    assert codes(found) == ["error broker-settings"]
    (tmp_path / "cert.pem").unlink()
    (gone,) = reach.findings(arguments, tmp_path, time.time())
    assert codes([gone]) == ["error broker-settings"]
    assert "cert.pem: No such file" in gone.message

    def refused(*_: object) -> bytes:
        raise PermissionError(13, "Permission denied", "cert.pem")

    monkeypatch.setattr(Path, "read_bytes", refused)
    (found_as_user,) = reach.findings(arguments, tmp_path, time.time())
    assert codes([found_as_user]) == ["warning not-root"]
    assert found_as_user.remedy.startswith("sudo /opt/edge/current/venv/bin/python -m edge doctor")
