"""A model's tokenizer: prompts and conversations to ids, ids to text as they come."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from edge.errors import TokenizerError

from .chat import ChatTemplate
from .codecs import ByteCodec, Codec, PieceCodec, TableCodec, token_text

__all__ = ["Decoder", "Tokenizer", "open_tokenizer"]

# Tokens that end a turn without being called eos in every checkpoint that uses them; they count when the chat template
# writes them.
_TURN_ENDS = ("<|eot_id|>", "<|eom_id|>", "<|im_end|>", "<|end|>", "<end_of_turn>", "<|end_of_text|>", "<|endoftext|>")

# Where a special token in a user's own words is hidden while the template is rendered (Unicode private use).
_HIDE = 0xF0000


class Tokenizer:
    """Text to ids and back, with what the checkpoint says about special tokens.

    ``eos_ids``: every id that ends an answer. ``vocab_size``: ids are below it. Opened by :func:`open_tokenizer`.
    """

    def __init__(self, codec: Codec, eos_ids: Iterable[int], template: ChatTemplate | None) -> None:
        self._codec = codec
        self._template = template
        self.eos_ids = tuple(sorted(set(eos_ids)))
        self.vocab_size = codec.size
        specials = sorted(codec.specials, key=len, reverse=True)
        self._special = re.compile("|".join(map(re.escape, specials))) if specials else None

    @property
    def has_chat_template(self) -> bool:
        """Whether :meth:`encode_chat` works."""
        return self._template is not None

    def encode(self, text: str, *, bos: bool = True, special: bool = True) -> list[int]:
        """Ids of a prompt.

        ``bos``: put in front (and behind) what the model expects around a prompt. ``special``: the text of a special
        token, such as ``<|eot_id|>``, becomes that token; pass False for words of people who should not be able to.
        """
        ids = self._encode_special(text) if special else self._codec.encode(text)
        return self._codec.begin(ids) if bos else ids

    def _encode_special(self, text: str, shown: Mapping[int, str] | None = None) -> list[int]:
        """Cut special tokens out and encode what lies between; ``shown`` puts hidden text back there."""
        ids: list[int] = []
        at = 0
        for match in self._special.finditer(text) if self._special else ():
            ids += self._between(text[at : match.start()], shown)
            ids.append(self._codec.specials[match[0]])
            at = match.end()
        return ids + self._between(text[at:], shown)

    def _between(self, text: str, shown: Mapping[int, str] | None) -> list[int]:
        if shown:
            text = text.translate(shown)
        return self._codec.encode(text) if text else []

    def encode_chat(self, messages: Sequence[Mapping[str, str]], *, add_generation_prompt: bool = True) -> list[int]:
        """Ids of a conversation in the checkpoint's own template, ready for the model's answer.

        ``messages``: ``{"role": …, "content": …}`` each. Special tokens written in a message stay ordinary text.
        Raises :class:`TokenizerError` when the model has no template and :class:`~edge.errors.PromptError` when the
        messages are not what the template takes.
        """
        if self._template is None:
            raise TokenizerError("this model has no chat template; give it the whole text as one prompt instead")
        hidden: dict[str, str] = {}

        def hide(match: re.Match[str]) -> str:
            return hidden.setdefault(match[0], chr(_HIDE + len(hidden)))

        if self._special:
            messages = [
                {k: self._special.sub(hide, v) if k == "content" and isinstance(v, str) else v for k, v in m.items()}
                if isinstance(m, Mapping)
                else m
                for m in messages
            ]
        text = self._template.render(messages, add_generation_prompt=add_generation_prompt)
        return self._encode_special(text, {ord(mark): token for token, mark in hidden.items()})

    def decode(self, ids: Sequence[int]) -> str:
        """Text of ids, without the special ones; bytes that are not UTF-8 become U+FFFD."""
        return self._codec.decode(ids)

    def decoder(self, prompt: Sequence[int] = ()) -> Decoder:
        """For decoding an answer id by id. ``prompt``: what it follows, which decides about a leading space."""
        return Decoder(self._codec, prompt)


class Decoder:
    """Gives the text of ids as they come, whole characters only."""

    # Tokens of context that decide how the next one is written (leading spaces), and the most U+FFFD that an
    # unfinished character can decode to.
    _CONTEXT, _UNFINISHED = 4, 3

    def __init__(self, codec: Codec, prompt: Sequence[int]) -> None:
        self._codec = codec
        self._ids = list(prompt[-self._CONTEXT :])
        self._shown = len(codec.decode(self._ids))

    def feed(self, token: int) -> str:
        """Text that became certain with this id; may be empty."""
        self._ids.append(token)
        text = self._codec.decode(self._ids)
        end = len(text)
        while end > self._shown and text[end - 1] == "\ufffd" and len(text) - end < self._UNFINISHED:
            end -= 1
        out = text[self._shown : end]
        self._shown = max(end, self._shown)
        if end == len(text) and len(self._ids) > 2 * self._CONTEXT:
            # Nothing is pending: forget all but what the next token's spelling may depend on.
            del self._ids[: -self._CONTEXT]
            self._shown = len(self._codec.decode(self._ids))
        return out

    def flush(self) -> str:
        """What is left at the end: an unfinished character, as U+FFFD."""
        text = self._codec.decode(self._ids)[self._shown :]
        self._shown += len(text)
        return text


def open_tokenizer(folder: Path) -> Tokenizer:
    """The tokenizer of a model folder: ``tokenizer.json``, ``tokenizer.model``, or bytes as its config says.

    Raises :class:`TokenizerError` naming the file that is missing or damaged.
    """
    config = _settings(folder / "tokenizer_config.json")
    codec: Codec
    if config.get("tokenizer_class") == "ByteTokenizer":
        codec = ByteCodec(config, folder / "tokenizer_config.json")
    elif (folder / "tokenizer.json").exists():
        codec = TableCodec(folder / "tokenizer.json", config)
    elif (folder / "tokenizer.model").exists():
        codec = PieceCodec(folder / "tokenizer.model", config)
    else:
        raise TokenizerError(
            f"{folder}: has neither tokenizer.json nor tokenizer.model; copy them there from where the model came from"
        )
    special = _settings(folder / "special_tokens_map.json") | config
    template = ChatTemplate.of(folder, config, {k: token_text(v) for k, v in special.items() if k.endswith("_token")})
    eos = _eos_ids(folder, special, codec)
    if template:
        eos |= {codec.specials[t] for t in _TURN_ENDS if t in template.text and t in codec.specials}
    if bad := [i for i in eos if i < 0]:
        raise TokenizerError(f"{folder}: eos id {bad[0]} is negative; copy the model's json files again")
    return Tokenizer(codec, eos, template)


def _eos_ids(folder: Path, special: Mapping[str, Any], codec: Codec) -> set[int]:
    found: set[int] = set()
    for settings in (special, *(_settings(folder / f) for f in ("config.json", "generation_config.json"))):
        ids = settings.get("eos_token_id")
        found |= {i for i in (ids if isinstance(ids, list) else [ids]) if type(i) is int}
    text = token_text(special.get("eos_token"))
    return found | ({codec.specials[text]} if text in codec.specials else set())


def _settings(path: Path) -> dict[str, Any]:
    """A JSON object from a file; empty when there is none."""
    try:
        settings = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        raise TokenizerError(f"{path}: unreadable ({error}); copy or pull the model again") from error
    if not isinstance(settings, dict):
        raise TokenizerError(f"{path}: not a JSON object; copy or pull the model again")
    return settings
