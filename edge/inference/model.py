"""A model that is ready to answer."""

from __future__ import annotations

import dataclasses
import operator
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cython_kernels import Engine, WeightFile, WeightFileError
from edge.checkpoints.convert import ensure_packed
from edge.checkpoints.library import resolve
from edge.errors import (
    EmptyPrompt,
    EngineError,
    ModelTooLarge,
    PackedFileError,
    PromptError,
    PromptTooLong,
    TokenizerError,
)

from .answer import Answer
from .generation import Completion, Piece, StopText
from .machine import available_memory
from .sampling import Sampler, Sampling
from .scheduler import Running, Scheduler
from .sizes import bytes_per_token
from .threads import AUTO, choose

if TYPE_CHECKING:
    from edge.text import Tokenizer

__all__ = ["DEFAULT_CONTEXT", "Model", "load"]

DEFAULT_CONTEXT = 4096
"""Positions of a sequence when nobody says, unless the model was made for fewer."""

_PREFILL = 128  # tokens per step: enough to use a weight often, little enough to keep buffers and delays small

_READ = 8 << 20


def load(
    model: str | os.PathLike[str] = "home",
    *,
    threads: int | str = AUTO,
    context: int | None = None,
    sequences: int = 8,
    kv: str = "f16",
    force: bool = False,
    notice: Callable[[str], None] | None = None,
) -> Model:
    """Load a model: ``"home"``, the name of an installed one, or a folder.

    A folder with an unpacked Hugging Face checkpoint is packed once into the user's cache, and ``notice`` is told so.
    ``threads``: a number, or ``"auto"``: one per big core for prompts, and as many as memory keeps busy for single
    tokens. ``context``: positions per sequence (default: the
    model's own, at most 4096). ``sequences``: how many answers can be decoded together. ``kv``: numbers of the KV
    cache, ``"f16"``, ``"int8"`` (half the memory and, in long contexts, faster; answers differ a little) or ``"f32"``.
    ``force``: load even when memory looks too short.

    Raises :class:`~edge.errors.ModelError` when the model cannot be found, read or held in memory, and
    :class:`~edge.errors.EngineError` for options out of range.
    """
    return Model(
        resolve(model), threads=threads, context=context, sequences=sequences, kv=kv, force=force, notice=notice
    )


