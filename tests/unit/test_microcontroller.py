"""The codec and session in C against those in Python, on lines that damage what passes."""

from __future__ import annotations

import ctypes
import json
import random
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.messaging import frames
from edge.messaging.letters import Got, Hello, Letter
from edge.messaging.session import Session
from tests.examples import patient
from tests.microcontroller import END, OPEN, PART, ROOT, SENT, Asker, compile_c, library

BODIES = st.binary(min_size=1, max_size=700) | st.text(min_size=1, max_size=300).map(str.encode)


@pytest.fixture(scope="module")
def c(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    return library(tmp_path_factory.mktemp("c"))


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    return library(tmp_path_factory.mktemp("c"), payload=4, window=1)


def test_frames_are_the_same_bytes(c: ctypes.CDLL) -> None:
    @settings(patient, max_examples=300)
    @given(body=BODIES, key=st.binary(max_size=8))
    def same(body: bytes, key: bytes) -> None:
        out = ctypes.create_string_buffer(len(body) + 20)
        crc = c.edge_wire_crc32(0, key, ctypes.c_size_t(len(key)))
        n = c.edge_wire_encode(ctypes.c_uint32(crc), body, ctypes.c_size_t(len(body)), out)
        assert out.raw[:n] == frames.encode(body, key)
        block = ctypes.create_string_buffer(out.raw[: n - 1], n)
        back = c.edge_wire_unstuff(block, ctypes.c_size_t(n - 1))
        assert block.raw[: back - 4] == body
        assert c.edge_wire_intact(ctypes.c_uint32(crc), block, ctypes.c_size_t(back))

    same()


def test_what_one_refuses_the_other_refuses(c: ctypes.CDLL) -> None:
    @settings(patient, max_examples=300)
    @given(block=st.binary(min_size=1, max_size=300).map(lambda data: data.replace(b"\0", b"\1")))
    def same(block: bytes) -> None:
        room = ctypes.create_string_buffer(block, len(block) + 1)
        n = c.edge_wire_unstuff(room, ctypes.c_size_t(len(block)))
        intact = bool(c.edge_wire_intact(ctypes.c_uint32(0), room, ctypes.c_size_t(n)))
        assert intact == (frames.decode(block) is not None)

    same()


class Line:
    """A C asker and a Python device, and a line between."""

    def __init__(self, c: ctypes.CDLL, device: Hello, rate: float = 0.0) -> None:
        self.asker, self.device = Asker(c), Session(asks=False, hello=device)
        self.got: list[Letter] = []
        self.now_ms = 0
        self.cut = False
        self._rate = rate
        self._dice = random.Random(3)  # noqa: S311 - has to repeat

    def noisy(self, data: bytes) -> bytes:
        out = bytearray()
        for byte in b"" if self.cut else data:
            if self._dice.random() >= self._rate:
                out.append(byte)
            elif self._dice.random() < 0.5:
                out.append(byte ^ 1 << self._dice.randrange(8))
        return bytes(out)

    def run(self, ms: int) -> None:
        for _ in range(ms // 5):
            now = self.now_ms / 1000
            for event in self.device.receive(self.noisy(self.asker.poll(self.now_ms)), now):
                if isinstance(event, Got):
                    self.got.append(event.letter)
                    self.device.taken()
            self.asker.receive(self.noisy(self.device.outgoing(now)[0]), self.now_ms)
            self.now_ms += 5

    def messages(self) -> list[tuple[str, int, bytes]]:
        """What the asker was told, put together again."""
        out, parts = [], b""
        for event, kind, tag, data in self.asker.happened:
            if event in (PART, END):
                parts += data
            if event == END:
                out.append((kind, tag, parts))
                parts = b""
        return out


@pytest.mark.parametrize(("rate", "most"), [(0.0, 5000), (1e-3, 5000), (5e-3, 900)])
def test_messages_both_ways(c: ctypes.CDLL, rate: float, most: int) -> None:
    line = Line(c, Hello("kitchen"), rate)
    line.run(3000)
    assert line.asker.happened[0] == (OPEN, "\0", 0, b"kitchen")
    texts = [bytes(range(256))[: 37 * i % 250] * 8 for i in range(12)]
    texts = [text[:most] for text in texts]
    tags = []
    for text in texts:
        line.device.send(Letter("A", len(text), text))
        while not (tag := line.asker.send("P", text)):
            line.run(20)
        tags.append(tag)
    line.run(60_000)
    assert [(x.kind, x.tag, x.payload) for x in line.got] == [("P", t, s) for t, s in zip(tags, texts, strict=True)]
    assert line.messages() == [("A", len(text), text) for text in texts]
    assert [event for event, *_ in line.asker.happened].count(SENT) == 12
    assert [event for event, *_ in line.asker.happened].count(OPEN) == 1


def test_the_smallest_frames_will_do(small: ctypes.CDLL) -> None:
    line = Line(small, Hello("kitchen" * 9, payload=512))  # the longest name
    line.run(1000)
    assert line.asker.send("P", b"hello world")
    line.device.send(Letter("A", 9, b"a long answer " * 20))
    line.run(10_000)
    assert line.got == [Letter("P", 1, b"hello world")]
    assert line.messages() == [("A", 9, b"a long answer " * 20)]


def test_a_cut_line_and_a_new_board_are_noticed(c: ctypes.CDLL) -> None:
    line = Line(c, Hello("kitchen"))
    line.run(1000)
    line.run(60_000)  # quiet
    line.cut = True
    line.run(10_000)
    assert [event for event, *_ in line.asker.happened] == [OPEN, 1]
    line.cut = False
    line.run(3000)
    line.device = Session(asks=False, hello=Hello("hall"))
    line.run(6000)
    assert [data for event, _, _, data in line.asker.happened if event == OPEN] == [b"kitchen", b"kitchen", b"hall"]
    assert line.asker.send("P", b"x" * (1 << 20)) > 0
    line.device.close()
    line.run(3000)
    assert line.asker.happened[-1][0] == OPEN


def test_a_reset_is_survived_without_a_clock_or_a_memory(c: ctypes.CDLL) -> None:
    line = Line(c, Hello("kitchen"))
    for _ in range(3):
        line.asker = Asker(c)  # with the same number each time
        line.run(1000)
        for text in (b"one", b"two"):
            assert line.asker.send("P", text)
            line.run(200)
    assert [(letter.tag, letter.payload) for letter in line.got] == 3 * [(1, b"one"), (2, b"two")]


def test_questions_and_answers_in_json(c: ctypes.CDLL) -> None:
    @settings(patient, max_examples=200)
    @given(text=st.text(max_size=80).filter(lambda s: "\0" not in s), stream=st.booleans())
    def question(text: str, stream: bool) -> None:  # noqa: FBT001 - drawn
        out = ctypes.create_string_buffer(2000)
        n = c.edge_json_question(out, ctypes.c_size_t(2000), b"q-1", text.encode(), int(stream))
        wanted = {"id": "q-1", "prompt": text} | ({"stream": True} if stream else {})
        assert json.loads(out.raw[:n]) == wanted
        assert c.edge_json_question(out, ctypes.c_size_t(n - 1), b"q-1", text.encode(), int(stream)) == 0

    @settings(patient, max_examples=200)
    @given(text=st.text(max_size=80), plain=st.booleans())
    def answer(text: str, plain: bool) -> None:  # noqa: FBT001
        said = {"id": "text", "list": ["text", {"text": "no"}], "usage": {"text": "no"}, "text": text, "seed": 1}
        assert read(c, json.dumps(said, ensure_ascii=not plain).encode(), b"text", 1) == text
        wrong = {"id": "q", "error": {"code": "busy", "message": text}}
        assert read(c, json.dumps(wrong).encode(), b"message", 2) == text
        assert read(c, json.dumps(wrong).encode(), b"text", 1) == ""

    question()
    answer()


def read(c: ctypes.CDLL, data: bytes, key: bytes, level: int) -> str:
    reader, out, text = ctypes.create_string_buffer(64), ctypes.create_string_buffer(4), b""
    c.edge_json_begin(reader, key, ctypes.c_uint8(level))
    for byte in data:
        n = c.edge_json_read(reader, ctypes.c_char(byte), out)
        text += out.raw[:n]
    return text.decode()


_FUZZ = """
#include <stdio.h>
#include <string.h>
#include "edge_json.h"
#include "edge_wire.h"
static void put(void *u, const uint8_t *b, size_t n) { (void)u; (void)b; (void)n; }
static void heard(void *u, enum edge_wire_event e, char k, uint16_t t, const uint8_t *b, size_t n)
{
    struct edge_json j;
    char out[4];
    (void)u; (void)e; (void)k; (void)t;
    edge_json_begin(&j, "text", 1);
    for (; n--; b++) (void)edge_json_read(&j, (char)*b, out);
}
int main(void)
{
    static struct edge_wire w;
    static uint8_t bytes[1 << 16], frame[1 << 10];
    uint32_t now = 0;
    size_t n = fread(bytes, 1, sizeof bytes, stdin), i;
    edge_wire_init(&w, "fuzz", 1, 0, put, heard, NULL);
    for (i = 0; i + 64 < n; i += 61) {
        size_t length = bytes[i] % 60 + 1u;
        edge_wire_receive(&w, bytes + i, length, now);
        /* What has the right checksum and makes no sense; one in four opens a session. */
        memcpy(frame + 500, bytes + i, 64);
        frame[500] = (uint8_t)(bytes[i] & 0x23);
        if (bytes[i] % 4 == 0) {
            frame[500] = 2;
            memcpy(frame + 502, &w.number, 4);
        }
        frame[0] = 0;
        edge_wire_receive(&w, frame, 1, now);
        edge_wire_receive(&w, frame, edge_wire_encode(w.open ? w.key_crc : 0, frame + 500, length + 3, frame), now);
        (void)edge_wire_ask(&w, (const char *)bytes, bytes[i]);
        edge_wire_poll(&w, now += bytes[i] * 8u);
    }
    return 0;
}
"""


@pytest.mark.parametrize("payload", [4, 96, 240])
def test_no_bytes_make_it_read_or_write_where_it_may_not(tmp_path: Path, payload: int) -> None:
    source = tmp_path / "fuzz.c"
    source.write_text(_FUZZ, encoding="utf-8")
    sanitize = ["-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all", f"-DEDGE_WIRE_PAYLOAD={payload}"]
    try:
        program = compile_c(tmp_path / "fuzz", *sanitize, f"-I{ROOT}", str(source), "edge_wire.c", "edge_json.c")
    except subprocess.CalledProcessError:
        program = compile_c(tmp_path / "fuzz", f"-I{ROOT}", str(source), "edge_wire.c", "edge_json.c")
    dice = random.Random(payload)  # noqa: S311 - has to repeat
    for _ in range(12):
        subprocess.run([program], input=dice.randbytes(1 << 16), check=True, timeout=120)


# As much of an Arduino as the example uses.
_ARDUINO = """
#include <stdint.h>
#include <stdio.h>
#include <stddef.h>
enum { INPUT_PULLUP, LOW, A0 };
struct Port {
    void begin(long) {}
    size_t write(const uint8_t *, size_t n) { return n; }
    void println() {}
    int available() { return 0; }
    int read() { return 0; }
};
static Port Serial, Serial1;
static inline void pinMode(int, int) {}
static inline int digitalRead(int) { return 1; }
static inline unsigned analogRead(int) { return 1; }
static inline unsigned long millis() { return 1; }
static inline unsigned long micros() { return 1; }
"""


def test_the_examples_compile(tmp_path: Path) -> None:
    compile_c(tmp_path / "ask", "ask.c", "edge_wire.c", "edge_json.c")
    (tmp_path / "Arduino.h").write_text(_ARDUINO, encoding="utf-8")
    command = [sys.executable, "-m", "ziglang", "cc", "-x", "c++", "-std=c++11", "-Wall", "-Wextra", "-Werror"]
    command += ["-c", "-o", str(tmp_path / "button.o"), f"-I{ROOT}", f"-I{tmp_path}"]
    subprocess.run([*command, "-include", "Arduino.h", "button/button.ino"], cwd=ROOT, check=True)
