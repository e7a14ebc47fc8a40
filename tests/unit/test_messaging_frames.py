"""Frames and sessions on lines that lose, change and add bytes; fuzzed."""

from __future__ import annotations

import random
import struct
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.messaging import frames
from edge.messaging.letters import Closed, Delivered, Got, Hello, Letter, Opened
from edge.messaging.session import Session
from tests.examples import patient

BODIES = st.binary(min_size=1, max_size=700) | st.text(min_size=1, max_size=300).map(str.encode)


@patient
@given(body=BODIES, key=st.binary(max_size=8))
def test_a_frame_comes_back_and_holds_no_end(body: bytes, key: bytes) -> None:
    sent = frames.encode(body, key)
    assert sent.index(frames.END) == len(sent) - 1
    assert frames.decode(sent[:-1], key) == body
    assert len(sent) <= len(body) + 4 + 2 + (len(body) + 4) // 254


@pytest.mark.parametrize("size", [249, 250, 251, 253, 254, 255, 504, 508, 509, 512])
@pytest.mark.parametrize("fill", [b"\0", b"x", b"\0x", b"x" * 254 + b"\0"])
def test_runs_of_every_length_around_the_longest(size: int, fill: bytes) -> None:
    body = (fill * size)[:size]
    assert frames.decode(frames.encode(body)[:-1]) == body


def test_the_checksum_is_the_usual_one() -> None:
    assert frames.encode(b"123456789")[1:].startswith(b"123456789\x26\x39\xf4\xcb")  # CRC-32's check value


def test_frames_are_as_the_documentation_has_them() -> None:
    text = (Path(frames.__file__).parents[2] / "docs" / "serial.md").read_text(encoding="utf-8")
    hello = bytes([1, 1, 7, 0, 0, 0]) + Hello("button", 2, 96, 65536).pack()
    data = bytes([0x20, 0, 0, 2]) + b"P\x01\x00hi"
    key = struct.pack("<II", 7, 0x12345678)
    for frame in (frames.encode(b"\x03"), frames.encode(hello), frames.encode(data, key)):
        assert f"`{frame.hex(' ')}`" in text


@patient
@given(body=BODIES, data=st.data())
def test_no_damaged_frame_is_taken(body: bytes, data: st.DataObject) -> None:
    block = bytearray(frames.encode(body)[:-1])
    place = data.draw(st.integers(0, len(block) - 1))
    what = data.draw(st.sampled_from(["flip", "drop", "add"]))
    if what == "flip":
        block[place] ^= 1 << data.draw(st.integers(0, 7))
    elif what == "drop":
        del block[place]
    else:
        block.insert(place, data.draw(st.integers(1, 255)))
    assert frames.decode(bytes(block)) in (None, body)  # a byte added to a run of the same is no damage


@patient
@given(st.binary(max_size=2000))
def test_noise_is_no_frame(noise: bytes) -> None:
    for block in frames.Splitter(512).feed(noise):
        frames.decode(block)


def test_a_frame_of_another_session_is_none_of_this() -> None:
    assert frames.decode(frames.encode(b"hello", b"12345678")[:-1], b"12345679") is None


@patient
@given(parts=st.lists(st.binary(max_size=40), max_size=30), cut=st.integers(1, 7))
def test_blocks_do_not_depend_on_how_bytes_arrive(parts: list[bytes], cut: int) -> None:
    line = b"\0".join(parts)
    whole, bits = frames.Splitter(20), frames.Splitter(20)
    expected = whole.feed(line)
    got = [block for i in range(0, len(line), cut) for block in bits.feed(line[i : i + cut])]
    assert (got, bits.dropped) == (expected, whole.dropped)
    assert all(len(block) <= 20 for block in got)


class Line:
    """Two sessions and what is between them. ``rate``: of bytes that are dropped, changed or added to, each way."""

    def __init__(self, asker: Hello, device: Hello, rate: float = 0.0, seed: int = 1) -> None:
        self.asker, self.device = Session(asks=True, hello=asker), Session(asks=False, hello=device)
        self.now = 0.0
        self.got: dict[bool, list[Letter]] = {True: [], False: []}
        self.told: list[object] = []
        self.cut = False
        self.take = True
        self._rate = rate
        self._random = random.Random(seed)  # noqa: S311 - has to repeat
        self.asker.call(self.now)

    def noisy(self, data: bytes) -> bytes:
        out = bytearray()
        for byte in b"" if self.cut else data:
            if self._random.random() < self._rate:
                what = self._random.randrange(3)
                if what == 1:
                    out.append(byte ^ 1 << self._random.randrange(8))
                elif what == 2:
                    out += bytes([byte, self._random.randrange(256)])
            else:
                out.append(byte)
        return bytes(out)

    def step(self) -> bool:
        """Move what there is to say, once each way; whether there was anything."""
        moved = False
        for here, there in ((self.asker, self.device), (self.device, self.asker)):
            data, happened = here.outgoing(self.now)
            happened += there.receive(self.noisy(data), self.now)
            moved = moved or bool(data)
            for event in happened:
                self.told.append(event)
                if isinstance(event, Got):
                    self.got[there.asks].append(event.letter)
                    if self.take:
                        there.taken()
        self.now += 0.001
        return moved

    def run(self, seconds: float) -> None:
        end = self.now + seconds
        while self.now < end:
            if not self.step():
                self.now = max(self.now, min(end, self.asker.deadline(), self.device.deadline()))


