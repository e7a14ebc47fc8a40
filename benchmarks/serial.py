"""The serial transport on lines that damage what passes, and its share of a line that does not.

    python -m benchmarks.serial noise --frames 1000000
    python -m benchmarks.serial line --baud 921600

`noise` runs both ends of a session in simulated time over a simulated line of that speed, which drops, flips, inserts
and repeats bytes, takes frames apart (a zero too many) and joins them (a zero too few), delivers in pieces of any size,
and is cut now and then while the device starts anew. Every frame that is accepted is looked up among those that were
sent, and every answer computed a second time. `line` sends messages through two real ptys with a program between them
that lets through what a UART of that speed does, 10 bits a byte.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import pty
import queue
import random
import select
import threading
import time
import tty
from typing import Any

from benchmarks import report
from edge.messaging import frames, session
from edge.messaging.events import Connected, Message, Published
from edge.messaging.letters import Closed, Got, Hello, Letter
from edge.messaging.serial import SerialAsker, SerialDevice
from edge.messaging.session import Session

STEP_S = 0.002
MOST_OPEN = 12  # questions at a time
FAULTS = ("drop", "flip", "insert", "repeat", "split", "join")


class Channel:
    """One way of a line: ``per_byte`` is how often something happens to a byte."""

    def __init__(self, baud: int, per_byte: float, dice: random.Random) -> None:
        self.faults = dict.fromkeys(FAULTS, 0)
        self.cut = False
        self._bytes_per_step = baud / 10 * STEP_S
        self._rate = per_byte
        self._dice = dice
        self._waiting = bytearray()
        self._credit = 0.0
        self._next = self._distance()

    def _distance(self) -> int:
        return int(self._dice.expovariate(self._rate)) if self._rate else 1 << 62

    def write(self, data: bytes) -> None:
        self._waiting += data

    @property
    def full(self) -> bool:
        """Whether a writer would have to wait: a UART's driver takes about so much."""
        return len(self._waiting) > 4096

    def read(self) -> bytes:
        """What arrives in one step."""
        self._credit = min(self._credit + self._bytes_per_step, 8 * self._bytes_per_step)
        # In pieces of any size, as a driver hands them out.
        n = min(len(self._waiting), int(self._credit * self._dice.random()))
        self._credit -= n
        data = bytes(self._waiting[:n])
        del self._waiting[:n]
        if self.cut:
            return b""
        return self._damage(data) if self._rate else data

    def _damage(self, data: bytes) -> bytes:
        out = bytearray()
        at = 0
        while self._next < len(data) - at:
            out += data[at : at + self._next]
            at += self._next
            at += self._fault(data, at, out)
            self._next = self._distance()
        self._next -= max(0, len(data) - at)
        out += data[at:]
        return bytes(out)

    def _fault(self, data: bytes, at: int, out: bytearray) -> int:
        """Do something to what begins at ``at``; returns how many bytes of it are done with."""
        fault = self._dice.choice(FAULTS)
        self.faults[fault] += 1
        some = self._dice.randint(1, 12)
        if fault == "drop":
            return some
        if fault == "flip":
            out.append(data[at] ^ 1 << self._dice.randrange(8))
            return 1
        if fault == "insert":
            out += self._dice.randbytes(some)
        elif fault == "repeat":
            out += data[at : at + some]
        elif fault == "split":
            out.append(0)
        else:
            end = data.find(b"\0", at)
            if end >= 0:
                out += data[at:end]
                return end + 1 - at
        return 0


class Audit:
    """Looks up every frame that is accepted among those that were sent."""

    def __init__(self) -> None:
        self.accepted = self.wrong = self.sent = 0
        self._known: set[tuple[bytes, bytes]] = set()
        self._encode, self._decode = frames.encode, frames.decode

    def encode(self, body: bytes, key: bytes = b"") -> bytes:
        self.sent += 1
        self._known.add((key, body))
        return self._encode(body, key)

    def decode(self, block: bytes, key: bytes = b"") -> bytes | None:
        body = self._decode(block, key)
        if body is not None:
            self.accepted += 1
            self.wrong += (key, body) not in self._known
        return body

    def __enter__(self) -> Audit:
        session.frames.encode, session.frames.decode = self.encode, self.decode
        return self

    def __exit__(self, *_: object) -> None:
        session.frames.encode, session.frames.decode = self._encode, self._decode


def answer_to(question: bytes) -> bytes:
    """What the device answers: anybody can compute it a second time, and no two are alike."""
    digest = hashlib.sha256(question).hexdigest().encode()
    return digest * (1 + digest[0] % 4)


