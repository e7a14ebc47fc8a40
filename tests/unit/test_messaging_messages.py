"""Requests: whatever bytes come, they are understood or refused with a code of the protocol."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import edge
from edge.errors import PromptError, SamplingError, TokenizerError
from edge.inference import Model
from edge.messaging.messages import CODES, Limits, ProtocolError, Request, encode, error, parse_cancel, parse_request
from tests.models import write_folder

LIMITS = Limits(payload_bytes=4096, max_tokens=64)
FIELDS = ("id", "prompt", "messages", "max_tokens", "temperature", "top_k", "top_p", "min_p", "repetition_penalty",
          "seed", "stop", "stream", "events", "deadline_ms", "reply_to")  # fmt: skip

numbers = st.integers() | st.floats() | st.sampled_from([0, 1, 2**63, 2**64, 10**400, 1e308, True])
# Any code point, lone halves of surrogate pairs too: JSON can carry them.
texts = st.text(st.characters(), max_size=40) | st.sampled_from(["", " ", "\0", "\ud800", "+", "edge/v1/reply/me"])
scalars = st.none() | st.booleans() | numbers | texts
values = st.recursive(scalars, lambda v: st.lists(v, max_size=3) | st.dictionaries(texts, v, max_size=3), max_leaves=6)
turns = st.lists(st.fixed_dictionaries({"role": texts, "content": texts}) | values, max_size=3)
objects = st.dictionaries(st.sampled_from(FIELDS), values, max_size=6) | st.fixed_dictionaries(
    {}, optional={"prompt": texts | values, "messages": turns, **dict.fromkeys(FIELDS[3:], scalars), "id": texts}
)
payloads = objects.map(lambda o: json.dumps(o).encode())


def parse(payload: bytes, content_type: str | None = None) -> Request | ProtocolError:
    """The request, or the refusal."""
    try:
        return parse_request(payload, LIMITS, content_type)
    except ProtocolError as failure:
        return failure


@given(st.binary(max_size=200) | st.binary(max_size=50).map(lambda b: b"{" + b), texts | st.none())
@example(b"[" * 3000, None)
@example(b'{"a":' * 800, None)
@example(b'{"id": ' + b"9" * 4000 + b"}", None)
@example(b'{"prompt": NaN}', None)
@example(b"\xff\xfe", "text/plain")
def test_any_bytes(payload: bytes, content_type: str | None) -> None:
    parsed = parse(payload, content_type)
    if isinstance(parsed, ProtocolError):
        assert parsed.code in CODES
        assert 0 < len(str(parsed)) < 400
    with contextlib.suppress(ProtocolError):
        assert parse_cancel(payload).isascii()


@given(payloads)
@example(b'{"prompt": "x", "deadline_ms": 0.25}')
@example(b'{"prompt": "\\ud83d"}')
def test_what_is_understood_can_be_kept_and_understood_again(payload: bytes) -> None:
    """A request survives the way through the store, and everything in it can be encoded and published."""
    request = parse(payload)
    if isinstance(request, ProtocolError):
        return
    again = parse_request(encode(request.to_json()), Limits(1 << 20, LIMITS.max_tokens))
    assert again == request
    for text in (request.prompt, request.reply_to, request.id, *(m["content"] for m in request.messages or ())):
        (text or "").encode()
    assert (request.prompt is None) != (request.messages is None)
    assert request.id is None or request.id.isascii()
    assert request.deadline_ms is None or request.deadline_ms >= 1
    assert 0 <= request.sampling.get("seed", 0) < 2**63  # as a database keeps it


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Model]:
    with edge.load(write_folder(tmp_path_factory.mktemp("m") / "tiny"), threads=1) as loaded:
        yield loaded


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(payloads)
@example(b'{"prompt": "x", "temperature": 1' + b"0" * 400 + b"}")
@example(b'{"prompt": "x", "stop": 5}')
@example(b'{"prompt": "x", "stop": [["a"]]}')
@example(b'{"prompt": "x", "top_k": 1e999}')
def test_what_is_understood_the_model_takes_or_refuses(model: Model, payload: bytes) -> None:
    """No value of any field gets past the checks and then breaks what would answer it."""
    request = parse(payload)
    if isinstance(request, ProtocolError):
        return
    with contextlib.suppress(PromptError, SamplingError, TokenizerError):
        if request.messages is None:
            ids = model.tokenizer.encode(request.prompt or "", special=False)
        else:
            ids = model.tokenizer.encode_chat(request.messages)
        model.prepare(ids, **dict(request.sampling))


@pytest.mark.parametrize(
    ("payload", "code", "said"),
    [
        (b"", "bad_request", "not empty"),
        (b" \n", "bad_request", "not empty"),
        (b"\xff", "bad_request", "not UTF-8"),
        (b"x" * 4097, "too_large", "4097 bytes; this device takes 4096"),
        (b"{", "bad_request", "begins like JSON"),
        (b'{"prompt": "x", "promt": 1}', "bad_request", "unknown field 'promt'"),
        (b"{}", "bad_request", "either prompt or messages"),
        (b'{"prompt": "x", "messages": []}', "bad_request", "either prompt or messages"),
        (b'{"messages": [{"role": "user"}]}', "bad_request", "messages[0]"),
        (b'{"prompt": ["x"]}', "bad_request", "prompt must be text"),
        (b'{"prompt": "x", "id": "a b"}', "bad_request", "id must be"),
        (b'{"prompt": "x", "id": "a\\n"}', "bad_request", "id must be"),
        (b'{"prompt": "x", "id": "+"}', "bad_request", "id must be"),
        (b'{"prompt": "x", "id": "#"}', "bad_request", "id must be"),
        (b'{"prompt": "x", "id": true}', "bad_request", "id must be"),
        (b'{"prompt": "x", "stream": 1}', "bad_request", "stream must be"),
        (b'{"prompt": "x", "deadline_ms": 0}', "bad_request", "deadline_ms"),
        (b'{"prompt": "x", "max_tokens": 65}', "bad_request", "from 1 to 64"),
        (b'{"prompt": "x", "seed": 9223372036854775808}', "bad_request", "seed must be"),
        (b'{"prompt": "x", "stop": [""]}', "bad_request", "stop must be"),
        (b'{"prompt": "x", "reply_to": 5}', "bad_request", "reply_to must be"),
        (b'{"prompt": "half \\ud83d"}', "bad_request", "surrogate"),
    ],
)
def test_refusals_say_where(payload: bytes, code: str, said: str) -> None:
    with pytest.raises(ProtocolError) as caught:
        parse_request(payload, LIMITS)
    assert caught.value.code == code
    assert said in str(caught.value)


def test_plain_text_is_a_prompt() -> None:
    assert parse_request("Küche ☕".encode(), LIMITS) == Request(prompt="Küche ☕")
    assert parse_request(b'{"not": "ours"}', LIMITS, "text/plain; charset=utf-8") == Request(prompt='{"not": "ours"}')
    assert parse_request(b'"quoted"', LIMITS).prompt == '"quoted"'
    assert parse_request(b'{"prompt": "\\ud83d\\ude00"}', LIMITS).prompt == "😀"


@given(st.sampled_from(sorted(CODES)), texts, texts | st.none())
def test_errors_can_always_be_sent(code: str, message: str, request: str | None) -> None:
    sent = json.loads(encode(error(code, message, request, retry_after_ms=5)))
    assert sent["error"]["code"] == code
    assert ("id" in sent) == (request is not None)
    with pytest.raises(ValueError, match="not in the protocol"):
        error(f"{code}s", message)


@pytest.mark.parametrize(("payload", "wanted"), [(b"7f", "7f"), (b' {"id": 12}', "12"), (b"a~b:c\n", "a~b:c")])
def test_cancels(payload: bytes, wanted: str) -> None:
    assert parse_cancel(payload) == wanted


@pytest.mark.parametrize("payload", [b"", b"a b", b"{}", b'{"id": null}', b"\xff", b'{"id": ["x"]}', b"#"])
def test_cancels_of_nothing(payload: bytes) -> None:
    with pytest.raises(ProtocolError) as caught:
        parse_cancel(payload)
    assert caught.value.code == "bad_request"


def test_codes_are_explained() -> None:
    meaning: Any
    for code, meaning in CODES.items():
        assert code.islower()
        assert len(meaning) > 20