def test_a_handshake_tells_each_what_the_other_takes() -> None:
    line = Line(Hello("pc", window=8, payload=256, largest=9000, reports=True), Hello("kitchen"))
    line.run(0.1)
    assert line.asker.peer == Hello("kitchen")
    assert line.device.peer == Hello("pc", window=8, payload=256, largest=9000, reports=True)


@pytest.mark.parametrize(("rate", "payload"), [(0, 16), (0, 512), (1e-4, 512), (1e-3, 512), (1e-3, 16), (1e-2, 16)])
def test_every_message_arrives_once_and_in_order(rate: float, payload: int) -> None:
    line = Line(Hello("a", payload=payload, window=4), Hello("b", payload=payload), rate)
    texts = [bytes([i]) * (17 * i % 900) for i in range(150)]
    line.run(0.1)
    while not line.asker.open or not line.device.open:
        line.run(1)
    sent = [line.asker.send(Letter("P", i + 1, text)) for i, text in enumerate(texts)]
    back = [line.device.send(Letter("A", i + 1, text)) for i, text in enumerate(reversed(texts))]
    assert None not in sent + back
    line.run(3000)
    assert [(letter.tag, letter.payload) for letter in line.got[False]] == [(i + 1, t) for i, t in enumerate(texts)]
    assert [letter.payload for letter in line.got[True]] == texts[::-1]
    assert sum(isinstance(event, Delivered) for event in line.told) == 300
    assert not any(isinstance(event, Closed) for event in line.told)


def test_who_does_not_take_gets_no_more_than_there_is_room_for() -> None:
    line = Line(Hello("a"), Hello("b", window=4))
    line.take = False
    line.run(0.1)
    for i in range(100):
        line.asker.send(Letter("P", i, b"x"))
    line.run(5)
    assert len(line.got[False]) == line.device.room
    assert line.device.stats.useless == 0  # nothing was sent for which there was no room
    for _ in range(line.device.room):
        line.device.taken()
    line.take = True
    line.run(5)
    assert [letter.tag for letter in line.got[False]] == list(range(100))


def test_a_quiet_line_stays_and_a_cut_one_is_noticed() -> None:
    line = Line(Hello("a"), Hello("b"))
    line.run(600)
    assert line.asker.open
    assert line.device.open
    line.cut = True
    line.run(20)
    assert sum(isinstance(event, Closed) for event in line.told) == 2
    line.cut = False
    line.asker.call(line.now)
    line.run(2)
    assert line.asker.open


def test_a_device_that_has_begun_anew_says_so() -> None:
    line = Line(Hello("a"), Hello("b"))
    line.run(1)
    line.device = Session(asks=False, hello=Hello("b2"))
    line.asker.send(Letter("P", 1, b"hello"))
    line.run(1)
    assert Closed("the other end began anew") in line.told
    line.asker.call(line.now)
    line.run(1)
    assert [event.peer.name for event in line.told if isinstance(event, Opened)][-2:] == ["a", "b2"]
    assert line.got[False] == []  # who asks knows what is still open


def test_an_asker_that_is_reset_and_has_no_other_number_begins_anew() -> None:
    line = Line(Hello("a"), Hello("b"))
    line.run(1)
    for round_ in range(3):
        for tag in range(1, 6):
            line.asker.send(Letter("P", tag, b"%d" % round_))
        line.run(1)
        number = line.asker.number
        line.asker = Session(asks=True, hello=Hello("a"))
        line.asker.call(line.now)
        line.asker.number = number
        line.run(1)
    assert [(letter.payload, letter.tag) for letter in line.got[False]] == [
        (b"%d" % round_, tag) for round_ in range(3) for tag in range(1, 6)
    ]


def test_a_message_that_is_too_large_is_not_sent_and_not_collected() -> None:
    line = Line(Hello("a"), Hello("b", largest=100))
    line.run(1)
    assert line.asker.send(Letter("P", 1, b"x" * 101)) is None
    line.asker.peer = Hello("b", largest=10_000)
    line.asker.send(Letter("P", 1, b"x" * 5000))
    line.run(1)
    assert Closed("the other end sent more than we take") in line.told
    assert line.got[False] == []


@settings(patient, max_examples=60)
@given(data=st.lists(st.binary(max_size=60), max_size=20), asks=st.booleans())
def test_a_session_takes_any_bytes(data: list[bytes], asks: bool) -> None:  # noqa: FBT001 - drawn
    line = Line(Hello("a"), Hello("b"))
    line.run(0.1)
    session, key = (line.asker, line.asker._key) if asks else (line.device, line.device._key)
    for part in data:
        session.receive(part, 1.0)
        # And what has the right checksum, and makes no sense all the same.
        for of in (b"", key or b""):
            if part:
                session.receive(b"\0" + frames.encode(part, of), 1.0)
        session.outgoing(1.0)
    assert len(session._partial) <= session.hello.largest + 600