class Askers:
    """Asks, asks again after every break, and keeps count."""

    def __init__(self, dice: random.Random) -> None:
        self.asked = self.again = self.answered = self.wrong = self.breaks = 0
        self._dice = dice
        self._open: dict[int, bytes] = {}
        self._tags: dict[int, int] = {}  # and the questions they stand for, in this session

    @property
    def waiting(self) -> int:
        return len(self._open)

    def work(self, here: Session, *, new: bool) -> None:
        if not here.open:
            return
        for number in set(self._open) - set(self._tags.values()):
            self.again += 1
            self._send(here, number)
        while new and len(self._open) < MOST_OPEN and here.backlog < 32:
            self.asked += 1
            number, size = self.asked, self._dice.choice((8, 30, 100, 400, 1500))
            self._open[number] = number.to_bytes(4, "big") + self._dice.randbytes(size)
            self._send(here, number)

    def _send(self, here: Session, number: int) -> None:
        tag = number % 65535 + 1
        self._tags[tag] = number
        here.send(Letter("P", tag, self._open[number]))

    def hear(self, letter: Letter) -> None:
        number = self._tags.pop(letter.tag, None)
        question = self._open.pop(number, None) if number else None
        if question is None or letter.payload != answer_to(question):
            self.wrong += 1
        else:
            self.answered += 1

    def broken(self) -> None:
        self.breaks += 1
        self._tags.clear()


def noise(baud: int, per_byte: float, most: int, seed: int) -> dict[str, Any]:
    """One line, until so many frames have been sent."""
    dice = random.Random(seed)  # noqa: S311 - has to repeat
    terms = {"byte_s": 10 / baud}
    asker, device = Session(True, Hello("asker"), **terms), Session(False, Hello("device"), **terms)  # noqa: FBT003
    there, back = Channel(baud, per_byte, dice), Channel(baud, per_byte, dice)
    askers, now, step = Askers(dice), 0.0, 0
    begin = time.process_time()
    with Audit() as audit:
        asker.call(now)
        while audit.sent < most or askers.waiting:
            step += 1
            now += STEP_S
            # Some 10 s in every 60 without a connection; the device knows nothing of the session after that.
            there.cut = back.cut = per_byte > 0 and step % 30_000 > 25_000
            if per_byte and step % 30_000 == 29_999:
                device = Session(False, Hello("device"), **terms)  # noqa: FBT003
            askers.work(asker, new=audit.sent < most)
            happened = []
            for here, out, into in ((asker, there, back), (device, back, there)):
                happened += [(here, event) for event in here.receive(into.read(), now)]
                if not out.full:
                    data, more = here.outgoing(now)
                    out.write(data)
                    happened += [(here, event) for event in more]
            for here, event in happened:
                if isinstance(event, Got):
                    here.taken()
                    if here is device:
                        device.send(Letter("A", event.letter.tag, answer_to(event.letter.payload)))
                    else:
                        askers.hear(event.letter)
                elif here is asker and isinstance(event, Closed):
                    askers.broken()
                    asker.call(now)
    return {
        "faults per MB": round(per_byte * 1e6),
        "frames sent": audit.sent,
        "accepted": audit.accepted,
        "wrong frames": audit.wrong,
        "faults": sum(there.faults.values()) + sum(back.faults.values()),
        "breaks": askers.breaks,
        "questions": askers.asked,
        "asked again": askers.again,
        "answered": askers.answered,
        "wrong answers": askers.wrong,
        "open": askers.waiting,
        "questions a second": round(askers.answered / now, 1),
        "CPU s": round(time.process_time() - begin, 1),
    }


class Paced:
    """Two ptys, and between them what a UART of this speed lets through."""

    def __init__(self, baud: int) -> None:
        self.names = []
        self.passed = [0, 0]
        self._ours = []
        self._held = []
        for _ in range(2):
            ours, theirs = pty.openpty()
            tty.setraw(theirs)
            self._ours.append(ours)
            self._held.append(theirs)
            self.names.append(os.ttyname(theirs))
        self._over = False
        self._threads = [
            threading.Thread(target=self._carry, args=(way, baud / 10), daemon=True) for way in range(2)
        ]  # fmt: skip
        for thread in self._threads:
            thread.start()

    def _carry(self, way: int, per_s: float) -> None:
        source, target = self._ours[way], self._ours[1 - way]
        allowed, then = 0.0, time.perf_counter()
        while not self._over:
            time.sleep(0.001)
            now = time.perf_counter()
            allowed, then = min(allowed + (now - then) * per_s, per_s * 0.02), now
            if allowed >= 1 and select.select([source], [], [], 0)[0]:
                data = os.read(source, int(allowed))
                allowed -= len(data)
                self.passed[way] += len(data)
                os.write(target, data)

    def close(self) -> None:
        self._over = True
        for thread in self._threads:
            thread.join()
        for fd in (*self._ours, *self._held):
            os.close(fd)


