"""The conversation with the board program: one JSON line a request, events and one answer back; bytes in between.

A session may be used by one thread; while nobody asks anything, another says that we are still there.
"""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from devices import json_text
from edge.errors import BoardUnreachable, DeployError

from .command import Command
from .upload import TokenBucket, pieces

__all__ = ["BoardError", "OnEvent", "OnProgress", "Session"]

OnEvent = Callable[[dict[str, Any]], None]
OnProgress = Callable[[int, int], None]

#: The longest that an operation may say nothing, beyond what it was given itself: flushing a slow card takes its time.
_SILENCE_S = 300.0
#: The board hangs up after 120 s without a byte.
_PING_S = 30.0
_STATUS_S = 5.0


class BoardError(DeployError):
    """The board program could not do what it was asked; ``code`` is the protocol's, ``log`` has the last lines.

    ``died``: it ended; ``protocol``: what it says makes no sense.
    """

    def __init__(self, code: str, message: str, log: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.code = code
        self.log = log


class Session:
    """``command``: the program, started. ``board``: its name, for messages."""

    def __init__(self, command: Command, board: str) -> None:
        self._command = command
        self._board = board
        self._turn = threading.Lock()
        self._over = threading.Event()
        self._asked = time.monotonic()
        threading.Thread(target=self._keep_alive, name=f"ping {board}", daemon=True).start()

    def begin(self, preamble: bytes) -> None:
        """Send what the program reads before the first request. Raises BoardError, BoardUnreachable."""
        with self._turn:
            self._send(preamble)

    def call(self, op: str, on_event: OnEvent | None = None, **fields: Any) -> dict[str, Any]:
        """Ask for an operation and wait for its answer; its events go to ``on_event``.

        Raises BoardError, BoardUnreachable.
        """
        allowed = _SILENCE_S + max(float(fields.get(key) or 0) for key in ("timeout_s", "deadline_s", "wait_s"))
        with self._turn:
            self._ask({"op": op, **fields})
            return self._answer(on_event or _ignore, allowed)

    def send_secret(self, name: str, secret: bytes) -> None:
        """Hand over a secret for the next install; the board keeps it in memory until then. Raises as :meth:`call`."""
        with self._turn:
            self._ask({"op": "secret", "name": name, "size": len(secret)})
            self._offset(len(secret))
            self._send(secret)
            self._answer(_ignore, _SILENCE_S)

    def send_blob(
        self,
        path: Path,
        sha256: str,
        size: int,
        on_progress: OnProgress | None = None,
        limit_bytes_s: float | None = None,
    ) -> int:
        """Bring a file to the board, from where an earlier try ended; return how many bytes that took.

        ``on_progress(done, total)`` is told the bytes that are there or on their way. ``limit_bytes_s``: a cap.
        Raises BoardError, BoardUnreachable (send it again in a new session: what has arrived stays), DeployError
        where the file here is not the one that was announced.
        """
        tell = on_progress or (lambda _done, _total: None)
        bucket = TokenBucket(limit_bytes_s) if limit_bytes_s else None
        with self._turn:
            self._ask({"op": "blob", "sha256": sha256, "size": size, "name": path.name})
            offset = done = self._offset(size)
            tell(done, size)
            told = time.monotonic()
            for piece in pieces(path, offset, size, self._command.packet, bucket):
                self._send(piece)
                done += len(piece)
                if done < size and self._command.waiting:  # after the last byte comes the answer, which is not for here
                    self._listen()
                if time.monotonic() - told > 0.1:
                    told = time.monotonic()
                    tell(done, size)
            if done != size:
                self.close()  # the board waits for bytes that nobody has
                raise DeployError(
                    f"{path}: {done:,} bytes instead of {size:,}: it changed while it was sent; try again"
                )
            self._answer(_ignore, _SILENCE_S)
            tell(size, size)
        return size - offset

    def _ask(self, request: dict[str, Any]) -> None:
        self._send(json.dumps(request, separators=(",", ":")).encode() + b"\n")

    def _send(self, data: bytes | memoryview) -> None:
        try:
            self._command.send(data, _SILENCE_S)
            self._asked = time.monotonic()
        except BrokenPipeError:
            self._answer(_ignore, _STATUS_S)  # it said why, or its end does
            raise self._nonsense("an answer to half a question") from None
        except TimeoutError as error:
            raise BoardUnreachable(f"{self._board} takes no more bytes; is its disk at its end?") from error

    def _offset(self, size: int) -> int:
        """Wait until the board wants the bytes; how many of them it has already."""
        event = self._next(_SILENCE_S)
        offset = event.get("offset")
        if event.get("event") != "send" or not isinstance(offset, int) or not 0 <= offset <= size:
            raise self._nonsense(event)
        return offset

    def _listen(self) -> None:
        """Take what the board says while we send: how far it is, or why it wants no more."""
        event = self._next(_SILENCE_S)
        if "event" not in event:
            raise self._nonsense(event)

    def _answer(self, on_event: OnEvent, silence_s: float) -> dict[str, Any]:
        while True:
            message = self._next(silence_s)
            if "event" in message:
                on_event(message)
            elif isinstance(done := message.get("done"), dict):
                return done
            else:
                raise self._nonsense(message)

    def _next(self, silence_s: float) -> dict[str, Any]:
        """The next message; an error it tells of is raised."""
        try:
            line = self._command.line(silence_s)
        except TimeoutError as error:
            self.close()
            raise BoardUnreachable(
                f"{self._board} said nothing for {silence_s:.0f} s in the middle of its work"
            ) from error
        if line is None:
            raise self._died()
        try:
            message = json_text.read(line)
        except ValueError:
            message = None
        if not isinstance(message, dict):
            raise self._nonsense(line)
        error_ = message.get("error")
        if isinstance(error_, dict):
            log = error_.get("log")
            lines = tuple(str(entry) for entry in log) if isinstance(log, list) else ()
            said = str(error_.get("message") or "no reason given")
            raise BoardError(str(error_.get("code") or "internal"), f"{self._board}: {said}", lines)
        return message

    def _nonsense(self, what: object) -> BoardError:
        self.close()
        return BoardError("protocol", f"{self._board} answers with what makes no sense here: {what!r:.120}; try again")

    def _died(self) -> BoardError:
        status = self._command.status(_STATUS_S)
        log = tuple(self._command.errors.decode("utf-8", "replace").splitlines()[-20:])
        how = "was killed" if status < 0 else f"ended with status {status}"
        last = f": {log[-1]}" if log else ""
        return BoardError("died", f"the program on {self._board} {how} in the middle of its work{last}", log)

    def _keep_alive(self) -> None:
        while not self._over.wait(_PING_S / 4):
            if time.monotonic() - self._asked < _PING_S or not self._turn.acquire(blocking=False):
                continue
            try:
                with contextlib.suppress(DeployError):  # the next call meets it, too, and can tell somebody
                    self._ask({"op": "ping"})
                    self._answer(_ignore, _SILENCE_S)
            finally:
                self._turn.release()

    def end(self) -> None:
        """Take leave and wait for the program's end: whoever comes next is not to find its lock."""
        self._over.set()
        self._command.end_input()
        with contextlib.suppress(BoardUnreachable):
            self._command.status(_STATUS_S)

    def close(self) -> None:
        """Hang up at once; the program sees it and ends by itself, and its lock with it."""
        self._over.set()
        self._command.close()


def _ignore(_event: dict[str, Any]) -> None:
    pass
