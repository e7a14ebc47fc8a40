"""The three ways in which checkpoints turn text into ids, behind one small interface.

The libraries are imported by the codec that needs them: a board that only runs byte-level models loads neither.
"""

from __future__ import annotations

import ctypes
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from edge.errors import TokenizerError

__all__ = ["ByteCodec", "Codec", "PieceCodec", "TableCodec"]


_LETTERS = re.compile("[A-Za-z]+")
_SPACE = 0x20


class Codec(Protocol):
    """Ids of plain text and back. ``specials``: the tokens that stand for themselves, by their text."""

    size: int
    specials: Mapping[str, int]

    def encode(self, text: str) -> list[int]:
        """Ids of text in which nothing is special."""

    def begin(self, ids: list[int]) -> list[int]:
        """Add what a prompt must begin with, usually bos."""

    def decode(self, ids: Sequence[int]) -> str:
        """Text of ids; specials have none. Incomplete UTF-8 becomes U+FFFD."""


class ByteCodec:
    """One id per byte, and some for whole words and other pieces of text, for small models that copy what they read.

    ``tokenizer_config.json`` says which ids begin and end a text, what stands behind a prompt (``prompt_suffix``), and
    may list ``tokens``, whose ids follow bos and eos. A token of ASCII letters alone is a *word*: it stands for itself
    where no other such letter touches it, and a single space between two words is not written down, so that a word is
    the same token wherever it stands. Every other token is a *piece*, matched as it is, the longest first.
    ``words``: ids of words.
    """

    def __init__(self, config: Mapping[str, Any], source: Path) -> None:
        self._bos, self._suffix = config.get("bos_token_id"), config.get("prompt_suffix", "")
        tokens = config.get("tokens", [])
        ids = (self._bos, config.get("eos_token_id"))
        if not all(i is None or (type(i) is int and i > 255) for i in ids) or not isinstance(self._suffix, str):
            raise TokenizerError(f"{source}: a ByteTokenizer needs bos and eos ids above 255; copy the model again")
        texts = isinstance(tokens, list) and all(isinstance(t, str) and t for t in tokens)
        if not texts or len(set(tokens)) != len(tokens):
            raise TokenizerError(f"{source}: tokens must be a list of different texts; copy the model again")
        first = 1 + max([255, *(i for i in ids if i is not None)])
        self.size = first + len(tokens)
        self.specials: Mapping[str, int] = {}
        self._texts = {first + i: token.encode() for i, token in enumerate(tokens)}
        self._ids = {token: first + i for i, token in enumerate(tokens)}
        self.words = frozenset(i for token, i in self._ids.items() if _LETTERS.fullmatch(token))
        pieces = sorted((t for t, i in self._ids.items() if i not in self.words), key=len, reverse=True)
        self._parts = re.compile("|".join([*map(re.escape, pieces), _LETTERS.pattern, "."]), re.DOTALL)

    def encode(self, text: str) -> list[int]:
        """Ids of text in which nothing is special."""
        if not self._ids:
            return list(text.encode(errors="replace"))
        ids: list[int] = []
        for part in self._parts.findall(text):
            token = self._ids.get(part)
            if token is None:
                ids += part.encode(errors="replace")
            elif token in self.words and ids[-1:] == [_SPACE] and ids[-2:-1] and ids[-2] in self.words:
                ids[-1] = token
            else:
                ids.append(token)
        return ids

    def begin(self, ids: list[int]) -> list[int]:
        """Add bos in front and the prompt's suffix behind."""
        front = [] if self._bos is None else [self._bos]
        return front + ids + self.encode(self._suffix)

    def decode(self, ids: Sequence[int]) -> str:
        """Text of ids; specials have none."""
        out = bytearray()
        after_word = False
        for token in ids:
            is_word = token in self.words
            if is_word and after_word:
                out.append(_SPACE)
            after_word = is_word
            if token < 256:
                out.append(token)
            else:
                out += self._texts.get(token, b"")
        return out.decode(errors="replace")