def line(baud: int, size: int, seconds: float) -> list[dict[str, Any]]:
    """Messages one way and then the other, as fast as they go."""
    paced = Paced(baud)
    device = SerialDevice(paced.names[0], baud, device="device", largest=size)
    asker = SerialAsker(paced.names[1], baud, who="asker", reply_to="edge/v1/reply/asker")
    ends = (asker, device)
    for end in ends:
        end.start()
    rows = []
    try:
        for end in ends:
            while not isinstance(end.events.get(timeout=20), Connected):
                pass
        ways = (
            ("questions", asker, device, "edge/v1/device/prompt"),
            ("answers", device, asker, str(device.address)),
        )
        for name, source, sink, topic in ways:
            rows.append({"what": name} | _one_way(paced, baud, source, sink, topic, size, seconds))
    finally:
        for end in ends:
            end.stop()
        paced.close()
    return rows


def _one_way(paced: Paced, baud: int, source: Any, sink: Any, topic: str, size: int, seconds: float) -> dict[str, Any]:
    payload = ("the quick brown fox " * (size // 20 + 1))[:size].encode()
    got = under_way = 0
    way = 0 if isinstance(source, SerialDevice) else 1
    passed, cpu, begin = paced.passed[way], time.process_time(), time.perf_counter()
    end = begin + seconds
    while time.perf_counter() < end:
        while under_way < 16 and source.publish(topic, payload, correlation=b"\0" * 6) is not None:
            under_way += 1
        try:
            while True:
                event = sink.events.get(timeout=0.002)
                if isinstance(event, Message) and event.payload == payload:
                    sink.ack(event)
                    got += size
        except queue.Empty:
            pass
        while not source.events.empty():
            under_way -= isinstance(source.events.get(), Published)
    took = time.perf_counter() - begin
    cpu, passed = time.process_time() - cpu, paced.passed[way] - passed
    while under_way:
        under_way -= isinstance(source.events.get(timeout=20), Published)
    while not sink.events.empty():
        if isinstance(event := sink.events.get(), Message):
            sink.ack(event)
    return {
        "baud": baud,
        "message bytes": size,
        "line bytes/s": round(passed / took),
        "payload bytes/s": round(got / took),
        "share of line": f"{100 * got / took / (baud / 10):.1f} %",
        "CPU": f"{100 * cpu / took:.0f} %",
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("noise", "line"))
    parser.add_argument("--frames", type=report.count, default=1_000_000, help="noise: in all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--baud", type=report.count, default=921_600)
    parser.add_argument("--seconds", type=report.seconds, default=10.0, help="line: each way")
    parser.add_argument("--size", type=report.count, nargs="+", default=[100, 4096], help="line: bytes of a message")
    report.add_options(parser)
    args = parser.parse_args()
    if args.what == "noise":
        rates = (0, 1e-5, 1e-4, 5e-4, 2e-3)
        rows = []
        for rate in rates:
            rows.append(noise(args.baud, rate, args.frames // len(rates), args.seed))
            print(".", end="", flush=True)
        print()
        # A column for each line: there are more figures than lines.
        names = [str(row.pop("faults per MB")) for row in rows]
        report.table(
            ["faults per MB", *names],
            [{"faults per MB": k, **dict(zip(names, (r[k] for r in rows), strict=True))} for k in rows[0]],
        )
        sent, wrong = sum(r["frames sent"] for r in rows), sum(r["wrong frames"] + r["wrong answers"] for r in rows)
        print(
            f"{sent:,} frames, {wrong} wrong ones accepted, {sum(r['open'] for r in rows)} questions without an answer"
        )
        report.save(args, {"noise": [{"faults per MB": n, **r} for n, r in zip(names, rows, strict=True)]})
    else:
        rows = [row for size in args.size for row in line(args.baud, size, args.seconds)]
        report.table(list(rows[0]), rows)
        report.save(args, {"line": rows})


if __name__ == "__main__":
    main()
