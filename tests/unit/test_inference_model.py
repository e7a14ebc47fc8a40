"""A loaded model: the same answer however it is asked for, errors before any work, many threads at once."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import edge
from edge import errors
from edge.inference import Completion, Model, Piece
from edge.inference import model as model_module
from tests.models import SMALL, write_folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_folder(tmp_path_factory.mktemp("m") / "small")


@pytest.fixture
def model(folder: Path) -> Iterator[Model]:
    with edge.load(folder, threads=2) as loaded:
        yield loaded


def test_generate_is_greedy_argmax_of_logits(model: Model) -> None:
    ids = model.tokenizer.encode("hello")
    answer = model.generate("hello", max_tokens=10)
    for token in answer.tokens:
        assert token == int(model.logits(ids)[-1].argmax())
        ids.append(token)
    assert answer.finish_reason == "length"
    assert answer.usage == {"prompt_tokens": 6, "completion_tokens": 10}


def test_confidence_is_the_probability_of_the_tokens(model: Model) -> None:
    for values in ({}, {"temperature": 10.0, "seed": 3}, {"temperature": 30.0, "seed": 5, "top_k": 3}):
        answer = model.generate("hello", max_tokens=6, **values)
        assert (answer.confidence < 0.9) is bool(values), "a drawn answer is one that the model doubts"
        ids, expected = model.tokenizer.encode("hello"), 1.0
        for token in answer.tokens:
            logits = model.logits(ids)[-1].astype(np.float64)
            odds = np.exp(logits - logits.max())
            expected *= odds[token] / odds.sum()
            ids.append(token)
        assert answer.confidence == pytest.approx(expected, rel=1e-3)
        assert 0 < answer.confidence <= 1


def test_confidence_counts_no_token_after_a_stop_text(model: Model) -> None:
    drawn = {"temperature": 10.0, "seed": 3}  # so that no token of it is certain
    whole = model.generate("hello", max_tokens=10, **drawn)
    cut = model.generate("hello", max_tokens=10, stop=whole.text[:1], **drawn)
    assert len(cut.tokens) < len(whole.tokens)
    first = model.generate("hello", max_tokens=len(cut.tokens), **drawn)
    assert first.tokens == cut.tokens
    assert cut.confidence == pytest.approx(first.confidence, rel=1e-6)
    assert 0 < whole.confidence < cut.confidence < 1


def test_stream_yields_the_same_text_in_pieces(model: Model) -> None:
    for values in ({"seed": 1}, {"temperature": 1.0, "seed": 5}, {"temperature": 2.0, "seed": 6, "top_k": 40}):
        *pieces, last = model.stream("abc", max_tokens=30, **values)
        assert isinstance(last, Completion)
        assert "".join(p.text for p in pieces if isinstance(p, Piece)) == last.text
        again = model.generate("abc", max_tokens=30, **values)
        assert (again.text, again.tokens, again.seed) == (last.text, last.tokens, last.seed)


def test_a_drawn_seed_is_reported_and_repeats_the_answer(model: Model) -> None:
    first = model.generate("abc", max_tokens=20, temperature=1.5)
    assert model.generate("abc", max_tokens=20, temperature=1.5, seed=first.seed).tokens == first.tokens


def test_same_answer_for_any_threads_sequences_and_company(folder: Path) -> None:
    prompts = [f"prompt number {i}" * (1 + i % 3) for i in range(8)]

    def ask(model: Model, i: int) -> list[int]:
        return model.generate(prompts[i], max_tokens=25, temperature=1.0, seed=i).tokens

    with edge.load(folder, threads=1, sequences=1) as model:
        alone = [ask(model, i) for i in range(8)]
    for threads, sequences in ((1, 8), (3, 8), (4, 3)):
        with edge.load(folder, threads=threads, sequences=sequences) as model, ThreadPoolExecutor(8) as pool:
            assert list(pool.map(lambda i, m=model: ask(m, i), range(8))) == alone


def test_a_long_prompt_reports_its_progress(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_module, "_PREFILL", 16)
    with edge.load(folder) as model:
        pieces = list(model.stream("x" * 60, max_tokens=2))
        progress = [p.prefilled for p in pieces if isinstance(p, Piece) and p.prefilled is not None]
        assert progress == [16, 32, 48]
        wanted = pieces[-1]
    with edge.load(folder) as model:
        monkeypatch.undo()
        assert isinstance(wanted, Completion)
        assert model.generate("x" * 60, max_tokens=2).tokens == wanted.tokens


def test_timings(model: Model) -> None:
    timings = model.generate("abc", max_tokens=3).timings
    for name in ("load_s", "tokenizer_s", "prefill_s", "decode_s", "prefill_tok_s", "decode_tok_s", "peak_memory_mb"):
        value = timings[name]
        assert value is not None
        assert value > 0, name
    assert model.generate("abc", max_tokens=1).timings["decode_tok_s"] is None


def test_stop_text(model: Model) -> None:
    whole = model.generate("abc", max_tokens=40, temperature=1.0, seed=3)
    stop = whole.text[5:7]
    cut = model.generate("abc", max_tokens=40, temperature=1.0, seed=3, stop=[stop])
    assert cut.text == whole.text[: whole.text.index(stop)]
    assert cut.finish_reason == "stop"
    assert cut.usage["completion_tokens"] < 40


def test_every_eos_ends_the_answer(model: Model) -> None:
    drawn = model.generate("abc", max_tokens=12, temperature=1.0, seed=9).tokens
    model.tokenizer.eos_ids = (257, drawn[4])
    ended = model.generate("abc", max_tokens=12, temperature=1.0, seed=9)
    assert ended.tokens == drawn[: drawn.index(drawn[4]) + 1]
    assert ended.finish_reason == "stop"


def test_the_context_can_be_filled_to_the_last_position(folder: Path) -> None:
    with edge.load(folder, context=20) as model:
        assert len(model.generate("abcde").tokens) <= 15
        assert model.generate("abcde", max_tokens=15).usage["completion_tokens"] == 15
        with pytest.raises(errors.PromptTooLong, match="20"):
            model.generate("abcde", max_tokens=16)
        with pytest.raises(errors.PromptTooLong):
            model.stream("a" * 20, max_tokens=1)
        with pytest.raises(errors.PromptTooLong):
            model.logits([1] * 21)


def test_logits_in_chunks_and_alone(model: Model) -> None:
    ids = [int(i) for i in np.random.default_rng(0).integers(0, SMALL.vocab, 90)]
    logits = model.logits(ids)
    assert logits.shape == (90, SMALL.vocab)
    assert np.array_equal(model.logits(ids[:7])[-1], logits[6])


def test_errors_come_before_any_work(model: Model) -> None:
    with pytest.raises(errors.EmptyPrompt):
        model.stream("")
    with pytest.raises(errors.EmptyPrompt):
        model.stream_ids([])
    with pytest.raises(errors.SamplingError):
        model.stream("a", temperature=-1)
    with pytest.raises(errors.PromptError, match="vocabulary"):
        model.stream_ids([SMALL.vocab])
    with pytest.raises(errors.PromptError, match="vocabulary"):
        model.logits([-1])


@pytest.mark.parametrize("ids", [None, 7, "abc", [1.5], ["a"], [[1, 2]], np.array([[1, 2]]), [1 << 40]], ids=repr)
def test_wrong_types_are_told(model: Model, ids: Any) -> None:
    for use in (model.logits, model.stream_ids):
        with pytest.raises(errors.PromptError, match=r"^token"):
            use(ids)
    with pytest.raises(errors.PromptError, match="must be text"):
        model.generate(b"bytes")  # type: ignore[arg-type]


def test_arrays_are_token_ids_too(model: Model) -> None:
    assert np.array_equal(model.logits(np.array([1, 2])), model.logits([1, 2]))  # type: ignore[arg-type]
    assert list(model.stream_ids(np.array([1, 2]), max_tokens=1))  # type: ignore[arg-type]


def test_options_out_of_range(folder: Path) -> None:
    bad: list[dict[str, Any]] = [
        {"threads": 0}, {"threads": 1.5}, {"threads": "2"}, {"threads": 1 << 40}, {"context": 97}, {"context": 0},
        {"context": 2.5}, {"sequences": 0}, {"sequences": None}, {"kv": "int3"},
    ]  # fmt: skip
    for options in bad:
        with pytest.raises(errors.EngineError):
            edge.load(folder, **options)


@pytest.mark.parametrize("kv", ["f16", "int8", "f32"])
def test_the_contexts_numbers_can_be_chosen(folder: Path, kv: str) -> None:
    with edge.load(folder, kv=kv, threads=1) as model:
        assert model.info()["kv"] == kv
        assert model.greedy([1, 2, 3], 4).tokens


def test_too_little_memory_is_told_in_numbers(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_module, "available_memory", lambda: 1000)
    with pytest.raises(errors.ModelTooLarge, match=r"needs \d+ MB .* 0 MB are free.*--force"):
        edge.load(folder)
    edge.load(folder, force=True).close()


def test_an_abandoned_stream_gives_its_sequence_back(folder: Path) -> None:
    with edge.load(folder, sequences=1) as model:
        for _ in range(3):
            stream = model.stream("abc", max_tokens=50)
            next(stream)
            del stream
            gc.collect()
        assert model.generate("abc", max_tokens=2).usage["completion_tokens"] == 2


def test_a_closed_model_says_so(folder: Path) -> None:
    model = edge.load(folder)
    stream = model.stream("abc", max_tokens=50)
    next(stream)
    model.close()
    model.close()
    with pytest.raises(errors.EngineError, match="closed"):
        list(stream)
    with pytest.raises(errors.EngineError, match="closed"):
        model.generate("abc")


def test_closing_wakes_those_who_wait_for_a_sequence(folder: Path) -> None:
    model = edge.load(folder, sequences=1)
    holder = model.stream("abc", max_tokens=50)
    next(holder)
    seen: list[BaseException] = []

    def wait() -> None:
        try:
            model.generate("abc")
        except errors.EngineError as error:
            seen.append(error)

    thread = threading.Thread(target=wait)
    thread.start()
    model.close()
    thread.join(10)
    assert len(seen) == 1


def test_public_names() -> None:
    asking = ["AsyncClient", "Client", "Device", "Reply"]
    running = ["Completion", "Model", "Piece", "Sampling", "load"]
    assert sorted(edge.__all__) == sorted([*asking, *running, "errors"])
    for name in edge.__all__:
        assert getattr(edge, name).__doc__
    for name in errors.__all__:
        assert issubclass(getattr(errors, name), errors.EdgeError)
    with pytest.raises(AttributeError):
        edge.nothing  # noqa: B018