class Model:
    """A loaded model. Safe to use from several threads, whose answers are then decoded together; see :func:`load`."""

    def __init__(
        self,
        folder: Path,
        *,
        threads: int | str = AUTO,
        context: int | None = None,
        sequences: int = 8,
        kv: str = "f16",
        force: bool = False,
        notice: Callable[[str], None] | None = None,
    ) -> None:
        self.folder = ensure_packed(folder, notice=notice)
        started = time.perf_counter()
        try:
            self._weights = WeightFile(self.folder / "model.safetensors")
        except WeightFileError as error:
            raise PackedFileError(str(error)) from error
        self.spec = self._weights.spec
        for name, value in (("context", context), ("sequences", sequences)):
            good = isinstance(value, int) and not isinstance(value, bool) and abs(value) < 1 << 31
            if not good and (value is not None or name == "sequences"):
                raise EngineError(f"{name} is {value!r}; it must be a whole number, and no larger than makes sense")
        if context is not None and not 1 <= context <= self.spec.context:
            raise EngineError(f"context is {context}; this model can have 1 to {self.spec.context}")
        self._threads = choose(threads, bytes_per_token(self.spec))
        try:
            engine = Engine(
                self._weights,
                threads=self._threads.count,
                decode_threads=self._threads.decode,
                cpus=self._threads.cpus,
                sequences=sequences,
                context=context or min(self.spec.context, DEFAULT_CONTEXT),
                max_batch=max(_PREFILL, sequences),
                kv=kv,
            )
        except ValueError as error:
            raise EngineError(str(error)) from error
        except MemoryError as error:
            raise ModelTooLarge(f"{self.folder}: {error}; ask for a smaller context") from error
        if not force:
            self._check_memory(engine)
        self._scheduler = Scheduler(engine)
        self._load_s = time.perf_counter() - started
        self._tokenizer: Tokenizer | None = None
        self._tokenizer_s = 0.0
        self._closed = False

    def _check_memory(self, engine: Engine) -> None:
        kv, free = engine.kv_bytes // engine.sequences, available_memory()
        need = self._weights.nbytes + kv + engine.scratch_bytes
        if need > free:
            raise ModelTooLarge(
                f"{self.folder.name} needs {need / 1e6:.0f} MB ({self._weights.nbytes / 1e6:.0f} of weights, "
                f"{kv / 1e6:.0f} for a context of {engine.context}) and {free / 1e6:.0f} MB are free: take a smaller "
                "context or model, or force it (--force, force=True) and let the weights be read again and again"
            )

    @property
    def context(self) -> int:
        """Tokens of prompt and answer together."""
        return self._scheduler.engine.context

    @property
    def tokenizer(self) -> Tokenizer:
        """The model's tokenizer, loaded when it is first needed."""
        if self._tokenizer is None:
            from edge.text import open_tokenizer

            started = time.perf_counter()
            tokenizer = open_tokenizer(self.folder)
            if tokenizer.vocab_size > self.spec.vocab:
                raise TokenizerError(
                    f"{self.folder}: the tokenizer has {tokenizer.vocab_size} tokens and the model {self.spec.vocab}; "
                    "they belong to different models, copy the tokenizer's files again"
                )
            self._tokenizer = tokenizer
            self._tokenizer_s = time.perf_counter() - started
        return self._tokenizer

    def generate(self, prompt: str, **sampling: Any) -> Completion:
        """Answer a prompt: :class:`~edge.inference.Sampling`'s fields are keyword arguments.

        Raises :class:`~edge.errors.PromptError` for a prompt that is empty or does not fit the context together with
        ``max_tokens``, and :class:`~edge.errors.SamplingError`, both before any work is done.
        """
        return _last(self.stream(prompt, **sampling))

    def stream(self, prompt: str, **sampling: Any) -> Iterator[Piece | Completion]:
        """Like :meth:`generate`, but yields a :class:`Piece` per token and the :class:`Completion` last."""
        if not isinstance(prompt, str):
            raise PromptError(f"the prompt must be text, and is of type {type(prompt).__name__}")
        if not prompt:
            raise EmptyPrompt("the prompt is empty; give the model something to answer")
        return self.stream_ids(self.tokenizer.encode(prompt), **sampling)

    def chat(self, messages: Sequence[Mapping[str, str]], **sampling: Any) -> Completion:
        """Answer a conversation: messages are ``{"role": "system"|"user"|"assistant", "content": text}``."""
        return _last(self.stream_chat(messages, **sampling))

    def stream_chat(self, messages: Sequence[Mapping[str, str]], **sampling: Any) -> Iterator[Piece | Completion]:
        """Like :meth:`chat`, streaming."""
        return self.stream_ids(self.tokenizer.encode_chat(messages), **sampling)

    def stream_ids(self, ids: Sequence[int], **sampling: Any) -> Iterator[Piece | Completion]:
        """Continue token ids; what :meth:`stream` and :meth:`stream_chat` do after tokenizing."""
        return self._pieces(self.prepare(ids, **sampling))

    def prepare(self, ids: Sequence[int], **sampling: Any) -> Answer:
        """An answer to token ids, everything checked and nothing begun: for programs that drive several themselves.

        ``answer.start()`` gives it a sequence, :meth:`step` advances all that were started, ``answer.poll()`` gets what
        is new, ``answer.stop()`` ends it.
        """
        chosen = Sampling(**sampling)
        ids = self._checked(ids)
        context = self.context
        room = context - len(ids) + 1  # the last token drawn need not be fed
        if room < (chosen.max_tokens or 1):
            raise PromptTooLong(
                f"the prompt has {len(ids)} tokens and the answer may have {chosen.max_tokens or 1}, but the context "
                f"holds {context}: shorten the prompt, lower max_tokens or raise context (this model: up to "
                f"{self.spec.context})"
            )
        eos = frozenset(self.tokenizer.eos_ids)
        running = Running(ids, Sampler(chosen, ids), min(chosen.max_tokens or room, room), eos)
        opening = {"load_s": round(self._load_s, 6), "tokenizer_s": round(self._tokenizer_s, 6)}
        return Answer(running, self._scheduler, self.tokenizer.decoder(ids), StopText(chosen.stop), opening)

    def _checked(self, ids: Sequence[int]) -> list[int]:
        """Token ids as a list of the model's own, be they a list or an array."""
        try:
            checked = [operator.index(i) for i in ids]
        except TypeError as error:
            raise PromptError(f"token ids must be whole numbers, one after the other ({error})") from error
        if not checked:
            raise EmptyPrompt("the prompt is empty; give the model something to answer")
        if bad := [i for i in checked if not 0 <= i < self.spec.vocab]:
            raise PromptError(
                f"token {bad[0]} is not in the vocabulary of {self.spec.vocab}; is this the model's tokenizer?"
            )
        return checked

    def step(self) -> bool:
        """Advance all answers that were started by one step; False when there is nothing to do."""
        return self._scheduler.step()

    @staticmethod
    def _pieces(answer: Answer) -> Iterator[Piece | Completion]:
        try:
            answer.start()
            while answer.completion is None:
                answer.advance()
                yield from answer.poll()
        finally:
            answer.stop()
        yield answer.completion

    def logits(self, ids: Sequence[int]) -> npt.NDArray[np.float32]:
        """Logits after every one of some token ids: float32 ``[n, vocab]``."""
        ids = self._checked(ids)
        n = len(ids)
        if n > self._scheduler.engine.context:
            raise PromptTooLong(
                f"{n} tokens do not fit in a context of {self._scheduler.engine.context}; raise context"
            )
        out = np.empty((n, self.spec.vocab), np.float32)
        tokens, positions = np.asarray(ids, np.int32), np.arange(n, dtype=np.int32)
        with self._scheduler.exclusive() as (engine, sequence):
            for at in range(0, n, engine.max_batch):
                part = slice(at, min(at + engine.max_batch, n))
                rows = positions[: part.stop - at]
                engine.step(tokens[part], np.full_like(rows, sequence), positions[part], rows, out[part])
        return out

    def greedy(self, ids: Sequence[int], count: int) -> Running:
        """The ``count`` likeliest tokens one after the other, past any end the model would set; for checks.

        Returned are its ``tokens`` and how long prompt (``prefill_s``) and answer (``decode_s``) took. Raises as
        :meth:`prepare` does.
        """
        ids = self._checked(ids)
        if len(ids) + count - 1 > self.context:
            raise PromptTooLong(f"{len(ids)} tokens and {count} more do not fit in a context of {self.context}")
        running = Running(ids, Sampler(Sampling(), ids), count, frozenset())
        self._scheduler.start(running)
        try:
            while not running.done:
                self._scheduler.advance(running)
                running.read = len(running.tokens)
        finally:
            self._scheduler.stop(running)
        if running.error:
            raise running.error
        return running

    def read_ahead(self) -> Iterator[tuple[int, int]]:
        """Bring the weights into memory before they are needed: yields how many bytes of how many are there.

        Reading the file from its beginning is as fast as the disk; what the first answer would do is not. A model
        larger than the memory that is free is left as it is.
        """
        total, done = self._weights.nbytes, 0
        if total > available_memory():
            return
        buffer = bytearray(_READ)
        with (self.folder / "model.safetensors").open("rb", buffering=0) as file:
            while count := file.readinto(buffer):
                done = min(done + count, total)
                yield done, total
        self.greedy([0], 1)  # maps the pages, and shows how fast this machine is

    def info(self) -> dict[str, Any]:
        """What is loaded, as plain JSON values; sizes in bytes."""
        engine = self._scheduler.engine
        return {
            "folder": str(self.folder),
            "spec": dataclasses.asdict(self.spec),
            "weights_bytes": self._weights.nbytes,
            "kv_bytes_per_token": engine.kv_bytes // engine.sequences // engine.context,
            "kv_bytes": engine.kv_bytes,
            "kv": engine.kv,
            "scratch_bytes": engine.scratch_bytes,
            "context": engine.context,
            "sequences": engine.sequences,
            "threads": engine.threads,
            "decode_threads": engine.decode_threads,
            "threads_why": self._threads.why,
            "isa": engine.isa,
            "source": self._weights.metadata.get("source"),
            "load_s": round(self._load_s, 6),
        }

    def close(self) -> None:
        """Let go of the weights; answers still running end with an error. Closing twice does nothing."""
        if not self._closed:
            self._closed = True
            self._scheduler.close()
            self._weights.close()

    def __enter__(self) -> Model:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _last(pieces: Iterator[Piece | Completion]) -> Completion:
    for piece in pieces:
        if isinstance(piece, Completion):
            return piece
    raise AssertionError("a stream ends with its completion")
