"""What the messages say: requests, answers, events, errors. Pure: bytes in, values out, and back.

Every payload is JSON in UTF-8, but a request may also be nothing more than the prompt's text.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from edge.errors import EdgeError

__all__ = ["CODES", "Limits", "ProtocolError", "Request", "encode", "error", "parse_cancel", "parse_request"]

CODES = {
    "bad_request": "the request cannot be understood; the message says where",
    "too_large": "the request has more bytes than the device takes, or the answer more than the broker does",
    "prompt_too_long": "prompt and answer together exceed the model's context",
    "forbidden_reply": "the reply topic is not one the device may publish to",
    "id_conflict": "another request with the same id and reply topic is already known",
    "busy": "the queue is full, or the device's memory; retry_after_ms says when there should be room",
    "rate_limited": "this client asks more often than it may; retry_after_ms says when it may again",
    "deadline": "the answer could not be ready in time, so it was given up",
    "cancelled": "the asker gave the request up",
    "unknown_id": "there is no such request to cancel",
    "unknown_command": "the device knows no such command",
    "storage": "the device cannot store the request (disk full?), so it did not accept it",
    "internal": "the device failed, or was cut off six times while it ran this request; its log has more",
}
"""Every error code of the protocol and what it means."""

_ID = re.compile(r"[A-Za-z0-9._:~-]{1,64}")
_SAMPLING = ("max_tokens", "temperature", "top_k", "top_p", "min_p", "repetition_penalty", "seed", "stop")
_FIELDS = {"id", "prompt", "messages", "stream", "events", "deadline_ms", "reply_to", *_SAMPLING}
_SEEDS = 1 << 63  # what SQLite's integers hold
_MOST_STOPS = 16
_LONGEST_DEADLINE_MS = 7 * 24 * 3600 * 1000


class ProtocolError(EdgeError):
    """A message that is answered with an error: ``code`` is one of :data:`CODES`.

    ``id``, ``reply_to``: of the request that is at fault, as far as they could be read.
    """

    id: str | None = None
    reply_to: str | None = None

    def __init__(self, code: str, message: str, **more: Any) -> None:
        super().__init__(message)
        self.code = code
        self.more = more


@dataclass(frozen=True)
class Limits:
    """What a device takes from one request: bytes of payload, tokens of answer."""

    payload_bytes: int = 64 * 1024
    max_tokens: int = 1024


@dataclass(frozen=True)
class Request:
    """One question.

    Exactly one of ``prompt`` and ``messages`` is given; ``sampling`` are keyword arguments of
    :meth:`edge.Model.generate`. ``id`` is None when the asker gave none, and then it cannot be recognised again.
    """

    prompt: str | None = None
    messages: tuple[Mapping[str, str], ...] | None = None
    id: str | None = None
    sampling: Mapping[str, Any] = field(default_factory=dict)
    stream: bool = False
    events: bool = False
    deadline_ms: int | None = None
    reply_to: str | None = None

    def to_json(self) -> dict[str, Any]:
        """As it travels, without what has its default."""
        out: dict[str, Any] = dict(self.sampling)
        for name in ("id", "prompt", "deadline_ms", "reply_to"):
            if getattr(self, name) is not None:
                out[name] = getattr(self, name)
        if self.messages is not None:
            out["messages"] = [dict(m) for m in self.messages]
        return out | {name: True for name in ("stream", "events") if getattr(self, name)}


def _bad(message: str) -> ProtocolError:
    return ProtocolError("bad_request", message)


def _object(payload: bytes) -> dict[str, Any]:
    try:
        # A number like 1e999999 would become infinity; NaN is no JSON at all.
        value = json.loads(payload, parse_constant=_no_constant)
    except (ValueError, RecursionError) as failure:
        raise _bad(f"the payload begins like JSON but is not: {str(failure)[:120]}") from failure
    if not isinstance(value, dict):
        raise _bad("the payload is JSON, but no object")
    if b"\\u" in payload:  # \ud83d without its other half: no text that could be encoded, stored or published
        try:
            json.dumps(value, ensure_ascii=False).encode()
        except UnicodeEncodeError as failure:
            raise _bad("a text holds half of a \\u surrogate pair") from failure
    return value


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def check_id(value: Any) -> str:
    """A request's id as text; whole numbers are taken too."""
    if type(value) is int:
        value = str(value)
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise _bad("id must be 1 to 64 letters, digits or ._:~-")
    return value


