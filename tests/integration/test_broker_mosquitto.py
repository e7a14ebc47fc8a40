"""The tests' own broker: found or fetched, started, killed, started again."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.integration.mosquitto import Mosquitto, NoMosquittoError, program


def test_kept_over_a_restart(mosquitto, mosquitto_clients: dict[str, str], tmp_path: Path) -> None:
    running: Mosquitto = mosquitto(f"allow_anonymous true\npersistence true\npersistence_location {tmp_path}/")
    port = str(running.port)
    publish = [mosquitto_clients["mosquitto_pub"], "-p", port, "-r", "-q", "1", "-t", "edge/v1/a/status", "-m", "x"]
    subprocess.run(publish, check=True, timeout=60)
    running.restart()
    fetch = [mosquitto_clients["mosquitto_sub"], "-p", port, "-C", "1", "-W", "20", "-t", "edge/v1/+/status"]
    assert subprocess.run(fetch, check=True, capture_output=True, timeout=60).stdout == b"x\n"
    running.restart(kill=True)
    assert running.pid
    assert running.log.count(" running\n") == 3


def test_bad_configuration_is_shown(mosquitto) -> None:
    with pytest.raises(RuntimeError, match="nonsense"):
        mosquitto("nonsense true")


def test_unpacked_packages_run(monkeypatch, tmp_path: Path) -> None:
    """Where nothing is installed: the same programs from Debian's packages, with the libraries they came with."""
    monkeypatch.setattr("tests.integration.mosquitto._PLACES", "")
    try:
        path = program("mosquitto")
    except NoMosquittoError as error:
        pytest.skip(str(error))
    assert not path.startswith("/usr")
    with Mosquitto(tmp_path) as running:
        publish = [program("mosquitto_pub"), "-p", str(running.port), "-t", "edge/v1/a/prompt", "-m", "x", "-q", "1"]
        subprocess.run(publish, check=True, timeout=60)
        assert running.pid
