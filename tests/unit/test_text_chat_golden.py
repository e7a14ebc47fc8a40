"""Chat templates render as ``transformers`` renders them (recorded by tests/oracle/chats.py)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from edge.errors import PromptError
from edge.text.chat import ChatTemplate
from tests.oracle import chats

RECORDED = dict(zip(chats.cases(), json.loads(chats.GOLDEN.read_text(encoding="utf-8")), strict=True))


@pytest.mark.parametrize(("name", "conversation", "prompt"), chats.cases())
def test_as_transformers_renders_it(name: str, conversation: int, prompt: bool) -> None:  # noqa: FBT001 - a parameter
    template = ChatTemplate(chats.TEMPLATES[name], chats.TOKENS, Path("chat_template.jinja"))
    messages = chats.CONVERSATIONS[conversation]
    wanted = RECORDED[name, conversation, prompt]
    if wanted is None:
        with pytest.raises(PromptError):
            template.render(messages, add_generation_prompt=prompt)
    else:
        assert template.render(messages, add_generation_prompt=prompt) == wanted
