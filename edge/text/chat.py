"""Conversations to text, by the template that comes with a checkpoint."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from edge.errors import PromptError, TokenizerError

__all__ = ["ChatTemplate"]


class ChatTemplate:
    """A checkpoint's Jinja template, run in a sandbox with what ``transformers`` offers to such templates.

    ``text``: the template's source. ``tokens``: special tokens by name (``bos_token`` …), which templates write.
    """

    def __init__(self, text: str, tokens: Mapping[str, str], source: Path) -> None:
        self.text = text
        self._tokens = tokens
        self._source = source
        self._compiled: Any = None

    @classmethod
    def of(cls, folder: Path, config: Mapping[str, Any], tokens: Mapping[str, str]) -> ChatTemplate | None:
        """The template of a model folder, or None: ``chat_template.jinja``, ``.json``, or in the tokenizer's config."""
        for name in ("chat_template.jinja", "chat_template.json"):
            path = folder / name
            try:
                text = path.read_text(encoding="utf-8")
                if name.endswith(".json"):
                    text = "" + json.loads(text)["chat_template"]  # a TypeError when it is no text
            except FileNotFoundError:
                continue
            except (OSError, ValueError, KeyError, TypeError) as error:
                raise TokenizerError(f"{path}: unreadable ({error}); copy or pull the model again") from error
            return cls(text, tokens, path)
        template = config.get("chat_template")
        if isinstance(template, list):  # several by name; the one for plain conversations is called "default"
            named = {t.get("name"): t.get("template") for t in template if isinstance(t, dict)}
            template = named.get("default")
        return cls(template, tokens, folder / "tokenizer_config.json") if isinstance(template, str) else None

    def render(self, messages: Sequence[Mapping[str, str]], *, add_generation_prompt: bool) -> str:
        """The conversation as text. Raises :class:`PromptError` for messages that are not what the template takes."""
        from jinja2 import TemplateError

        if isinstance(messages, (str, Mapping)) or not messages:
            raise PromptError('a conversation is a list of {"role": …, "content": …}, at least one')
        for i, m in enumerate(messages):
            if (
                not isinstance(m, Mapping)
                or not isinstance(m.get("role"), str)
                or not isinstance(m.get("content"), str)
            ):
                raise PromptError(f'message {i} of the conversation is not {{"role": text, "content": text}}')
        try:
            return str(
                self._template().render(messages=messages, add_generation_prompt=add_generation_prompt, **self._tokens)
            )
        except TemplateError as error:
            raise PromptError(f"the model's chat template refuses this conversation: {error}") from error
        except (TypeError, ValueError, KeyError, AttributeError, ArithmeticError, RecursionError) as error:
            raise TokenizerError(f"{self._source}: the chat template fails ({error}); pull the model again") from error

    def _template(self) -> Any:
        if self._compiled is None:
            from jinja2 import TemplateError, nodes
            from jinja2.ext import Extension, loopcontrols
            from jinja2.parser import Parser
            from jinja2.sandbox import ImmutableSandboxedEnvironment

            class Generation(Extension):
                """``{% generation %}`` marks what trainers learn from; the text inside is rendered as it is."""

                tags = {"generation"}  # noqa: RUF012 - Jinja's own convention

                def parse(self, parser: Parser) -> nodes.Node:
                    line = next(parser.stream).lineno
                    return nodes.Scope(parser.parse_statements(("name:endgeneration",), drop_needle=True), lineno=line)

            environment = ImmutableSandboxedEnvironment(
                trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols, Generation], autoescape=False
            )
            environment.filters["tojson"] = _to_json
            environment.globals |= {"raise_exception": _refuse, "strftime_now": _now}
            try:
                self._compiled = environment.from_string(self.text)
            except TemplateError as error:
                raise TokenizerError(
                    f"{self._source}: not a usable chat template ({error}); pull the model again"
                ) from error
        return self._compiled


def _refuse(message: str) -> None:
    from jinja2 import TemplateError

    raise TemplateError(message)


def _now(form: str) -> str:
    return datetime.now().astimezone().strftime(form)


def _to_json(
    value: Any,
    ensure_ascii: bool = False,  # noqa: FBT001, FBT002 - templates may give it by position
    indent: int | None = None,
    separators: tuple[str, str] | None = None,
    sort_keys: bool = False,  # noqa: FBT001, FBT002
) -> str:
    # Jinja's own escapes for HTML, which has no place in a prompt.
    return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)
