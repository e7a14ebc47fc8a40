"""From text to token ids and back: tokenizers and chat templates."""

from .tokenizer import Decoder, Tokenizer, open_tokenizer

__all__ = ["Decoder", "Tokenizer", "open_tokenizer"]