class TableCodec:
    """``tokenizer.json``, through the library that defines it."""

    def __init__(self, path: Path, config: Mapping[str, Any]) -> None:
        from tokenizers import Tokenizer

        try:
            self._plain = Tokenizer.from_file(str(path))
        except Exception as error:  # the library raises bare Exception for whatever is wrong
            raise TokenizerError(
                f"{path}: not a usable tokenizer ({_line(error)}); copy or pull the model again"
            ) from error
        # Text that merely looks like a special token must stay text: what is special is cut out before.
        self._plain.encode_special_tokens = True
        self._plain.no_truncation()
        self._plain.no_padding()
        self.size = self._plain.get_vocab_size(with_added_tokens=True)
        added = self._plain.get_added_tokens_decoder()
        self.specials: Mapping[str, int] = {token.content: i for i, token in added.items() if token.special}
        self._begin = self._plain.encode("", add_special_tokens=True).ids
        bos = self.specials.get(token_text(config.get("bos_token")))
        if not self._begin and config.get("add_bos_token") and bos is not None:
            self._begin = [bos]
        # Parsing the file leaves a hundred megabytes of free heap behind; a small board wants them back.
        _trim()

    def encode(self, text: str) -> list[int]:
        """Ids of text in which nothing is special."""
        return list(self._plain.encode(text, add_special_tokens=False).ids)

    def begin(self, ids: list[int]) -> list[int]:
        """Add what the tokenizer's post-processor puts around an empty text, in front."""
        return ids if ids[: len(self._begin)] == self._begin else [*self._begin, *ids]

    def decode(self, ids: Sequence[int]) -> str:
        """Text of ids; specials have none."""
        return str(self._plain.decode(list(ids), skip_special_tokens=True))


class PieceCodec:
    """``tokenizer.model``, through sentencepiece."""

    def __init__(self, path: Path, config: Mapping[str, Any]) -> None:
        from sentencepiece import SentencePieceProcessor

        self._pieces = SentencePieceProcessor()
        try:
            self._pieces.Load(str(path))
            self.size = int(self._pieces.vocab_size())
        except (OSError, RuntimeError, ValueError) as error:
            raise TokenizerError(
                f"{path}: not a usable tokenizer ({_line(error)}); copy or pull the model again"
            ) from error
        if not self.size:
            raise TokenizerError(f"{path}: an empty tokenizer; copy or pull the model again")
        self.specials: Mapping[str, int] = {
            self._pieces.id_to_piece(i): i for i in range(self.size) if self._pieces.is_control(i)
        } | _added(path.parent)
        self.size = max(self.size, 1 + max(self.specials.values(), default=0))
        self._own = int(self._pieces.vocab_size())
        bos = self._pieces.bos_id()
        self._begin = [bos] if bos >= 0 and config.get("add_bos_token", True) else []

    def encode(self, text: str) -> list[int]:
        """Ids of text in which nothing is special."""
        return list(self._pieces.encode(text))

    def begin(self, ids: list[int]) -> list[int]:
        """Add bos in front."""
        return ids if ids[: len(self._begin)] == self._begin else [*self._begin, *ids]

    def decode(self, ids: Sequence[int]) -> str:
        """Text of ids; specials have none."""
        return str(self._pieces.decode([i for i in ids if i < self._own]))


def _added(folder: Path) -> dict[str, int]:
    """Tokens that were added to a sentencepiece model later: text -> id."""
    try:
        added = json.loads((folder / "added_tokens.json").read_text(encoding="utf-8"))
        return {str(text): int(i) for text, i in added.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise TokenizerError(
            f"{folder / 'added_tokens.json'}: unreadable ({_line(error)}); copy the model again"
        ) from error


def token_text(token: object) -> str:
    """The text of a token in a configuration, where it is a string or a table with ``content``."""
    if isinstance(token, Mapping):
        token = token.get("content")
    return token if isinstance(token, str) else ""


def _line(error: BaseException) -> str:
    return " ".join(str(error).split())[:200]


def _trim() -> None:
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim:
        trim(0)
