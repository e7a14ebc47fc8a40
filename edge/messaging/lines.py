"""Line mode: what a person with a terminal program sees at the end of a cable. Pure: bytes in, bytes out.

A line is a question, and its answer is written as it comes. A line of JSON is a request as in docs/protocol.md, and all
that concerns it comes back as lines of JSON: enough for a program that does not want to speak in frames.
"""

from __future__ import annotations

import codecs
import json
import uuid
from collections import deque
from dataclasses import dataclass
from typing import Any

__all__ = ["Ask", "Cancel", "Lines", "Query"]

_MOST_WAITING = 8  # lines typed while an answer is being written
_REPORTS = ("status", "info", "health")
_HELP = """\
Type a question and press Enter. Ctrl-C gives an answer up, Ctrl-U empties the line.
/status /info /health   what this board says of itself
{"prompt": "..."}       a request with all its options, answered in lines of JSON"""
_ENTER, _ERASE, _CANCEL, _EMPTY, _ESCAPE = "\r\n", "\b\x7f", "\x03", "\x15", "\x1b"


@dataclass(frozen=True)
class Ask:
    """A question: the payload of a request."""

    payload: bytes


@dataclass(frozen=True)
class Query:
    """One of the board's reports is wanted."""

    name: str


@dataclass(frozen=True)
class Cancel:
    """The answer that is being written is not wanted any more."""

    id: str


class Lines:
    """The terminal of one person. ``out``: what is to be written to it; who writes it empties it.

    ``chat``: whether questions go through the model's chat template. ``longest``: bytes of a line.
    """

    def __init__(self, device: str, *, chat: bool = False, longest: int = 65536) -> None:
        self.out = bytearray()
        self._device = device
        self._chat = chat
        self._longest = longest
        self.reset()

    def reset(self) -> None:
        """Forget everything: somebody else may sit there now."""
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._line: list[str] = []
        self._size = 0
        self._skip = ""  # of an escape sequence: what has come of it
        self._after_cr = False
        self._questions: deque[str] = deque()
        self._current: str | None = None
        self._shown = ""
        self._greeted = False
        self.out.clear()

    def feed(self, data: bytes) -> list[Ask | Query | Cancel]:
        """What was typed; returns what it asks for."""
        wanted: list[Ask | Query | Cancel] = []
        for char in self._decoder.decode(data):
            self._key(char, wanted)
        return wanted

    def _key(self, char: str, wanted: list[Ask | Query | Cancel]) -> None:
        after_cr, self._after_cr = self._after_cr, char == "\r"
        if self._skip:  # an arrow key: escape, bracket, letter
            self._skip += char
            if (len(self._skip) > 2 and char.isalpha()) or (len(self._skip) == 2 and char not in "[O"):
                self._skip = ""
        elif char in _ENTER:
            if not (char == "\n" and after_cr):
                self._enter(wanted)
        elif char == _CANCEL:
            self._interrupt(wanted)
        else:
            self._edit(char)

    def _edit(self, char: str) -> None:
        """A key that changes the line."""
        if char == _ESCAPE:
            self._skip = char
        elif char in _ERASE:
            if self._line:
                self._size -= len(self._line.pop().encode())
                self._echo("\b \b")
        elif char == _EMPTY:
            self._echo("\b \b" * len(self._line))
            self._clear()
        elif char == "\t" or (char.isprintable() and char != "\ufffd"):
            size = len(char.encode())
            if self._size + size <= self._longest:
                self._line.append(char)
                self._size += size
                self._echo(char)
        else:  # noise, or the middle of a frame: no line that a person has typed
            self._clear()

    def _clear(self) -> None:
        self._line.clear()
        self._size = 0

    def _echo(self, text: str) -> None:
        if not (self._line and self._line[0] == "{"):  # a program that writes JSON does not want to read it again
            self._write(text)

    def _write(self, text: str) -> None:
        self.out += text.replace("\n", "\r\n").encode()

    def _ready(self) -> None:
        self._write("> " + "".join(self._line))

    def _interrupt(self, wanted: list[Ask | Query | Cancel]) -> None:
        self._clear()
        self._questions.clear()
        if self._current is not None:
            wanted.append(Cancel(self._current))
        else:
            self._write("^C\n")
            self._ready()

    def _enter(self, wanted: list[Ask | Query | Cancel]) -> None:
        line = "".join(self._line).strip()
        self._clear()
        if line.startswith("{"):
            wanted.append(Ask(line.encode()))
            return
        self._write("\n")
        if line in ("", "/help"):
            if line or not self._greeted:
                self._write(f"{self._device}\n{_HELP}\n")
            self._greeted = True
            if self._current is None:
                self._ready()
        elif line.startswith("/") and line[1:] in _REPORTS:
            wanted.append(Query(line[1:]))
        elif self._current is not None:
            if len(self._questions) < _MOST_WAITING:
                self._questions.append(line)
            else:
                self._write("! one question after the other, please\n")
        else:
            wanted.append(self._ask(line))

    def _ask(self, line: str) -> Ask:
        self._current, self._shown = f"line-{uuid.uuid4().hex}", ""
        asks: dict[str, Any] = {"id": self._current, "stream": True}
        asks |= {"messages": [{"role": "user", "content": line}]} if self._chat else {"prompt": line}
        return Ask(json.dumps(asks, ensure_ascii=False).encode())

    def say(self, payload: bytes) -> list[Ask | Query | Cancel]:
        """Show a message of the board; returns the next question if one has been typed meanwhile."""
        try:
            message = json.loads(payload)
        except ValueError:
            return []
        if not isinstance(message, dict) or message.get("id") != self._current or self._current is None:
            self._write(f"{_clean(payload.decode(errors='replace'))}\n")
            if self._current is None and "id" not in message:
                self._ready()
            return []
        if message.get("event") == "piece":
            self._show(str(message.get("text")))
            return []
        if "event" in message:
            return []
        if "error" in message:
            said = message["error"]
            wait = f" (in {said['retry_after_ms'] / 1000:.1f} s)" if said.get("retry_after_ms") else ""
            self._write(
                f"{chr(10) if self._shown else ''}! {said.get('code')}: {_clean(str(said.get('message')))}{wait}"
            )
        else:
            text = str(message.get("text"))
            if text.startswith(self._shown):  # a piece may have been left out, and the run begun again
                self._show(text[len(self._shown) :])
            else:
                self._write("\n")
                self._show(text)
        self._write("\n")
        self._current = None
        if self._questions:
            line = self._questions.popleft()
            self._write(f"> {line}\n")
            return [self._ask(line)]
        self._ready()
        return []

    def _show(self, text: str) -> None:
        self._shown += text
        self._write(_clean(text))


def _clean(text: str) -> str:
    """What cannot draw on a terminal."""
    return "".join(c if c.isprintable() or c in "\n\t" else "\ufffd" for c in text)
