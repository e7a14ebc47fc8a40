"""Line mode: what a person types and sees; fuzzed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.messaging.lines import Ask, Cancel, Lines, Query
from tests.examples import patient


def asked(wanted: list[Ask | Query | Cancel]) -> dict[str, Any]:
    (ask,) = wanted
    assert isinstance(ask, Ask)
    return dict(json.loads(ask.payload))


def seen(lines: Lines) -> str:
    out = lines.out.decode()
    lines.out.clear()
    return out


def say(lines: Lines, **message: Any) -> list[Ask | Query | Cancel]:
    return lines.say(json.dumps(message, ensure_ascii=False).encode())


@pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n"])
def test_a_line_is_a_question_and_its_answer_is_written_as_it_comes(end: bytes) -> None:
    lines = Lines("kitchen")
    request = asked(lines.feed("größe?".encode() + end))
    assert request["prompt"] == "größe?"
    assert request["stream"] is True
    assert seen(lines) == "größe?\r\n"
    say(lines, id=request["id"], event="piece", seq=0, text="so")
    say(lines, id=request["id"], event="piece", seq=1, text=" big\n")
    assert seen(lines) == "so big\r\n"
    say(lines, id=request["id"], text="so big\nindeed", finish_reason="stop")
    assert seen(lines) == "indeed\r\n> "


def test_a_chat_model_is_asked_through_its_template() -> None:
    assert asked(Lines("k", chat=True).feed(b"hi\r"))["messages"] == [{"role": "user", "content": "hi"}]


def test_a_line_can_be_mended() -> None:
    lines = Lines("k")
    assert asked(lines.feed(b"wrong\x15tX\x7furn \x1b[D\x1bOAo\xc3\xa4\bn\r"))["prompt"] == "turn on"


def test_what_is_typed_meanwhile_waits_its_turn() -> None:
    lines = Lines("k")
    first = asked(lines.feed(b"one\r"))
    assert lines.feed(b"two\rthree\r") == []
    second = asked(say(lines, id=first["id"], text="1"))
    assert second["prompt"] == "two"
    assert lines.feed(b"x\r" * 20) == []
    assert "one question after the other" in seen(lines)


def test_an_interrupt_gives_the_answer_up_and_an_error_is_told() -> None:
    lines = Lines("k")
    request = asked(lines.feed(b"one\rtwo\r"))
    assert lines.feed(b"\x03") == [Cancel(request["id"])]
    seen(lines)
    assert say(lines, id=request["id"], error={"code": "cancelled", "message": "given up"}) == []
    assert seen(lines) == "! cancelled: given up\r\n> "
    lines.feed(b"half a li\x03")
    assert seen(lines).endswith("^C\r\n> ")


def test_json_goes_through_as_it_is_and_comes_back_as_lines() -> None:
    lines = Lines("k")
    request = b'{"id": "q1", "prompt": "x"}'
    assert lines.feed(request + b"\n") == [Ask(request)]
    assert seen(lines) == ""
    lines.say(b'{"id":"q1","text":"y"}')
    assert seen(lines) == '{"id":"q1","text":"y"}\r\n'


def test_help_and_reports() -> None:
    lines = Lines("kitchen")
    lines.feed(b"\r")
    assert seen(lines).startswith("\r\nkitchen\r\nType a question")
    lines.feed(b"\r")
    assert seen(lines) == "\r\n> "
    assert lines.feed(b"/health\r") == [Query("health")]
    assert asked(lines.feed(b"/etc/passwd?\r"))["prompt"] == "/etc/passwd?"


def test_an_answer_cannot_draw_on_the_terminal() -> None:
    lines = Lines("k")
    request = asked(lines.feed(b"x\r"))
    say(lines, id=request["id"], text="\x1b[2Jred\x07")
    assert "\x1b" not in seen(lines)


@pytest.mark.parametrize("noise", [b"\xff\xfe\x80", b"\x01\x02", b"\x10\x05"])
def test_noise_before_a_line_is_no_part_of_it(noise: bytes) -> None:
    assert asked(Lines("k").feed(b"abc" + noise + b"hello\r"))["prompt"] == "hello"


@patient
@given(st.binary(max_size=400))
def test_any_bytes_can_be_typed(data: bytes) -> None:
    lines = Lines("k", longest=50)
    for want in lines.feed(data):
        if isinstance(want, Ask) and not want.payload.startswith(b"{"):
            assert len(json.loads(want.payload)["prompt"].encode()) <= 50
    assert len(lines._line) <= 50
    assert all(c.isprintable() or c in "\r\n\b\t" for c in lines.out.decode())


@patient
@given(st.binary(max_size=200))
def test_any_message_can_be_shown(payload: bytes) -> None:
    lines = Lines("k")
    lines.feed(b"x\r")
    lines.say(payload)
