"""A question and its reply, as values."""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, TypedDict

from edge.errors import (
    AskCancelled,
    AskError,
    AskTimeout,
    DeviceBusy,
    DeviceFailed,
    RequestRefused,
)
from edge.messaging.messages import Request

if TYPE_CHECKING:
    from typing_extensions import Unpack

__all__ = ["Question", "Reply", "Sampling", "make_question", "reply_error"]

LONGEST_S = 7 * 24 * 3600.0


class Sampling(TypedDict, total=False):
    """How to choose tokens; what is not given is the device's model's to decide."""

    max_tokens: int
    temperature: float
    top_k: int
    top_p: float
    min_p: float
    repetition_penalty: float
    seed: int
    stop: str | Sequence[str]


@dataclass(frozen=True)
class Reply:
    """An answer. ``str(reply)`` is its text.

    ``finish_reason``: ``stop`` or ``length``. ``usage``: tokens. ``timings``: seconds and rates on the device.
    ``seed``: with it, the same model says the same again. ``restarts``: how often the device was interrupted.
    ``confidence``: the probability, 0 to 1, that the model gives to exactly this text; None from devices that do not
    say.
    """

    text: str
    finish_reason: str
    usage: Mapping[str, int]
    timings: Mapping[str, float | None]
    model: str
    device: str
    id: str
    seed: int | None = None
    restarts: int = 0
    confidence: float | None = None

    def __str__(self) -> str:
        return self.text

    def to_json(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Question:
    """What is asked. ``deadline``: on the monotonic clock. ``timeout``: the seconds it was made from."""

    id: str
    fields: Mapping[str, Any]
    stream: bool
    deadline: float
    timeout: float
    reply_to: str | None

    def request(self, left: float) -> Request:
        """The request as it travels, with ``left`` seconds until its deadline."""
        fields = dict(self.fields)
        return Request(
            prompt=fields.pop("prompt", None),
            messages=fields.pop("messages", None),
            id=self.id,
            sampling=fields,
            stream=self.stream,
            events=True,
            deadline_ms=max(1, int(1000 * left)),
            reply_to=self.reply_to,
        )


def make_question(
    prompt: str | None,
    messages: Sequence[Mapping[str, str]] | None,
    timeout: float,
    reply_to: str | None,
    *,
    stream: bool,
    **sampling: Unpack[Sampling],
) -> Question:
    """Check and complete what a caller wants to ask. Raises TypeError and ValueError for mistakes of the program."""
    if (prompt is None) == (messages is None):
        raise TypeError("give either a prompt or messages")
    if unknown := sorted(sampling.keys() - Sampling.__annotations__.keys()):
        raise TypeError(f"no option {unknown[0]!r}; there are {', '.join(Sampling.__annotations__)}")
    if not 0 < timeout <= LONGEST_S:
        raise ValueError(f"timeout {timeout}: give seconds above 0, at most {LONGEST_S:.0f} (a week)")
    fields: dict[str, Any] = {name: value for name, value in sampling.items() if value is not None}
    if isinstance(fields.get("stop"), tuple):
        fields["stop"] = list(fields["stop"])
    # One seed for all attempts, whichever device makes them: the text of a stream must go on as it began.
    fields.setdefault("seed", random.SystemRandom().getrandbits(53))
    if prompt is not None:
        fields["prompt"] = prompt
    else:
        fields["messages"] = tuple(dict(m) for m in messages or ())
    return Question(uuid.uuid4().hex, fields, stream, time.monotonic() + timeout, timeout, reply_to)


def make_reply(message: Mapping[str, Any], device: str, question: Question) -> Reply:
    """The reply that a device's final message is. Raises :class:`DeviceFailed` if it makes no sense."""
    text, usage, timings = (message.get(name) for name in ("text", "usage", "timings"))
    if not isinstance(text, str) or not isinstance(usage, dict) or not isinstance(timings, dict):
        raise DeviceFailed(
            f"{device} sent something that is no answer; does it run another version?", "internal", device
        )
    seed, restarts, confidence = (message.get(name) for name in ("seed", "restarts", "confidence"))
    return Reply(
        text,
        str(message.get("finish_reason")),
        usage,
        timings,
        str(message.get("model")),
        device,
        question.id,
        seed if isinstance(seed, int) else None,
        restarts if isinstance(restarts, int) else 0,
        float(confidence) if isinstance(confidence, (int, float)) else None,
    )


_REMEDIES = {
    "too_large": "send less text",
    "prompt_too_long": "shorten the prompt, or lower max_tokens",
    "forbidden_reply": "its --reply-prefix does not cover this client's reply topic",
    "storage": "look at the space on its disk",
    "internal": "its log has more",
}


def reply_error(said: Any, device: str) -> AskError:
    """The exception for the ``error`` of a device's message."""
    said = said if isinstance(said, dict) else {}
    code, message = str(said.get("code")), str(said.get("message"))
    line = f"{device}: {message}" + (f"; {_REMEDIES[code]}" if code in _REMEDIES else "")
    line = " ".join(line.split())
    if code in ("busy", "rate_limited"):
        ms = said.get("retry_after_ms")
        wait = min(ms, 1000 * LONGEST_S) / 1000 if isinstance(ms, (int, float)) and ms > 0 else 1.0
        return DeviceBusy(f"{line}; try again in {wait:.1f} s", code, device, wait)
    if code == "deadline":
        return AskTimeout(f"{line}; allow more with timeout, or ask for fewer max_tokens", code, device)
    kinds = {"cancelled": AskCancelled, "storage": DeviceFailed, "internal": DeviceFailed}
    return kinds.get(code, RequestRefused)(line, code, device)