def parse_request(payload: bytes, limits: Limits, content_type: str | None = None) -> Request:
    """Understand a request: a JSON object, or the bare text of a prompt.

    ``content_type``: MQTT 5's; ``text/plain`` makes any payload text. Without one, text is whatever does not begin with
    ``{``. Raises :class:`ProtocolError`.
    """
    if len(payload) > limits.payload_bytes:
        raise ProtocolError(
            "too_large", f"{len(payload)} bytes; this device takes {limits.payload_bytes}", limit=limits.payload_bytes
        )
    try:
        text = payload.decode()
    except UnicodeDecodeError as failure:
        raise _bad("the payload is not UTF-8") from failure
    plain = (content_type or "").split(";")[0].strip().lower() == "text/plain"
    if plain or not text.lstrip().startswith("{"):
        return Request(prompt=_text("prompt", text), sampling={})
    fields = _object(payload)
    try:
        return _request(fields, limits)
    except ProtocolError as failure:
        # MQTT 3.1.1 has no other place for them, and the asker waits there.
        failure.id, failure.reply_to = _sender(fields)
        raise


def _sender(fields: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """Id and reply topic of a request that has some other fault."""
    reply_to = fields.get("reply_to")
    try:
        request_id = check_id(fields.get("id"))
    except ProtocolError:
        request_id = None
    return request_id, reply_to if isinstance(reply_to, str) and reply_to else None


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise _bad(f"{name} must be text, and not empty")
    return value


def _request(fields: dict[str, Any], limits: Limits) -> Request:
    if unknown := sorted(fields.keys() - _FIELDS):
        raise _bad(f"unknown field {unknown[0][:40]!r}; known are {', '.join(sorted(_FIELDS))}")
    given = {k: v for k, v in fields.items() if v is not None}
    if ("prompt" in given) == ("messages" in given):
        raise _bad("give either prompt or messages")
    for name in ("stream", "events"):
        if not isinstance(given.get(name, False), bool):
            raise _bad(f"{name} must be true or false")
    deadline = given.get("deadline_ms")
    if deadline is not None and (type(deadline) not in (int, float) or not 0 < deadline <= _LONGEST_DEADLINE_MS):
        raise _bad(f"deadline_ms must be a number above 0, at most {_LONGEST_DEADLINE_MS}")
    reply_to = given.get("reply_to")
    if reply_to is not None and (not isinstance(reply_to, str) or not reply_to):
        raise _bad("reply_to must be a topic")
    return Request(
        prompt=_text("prompt", given["prompt"]) if "prompt" in given else None,
        messages=_messages(given["messages"]) if "messages" in given else None,
        id=check_id(given["id"]) if "id" in given else None,
        sampling=_sampling(given, limits),
        stream=given.get("stream", False),
        events=given.get("events", False),
        deadline_ms=None if deadline is None else math.ceil(deadline),
        reply_to=reply_to,
    )


def _messages(value: Any) -> tuple[Mapping[str, str], ...]:
    if not isinstance(value, list) or not value:
        raise _bad('messages must be a list of {"role": …, "content": …}')
    for i, m in enumerate(value):
        if (
            not isinstance(m, dict)
            or m.keys() != {"role", "content"}
            or not all(isinstance(v, str) for v in m.values())
        ):
            raise _bad(f'messages[{i}] must be {{"role": text, "content": text}}')
    return tuple(value)


def _sampling(given: Mapping[str, Any], limits: Limits) -> dict[str, Any]:
    """The sampling fields; their ranges are checked where they are used, but for what the device itself limits."""
    out = {name: given[name] for name in _SAMPLING if name in given}
    tokens = out.get("max_tokens")
    if tokens is not None and (type(tokens) is not int or not 1 <= tokens <= limits.max_tokens):
        raise _bad(f"max_tokens must be a whole number from 1 to {limits.max_tokens} on this device")
    seed = out.get("seed")
    if seed is not None and (type(seed) is not int or not 0 <= seed < _SEEDS):
        raise _bad("seed must be a whole number from 0 to 2^63 - 1")
    stop = out.get("stop", [])
    stops = [stop] if isinstance(stop, str) else stop
    if not isinstance(stops, list) or len(stops) > _MOST_STOPS or not all(isinstance(s, str) and s for s in stops):
        raise _bad(f"stop must be a text or a list of at most {_MOST_STOPS}, none of them empty")
    return out


def parse_cancel(payload: bytes) -> str:
    """The id in a ``cancel`` message: ``{"id": …}`` or the bare id. Raises :class:`ProtocolError`."""
    if payload.lstrip().startswith(b"{"):
        return check_id(_object(payload).get("id"))
    try:
        return check_id(payload.decode().strip())
    except UnicodeDecodeError as failure:
        raise _bad("the payload is not UTF-8") from failure


def encode(message: Mapping[str, Any]) -> bytes:
    """A message as it travels."""
    return json.dumps(message, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode(errors="replace")


def error(code: str, message: str, request: str | None = None, **more: Any) -> dict[str, Any]:
    """An error message: ``{"id", "error": {"code", "message", …}}``."""
    if code not in CODES:
        raise ValueError(f"{code} is not in the protocol")
    out: dict[str, Any] = {} if request is None else {"id": request}
    return out | {"error": {"code": code, "message": message, **more}}
