"""``edge demo``: three processes, right answers, nothing left behind."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from edge import demo
from tests.integration.mosquitto import NoMosquittoError, program


@pytest.mark.parametrize("embedded", [False, True])
def test_demo(embedded: bool, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: FBT001 - a parameter of the test
    said: list[str] = []
    started: list[subprocess.Popen[bytes]] = []
    popen = subprocess.Popen

    def remember(*args: object, **options: object) -> subprocess.Popen[bytes]:
        started.append(popen(*args, **options))  # type: ignore[call-overload]
        return started[-1]

    try:
        mosquitto = None if embedded else Path(program("mosquitto"))
    except NoMosquittoError as error:
        pytest.skip(str(error))
    monkeypatch.setattr(demo, "find_mosquitto", lambda: mosquitto)
    monkeypatch.setattr("edge.demo.subprocess.Popen", remember)
    demo.demo(["turn off the kitchen lights", "what is love"], said.append)
    text = "\n".join(said)
    assert ("amqtt" if embedded else "mosquitto") in text
    assert '> turn off the kitchen lights\n{"intent": "HassTurnOff"' in text
    assert len(re.findall(r"\d+ ms over MQTT, [\d,]+ tokens/s", text)) == 2
    assert len(started) == 2
    assert all(process.poll() is not None for process in started)


def test_a_program_that_does_not_start_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    failing = [sys.executable, "-c", "raise SystemExit('no such luck')"]
    monkeypatch.setattr(demo, "_broker", lambda *_: failing)
    with pytest.raises(demo.DemoError, match="no such luck"):
        demo.demo(["a"], lambda _: None)


def test_it_needs_no_extra() -> None:
    code = "import sys; sys.modules['cryptography'] = sys.modules['amqtt'] = None; import edge.demo"
    subprocess.run([sys.executable, "-c", code], check=True)
