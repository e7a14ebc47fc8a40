"""Fixtures that several integration tests share: real brokers, real sshds."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.integration.mosquitto import CLIENTS, OPEN, Mosquitto, NoMosquittoError, clients, program
from tests.integration.sshd import NoSshdError, Sshd, openssh, sshd


@pytest.fixture(scope="session")
def mosquitto_clients() -> dict[str, str]:
    """The paths of mosquitto_pub, mosquitto_sub and mosquitto_rr."""
    try:
        return clients()
    except NoMosquittoError as error:
        pytest.skip(str(error))


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Callable[..., Mosquitto]]:
    """``mosquitto(config)`` starts a broker with a configuration; it ends with the test."""
    try:
        for name in ("mosquitto", *CLIENTS):
            program(name)
    except NoMosquittoError as error:
        pytest.skip(str(error))
    numbers = itertools.count()
    with ExitStack() as stack:

        def start(config: str = OPEN) -> Mosquitto:
            return stack.enter_context(Mosquitto(tmp_path / f"mosquitto{next(numbers)}", config))

        yield start


@pytest.fixture
def broker(mosquitto: Callable[..., Mosquitto]) -> Mosquitto:
    """A broker that lets everybody in."""
    return mosquitto()


@pytest.fixture
def boards(tmp_path: Path) -> Iterator[Callable[..., Sshd]]:
    """``boards(**settings)`` starts one sshd more, with sshd()'s settings; they end with the test."""
    try:
        openssh("sshd")
    except NoSshdError as error:
        pytest.skip(str(error))
    with ExitStack() as stack:

        def start(**settings: Any) -> Sshd:
            return stack.enter_context(sshd(tmp_path, **settings))

        yield start
